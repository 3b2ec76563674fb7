"""Registries of images, as the engine would get them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from groundwork.core.contracts import ImageRegistry
from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.infra.stacks import build, document

HUB = {"docker.io": "ecr-pullthroughcache/docker-hub-AbC123"}


def images(environment: str = "dev", **config: Any) -> Graph:
    return build(environment, network={}, eks={}, ecr=config)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return images("prod", repositories={"training/vision": {}, "base": {"mutable": True, "keepImages": 5}})


def test_a_repository_is_scanned_encrypted_protected_and_its_tags_stay(graph: Graph) -> None:
    made = graph.one("aws:ecr/repository:Repository", "ecr-training-vision")
    assert made.inputs["name"] == "groundwork-prod/training/vision"
    assert made.inputs["imageTagMutability"] == "IMMUTABLE"
    assert made.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    assert made.inputs["encryptionConfigurations"] == [
        {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:eu-west-1:111122223333:ecr-key"}
    ]
    assert made.protect
    assert not made.inputs.get("forceDelete")
    assert graph.one("aws:ecr/repository:Repository", "ecr-base").inputs["imageTagMutability"] == "MUTABLE"


def test_old_images_go(graph: Graph) -> None:
    policy = json.loads(graph.one("aws:ecr/lifecyclePolicy:LifecyclePolicy", "ecr-base").inputs["policy"])
    untagged, older = (rule["selection"] for rule in policy["rules"])
    assert untagged == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 14,
    }
    assert older == {
        "tagStatus": "tagged",
        "tagPatternList": ["*"],
        "countType": "imageCountMoreThan",
        "countNumber": 5,
    }, "the parts of an image for several architectures, which have no tags, are not counted"
    system = graph.one("aws:ecr/lifecyclePolicy:LifecyclePolicy", "ecr-base")
    assert system.deleted_with == graph.one("aws:ecr/repository:Repository", "ecr-base").urn


def test_other_accounts_pull_only_where_they_are_named(graph: Graph) -> None:
    assert not graph.of("aws:ecr/repositoryPolicy:RepositoryPolicy")
    shared = images(repositories={"base": {}}, pullAccounts=["444455556666"])
    (statement,) = document(shared.one("aws:ecr/repositoryPolicy:RepositoryPolicy").inputs["policy"])
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::444455556666:root"]}
    assert not [action for action in statement["Action"] if "Put" in action or "*" in action]


def test_copies_have_a_prefix_of_the_environment_and_are_cleaned_up() -> None:
    graph = images(caches=["quay.io", "docker.io"], credentials=HUB, keepCopiesDays=30)
    rules = {r.name: r.inputs for r in graph.of("aws:ecr/pullThroughCacheRule:PullThroughCacheRule")}
    assert rules["ecr-cache-quay"] == {"ecrRepositoryPrefix": "groundwork-dev/quay", "upstreamRegistryUrl": "quay.io"}
    assert rules["ecr-cache-hub"] == {
        "ecrRepositoryPrefix": "groundwork-dev/hub",
        "upstreamRegistryUrl": "registry-1.docker.io",
        "credentialArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/docker-hub-AbC123",
    }
    template = graph.one("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate", "ecr-cache-quay")
    assert json.loads(template.inputs["lifecyclePolicy"])["rules"][0]["selection"]["countNumber"] == 30
    rule = graph.one("aws:ecr/pullThroughCacheRule:PullThroughCacheRule", "ecr-cache-quay")
    assert template.urn in graph.before(rule), "the first copy is made by it"


def test_nodes_may_have_copies_made_and_nothing_else() -> None:
    graph = images(caches=["quay.io"])
    (statement,) = document(graph.one("aws:iam/rolePolicy:RolePolicy", "ecr-nodes").inputs["policy"])
    assert statement["Action"] == ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
    assert statement["Resource"] == ["arn:aws:ecr:eu-west-1:111122223333:repository/groundwork-dev/quay/*"]
    assert "ecr-nodes" not in {r.name for r in images(caches=[]).of("aws:iam/rolePolicy:RolePolicy")}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("quay.io/minio/minio:1", "1.dkr.ecr.x.amazonaws.com/q/minio/minio:1"),
        ("postgres:17", "1.dkr.ecr.x.amazonaws.com/h/library/postgres:17"),
        ("apache/airflow:3@sha256:ab", "1.dkr.ecr.x.amazonaws.com/h/apache/airflow:3@sha256:ab"),
        ("ghcr.io/mlflow/mlflow:v3", "ghcr.io/mlflow/mlflow:v3"),
        ("localhost:5000/a:1", "localhost:5000/a:1"),
    ],
)
def test_an_image_of_a_cached_registry_comes_from_here(reference: str, expected: str) -> None:
    registry = ImageRegistry(
        host="1.dkr.ecr.x.amazonaws.com", repositories={"base": "e/base"}, caches={"quay.io": "q", "docker.io": "h"}
    )
    assert registry.image(reference) == expected
    assert registry.repository("base") == "1.dkr.ecr.x.amazonaws.com/e/base"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"caches": ["gcr.io"]},
            "ecr.caches: 'gcr.io' cannot be cached; valid: docker.io, ghcr.io, public.ecr.aws, quay.io, "
            "registry.k8s.io",
        ),
        (
            {"caches": ["docker.io"]},
            "ecr.caches: docker.io gives images only to those who log in: name a secret in ecr.credentials, or leave "
            "it out",
        ),
        ({"caches": ["quay.io"], "credentials": HUB}, "ecr.credentials: docker.io is not in ecr.caches: quay.io"),
        (
            {"credentials": {"docker.io": "docker-hub"}},
            "docker.io: 'docker-hub' is no secret that ECR reads: give the end of its ARN, such as "
            "ecr-pullthroughcache/docker-hub-AbC123",
        ),
        ({"pullAccounts": ["1234"]}, "'1234' is no account; an example is 111122223333, in quotes"),
        ({"pullAccounts": ["111122223333"]}, "ecr.pullAccounts: 111122223333 is this account: leave it out"),
        ({"repositories": {"Vision": {}}}, "'Vision' is no name of a repository; an example is training/vision"),
    ],
)
def test_what_ecr_would_refuse_is_told(config: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as error:
        images(**config)
    assert message in str(error.value)
