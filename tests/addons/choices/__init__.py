"""The values that add-ons give their charts, in every choice there is: one module for each component.

A module has `choices(profile)`: folder of the mirror, `<chart>-<version>` -> values, one for each choice; and `FREE`:
the paths of maps that a chart hands on as they are, and of values of its sub-charts, which its own defaults do not
repeat.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from groundwork.core.profiles import Profile

Values = Mapping[str, Any]
Choices = dict[str, list[Values]]

_MODULES = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]

FREE: dict[str, set[str]] = {chart: free for module in _MODULES for chart, free in module.FREE.items()}


def choices(profile: Profile) -> Choices:
    """Return the values of every chart in an environment of this profile."""
    return {chart: given for module in _MODULES for chart, given in module.choices(profile).items()}
