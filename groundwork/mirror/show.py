"""What came of a mirror, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from groundwork.lines import warning
from groundwork.mirror.fill import Result
from groundwork.mirror.listing import Listing
from groundwork.mirror.outdated import Row
from groundwork.tables import plain_table


def of_result(result: Result, listing: Listing | None) -> RenderableType:
    """Return what was fetched and held, what is wrong, and how many images there are."""
    parts: list[RenderableType] = [Text(problem, style="red") for problem in result.problems]
    notes = [*result.notes, *(listing.notes if listing else ())]
    if listing and listing.from_inventories:
        names = ", ".join(listing.from_inventories)
        notes.append(f"Not in the mirror, so that only the images of their containers are listed: {names}")
    if result.unproven:
        names = ", ".join(result.unproven)
        notes.append(
            f"Taken as they are, since the catalogue has no digest that says whether they are upstream's: {names}"
        )
    parts += [warning(note) for note in notes]
    by = Counter(result.held.values())
    vouched = ", ".join(f"{count} by the digest of {who}" for who, count in sorted(by.items()))
    fetched = f"{len(result.fetched)} put there now; " if result.fetched else ""
    where = result.registry or result.folder
    held = f"{where}: {len(result.held)} charts are right ({vouched}); " if result.held else f"{where}: "
    count = result.absent or len(result.problems)
    wrong = f"{count} {'is' if count == 1 else 'are'} wrong or missing." if count else "none is wrong or missing."
    parts.append(Text(held + fetched + wrong, style="red" if result.problems else "green"))
    if listing is not None:
        parts.append(Text(f"{len(listing.images)} images, in images.txt and, with who names each, in images.json."))
    return Group(*parts)


def of_outdated(rows: Sequence[Row], ends: Sequence[str]) -> RenderableType:
    """Return the catalogue beside what the repositories have, and what ends or has ended."""
    table = plain_table()
    table.add_column("chart", no_wrap=True)
    for title in ("ours", "newest", "licence", "end of life", "tested on"):
        table.add_column(title, overflow="fold")
    for row in rows:
        newest = Text(row.newest or "?", style="yellow" if row.behind else "green" if row.newest else "dim")
        tested = " ".join(row.tested_on)
        table.add_row(Text(row.key, style="bold"), row.ours, newest, row.licence, _ends(row), tested)
    parts: list[RenderableType] = [table, Text()]
    parts += [Text(f"{keys}: {note}") for note, keys in _grouped(rows, "note")]
    parts += [warning(f"{keys}: not known: {why}") for why, keys in _grouped(rows, "problem")]
    parts += [warning(line) for line in ends]
    unknown, behind = sum(row.newest is None for row in rows), sum(row.behind for row in rows)
    last = f"{behind} of {len(rows)} charts have a newer version"
    last += f"; of {unknown} it is not known." if unknown else "."
    return Group(*parts, Text(last, style="yellow" if behind or unknown else "green"))


def _ends(row: Row) -> Text:
    return Text(row.ends, style="yellow" if row.ends != (row.end_of_life or "") else "")


def _grouped(rows: Sequence[Row], field: str) -> list[tuple[str, str]]:
    """Return text -> the charts that have it in common."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(getattr(row, field), []).append(row.key)
    return [(text, ", ".join(names)) for text, names in keys.items() if text]
