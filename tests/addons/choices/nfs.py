"""The NFS driver's values."""

from __future__ import annotations

from typing import Any

from addons import nfs

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {"csi-driver-nfs-4.13.4": [nfs.values(nfs.NfsConfig.load({"server": "files.internal"}, profile))]}
