"""What only the stand-ins' process knows, as plain data for a report or for mending."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from groundwork.sandbox.cluster.placement import placement
from groundwork.sandbox.cluster.simulation import ClusterSimulation
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.layout import Layout
from groundwork.sandbox.controlplane.refusals import describe_refusals, read_refusals
from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.standins.cloud import CloudWatch

_CLOUD_SECONDS = 10.0


class Reporter:
    """Answers the rehearsal's questions; each handler returns what JSON can hold."""

    def __init__(
        self,
        paths: SandboxPaths,
        client: KubeClient,
        cloud: CloudWatch,
        simulation: ClusterSimulation,
        providers: Mapping[str, Any],
        record: Path,
        neutralised: Path,
        neutralise: Callable[[], None],
    ) -> None:
        """Ask these."""
        self._paths = paths
        self._client = client
        self._cloud = cloud
        self._simulation = simulation
        self._providers = providers
        self._record = record
        self._neutralised = neutralised
        self._neutralise = neutralise

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """Return the questions that can be asked, by name."""
        return {
            "settle": self.settle,
            "marks": self.marks,
            "placement": self.placement,
            "kept_from": self.kept_from,
            "pending_releases": self.pending_releases,
            "mend_releases": self.mend_releases,
            "sweep": self.sweep,
        }

    def settle(self, seconds: float) -> bool:
        """Wait until the simulated cluster has nothing left to do and nothing to call; say whether that came about."""
        self._neutralise()
        self._cloud.wait(_CLOUD_SECONDS)
        return self._simulation.settle(seconds)

    def marks(self) -> dict[str, dict[str, Any]]:
        """Return how each resource was answered, by URN; random values are made, like the engine makes its own."""
        marks: dict[str, dict[str, Any]] = {}
        for provider in self._providers.values():
            ledger = getattr(provider, "ledger", None)
            if ledger is not None:
                marks |= ledger.to_json()
        return marks

    def placement(self) -> dict[str, Any]:
        """Return who stands where."""
        return asdict(placement(self._client, [*self._cloud.pools, *self._simulation.provisioned], self._record))

    def kept_from(self) -> dict[str, Any]:
        """Return what was neutralised, and what the API server was kept from dialling."""
        refusals = read_refusals(Layout(self._paths).egress_record)
        try:
            neutralised = json.loads(self._neutralised.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            neutralised = {}
        return {"neutralised": neutralised, "refused": describe_refusals(self._client, refusals)}

    def pending_releases(self) -> list[str]:
        """Return the Helm releases that were interrupted: `namespace/name (status)`."""
        pending = self._providers["kubernetes"].releases.mender.pending_releases()
        return [f"{each.namespace}/{each.name} ({each.status})" for each in pending]

    def mend_releases(self) -> list[str]:
        """Bring interrupted releases back to where Helm accepts them, and return them; no engine may be at work."""
        return [str(id) for id in self._providers["kubernetes"].releases.mender.mend_all()]

    def sweep(self) -> list[str]:
        """Delete what interrupted creates left behind, after a destroy; return their URNs."""
        return list(self._providers["aws"].sweep())
