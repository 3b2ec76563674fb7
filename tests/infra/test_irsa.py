"""Who a pod is in AWS, where it comes with a token of its cluster (IRSA)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from groundwork.core.charts import annotated
from groundwork.core.errors import StackError
from groundwork.testing import Graph, record
from groundwork.testing.replay import surprises
from tests.addons.rendering import releases, render_double
from tests.infra.stacks import ISSUER, build, document

ROLE = "aws:iam/role:Role"
ADDON = "aws:eks/addon:Addon"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ISSUERS = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
PATCH = "kubernetes:core/v1:ServiceAccountPatch"
SAYS = "eks.amazonaws.com/role-arn"
CLUSTER = "aws:eks/cluster:Cluster"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"
DRIVERS = {"kube-system/aws-node": "eks-vpc-cni", "kube-system/ebs-csi-controller-sa": "eks-aws-ebs-csi-driver"}

# Everything whose pods are somebody in AWS.
GRANTED: dict[str, Any] = {
    "network": {},
    "pools": {"general": {}, "gpu": {"accelerator": "nvidia-l4", "max": 4}},
    "nvidia-device-plugin": {},
    "prometheus": {},
    "s3": {},
    "rds": {},
    "route53": {"zones": {"ml.example.com": {}}},
    "secrets-manager": {"secrets": {"mail": ["password"]}},
    "efs": {},
    "cluster-autoscaler": {},
    "load-balancer-controller": {},
    "external-dns": {},
    "external-secrets": {},
    "cert-manager": {"acme": {"email": "ops@example.com"}},
    "keda-api": {"queues": [QUEUE]},
    "keda": {},
    "loki": {},
    "postgres": {},
    "cloudnative-pg": {},
    "postgres-cluster": {},
    "valkey": {},
    "airflow": {"executors": ["celery", "kubernetes"], "use": {"sql": "rds"}},
    "argo-workflows": {"use": {"sql": "rds"}},
    "mlflow": {"use": {"sql": "rds"}},
    "kubeflow": {"use": {"sql": "rds"}},
    "kubeflow-profiles": {},
    "istio-api": {"mode": "sidecar", "domain": "ml.example.com", "egress": {"allow": []}},
    "istio": {},
    "istio-gateway": {},
    "login": {},
    "teams": {},
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return record({**GRANTED, "eks": {"identity": "irsa"}})


def subject(role: Any) -> str:
    """Return `namespace/account` of a role that trusts one by its token."""
    (statement,) = document(role.inputs["assumeRolePolicy"])
    return "/".join(statement["Condition"]["StringEquals"][f"{_issuer(statement)}:sub"].split(":")[2:])


def _issuer(statement: Mapping[str, Any]) -> str:
    return str(statement["Principal"]["Federated"].partition(":oidc-provider/")[2])


def by_token(graph: Graph) -> dict[str, str]:
    """Return service account -> ARN of its role."""
    roles = [role for role in graph.of(ROLE) if "AssumeRoleWithWebIdentity" in role.inputs["assumeRolePolicy"]]
    return {subject(role): f"arn:aws:iam::111122223333:role/{role.inputs['name']}" for role in roles}


def test_only_one_service_account_with_a_token_for_sts_may_take_on_a_role() -> None:
    graph = build(network={}, eks={"identity": "irsa"}, s3={}, app={})
    (trust,) = document(graph.one(ROLE, "app-worker-identity").inputs["assumeRolePolicy"])
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": "system:serviceaccount:app:worker"}
        },
    }
    assert graph.one(ISSUERS).inputs == {"url": f"https://{ISSUER}", "clientIdLists": ["sts.amazonaws.com"]}


def test_with_tokens_there_is_no_agent_and_no_association(graph: Graph) -> None:
    assert graph.of(ASSOCIATION) == []
    assert "eks-pod-identity-agent" not in {addon.inputs["addonName"] for addon in graph.of(ADDON)}
    assert [r.name for r in graph.of(ROLE) if "pods.eks.amazonaws.com" in r.inputs["assumeRolePolicy"]] == []


def test_every_service_account_that_was_granted_anything_names_its_role(graph: Graph, tmp_path: Path) -> None:
    """Whoever makes it: the platform, a chart, an operator, or EKS itself."""
    said = {
        f"{patch.inputs['metadata']['namespace']}/{patch.inputs['metadata']['name']}": patch.inputs["metadata"][
            "annotations"
        ][SAYS]
        for patch in graph.of(PATCH)
    }
    for chart, inputs in releases(graph).items():
        if SAYS not in str(inputs["values"]):
            continue
        for made in render_double(graph, chart, tmp_path).values():
            role = (made["metadata"].get("annotations") or {}).get(SAYS)
            if role is not None:
                assert made["kind"] == "ServiceAccount"
                said[f"{inputs['namespace']}/{made['metadata']['name']}"] = role
    for resource in graph:
        spec = resource.inputs.get("spec") or {}
        if resource.inputs.get("kind") == "Cluster":
            said["postgres-cluster/postgres-cluster"] = spec["serviceAccountTemplate"]["metadata"]["annotations"][SAYS]
        if resource.inputs.get("kind") == "Profile":
            (plugin,) = spec["plugins"]
            assert plugin["spec"]["annotateOnly"] is True
            said[f"{resource.inputs['metadata']['name']}/default-editor"] = plugin["spec"]["awsIamRole"]
    expected = by_token(graph)
    roles = {addon.inputs.get("serviceAccountRoleArn") for addon in graph.of(ADDON)}
    by_eks = {account: role for account, role in expected.items() if role in roles}
    assert set(by_eks) == {
        "kube-system/aws-node",
        "kube-system/ebs-csi-controller-sa",
        "kube-system/efs-csi-controller-sa",
    }
    assert said | by_eks == expected
    assert len(expected) > 25


def test_in_a_mesh_that_keeps_calls_inside_pods_reach_who_takes_their_tokens(graph: Graph) -> None:
    reached = {
        r.inputs["metadata"]["namespace"]: r.inputs["spec"]["hosts"]
        for r in graph
        if r.inputs.get("kind") == "ServiceEntry" and r.inputs["metadata"]["name"] == "sts"
    }
    assert reached["mlflow"] == ["sts.eu-west-1.amazonaws.com"]
    assert not [r.name for r in graph if r.type.endswith("ServiceEntry") and "pod-identity" in r.name]


def test_pods_wait_for_their_account_to_name_its_role(graph: Graph) -> None:
    server = graph.one("kubernetes:apps/v1:Deployment", "mlflow-server")
    assert graph.one(PATCH, "mlflow-mlflow-identity").urn in graph.before(server)


@pytest.mark.parametrize(
    ("old", "new"), [("podIdentity", "irsa"), ("irsa", "podIdentity"), ("podIdentity", "both"), ("both", "irsa")]
)
def test_to_go_from_one_way_to_another_replaces_no_role_and_nothing_that_holds_data(old: str, new: str) -> None:
    before, after = (build("prod", network={}, eks={"identity": way}, s3={}, app={}) for way in (old, new))
    assert surprises(before, after) == []
    assert before.one(CLUSTER).inputs == after.one(CLUSTER).inputs
    assert {r.urn: r.inputs["name"] for r in before.of(ROLE)} == {r.urn: r.inputs["name"] for r in after.of(ROLE)}


def test_on_the_way_from_one_to_the_other_both_work() -> None:
    graph = build(network={}, eks={"identity": "both"}, s3={}, app={})
    agent, token = document(graph.one(ROLE, "app-app-identity").inputs["assumeRolePolicy"])
    assert agent["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert token["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert graph.one(ASSOCIATION, "app-app-identity")
    assert graph.one(PATCH, "app-app-identity")


def test_by_the_agent_no_service_account_says_anything() -> None:
    graph = build(network={}, eks={}, s3={}, app={})
    assert (graph.of(PATCH), graph.of(ISSUERS)) == ([], [])
    assert [addon.name for addon in graph.of(ADDON) if "serviceAccountRoleArn" in addon.inputs] == []
    assert graph.outputs["eks.identity"] == "podIdentity"


class _Account:
    annotations: Mapping[str, str] = {SAYS: "arn"}


def test_what_an_account_says_leaves_the_charts_other_values_alone() -> None:
    values = {"rbac": {"serviceAccount": {"name": "a", "annotations": {"own": "x"}}}}
    given = annotated(values, {"rbac.serviceAccount": _Account()})  # type: ignore[dict-item]  # only what it says counts
    assert given == {"rbac": {"serviceAccount": {"name": "a", "annotations": {"own": "x", SAYS: "arn"}}}}
    assert values == {"rbac": {"serviceAccount": {"name": "a", "annotations": {"own": "x"}}}}


def test_another_way_is_refused() -> None:
    with pytest.raises(StackError) as error:
        build(network={}, eks={"identity": "kiam"})
    assert "eks.identity: must be 'podIdentity', 'irsa' or 'both' (got 'kiam')" in str(error.value)


def team_calls(network: dict[str, Any], identity: str) -> set[tuple[str, int]]:
    """Return to which addresses, at which port, the pods of every team may call out of the cluster."""
    teams: dict[str, Any] = {"s3": {}, "efs": {}, "prometheus": {}, "teams": {}}
    pools = {"gpu": {"accelerator": "nvidia-l4", "max": 4}}
    graph = record({"network": network, "eks": {"identity": identity}, "pools": pools, **teams})
    policies = [
        policy.inputs["spec"]
        for policy in graph.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if policy.name.startswith("teams-") and policy.name.endswith("-within")
    ]
    assert policies
    assert all(policy == policies[0] for policy in policies)
    return {
        (peer["ipBlock"]["cidr"], port["port"])
        for rule in policies[0]["egress"]
        for peer in rule["to"]
        for port in rule.get("ports", ())
        if "ipBlock" in peer
    }


AGENT = {("0.0.0.0/0", 443), ("169.254.170.23/32", 80)}


@pytest.mark.parametrize("identity", ["irsa", "both"])
def test_teams_pods_reach_sts_where_it_is_inside_the_network(identity: str) -> None:
    """All other private addresses stay closed to them: the endpoint is in the private subnets, and its port is one."""
    inside = team_calls({"cidr": "10.40.0.0/16", "endpoints": ["sts"]}, identity) - AGENT
    assert {port for _, port in inside} == {443}
    graph = build(network={"cidr": "10.40.0.0/16"})
    private = {r.inputs["cidrBlock"] for r in graph.of("aws:ec2/subnet:Subnet") if "-private-" in r.name}
    assert {cidr for cidr, _ in inside} == private


@pytest.mark.parametrize(("endpoints", "identity"), [(["ecr.api"], "irsa"), (["sts"], "podIdentity")])
def test_teams_pods_reach_nothing_private_for_sts_that_is_outside_or_not_asked(
    endpoints: list[str], identity: str
) -> None:
    assert team_calls({"endpoints": endpoints}, identity) == AGENT
