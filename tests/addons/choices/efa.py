"""The values of the device plugin of Elastic Fabric Adapters."""

from __future__ import annotations

import dataclasses
from typing import Any

from addons import efa_device_plugin

from groundwork.core.profiles import Profile
from tests.addons.choices.nvidia import POOL

CHART = "aws-efa-k8s-device-plugin-v0.5.30"
FREE: dict[str, set[str]] = {CHART: {"nodeSelector.*", "resources.*"}}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {CHART: [efa_device_plugin.values([dataclasses.replace(POOL, adapters=32)])]}
