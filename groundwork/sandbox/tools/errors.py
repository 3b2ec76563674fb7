"""What can go wrong while tools are found, fetched and built: each a message for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class ToolsError(Exception):
    """Something about the tools that the user can mend; the text says how, and needs no traceback."""


@contextmanager
def file_errors_told() -> Iterator[None]:
    """Turn what the file system refuses into a `ToolsError` that names the file."""
    try:
        yield
    except OSError as error:
        raise ToolsError(
            f"{error.filename or 'A file'}: {error.strerror or error}.\n"
            "Check the permissions and the room there, or set GROUNDWORK_HOME to another folder; then run again."
        ) from error
