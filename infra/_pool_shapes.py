"""From what a stack file says of a pool to what its nodes are: no engine."""

from __future__ import annotations

from dataclasses import replace

from groundwork.core.contracts import NodePool, Taint
from groundwork.core.contracts.pools import ACCELERATOR_LABEL, ADAPTER_LABEL, DEVICE_LABEL, POOL_LABEL
from groundwork.core.profiles import Profile
from groundwork.data.efa import efa_interfaces
from groundwork.data.instance_types import instance_type
from infra import _gpu_sharing as sharing
from infra import _machines as machines
from infra._gpu_sharing import SharingSettings
from infra._nodes import NodeGroup
from infra._pool_settings import (
    AUTOSCALER_LABEL,
    DISK,
    DISK_WITH_ACCELERATORS,
    USUAL_MAXIMUM,
    USUAL_MINIMUM,
    USUAL_TYPE,
    PoolSettings,
)

GPU_TAINT = Taint(machines.GPU_RESOURCE, "present", "NoSchedule")
NEURON_TAINT = Taint(machines.NEURON_RESOURCE, "present", "NoSchedule")
_TEMPLATE = "k8s.io/cluster-autoscaler/node-template/resources/"

SPOT = "-spot"
"""What the name of the first group of a spotFirst pool ends in; by it the cluster-autoscaler asks this one first."""


def node_group(name: str, settings: PoolSettings, profile: Profile) -> NodeGroup:
    """Return the node group of a pool.

    Sizes that are left out are the environment's; a pool with accelerators begins with no node.
    """
    given = settings.machines or (USUAL_TYPE[profile.size],)
    if settings.capacity != "onDemand" and not settings.instance_types:
        given = machines.alike(given[0])
    machine = instance_type(given[0])
    accelerator = machines.accelerator_of(machine) if machine.devices else None
    minimum, maximum = _limits(settings, profile, scarce=accelerator is not None)
    disk = settings.disk_gib or (DISK_WITH_ACCELERATORS if accelerator else DISK)
    labels = {POOL_LABEL: name, **settings.labels}
    taints = tuple(Taint(t.key, t.value, t.effect) for t in settings.taints)
    # From an empty pool the autoscaler cannot see what a node has; labels and taints it asks EKS for.
    tags = {f"{_TEMPLATE}ephemeral-storage": f"{disk}Gi"}
    if accelerator and not machine.gpus:
        labels |= {ACCELERATOR_LABEL: accelerator, DEVICE_LABEL: "neuron"}
        taints = (NEURON_TAINT, *(taint for taint in taints if taint.key != NEURON_TAINT.key))
        # Pods ask for devices or for their cores, and of neither does the autoscaler know anything by itself.
        tags[f"{_TEMPLATE}{machines.NEURON_RESOURCE}"] = str(machine.devices)
        tags[f"{_TEMPLATE}{machines.NEURON_CORES}"] = str(machine.devices * machines.cores(machine))
    elif accelerator:
        shared = sharing.shared(settings.sharing, machine)
        labels |= {ACCELERATOR_LABEL: accelerator, **sharing.labels(settings.sharing, name)}
        if shared.resource == machines.GPU_RESOURCE:
            # It takes a node with this label for one that is not ready until it shows that very resource, and one of
            # slices never does (`FilterOutNodesWithUnreadyResources` in its processors/customresources).
            labels[AUTOSCALER_LABEL] = accelerator
        taints = (GPU_TAINT, *(taint for taint in taints if taint.key != GPU_TAINT.key))
        # What a type has it knows by itself; a resource in a tag comes before that.
        tags[f"{_TEMPLATE}{machines.GPU_RESOURCE}"] = "0"
        tags[f"{_TEMPLATE}{shared.resource}"] = str(machine.gpus * shared.slices)
    adapters = efa_interfaces(machine) if settings.efa else 0
    if adapters:
        tags[f"{_TEMPLATE}{machines.EFA_RESOURCE}"] = str(adapters)
        labels[ADAPTER_LABEL] = "efa"
    return NodeGroup(
        name=name,
        instance_types=given,
        ami_type=machines.image(machine),
        minimum=minimum,
        maximum=maximum,
        disk_gib=disk,
        capacity=settings.capacity,
        labels=labels,
        taints=taints,
        tags=tags,
        purpose=settings.purpose,
        reservation=settings.reservation,
        zone=settings.reservation.zone if settings.reservation is not None else settings.zone,
        efa=adapters,
        placement_group=settings.reservation.placement_group if settings.reservation is not None else None,
    )


def with_fallback(group: NodeGroup) -> tuple[NodeGroup, ...]:
    """Return the managed groups of a pool: two where it takes on demand what spot lacks, since a group has one kind.

    Each may have the pool's maximum: the second one is to be able to take over all of it.
    """
    if group.capacity != "spotFirst":
        return (group,)
    return (
        replace(group, name=f"{group.name}{SPOT}", capacity="spot"),
        replace(group, capacity="onDemand", minimum=0),
    )


def provisioned(group: NodeGroup) -> NodeGroup:
    """Return a pool's shape for who makes nodes for pods: none is there without one, and no autoscaler reads it."""
    labels = {key: value for key, value in group.labels.items() if key != AUTOSCALER_LABEL}
    return replace(group, minimum=0, labels=labels, tags={})


def _limits(settings: PoolSettings, profile: Profile, *, scarce: bool) -> tuple[int, int]:
    usual = (0 if scarce else USUAL_MINIMUM[profile.size], USUAL_MAXIMUM[profile.size])
    # One that is given moves the other, where that is not.
    minimum = settings.min if settings.min is not None else min(usual[0], settings.max or usual[1])
    return minimum, settings.max or max(minimum, usual[1])


def node_pool(group: NodeGroup, settings: SharingSettings | None = None, *, grouped: bool = True) -> NodePool:
    """Return what pods may know of a pool whose GPUs are shared so, and whether it is a group that is scaled."""
    machine = instance_type(group.instance_types[0])
    shared = sharing.shared(settings, machine)
    return NodePool(
        name=group.name,
        minimum=group.minimum,
        maximum=group.maximum,
        labels=group.labels,
        taints=group.taints,
        accelerator=machines.accelerator_of(machine) if machine.devices else None,
        resource=(shared.resource if machine.gpus else machines.NEURON_RESOURCE) if machine.devices else None,
        accelerators=machine.devices,
        sharing=shared.kind,
        slices=shared.slices,
        driver=group.ami_type.endswith(("_NVIDIA", "_NEURON")),
        adapters=group.efa,
        spot_first=group.capacity == "spotFirst",
        grouped=grouped,
    )
