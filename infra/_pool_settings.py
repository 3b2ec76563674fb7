"""What a stack file may say of one pool, and the node group that follows from it: no engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from groundwork.core.config import Config
from groundwork.core.contracts import NodePool, Taint
from groundwork.core.contracts.pools import ACCELERATOR_LABEL, POOL_LABEL
from groundwork.core.profiles import Profile, Size
from groundwork.data.instance_types import InstanceType, instance_type
from infra import _gpu_sharing as sharing
from infra import _machines as machines
from infra._gpu_sharing import SharingSettings
from infra._nodes import Capacity, NodeGroup

# By it the cluster-autoscaler knows that a new node's GPUs will show a while after the node itself.
AUTOSCALER_LABEL = "k8s.amazonaws.com/accelerator"
GPU_TAINT = Taint("nvidia.com/gpu", "present", "NoSchedule")
_TEMPLATE = "k8s.io/cluster-autoscaler/node-template/resources/"

# Kubernetes' rules for labels and taints: an optional DNS subdomain, a slash, and at most 63 characters.
_WORD = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_KEY = re.compile(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_WORD}")
_VALUE = re.compile(rf"({_WORD})?")
# Kubelets may not label themselves with these; EKS refuses a node group that tries.
_RESERVED = re.compile(r"([a-z0-9.-]*\.)?(kubernetes\.io|k8s\.io|eks\.amazonaws\.com)/.*")

_GENERAL_TYPE: Mapping[Size, str] = {"small": "m7i.xlarge", "medium": "m7i.xlarge", "large": "m7i.2xlarge"}
_GENERAL_MINIMUM: Mapping[Size, int] = {"small": 2, "medium": 2, "large": 3}
_GENERAL_MAXIMUM: Mapping[Size, int] = {"small": 6, "medium": 12, "large": 30}
_DISK, _DISK_WITH_ACCELERATORS = 100, 200


class TaintSettings(Config):
    """A taint, in Kubernetes' own words."""

    key: str
    value: str = ""
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = "NoSchedule"


class PoolSettings(Config):
    """What a stack file may say of one pool."""

    accelerator: str | None = Field(
        default=None, description="such as nvidia-l4: machines, image, taint and labels follow from it"
    )
    sharing: SharingSettings | None = Field(
        default=None, description="lets several pods use one GPU: time slices, MPS, or partitions (MIG)"
    )
    instance_types: tuple[str, ...] = Field(
        default=(), description="EC2 instance types, all alike; several give spot capacity a choice"
    )
    min: NonNegativeInt | None = Field(default=None, description="nodes that are always there; none of accelerators")
    max: PositiveInt | None = Field(default=None, description="most nodes; required with accelerators: they cost")
    disk_gib: int | None = Field(default=None, ge=20, le=16384, description="root volume of a node, images included")
    capacity: Capacity = Field(default="onDemand", description="spot is cheaper, and can be taken back at any moment")
    labels: dict[str, str] = Field(default_factory=dict, description="on each node, beside the platform's own")
    taints: tuple[TaintSettings, ...] = Field(default=(), description="beside the one of accelerators")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = self._problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> list[str]:
        # Together, not in a validator a field: one that fails would hide what is wrong with the others.
        problems = [*self._machine_problems(), *self._size_problems()]
        if self.sharing is not None and not problems:
            problems += sharing.problems(self.sharing, self._machine())
        for key, value in self.labels.items():
            problems += _pair_problems("label", key, value)
            if key in (POOL_LABEL, ACCELERATOR_LABEL, AUTOSCALER_LABEL, *sharing.LABELS):
                problems.append(f"label {key!r} is the platform's own; choose another")
        for taint in self.taints:
            problems += _pair_problems("taint", taint.key, taint.value)
        return problems

    def _machine(self) -> InstanceType | None:
        if not self.instance_types and self.accelerator is None:
            return None
        given = self.instance_types or machines.with_accelerator(str(self.accelerator))
        return instance_type(given[0])

    def _machine_problems(self) -> list[str]:
        found, problems = machines.known(self.instance_types)
        if self.accelerator is not None:
            try:
                machines.with_accelerator(self.accelerator)
            except ValueError as error:
                problems.append(f"accelerator: {error}")
            else:
                problems += [
                    f"{machine.name} has no {self.accelerator}, which is this pool's accelerator"
                    for machine in found
                    if machines.accelerator_of(machine) != self.accelerator
                ]
        if len(found) > 1 and not problems:
            problems += machines.unlike(found)
        return problems

    def _size_problems(self) -> list[str]:
        problems = []
        found, _ = machines.known(self.instance_types)
        if (self.accelerator is not None or any(machine.gpus for machine in found)) and self.max is None:
            problems.append("max is required for a pool with accelerators, such as `max: 2`: its nodes are expensive")
        if self.min is not None and self.max is not None and self.min > self.max:
            problems.append(f"min is {self.min}, and max only {self.max}")
        return problems


