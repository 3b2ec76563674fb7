"""What one of each thing costs: the table that comes with the platform, or a user's own."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import get_args

from groundwork.core.errors import StackError, closest
from groundwork.data.instance_types import instance_types
from groundwork.data.units import HOURS_A_MONTH, Unit

REGION, AS_OF = "us-east-1", "2026-11-22"
"""Where, and when, the prices of the platform's own table were such."""

_COLUMNS = ["item", "unit", "usd"]
_STORED: Unit = "gib-month"
_UNITS: Mapping[str, Unit] = {unit: unit for unit in get_args(Unit)}


@dataclass(frozen=True)
class Price:
    """What one of a thing costs, in US dollars a `unit`."""

    item: str
    unit: Unit
    usd: float

    @property
    def monthly(self) -> float:
        """US dollars for one of them over a whole month of 730 hours."""
        return self.usd * (HOURS_A_MONTH if self.unit in ("hour", "zone-hour") else 1)


def own_prices(path: Path | None = None) -> Mapping[str, Price]:
    """Return prices by item: EC2 instance types by name, all else as `groundwork/data/prices.csv` names it.

    Args:
        path: a user's own table of the same columns: what stands there comes first.

    Raises:
        StackError: with every line of the user's table that is no price.
    """
    machines = {name: Price(name, "hour", machine.usd_per_hour) for name, machine in instance_types().items()}
    given = parse((files("groundwork.data") / "prices.csv").read_text(encoding="utf-8"), "prices.csv")
    users: Mapping[str, Price] = {}
    if path is not None:
        try:
            users = parse(path.read_text(encoding="utf-8"), str(path))
        except OSError as error:
            raise StackError([f"{path}: the table of prices cannot be read: {error.strerror}"]) from None
        except UnicodeDecodeError:
            raise StackError([f"{path}: the table of prices is no text"]) from None
        if problems := _otherwise_counted(users, {**machines, **given}, str(path)):
            raise StackError(problems)
    return {**machines, **given, **users}


def _otherwise_counted(users: Mapping[str, Price], ours: Mapping[str, Price], name: str) -> list[str]:
    """Return what a user has by another measure than it is counted in: a GiB by the hour would be 730 of them."""
    return [
        f"{name}: {item}: by {price.unit}, and it is counted by {ours[item].unit}"
        for item, price in users.items()
        if item in ours and (price.unit == _STORED) != (ours[item].unit == _STORED)
    ]


def unknown(path: Path, used: Collection[str]) -> list[str]:
    """Return a sentence for each item of a user's table that stands for nothing, as where its name is misspelt.

    Args:
        used: items that the table of the platform need not have.
    """
    ours = own_prices()
    return [
        f"{path}: {item} is the price of nothing in this environment, nor of anything known; "
        f"{closest(item, ours, see='groundwork/data/prices.csv')}"
        for item in parse(path.read_text(encoding="utf-8"), str(path))
        if item not in ours and item not in used
    ]


def parse(text: str, name: str) -> dict[str, Price]:
    """Read a table of prices (raises `StackError` with all that is wrong in it)."""
    rows = csv.DictReader(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    if rows.fieldnames != _COLUMNS:
        found = ",".join(rows.fieldnames or ())
        raise StackError([f"{name}: the first line must be {','.join(_COLUMNS)} (got {found!r})"])
    prices: dict[str, Price] = {}
    problems = []
    for number, row in enumerate(rows, 2):
        unit, usd = _UNITS.get(row["unit"] or ""), _number(row["usd"])
        if unit is None:
            problems.append(f"{name}:{number}: {row['item']}: no unit {row['unit']!r}; valid: {', '.join(_UNITS)}")
        elif usd is None:
            problems.append(f"{name}:{number}: {row['item']}: {row['usd']!r} is no price, such as 0.045")
        elif row["item"] in prices:
            problems.append(f"{name}:{number}: {row['item']} is there twice")
        else:
            prices[row["item"]] = Price(row["item"], unit, usd)
    if problems:
        raise StackError(problems)
    return prices


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
