"""Rules over the network: who reaches what in the cluster, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, items, mapping, objects
from groundwork.policy.terms import ITSELF, OBJECT, Demand, any_of, at, demand, if_, not_
from policies._placed import is_in
from policies._releases import RELEASE, chart_of

_NAMESPACE = "kubernetes:core/v1:Namespace"
_NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_QUOTA, _LIMITS = "kubernetes:core/v1:ResourceQuota", "kubernetes:core/v1:LimitRange"
_PEERS = "kubernetes:security.istio.io/v1:PeerAuthentication"
_AUTHORIZATION = "kubernetes:security.istio.io/v1:AuthorizationPolicy"
_ROUTE, _HTTP_ROUTE = (
    "kubernetes:networking.istio.io/v1:VirtualService",
    "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
)
_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
_INGRESS_SCHEME = "alb.ingress.kubernetes.io/scheme"
_INGRESS_RANGES = "alb.ingress.kubernetes.io/inbound-cidrs"
_CONTROL_PLANE = ("default", "kube-node-lease", "kube-public", "kube-system")
_PART_OF = "app.kubernetes.io/part-of"
_TEAM = "groundwork.example/team"
_ASKED_BY = "groundwork.example/login"


@RULES.admission(
    "services-stay-inside",
    severity="high",
    controls=("CIS EKS 5.4.5", "NSA Kubernetes hardening: network separation"),
    types=("kubernetes:core/v1:Service", "kubernetes:networking.k8s.io/v1:Ingress"),
)
def services_stay_inside() -> Iterator[Demand]:
    """A Service or Ingress is reached from inside, or by a load balancer that says from where it may be called.

    A port of every node, an address that somebody claims, or a public load balancer is a way in beside the gateway,
    where nobody is asked for a login.
    """
    kind = at("spec.type")
    yield demand(OBJECT, not_(kind.is_("NodePort")), "opens a port of every node: set spec.type to ClusterIP")
    balancer = any_of(
        at(("metadata", "annotations", _SCHEME)).is_("internal"),
        at("spec.loadBalancerSourceRanges").present(),
    )
    yield demand(
        OBJECT,
        if_(kind.is_("LoadBalancer"), balancer),
        f"is open to the internet: set the annotation {_SCHEME} to internal, or spec.loadBalancerSourceRanges",
    )
    # No private network is wider than a /8, or a /7 of IPv6: half the internet is as open as all of it.
    everybody = at("spec.loadBalancerSourceRanges").every(not_(ITSELF.matches("/[0-6]$|[.].*/7$")))
    otherwise = "lets in the whole internet, or half of it: name who may call in spec.loadBalancerSourceRanges"
    yield demand(OBJECT, everybody, otherwise)
    facing = at(("metadata", "annotations", _INGRESS_SCHEME)).is_("internet-facing")
    named = at(("metadata", "annotations", _INGRESS_RANGES)).present()
    otherwise = f"is open to the internet: set the annotation {_INGRESS_SCHEME} to internal, or {_INGRESS_RANGES}"
    yield demand(OBJECT, any_of(not_(facing), named), otherwise)
    claimed = at("spec.externalIPs").present()
    yield demand(OBJECT, not_(claimed), "claims addresses that may be others' (CVE-2020-8554): remove externalIPs")


@RULES.admission(
    "strict-mtls", severity="high", controls=("NSA Kubernetes hardening: encryption of traffic",), types=(_PEERS,)
)
def strict_mtls() -> Iterator[Demand]:
    """The mesh takes no call without a certificate, but at single ports of single workloads.

    Who may call is said by identity, so a call without one would pass for anybody's. Webhooks are the exception: the
    API server, which asks them, is in no mesh.
    """
    mode = at("spec.mtls.mode").one_of("STRICT", "UNSET", default="UNSET")
    yield demand(OBJECT, mode, "takes calls without a certificate at every port: set spec.mtls.mode to STRICT")
    off = at("spec.portLevelMtls").any_entry("", at("mode").is_("DISABLE"))
    yield demand(OBJECT, not_(off), "takes only plain text at a port: set its mode to PERMISSIVE or STRICT")


@RULES.stack(
    "mesh-is-strict",
    severity="high",
    controls=("NSA Kubernetes hardening: encryption of traffic",),
    types=(RELEASE, _PEERS),
)
def mesh_is_strict(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Where the mesh's control plane is, all of the mesh is told to be strict.

    Unless told so, Istio takes plain text from everybody.
    """
    for istiod in subjects:
        if istiod.type != RELEASE or chart_of(istiod) != "istiod":
            continue
        root = str(istiod.props.get("namespace") or "")
        if not any(s.type == _PEERS and s.namespace == root and _strict_for_all(s) for s in subjects):
            yield istiod, f"Release {istiod.name}: no PeerAuthentication in {root} makes the mesh STRICT: add it"


def _strict_for_all(peers: Subject) -> bool:
    return not dig(peers.props, "spec.selector") and dig(peers.props, "spec.mtls.mode") == "STRICT"


