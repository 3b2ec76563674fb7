"""Examples of the rules over networks."""

from __future__ import annotations

from groundwork.policy.example import REMOVED, Example, one
from groundwork.policy.subject import Subject
from policies.examples._parts import DATABASE, LAUNCH_TEMPLATE, NODE_CLASS

_GROUP, _DEFAULT_GROUP = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_SQL = {"protocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrBlocks": ["10.0.0.0/8"]}
_HTTPS = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
_BALANCER = Subject(
    "aws:lb/loadBalancer:LoadBalancer", "lb", {"internal": True}, "urn:lb", {"securityGroups": ["urn:group"]}
)
_WEB = Subject(_RULE, "web", {**_HTTPS, "cidrIpv4": "0.0.0.0/0"}, "urn:rule", {"securityGroupId": ["urn:group"]})

EXAMPLES = [
    *(
        Example(
            "no-open-ingress",
            one(kind, {"ingress": [_SQL]}),
            "ingress.0.cidrBlocks",
            ["0.0.0.0/0"],
            f"{kind.rpartition(':')[2]} it: lets 0.0.0.0/0 in to tcp 5432: name the CIDRs that may come in",
        )
        for kind in (_GROUP, _DEFAULT_GROUP)
    ),
    Example(
        "no-open-ingress",
        one(_GROUP, {"ingress": [_SQL]}),
        "ingress.0",
        {"protocol": "-1", "fromPort": 0, "toPort": 0, "ipv6CidrBlocks": ["::/0"]},
        "SecurityGroup it: lets ::/0 in to every port: name the CIDRs that may come in",
    ),
    Example(
        "no-open-ingress",
        one(_OLD_RULE, {"type": "egress", "protocol": "tcp", "fromPort": 0, "toPort": 65535, "cidrBlocks": ["::/0"]}),
        "type",
        "ingress",
        "SecurityGroupRule it: lets ::/0 in to tcp 0-65535: name the CIDRs that may come in",
    ),
    Example(
        "no-open-ingress",
        one(_RULE, {**_HTTPS, "cidrIpv4": "0.0.0.0/0"}),
        "toPort",
        444,
        "SecurityGroupIngressRule it: lets 0.0.0.0/0 in to tcp 443-444: name the CIDRs that may come in",
    ),
    Example(
        "no-open-ingress",
        one(_RULE, {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "10.0.0.0/8"}),
        "cidrIpv4",
        "0.0.0.0/1",
        "SecurityGroupIngressRule it: lets 0.0.0.0/1 in to tcp 22: name the CIDRs that may come in",
    ),
    Example(
        "open-web-is-load-balancers",
        (_WEB, _BALANCER),
        "",
        None,
        "SecurityGroupIngressRule web: lets 0.0.0.0/0 in to tcp 443 of what is no load balancer: "
        "name the CIDRs that may come in",
    ),
    Example(
        "open-web-is-load-balancers",
        (
            Subject(_GROUP, "own", {"id": "sg-1", "ingress": [{**_HTTPS, "cidrBlocks": ["::/0"]}]}, "urn:own"),
            Subject("aws:lb/loadBalancer:LoadBalancer", "lb", {"securityGroups": ["sg-1"]}, "urn:lb"),
        ),
        "id",
        "sg-2",
        "SecurityGroup own: lets ::/0 in to tcp 443 of what is no load balancer: name the CIDRs that may come in",
    ),
    Example(
        "no-public-database",
        DATABASE,
        "publiclyAccessible",
        True,
        "Instance it: publiclyAccessible is true: set it to false",
    ),
    Example(
        "no-public-nodes",
        LAUNCH_TEMPLATE,
        "networkInterfaces.0.associatePublicIpAddress",
        "true",
        "LaunchTemplate it: associatePublicIpAddress is true: leave it out",
    ),
    Example(
        "no-public-nodes",
        NODE_CLASS,
        "spec.associatePublicIPAddress",
        True,
        "EC2NodeClass gpu: associatePublicIPAddress is true: leave it out",
    ),
    Example(
        "no-public-nodes",
        one("aws:ec2/subnet:Subnet", {"mapPublicIpOnLaunch": False}),
        "mapPublicIpOnLaunch",
        True,
        "Subnet it: mapPublicIpOnLaunch is true, so each node in it has one: leave it out",
    ),
    Example(
        "internal-load-balancers",
        one("aws:lb/loadBalancer:LoadBalancer", {"internal": True}),
        "internal",
        REMOVED,
        "LoadBalancer it: internal is not true: set it, and let people come through the mesh's gateway",
    ),
    Example(
        "imdsv2",
        LAUNCH_TEMPLATE,
        "metadataOptions.httpTokens",
        REMOVED,
        "LaunchTemplate it: metadataOptions.httpTokens is optional: set it to required",
    ),
    Example(
        "imdsv2",
        NODE_CLASS,
        "spec.metadataOptions",
        {"httpTokens": "optional"},
        "EC2NodeClass gpu: metadataOptions.httpTokens is optional: set it to required",
    ),
    Example(
        "imdsv2",
        NODE_CLASS,
        "spec.metadataOptions.httpPutResponseHopLimit",
        2,
        "EC2NodeClass gpu: metadataOptions.httpPutResponseHopLimit is 2, so pods get there: set it to 1",
    ),
    Example(
        "imdsv2",
        one("aws:eks/nodeGroup:NodeGroup", {"launchTemplate": {"id": "lt-1"}}),
        "launchTemplate",
        REMOVED,
        "NodeGroup it: has no launch template, and AWS's own lets pods get there: set launchTemplate",
    ),
]
