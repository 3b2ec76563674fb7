"""Kubeconfig files that verify the server."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from groundwork.sandbox.controlplane.files import write_private
from groundwork.sandbox.controlplane.pki import Pair


def write_kubeconfig(path: Path, url: str, authority: Path, user: str, identity: Pair) -> None:
    """Write a kubeconfig, 0600, with everything embedded: it works from any folder and outlives a move."""
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "sandbox",
                "cluster": {"server": url, "certificate-authority-data": _base64(authority)},
            }
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _base64(identity.certificate),
                    "client-key-data": _base64(identity.key),
                },
            }
        ],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": user}}],
        "current-context": "sandbox",
    }
    write_private(path, json.dumps(config, indent=2) + "\n")


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
