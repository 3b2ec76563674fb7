"""From what a pool is asked to be to the machines that it is made of: plain facts, no engine."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.core.errors import closest
from groundwork.data.efa import efa_interfaces
from groundwork.data.instance_types import InstanceType, UnknownInstanceTypeError, instance_type, instance_types

GPU_RESOURCE = "nvidia.com/gpu"
NEURON_RESOURCE = "aws.amazon.com/neuron"
NEURON_CORES = "aws.amazon.com/neuroncore"
EFA_RESOURCE = "vpc.amazonaws.com/efa"
# NVIDIA's drivers have ended the support of all before Turing with the branch 580.
_TOO_OLD = ("nvidia-v100",)

# Families without disks, faster networks or other clocks of their own, whose like there is a lot of.
_COMMON = re.compile(r"[cmr]([5-8])(i|a|g)?\.")
# Every one more makes it less likely that spot capacity of all of them ends at once.
_MOST_ALIKE = 6
# Their adapters do not begin at the first network card, and how they lie is not published where this could be checked.
_OTHER_CARDS = ("p6-b300.48xlarge",)

_ALL = "`groundwork explain pools`"

_IMAGES = {
    ("x86_64", ""): "AL2023_x86_64_STANDARD",
    ("arm64", ""): "AL2023_ARM_64_STANDARD",
    ("x86_64", "nvidia"): "AL2023_x86_64_NVIDIA",
    ("arm64", "nvidia"): "AL2023_ARM_64_NVIDIA",
    ("x86_64", "aws"): "AL2023_x86_64_NEURON",
}


def accelerators() -> tuple[str, ...]:
    """Return the names of the accelerators that a pool can have."""
    return tuple(sorted({str(accelerator_of(t)) for t in instance_types().values() if _usable(t)}))


def accelerator_of(machine: InstanceType) -> str | None:
    """Return the name of a type's accelerator, None for a type without."""
    return machine.accelerator.name if machine.accelerator else None


def with_accelerator(name: str) -> tuple[str, ...]:
    """Return the instance type of a pool with this accelerator: the cheapest of those with the fewest on one node.

    One type alone: the autoscaler takes all nodes of a group for equal.

    Raises:
        ValueError: there is no such accelerator.
    """
    fitting = [t for t in instance_types().values() if _usable(t) and accelerator_of(t) == name]
    if not fitting:
        raise ValueError(f"{name!r} is no known accelerator; {closest(name, accelerators(), see=_ALL)}")
    return (min(fitting, key=lambda t: (t.devices, t.usd_per_hour, t.name)).name,)


def types_with(accelerator: str) -> tuple[str, ...]:
    """Return all types of which a pool with this accelerator can be, the cheapest first."""
    fitting = [t for t in instance_types().values() if _usable(t) and accelerator_of(t) == accelerator]
    return tuple(machine.name for machine in sorted(fitting, key=lambda t: (t.usd_per_hour, t.name)))


def alike(name: str) -> tuple[str, ...]:
    """Return types that can stand for one another in a pool, the newest and cheapest first; `name` is the first.

    Spot capacity is taken back by type and zone: of several types something is left.
    """
    machine = instance_type(name)
    others = [
        (-int(generation[1]), other.usd_per_hour, other.name)
        for other in instance_types().values()
        if (generation := _COMMON.match(other.name)) and other.name != name and _traits(other) == _traits(machine)
    ]
    return (name, *(other for _, _, other in sorted(others)[: _MOST_ALIKE - 1]))


def without_efa(names: Sequence[str]) -> list[str]:
    """Return a sentence for each type that a pool with Elastic Fabric Adapters cannot have."""
    if not names:
        return ["efa: name instanceTypes or an accelerator: not every machine can have adapters"]
    problems = []
    for machine in map(instance_type, names):
        if not efa_interfaces(machine):
            valid = _with_efa_like(machine)
            problems.append(f"efa: {machine.name} can have no Elastic Fabric Adapter; {valid}")
        elif machine.name in _OTHER_CARDS:
            problems.append(
                f"efa: which network cards of {machine.name} take adapters is not known here; leave efa out"
            )
    counts = {name: efa_interfaces(instance_type(name)) for name in names}
    if not problems and len(set(counts.values())) > 1:
        each = ", ".join(f"{name} has {count}" for name, count in counts.items())
        problems.append(f"efa: one launch template is for all types of a pool, and {each} adapters; make two pools")
    return problems


def _with_efa_like(machine: InstanceType) -> str:
    family = machine.name.partition(".")[0]
    kind = accelerator_of(machine)
    found = sorted(
        (other.usd_per_hour, other.name)
        for other in instance_types().values()
        if other.efa and (accelerator_of(other) == kind if kind else other.name.startswith(f"{family}."))
    )
    if not found:
        return "leave efa out"
    return f"with {kind or family} these can: {', '.join(name for _, name in found)}"


def known(names: Sequence[str]) -> tuple[list[InstanceType], list[str]]:
    """Return the types of these names, and a sentence for each that cannot be part of a pool."""
    found, problems = [], []
    for name in names:
        try:
            machine = instance_type(name)
        except UnknownInstanceTypeError as error:
            problems.append(str(error))
            continue
        if machine.architecture is None:
            # Old ones, and those with accelerators that are neither of NVIDIA nor of AWS itself.
            problems.append(f"{name}: nothing is known of it but its price; {_instead(name)}")
        elif machine.accelerator is not None and not _usable(machine):
            problems.append(f"{name} has {_description(machine)}, and pools can have {', '.join(accelerators())}")
        else:
            found.append(machine)
    return found, problems


def _instead(name: str) -> str:
    if name.startswith(("p", "g", "dl")):
        return f"for accelerators, pools can have {', '.join(accelerators())}"
    return "a newer one is m7i.large"


def unlike(machines: Sequence[InstanceType]) -> list[str]:
    """Return a sentence for each type that differs from the first in what has to be equal in one pool.

    That is the image, the accelerators, and what the autoscaler reckons with.
    """
    first, *others = machines
    problems = []
    for machine in others:
        pairs = zip(_traits(first), _traits(machine), strict=True)
        differs = next(((one, other) for one, other in pairs if one != other), None)
        if differs is not None:
            problems.append(
                f"{first.name} has {differs[0]}, and {machine.name} {differs[1]}: the types of one pool must be alike; "
                "make two pools"
            )
    return problems


def _traits(machine: InstanceType) -> tuple[str, ...]:
    size = f"{machine.vcpus} vCPUs and {machine.memory_gib or 0:g} GiB"
    memory = machine.accelerator.memory_gib if machine.accelerator else None
    # By it a partition of a GPU has its name.
    return str(machine.architecture), _description(machine), size, f"{memory or 0:g} GiB on each accelerator"


def image(machine: InstanceType) -> str:
    """Return EKS's word for the image that fits a type."""
    return _IMAGES[_kind(machine)]


def cores(machine: InstanceType) -> int:
    """Return how many NeuronCores each device of a type has."""
    return machine.accelerator.cores if machine.accelerator else 0


def _usable(machine: InstanceType) -> bool:
    return machine.devices > 0 and _kind(machine) in _IMAGES and accelerator_of(machine) not in _TOO_OLD


def _kind(machine: InstanceType) -> tuple[str, str]:
    return str(machine.architecture), machine.accelerator.vendor if machine.accelerator else ""


def _description(machine: InstanceType) -> str:
    if machine.accelerator is None:
        return "no accelerator"
    return f"{machine.accelerator.count or 'a share of one'} {machine.accelerator.name}"
