"""The table beside an inventory: which values of the program act on which objects of a double."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from groundwork.sandbox.inventory import Inventory, InventoryError

_PATH = re.compile(r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")


def _path(value: str) -> str:
    if not _PATH.match(value):
        raise ValueError("expected names joined by dots, such as scheduler.replicas")
    return value


ValuePath = Annotated[str, AfterValidator(_path)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Switch(_Model):
    """Objects that exist only while a value is true; `default` is the chart's own."""

    value: ValuePath
    default: bool
    objects: tuple[str, ...]


class Target(_Model):
    """A value that acts on one object, named `Kind/name` as in the inventory."""

    value: ValuePath
    object: str


class Switches(_Model):
    """All that the values of the program change in a double.

    Attributes:
        switches: a boolean value that makes objects exist.
        replicas: a number that becomes the replicas of a workload.
        placement: a map of which `nodeSelector`, `tolerations`, `affinity` and `resources` go into a workload's Pods,
            the resources into its first container.
        service_accounts: a map of which `annotations` go onto a ServiceAccount, `name` renames it everywhere, and
            `create: false` leaves it out.
    """

    switches: tuple[Switch, ...] = ()
    replicas: tuple[Target, ...] = ()
    placement: tuple[Target, ...] = ()
    serviceAccounts: tuple[Target, ...] = ()  # noqa: N815 - the key in the file

    def value_defaults(self, inventory: Inventory) -> dict[str, Any]:
        """Return the values of the double, so that every path that its templates read exists."""
        replicas = {entry.reference: entry.replicas for entry in inventory}
        values: dict[str, Any] = {}
        for target in (*self.placement, *self.serviceAccounts):
            _put(values, target.value, {})
        for target in self.replicas:
            _put(values, target.value, replicas.get(target.object) or 1)
        for switch in self.switches:
            _put(values, switch.value, switch.default)
        return values


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
    named += [target.object for target in (*table.replicas, *table.placement, *table.serviceAccounts)]
    missing = sorted({name for name in named if name not in known})
    if missing:
        raise InventoryError(f"{path} names objects that its inventory does not have: {', '.join(missing)}")
    return table


def _put(values: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for step in parents:
        values = values.setdefault(step, {})
    if not (value == {} and isinstance(values.get(last), dict)):
        values[last] = value
