"""How the pods on a node share its GPUs: what a pool says, and what of it its nodes and pods have to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from groundwork.core.config import Config
from groundwork.core.contracts.pools import Sharing
from groundwork.core.errors import closest
from groundwork.data.gpu_slices import slices
from groundwork.data.instance_types import InstanceType
from infra import _machines as machines

DEVICE_CONFIG_LABEL = "nvidia.com/device-plugin.config"
"""Which configuration of the device plugin counts on a node: the one of its pool's name."""
_MIG_CONFIG_LABEL = "nvidia.com/mig.config"
_MPS_LABEL = "nvidia.com/mps.capable"
LABELS = (DEVICE_CONFIG_LABEL, _MIG_CONFIG_LABEL, _MPS_LABEL)

# Clients that MPS serves on one GPU; NVIDIA's daemon refuses more replicas (cmd/mps-control-daemon/mps/device.go).
_MOST_CLIENTS = 48


class SharingSettings(Config):
    """How pods share a GPU. One of the three."""

    time_slicing: int | None = Field(
        default=None, ge=2, le=64, description="pods on one GPU, in turns; none is kept from the others' memory"
    )
    mps: int | None = Field(
        default=None, ge=2, le=_MOST_CLIENTS, description="pods on one GPU at once, each with its part of the memory"
    )
    mig: str | None = Field(
        default=None,
        description="a profile such as 1g.10gb: the GPU is partitioned in as many as fit; needs gpu-operator",
    )

    @property
    def chosen(self) -> list[Sharing]:
        """What of the three is given."""
        given: dict[Sharing, object] = {"timeSlicing": self.time_slicing, "mps": self.mps, "mig": self.mig}
        return [kind for kind, value in given.items() if value is not None]


@dataclass(frozen=True)
class Shared:
    """What a node shows for one GPU: `slices` of `resource`."""

    resource: str
    slices: int
    kind: Sharing | None


def problems(settings: SharingSettings, machine: InstanceType | None) -> list[str]:
    """Return a sentence for each thing that cannot be."""
    chosen = settings.chosen
    if machine is None or not machine.gpus or machine.accelerator is None:
        return ["sharing: this pool has no GPU to share; give it an accelerator, or leave sharing out"]
    found = []
    if len(chosen) != 1:
        given = " and ".join(chosen) or "nothing"
        found.append(f"sharing: {given} given, and a GPU is shared in one way; keep one of timeSlicing, mps, mig")
    if settings.mig is not None:
        valid = slices(machine.accelerator)
        name = machine.accelerator.name
        if not valid:
            found.append(f"sharing.mig: {name} of {machine.name} cannot be partitioned; use timeSlicing or mps")
        elif settings.mig not in valid:
            found.append(
                f"sharing.mig: {name} of {machine.name} has no {settings.mig!r}; {closest(settings.mig, valid)}"
            )
    return found


def shared(settings: SharingSettings | None, machine: InstanceType) -> Shared:
    """Return what a machine's GPUs are to pods."""
    if settings is None:
        return Shared(machines.GPU_RESOURCE, 1, None)
    if settings.mig is not None and machine.accelerator is not None:
        return Shared(f"nvidia.com/mig-{settings.mig}", slices(machine.accelerator)[settings.mig], "mig")
    kind: Sharing = "mps" if settings.mps is not None else "timeSlicing"
    return Shared(f"{machines.GPU_RESOURCE}.shared", settings.mps or settings.time_slicing or 1, kind)


def labels(settings: SharingSettings | None, pool: str) -> Mapping[str, str]:
    """Return the labels by which NVIDIA's components know what to do on the nodes of a pool."""
    if settings is None:
        return {}
    if settings.mig is not None:
        return {_MIG_CONFIG_LABEL: f"all-{settings.mig}"}
    # The plugin's daemon of MPS goes where this says so; otherwise feature discovery would have to.
    capable = {_MPS_LABEL: "true"} if settings.mps is not None else {}
    return {DEVICE_CONFIG_LABEL: pool, **capable}
