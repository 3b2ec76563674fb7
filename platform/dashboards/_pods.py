"""What containers use, for the pages of what runs in one namespace."""

from __future__ import annotations

from groundwork.core.contracts import Panel


def memory(namespace: str) -> Panel:
    """Return the memory of the pods of `namespace` that use the most."""
    used = f'container_memory_working_set_bytes{{container!="",namespace="{namespace}"}}'
    return Panel(title="Memory", queries={"{{pod}}": f"topk(10, sum by (pod) ({used}))"}, unit="bytes")


def cpu(namespace: str) -> Panel:
    """Return the CPU of the pods of `namespace` that use the most."""
    used = f'rate(container_cpu_usage_seconds_total{{container!="",namespace="{namespace}"}}[5m])'
    return Panel(title="CPU", queries={"{{pod}}": f"topk(10, sum by (pod) ({used}))"}, unit="cores")
