"""The SDK's class of a resource type, as a program written by hand would use it."""

from __future__ import annotations

import importlib
import inspect
from functools import cache
from typing import Any


@cache
def sdk_class(kind: str) -> tuple[str, str] | None:
    """Return module and class of a type such as `aws:s3/bucket:Bucket`; None where no SDK has one."""
    package, place, name = kind.split(":")
    group, _, version = place.partition("/")
    # The aws and random packages name a file of their own in the type, the kubernetes package a version.
    inner = f".{group.partition('.')[0]}.{version}" if package == "kubernetes" else f".{group}"
    for module in (f"pulumi_{package}{inner}", f"pulumi_{package}"):
        try:
            if hasattr(importlib.import_module(module), name):
                return module, name
        except ImportError:
            continue
    return None  # a component, or a resource of a CRD


def arguments(module: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return inputs under the names that the class's constructor has for them."""
    return {_names(module, name)[_bare(key)]: value for key, value in inputs.items()}


@cache
def _names(module: str, name: str) -> dict[str, str]:
    constructor = getattr(importlib.import_module(module), name)._internal_init
    return {_bare(parameter): parameter for parameter in inspect.signature(constructor).parameters}


def _bare(name: str) -> str:
    return name.replace("_", "").lower()
