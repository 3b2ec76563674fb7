"""Whether the cluster has room, and whether what should run does."""

from __future__ import annotations

from groundwork.core.contracts import Dashboard, Panel

_RUNNING = 'on (namespace, pod) group_left () (kube_pod_status_phase{phase=~"Pending|Running"} == 1)'


def dashboard(namespace: str) -> Dashboard:
    """Return it; it shows every namespace, whichever it is given."""
    return Dashboard(
        title="Cluster", folder="Platform", rows={"Room": _room(), "Health": _health(), "Volumes": _volumes()}
    )


def requested(resource: str, by: str = "") -> str:
    """Return what the pods that are not finished ask for: those that are keep their requests, and hold nothing."""
    return f'sum {by}(kube_pod_container_resource_requests{{resource="{resource}"}} * {_RUNNING})'


def _room() -> list[Panel]:
    allocatable = 'sum(kube_node_status_allocatable{{resource="{0}"}})'.format
    return [
        Panel(
            title="CPU requested",
            queries={"requested": f"{requested('cpu')} / {allocatable('cpu')}"},
            unit="fraction",
            kind="number",
            warn=0.85,
        ),
        Panel(
            title="Memory requested",
            queries={"requested": f"{requested('memory')} / {allocatable('memory')}"},
            unit="fraction",
            kind="number",
            warn=0.85,
        ),
        Panel(
            title="CPU",
            queries={
                "allocatable": allocatable("cpu"),
                "requested": requested("cpu"),
                "used": 'sum(rate(container_cpu_usage_seconds_total{container!=""}[5m]))',
            },
            unit="cores",
        ),
        Panel(
            title="Memory",
            queries={
                "allocatable": allocatable("memory"),
                "requested": requested("memory"),
                "used": 'sum(container_memory_working_set_bytes{container!=""})',
            },
            unit="bytes",
        ),
    ]


def _health() -> list[Panel]:
    return [
        Panel(
            title="Nodes",
            queries={
                "ready": 'sum(kube_node_status_condition{condition="Ready",status="true"})',
                "not ready": 'sum(kube_node_status_condition{condition="Ready",status=~"false|unknown"})',
            },
        ),
        Panel(
            title="Pods that wait",
            queries={"{{namespace}}": 'sum by (namespace) (kube_pod_status_phase{phase="Pending"}) > 0'},
        ),
        Panel(
            title="Restarts in an hour",
            queries={
                "{{namespace}}/{{pod}}": (
                    "topk(10, sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[1h])) > 0)"
                )
            },
            warn=3,
        ),
        Panel(
            title="Alerts",
            queries={"": 'sort_desc(count by (alertname, severity, namespace) (ALERTS{alertstate="firing"}))'},
            kind="table",
        ),
    ]


def _volumes() -> list[Panel]:
    return [
        Panel(
            title="Fullest volumes",
            queries={
                "{{namespace}}/{{persistentvolumeclaim}}": (
                    "topk(10, 1 - kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes)"
                )
            },
            unit="fraction",
            warn=0.85,
        ),
        Panel(
            title="Fullest disks of nodes",
            queries={
                "{{instance}} {{mountpoint}}": (
                    'topk(10, 1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"}'
                    ' / node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs"})'
                )
            },
            unit="fraction",
            warn=0.85,
        ),
    ]
