"""Permissive CRDs: they accept any object of their kinds, where the real ones are not in the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LABEL = "groundwork.example/double"


def permissive_crd(
    group: str, kind: str, versions: Sequence[str], *, plural: str = "", namespaced: bool = True
) -> dict[str, Any]:
    """Return a CRD of that group, kind and versions which keeps every field; the first version is the stored one.

    Its label counts it as a double.
    """
    plural = plural or _plural(kind)
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "labels": {LABEL: "crd"}},
        "spec": {
            "group": group,
            "scope": "Namespaced" if namespaced else "Cluster",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == versions[0],
                    "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": schema},
                }
                for version in versions
            ],
        },
    }


def _plural(kind: str) -> str:
    name = kind.lower()
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    if name.endswith("y") and name[-2:-1] not in ("a", "e", "i", "o", "u"):
        return f"{name[:-1]}ies"
    return f"{name}s"
