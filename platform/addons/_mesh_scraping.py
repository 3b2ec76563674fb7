"""Scraping through a mesh: Prometheus calls each pod by its address, not by the name of a Service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundwork.core.contracts import Mesh, Namespace


def wholly(mesh: Mesh | None) -> Mesh | None:
    """Return the mesh for a namespace whose pods call each other by address, None where they could not in it."""
    return mesh if mesh is not None and mesh.by_address is None else None


def scraping(values: Mapping[str, Any], mesh: Mesh | None) -> dict[str, Any]:
    """Return the values of kube-prometheus-stack with what Prometheus' pods need to scrape pods of the mesh."""
    needs = mesh.by_address if mesh is not None else None
    if needs is None:
        return dict(values)
    server = values["prometheus"]
    pods = {
        "podMetadata": {"labels": dict(needs.labels), "annotations": dict(needs.annotations)},
        "volumes": [dict(needs.volume)],
        "volumeMounts": [{"name": needs.volume["name"], "mountPath": needs.folder, "readOnly": True}],
    }
    return {**values, "prometheus": {**server, "prometheusSpec": {**server["prometheusSpec"], **pods}}}


def endpoint(namespace: Namespace) -> dict[str, Any]:
    """Return what the endpoint of a monitor says for pods of this namespace."""
    needs = namespace.mesh.by_address if namespace.mesh is not None else None
    if needs is None:
        return {}
    files = {"caFile": needs.authority, "certFile": needs.certificate, "keyFile": needs.key}
    return {
        "scheme": "https",
        "tlsConfig": {
            **{key: f"{needs.folder}/{file}" for key, file in files.items()},
            # The certificate names an account, not an address; it is signed by the mesh all the same.
            "insecureSkipVerify": True,
        },
    }
