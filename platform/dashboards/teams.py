"""What each team has, uses and waits for; a team is its namespace."""

from __future__ import annotations

from dashboards.cluster import requested
from groundwork.core.contracts import Dashboard, Panel

_OURS = 'namespace=~"$namespace"'


def dashboard(namespace: str) -> Dashboard:
    """Return it; the teams are chosen at the top of the page."""
    return Dashboard(
        title="Teams",
        folder="Platform",
        choices={"namespace": 'label_values(kube_resourcequota{namespace=~"team-.*"}, namespace)'},
        rows={"Quota": _quota(), "Use": _use(), "Trouble": _trouble()},
    )


def _quota() -> list[Panel]:
    used = f'kube_resourcequota{{{_OURS},type="used"}}'
    hard = f'(kube_resourcequota{{{_OURS},type="hard"}} > 0)'
    match = "ignoring (type)"
    return [
        Panel(
            title="Share of the quota",
            queries={"{{namespace}} {{resource}}": f"{used} / {match} {hard}"},
            unit="fraction",
            warn=0.9,
        ),
        Panel(title="Quota", queries={"": f"sort_desc({hard})"}, kind="table"),
    ]


def _use() -> list[Panel]:
    cpu = f'rate(container_cpu_usage_seconds_total{{container!="",{_OURS}}}[5m])'
    memory = f'container_memory_working_set_bytes{{container!="",{_OURS}}}'
    asked = requested("nvidia_com_gpu", "by (namespace) ")
    busy = 'DCGM_FI_DEV_GPU_UTIL{exported_namespace=~"$namespace"}'
    return [
        Panel(title="CPU", queries={"{{namespace}}": f"sum by (namespace) ({cpu})"}, unit="cores"),
        Panel(title="Memory", queries={"{{namespace}}": f"sum by (namespace) ({memory})"}, unit="bytes"),
        Panel(
            title="GPUs asked for",
            queries={"{{namespace}}": f'{asked} and on (namespace) kube_resourcequota{{{_OURS},type="hard"}}'},
        ),
        Panel(
            title="How busy their GPUs are",
            queries={"{{exported_namespace}}": f"avg by (exported_namespace) ({busy})"},
            unit="percent",
            note="Needs the exporter of NVIDIA's DCGM.",
        ),
    ]


def _trouble() -> list[Panel]:
    pending = f'sum by (namespace) (kube_pod_status_phase{{phase="Pending",{_OURS}}}) > 0'
    restarts = f"sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total{{{_OURS}}}[1h])) > 0"
    alerts = f'count by (alertname, severity, namespace) (ALERTS{{alertstate="firing",{_OURS}}})'
    return [
        Panel(title="Pods that wait", queries={"{{namespace}}": pending}),
        Panel(title="Restarts in an hour", queries={"{{namespace}}/{{pod}}": f"topk(10, {restarts})"}, warn=3),
        Panel(title="Alerts", queries={"": alerts}, kind="table"),
    ]
