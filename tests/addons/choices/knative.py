"""Knative's values."""

from __future__ import annotations

from typing import Any

from addons._knative_values import Limits, Ways, values

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them: in both kinds of mesh, with copies that somebody scales and copies that nobody does."""
    copies = 2 if profile.highly_available else 1
    return {
        "knative-serving-26.3.0": [
            values(
                copies=copies,
                activators=activators,
                scaled=ambient,
                ways=Ways("istio-ingress/inner", "istio-ingress/istio-ingress", "istio-ingress", scheme, ambient),
                limits=Limits(600, 1800, 10),
                unresolved=["index.docker.io", "nvcr.io"],
                scraped=ambient,
                priority="groundwork-platform" if ambient else None,
            )
            for scheme, ambient, activators in (("https", True, 1), ("http", False, 3))
        ],
    }
