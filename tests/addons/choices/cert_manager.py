"""cert-manager's values."""

from __future__ import annotations

from typing import Any

from addons import cert_manager

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "cert-manager-v1.21.1": {f"{part}podDisruptionBudget.maxUnavailable" for part in ("", "webhook.", "cainjector.")}
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {"cert-manager-v1.21.1": [cert_manager.values(cert_manager.CertManagerConfig.load({}, profile))]}
