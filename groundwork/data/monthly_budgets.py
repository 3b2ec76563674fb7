"""What an environment may cost a month, US dollars, where its stack files name no amount: by its size."""

from __future__ import annotations

from collections.abc import Mapping

from groundwork.core.profiles import Size

MONTHLY_USD: Mapping[Size, int] = {"small": 1500, "medium": 6000, "large": 20000}
