"""What the simulation remembers between its runs, and tells the report."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class PoolSize:
    """How many nodes a pool has, and what the program asked for when that was decided."""

    asked: int
    size: int


@dataclass(frozen=True)
class Record:
    """Sizes of pools; and, by `namespace/name`, why something still waits."""

    sizes: Mapping[str, PoolSize] = field(default_factory=dict)
    pods: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    """By pool: what keeps its nodes, or their accelerators, from showing."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """By kind and name: what the API server said to a write of the simulation."""


def read(file: Path) -> Record:
    """Return what was recorded; nothing, where the file is missing or was cut off."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        sizes = {name: PoolSize(**size) for name, size in stored.pop("sizes").items()}
        return Record(sizes=sizes, **stored)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return Record()


def write(file: Path, record: Record) -> None:
    """Store the record in one step, so that no reader meets half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(json.dumps(asdict(record), indent=1, sort_keys=True), encoding="utf-8")
    draft.replace(file)
