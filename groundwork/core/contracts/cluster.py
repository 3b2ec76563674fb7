"""A Kubernetes cluster, whoever runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contract import Contract

if TYPE_CHECKING:
    from groundwork.core.contracts.mesh import Mesh

NAMESPACE = "the maker of the namespace"
"""The kind of claim that each namespace of a stack is."""

Security = Literal["privileged", "baseline", "restricted"]


@dataclass(frozen=True, kw_only=True)
class Cluster(Contract):
    """A cluster that components can install into.

    Attributes:
        name: of the cluster.
        version: its minor version, such as "1.35".
        kubeconfig: how to reach it; "" for the one that the environment variable KUBECONFIG names.
        context: of that kubeconfig, None for its current one.
        storage_class: of volumes that one pod writes.
        load_balancers: whether a Service of type LoadBalancer gets an address.
        identity_cidrs: private addresses at which its pods trade their tokens for credentials of the cloud, by TLS.
    """

    name: str
    version: str
    kubeconfig: pulumi.Output[str]
    context: str | None = None
    storage_class: str
    load_balancers: bool
    identity_cidrs: tuple[str, ...] = ()

    @cached_property
    def provider(self) -> k8s.Provider:
        """The provider of this cluster: one in each stack that uses it."""
        return k8s.Provider(
            self.name,
            kubeconfig=self.kubeconfig.apply(lambda text: text or None),
            context=self.context,
            enable_server_side_apply=True,
            # Names here are fixed, so a replacement would delete first: pods would miss it for a while.
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
        )

    def options(self, parent: Component[Any], **options: Any) -> pulumi.ResourceOptions:
        """Return options for a child of `parent` that lives in this cluster."""
        return parent.child(provider=self.provider, **options)

    def account_annotations(self, account: ServiceAccount) -> Mapping[str, str]:
        """Return what a service account has to say for its pods to have the identity that it was granted so far."""
        return {}

    def within(self, name: str, *, parent: Component[Any], mesh: Mesh | None = None) -> Namespace:
        """Name a namespace that one of those has made whom `parent` requires; `mesh` is that which it is in."""
        return Namespace(name, self, None, parent, mesh)

    def namespace(
        self,
        name: str,
        *,
        parent: Component[Any],
        security: Security = "restricted",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        mesh: Mesh | None = None,
    ) -> Namespace:
        """Make a namespace that enforces a Pod Security Standard.

        It waits for everything that its component requires in this stack, so all in it is destroyed before that.

        Args:
            mesh: that the namespace is in, closed to callers from elsewhere; None for a namespace outside.

        Raises:
            StackError: where another component of the stack makes it.
        """
        parent.claim(f"{NAMESPACE} {name}", "give one of them another name")
        resource = k8s.core.v1.Namespace(
            f"{parent.name}-{name}" if name != parent.name else name,
            metadata={
                "name": name,
                "labels": {
                    "pod-security.kubernetes.io/enforce": security,
                    "pod-security.kubernetes.io/warn": security,
                    "app.kubernetes.io/part-of": parent.name,
                    **(mesh.labels if mesh is not None else {}),
                    **(labels or {}),
                },
                **({"annotations": dict(annotations)} if annotations else {}),
            },
            opts=self.options(parent, depends_on=list(parent.after)),
        )
        namespace = Namespace(name, self, resource, parent, mesh)
        if mesh is not None:
            mesh.enrol(namespace)
        return namespace


@dataclass(frozen=True)
class Namespace:
    """A namespace that exists, whose component it is, and the mesh that it is in.

    Attributes:
        resource: the namespace itself, None where another component makes it.
        owner: the component whose objects are in it.
    """

    name: str
    cluster: Cluster
    resource: pulumi.Resource | None
    owner: Component[Any]
    mesh: Mesh | None = None

    def options(self, parent: Component[Any] | None = None, **options: Any) -> pulumi.ResourceOptions:
        """Return options for an object in this namespace."""
        before = self.owner.after if self.resource is None else (self.resource,)
        after = [*before, *options.pop("depends_on", ())]
        return self.cluster.options(parent or self.owner, depends_on=after, **options)

    def host(self, service: str) -> str:
        """Return the name that a Service of this namespace has inside the cluster."""
        return f"{service}.{self.name}.svc.cluster.local"

    def service_account(self, name: str, *, annotations: Mapping[str, str] | None = None) -> ServiceAccount:
        """Make a service account whose token no pod mounts unless it asks to."""
        account = k8s.core.v1.ServiceAccount(
            "-".join(dict.fromkeys((self.owner.name, self.name, name, "account"))),
            metadata={"name": name, "namespace": self.name, "annotations": dict(annotations or {})},
            automount_service_account_token=False,
            opts=self.options(),
        )
        return ServiceAccount(name, self, (account,))

    def arrivals(self, *ports: int) -> list[dict[str, Any]]:
        """Return these TCP ports of its pods as a network policy says them, with those at which a mesh comes in.

        The mesh tells callers apart behind its own port, so a policy loses nothing by letting that one in.
        """
        tunnels = self.mesh.tunnel_ports if self.mesh is not None else ()
        return [{"protocol": "TCP", "port": port} for port in (*ports, *tunnels)]

    def admit(self, name: str, *, parent: Component[Any], callers: Sequence[str], ports: Sequence[int] = ()) -> None:
        """Let callers from elsewhere in, where a mesh keeps this namespace closed; else everybody is in anyway.

        Args:
            name: of the permission, unique in the namespace.
            callers: "namespace" for all of its pods, or "namespace/account".
            ports: of the pods; all of them by default.
        """
        if self.mesh is not None:
            self.mesh.allow(name, parent=parent, namespace=self, callers=callers, ports=ports)

    def open(self, name: str, *, parent: Component[Any], selector: Mapping[str, str], port: int) -> None:
        """Let anybody call one port of these pods: the API server, which asks webhooks and is in no mesh."""
        if self.mesh is not None:
            self.mesh.open(name, parent=parent, namespace=self, selector=selector, port=port)

    def reach(
        self, name: str, *, parent: Component[Any], hosts: Sequence[str], port: int = 443, ranges: Sequence[str] = ()
    ) -> None:
        """Let its pods call hosts outside of the cluster, where a mesh keeps calls inside; else they may anyway.

        Args:
            name: of what is called, unique in the namespace.
            hosts: names; `*.` stands for all names below a domain.
            port: TLS is spoken at 443, HTTP at 80.
            ranges: of addresses at which it is, where calls at this port show no name, as those of a database.
        """
        if self.mesh is not None:
            self.mesh.reach(name, parent=parent, namespace=self, hosts=hosts, port=port, ranges=ranges)

    def chart_account(self, name: str) -> ServiceAccount:
        """Name a service account that a chart makes, which has to put `annotations` on it."""
        return ServiceAccount(name, self, ())


@dataclass(frozen=True)
class ServiceAccount:
    """Who a pod is."""

    name: str
    namespace: Namespace
    resources: Sequence[pulumi.Resource] = ()

    @property
    def address(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace.name}/{self.name}"

    @property
    def annotations(self) -> Mapping[str, str]:
        """What it has to say for its pods to have what it was granted so far: ask after the grants."""
        return self.namespace.cluster.account_annotations(self)