def node_group(name: str, settings: PoolSettings, profile: Profile) -> NodeGroup:
    """Return the node group of a pool.

    Sizes that are left out are the environment's; a pool with accelerators begins with no node.
    """
    given = settings.instance_types
    if not given:
        given = (
            machines.with_accelerator(settings.accelerator)
            if settings.accelerator is not None
            else (_GENERAL_TYPE[profile.size],)
        )
    machine = instance_type(given[0])
    accelerator = machines.accelerator_of(machine) if machine.gpus else None
    minimum, maximum = _limits(settings, profile, scarce=accelerator is not None)
    disk = settings.disk_gib or (_DISK_WITH_ACCELERATORS if accelerator else _DISK)
    labels = {POOL_LABEL: name, **settings.labels}
    taints = tuple(Taint(t.key, t.value, t.effect) for t in settings.taints)
    # From an empty pool the autoscaler cannot see what a node has; labels and taints it asks EKS for.
    tags = {f"{_TEMPLATE}ephemeral-storage": f"{disk}Gi"}
    if accelerator:
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
    )


def _limits(settings: PoolSettings, profile: Profile, *, scarce: bool) -> tuple[int, int]:
    usual = (0 if scarce else _GENERAL_MINIMUM[profile.size], _GENERAL_MAXIMUM[profile.size])
    # One that is given moves the other, where that is not.
    minimum = settings.min if settings.min is not None else min(usual[0], settings.max or usual[1])
    return minimum, settings.max or max(minimum, usual[1])


def node_pool(group: NodeGroup, settings: SharingSettings | None = None) -> NodePool:
    """Return what pods may know of a node group whose GPUs are shared so."""
    machine = instance_type(group.instance_types[0])
    shared = sharing.shared(settings, machine)
    return NodePool(
        name=group.name,
        minimum=group.minimum,
        maximum=group.maximum,
        labels=group.labels,
        taints=group.taints,
        accelerator=machines.accelerator_of(machine) if machine.gpus else None,
        resource=shared.resource if machine.gpus else None,
        accelerators=machine.gpus,
        sharing=shared.kind,
        slices=shared.slices,
        driver=group.ami_type.endswith("_NVIDIA"),
    )


def _pair_problems(kind: str, key: str, value: str) -> list[str]:
    problems = []
    if not _KEY.fullmatch(key):
        problems.append(f"{kind} {key!r}: a key is 63 letters, digits, dots, hyphens at most, after a domain and /")
    if _RESERVED.fullmatch(key):
        problems.append(f"{kind} {key!r}: no pool may give keys of kubernetes.io, k8s.io and eks.amazonaws.com")
    if not _VALUE.fullmatch(value):
        problems.append(f"{kind} {key!r}: the value {value!r} must be 63 letters, digits, dots, hyphens at most")
    return problems
