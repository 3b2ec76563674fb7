"""A real API server admits every Pod of the charts under the standard that its namespace enforces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.testing import Graph
from tests.addons.rendering import CHARTS, Rendered, release, render_chart, render_double
from tests.addons.server import make_namespaces
from tests.docs.teams_page import example


@pytest.fixture(scope="module")
def kube(everything: Graph, api_server: KubeClient) -> KubeClient:
    """An API server with every namespace of the platform."""
    make_namespaces(api_server, everything)
    return api_server


def admit(kube: KubeClient, rendered: Rendered, namespace: str) -> None:
    """Ask the server, without making them, for a Pod of each workload."""
    for made in rendered.values():
        spec: dict[str, Any] = (made.get("spec") or {}).get("template", {}).get("spec", {})
        if spec:
            # Neither the account nor the priority is a matter of this standard, and neither is there.
            accounts = dict.fromkeys(("serviceAccountName", "serviceAccount"), "default")
            spec = {**spec, **accounts, "priorityClassName": "", "restartPolicy": "Always"}
            # What a StatefulSet claims for each of its Pods is among their volumes when they are made.
            claims = [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in _claims(made)]
            spec["volumes"] = [*(spec.get("volumes") or ()), *claims]
            metadata = {"name": made["metadata"]["name"], "namespace": namespace}
            kube.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, dry_run=True)


def _claims(made: dict[str, Any]) -> list[dict[str, Any]]:
    return (made.get("spec") or {}).get("volumeClaimTemplates") or []


@pytest.mark.parametrize("chart", CHARTS)
def test_the_pods_of_a_double_are_admitted(chart: str, kube: KubeClient, everything: Graph, tmp_path: Path) -> None:
    """A Pod that its namespace refuses is never made: the release waits for it in vain."""
    admit(kube, render_double(everything, chart, tmp_path), release(everything, chart)["namespace"])


@pytest.mark.parametrize("chart", CHARTS)
def test_the_pods_of_the_chart_are_admitted(chart: str, kube: KubeClient, everything: Graph, tmp_path: Path) -> None:
    """What the double promises, the chart keeps."""
    admit(kube, render_chart(everything, chart, tmp_path), release(everything, chart)["namespace"])


def test_what_trains_is_admitted_under_the_restricted_standard(kube: KubeClient, everything: Graph) -> None:
    """Teams' namespaces enforce it: neither a runtime of Trainer nor a step of Argo's may need more."""
    runtimes = [r for r in everything if r.inputs.get("kind") == "ClusterTrainingRuntime"]
    assert len(runtimes) == 2
    specs = []
    for runtime in runtimes:
        job = runtime.inputs["spec"]["template"]["spec"]["replicatedJobs"][0]
        specs.append(job["template"]["spec"]["template"]["spec"])
    told = json.loads(
        everything.one("kubernetes:core/v1:ConfigMap", "argo-workflows-configuration").inputs["data"]["config"]
    )
    container = {"image": "registry.example/step:1"}
    specs.append(
        {
            **told["workflowDefaults"]["spec"],
            "containers": [{**container, "name": "main", "securityContext": told["mainContainer"]["securityContext"]}],
            "initContainers": [{**container, "name": "init", "securityContext": told["executor"]["securityContext"]}],
        }
    )
    for priority in everything.of("kubernetes:scheduling.k8s.io/v1:PriorityClass"):
        kube.apply(priority.inputs)
    for index, spec in enumerate(specs):
        spec = {
            key: value for key, value in spec.items() if key not in ("podGC", "podPriorityClassName", "ttlStrategy")
        }
        metadata = {"name": f"training-{index}", "namespace": "argo-workflows"}
        kube.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, dry_run=True)


def test_the_pod_that_teams_are_shown_is_admitted(kube: KubeClient) -> None:
    """In a namespace that enforces the strictest standard, whatever that of a team has."""
    shown = example("kind: Pod")
    namespace = {"name": "shown", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": namespace})
    # Whether the account is there is no matter of this standard.
    spec = {**shown["spec"], "serviceAccountName": "default"}
    kube.apply({**shown, "metadata": {"name": "evaluate", "namespace": "shown"}, "spec": spec}, dry_run=True)


def test_without_our_values_a_double_is_refused(kube: KubeClient, everything: Graph, tmp_path: Path) -> None:
    """A double is no stricter than its chart, so what we leave out is found out."""
    rendered = render_double(everything, "cluster-autoscaler", tmp_path, {"securityContext": None})
    with pytest.raises(ApiError, match="violates PodSecurity"):
        admit(kube, rendered, "cluster-autoscaler")
