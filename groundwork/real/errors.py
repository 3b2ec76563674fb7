"""What goes wrong with the real thing."""

from __future__ import annotations


class RealError(Exception):
    """A command on real stacks did not begin, or a part of it failed; the message says what to do."""
