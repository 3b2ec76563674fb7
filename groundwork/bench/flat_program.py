"""Registers what `registrations.json` lists, with the classes of the SDKs: copied into the project that is measured."""

import importlib
import json
from pathlib import Path

import pulumi

made: dict[str, pulumi.Resource] = {}
for entry in json.loads(Path("registrations.json").read_text(encoding="utf-8")):
    options = pulumi.ResourceOptions(
        parent=made.get(entry["parent"]),
        provider=made.get(entry["provider"]),  # type: ignore[arg-type]  # a provider, by its type
        depends_on=[made[urn] for urn in entry["after"] if urn in made],
    )
    kind, name, inputs = entry["type"], entry["name"], entry["inputs"]
    if kind.startswith("pulumi:providers:"):
        made[entry["urn"]] = pulumi.ProviderResource(kind.rpartition(":")[2], name, inputs, options)
    elif not entry["custom"]:
        made[entry["urn"]] = pulumi.ComponentResource(kind, name, None, options)
    elif entry["module"]:
        of = getattr(importlib.import_module(entry["module"]), entry["class"])
        made[entry["urn"]] = of(name, opts=options, **inputs)
    else:
        made[entry["urn"]] = pulumi.CustomResource(kind, name, inputs, options)
