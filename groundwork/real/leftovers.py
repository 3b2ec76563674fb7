"""What the cluster's own controllers made on AWS, and nobody deleted: found by the environment's tags.

The engine knows nothing of these: a load balancer is made for a Service, a volume for a claim, a network interface for
pods, a node for pods that wait. Each carries the environment's tags, since the controllers are told to put them there,
and a tag of its controller. Whoever lacks either is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.real.aws import Client

Tags = Mapping[str, str]


@dataclass(frozen=True)
class Leftover:
    """One thing.

    Attributes:
        kind: "load balancer", "target group", "instance", "network interface", "security group", "volume".
        id: as AWS has it.
        name: for people: its Name, or what it was made for.
        region: where it is.
    """

    kind: str
    id: str
    name: str
    region: str


@dataclass(frozen=True)
class Kind:
    """How one kind is found and deleted.

    Attributes:
        marks: tags of the controllers that make it; one of them is enough. A key that ends in * is a beginning.
        found: (id, tags) of each that nobody uses.
        delete: what deletes one.
    """

    name: str
    marks: tuple[str, ...]
    found: Callable[[Client, str], Iterator[tuple[str, dict[str, str]]]]
    delete: Callable[[Client, str, str], None]


def leftovers(client: Client, region: str, tags: Tags) -> list[Leftover]:
    """Return what is left over in a region, in the order in which it can be deleted.

    Args:
        tags: that all of it has.
    """
    found = []
    for kind in KINDS:
        for id, own in kind.found(client, region):
            if all(own.get(key) == value for key, value in tags.items()) and _marked(own, kind.marks):
                name = own.get("Name") or own.get("kubernetes.io/created-for/pvc/name") or ""
                found.append(Leftover(kind.name, id, name, region))
    return found


def delete(client: Client, leftover: Leftover) -> None:
    """Delete one (raises botocore's ClientError where AWS refuses)."""
    next(kind for kind in KINDS if kind.name == leftover.kind).delete(client, leftover.region, leftover.id)


def _marked(tags: Tags, marks: Iterable[str]) -> bool:
    return any(key == mark or (mark.endswith("*") and key.startswith(mark[:-1])) for mark in marks for key in tags)


def _plain(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def _balancing(list_call: str, key: str, arn: str) -> Callable[[Client, str], Iterator[tuple[str, dict[str, str]]]]:
    def found(client: Client, region: str) -> Iterator[tuple[str, dict[str, str]]]:
        api = client("elbv2", region)
        arns = [item[arn] for page in api.get_paginator(list_call).paginate() for item in page[key]]
        # AWS tells the tags of twenty at a time.
        for start in range(0, len(arns), 20):
            answer = api.describe_tags(ResourceArns=arns[start : start + 20])
            for described in answer["TagDescriptions"]:
                yield described["ResourceArn"], _plain(described["Tags"])

    return found


def _ec2(
    call: str, key: str, id: str, filters: Mapping[str, list[str]], tags: str = "Tags"
) -> Callable[[Client, str], Iterator[tuple[str, dict[str, str]]]]:
    wanted = [{"Name": name, "Values": values} for name, values in filters.items()]

    def found(client: Client, region: str) -> Iterator[tuple[str, dict[str, str]]]:
        for page in client("ec2", region).get_paginator(call).paginate(Filters=wanted):
            for item in page[key]:
                # Instances come in reservations.
                for one in item.get("Instances", [item]):
                    yield one[id], _plain(one.get(tags))

    return found


def _delete_balancer(client: Client, region: str, id: str) -> None:
    api = client("elbv2", region)
    # What protects it from a mistake protects nothing any more.
    attribute = {"Key": "deletion_protection.enabled", "Value": "false"}
    api.modify_load_balancer_attributes(LoadBalancerArn=id, Attributes=[attribute])
    api.delete_load_balancer(LoadBalancerArn=id)


def _delete_group(client: Client, region: str, id: str) -> None:
    api = client("ec2", region)
    # A rule of another group that names this one keeps it from being deleted.
    for kind, rules in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        name = {"ingress": "ip-permission.group-id", "egress": "egress.ip-permission.group-id"}[kind]
        for other in api.describe_security_groups(Filters=[{"Name": name, "Values": [id]}])["SecurityGroups"]:
            naming = [_naming(rule, id) for rule in other[rules]]
            permissions = [rule for rule in naming if rule["UserIdGroupPairs"]]
            if permissions:
                getattr(api, f"revoke_security_group_{kind}")(GroupId=other["GroupId"], IpPermissions=permissions)
    api.delete_security_group(GroupId=id)


def _naming(rule: Mapping[str, Any], id: str) -> dict[str, Any]:
    """Return that part of a rule that names a group."""
    pairs = [pair for pair in rule.get("UserIdGroupPairs") or () if pair.get("GroupId") == id]
    ports = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    return {**ports, "UserIdGroupPairs": [{"GroupId": pair["GroupId"]} for pair in pairs]}


# In the order in which they let go of each other.
KINDS = (
    Kind(
        "load balancer",
        ("elbv2.k8s.aws/cluster",),
        _balancing("describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
        _delete_balancer,
    ),
    Kind(
        "target group",
        ("elbv2.k8s.aws/cluster",),
        _balancing("describe_target_groups", "TargetGroups", "TargetGroupArn"),
        lambda client, region, id: client("elbv2", region).delete_target_group(TargetGroupArn=id),
    ),
    Kind(
        "instance",
        ("karpenter.sh/nodepool",),
        _ec2(
            "describe_instances",
            "Reservations",
            "InstanceId",
            {"instance-state-name": ["pending", "running", "stopping", "stopped"]},
        ),
        lambda client, region, id: client("ec2", region).terminate_instances(InstanceIds=[id]),
    ),
    Kind(
        "network interface",
        ("cluster.k8s.amazonaws.com/name", "node.k8s.amazonaws.com/instance_id"),
        _ec2(
            "describe_network_interfaces",
            "NetworkInterfaces",
            "NetworkInterfaceId",
            {"status": ["available"]},
            tags="TagSet",
        ),
        lambda client, region, id: client("ec2", region).delete_network_interface(NetworkInterfaceId=id),
    ),
    Kind(
        "security group",
        ("elbv2.k8s.aws/cluster",),
        _ec2("describe_security_groups", "SecurityGroups", "GroupId", {}),
        _delete_group,
    ),
    Kind(
        "volume",
        ("ebs.csi.aws.com/cluster", "kubernetes.io/created-for/pvc/*"),
        _ec2("describe_volumes", "Volumes", "VolumeId", {"status": ["available"]}),
        lambda client, region, id: client("ec2", region).delete_volume(VolumeId=id),
    ),
)
