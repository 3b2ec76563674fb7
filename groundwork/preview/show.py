"""An estimate as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groundwork.core.errors import listing
from groundwork.data.instance_types import AS_OF as MACHINES_AS_OF
from groundwork.lines import warning
from groundwork.preview.cost import Estimate
from groundwork.preview.prices import AS_OF, REGION


def of_estimate(
    name: str,
    found: Estimate,
    *,
    regions: Sequence[str] = (),
    own: Path | None = None,
    budget: float | None = None,
) -> RenderableType:
    """Return what an environment costs, dearest first, and what is not in the sum.

    Args:
        regions: where the environment is.
        own: the user's table of prices, where there is one.
        budget: what it may cost a month, None where nobody has said.
    """
    if not found.lines and not found.by_use and not found.unpriced:
        return Text(f"{name}: {summary(found)}.", style="bold")
    head = Text(f"{name}: US dollars a month, {_basis(regions, own)}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("resource", no_wrap=True)
    table.add_column("of what", no_wrap=True)
    table.add_column("how many", justify="right")
    table.add_column("USD a month", justify="right")
    table.add_column("")
    for line in sorted(found.lines, key=lambda line: (-line.most, line.resource)):
        count = _range(line.least_count, line.most_count)
        table.add_row(line.resource, line.item, count, _range(line.least, line.most), line.note)
    parts: list[RenderableType] = [head, table]
    if found.by_use:
        told = "; ".join(f"{count} {kind} {why}" for kind, (count, why) in sorted(found.by_use.items()))
        parts.append(Text(f"Not in the sum, since it is paid by use: {told}."))
    parts.append(Text("Nor is what the cluster makes by itself: its volumes, and its load balancers (16 each)."))
    parts += [warning(f"not in the sum: {line}") for line in found.unpriced]
    parts += [warning(line) for line in found.unknown]
    parts += [Text(f"{name}: {summary(found)}.", style="bold")]
    if budget is not None:
        parts.append(_held_against(budget, found))
    return Group(*parts)


def _held_against(budget: float, found: Estimate) -> Text:
    """Return whether the sum is within the budget: that of all stacks, where a plan's rule sees one of them."""
    if found.most <= budget:
        return Text(f"That is within its budget of {budget:,.0f}.", style="green")
    least = "at minimum" if found.least > budget else "at maximum"
    return warning(f"with the pools {least} that is over its budget of {budget:,.0f} (`budget.monthlyUsd`)")


def _basis(regions: Sequence[str], own: Path | None) -> str:
    """Return whose prices they are, and of when: the table is of one region, whatever region the environment is in."""
    dated = f"machines as of {MACHINES_AS_OF}, all else as of {AS_OF}"
    told = f"on demand in {REGION} ({dated}), before tax, discounts and traffic."
    if own is not None:
        return f"by {own}, and for what is not in it {told}"
    elsewhere = [region for region in regions if region != REGION]
    differs = f"{listing(elsewhere)} differs: " if elsewhere else ""
    return f"{told} {differs}`--prices FILE` takes your own."


def summary(found: Estimate) -> str:
    """Return the sum: `430 to 3,900 USD a month, with the pools at minimum and at maximum`."""
    if not found.lines:
        return "nothing that is paid by the month"
    return f"{amounts(found)} USD a month, with the pools at minimum and at maximum"


def amounts(found: Estimate) -> str:
    """Return the two sums: `430 to 3,900`."""
    return _range(found.least, found.most)


def _range(least: float, most: float) -> str:
    low, high = f"{least:,.0f}", f"{most:,.0f}"
    return low if low == high else f"{low} to {high}"
