"""CRDs: applied by API components only, kept when the component goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from groundwork.core.component import Component
from groundwork.core.contracts.cluster import Cluster
from groundwork.core.errors import StackError, closest


class Definition(pulumi.CustomResource):
    """One CRD, given as it stands in its file.

    The SDK's class would translate the keys of every nested schema: slow for half a megabyte, and nothing is gained.
    """

    def __init__(self, name: str, crd: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        metadata = {key: crd["metadata"][key] for key in ("name", "labels", "annotations") if crd["metadata"].get(key)}
        properties = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": metadata,
            "spec": crd["spec"],
        }
        super().__init__("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", name, properties, opts)


def install_definitions(
    parent: Component[Any], cluster: Cluster, key: str, *, only: tuple[str, ...] | None = None
) -> list[pulumi.Resource]:
    """Apply the CRDs of one entry of the catalogue's `definitions`.

    They are retained: removing a product must never delete its kind's objects, as deleting a CRD would.

    Args:
        only: names of CRDs, None for all of the file.

    Raises:
        StackError: where the catalogue has no such entry, or its file no such CRD.
    """
    entries = parent.catalogue.definitions
    if key not in entries:
        raise StackError([f"the catalogue has no definitions {key!r}; {closest(key, entries)}"])
    found = read(parent.environment.root / "platform" / "crds" / entries[key].file)
    missing = [f"{entries[key].file} has no CRD {name!r}" for name in only or () if name not in found]
    if missing:
        raise StackError(missing)
    return [
        Definition(
            f"{parent.name}-{name}",
            found[name],
            cluster.options(parent, retain_on_delete=True, protect=parent.environment.profile.protect),
        )
        for name in only or sorted(found)
    ]


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the CRDs of a file by their names."""
    return {crd["metadata"]["name"]: crd for crd in json.loads(path.read_text(encoding="utf-8"))}
