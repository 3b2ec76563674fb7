"""Units in which prices are given."""

from __future__ import annotations

from typing import Literal

HOURS_A_MONTH = 730
"""As AWS' own calculator counts a month."""

Unit = Literal["hour", "zone-hour", "month", "gib-month"]
