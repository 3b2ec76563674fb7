"""What the page for teams shows, for the tests that prove it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from groundwork.docs.teams import teams_page


def blocks(language: str = "yaml") -> list[str]:
    """Return the examples of the page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", teams_page(), re.DOTALL)


def example(begin: str) -> dict[str, Any]:
    """Return the one example that has a line which begins so."""
    (text,) = (block for block in blocks() if re.search(rf"^{re.escape(begin)}", block, re.MULTILINE))
    found: dict[str, Any] = yaml.safe_load(text)
    return found
