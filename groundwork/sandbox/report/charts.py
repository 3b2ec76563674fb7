"""The third-party charts that a rehearsal installed, and what the catalogue says of them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.core.catalogue import Chart, end_of

_RELEASE = "kubernetes:helm.sh/v3:Release"


@dataclass(frozen=True)
class ChartRow:
    """One chart: what a reader of a plan has to know of it; `ends` is its end of life in words."""

    key: str
    version: str
    licence: str
    end_of_life: str
    note: str
    ends: str


def chart_rows(
    stacks: Mapping[str, Sequence[Mapping[str, Any]]], charts: Mapping[str, Chart], today: datetime.date | None = None
) -> list[ChartRow]:
    """Return the charts of the catalogue that were installed, each once."""
    day = today or datetime.datetime.now(datetime.UTC).date()
    used = {
        (str(inputs.get("chart", "")).rpartition("/")[2], str(inputs.get("version", "")))
        for resources in stacks.values()
        for resource in resources
        if resource["type"] == _RELEASE and not resource.get("delete")
        for inputs in [resource.get("inputs") or {}]
    }
    return [
        ChartRow(key, entry.version, entry.licence, str(entry.end_of_life or ""), entry.note or "", end_of(entry, day))
        for key, entry in sorted(charts.items())
        if (entry.chart, entry.version) in used or (f"{entry.chart}-{entry.version}.tgz", entry.version) in used
    ]
