"""NVIDIA's DCGM exporter: what GPUs do, how hot they are and what went wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addons._gpu_nodes import on_pools

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Accelerators, Cluster, Metrics, NodePool
from groundwork.core.errors import StackError


class DcgmExporterConfig(Config):
    """What a stack file may say under `dcgm-exporter:`: nothing yet."""


def values(pools: Sequence[NodePool]) -> dict[str, Any]:
    """Return the chart's values: https://github.com/NVIDIA/dcgm-exporter/tree/4.5.3-4.8.2/deployment.

    The chart's own list of metrics has utilisation, memory, temperature, power and the last XID error.

    Args:
        pools: those with GPUs of NVIDIA.
    """
    # The label of a pod's name is told by the kubelet, and needs no rights in the cluster.
    return {**on_pools(pools), "serviceMonitor": {"enabled": False}}


class DcgmExporter(Component[DcgmExporterConfig]):
    """The exporter on every node with a GPU, of whose metrics each names the pod that uses the GPU."""

    single = True

    def build(self, cluster: Cluster, accelerators: Accelerators, metrics: Metrics | None) -> None:
        """Install the chart, and have it scraped.

        Raises:
            StackError: the accelerators are none of NVIDIA's.
        """
        others = sorted(p.name for p in accelerators.all if not (p.resource or "").startswith("nvidia.com/"))
        if others:
            raise StackError(
                [
                    f"{self.name}: it reads GPUs of NVIDIA, and {', '.join(others)} has none: name who makes those "
                    f"known, such as `{self.name}: {{use: {{accelerators: nvidia-device-plugin}}}}`, or leave it out"
                ]
            )
        # It reads the kubelet's list of devices from a folder of the node, and GPUs' profiling counters as SYS_ADMIN.
        namespace = cluster.namespace(self.name, parent=self, security="privileged")
        release(self.name, parent=self, chart="dcgm-exporter", namespace=namespace, values=values(accelerators.all))
        if metrics is not None:
            selector = {"app.kubernetes.io/name": "dcgm-exporter", "app.kubernetes.io/instance": self.name}
            metrics.scrape(self.name, parent=self, namespace=namespace, selector=selector, port="metrics")
