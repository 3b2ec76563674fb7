"""Building a chart of what upstream ships as kustomization only."""

from __future__ import annotations

import json
from typing import Any

import yaml

from groundwork.core.catalogue import Chart
from groundwork.mirror.archive import pack
from groundwork.mirror.errors import MirrorError
from groundwork.mirror.recipe import Recipe
from groundwork.mirror.templating import Object, reference, templates
from groundwork.mirror.tools import Programs, ToolFailed, checkout


def build(entry: Chart, recipe: Recipe, programs: Programs) -> bytes:
    """Return the archive of a chart, the same to the last byte for the same recipe.

    Raises:
        MirrorError: the source cannot be had or rendered, or the recipe does not fit it.
    """
    made, values = templates(render(recipe, programs), recipe)
    about = {
        "apiVersion": "v2",
        "name": entry.chart,
        "version": entry.version,
        "appVersion": entry.app_version,
        "description": f"Made by `groundwork mirror` of {recipe.repository} at {recipe.ref} ({recipe.commit})",
        "annotations": {"artifacthub.io/license": entry.licence},
    }
    files = {"Chart.yaml": _json(about), "values.yaml": _json(values), "values.schema.json": _json(_schema(values))}
    return pack(entry.chart, files | made)


def render(recipe: Recipe, programs: Programs) -> list[Object]:
    """Return the objects of a recipe's folders, CRDs too.

    Raises:
        MirrorError: the source cannot be had or rendered, or two folders make the same object.
    """
    found: dict[str, Object] = {}
    problems: list[str] = []
    with checkout(programs, recipe.repository, recipe.ref, recipe.commit) as source:
        for folder in recipe.folders:
            try:
                printed = programs.run([programs.kubectl, "kustomize", source / folder])
            except ToolFailed as failed:
                raise MirrorError([f"{folder} of {recipe.repository} at {recipe.ref}: {failed}"]) from None
            for document in filter(None, yaml.load_all(printed, Loader=_Texts)):
                name = reference(document)
                if found.get(name, document) != document:
                    problems.append(f"{folder}: {name} is another one in an earlier folder")
                found[name] = document
    if problems:
        raise MirrorError(problems)
    return list(found.values())


class _Texts(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C's where it was built
    """Reads `=` and dates as Kubernetes does: as texts."""


for _tag in ("timestamp", "value"):
    _Texts.add_constructor(f"tag:yaml.org,2002:{_tag}", lambda loader, node: loader.construct_scalar(node))
LOADER = _Texts


def _schema(values: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that refuses a value, or a workload, that the chart does not know."""
    known: dict[str, Any] = {
        key: {"type": "object"} if isinstance(value, dict) else {} for key, value in values.items()
    }
    known["workloads"] = {"type": "object", "properties": {name: {"type": "object"} for name in values["workloads"]}}
    known["workloads"]["additionalProperties"] = False
    # Helm adds `global` to every chart's values by itself.
    return {"type": "object", "properties": {**known, "global": {}}, "additionalProperties": False}


def _json(content: Any) -> str:
    return json.dumps(content, indent=1) + "\n"
