"""What the Kubernetes stand-in is told: by the sandbox once, and by each provider of a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint


def _nothing() -> None:
    """Nobody else is concerned."""


@dataclass(frozen=True)
class KubernetesSettings:
    """The sandbox's side.

    Attributes:
        endpoint: the API server, the only one that is ever dialled.
        helm: the Helm 3 binary.
        mirrors: folders with `<chart>-<version>.tgz`, searched in this order.
        inventory: the folder of inventories, from which doubles are made.
        state_dir: where the ledger, the journal, Helm's homes and the doubles are kept.
        digests: sha256 by `<chart>-<version>`, as the catalogue has them; an archive that differs is refused.
        default_timeout: seconds to wait for readiness where the program says nothing (the real provider:
        600). longest_timeout: seconds that no wait exceeds, whatever the program says: simulated pods are
        ready at once,
            or never.
        on_release: called each time Helm has ended, before the engine goes on to what may meet what it installed.
    """

    endpoint: ClusterEndpoint
    helm: Path
    mirrors: tuple[Path, ...]
    inventory: Path
    state_dir: Path
    digests: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    default_timeout: float = 300.0
    longest_timeout: float = 300.0
    on_release: Callable[[], None] = _nothing


@dataclass(frozen=True)
class Options:
    """One provider's configuration, as far as it changes what the stand-in does."""

    namespace: str = "default"
    server_side_apply: bool = True
    patch_force: bool = False
    upsert: bool = False
    mutable_config_maps: bool = False
    mutable_secrets: bool = False
    suppress_deprecations: bool = False
