"""What can go wrong while tools are found, fetched and built: each a message for the user."""

from __future__ import annotations


class ToolsError(Exception):
    """Something about the tools that the user can mend; the text says how, and needs no traceback."""
