"""What the AWS stand-in is told at its start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class EksFacts:
    """The sandbox's own control plane, which stands behind every EKS cluster of the program; `issuer` of its tokens."""

    endpoint: str
    ca_base64: str
    token: str = field(repr=False)
    issuer: str


def _ignore(event: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class AwsSettings:
    """Where the AWS API is emulated, and as whom the program calls it.

    `on_change` is called after each change that the rest of the sandbox may act on, with `<what> <verb> <id>`:
    `cluster`, `node-group`, `addon`, `pod-identity`, `role` or `oidc-provider`, and `created`, `updated` or `deleted`.
    """

    moto_url: str
    account_id: str
    region: str
    eks: EksFacts | None
    state_dir: Path
    on_change: Callable[[str], None] = _ignore
