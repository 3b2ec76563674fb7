"""Every value that we give a chart is one that it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from addons import _airflow_values as airflow
from addons import _istio_values as istio
from addons import _prometheus_values as prometheus
from addons import cert_manager, cluster_autoscaler, keda, load_balancer_controller, nvidia_device_plugin
from addons._pods import resources

from groundwork.core.contracts import NodePool, Taint
from groundwork.core.profiles import PROFILES

Values = Mapping[str, Any]

# Maps that are handed on as they are, and values of sub-charts, which a chart's own defaults do not repeat.
FREE = {
    "airflow-1.22.0": {"config.logging.remote_base_log_folder", "config.logging.remote_log_conn_id", "config.api"},
    "aws-load-balancer-controller-3.5.0": {"podSecurityContext.*", "securityContext.*"},
    "cert-manager-v1.21.1": {f"{part}podDisruptionBudget.maxUnavailable" for part in ("", "webhook.", "cainjector.")},
    "cluster-autoscaler-9.59.0": {"extraArgs.*"},
    "cni-1.30.3": {"resources.limits", "global.platform"},
    "gateway-1.30.3": {"service.loadBalancerClass"},
    "istiod-1.30.3": {
        "resources.limits",
        "meshConfig.accessLogFile",
        "meshConfig.accessLogEncoding",
        "global.platform",
    },
    "kube-prometheus-stack-88.5.3": {
        *("grafana.persistence", "grafana.grafana.ini", "grafana.resources", "grafana.service.port"),
        *("grafana.sidecar.resources", "grafana.testFramework", "kube-state-metrics.resources"),
        "prometheus-node-exporter.resources",
    },
}

POOL = NodePool(
    name="gpu",
    minimum=0,
    maximum=1,
    labels={},
    taints=(Taint("nvidia.com/gpu", "present", "NoSchedule"),),
    accelerator="nvidia-l4",
    resource="nvidia.com/gpu",
    accelerators=1,
)


def all_values(environment: str) -> dict[str, list[Values]]:
    """Return the values of every chart: as many as there are choices."""
    profile = PROFILES[environment]
    sizes = prometheus.Sizes(copies=2, alertmanagers=3, memory="4Gi", storage_gi=50, retention_days=30)
    balancers = load_balancer_controller.LoadBalancerControllerConfig.load({}, profile)
    scaler = cluster_autoscaler.ClusterAutoscalerConfig.load({}, profile)
    return {
        "airflow-1.22.0": [airflow.values(facts) for facts in airflow_facts()],
        "aws-load-balancer-controller-3.5.0": [
            load_balancer_controller.values(balancers, cluster="c", region="eu-west-1", vpc_id="vpc-1")
        ],
        "base-1.30.3": [istio.base_values()],
        "cert-manager-v1.21.1": [cert_manager.values(cert_manager.CertManagerConfig.load({}, profile))],
        "cluster-autoscaler-9.59.0": [
            cluster_autoscaler.values(scaler, cluster="c", region="eu-west-1", image="repository/image:v1")
        ],
        "cni-1.30.3": [istio.cni_values(None), istio.cni_values("microk8s")],
        "gateway-1.30.3": [
            istio.gateway_values("istio-ingress", 1, "ClusterIP", None, {}),
            istio.gateway_values("istio-ingress", 2, "LoadBalancer", "service.k8s.aws/nlb", {"a": "b"}),
        ],
        "istiod-1.30.3": [istio.istiod_values(2, None), istio.istiod_values(1, "k3s")],
        "keda-2.20.2": [keda.values(keda.KedaConfig.load({}, profile), scraped=scraped) for scraped in (False, True)],
        "kube-prometheus-stack-88.5.3": [
            prometheus.values(sizes, storage_class="gp3", admin_secret="admin", grafana_url=url)  # noqa: S106
            for url in (None, "https://grafana.example")
        ],
        "nvidia-device-plugin-0.20.0": [nvidia_device_plugin.values([]), nvidia_device_plugin.values([POOL])],
    }


def airflow_facts() -> list[airflow.Facts]:
    """Return Airflow with as little as can be, and with everything."""
    key = {"name": "AWS_ACCESS_KEY_ID", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "AWS_ACCESS_KEY_ID"}}}
    region = {"name": "AWS_REGION", "value": "eu-west-1"}
    toleration = {"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"}
    least = airflow.Facts(
        release="airflow",
        image="docker.io/apache/airflow:3.2.2",
        version="3.2.2",
        metadata_secret="airflow-connection",  # noqa: S106 - the name of a Secret
        keys_secret="airflow-keys",  # noqa: S106 - the name of a Secret
        log_folder="s3://logs/logs",
        log_environment=(region,),
        copies=1,
        worker=airflow.Worker(resources=resources("1", "1Gi"), node_selector={}, tolerations=()),
        url=None,
        dags=None,
    )
    most = airflow.Facts(
        **{
            **vars(least),
            "log_environment": (region, key),
            "copies": 2,
            "worker": airflow.Worker(resources("1", "1Gi"), {"pool": "gpu"}, (toleration,)),
            "url": "https://airflow.example",
            "dags": airflow.Repository("https://git.example/dags.git", "main", "dags"),
        }
    )
    return [least, most]


def unknown(values: Values, defaults: Values, free: set[str], path: str = "") -> list[str]:
    """Return the keys of `values` that the chart's defaults do not have, outside of free maps."""
    found = []
    for key, value in values.items():
        here = f"{path}{key}"
        if here in free or f"{path}*" in free:
            continue
        if key not in defaults:
            found.append(here)
        elif isinstance(value, Mapping) and isinstance(defaults[key], Mapping) and defaults[key]:
            found += unknown(value, defaults[key], free, f"{here}.")
    return found


