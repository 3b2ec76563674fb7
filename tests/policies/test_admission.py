"""The pack and the cluster refuse the same objects with the same id: asked of a real API server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import combinations
from typing import Any

import pytest

from groundwork.core.definitions import read
from groundwork.policy.admission import PREFIX, admitted_rules, binding, policy
from groundwork.policy.example import Example, changed
from groundwork.policy.exemptions import Exemption
from groundwork.policy.judge import Judge, Violation
from groundwork.policy.subject import Subject, of_object
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.sandbox.controlplane.waiting import condition, wait_for
from tests.apiserver import refusal
from tests.policies.examples import ROOT, TODAY, examples, judge
from tests.sandbox.waiting import until

_API = "admissionregistration.k8s.io/v1"
_RULES = admitted_rules(judge().rules)
_MINE = {rule.id for rule in _RULES}
_ALL = [example for example in examples() if example.rule in _MINE]
_TOLD = re.compile(f"ValidatingAdmissionPolicy '{PREFIX}([a-z0-9-]+)'")
_EXEMPT = Exemption(
    rule="restricted-pods", resources=("Deployment */agent-*",), owner="platform", reason="a node agent", until=TODAY
)
PATIENCE = 60


class Cluster:
    """An API server that warns of each rule that an object breaks, and accepts it."""

    def __init__(self, kube: KubeClient, warnings: list[str]) -> None:
        self.kube, self.warnings = kube, warnings

    def broken_by(self, manifest: dict[str, Any]) -> set[str]:
        """Return the ids of the rules that an object breaks, by the server's own warnings."""
        self.warnings.clear()
        self.kube.create(manifest, dry_run=True)
        return {found for warning in self.warnings for found in _TOLD.findall(warning)}

    def tells(self, rule_id: str, manifest: dict[str, Any]) -> bool:
        """Return whether an object breaks a rule."""
        return rule_id in self.broken_by(manifest)


