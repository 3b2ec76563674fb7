"""Who holds what, and how much of it is used: what a bill is divided by.

It knows no prices: what a core or a GPU costs differs by contract and hour. Hours of what was asked for are what the
cloud charges for, whoever uses them.
"""

from __future__ import annotations

from dashboards.cluster import requested
from groundwork.core.contracts import Dashboard, Panel

_POOL = "label_groundwork_example_pool"


def dashboard(namespace: str) -> Dashboard:
    """Return it; it shows every namespace, whichever it is given."""
    return Dashboard(title="Cost", folder="Platform", rows={"Thirty days": _hours(), "Now": _now(), "Idle": _idle()})


def _hours() -> list[Panel]:
    def hours(resource: str, divisor: str = "") -> str:
        return f"sort_desc(sum_over_time(({requested(resource, 'by (namespace) ')})[30d:1h]){divisor})"

    note = "Hours of what pods asked for, counted once an hour: shorter pods may be missed."
    return [
        Panel(title="GPU hours", queries={"{{namespace}}": hours("nvidia_com_gpu")}, kind="table", note=note),
        Panel(title="Core hours", queries={"{{namespace}}": hours("cpu")}, kind="table", note=note),
        Panel(title="GiB hours", queries={"{{namespace}}": hours("memory", " / 2^30")}, kind="table", note=note),
    ]


def _now() -> list[Panel]:
    return [
        Panel(title="Cores by namespace", queries={"{{namespace}}": requested("cpu", "by (namespace) ")}, unit="cores"),
        Panel(
            title="Memory by namespace",
            queries={"{{namespace}}": requested("memory", "by (namespace) ")},
            unit="bytes",
        ),
        Panel(
            title="Nodes by pool",
            queries={f"{{{{{_POOL}}}}}": f"count by ({_POOL}) (kube_node_labels)"},
        ),
        Panel(
            title="Volumes by namespace",
            queries={
                "{{namespace}}": "sum by (namespace) (kube_persistentvolumeclaim_resource_requests_storage_bytes)"
            },
            unit="bytes",
        ),
    ]


def _idle() -> list[Panel]:
    used = 'sum by (namespace) (rate(container_cpu_usage_seconds_total{container!=""}[1h]))'
    memory = 'sum by (namespace) (container_memory_working_set_bytes{container!=""})'
    gpus = 'sum by (node) (kube_node_status_allocatable{resource="nvidia_com_gpu"})'
    return [
        Panel(
            title="Cores asked for and not used",
            queries={"{{namespace}}": f"topk(10, {requested('cpu', 'by (namespace) ')} - {used} > 0)"},
            unit="cores",
        ),
        Panel(
            title="Memory asked for and not used",
            queries={"{{namespace}}": f"topk(10, {requested('memory', 'by (namespace) ')} - {memory} > 0)"},
            unit="bytes",
        ),
        Panel(
            title="GPUs that nobody asked for",
            queries={"{{node}}": f"{gpus} - ({requested('nvidia_com_gpu', 'by (node) ')} or {gpus} * 0)"},
            note="A node with GPUs costs the same with nothing on it.",
            warn=1,
        ),
    ]
