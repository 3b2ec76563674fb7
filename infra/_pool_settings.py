"""What a stack file may say of one pool: no engine."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from groundwork.core.config import Config, Told
from groundwork.core.contracts.pools import ACCELERATOR_LABEL, ADAPTER_LABEL, DEVICE_LABEL, POOL_LABEL, PURPOSE_LABEL
from groundwork.core.profiles import Size
from groundwork.data.instance_types import InstanceType, instance_type
from infra import _gpu_sharing as sharing
from infra import _machines as machines
from infra import _reservations as reservations
from infra._gpu_sharing import SharingSettings
from infra._nodes import Capacity
from infra._purposes import Purpose
from infra._reservations import ReservationSettings

# By it the cluster-autoscaler knows that a new node's GPUs will show a while after the node itself.
AUTOSCALER_LABEL = "k8s.amazonaws.com/accelerator"
# Kubernetes' rules for labels and taints: an optional DNS subdomain, a slash, and at most 63 characters.
_WORD = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_KEY = re.compile(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_WORD}")
_VALUE = re.compile(rf"({_WORD})?")
# Kubelets may not label themselves with these; EKS refuses a node group that tries.
_RESERVED = re.compile(r"([a-z0-9.-]*\.)?(kubernetes\.io|k8s\.io|eks\.amazonaws\.com)/.*")

_OWN_LABELS = (
    POOL_LABEL,
    ACCELERATOR_LABEL,
    ADAPTER_LABEL,
    DEVICE_LABEL,
    PURPOSE_LABEL,
    AUTOSCALER_LABEL,
    *sharing.LABELS,
)

USUAL_TYPE: Mapping[Size, str] = {"small": "m7i.xlarge", "medium": "m7i.xlarge", "large": "m7i.2xlarge"}
USUAL_MINIMUM: Mapping[Size, int] = {"small": 2, "medium": 2, "large": 3}
USUAL_MAXIMUM: Mapping[Size, int] = {"small": 6, "medium": 12, "large": 30}
DISK, DISK_WITH_ACCELERATORS = 100, 200
"""GiB."""


class TaintSettings(Config):
    """A taint, in Kubernetes' own words."""

    key: str = Field(description="such as example.com/team")
    value: str = Field(default="", description="beside the key")
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = Field(
        default="NoSchedule", description="what happens to pods that do not tolerate it"
    )


