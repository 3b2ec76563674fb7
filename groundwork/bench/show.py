"""The figures as a table, and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from groundwork.bench.measure import Figure
from groundwork.tables import plain_table


def of_figures(figures: Sequence[Figure]) -> RenderableType:
    """Return a line for each figure, with its limit."""
    table = plain_table()
    table.add_column("figure", no_wrap=True)
    table.add_column("measured", justify="right")
    table.add_column("limit", justify="right")
    table.add_column("")
    table.add_column("from", overflow="fold")
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:.2f} {figure.unit}"
        verdict = Text("kept", style="green") if figure.kept else Text("missed", style="red")
        table.add_row(figure.name, f"{figure.value:.2f} {figure.unit}", limit, verdict, figure.basis)
    return table


def to_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Return the figures as plain data."""
    return [{**asdict(figure), "kept": figure.kept} for figure in figures]
