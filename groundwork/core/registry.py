"""Which components there are: one a file in the rooms, and those of other packages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from groundwork.core.component import ApiComponent, Component
from groundwork.core.signature import Spec, spec_of

ROOMS = ("infra", "addons")
ENTRY_POINTS = "groundwork.components"


class Registry(Mapping[str, Spec]):
    """Component name -> its declaration. A component's module is imported when it is asked for."""

    def __init__(self, classes: Mapping[str, type[Component[Any]] | str]) -> None:
        """Take classes, or `module:Class` to be imported when needed, by component name."""
        self._classes = dict(classes)
        self._specs: dict[str, Spec] = {}

    def __getitem__(self, name: str) -> Spec:
        if name not in self._specs:
            given = self._classes[name]
            self._specs[name] = spec_of(name, _import(given) if isinstance(given, str) else given)
        return self._specs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._classes))

    def __len__(self) -> int:
        return len(self._classes)


@cache
def discover() -> Registry:
    """Find all components: `infra/rds.py` holds the component `rds`; others join by entry point.

    Raises:
        ValueError: where a component of another package takes a name that is there already.
    """
    found: dict[str, str] = {}
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_") and not module.ispkg:
                found[module.name.replace("_", "-")] = f"{room}.{module.name}"
    for point in entry_points(group=ENTRY_POINTS):
        if point.name in found:
            raise ValueError(f"{point.value} wants to be the component {point.name!r}, which {found[point.name]} is")
        found[point.name] = point.value
    return Registry(found)


def _import(where: str) -> type[Component[Any]]:
    module_name, _, class_name = where.partition(":")
    module = importlib.import_module(module_name)
    if class_name:
        found = [getattr(module, class_name)]
    else:
        found = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, Component)
            and value not in (Component, ApiComponent)
            and value.__module__ == module_name
            and "build" in vars(value)
        ]
    if len(found) != 1:
        raise TypeError(f"{module_name} must define exactly one component, and defines {len(found)}")
    cls: type[Component[Any]] = found[0]
    return cls
