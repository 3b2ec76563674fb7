"""The component `admission-policies` puts the pack's rules in force in a cluster."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any

import pytest

from groundwork.policy.admission import PREFIX, admitted_rules
from groundwork.policy.exemptions import Exemption, Exemptions
from groundwork.policy.levels import level
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph, record
from policies.pack import load_rules
from tests.addons.conftest import REGISTRY
from tests.apiserver import refusal
from tests.policies.examples import TODAY
from tests.policies.test_admission import PATIENCE
from tests.sandbox.waiting import until

_API = "admissionregistration.k8s.io/v1"
_POLICY = f"kubernetes:{_API}:ValidatingAdmissionPolicy"
_RULES = admitted_rules(load_rules())
_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "tool", "namespace": "policed"},
    "spec": {"containers": [{"name": "tool", "image": "ghcr.io/mlflow/tool"}]},
}


def _graph(environment: str, **config: Any) -> Graph:
    return record({"cluster": {}, "admission-policies": config}, environment=environment, registry=REGISTRY)


def _actions(graph: Graph) -> dict[str, list[str]]:
    made = graph.of(f"{_POLICY}Binding")
    return {r.inputs["spec"]["policyName"].removeprefix(PREFIX): r.inputs["spec"]["validationActions"] for r in made}


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_each_rule_acts_in_the_cluster_as_it_does_in_the_pack(environment: str) -> None:
    graph = _graph(environment)
    assert {r.inputs["metadata"]["name"] for r in graph.of(_POLICY)} == {PREFIX + rule.id for rule in _RULES}
    acting = {rule.id: ["Deny"] if level(rule, environment) == "refuse" else ["Warn", "Audit"] for rule in _RULES}
    assert _actions(graph) == acting
    assert ["Deny"] in acting.values()


def test_a_cluster_in_use_can_be_told_first() -> None:
    assert set(map(tuple, _actions(_graph("prod", onlyAdvise=True)).values())) == {("Warn", "Audit")}


def test_a_binding_of_another_level_has_another_name(api_server: KubeClient) -> None:
    """The API server takes no binding that warns and denies, and a preview would have it merge the two."""

    def bound(**config: Any) -> dict[str, Any]:
        made = _graph("prod", **config).of(f"{_POLICY}Binding")
        found: dict[str, Any] = next(r.inputs for r in made if r.name == "admission-policies-no-latest-binding")
        return found

    advises, refuses = bound(onlyAdvise=True), bound()
    try:
        for manifest in (advises, refuses):
            # As the provider does: created by one manager, previewed by another.
            api_server.create(manifest, field_manager="first")
            api_server.apply(manifest, field_manager="second", force=True, dry_run=True)
        renamed = {**refuses, "metadata": advises["metadata"]}
        with pytest.raises(ApiError, match="must not contain both Deny and Warn"):
            api_server.apply(renamed, field_manager="second", force=True, dry_run=True)
    finally:
        for manifest in (advises, refuses):
            api_server.delete(manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"], missing_ok=True)


def test_a_policy_is_there_before_it_is_bound() -> None:
    graph = _graph("dev")
    for bound in graph.of(f"{_POLICY}Binding"):
        assert graph.one(_POLICY, bound.name.removesuffix("-binding")).urn in bound.depends_on


def test_the_control_plane_and_named_namespaces_are_left_alone() -> None:
    for bound in _graph("prod", namespaces=["vendor"]).of(f"{_POLICY}Binding"):
        (chosen,) = bound.inputs["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert chosen["operator"] == "NotIn"
        assert chosen["values"] == ["kube-node-lease", "kube-public", "kube-system", "vendor"]


def test_only_exemptions_that_count_here_today_are_taken_over() -> None:
    def exemption(name: str, days: int = 0, environments: tuple[str, ...] = ()) -> Exemption:
        until_day = TODAY + datetime.timedelta(days=days)
        common = {"rule": "no-latest", "owner": "ops", "reason": "because"}
        return Exemption(resources=(f"Pod {name}",), environments=environments, until=until_day, **common)

    here = [exemption("everywhere"), exemption("here", environments=("prod", "dev"))]
    others = [exemption("over", days=-1), exemption("there", environments=("dev",))]
    assert Exemptions([*here, *others], (), TODAY).counting("prod") == here


def test_in_prod_the_api_server_refuses_what_the_pack_refuses(api_server: KubeClient) -> None:
    """Whoever applies it: the pack sees only what goes through the engine."""
    made = [r.inputs for r in _graph("prod") if r.inputs.get("metadata", {}).get("name") == f"{PREFIX}no-latest"]
    assert len(made) == 2
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "policed"}})
    wait_for(api_server, "v1", "ServiceAccount", "default", "policed")
    try:
        for manifest in made:
            api_server.apply(manifest)
        said = until(partial(refusal, api_server, _POD), PATIENCE)
        api_server.create({**_POD, "metadata": {"name": "tool", "namespace": "kube-system"}}, dry_run=True)
    finally:
        for manifest in made:
            api_server.delete(manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"])
    assert "no-latest: the container tool has the image ghcr.io/mlflow/tool, which has no version: name one" in said
