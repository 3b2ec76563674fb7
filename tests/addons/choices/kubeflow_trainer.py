"""Kubeflow Trainer's values."""

from __future__ import annotations

from typing import Any

from addons import _trainer_values as trainer

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    # Its own defaults do not repeat those of its sub-chart.
    "kubeflow-trainer-2.3.0": {"jobset.controller", "manager.resources"}
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {"kubeflow-trainer-2.3.0": [trainer.values(2 if profile.highly_available else 1)]}
