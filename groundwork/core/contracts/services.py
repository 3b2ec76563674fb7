"""Smaller contracts: what a component's users only have to know the address of."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace, Security


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
        annotations: of such a Service, for one that is reached from where the stack says by default.
        reached_from: the network itself, "internal", or the "internet" -> annotations of such a Service.
        tls: further annotations of one whose port 443 the load balancer decrypts, and encrypts again to its pods.
        certificate: the annotation that names the certificate which it then shows.
    """

    load_balancer_class: str
    annotations: dict[str, str]
    reached_from: dict[str, dict[str, str]]
    tls: dict[str, str]
    certificate: str


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
    """Runs ML pipelines: `url` inside the cluster, `public_url` and `notebooks_url` where its pages are exposed."""

    url: str
    namespace: str
    public_url: str | None = None
    notebooks_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Workspaces(Contract):
    """Pages on which people see their namespaces, and start things in them."""

    @property
    @abstractmethod
    def security(self) -> Security:
        """The Pod Security Standard that what is started from these pages passes."""

    @property
    @abstractmethod
    def account(self) -> str:
        """The service account under which it runs."""

    @property
    @abstractmethod
    def labels(self) -> Mapping[str, str]:
        """What such a namespace says."""

    @abstractmethod
    def annotations(self, name: str) -> Mapping[str, str]:
        """Return what else the namespace of this name says: without it the pages have nothing to do with it."""

    @abstractmethod
    def share(self, *, parent: Component[Any], namespace: Namespace, members: Sequence[str]) -> None:
        """Have the pages show a namespace that `parent` has made, with these labels and annotations, to its members.

        Args:
            members: e-mail addresses, as people log in.

        Raises:
            StackError: where two members cannot be told apart.
        """


@dataclass(frozen=True, kw_only=True)
class Training(Contract):
    """Runs distributed training.

    Attributes:
        namespace: of the controller.
        runtimes: names that a TrainJob can give as its `runtimeRef`.
    """

    namespace: str
    runtimes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Tuning(Contract):
    """Searches for hyperparameters: `public_url` where its page is exposed."""

    namespace: str
    public_url: str | None = None

    def admit(self, *, parent: Component[Any], namespace: Namespace) -> None:
        """Open the ways that a search needs which runs in a closed namespace.

        The base class does nothing: not every product runs anything there.
        """


@dataclass(frozen=True, kw_only=True)
class ModelRegistry(Contract):
    """Knows models and their versions: `url` of its REST API inside the cluster."""

    url: str
    namespace: str
