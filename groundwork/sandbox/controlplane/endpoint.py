"""How to reach a sandbox's API server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ClusterEndpoint:
    """The API server and an administrator of it; both the client certificate and the token are accepted."""

    url: str
    """`https://127.0.0.1:PORT`."""
    ca_file: Path
    """The authority that signed the server's certificate."""
    client_cert: Path
    client_key: Path
    token_file: Path
    """A bearer token alone on one line, as an EKS kubeconfig would carry."""
    kubeconfig: Path
