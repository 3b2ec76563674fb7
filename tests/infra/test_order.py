"""The order of destroying, which is that of making reversed: what cleans up outlives what it cleans up after."""

from __future__ import annotations

import pytest

from groundwork.testing import Graph, Registered, record
from tests.infra.stacks import COMPUTED

RELEASE = "kubernetes:helm.sh/v3:Release"
NODES = "aws:eks/nodeGroup:NodeGroup"
CONTROLLERS = ("load-balancer-controller", "cluster-autoscaler")


@pytest.fixture(scope="module")
def graph() -> Graph:
    """A stack with a load balancer, volumes, nodes that come and go, and a database server with its data."""
    names = ("network", "eks", "pools", "s3", *CONTROLLERS, "cert-manager", "istio", "istio-gateway", "valkey")
    components = {**{name: {} for name in names}, "istio-api": {"domain": "platform.internal"}, "postgres": {}}
    return record(components, computed=COMPUTED)


def component(resource: Registered) -> str:
    return resource.parent.rpartition("::")[2]


def workloads(graph: Graph) -> list[Registered]:
    kinds = (RELEASE, "kubernetes:apps/v1:StatefulSet", "kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job")
    return [resource for resource in graph if resource.type in kinds]


def test_pods_go_before_the_nodes_that_they_run_on(graph: Graph) -> None:
    groups = {group.urn for group in graph.of(NODES)}
    assert len(groups) == 2
    assert len(workloads(graph)) > 5
    assert [r.name for r in workloads(graph) if not groups <= graph.before(r)] == []


def test_namespaces_and_so_all_claims_in_them_go_before_the_nodes(graph: Graph) -> None:
    """A namespace ends when the last claim in it has: what deletes volumes needs nodes to run on."""
    groups = {group.urn for group in graph.of(NODES)}
    spaces = [r for r in graph.of("kubernetes:core/v1:Namespace") if not component(r).endswith("-api")]
    assert len(spaces) > 5
    assert [r.name for r in spaces if not groups <= graph.before(r)] == []


def test_balancers_go_before_the_controller_that_deletes_them(graph: Graph) -> None:
    """The Service stays until the controller has let go of it, and the engine waits for that."""
    controller = graph.one(RELEASE, "load-balancer-controller").urn
    gateway = next(r for r in graph.of(RELEASE) if component(r) == "istio-gateway")
    assert controller in graph.before(gateway)
    # https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/helm_release.go: `Delete`
    assert not gateway.inputs.get("skipAwait")


def test_volumes_go_before_the_driver_that_deletes_them_and_its_right_to(graph: Graph) -> None:
    driver = graph.one("aws:eks/addon:Addon", "eks-aws-ebs-csi-driver")
    right = graph.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "eks-aws-ebs-csi-driver")
    users = [r for r in workloads(graph) if component(r) in ("valkey", "postgres")]
    assert users
    for user in users:
        assert {driver.urn, right.urn} <= graph.before(user), user.name


def test_controllers_keep_their_right_to_clean_up_until_they_are_gone(graph: Graph) -> None:
    for name in CONTROLLERS:
        release = graph.one(RELEASE, name)
        own = [r for r in graph if component(r) == name and r.type.startswith("aws:")]
        kinds = {r.type.rpartition(":")[2] for r in own}
        assert {"Role", "RolePolicy", "PodIdentityAssociation"} <= kinds
        assert [r.name for r in own if r.urn not in graph.before(release)] == []


def test_nodes_go_before_what_they_need_and_the_cluster_before_its_network(graph: Graph) -> None:
    cluster = graph.one("aws:eks/cluster:Cluster")
    network = {r.urn for r in graph if component(r) == "network"}
    for group in graph.of(NODES):
        assert cluster.urn in graph.before(group)
        assert graph.one("aws:eks/addon:Addon", "eks-vpc-cni").urn in graph.before(group)
    assert network <= graph.before(cluster)
