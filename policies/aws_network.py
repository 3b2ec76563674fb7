"""Rules over networks: who may reach what."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, items, objects
from policies._environment import NODE_CLASS, NODE_GROUP, TEMPLATE, first, references

_GROUP, _DEFAULT_GROUP = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_OLD_RULE, _RULE = (
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)
_GROUPS = (_GROUP, _DEFAULT_GROUP, _OLD_RULE, _RULE)
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_OTHER_BALANCERS = ("aws:alb/loadBalancer:LoadBalancer", "aws:elb/loadBalancer:LoadBalancer")
_SUBNET = "aws:ec2/subnet:Subnet"
_INSTANCE = "aws:ec2/instance:Instance"
_WEB = (80, 443)
# No private network is wider than 10.0.0.0/8 or fc00::/7.
_WIDEST = {4: 8, 6: 7}


def wide(cidr: Any) -> bool:
    """Return whether a range is wider than any private network: half the internet is as open as all of it."""
    try:
        network = ipaddress.ip_network(str(cidr), strict=False)
    except ValueError:
        return False
    return network.prefixlen < _WIDEST[network.version]


def _open(subject: Subject) -> Iterator[tuple[list[str], str, Any, Any]]:
    """Return what the world may come in to: its CIDRs, the protocol, and the first and last port."""
    props = subject.props
    if subject.type == _OLD_RULE and props.get("type") != "ingress":
        return
    found: list[Mapping[str, Any]] = [props]
    if subject.type in (_GROUP, _DEFAULT_GROUP):
        found = list(objects(props.get("ingress")))
    for entry in found:
        named = [c for key in ("cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6") for c in items(entry.get(key))]
        open_to = [str(cidr) for cidr in named if wide(cidr)]
        if open_to:
            protocol = entry.get("ipProtocol") or entry.get("protocol")
            yield open_to, str(protocol), entry.get("fromPort"), entry.get("toPort")


def _web(protocol: str, start: Any, end: Any) -> bool:
    return protocol in ("tcp", "6") and start == end and start in _WEB


def _port(port: Any) -> str:
    return f"{port:g}" if isinstance(port, float) else str(port)


def _ports(protocol: str, start: Any, end: Any) -> str:
    if protocol == "-1" or start is None:
        return "every port"
    return f"{protocol} {_port(start)}" if start == end else f"{protocol} {_port(start)}-{_port(end)}"


@RULES.resource(
    "no-open-ingress",
    severity="critical",
    controls=("CIS AWS 5.2", "CIS AWS 5.3", "AWS FSBP EC2.18", "AWS FSBP EC2.19"),
    types=_GROUPS,
)
def no_open_ingress(subject: Subject, facts: Facts) -> Iterator[str]:
    """No security group lets the whole internet in, to anything but a load balancer's 80 and 443.

    Databases and nodes that can be reached are tried within minutes.
    """
    for cidrs, protocol, start, end in _open(subject):
        if not _web(protocol, start, end):
            ports = _ports(protocol, start, end)
            yield f"{subject.label}: lets {', '.join(cidrs)} in to {ports}: name the CIDRs that may come in"


@RULES.stack(
    "open-web-is-load-balancers",
    severity="high",
    controls=("AWS FSBP EC2.18", "Groundwork: one way in"),
    types=(*_GROUPS, _BALANCER),
)
def open_web_is_load_balancers(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Where a security group lets the whole internet in to 80 or 443, it is a load balancer's.

    A node or database with an open 443 is a way in beside the login and the certificates of the one that is meant.
    """
    balancers = [subject for subject in subjects if subject.type == _BALANCER]
    for subject in subjects:
        if subject.type == _BALANCER:
            continue
        for cidrs, protocol, start, end in _open(subject):
            if _web(protocol, start, end) and not any(_guards(subject, balancer) for balancer in balancers):
                yield (
                    subject,
                    f"{subject.label}: lets {', '.join(cidrs)} in to tcp {_port(start)} of what is no load balancer: "
                    "name the CIDRs that may come in",
                )


