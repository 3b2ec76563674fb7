"""Lines that look the same whichever command prints them."""

from __future__ import annotations

from rich.text import Text


def warning(text: str) -> Text:
    """Return what does not stop a command and should be read all the same; marked in a file, too."""
    return Text.assemble(("warning: ", "bold yellow"), text)
