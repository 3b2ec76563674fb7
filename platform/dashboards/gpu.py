"""How busy, warm and healthy the GPUs are, as NVIDIA's DCGM measures them.

The exporter says whose a GPU is in the labels `namespace` and `pod`. Prometheus keeps these for the exporter itself
and calls the others `exported_namespace` and `exported_pod`.
"""

from __future__ import annotations

from groundwork.core.contracts import Dashboard, Panel

_CHOSEN = '{Hostname=~"$node"}'
_LEGEND = "{{Hostname}} {{gpu}} {{exported_namespace}}/{{exported_pod}}"


def dashboard(namespace: str) -> Dashboard:
    """Return it; it shows every node that has GPUs, whichever namespace it is given."""
    return Dashboard(
        title="GPUs",
        folder="Platform",
        choices={"node": "label_values(DCGM_FI_DEV_GPU_UTIL, Hostname)"},
        rows={"Work": _work(), "Health": _health()},
    )


def _work() -> list[Panel]:
    used, free = f"DCGM_FI_DEV_FB_USED{_CHOSEN}", f"DCGM_FI_DEV_FB_FREE{_CHOSEN}"
    return [
        Panel(title="Busy", queries={_LEGEND: f"DCGM_FI_DEV_GPU_UTIL{_CHOSEN}"}, unit="percent"),
        Panel(title="Memory", queries={_LEGEND: f"{used} / ({used} + {free})"}, unit="fraction", warn=0.95),
        Panel(
            title="Tensor cores",
            queries={_LEGEND: f"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{_CHOSEN}"},
            unit="fraction",
            note="What a GPU is bought for: it can be busy all the time and use none of them.",
        ),
    ]


def _health() -> list[Panel]:
    return [
        Panel(title="Temperature", queries={_LEGEND: f"DCGM_FI_DEV_GPU_TEMP{_CHOSEN}"}, unit="celsius", warn=85),
        Panel(title="Power", queries={_LEGEND: f"DCGM_FI_DEV_POWER_USAGE{_CHOSEN}"}, unit="watts"),
        Panel(
            title="Last XID",
            queries={_LEGEND: f"DCGM_FI_DEV_XID_ERRORS{_CHOSEN} > 0"},
            note="The code of the driver's last error: 13, 31, 43 and 45 are mostly a program's own fault.",
        ),
    ]
