"""A flat program that registers what a composed one did: nothing but the registrations themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PROJECT, STACK = "flat", "flat"
_SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the engine's mark of a secret in its state
_NOT_REPLAYED = ("pulumi:pulumi:Stack", "pulumi:pulumi:StackReference")
_MASK = "c2VjcmV0"  # also good where Kubernetes wants base64
_DEFAULT_PROVIDER = "default"


def registrations(resources: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what a program registered, in its order, from the engine's state as exported with its secrets shown.

    Of a secret only the shape is kept.
    """
    kept = [r for r in resources if r["type"] not in _NOT_REPLAYED and not _made_by_engine(r) and not r.get("delete")]
    known = {r["urn"] for r in kept}
    return [
        {
            "urn": r["urn"],
            "type": r["type"],
            "name": r["urn"].split("::", 3)[3],
            "custom": bool(r.get("custom")),
            "parent": r.get("parent") if r.get("parent") in known else None,
            "provider": _provider(r, known),
            "after": [urn for urn in r.get("dependencies") or () if urn in known],
            "inputs": _plain(r.get("inputs") or {}),
        }
        for r in kept
    ]


def write_project(folder: Path, found: Iterable[Mapping[str, Any]], config: Mapping[str, Any]) -> None:
    """Write a project whose one stack registers what was `found`, with the providers' configuration."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    program = Path(__file__).with_name("flat_program.py").read_text(encoding="utf-8")
    (folder / "__main__.py").write_text(program, encoding="utf-8")
    (folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n", encoding="utf-8")
    stack = folder / f"Pulumi.{STACK}.yaml"
    salt = [line for line in _lines(stack) if line.startswith("encryptionsalt:")]
    stack.write_text("\n".join([f"config: {json.dumps(config)}", *salt, ""]), encoding="utf-8")
    (folder / "registrations.json").write_text(json.dumps(list(found)), encoding="utf-8")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _made_by_engine(resource: Mapping[str, Any]) -> bool:
    is_provider = str(resource["type"]).startswith("pulumi:providers:")
    return is_provider and resource["urn"].split("::", 3)[3].startswith(_DEFAULT_PROVIDER)


def _provider(resource: Mapping[str, Any], known: set[str]) -> str | None:
    urn = str(resource.get("provider") or "").rpartition("::")[0]
    return urn if urn in known else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if _SECRET_KEY in value:
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
