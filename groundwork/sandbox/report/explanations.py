"""Components and their options, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from groundwork.core.explain import REQUIRED, Explanation, Option
from groundwork.tables import plain_table

_WIDEST = 45
_EVERYWHERE = """
Under every component: `use: {REQUIREMENT: KEY}` says who provides what, where two could; `component: NAME` makes a key
one more instance of a component; `retire: true` lets it be taken out."""


def of_all(explanations: Sequence[Explanation]) -> RenderableType:
    """Return a line for each component."""
    table = plain_table()
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
    table = plain_table()
    # Two columns, since a key that is folded cannot be copied; only a very long one is.
    table.add_column("option, and what it takes", overflow="fold", max_width=_WIDEST)
    table.add_column("meaning, and default", overflow="fold", ratio=1)
    for option in explanation.options:
        # As texts: in what a string says rich takes [kubernetes] for the name of a style, and shows nothing.
        left = Text.assemble((option.key, "bold"), (f"\n  {option.kind}", "dim"))
        right = Text(option.description)
        right.append(f"{chr(10) if option.description else ''}{_default(option)}", "dim")
        table.add_row(left, right)
    return Group(head, *needs, Text(), table, Text(_EVERYWHERE, style="dim"))


def _default(option: Option) -> str:
    """Return the default, with the environments that have it in common: `default: local, dev: 1; prod: 3`."""
    if set(option.defaults) == {""}:
        return option.defaults[""] if option.defaults[""] == REQUIRED else f"default: {option.defaults['']}"
    names: dict[str, list[str]] = {}
    for name, value in option.defaults.items():
        names.setdefault(value, []).append(name)
    return "default: " + "; ".join(f"{', '.join(given)}: {value}" for value, given in names.items())
