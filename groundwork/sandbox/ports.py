"""Free ports on loopback that stay free."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

# Below the range from which Linux takes the local port of an outgoing connection (32768 and up): so a sandbox
# that was stopped finds its ports free again when it starts.
_RANGE = range(20000, 32000)
_TRIES = 500


class NoFreePortError(Exception):
    """Every port that was tried is in use."""


def is_free(port: int) -> bool:
    """Whether nothing listens at `port` on loopback right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Go's servers do: TIME_WAIT is free
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int, avoid: Collection[int] = ()) -> list[int]:
    """Return `count` different free ports, none of them in `avoid`.

    They are drawn at random, so that sandboxes starting at the same moment draw different ones; whoever binds
    one must still be ready to draw again.

    Raises:
        NoFreePortError: no free port was found.
    """
    found: list[int] = []
    for _ in range(_TRIES):
        if len(found) == count:
            return found
        port = random.choice(_RANGE)  # noqa: S311 - nothing secret about a port
        if port not in found and port not in avoid and is_free(port):
            found.append(port)
    raise NoFreePortError(
        f"Found {len(found)} of {count} free ports between {_RANGE.start} and {_RANGE.stop - 1} on 127.0.0.1: "
        "end what occupies them (`groundwork doctor` lists the sandboxes that run)."
    )
