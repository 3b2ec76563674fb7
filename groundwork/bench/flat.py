"""A flat program that registers what a composed one did: nothing but the registrations themselves.

It is run on the composed program's own stack, previews only: same URNs, same inputs, so that the engine and the
providers have the same to do for both.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from groundwork.bench.classes import arguments, sdk_class
from groundwork.sandbox.standins.kubernetes.opaque import unpacked
from groundwork.sandbox.standins.values import SIGNATURE
from groundwork.sandbox.urns import name_of

_NOT_REPLAYED = ("pulumi:pulumi:Stack", "pulumi:pulumi:StackReference")
_MASK = "c2VjcmV0"  # also good where Kubernetes wants base64
_DEFAULT_PROVIDER = "default"


def registrations(resources: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what a program registered, in its order, from the engine's state as exported with its secrets shown.

    Of a secret only the shape is kept.
    """
    kept = [r for r in resources if r["type"] not in _NOT_REPLAYED and not _made_by_engine(r) and not r.get("delete")]
    known = {r["urn"] for r in kept}
    return [_entry(resource, known) for resource in kept]


def _entry(resource: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    custom, inputs = bool(resource.get("custom")), unpacked(_plain(resource.get("inputs") or {}))
    module, name = (sdk_class(resource["type"]) if custom else None) or (None, None)
    return {
        "urn": resource["urn"],
        "type": resource["type"],
        "name": name_of(resource["urn"]),
        "custom": custom,
        "module": module,
        "class": name,
        "parent": resource.get("parent") if resource.get("parent") in known else None,
        "provider": _provider(resource, known),
        "after": [urn for urn in resource.get("dependencies") or () if urn in known],
        "inputs": arguments(module, name, inputs) if module and name else inputs,
    }


def write_project(folder: Path, found: Iterable[Mapping[str, Any]], project: str, stack_file: Path) -> None:
    """Write a project of that name whose program registers what was `found`, with a copy of the stack file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    program = Path(__file__).with_name("flat_program.py").read_text(encoding="utf-8")
    (folder / "__main__.py").write_text(program, encoding="utf-8")
    (folder / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n", encoding="utf-8")
    shutil.copyfile(stack_file, folder / stack_file.name)
    (folder / "registrations.json").write_text(json.dumps(list(found)), encoding="utf-8")


def _made_by_engine(resource: Mapping[str, Any]) -> bool:
    is_provider = str(resource["type"]).startswith("pulumi:providers:")
    return is_provider and name_of(resource["urn"]).startswith(_DEFAULT_PROVIDER)


def _provider(resource: Mapping[str, Any], known: set[str]) -> str | None:
    urn = str(resource.get("provider") or "").rpartition("::")[0]
    return urn if urn in known else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if SIGNATURE in value:
            return _masked(json.loads(value.get("plaintext", '""')))
        return {key: _plain(inner) for key, inner in value.items() if key != "__defaults"}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    return _MASK if isinstance(value, str) else value
