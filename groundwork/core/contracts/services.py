"""Smaller contracts: what a component's users only have to know the address of."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace


@dataclass(frozen=True, kw_only=True)
class Certificates(Contract):
    """TLS certificates that renew themselves."""

    @abstractmethod
    def certificate(self, name: str, *, parent: Component[Any], namespace: Namespace, dns_names: Sequence[str]) -> str:
        """Ask for a certificate, and return the name of the Secret of `namespace` that will hold it."""


@dataclass(frozen=True, kw_only=True)
class Balancers(Contract):
    """Load balancers of the cloud.

    Attributes:
        load_balancer_class: what a Service says to get one.
        annotations: of such a Service, for one that only the network itself can reach.
    """

    load_balancer_class: str
    annotations: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Tracking(Contract):
    """Experiment tracking and a model registry: `url` inside the cluster, `public_url` where it is exposed."""

    url: str
    namespace: str
    public_url: str | None = None

    def admit(self, *, parent: Component[Any], namespace: Namespace) -> None:
        """Open the way from a closed namespace, and put what a client there needs into a Secret of it.

        The base class does nothing: a server outside of the cluster has nothing to open.
        """


@dataclass(frozen=True, kw_only=True)
class Orchestrator(Contract):
    """Runs workflows: `url` inside the cluster."""

    url: str
    namespace: str


@dataclass(frozen=True, kw_only=True)
class Pipelines(Contract):
    """Runs ML pipelines: `url` inside the cluster."""

    url: str
    namespace: str