@RULES.stack(
    "closed-namespaces",
    severity="medium",
    controls=("CIS EKS 4.3.2", "NSA Kubernetes hardening: network separation"),
    types=(_NAMESPACE, _NETWORK_POLICY, _AUTHORIZATION),
)
def closed_namespaces(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Every namespace is closed to callers whom nothing lets in.

    By a NetworkPolicy over all of its pods, or, in the mesh, by an AuthorizationPolicy over them. Otherwise any pod
    that is broken into can try every other.
    """
    for space, inside in _spaces(subjects):
        # What lets somebody in is added up: one that lets in everybody undoes all others.
        if not any(map(_closes, inside)) or any(map(_opens, inside)):
            yield (
                space,
                f"Namespace {space.object_name}: every pod of the cluster may call its pods: "
                "add a NetworkPolicy with an empty podSelector, or put it into the mesh",
            )


def _spaces(subjects: Sequence[Subject]) -> Iterator[tuple[Subject, list[Subject]]]:
    """Return each namespace that the control plane does not run, with what is in it."""
    others = [s for s in subjects if s.type != _NAMESPACE]
    for space in subjects:
        if space.type == _NAMESPACE and space.object_name not in _CONTROL_PLANE:
            yield space, [s for s in others if is_in(s, space)]


def _closes(policy: Subject) -> bool:
    spec = mapping(policy.props.get("spec"))
    if policy.type == _NETWORK_POLICY:
        incoming = "Ingress" in items(spec.get("policyTypes")) or not spec.get("policyTypes")
        return _of_all_pods(policy) and incoming
    return _of_all_pods(policy) and spec.get("action") in (None, "ALLOW")


def _opens(policy: Subject) -> bool:
    """Return whether a policy over all pods of its namespace lets every other pod call them at every port."""
    spec = mapping(policy.props.get("spec"))
    if policy.type != _NETWORK_POLICY:
        return _of_all_pods(policy) and spec.get("action") in (None, "ALLOW") and {} in items(spec.get("rules"))
    return _of_all_pods(policy) and any(
        not rule.get("ports") and (not rule.get("from") or any(map(_anybody, objects(rule.get("from")))))
        for rule in objects(spec.get("ingress"))
    )


def _of_all_pods(policy: Subject) -> bool:
    spec = mapping(policy.props.get("spec"))
    chosen = (
        spec.get("podSelector") if policy.type == _NETWORK_POLICY else spec.get("selector") or spec.get("targetRefs")
    )
    return not any(mapping(chosen).values()) if isinstance(chosen, Mapping) else not chosen


def _anybody(peer: Mapping[str, Any]) -> bool:
    """Return whether a peer of a NetworkPolicy is every pod of every namespace, or every address."""
    every_space = "namespaceSelector" in peer and not any(mapping(peer.get("namespaceSelector")).values())
    if every_space and not any(mapping(peer.get("podSelector")).values()):
        return True
    return str(dig(peer, "ipBlock.cidr")).endswith("/0")


@RULES.stack(
    "namespaces-have-quotas",
    severity="medium",
    controls=("NSA Kubernetes hardening: resource policies",),
    types=(_NAMESPACE, _QUOTA, _LIMITS),
)
def namespaces_have_quotas(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Every namespace in which people start things has a ResourceQuota, and defaults for who asks for nothing.

    Otherwise one loop of a notebook takes the whole cluster, and its bill. What a component of the platform runs is
    written in the stack file, so its namespace needs none: a quota would only stop what everybody depends on.
    """
    for space, inside in _spaces(subjects):
        labels = mapping(dig(space.props, "metadata.labels"))
        if labels.get(_PART_OF) and not labels.get(_TEAM):
            continue
        # A quota that limits nothing is none.
        found = {s.type for s in inside if dig(s.props, "spec.hard" if s.type == _QUOTA else "spec.limits")}
        if _QUOTA not in found:
            yield space, f"Namespace {space.object_name}: has no ResourceQuota: add one"
        if _LIMITS not in found:
            yield (
                space,
                f"Namespace {space.object_name}: has no LimitRange, so a quota refuses who asks for nothing: add one",
            )


@RULES.stack(
    "pages-ask-who-it-is",
    severity="high",
    controls=("Groundwork: no anonymous page", "NSA Kubernetes hardening: authentication"),
    types=(_ROUTE, _HTTP_ROUTE, _AUTHORIZATION),
)
def pages_ask_who_it_is(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """What a gateway shows asks for a login first, or is part of the login.

    Notebooks run any code, and pipelines show data: a page without a login is a shell for everybody in the network.
    """
    asked = {host for s in subjects if s.type == _AUTHORIZATION for host in _asked_about(s)}
    for route in subjects:
        if route.type == _AUTHORIZATION or not _shown(route) or _asks_itself(route):
            continue
        for host in _hosts(route):
            if host not in asked and f"*.{host.partition('.')[2]}" not in asked:
                yield (
                    route,
                    f"{route.label}: {host} asks nobody for a login: expose it with `login`, "
                    f"or, where the page itself asks, say so by the annotation {_ASKED_BY}: asks-itself",
                )


def _asked_about(policy: Subject) -> Iterator[str]:
    if dig(policy.props, "spec.action") != "CUSTOM":
        return
    for rule in objects(dig(policy.props, "spec.rules")):
        for to in objects(rule.get("to")):
            # A rule that names paths asks about these alone.
            if not dig(to, "operation.paths") and not rule.get("from") and not rule.get("when"):
                yield from map(str, items(dig(to, "operation.hosts")))


def _shown(route: Subject) -> bool:
    if route.type == _ROUTE:
        return any(gateway != "mesh" for gateway in items(dig(route.props, "spec.gateways")))
    # What only leads elsewhere shows nothing.
    return any(rule.get("backendRefs") for rule in objects(dig(route.props, "spec.rules")))


def _asks_itself(route: Subject) -> bool:
    return mapping(dig(route.props, "metadata.annotations")).get(_ASKED_BY) in ("asks-itself", "is-the-login")


def _hosts(route: Subject) -> list[str]:
    hosts = dig(route.props, "spec.hosts" if route.type == _ROUTE else "spec.hostnames")
    return list(map(str, items(hosts))) or ["every host"]
