"""Who a pod is in AWS."""

from __future__ import annotations

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.infra.stacks import build, document, whole

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return whole()


def test_a_service_account_has_one_role_however_many_grants(graph: Graph) -> None:
    associations = {r.name: r.inputs for r in graph.of(ASSOCIATION) if r.name.startswith("app-")}
    assert set(associations) == {"app-app-identity", "app-worker-identity", "app-user-data-database-database-identity"}
    assert associations["app-app-identity"]["serviceAccount"] == "app"
    assert {a["clusterName"] for a in associations.values()} == {"groundwork-dev-eks"}
    policies = {r.name: r.inputs["role"] for r in graph.of(POLICY) if r.name.startswith("app-")}
    assert policies == {
        "app-app-bucket-data": "groundwork-dev-eks-app-app",
        "app-app-bucket-more": "groundwork-dev-eks-app-app",
        "app-user-data-database-database-administrator": "groundwork-dev-eks-user-data-database-database",
        "app-worker-bucket-data": "groundwork-dev-eks-app-worker",
    }


def test_only_pods_of_that_account_in_that_cluster_may_take_on_the_role(graph: Graph) -> None:
    (trust,) = document(graph.one(ROLE, "app-worker-identity").inputs["assumeRolePolicy"])
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": "111122223333",
                "aws:RequestTag/eks-cluster-name": "groundwork-dev-eks",
                "aws:RequestTag/kubernetes-namespace": "app",
                "aws:RequestTag/kubernetes-service-account": "worker",
            }
        },
    }


def test_the_association_waits_for_the_cluster_that_it_only_names(graph: Graph) -> None:
    cluster = graph.one("aws:eks/cluster:Cluster").urn
    for association in graph.of(ASSOCIATION):
        assert cluster in graph.before(association)


def test_the_role_belongs_to_the_component_whose_namespace_it_is(graph: Graph) -> None:
    app = graph.one("groundwork:component:App").urn
    assert graph.one(ROLE, "app-app-identity").parent == app


def test_a_bucket_for_pods_of_a_cluster_without_identities_is_refused() -> None:
    with pytest.raises(StackError) as error:
        build(network={}, eks={}, plain={"component": "plain-cluster"}, s3={}, app={"use": {"cluster": "plain"}})
    assert error.value.problems == (
        "app: bucket data: its pods run in the cluster plain, which gives them no identity in AWS: take an `eks` "
        "cluster, or an ObjectStore with credentials of its own, such as `minio`",
    )
