"""What came of a mirror, for people."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.text import Text

from groundwork.mirror.fill import Result
from groundwork.mirror.listing import Listing


def of_result(result: Result, listing: Listing | None) -> RenderableType:
    """Return what was fetched and held, what is wrong, and how many images there are."""
    parts: list[RenderableType] = [Text(problem, style="red") for problem in result.problems]
    notes = [*result.notes, *(listing.notes if listing else ())]
    if listing and listing.from_inventories:
        names = ", ".join(listing.from_inventories)
        notes.append(f"Not in the mirror, so that only the images of their containers are listed: {names}")
    parts += [Text(note, style="yellow") for note in notes]
    by = Counter(result.held.values())
    vouched = ", ".join(f"{count} by the digest of {who}" for who, count in sorted(by.items()))
    fetched = f"{len(result.fetched)} put there now; " if result.fetched else ""
    held = (
        f"{result.folder}: {len(result.held)} charts are right ({vouched}); " if result.held else f"{result.folder}: "
    )
    wrong = f"{len(result.problems)} are wrong or missing." if result.problems else "none is wrong or missing."
    parts.append(Text(held + fetched + wrong, style="red" if result.problems else "green"))
    if listing is not None:
        parts.append(Text(f"{len(listing.images)} images, in images.txt and, with who names each, in images.json."))
    return Group(*parts)
