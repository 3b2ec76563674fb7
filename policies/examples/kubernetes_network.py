"""Examples of the rules over the network."""

from __future__ import annotations

from dataclasses import replace

from groundwork.policy.example import REMOVED, Example, changed, one
from groundwork.policy.subject import Subject

_NS = {"namespace": "ns"}
_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
_SERVICE = one(
    "kubernetes:core/v1:Service",
    {
        "metadata": {"name": "app", **_NS, "annotations": {_SCHEME: "internal"}},
        "spec": {"type": "LoadBalancer", "selector": {"app": "app"}, "ports": [{"port": 80}]},
    },
)
_INGRESS = one(
    "kubernetes:networking.k8s.io/v1:Ingress",
    {
        "metadata": {"name": "app", **_NS, "annotations": {"alb.ingress.kubernetes.io/scheme": "internal"}},
        "spec": {"ingressClassName": "alb", "defaultBackend": {"service": {"name": "app", "port": {"number": 80}}}},
    },
)
_PEERS = one(
    "kubernetes:security.istio.io/v1:PeerAuthentication",
    {
        "metadata": {"name": "app", **_NS},
        "spec": {"selector": {"matchLabels": {"app": "app"}}, "mtls": {"mode": "STRICT"}},
    },
)
_ISTIOD = one("kubernetes:helm.sh/v3:Release", {"chart": "istiod", "namespace": "istio-system"})[0]
_STRICT = one(
    "kubernetes:security.istio.io/v1:PeerAuthentication",
    {"metadata": {"name": "default", "namespace": "istio-system"}, "spec": {"mtls": {"mode": "STRICT"}}},
    _ISTIOD,
)
_CLOSED = one(
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    {"metadata": {"name": "default-deny", **_NS}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
    Subject("kubernetes:core/v1:Namespace", "ns", {"metadata": {"name": "ns"}}, "urn:ns"),
)
_MESH = one(
    "kubernetes:security.istio.io/v1:AuthorizationPolicy",
    {"metadata": {"name": "default-deny", **_NS}, "spec": {}},
    Subject("kubernetes:core/v1:Namespace", "ns", {"metadata": {"name": "ns"}}, "urn:ns"),
)
# In a preview the name of a namespace may be unknown, but not whose it is.
_FOLLOWED = replace(
    _CLOSED[0], props=changed(_CLOSED[0].props, "metadata", {"name": "it"}), references={"metadata": ["urn:ns"]}
)
_OPEN = (
    "Namespace ns: every pod of the cluster may call its pods: "
    "add a NetworkPolicy with an empty podSelector, or put it into the mesh"
)
_TEAMS = Subject(
    "kubernetes:core/v1:Namespace", "ns", {"metadata": {"name": "ns", "labels": {"groundwork.example/team": "vision"}}}
)
_QUOTA = Subject(
    "kubernetes:core/v1:ResourceQuota", "team", {"metadata": {"name": "team", **_NS}, "spec": {"hard": {"pods": "9"}}}
)
_LIMITS = Subject(
    "kubernetes:core/v1:LimitRange",
    "team",
    {"metadata": {"name": "team", **_NS}, "spec": {"limits": [{"type": "Container"}]}},
)
_ASKED = Subject(
    "kubernetes:security.istio.io/v1:AuthorizationPolicy",
    "app-login",
    {
        "metadata": {"name": "app-login", "namespace": "istio-ingress"},
        "spec": {"action": "CUSTOM", "rules": [{"to": [{"operation": {"hosts": ["app.example", "app.example:*"]}}]}]},
    },
)
_ROUTE = one(
    "kubernetes:networking.istio.io/v1:VirtualService",
    {"metadata": {"name": "app", **_NS}, "spec": {"gateways": ["istio-ingress/main"], "hosts": ["app.example"]}},
    _ASKED,
)
_HTTP_ROUTE = one(
    "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
    {
        "metadata": {"name": "app", **_NS, "annotations": {"groundwork.example/login": "asks-itself"}},
        "spec": {"hostnames": ["app.example"], "rules": [{"backendRefs": [{"name": "app", "port": 80}]}]},
    },
)
_NOBODY_ASKS = (
    "asks nobody for a login: expose it with `login`, or, where the page itself asks, say so by the annotation "
    "groundwork.example/login: asks-itself"
)

EXAMPLES = [
    Example(
        "services-stay-inside",
        _SERVICE,
        "spec.type",
        "NodePort",
        "Service ns/app: opens a port of every node: set spec.type to ClusterIP",
    ),
    Example(
        "services-stay-inside",
        _SERVICE,
        "metadata.annotations",
        {_SCHEME: "internet-facing"},
        f"Service ns/app: is open to the internet: set the annotation {_SCHEME} to internal, "
        "or spec.loadBalancerSourceRanges",
    ),
    Example(
        "services-stay-inside",
        _SERVICE,
        "spec.loadBalancerSourceRanges",
        ["0.0.0.0/0"],
        "Service ns/app: lets in the whole internet, or half of it: name who may call in spec.loadBalancerSourceRanges",
    ),
    Example(
        "services-stay-inside",
        _INGRESS,
        "metadata.annotations",
        {"alb.ingress.kubernetes.io/scheme": "internet-facing"},
        "Ingress ns/app: is open to the internet: set the annotation alb.ingress.kubernetes.io/scheme to internal, or "
        "alb.ingress.kubernetes.io/inbound-cidrs",
    ),
    Example(
        "services-stay-inside",
        _SERVICE,
        "spec.externalIPs",
        ["10.0.0.9"],
        "Service ns/app: claims addresses that may be others' (CVE-2020-8554): remove externalIPs",
    ),
    Example(
        "strict-mtls",
        _PEERS,
        "spec.mtls.mode",
        "PERMISSIVE",
        "PeerAuthentication ns/app: takes calls without a certificate at every port: set spec.mtls.mode to STRICT",
    ),
    Example(
        "strict-mtls",
        _PEERS,
        "spec.portLevelMtls",
        {"8080": {"mode": "DISABLE"}},
        "PeerAuthentication ns/app: takes only plain text at a port: set its mode to PERMISSIVE or STRICT",
    ),
    Example(
        "mesh-is-strict",
        _STRICT,
        "spec.mtls.mode",
        "PERMISSIVE",
        "Release it: no PeerAuthentication in istio-system makes the mesh STRICT: add it",
    ),
    Example("closed-namespaces", _CLOSED, "spec.podSelector", {"matchLabels": {"app": "app"}}, _OPEN),
    Example("closed-namespaces", _CLOSED, "spec.ingress", [{}], _OPEN),
    Example("closed-namespaces", (_FOLLOWED, *_CLOSED[1:]), "spec.policyTypes", ["Egress"], _OPEN),
    Example("closed-namespaces", _MESH, "spec.action", "DENY", _OPEN),
    Example(
        "namespaces-have-quotas",
        (_QUOTA, _LIMITS, _TEAMS),
        "metadata.namespace",
        "another",
        "Namespace ns: has no ResourceQuota: add one",
    ),
    Example(
        "namespaces-have-quotas",
        (_LIMITS, _QUOTA, _TEAMS),
        "metadata.namespace",
        "another",
        "Namespace ns: has no LimitRange, so a quota refuses who asks for nothing: add one",
    ),
    Example(
        "pages-ask-who-it-is",
        _ROUTE,
        "spec.hosts",
        ["notebooks.example"],
        f"VirtualService ns/app: notebooks.example {_NOBODY_ASKS}",
    ),
    Example(
        "pages-ask-who-it-is",
        _HTTP_ROUTE,
        "metadata.annotations",
        REMOVED,
        f"HTTPRoute ns/app: app.example {_NOBODY_ASKS}",
    ),
]
