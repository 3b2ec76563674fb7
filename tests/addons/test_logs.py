"""What programs write reaches a bucket, with whose it is; and what else every cluster of the platform has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from addons import keda
from addons._fluent_bit_values import outputs

from groundwork.core.errors import StackError
from groundwork.core.profiles import PROFILES
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.testing import Graph
from tests.addons.rendering import render_double

RELEASE = "kubernetes:helm.sh/v3:Release"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
CLASS = "kubernetes:scheduling.k8s.io/v1:PriorityClass"


def values(graph: Graph, name: str) -> dict[str, Any]:
    """Return the values of a release."""
    (found,) = [r for r in graph.of(RELEASE) if r.name == name]
    inner: dict[str, Any] = found.inputs["values"]
    return inner


def test_lines_are_kept_as_long_as_the_environment_says(build: Any, everything: Graph) -> None:
    """In the bucket, then deleted: without its compactor Loki keeps them for ever, whatever its limit says."""
    small = values(build({"loki": {}, "objects": {}}), "loki")["loki"]
    assert small["limits_config"]["retention_period"] == "336h"
    large = values(everything, "loki")["loki"]
    assert large["limits_config"]["retention_period"] == "2160h"
    assert large["compactor"] == {"retention_enabled": True, "delete_request_store": "s3"}


def test_the_copies_hold_each_line(build: Any, everything: Graph) -> None:
    """Three copies of a line where the environment is highly available; with two, one that restarts would stop all."""

    def factor(graph: Graph) -> tuple[int, int]:
        given = values(graph, "loki")
        return given["singleBinary"]["replicas"], given["loki"]["commonConfig"]["replication_factor"]

    assert factor(everything) == (3, 3)
    assert factor(build({"loki": {}, "objects": {}})) == (1, 1)
    assert factor(build({"loki": {"replicas": 2}, "objects": {}})) == (2, 1)


def test_the_bucket_comes_before_who_writes_it(build: Any) -> None:
    """Under the account that the chart is told to make, and with the store's own address where it has one."""
    graph = build({"loki": {}, "objects": {"credentials": True}})
    bucket = graph.one("test:index:Marker", "loki-loki-bucket")
    release = graph.one(RELEASE, "loki")
    assert bucket.urn in graph.before(release)
    given = release.inputs["values"]
    assert bucket.inputs["readerWriters"] == [f"loki/{given['serviceAccount']['name']}"]
    assert given["loki"]["storage"]["s3"] == {
        "region": "eu-west-1",
        "endpoint": "http://store:9000",
        "s3ForcePathStyle": True,
        "insecure": True,
    }
    assert [e["name"] for e in given["singleBinary"]["extraEnv"] if "valueFrom" in e] == [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ]


def test_lines_go_where_the_store_is(everything: Graph) -> None:
    """To the address that the contract says, with namespace, container and team."""
    config = values(everything, "fluent-bit")["config"]
    assert config["outputs"] == outputs("http://loki.loki.svc.cluster.local:3100")
    assert re.search(r"Host loki\.loki\.svc\.cluster\.local\n +Port 3100\n", config["outputs"])
    assert "team=$kubernetes_namespace['labels']['groundwork.example/team']" in config["outputs"]
    assert "Namespace_Labels On" in config["filters"]


def test_it_reads_on_every_node(everything: Graph) -> None:
    """A node with GPUs keeps other pods away; its logs are wanted most."""
    assert values(everything, "fluent-bit")["tolerations"] == [{"operator": "Exists"}]


def test_grafana_shows_the_logs(everything: Graph, build: Any) -> None:
    """Where a stack keeps any."""
    (source,) = values(everything, "prometheus")["grafana"]["additionalDataSources"]
    assert (source["type"], source["url"]) == ("loki", "http://loki.loki.svc.cluster.local:3100")
    assert "additionalDataSources" not in values(build({"prometheus": {}}), "prometheus")["grafana"]


def test_no_team_reaches_the_store(everything: Graph) -> None:
    """It shows everybody's lines to whoever asks."""
    policy = everything.one(POLICY, "loki-closed").inputs["spec"]
    (rule,) = policy["ingress"]
    assert rule["from"][0]["namespaceSelector"]["matchExpressions"][0]["operator"] == "DoesNotExist"


def test_the_api_server_verifies_the_metrics_server(everything: Graph, build: Any) -> None:
    """And that one verifies kubelets, unless the stack says that nobody signed them."""
    given = values(everything, "metrics-server")
    assert given["apiService"] == {"insecureSkipTLSVerify": False}
    assert given["args"] == []
    unsigned = build({"metrics-server": {"unsignedKubelets": True}})
    assert values(unsigned, "metrics-server")["args"] == ["--kubelet-insecure-tls"]


def test_the_platform_goes_first(everything: Graph) -> None:
    """Classes in their order; what measures and scales has the first, and what names none is not the last."""
    classes = {r.inputs["metadata"]["name"]: r.inputs for r in everything.of(CLASS)}
    assert sorted(classes, key=lambda name: -classes[name]["value"]) == ["platform", "serving", "interactive", "batch"]
    assert [name for name, given in classes.items() if given["globalDefault"]] == ["interactive"]
    assert classes["batch"]["preemptionPolicy"] == "Never"
    assert values(everything, "keda")["priorityClassName"] == "platform"
    assert values(everything, "loki")["singleBinary"]["priorityClassName"] == "platform"
    assert values(everything, "prometheus")["prometheus"]["prometheusSpec"]["priorityClassName"] == "platform"


def test_the_server_accepts_the_classes(everything: Graph, api_server: KubeClient) -> None:
    """A value that is Kubernetes' own would be refused."""
    for given in everything.of(CLASS):
        api_server.apply(dict(given.inputs), dry_run=True)


@pytest.mark.parametrize(
    ("components", "message"),
    [
        (
            {"loki": {"retentionDays": 0}},
            "loki.retentionDays: must be at least 1 (got 0)",
        ),
        (
            {"metrics-server": {}, "more": {"component": "metrics-server"}},
            "metrics-server and more are both metrics-server: a cluster can have one; keep one",
        ),
        (
            {"fluent-bit": {}},
            "fluent-bit requires a Logs: add loki to this stack",
        ),
    ],
)
def test_bad_input_is_told(build: Any, components: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as error:
        build({"objects": {}, **components})
    assert message in str(error.value)


def test_nothing_of_keda_is_throttled(everything: Graph, tmp_path: Path) -> None:
    """The chart limits CPU by default: None takes that away, in Helm itself and so in the double."""
    # What records a graph forgets what is None; the engine and the provider do not.
    given = keda.values(keda.KedaConfig.load({}, PROFILES["prod"]), scraped=True)
    made = render_double(everything, "keda", tmp_path, {"resources": given["resources"]}).values()
    pods = [each["spec"]["template"]["spec"] for each in made if each["kind"] == "Deployment"]
    assert len(pods) == 3
    for pod in pods:
        assert list(pod["containers"][0]["resources"]["limits"]) == ["memory"]
        assert pod["topologySpreadConstraints"]