CASES = [
    pytest.param(chart, environment, given, id=f"{chart}-{environment}-{index}")
    for environment in ("dev", "prod")
    for chart, choices in all_values(environment).items()
    for index, given in enumerate(choices)
]


@pytest.mark.parametrize(("chart", "environment", "given"), CASES)
def test_a_chart_knows_every_value(
    chart: str, environment: str, given: Values, facts: Callable[[str, str], Any]
) -> None:
    """A key that a chart does not know changes nothing and says nothing: it must not be given."""
    defaults = facts(chart, "values.json")
    defaults = defaults.get("_internal_defaults_do_not_set", defaults)
    assert unknown(given, defaults, FREE.get(chart, set())) == []


@pytest.mark.parametrize(("chart", "environment", "given"), CASES)
def test_values_satisfy_the_charts_schema(
    chart: str, environment: str, given: Values, facts: Callable[[str, str], Any]
) -> None:
    """Helm refuses a release whose values break the chart's own schema."""
    schema = facts(chart, "values.schema.json")
    if schema is None:
        pytest.skip(f"{chart} has no schema")
    problems = jsonschema.Draft7Validator(schema).iter_errors(given)
    assert [f"{'.'.join(map(str, p.absolute_path))}: {p.message}" for p in problems] == []


def test_an_unknown_key_is_found() -> None:
    """The check above can fail."""
    assert unknown({"a": {"b": 1, "c": 2}}, {"a": {"b": 0}}, set()) == ["a.c"]


@pytest.mark.parametrize(("chart", "environment", "given"), CASES)
def test_no_chart_installs_crds(chart: str, environment: str, given: Values) -> None:
    """CRDs belong to API components: a chart that removes its CRDs removes everybody's objects with them."""
    switches = {
        "cert-manager-v1.21.1": ("crds", "enabled"),
        "keda-2.20.2": ("crds", "install"),
        "kube-prometheus-stack-88.5.3": ("crds", "enabled"),
    }
    if chart in switches:
        part, key = switches[chart]
        assert given[part][key] is False


def test_what_one_copy_serves_has_no_disruption_budget() -> None:
    """A budget over a single copy keeps its node from being drained; two copies need one."""
    single = {chart: choices[0] for chart, choices in all_values("dev").items()}
    double = {chart: choices[0] for chart, choices in all_values("prod").items()}
    assert single["cert-manager-v1.21.1"]["podDisruptionBudget"] == {"enabled": False}
    assert double["cert-manager-v1.21.1"]["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}
    assert single["keda-2.20.2"]["podDisruptionBudget"]["operator"] == {}
    assert double["keda-2.20.2"]["podDisruptionBudget"]["operator"] == {"maxUnavailable": 1}
    assert single["aws-load-balancer-controller-3.5.0"]["replicaCount"] == 1
    assert double["aws-load-balancer-controller-3.5.0"]["replicaCount"] == 2
