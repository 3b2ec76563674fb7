"""KEDA's values."""

from __future__ import annotations

from typing import Any

from addons import keda

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    given = keda.KedaConfig.load({}, profile)
    return {"keda-2.20.2": [keda.values(given, scraped=scraped) for scraped in (False, True)]}
