"""The cost of an environment or stack, from its recorded program: no server, no credentials, seconds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from groundwork.core.project import load_project
from groundwork.preview.cost import Estimate, estimate
from groundwork.preview.prices import own_prices, unknown
from groundwork.testing.whole import record_environment


def cost(root: Path, name: str, prices: Path | None = None) -> Estimate:
    """Estimate what an environment costs a month.

    Args:
        name: of the environment.
        prices: a user's own table, whose lines come before those of the platform's.

    Raises:
        StackError: the stack files or the table are wrong.
    """
    project, table = load_project(root), own_prices(prices)
    project.whole(name, "estimate")
    found = estimate(record_environment(project, name), table)
    if prices is not None:
        found.unknown = unknown(prices, {line.item for line in found.lines})
    return found


def as_json(found: Estimate) -> dict[str, Any]:
    """Return the facts of an estimate, in US dollars a month."""
    return {
        "least": round(found.least, 2),
        "most": round(found.most, 2),
        "lines": [asdict(line) for line in found.lines],
        "byUse": {kind: {"resources": count, "paidBy": why} for kind, (count, why) in found.by_use.items()},
        "unpriced": found.unpriced,
        "unknown": found.unknown,
    }
