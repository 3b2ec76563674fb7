"""Names and values of an inventory as Helm template expressions.

Manifests are written as JSON, which is YAML. Expressions inside texts use backquotes for their own texts, since those
need no escape in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.inventory import NAMESPACE, RELEASE, Inventory

RELEASE_NAME = "{{ .Release.Name }}"
RELEASE_NAMESPACE = "{{ .Release.Namespace }}"
FULL_NAME = "{{ include `double.fullname` . }}"

_WORD = re.compile(rf"(?<![A-Za-z0-9]){RELEASE}(?![A-Za-z0-9])")
_RAW = re.compile(r'"<<<(.*?)>>>"')
_SHORTEST_CUT = 6


@dataclass(frozen=True)
class Naming:
    """How the names of an inventory depend on the release.

    By Helm's convention a chart's full name is `<release>-<chart>`, or only the release's where that has the chart's
    name in it, cut to a length: `cut` of them, 63 if the inventory shows no other.
    """

    chart: str
    cut: int

    @staticmethod
    def of(chart: str, inventory: Inventory) -> Naming:
        """Find out at which length the chart cuts its full name."""
        names = [entry.name for entry in inventory]
        full = f"{RELEASE}-{chart}"
        if any(_starts(name, full) for name in names):
            return Naming(chart, 63)
        for length in range(len(full) - 1, len(RELEASE) + _SHORTEST_CUT, -1):
            if any(_starts(name, full[:length]) for name in names):
                return Naming(chart, length)
        return Naming(chart, 63)

    def text(self, value: str) -> str:
        """Return a name, label or reference of the inventory with the release's name in the place of `release`."""
        full = f"{RELEASE}-{self.chart}"[: self.cut].rstrip("-")
        if _starts(value, full):
            return FULL_NAME + value[len(full) :]
        return _WORD.sub(RELEASE_NAME, value)

    def cluster_name(self, value: str) -> str:
        """Return the name of an object outside namespaces, which may end in the release's namespace."""
        if value.endswith(f"-{NAMESPACE}") and not value.endswith(f"-target-{NAMESPACE}"):
            return self.text(value.removesuffix(NAMESPACE)) + RELEASE_NAMESPACE
        return self.text(value)

    def texts(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return labels with the release's name in their values."""
        return {key: self.text(str(value)) for key, value in values.items()}

    def helpers(self) -> str:
        """Return the template that defines the full name."""
        chart = f"`{self.chart}`"
        return (
            '{{- define "double.fullname" -}}\n'
            "{{- if .Values.fullnameOverride -}}\n"
            f"{{{{- .Values.fullnameOverride | trunc {self.cut} | trimSuffix `-` -}}}}\n"
            f"{{{{- else if contains (default {chart} .Values.nameOverride) .Release.Name -}}}}\n"
            f"{{{{- .Release.Name | trunc {self.cut} | trimSuffix `-` -}}}}\n"
            "{{- else -}}\n"
            f"{{{{- printf `%s-%s` .Release.Name (default {chart} .Values.nameOverride) | trunc {self.cut} "
            "| trimSuffix `-` -}}\n"
            "{{- end -}}\n"
            "{{- end -}}\n"
        )


def _starts(name: str, full: str) -> bool:
    return name == full or name.startswith(f"{full}-") or name.startswith(f"{full}:")


def raw(expression: str) -> str:
    """Return a value that `dump` writes as the bare expression, without quotes."""
    return f"<<<{expression}>>>"


def value_of(path: str) -> str:
    """Return the expression that reads the program's value at `path`."""
    return "(index .Values " + " ".join(f"`{step}`" for step in path.split(".")) + ")"


def read(fact: Any, source: str | tuple[str, ...], parts: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """Return the expression for a field that comes from the program's values.

    Args:
        fact: what the inventory says. With one path as its source it is that value's default, so it is not repeated.
        source: a path, or several, of which the first that is not empty counts; none of them leaves the fact.
        parts: keys of the field that have paths of their own.
    """
    if isinstance(source, str):
        whole = f"(default {_literal(type(fact)())} {value_of(source)})"
    else:
        whole = _first(source, _literal(fact))
    for key, paths in (parts or {}).items():
        part = _first(paths, "dict")
        whole = f"(mergeOverwrite (deepCopy {whole}) (ternary (dict) (dict `{key}` {part}) (empty {part})))"
    if isinstance(fact, Mapping):
        # Some charts have their switch in the same map, and leave it out of what they make of it.
        whole = f"(omit {whole} `enabled`)"
    return raw(f"toJson {whole}")


def _first(paths: tuple[str, ...], otherwise: str) -> str:
    return "(" + " ".join(["or", *map(value_of, paths), otherwise]) + ")"


def _literal(fact: Any) -> str:
    written = json.dumps(fact, sort_keys=True)
    if isinstance(fact, str):
        return f"`{fact}`"
    return f"({'fromJsonArray' if isinstance(fact, list) else 'fromJson'} `{written}`)"


def dump(manifest: Mapping[str, Any]) -> str:
    """Write a manifest as JSON with its bare expressions in place."""
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    return _RAW.sub(lambda match: "{{ " + json.loads(f'"{match[1]}"') + " }}", text)
