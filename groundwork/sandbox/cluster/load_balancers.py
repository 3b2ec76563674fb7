"""Load balancers that a Service of type LoadBalancer would get."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass

from groundwork.sandbox.cluster.marks import SERVED, Object, annotations_of, leaving
from groundwork.sandbox.cluster.pools import ExistingCluster
from groundwork.sandbox.cluster.world import HasIdentity, World, working

CONTROLLER_IMAGE = "aws-load-balancer-controller"
CLASS = "service.k8s.aws/nlb"
FINALIZER = "service.k8s.aws/resources"
"""The controller's own: a Service deleted after its controller stays, as on AWS."""


@dataclass(frozen=True)
class Named:
    """The address that a Service gets: an entry of `status.loadBalancer.ingress`."""

    ingress: dict[str, str]
    finalizers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pending:
    """A Service that stays without an address, or cannot go."""

    reason: str


@dataclass(frozen=True)
class Released:
    """A deleted Service whose load balancer the controller has taken down."""


def next_step(
    world: World,
    service: Object,
    *,
    existing: ExistingCluster | None,
    cluster: str,
    region: str | None,
    identity: HasIdentity,
) -> Named | Pending | Released | None:
    """Return what the load balancer's controller would do for a Service; None: nothing.

    A name, once given, stays: a load balancer outlives the pods of its controller. EKS's legacy controller,
    which makes a Classic Load Balancer for a Service without a class, is left out: nobody should rely on it.

    Args:
        world: what is there.
        service: any Service.
        existing: what an existing cluster offers.
        cluster: the EKS cluster's name.
        region: where it is; None: there is no EKS cluster.
        identity: who reaches AWS.
    """
    ours = FINALIZER in (service["metadata"].get("finalizers") or ())
    if not ours and (leaving(service) or service["spec"].get("type") != "LoadBalancer"):
        return None
    if region is None and not ours:
        return _on_existing(service, existing)
    controller = working(world, CONTROLLER_IMAGE, "AWS Load Balancer Controller", identity)
    if leaving(service) or service["spec"].get("type") != "LoadBalancer":
        return Pending(f"its deletion waits: {controller}") if isinstance(controller, str) else Released()
    if _has_address(service):
        return None
    if isinstance(controller, str):
        return Pending(controller)
    wanted = service["spec"].get("loadBalancerClass")
    if wanted is None and service["metadata"].get("creationTimestamp", "") < controller.created:
        # Its webhook gives the class when a Service is made, and the field cannot be set later.
        return Pending(
            f"it was made before the AWS Load Balancer Controller and has no loadBalancerClass: "
            f"make it after {controller.label}, or set loadBalancerClass: {CLASS}"
        )
    if wanted not in (None, CLASS):
        return Pending(f"loadBalancerClass {wanted!r} is served by no controller (valid: {CLASS})")
    return Named({"hostname": hostname(service, cluster, region or "")}, (FINALIZER,))


def hostname(service: Object, cluster: str, region: str) -> str:
    """Return the DNS name of a Service's network load balancer: the same each time."""
    metadata = service["metadata"]
    full = f"{cluster}/{metadata['namespace']}/{metadata['name']}"
    digest = hashlib.sha256(full.encode()).hexdigest()
    words = [re.sub(r"[^a-z0-9]", "", metadata[key])[:8] for key in ("namespace", "name")]
    return f"k8s-{words[0]}-{words[1]}-{digest[:10]}-{digest[10:26]}.elb.{region}.amazonaws.com"


def _on_existing(service: Object, existing: ExistingCluster | None) -> Named | Pending | None:
    if leaving(service) or _has_address(service):
        return None
    if existing is None or not existing.load_balancer:
        return Pending("nothing in the cluster serves Services of type LoadBalancer")
    wanted = service["spec"].get("loadBalancerClass")
    if wanted is not None:
        return Pending(f"loadBalancerClass {wanted!r} is served by no controller (leave it out)")
    number = int(hashlib.sha256(service["metadata"]["uid"].encode()).hexdigest(), 16) % 200
    return Named({"ip": str(ipaddress.ip_address("198.51.100.20") + number)})  # kept for examples


def _has_address(service: Object) -> bool:
    return bool(((service.get("status") or {}).get("loadBalancer") or {}).get("ingress"))


def is_ours(service: Object) -> bool:
    """Whether this simulation gave the Service its address."""
    return annotations_of(service).get(SERVED) == "true"


def is_pending(service: Object) -> bool:
    """Whether a Service waits for the address of its load balancer."""
    return service["spec"].get("type") == "LoadBalancer" and not _has_address(service)
