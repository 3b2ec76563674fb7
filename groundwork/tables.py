"""The style of all tables."""

from __future__ import annotations

from rich import box
from rich.table import Table


def plain_table() -> Table:
    """Return an empty table: a line below its head, and none around it."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
