"""Simulated nodes: kwok plays the kubelet of every node that is annotated as fake, and of no other.

Real nodes could stand beside: they lack the annotation, so kwok leaves them and their pods alone.
"""

from __future__ import annotations

from pathlib import Path

from groundwork.sandbox.controlplane.components import Components
from groundwork.sandbox.processes import ProcessSpec

KWOK = "kwok"
FAKE_NODE = {"kwok.x-k8s.io/node": "fake"}
"""The annotation of a node that is simulated."""
HOLD = "groundwork.sandbox/hold"
"""Annotation of a pod that stays Pending; the value says why."""
FAIL = "groundwork.sandbox/fail"
"""Annotation of a pod whose containers fail; the value says why."""
STAGES = Path(__file__).parent / "stages"


def process(components: Components) -> ProcessSpec:
    """Return the process that simulates the nodes; it opens no port of its own."""
    ((key, value),) = FAKE_NODE.items()
    stages = sorted(STAGES.glob("*.yaml"))
    return components.spec(
        KWOK,
        components.tools.kwok,
        f"--kubeconfig={components.layout.kubeconfig(KWOK)}",
        *(f"--config={stage}" for stage in stages),
        "--manage-all-nodes=false",
        f"--manage-nodes-with-annotation-selector={key}={value}",
        "--node-lease-duration-seconds=0",
        f"--cidr={components.settings.pod_cidr}",
    )
