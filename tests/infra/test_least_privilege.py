"""No identity of the platform may do everything, or change something everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.policy.judge import Judge
from groundwork.policy.subject import Subject
from groundwork.testing import Graph, record
from groundwork.testing.record import stack_of
from policies.pack import load_rules
from tests.environments import recorded
from tests.infra.stacks import COMPUTED, registry
from tests.policies.examples import judge

BOUNDARY = "arn:aws:iam::111122223333:policy/platform-boundary"
DOCUMENTS = ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy")


@pytest.fixture(scope="module", params=["everything", "prod"])
def graph(request: pytest.FixtureRequest) -> Graph:
    """Everything that can be beside the others, and what runs for good: whoever of it has an identity in AWS."""
    return recorded(request.param)


def statements(graph: Graph) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in graph:
        if resource.type in DOCUMENTS:
            for statement in json.loads(resource.inputs["policy"])["Statement"]:
                yield resource.name, statement


def test_no_action_on_every_resource_changes_anything_and_none_is_a_wildcard(graph: Graph) -> None:
    subjects = [Subject(urn=r.urn, type=r.type, name=r.name, props=r.inputs) for r in graph if r.type in DOCUMENTS]
    assert len(subjects) > 15
    rule = Judge([load_rules()["no-wildcard-iam"]], judge().facts, judge().exemptions)
    assert [finding.said for finding in rule.all(subjects)] == []
    wild = [(name, a) for name, s in statements(graph) for a in s["Action"] if a.endswith("*") and "*" in s["Resource"]]
    assert wild == []


def test_roles_of_pods_trust_one_service_account_each(graph: Graph) -> None:
    for role in graph.of("aws:iam/role:Role"):
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        if statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}:
            named = statement["Condition"]["StringEquals"]
            assert "*" not in "".join(named.values()), role.name
            assert named["aws:RequestTag/kubernetes-service-account"], role.name


def test_no_role_goes_beyond_the_boundary_of_its_stack_whoever_makes_it() -> None:
    stack = stack_of({"network": {}, "eks": {}, "s3": {}, "app": {}}, boundary=BOUNDARY)
    graph = record(stack, registry=registry(), computed=COMPUTED)
    roles = {role.name: role.inputs.get("permissionsBoundary") for role in graph.of("aws:iam/role:Role")}
    assert {"network-flow-logs", "eks-cluster", "eks-node", "eks-vpc-cni", "app-app-identity"} <= set(roles)
    assert set(roles.values()) == {BOUNDARY}


def test_without_a_boundary_roles_have_none() -> None:
    graph = record(stack_of({"network": {}}), registry=registry(), computed=COMPUTED)
    assert [r.name for r in graph.of("aws:iam/role:Role") if "permissionsBoundary" in r.inputs] == []


def test_what_is_no_policy_is_told() -> None:
    with pytest.raises(StackError) as error:
        stack_of({"network": {}}, boundary="platform-boundary")
    assert "groundwork:permissionsBoundary: 'platform-boundary' is no policy; an example is " + BOUNDARY in str(
        error.value
    )
