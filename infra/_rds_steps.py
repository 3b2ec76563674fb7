"""What RDS never takes back: a later version of PostgreSQL, and storage.

The real provider says nothing of less storage, since a server may have grown by itself: it would be passed over in
silence. And an older version fails in the middle of an update.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def backwards(name: str, before: Mapping[str, Any], *, version: str, storage_gi: int) -> list[str]:
    """Return why a server cannot become what its stack file asks for, a sentence each.

    Args:
        name: of the component.
        before: what it offered when its stack was last brought up, empty for a new one.
    """
    problems = []
    had = before.get("version")
    if had is not None and int(version) < int(had):
        problems.append(f"{name}.version: the server is {had} and RDS never goes back to {version}; keep {had}")
    most = int(before.get("storage_gi") or 0)
    if storage_gi < most:
        problems.append(
            f"{name}.storageGi: {storage_gi}, and the server was given {most}: RDS takes no storage back; keep {most}"
        )
    return problems
