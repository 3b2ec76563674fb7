"""EC2 instance types: what a node of each has, and what an hour of it costs."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

AS_OF = "2026-07-20"
"""When the prices of the table were such."""

Architecture = Literal["x86_64", "arm64"]


class UnknownInstanceTypeError(LookupError):
    """No such EC2 instance type in the table."""

    def __init__(self, name: str, known: Mapping[str, object]) -> None:
        """Name the value and the types that may have been meant."""
        near = get_close_matches(name, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "an example is m7i.large"
        super().__init__(f"{name!r} is not one of the {len(known)} known EC2 instance types: {hint}")
        self.name = name


@dataclass(frozen=True)
class Accelerator:
    """The accelerators of one instance type."""

    vendor: Literal["nvidia", "aws"]
    model: str
    """As AWS names it: `L4`, `H100`, `Inferentia2`."""
    count: int
    """Whole devices; 0 where an instance has a share of one (g6f)."""
    memory_gib: float | None
    """Of one device, None where AWS does not publish it."""

    @property
    def name(self) -> str:
        """The name by which stack files choose an accelerator: `nvidia-l4`, `aws-inferentia2`."""
        return f"{self.vendor}-{self.model.lower().replace(' ', '-')}"

    @property
    def cores(self) -> int:
        """NeuronCores of one device, each of which a pod can have for itself; 0 for a GPU.

        https://awsdocs-neuron.readthedocs-hosted.com/en/latest/general/arch/neuron-hardware/neuron-core-v2.html
        """
        if self.vendor != "aws":
            return 0
        return {"Inferentia": 4, "Trainium2": 8}.get(self.model, 2)


@dataclass(frozen=True)
class InstanceType:
    """One row of the table."""

    name: str
    usd_per_hour: float
    """On demand, Linux, us-east-1."""
    vcpus: int | None
    """None, as `memory_gib` and `architecture`, for a few old types that AWS no longer describes."""
    memory_gib: float | None
    architecture: Architecture | None
    accelerator: Accelerator | None
    efa: bool = False
    """Whether it can have an Elastic Fabric Adapter."""

    @property
    def devices(self) -> int:
        """Whole accelerators of whatever kind."""
        return self.accelerator.count if self.accelerator else 0

    @property
    def gpus(self) -> int:
        """Whole NVIDIA GPUs."""
        return self.accelerator.count if self.accelerator and self.accelerator.vendor == "nvidia" else 0


@cache
def instance_types() -> Mapping[str, InstanceType]:
    """Return every type of the committed table by name."""
    return MappingProxyType(parse((files("groundwork.data") / "ec2-instance-types.csv").read_text(encoding="utf-8")))


def instance_type(name: str) -> InstanceType:
    """Return the type of that name (raises `UnknownInstanceTypeError`)."""
    known = instance_types()
    try:
        return known[name]
    except KeyError:
        raise UnknownInstanceTypeError(name, known) from None


def parse(text: str) -> dict[str, InstanceType]:
    """Return the types of a table of the same columns, by name.

    Raises:
        ValueError: a cell is not what its column holds; the message names the type.
    """
    return {row["instance_type"]: _parsed(row) for row in csv.DictReader(text.splitlines())}


def _parsed(row: Mapping[str, str]) -> InstanceType:
    try:
        return InstanceType(
            name=row["instance_type"],
            usd_per_hour=float(row["usd_per_hour"]),
            vcpus=int(row["vcpus"]) if row["vcpus"] else None,
            memory_gib=float(row["memory_gib"]) if row["memory_gib"] else None,
            architecture=_architecture(row["architecture"]),
            accelerator=_accelerator(row),
            efa=row["efa"] == "True",
        )
    except ValueError as error:
        raise ValueError(f"ec2-instance-types.csv, {row['instance_type']}: {error}") from None


def _architecture(cell: str) -> Architecture | None:
    match cell:
        case "x86_64" | "arm64":
            return cell
        case "":
            return None
    raise ValueError(f"unknown architecture {cell!r}")


def _accelerator(row: Mapping[str, str]) -> Accelerator | None:
    vendor, _, model = row["accelerator"].partition(" ")
    match vendor:
        case "":
            return None
        case "nvidia" | "aws":
            memory = row["accelerator_memory_gib"]
            return Accelerator(vendor, model, int(row["accelerator_count"]), float(memory) if memory else None)
    raise ValueError(f"unknown accelerator vendor {vendor!r}")
