"""Components and their options, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groundwork.core.explain import Explanation, Option


def of_all(explanations: Sequence[Explanation]) -> RenderableType:
    """Return a line for each component."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for title in ("component", "requires", "provides", "what it is"):
        table.add_column(title, overflow="fold")
    for each in explanations:
        table.add_row(Text(each.name, style="bold"), ", ".join(each.requires), each.provides or "", Text(each.summary))
    return Group(table, Text("\n`groundwork explain COMPONENT` shows its options.", style="dim"))


def of_one(explanation: Explanation) -> RenderableType:
    """Return one component with every option and its default by environment."""
    head = Text.assemble((explanation.name, "bold"), f": {explanation.summary}")
    lines = [
        ("requires", explanation.requires),
        ("uses where there", explanation.uses),
        ("provides", (explanation.provides,) if explanation.provides else ()),
    ]
    needs = [Text(f"  {title}: {', '.join(names)}") for title, names in lines if names]
    if not explanation.options:
        return Group(head, *needs, Text(f"  It has no options: write `{explanation.name}: {{}}`."))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for title in ("option", "takes", "default", "meaning"):
        table.add_column(title, overflow="fold")
    for option in explanation.options:
        # As texts: in what a string says rich takes [kubernetes] for the name of a style, and shows nothing.
        told = (option.kind, _default(option), option.description)
        table.add_row(Text(option.key, style="bold"), *map(Text, told))
    return Group(head, *needs, Text(), table)


def _default(option: Option) -> str:
    return "\n".join(f"{name}: {value}" if name else value for name, value in option.defaults.items())