@pytest.fixture(scope="module")
def cluster(api_server: KubeClient) -> Iterator[Cluster]:
    """The server with all policies of the pack, in an environment that advises."""
    made: list[dict[str, Any]] = []
    _install_kinds(api_server)
    namespaces = {example.valid[0].namespace for example in _ALL} - {""}
    for name in namespaces:
        api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        wait_for(api_server, "v1", "ServiceAccount", "default", name)
    for rule in _RULES:
        metadata = {"name": PREFIX + rule.id}
        spec = policy(rule, [_EXEMPT])
        made.append({"apiVersion": _API, "kind": "ValidatingAdmissionPolicy", "metadata": metadata, "spec": spec})
        spec = binding(rule, "advise")
        made.append(
            {"apiVersion": _API, "kind": "ValidatingAdmissionPolicyBinding", "metadata": metadata, "spec": spec}
        )
    warnings: list[str] = []
    with KubeClient(api_server.endpoint, on_warning=warnings.append) as kube:
        for manifest in made:
            kube.apply(manifest)
        found = Cluster(kube, warnings)
        for rule in _RULES:
            example = next(example for example in _ALL if example.rule == rule.id)
            # The server learns of policies a moment after they are made.
            until(partial(found.tells, rule.id, _manifest(example.broken[0])), PATIENCE)
        yield found
    for manifest in made:
        api_server.delete(manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"])


def _established(crd: dict[str, Any]) -> bool:
    return condition(crd, "Established") == "True"


def _install_kinds(kube: KubeClient) -> None:
    """Make the kinds of examples that Kubernetes itself has not."""
    kinds = {example.valid[0].kind for example in _ALL}
    for name, crd in read(next((ROOT / "platform" / "crds").glob("istio-*.json"))).items():
        if crd["spec"]["names"]["kind"] in kinds:
            kube.apply(crd)
            wait_for(kube, crd["apiVersion"], crd["kind"], name, ready=_established)


def _manifest(subject: Subject) -> dict[str, Any]:
    _, version, kind = subject.type.split(":")
    return {"apiVersion": version.removeprefix("core/"), "kind": kind, **subject.props}


def _judged(manifest: dict[str, Any]) -> set[str]:
    pack = Judge(_RULES, judge().facts, judge().exemptions)
    return {found.rule.id for found in pack.resource(of_object(manifest)) if isinstance(found, Violation)}


@pytest.mark.parametrize("example", _ALL, ids=[f"{e.rule}-{e.path}" for e in _ALL])
def test_pack_and_cluster_say_the_same_of_each_example(cluster: Cluster, example: Example) -> None:
    assert cluster.broken_by(_manifest(example.valid[0])) == set()
    broken = _manifest(example.broken[0])
    assert cluster.broken_by(broken) == _judged(broken) == {example.rule}


def test_pack_and_cluster_say_the_same_of_what_breaks_several_rules(cluster: Cluster) -> None:
    both = 0
    one_of_each = {example.rule: example for example in _ALL}.values()
    for first, second in combinations(one_of_each, 2):
        if first.valid != second.valid or not first.path or not second.path:
            continue
        try:
            props = changed(first.broken[0].props, second.path, second.value)
        except (KeyError, IndexError, TypeError):
            continue  # the first takes away what the second changes
        manifest = _manifest(Subject(first.valid[0].type, "it", props))
        try:
            found = cluster.broken_by(manifest)
        except ApiError as error:
            assert error.status == 422  # noqa: PT017 - together they are no object at all
            continue
        assert found == _judged(manifest), (first.path, second.path)
        both += 1
    assert both > 10


def test_an_exemption_counts_in_the_cluster_too(cluster: Cluster) -> None:
    example = next(example for example in _ALL if example.rule == "restricted-pods")
    broken = _manifest(example.broken[0])
    assert cluster.broken_by(broken) == {"restricted-pods"}
    assert cluster.broken_by({**broken, "metadata": {**broken["metadata"], "name": "agent-1"}}) == set()


def test_a_pod_of_a_workload_was_judged_as_that(cluster: Cluster) -> None:
    pod: dict[str, Any] = {
        "metadata": {"name": "a", "namespace": "ns"},
        "spec": {"containers": [{"name": "a", "image": "a:latest"}]},
    }
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a", "uid": "1"}
    manifest = {"apiVersion": "v1", "kind": "Pod", **pod}
    assert "no-latest" in cluster.broken_by(manifest)
    made = {**manifest, "metadata": {**pod["metadata"], "ownerReferences": [{**owner, "controller": True}]}}
    assert cluster.broken_by(made) == set()
    named = {**manifest, "metadata": {**pod["metadata"], "ownerReferences": [owner]}}
    assert "no-latest" in cluster.broken_by(named), "an owner that does not control it did not make it"


def test_a_container_that_is_added_to_a_pod_is_judged_and_the_pods_own_are_not_again(cluster: Cluster) -> None:
    """What a controller made may have containers that it was exempt for; who debugs it adds one of his own."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "debugged", "namespace": "ns"},
        "spec": {"containers": [{"name": "a", "image": "a:latest"}]},
    }
    debug = {
        "name": "debug",
        "image": "busybox:1.37",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    made = cluster.kube.create(pod)

    def added(container: dict[str, Any]) -> set[str]:
        cluster.warnings.clear()
        # Whatever became of it meanwhile.
        body = {**made, "metadata": pod["metadata"], "spec": {**made["spec"], "ephemeralContainers": [container]}}
        path = "/api/v1/namespaces/ns/pods/debugged/ephemeralcontainers"
        cluster.kube.raw("PUT", path, params={"dryRun": "All"}, body=body)
        return {found for warning in cluster.warnings for found in _TOLD.findall(warning)}

    try:
        assert added(debug) == set()
        assert added({**debug, "image": "docker.io/somebody/tool:latest"}) == {"no-latest", "allowed-registries"}
        assert added({**debug, "securityContext": {"privileged": True}}) == {"restricted-pods"}
    finally:
        cluster.kube.delete("v1", "Pod", "debugged", "ns")


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
def test_pods_of_what_no_deployment_made_are_judged_by_it(cluster: Cluster, kind: str) -> None:
    """Its pods have it as their controller, so nothing else would judge them."""
    labels = {"app": "a"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a:latest"}]}}
    version = "apps/v1" if kind == "ReplicaSet" else "v1"
    selector = {"matchLabels": labels} if kind == "ReplicaSet" else labels
    spec = {"selector": selector, "template": template}
    manifest = {"apiVersion": version, "kind": kind, "metadata": {"name": "a", "namespace": "ns"}, "spec": spec}
    assert cluster.broken_by(manifest) == _judged(manifest) >= {"no-latest", "restricted-pods"}


def test_what_an_operator_makes_of_somebodys_object_is_not_refused(cluster: Cluster) -> None:
    """A notebook's StatefulSet has no probes: refused, it would be tried again for ever, and its user told nothing."""
    example = next(example for example in _ALL if example.rule == "probes")
    broken = _manifest(example.broken[0])
    assert "probes" in cluster.broken_by(broken)
    owner = {"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "name": "a", "uid": "1", "controller": True}
    assert cluster.broken_by({**broken, "metadata": {**broken["metadata"], "ownerReferences": [owner]}}) == set()


def test_where_rules_refuse_the_message_has_the_id_the_container_and_the_remedy(cluster: Cluster) -> None:
    rule = next(rule for rule in _RULES if rule.id == "no-latest")
    strict = {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": PREFIX + rule.id},
        "spec": binding(rule, "refuse"),
    }
    example = next(example for example in _ALL if example.rule == "no-latest")
    cluster.kube.apply(strict)
    try:
        said = until(partial(refusal, cluster.kube, _manifest(example.broken[0])), PATIENCE)
    finally:
        cluster.kube.apply({**strict, "spec": binding(rule, "advise")})
    expected = example.message.partition(": ")[2]
    assert f"no-latest: {expected}" in said
