"""cert-manager's values."""

from __future__ import annotations

from typing import Any

from addons._cert_manager_values import CertManagerConfig, values

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "cert-manager-v1.21.1": {
        "serviceAccount.name",
        *(f"{part}podDisruptionBudget.maxUnavailable" for part in ("", "webhook.", "cainjector.")),
    }
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {"cert-manager-v1.21.1": [values(CertManagerConfig.load({}, profile))]}
