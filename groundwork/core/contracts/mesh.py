"""The way in for people and other services, and who may call whom inside."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace
from groundwork.core.contracts.login import Login


@dataclass(frozen=True, kw_only=True)
class ByAddress:
    """What a pod needs that calls pods of the mesh by their address rather than by a Service's name, as scraping does.

    Attributes:
        labels: of the pod.
        annotations: of the pod.
        volume: of the pod, for its certificate and key.
        folder: where the pod mounts that volume.
        authority: file in `folder` with the certificate of who signs those of the others.
        certificate: file in `folder` with its own.
        key: file in `folder` with its own.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    volume: Mapping[str, Any]
    folder: str
    authority: str
    certificate: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Mesh(Contract):
    """A service mesh, and the gateways at its border.

    `cluster.namespace(..., mesh=mesh)` puts a namespace into it: the only place where that is done.

    Attributes:
        domain: under which things are exposed: `mlflow.<domain>`.
    """

    domain: str

    @property
    @abstractmethod
    def labels(self) -> Mapping[str, str]:
        """What a namespace says to be in the mesh with all its pods."""

    @property
    @abstractmethod
    def by_address(self) -> ByAddress | None:
        """What a pod needs that calls others by address; None where such a call is like any other.

        Where it is not None, a namespace whose own pods call each other so stays outside of the mesh.
        """

    @property
    @abstractmethod
    def tunnel_ports(self) -> Sequence[int]:
        """At which calls inside the mesh arrive at a pod, whatever port they ask for: network policies let them in.

        Empty where they arrive at the port itself.
        """

    @property
    @abstractmethod
    def gateways(self) -> Sequence[str]:
        """Who its gateways are to what they call: "namespace/account" of each."""

    @abstractmethod
    def enrol(self, namespace: Namespace) -> None:
        """Close a namespace of the mesh: its pods are called by one another, and by nobody else who is not allowed."""

    @abstractmethod
    def expose(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        service: str,
        port: int,
        login: Login | None,
        public: bool = False,
        asks_itself: bool = False,
        paths: Sequence[str] = ("/",),
        shares: Mapping[str, int] | None = None,
        called: str | None = None,
    ) -> str:
        """Route `https://<name>.<domain>` to a Service, and allow its gateway to call it.

        Args:
            called: the host that requests name when they arrive there, where the Service answers for many; None for
                the one that the caller named.
            login: asks whoever calls for his login first.
            asks_itself: the page asks for this login itself, as a client of it: it needs to know people's roles, and
                programs come with its own tokens, which a proxy before it would turn away.
            public: it is for everybody who reaches its gateway, and asks nobody: the page where one logs in.
            shares: other Services of the namespace, which listen at the same port -> the percent of requests that each
                gets; `service` gets the rest.

        Returns:
            the URL, plain.

        Raises:
            StackError: where there is no login, and it is not said to be public.
        """

    @abstractmethod
    def allow(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        callers: Sequence[str],
        ports: Sequence[int] = (),
    ) -> None:
        """Let callers who are in the mesh call a closed namespace.

        Args:
            name: of the permission, unique in the namespace.
            callers: "namespace" for all of its pods, or "namespace/account".
            ports: of the pods; all of them by default.
        """

    @abstractmethod
    def open(
        self, name: str, *, parent: Component[Any], namespace: Namespace, selector: Mapping[str, str], port: int
    ) -> None:
        """Let anybody call one port of these pods, also who is not in the mesh: the API server that asks a webhook.

        Args:
            name: unique in the namespace.
            selector: labels of the pods.
            port: of the pods.
        """

    @abstractmethod
    def reach(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        hosts: Sequence[str],
        port: int = 443,
        ranges: Sequence[str] = (),
    ) -> None:
        """Let the pods of a namespace call the outside of the cluster, where the mesh keeps calls inside.

        Args:
            name: of what is called, unique in the namespace.
            hosts: names; `*.` stands for all names below a domain.
            port: TLS is spoken at 443, HTTP at 80.
            ranges: of addresses at which it is, where calls at this port show no name, as those of a database.
        """

    @abstractmethod
    def request_rate(self, namespace: Namespace, services: Sequence[str]) -> str:
        """Return PromQL: the requests a second that gateways send to these Services, answered or not."""


@dataclass(frozen=True, kw_only=True)
class Gateway(Contract):
    """One way into the mesh.

    Attributes:
        name: of the gateway's object, of its Service and of its service account.
        namespace: where they are.
        domain: under which it lets callers in.
        gateway_api: whether it is a Gateway of Kubernetes' Gateway API, to which an HTTPRoute can be attached.
    """

    name: str
    namespace: str
    domain: str
    gateway_api: bool