def _guards(subject: Subject, balancer: Subject) -> bool:
    mine = {subject.urn} if subject.type in (_GROUP, _DEFAULT_GROUP) else set(references(subject, "securityGroupId"))
    named = references(balancer, "securityGroups")
    if mine and named:
        return bool(mine & set(named))
    ids = (subject.props.get("securityGroupId"), subject.props.get("id"))
    return any(group in ids for group in items(balancer.props.get("securityGroups")) if group is not None)


@RULES.resource(
    "no-public-database",
    severity="critical",
    controls=("AWS FSBP RDS.2", "CIS AWS 2.2.3"),
    types=("aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance"),
)
def no_public_database(subject: Subject, facts: Facts) -> Iterator[str]:
    """No database has an address on the internet.

    Its password would be all that keeps everybody out.
    """
    if subject.props.get("publiclyAccessible") is True:
        yield f"{subject.label}: publiclyAccessible is true: set it to false"


@RULES.resource(
    "no-public-nodes",
    severity="high",
    controls=("AWS FSBP EC2.9", "AWS FSBP EC2.15", "AWS FSBP EC2.25", "CIS EKS 5.4.3"),
    types=(TEMPLATE, NODE_CLASS, _INSTANCE, _SUBNET),
)
def no_public_nodes(subject: Subject, facts: Facts) -> Iterator[str]:
    """No node has an address on the internet.

    Whatever listens on a node, a debugger or a notebook on the host's network, would be the world's too.
    """
    if subject.type == NODE_CLASS:
        if dig(subject.props, "spec.associatePublicIPAddress") is True:
            yield f"{subject.label}: associatePublicIPAddress is true: leave it out"
        return
    if subject.type == _SUBNET:
        if subject.props.get("mapPublicIpOnLaunch") is True:
            yield f"{subject.label}: mapPublicIpOnLaunch is true, so each node in it has one: leave it out"
        return
    cards = [subject.props, *objects(subject.props.get("networkInterfaces"))]
    if any(str(card.get("associatePublicIpAddress")).lower() == "true" for card in cards):
        yield f"{subject.label}: associatePublicIpAddress is true: leave it out"


@RULES.resource(
    "internal-load-balancers",
    severity="high",
    controls=("Groundwork: one way in",),
    types=(_BALANCER, *_OTHER_BALANCERS),
)
def internal_load_balancers(subject: Subject, facts: Facts) -> Iterator[str]:
    """A load balancer of the program itself is internal: what the internet may reach is the gateway's to say.

    AWS's default is a public one, before which there is neither our login nor our certificate.
    """
    if subject.props.get("internal") is not True:
        yield f"{subject.label}: internal is not true: set it, and let people come through the mesh's gateway"


@RULES.resource(
    "imdsv2",
    severity="high",
    controls=("AWS FSBP EC2.8", "AWS FSBP AutoScaling.3", "CIS AWS 5.6"),
    types=(TEMPLATE, NODE_CLASS, NODE_GROUP, _INSTANCE),
)
def imdsv2(subject: Subject, facts: Facts) -> Iterator[str]:
    """The metadata of a node needs a session token, which does not get as far as a pod.

    The node's own rights are in it: one request that a pod is talked into would fetch them.
    """
    if subject.type == NODE_GROUP:
        # Which one may be unknown: only reading the value would ask for it.
        if "launchTemplate" not in list(subject.props):
            yield f"{subject.label}: has no launch template, and AWS's own lets pods get there: set launchTemplate"
        return
    karpenter = subject.type == NODE_CLASS
    options = first(dig(subject.props, "spec.metadataOptions") if karpenter else subject.props.get("metadataOptions"))
    if options.get("httpEndpoint") == "disabled":
        return
    # Karpenter's own defaults are these two; AWS's are a token that is optional, and one hop.
    tokens = options.get("httpTokens") or ("required" if karpenter else "optional")
    if tokens != "required":
        yield f"{subject.label}: metadataOptions.httpTokens is {tokens}: set it to required"
    hops = options.get("httpPutResponseHopLimit", 1)
    if isinstance(hops, int | float) and hops > 1:
        yield f"{subject.label}: metadataOptions.httpPutResponseHopLimit is {hops:g}, so pods get there: set it to 1"
