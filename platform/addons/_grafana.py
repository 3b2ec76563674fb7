"""Dashboards as Grafana reads them: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from groundwork.core.contracts import Dashboard, Panel

LABEL, FOLDER = "grafana_dashboard", "grafana_folder"
"""The label by which Grafana's sidecar finds a ConfigMap, and the annotation by which it files it."""

DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
"""What kube-prometheus-stack calls its Prometheus."""

_SCHEMA = 41  # of Grafana 12; a newer one migrates it while it reads
_UNITS = {
    "number": "short",
    "percent": "percent",
    "fraction": "percentunit",
    "bytes": "bytes",
    "mebibytes": "mbytes",
    "seconds": "s",
    "per second": "ops",
    "celsius": "celsius",
    "watts": "watt",
    "cores": "short",
}
_TYPES = {"lines": "timeseries", "number": "stat", "table": "table"}
_WIDTH, _HEIGHT = 24, 8


def page(dashboard: Dashboard, uid: str) -> str:
    """Return a dashboard's JSON.

    Args:
        uid: by which Grafana knows it; links keep working while it stays.
    """
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in dashboard.rows.items():
        panels.append(_row(title, top, len(panels) + 1))
        panels += [
            _panel(panel, len(panels) + 1 + index, _place(index, len(row), top)) for index, panel in enumerate(row)
        ]
        top += 1 + _HEIGHT
    whole = {
        "uid": uid,
        "title": dashboard.title,
        "tags": ["groundwork", dashboard.folder.lower()],
        "schemaVersion": _SCHEMA,
        "editable": False,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_choice(name, query) for name, query in dashboard.choices.items()]},
        "panels": panels,
    }
    return json.dumps(whole, indent=1, sort_keys=True)


def _row(title: str, top: int, number: int) -> dict[str, Any]:
    place = {"h": 1, "w": _WIDTH, "x": 0, "y": top}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}


def _place(index: int, of: int, top: int) -> dict[str, int]:
    width = _WIDTH // of
    return {"h": _HEIGHT, "w": width, "x": index * width, "y": top + 1}


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.warn is not None:
        steps.append({"color": "orange", "value": panel.warn})
    return {
        "id": number,
        "type": _TYPES[panel.kind],
        "title": panel.title,
        "description": panel.note,
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {
            "defaults": {"unit": _UNITS[panel.unit], "min": 0, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if panel.kind == "lines" else {},
        "targets": _targets(panel, list(panel.queries.items())),
    }


def _targets(panel: Panel, queries: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    # What it is now is one value a series; what it was is a range of them.
    shape: dict[str, Any] = {"range": True} if panel.kind == "lines" else {"instant": True, "range": False}
    if panel.kind == "table":
        shape |= {"format": "table"}
    return [
        {"refId": chr(ord("A") + index), "datasource": DATASOURCE, "expr": query, "legendFormat": legend, **shape}
        for index, (legend, query) in enumerate(queries)
    ]


def _choice(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }
