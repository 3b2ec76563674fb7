"""Amounts of CPU and memory in a stack file, as Kubernetes writes them, with messages that show one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

_CPU, _MEMORY = r"[1-9][0-9]*m?", r"[1-9][0-9]*[MG]i"


def _amount(what: str, pattern: str, example: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is no amount of {what}; an example is {example}")
        return value

    return check


def _schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


# Cores, or thousandths of one: 2, 500m.
Cpu = Annotated[str, AfterValidator(_amount("CPU", _CPU, "500m")), _schema(_CPU)]
# Mebibytes or gibibytes: 512Mi, 2Gi.
Memory = Annotated[str, AfterValidator(_amount("memory", _MEMORY, "2Gi")), _schema(_MEMORY)]
