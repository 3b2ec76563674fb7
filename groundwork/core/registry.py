"""Which components there are: one a file in the rooms, and those of other packages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from groundwork.core.component import ApiComponent, Component
from groundwork.core.errors import StackError
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
        """Return a component's declaration.

        Raises:
            KeyError: there is none of that name.
            StackError: its module fails to import, or is no component: a package that is installed may be anything.
        """
        if name not in self._specs:
            given = self._classes[name]
            self._specs[name] = _read(name, given) if isinstance(given, str) else spec_of(name, given)
        return self._specs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._classes))

    def __len__(self) -> int:
        return len(self._classes)


@cache
def discover() -> Registry:
    """Find all components: `infra/rds.py` holds the component `rds`; others join by entry point.

    Raises:
        StackError: where a component of another package takes a name that is there already.
    """
    found: dict[str, str] = {}
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_") and not module.ispkg:
                found[module.name.replace("_", "-")] = f"{room}.{module.name}"
    for point in entry_points(group=ENTRY_POINTS):
        if point.name in found:
            raise StackError(
                [
                    f"{point.value} wants to be the component {point.name!r}, which {found[point.name]} is: uninstall "
                    "one of the packages"
                ]
            )
        found[point.name] = point.value
    return Registry(found)


def _read(name: str, where: str) -> Spec:
    try:
        return spec_of(name, _import(where))
    except Exception as error:
        ours = where.partition(".")[0] in ROOMS
        remedy = "mend it" if ours else "mend or uninstall the package that it is of"
        raise StackError(
            [
                f"the component {name} cannot be used: {where} fails with {type(error).__name__}: {error}; {remedy} "
                "(GROUNDWORK_DEBUG=1 shows where)"
            ]
        ) from error


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