class PoolSettings(Config):
    """A pool under a name of its own, such as gpu: as many as there are kinds of nodes."""

    accelerator: str | None = Field(
        default=None,
        description=f"machines, image, taint and labels follow from it: {', '.join(machines.accelerators())}",
    )
    sharing: SharingSettings | None = Field(
        default=None, description="lets several pods use one GPU: time slices, MPS, or partitions (MIG)"
    )
    instance_types: Annotated[
        tuple[str, ...], Told(lambda profile: f"{USUAL_TYPE[profile.size]}, or the accelerator's cheapest")
    ] = Field(default=(), description="EC2 instance types, all alike; several give spot capacity a choice")
    min: Annotated[
        NonNegativeInt | None, Told(lambda profile: f"{USUAL_MINIMUM[profile.size]}, or 0 with an accelerator")
    ] = Field(
        default=None,
        description="nodes that are always there; none of accelerators, and none where Karpenter makes them",
    )
    max: Annotated[
        PositiveInt | None, Told(lambda profile: f"{USUAL_MAXIMUM[profile.size]}, or required with an accelerator")
    ] = Field(
        default=None,
        description="most nodes, of spotFirst in node groups most of either; required with accelerators: they cost",
    )
    disk_gib: Annotated[int | None, Told(lambda _: f"{DISK}, or {DISK_WITH_ACCELERATORS} with an accelerator")] = Field(
        default=None, ge=20, le=16384, description="root volume of a node in GiB, images included"
    )
    capacity: Capacity = Field(
        default="onDemand",
        description="spot is cheaper, and can be taken back at any moment; spotFirst takes on demand what spot lacks",
    )
    purpose: Purpose = Field(
        default="general",
        description="batch and interactive: a node stays as long as a pod works on it, and goes 2 or 30 minutes after; "
        "serving: pods are moved seldom, after 15 minutes. So with Karpenter and with node groups; but an update of a "
        "node group (a version of Kubernetes) takes its nodes one by one, and waits 15 minutes for their pods, and "
        "Karpenter takes outdated nodes that are interactive one by one outside of working hours (UTC)",
    )
    reservation: ReservationSettings | None = Field(
        default=None, description="a capacity reservation or capacity block that nodes are taken from"
    )
    efa: bool = Field(
        default=False, description="Elastic Fabric Adapters, and nodes close together in one zone: for training on many"
    )
    zone: str | None = Field(default=None, description="nodes in this zone alone; all of the network's if left out")
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
        if not problems:
            problems += self._place_problems()
        if self.sharing is not None and not problems:
            problems += sharing.problems(self.sharing, self._machine())
        for key, value in self.labels.items():
            problems += _pair_problems("label", key, value)
            if key in _OWN_LABELS:
                problems.append(f"label {key!r} is the platform's own; choose another")
        for taint in self.taints:
            problems += _pair_problems("taint", taint.key, taint.value)
        return problems

    @property
    def machines(self) -> tuple[str, ...]:
        """The instance types that are given, or follow from the accelerator; none where the environment decides.

        Raises:
            ValueError: there is no such accelerator.
        """
        if self.instance_types or self.accelerator is None:
            return self.instance_types
        return machines.with_accelerator(self.accelerator)

    def _machine(self) -> InstanceType | None:
        return instance_type(self.machines[0]) if self.machines else None

    def _place_problems(self) -> list[str]:
        problems = []
        if self.reservation is not None:
            problems += reservations.problems(
                self.reservation,
                instance_types=self.machines,
                maximum=self.max,
                spot=self.capacity != "onDemand",
                now=datetime.datetime.now(datetime.UTC),
            )
            if self.zone not in (None, self.reservation.zone):
                problems.append(f"zone is {self.zone}, and {self.reservation.id} is in {self.reservation.zone}")
        if self.efa:
            problems += machines.without_efa(self.machines)
        return problems

    def _machine_problems(self) -> list[str]:
        found, problems = machines.known(self.instance_types)
        if self.accelerator is not None:
            try:
                machines.with_accelerator(self.accelerator)
            except ValueError as error:
                problems.append(f"accelerator: {error}")
            else:
                problems += [
                    f"{machine.name} has no {self.accelerator}, which is this pool's accelerator; leave instanceTypes "
                    f"out, or take one of {', '.join(machines.types_with(self.accelerator))}"
                    for machine in found
                    if machines.accelerator_of(machine) != self.accelerator
                ]
        if len(found) > 1 and not problems:
            problems += machines.unlike(found)
        return problems

    def _size_problems(self) -> list[str]:
        problems = []
        found, _ = machines.known(self.instance_types)
        if (self.accelerator is not None or any(machine.devices for machine in found)) and self.max is None:
            problems.append("max is required for a pool with accelerators, such as `max: 2`: its nodes are expensive")
        if self.min is not None and self.max is not None and self.min > self.max:
            problems.append(f"min is {self.min}, and max only {self.max}")
        return problems


def _pair_problems(kind: str, key: str, value: str) -> list[str]:
    problems = []
    if not _KEY.fullmatch(key):
        problems.append(f"{kind} {key!r}: a key is 63 letters, digits, dots, hyphens at most, after a domain and /")
    if _RESERVED.fullmatch(key):
        problems.append(f"{kind} {key!r}: no pool may give keys of kubernetes.io, k8s.io and eks.amazonaws.com")
    if not _VALUE.fullmatch(value):
        problems.append(f"{kind} {key!r}: the value {value!r} must be 63 letters, digits, dots, hyphens at most")
    return problems
