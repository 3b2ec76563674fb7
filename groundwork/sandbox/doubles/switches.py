"""The table beside an inventory: which values of the program act on which objects of a double."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from groundwork.sandbox.doubles.readings import Readings, ValuePath, fields, placed
from groundwork.sandbox.inventory import Inventory, InventoryError, InventoryObject


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Switch(_Model):
    """Objects that exist only while a value is true, or false if `when` is; `default` is the chart's own."""

    value: ValuePath
    default: bool
    when: bool = True
    objects: tuple[str, ...]


class Each(_Model):
    """Objects that exist once for each element of a list, whose name stands in the place of `element` in theirs.

    What an element says counts for its objects as if the map at `into` said it.
    """

    value: ValuePath
    into: ValuePath
    objects: tuple[str, ...]


class Target(_Model):
    """A value that acts on one object, named `Kind/name` as in the inventory."""

    value: ValuePath
    object: str


class Placement(_Model):
    """A map that places one workload; `.` is the root of the values."""

    value: ValuePath | Literal["."]
    object: str


class Switches(_Model):
    """All that the values of the program change in a double.

    Attributes:
        switches: a boolean value that makes objects exist.
        each: a list of which every element makes objects exist.
        replicas: a number that becomes the replicas of a workload.
        placement: a map of which `nodeSelector`, `tolerations`, `affinity`, `topologySpreadConstraints` and
            `priorityClassName` go into a workload's Pods, and `resources` into their first container.
        pods: where other fields of a workload's Pods come from, or the same ones elsewhere.
        service_accounts: a map of which `annotations` go onto a ServiceAccount, `name` renames it everywhere, and
            `create: false` leaves it out.
    """

    switches: tuple[Switch, ...] = ()
    each: tuple[Each, ...] = ()
    replicas: tuple[Target, ...] = ()
    placement: tuple[Placement, ...] = ()
    pods: Mapping[str, Readings] = {}
    serviceAccounts: tuple[Target, ...] = ()  # noqa: N815 - the key in the file

    def readings(self, entry: InventoryObject) -> Readings:
        """Return where the fields of a workload's Pods come from."""
        path = next((target.value for target in self.placement if target.object == entry.reference), None)
        return placed(self.pods.get(entry.reference, Readings()), entry, path)

    def value_defaults(self, inventory: Inventory) -> dict[str, Any]:
        """Return the values of the double, so that every path that its templates read exists.

        Raises:
            InventoryError: two fields are read from one value, and the inventory has them different.
        """
        replicas = {entry.reference: entry.replicas for entry in inventory}
        values: dict[str, Any] = {}
        for path, fact in self._field_defaults(inventory).items():
            _put(values, path, fact)
        for readings in self.pods.values():
            if readings.claim is not None:
                _put(values, readings.claim, "")
        for account in self.serviceAccounts:
            _put(values, account.value, {})
        for target in self.replicas:
            _put(values, target.value, replicas.get(target.object) or 1)
        for switch in self.switches:
            _put(values, switch.value, switch.default)
        for each in self.each:
            _put(values, each.value, [])
        return values

    def _field_defaults(self, inventory: Inventory) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for entry in inventory:
            for read in fields(entry, self.readings(entry)):
                merged = isinstance(read.source, str)
                for path in read.paths:
                    fact = read.fact if merged else type(read.fact)()
                    if found.setdefault(path, fact) != fact:
                        raise InventoryError(f"{entry.reference}: {path} has another default for another field")
                for path in (path for paths in read.parts.values() for path in paths):
                    found.setdefault(path, {})
        return found


def read_switches(path: Path, inventory: Inventory) -> Switches:
    """Read the table at `path`; no file is an empty table.

    Raises:
        InventoryError: it is malformed, or names an object that the inventory does not have.
    """
    if not path.is_file():
        return Switches()
    try:
        table = Switches.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except yaml.YAMLError as error:
        raise InventoryError(f"{path}: {error}") from None
    except ValidationError as error:
        problems = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InventoryError("\n".join([f"{path} is not a table of switches:", *problems])) from None
    known = {entry.reference for entry in inventory}
    named = [name for switch in table.switches for name in switch.objects]
    named += [name for each in table.each for name in each.objects]
    named += [target.object for target in (*table.replicas, *table.serviceAccounts)]
    named += [placement.object for placement in table.placement]
    named += [*table.pods, *_containers(table)]
    known |= {f"{entry.reference}/{container.name}" for entry in inventory for container in entry.containers}
    missing = sorted({name for name in named if name not in known})
    if missing:
        raise InventoryError(f"{path} names objects that its inventory does not have: {', '.join(missing)}")
    try:
        table.value_defaults(inventory)
    except InventoryError as error:
        raise InventoryError(f"{path}: {error}") from None
    return table


def _containers(table: Switches) -> list[str]:
    return [f"{name}/{container}" for name, readings in table.pods.items() for container in readings.containers]


def _put(values: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for step in parents:
        values = values.setdefault(step, {})
    if not (value == {} and isinstance(values.get(last), dict)):
        values[last] = value
