"""Amounts of CPU and memory in a stack file, as Kubernetes writes them, with messages that show one."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

_CPU, _MEMORY = r"[1-9][0-9]*m?", r"[1-9][0-9]*[MG]i"


def _cpu(value: str) -> str:
    if not re.fullmatch(_CPU, value):
        raise ValueError(f"{value!r} is no amount of CPU; an example is 500m")
    return value


def _memory(value: str) -> str:
    if not re.fullmatch(_MEMORY, value):
        raise ValueError(f"{value!r} is no amount of memory; an example is 2Gi")
    return value


# Cores, or thousandths of one: 2, 500m.
Cpu = Annotated[str, AfterValidator(_cpu), WithJsonSchema({"type": "string", "pattern": f"^{_CPU}$"})]
# Mebibytes or gibibytes: 512Mi, 2Gi.
Memory = Annotated[str, AfterValidator(_memory), WithJsonSchema({"type": "string", "pattern": f"^{_MEMORY}$"})]
