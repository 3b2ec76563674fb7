"""Ways around the rules that look right at a glance: each is told, and what is beside it and right is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from groundwork.policy.judge import Judge
from groundwork.policy.subject import Subject
from policies.pack import load_rules
from tests.policies.examples import judge

_POLICY, _NODE_GROUP = "aws:iam/policy:Policy", "aws:eks/nodeGroup:NodeGroup"
_POOL = "kubernetes:karpenter.sh/v1:NodePool"


def _said(rule: str, type: str, props: dict[str, Any]) -> list[str]:
    """Return what one rule says of one resource."""
    alone = Judge([load_rules()[rule]], judge().facts, judge().exemptions)
    return [found.said.partition(": ")[2] for found in alone.all([Subject(type, "it", props, "urn:it")])]


def _allow(**statement: Any) -> dict[str, Any]:
    # One statement, not in a list: AWS takes it.
    return {"policy": json.dumps({"Statement": {"Effect": "Allow", **statement}})}


_ANYBODY = _allow(Action="x:Y", Principal={"AWS": ["*"]})
_LETS_ALL = "a statement allows x:Y to everybody: name who"


@pytest.mark.parametrize(
    ("rule", "type", "props", "told"),
    [
        # All that a service has is everything, however it is written.
        *(
            (
                "no-wildcard-iam",
                _POLICY,
                _allow(Action="s3:PutObject", Resource=resource),
                "allows s3:PutObject on every resource: name the resources, or a condition",
            )
            for resource in ("arn:aws:s3:::*", ["arn:aws:s3:::a", "arn:aws:s3:::*/*"], "arn:aws:sqs:*:*:*", "**")
        ),
        # What is kept is read, not described.
        *(
            (
                "no-wildcard-iam",
                _POLICY,
                _allow(Action=action, Resource="*"),
                f"allows {action} on every resource: name the resources, or a condition",
            )
            for action in ("secretsmanager:GetSecretValue", "s3:Get*", "ssm:GetParameter*")
        ),
        # A condition that says only how, or lets anything through, limits nothing.
        *(
            (
                "no-wildcard-iam",
                _POLICY,
                _allow(Action="s3:PutObject", Resource="*", Condition=condition),
                "allows s3:PutObject on every resource: name the resources, or a condition",
            )
            for condition in (
                {"Bool": {"aws:SecureTransport": "true"}},
                {"StringLike": {"aws:ResourceTag/team": "*"}},
                {"StringEqualsIfExists": {"aws:ResourceTag/team": "a"}},
            )
        ),
        ("no-wildcard-iam", _POLICY, _allow(Action="s3:**", Resource="arn:x"), "allows s3:**: name the actions"),
        (
            "no-administrators",
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
            "has ReadOnlyAccess, which allows far too much: write a policy of what it needs",
        ),
        # A policy of a thing may stand in the thing itself, or be a resource of its own.
        *(
            ("no-public-policy", type, _ANYBODY, _LETS_ALL)
            for type in (
                "aws:sqs/queue:Queue",
                "aws:sns/topic:Topic",
                "aws:secretsmanager/secret:Secret",
                "aws:s3/bucket:Bucket",
                "aws:s3/accessPoint:AccessPoint",
                "aws:kms/keyPolicy:KeyPolicy",
                "aws:ecr/registryPolicy:RegistryPolicy",
            )
        ),
        (
            "ecr-images",
            "aws:ecr/repository:Repository",
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filter": "*", "filterType": "WILDCARD"}],
                "imageScanningConfiguration": {"scanOnPush": True},
            },
            "imageTagMutability is IMMUTABLE_WITH_EXCLUSION: set it to IMMUTABLE",
        ),
        (
            "private-cluster-endpoint",
            "aws:eks/cluster:Cluster",
            {"vpcConfig": {"endpointPrivateAccess": True, "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}},
            "its API is open to 0.0.0.0/1, 128.0.0.0/1: set endpointPublicAccess to false, or name the CIDRs that may "
            "reach it",
        ),
        *(
            (
                "no-open-ingress",
                type,
                {**props, "protocol": "-1"},
                f"lets {cidr} in to every port: name the CIDRs that may come in",
            )
            for type, props, cidr in (
                (
                    "aws:ec2/securityGroupRule:SecurityGroupRule",
                    {"type": "ingress", "ipv6CidrBlocks": ["::/0"]},
                    "::/0",
                ),
                ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {"cidrIpv6": "2000::/3"}, "2000::/3"),
                ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {"cidrIpv4": "0.0.0.0/1"}, "0.0.0.0/1"),
            )
        ),
        (
            "internal-load-balancers",
            "aws:elb/loadBalancer:LoadBalancer",
            {},
            "internal is not true: set it, and let people come through the mesh's gateway",
        ),
        (
            "encryption-at-rest",
            _NODE_GROUP,
            {},
            "its volumes are as AWS has them: set a launchTemplate with ebs.encrypted",
        ),
        (
            "encryption-at-rest",
            "aws:ec2/instance:Instance",
            {"rootBlockDevice": {"volumeSize": 20}},
            "the volume root is not encrypted: set encrypted",
        ),
        (
            "encryption-at-rest",
            "kubernetes:storage.k8s.io/v1:StorageClass",
            {"provisioner": "kubernetes.io/aws-ebs"},
            'volumes are not encrypted: set parameters.encrypted to "true"',
        ),
    ],
)
def test_a_way_around_is_told(rule: str, type: str, props: dict[str, Any], told: str) -> None:
    assert _said(rule, type, props) == [told]


@pytest.mark.parametrize(
    ("rule", "type", "props"),
    [
        ("no-wildcard-iam", _POLICY, _allow(Action="ec2:DescribeInstances", Resource="*")),
        ("no-wildcard-iam", _POLICY, _allow(Action="s3:PutObject", Resource="arn:aws:s3:::models/*")),
        (
            "no-wildcard-iam",
            _POLICY,
            _allow(Action="ec2:RunInstances", Resource="*", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),
        ),
        (
            "no-public-policy",
            "aws:sqs/queue:Queue",
            _allow(Action="x:Y", Principal={"Service": "events.amazonaws.com"}),
        ),
        (
            "ecr-images",
            "aws:ecr/repository:Repository",
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filter": "dev-*", "filterType": "WILDCARD"}],
                "imageScanningConfiguration": {"scanOnPush": True},
            },
        ),
    ],
)
def test_what_is_right_beside_it_is_not(rule: str, type: str, props: dict[str, Any]) -> None:
    assert _said(rule, type, props) == []


@pytest.mark.parametrize(
    "requirement",
    [
        {"key": "karpenter.k8s.aws/instance-gpu-count", "operator": "Gt", "values": ["0"]},
        {"key": "karpenter.k8s.aws/instance-gpu-manufacturer", "operator": "Exists"},
        {"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["gr6"]},
    ],
)
def test_a_pool_has_gpus_by_whatever_words_it_asks_for_them(requirement: dict[str, Any]) -> None:
    props = {"metadata": {"name": "it"}, "spec": {"template": {"spec": {"requirements": [requirement]}}}}
    assert _said("gpu-pools-tainted", _POOL, props) == ["has GPUs and no taint nvidia.com/gpu:NoSchedule: add it"]
    assert _said("gpu-pools-limited", _POOL, props) == ["has no limit: set spec.limits.nodes"]


_SPEC: dict[str, Any] = {"containers": [{"name": "a", "image": "docker.io/somebody/a:latest"}]}
_IMAGE = "the container a has the image docker.io/somebody/a:latest, which is another tomorrow: name a version"


@pytest.mark.parametrize(
    ("type", "spec"),
    [
        ("kubernetes:apps/v1:ReplicaSet", {"template": {"spec": _SPEC}}),
        ("kubernetes:core/v1:ReplicationController", {"template": {"spec": _SPEC}}),
        ("kubernetes:batch/v1:Job", {"template": {"spec": _SPEC}}),
        ("kubernetes:batch/v1:CronJob", {"jobTemplate": {"spec": {"template": {"spec": _SPEC}}}}),
        ("kubernetes:core/v1:Pod", {"initContainers": _SPEC["containers"]}),
        ("kubernetes:core/v1:Pod", {"ephemeralContainers": _SPEC["containers"]}),
        ("kubernetes:kubeflow.org/v1:Notebook", {"template": {"spec": _SPEC}}),
        ("kubernetes:serving.kserve.io/v1beta1:InferenceService", {"predictor": _SPEC}),
    ],
)
def test_a_container_is_judged_wherever_it_is(type: str, spec: dict[str, Any]) -> None:
    assert _said("no-latest", type, {"metadata": {"name": "it"}, "spec": spec}) == [_IMAGE]


def test_a_container_that_is_added_to_a_pod_needs_no_resources() -> None:
    """The API server takes none that asks for any."""
    pod = {"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox:1.37"}]}}
    assert _said("requests-and-limits", "kubernetes:core/v1:Pod", pod) == []


@pytest.mark.parametrize(
    "key", ["adminPassword", "dbPasswd", "AWS_SECRET_ACCESS_KEY", "slackToken", "oidcClientSecret"]
)
def test_a_secret_is_known_by_its_name_however_that_is_written(key: str) -> None:
    data = {"metadata": {"name": "it"}, "data": {key: "hunter2"}}
    assert _said("no-secrets-in-config-maps", "kubernetes:core/v1:ConfigMap", data) == [
        "holds what is called a password, token or key: move it to a Secret"
    ]


@pytest.mark.parametrize("key", ["existingSecret", "TOKEN_URL", "passwordFile", "maxTokens", "secretName"])
def test_what_only_speaks_of_a_secret_is_none(key: str) -> None:
    data = {"metadata": {"name": "it"}, "data": {key: "hunter2"}}
    assert _said("no-secrets-in-config-maps", "kubernetes:core/v1:ConfigMap", data) == []


@pytest.mark.parametrize(
    ("argument", "secret"),
    [
        ("--password=hunter2", True),
        ("--db-api-key=abc", True),
        ("postgresql://app:hunter2@db/app", True),
        ("--password=$(PASSWORD)", False),
        ("--token-file=/run/token", False),
        ("--token=/run/token", False),
        ("--enable-token=true", False),
        ("--secret=webhook-cert", False),
        ("postgresql://app:{{ password }}@db/app", False),
    ],
)
def test_a_secret_among_the_arguments_is_told(argument: str, secret: bool) -> None:
    pod = {"spec": {"containers": [{"name": "a", "args": [argument]}]}}
    assert bool(_said("no-secrets-in-env", "kubernetes:core/v1:Pod", pod)) is secret


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}, "values.env.0.DB_PASSWORD"),
        ({"conn": "postgresql://app:hunter2@db/app"}, "values.conn"),
    ],
)
def test_a_secret_in_a_charts_values_is_told_wherever_it_is(values: dict[str, Any], where: str) -> None:
    (found,) = _said("no-secrets-in-values", "kubernetes:helm.sh/v3:Release", {"chart": "app", "values": values})
    assert found == f"{where} is a secret in plain text: let the chart take it from a Secret"


_SPACE = Subject("kubernetes:core/v1:Namespace", "ns", {"metadata": {"name": "ns"}}, "urn:ns")


def _policy(name: str, spec: dict[str, Any]) -> Subject:
    return Subject(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        name,
        {"metadata": {"name": name, "namespace": "ns"}, "spec": spec},
    )


@pytest.mark.parametrize(
    ("ingress", "closed"),
    [
        ([], True),
        ([{"from": [{"podSelector": {}}]}], True),
        ([{"from": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]}], True),
        ([{"ports": [{"port": 9090}]}], True),
        ([{}], False),
        ([{"from": []}], False),
        ([{"from": [{"namespaceSelector": {}}]}], False),
        ([{"from": [{"namespaceSelector": {"matchLabels": {}}, "podSelector": {}}]}], False),
        ([{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}], False),
    ],
)
def test_a_namespace_is_closed_only_if_nothing_opens_it_to_everybody(ingress: list[Any], closed: bool) -> None:
    """Policies of a network are added up: one that lets everybody in undoes the one beside it that lets in nobody."""
    nobody = _policy("nobody", {"podSelector": {}, "policyTypes": ["Ingress"]})
    other = _policy("other", {"podSelector": {}, "ingress": ingress})
    alone = Judge([load_rules()["closed-namespaces"]], judge().facts, judge().exemptions)
    assert (list(alone.all([_SPACE, nobody, other])) == []) is closed


@pytest.mark.parametrize("budget", [{"minAvailable": 0}, {"maxUnavailable": "100%"}])
def test_a_budget_that_keeps_no_pod_is_none(budget: dict[str, Any]) -> None:
    labels = {"matchLabels": {"app": "a"}}
    app = {"replicas": 2, "template": {"metadata": {"labels": {"app": "a"}}}}
    both = [
        Subject("kubernetes:apps/v1:Deployment", "a", {"spec": app}, "urn:a"),
        Subject("kubernetes:policy/v1:PodDisruptionBudget", "a", {"spec": {"selector": labels, **budget}}, "urn:b"),
    ]
    alone = Judge([load_rules()["copies-have-a-budget"]], judge().facts, judge().exemptions)
    assert [found.said for found in alone.all(both)] == [
        "Deployment a: has 2 copies and no PodDisruptionBudget selects them: add one"
    ]


@pytest.mark.parametrize("range", ["0.0.0.0/0", "128.0.0.0/1", "::/0", "2000::/3"])
def test_half_the_internet_is_as_open_as_all_of_it(range: str) -> None:
    def said(ranges: list[str]) -> list[str]:
        spec = {"type": "LoadBalancer", "loadBalancerSourceRanges": ranges}
        return _said("services-stay-inside", "kubernetes:core/v1:Service", {"metadata": {"name": "it"}, "spec": spec})

    assert said(["10.0.0.0/8", range]) == [
        "lets in the whole internet, or half of it: name who may call in spec.loadBalancerSourceRanges"
    ]
    assert said(["10.0.0.0/8", "fc00::/7", "203.0.113.0/24"]) == []
