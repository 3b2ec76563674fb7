"""The table: one declaration a resource type, in one module a service."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every module of the table, each of which declares its types."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
