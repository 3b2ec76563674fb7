"""Registers what `registrations.json` lists: copied into the project that the benchmark runs."""

import contextlib
import importlib
import json
from pathlib import Path

import pulumi

ENTRIES = json.loads(Path("registrations.json").read_text(encoding="utf-8"))


def sdk_module(kind: str) -> str:
    """Return the module of a type's class, which a program written by hand would import."""
    package, place, _ = kind.split(":")
    group, _, version = place.partition("/")
    inner = f".{group.partition('.')[0]}.{version}" if package == "kubernetes" else f".{group}"
    return f"pulumi_{package}{inner}"


for module in {sdk_module(entry["type"]) for entry in ENTRIES if not entry["type"].startswith("pulumi:")}:
    with contextlib.suppress(ImportError):  # components, and resources of CRDs
        importlib.import_module(module)

made: dict[str, pulumi.Resource] = {}
for entry in ENTRIES:
    options = pulumi.ResourceOptions(
        parent=made.get(entry["parent"]),
        provider=made.get(entry["provider"]),  # type: ignore[arg-type]  # a provider, by its type
        depends_on=[made[urn] for urn in entry["after"] if urn in made],
    )
    kind, name, inputs = entry["type"], entry["name"], entry["inputs"]
    if kind.startswith("pulumi:providers:"):
        made[entry["urn"]] = pulumi.ProviderResource(kind.rpartition(":")[2], name, inputs, options)
    elif entry["custom"]:
        made[entry["urn"]] = pulumi.CustomResource(kind, name, inputs, options)
    else:
        made[entry["urn"]] = pulumi.ComponentResource(kind, name, None, options)
