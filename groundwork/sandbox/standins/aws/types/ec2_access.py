"""Security groups and their rules, VPC endpoints, flow logs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Do, Path, Read, Resource, declare, uses
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.aws.types.ec2_network import ARN

_ALL = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _permission(rule: dict[str, Any], group: str = "") -> list[dict[str, Any]]:
    """Return a rule, inline or of its own, as the API's permission."""
    text = {"Description": rule["description"]} if rule.get("description") else {}
    groups = [*(rule.get("securityGroups") or []), *_one(rule.get("referencedSecurityGroupId"))]
    if rule.get("self"):
        groups.append(group)
    ipv4 = [*(rule.get("cidrBlocks") or []), *_one(rule.get("cidrIpv4"))]
    ipv6 = [*(rule.get("ipv6CidrBlocks") or []), *_one(rule.get("cidrIpv6"))]
    lists = [*(rule.get("prefixListIds") or []), *_one(rule.get("prefixListId"))]
    whole = {
        "IpProtocol": rule.get("ipProtocol") or rule.get("protocol"),
        "FromPort": rule.get("fromPort"),
        "ToPort": rule.get("toPort"),
        "IpRanges": [{"CidrIp": item, **text} for item in ipv4],
        "Ipv6Ranges": [{"CidrIpv6": item, **text} for item in ipv6],
        "UserIdGroupPairs": [{"GroupId": item, **text} for item in groups],
        "PrefixListIds": [{"PrefixListId": item, **text} for item in lists],
    }
    return [{name: value for name, value in whole.items() if value not in (None, [])}]


def _one(value: Any) -> Iterable[Any]:
    return [] if value is None else [value]


@uses("item")
def _inline(env: dict[str, Any]) -> list[dict[str, Any]]:
    return _permission(env["item"], env["id"])


def _rules(kind: str, key: str) -> Any:
    """Return the inline rules that a group shows, each source a rule of its own."""

    def read(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
        found = []
        for permission in live.get(key) or []:
            common = {
                "protocol": permission.get("IpProtocol"),
                "fromPort": permission.get("FromPort", 0),
                "toPort": permission.get("ToPort", 0),
            }
            groups = [pair.get("GroupId") for pair in permission.get("UserIdGroupPairs") or []]
            sources = {
                "cidrBlocks": [item["CidrIp"] for item in permission.get("IpRanges") or []],
                "ipv6CidrBlocks": [item["CidrIpv6"] for item in permission.get("Ipv6Ranges") or []],
                "prefixListIds": [item["PrefixListId"] for item in permission.get("PrefixListIds") or []],
                "securityGroups": [group for group in groups if group != env["id"]],
            }
            found.append({**common, **{k: v for k, v in sources.items() if v}, "self": env["id"] in groups or None})
        wanted = env.get(kind)
        return found if wanted else None

    return read


def _inline_step(kind: str) -> Call:
    arguments = {"GroupId": "{id}", "IpPermissions": _inline}
    return Call(
        f"authorize_security_group_{kind}",
        arguments,
        each=kind,
        undo=Call(f"revoke_security_group_{kind}", arguments),
    )


def _drop_default_egress(session: Session, env: dict[str, Any]) -> None:
    """Remove the rule that allows all egress, as the real provider does after the create."""
    if not env["old"]:
        session.ask("ec2", "revoke_security_group_egress", env["region"], GroupId=env["id"], IpPermissions=[_ALL])


declare(
    Resource(
        "aws:ec2/securityGroup:SecurityGroup",
        service="ec2",
        create=Call("create_security_group", spread=True),
        id="GroupId",
        names={"name": "GroupName"},
        autoname="name",
        defaults={"description": "Managed by Pulumi"},
        steers=("revokeRulesOnDelete",),
        after=(Do(_drop_default_egress), _inline_step("ingress"), _inline_step("egress")),
        read=Read("describe_security_groups", {"GroupIds": ["{id}"]}, "SecurityGroups[0]"),
        outputs={
            "ingress": _rules("ingress", "IpPermissions"),
            "egress": _rules("egress", "IpPermissionsEgress"),
        },
        delete=(Call("delete_security_group", {"GroupId": "{id}"}),),
        arn=f"{ARN}security-group/{{id}}",
        tag_type="security-group",
    )
)


def _default_group(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    by_id = {"GroupIds": [env["id"]]} if str(env.get("id", "")).startswith("sg-") else {}
    found = session.ask("ec2", "describe_security_groups", env["region"], **by_id)["SecurityGroups"]
    return found[0] if found else None


def _strip(session: Session, env: dict[str, Any]) -> None:
    """Remove every rule of a VPC's default group, as adopting it does."""
    if env["old"]:
        return
    group = session.ask("ec2", "describe_security_groups", env["region"], GroupIds=[env["id"]])
    for kind, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        rules = group["SecurityGroups"][0].get(key)
        if rules:
            session.ask(
                "ec2",
                f"revoke_security_group_{kind}",
                env["region"],
                GroupId=env["id"],
                IpPermissions=rules,
            )


declare(
    Resource(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        service="ec2",
        create=Call(
            "describe_security_groups",
            {
                "Filters": [
                    {"Name": "vpc-id", "Values": ["{vpcId}"]},
                    {"Name": "group-name", "Values": ["default"]},
                ]
            },
        ),
        answer="SecurityGroups[0]",
        id="GroupId",
        names={"name": "GroupName"},
        steers=("revokeRulesOnDelete",),
        after=(
            Do(_strip),
            Call("create_tags", {"Resources": ["{id}"], "Tags": "{tags}"}),
            _inline_step("ingress"),
            _inline_step("egress"),
        ),
        read=_default_group,
        outputs={
            "ingress": _rules("ingress", "IpPermissions"),
            "egress": _rules("egress", "IpPermissionsEgress"),
        },
        arn=f"{ARN}security-group/{{id}}",
    )
)

_SOURCE = (
    "ipProtocol",
    "fromPort",
    "toPort",
    "cidrIpv4",
    "cidrIpv6",
    "referencedSecurityGroupId",
    "prefixListId",
    "description",
)


@uses(*_SOURCE, passes=_SOURCE)
def _rule(env: dict[str, Any]) -> list[dict[str, Any]]:
    return _permission({name: env.get(name) for name in _SOURCE})


@uses(*_SOURCE)
def _rule_change(env: dict[str, Any]) -> list[dict[str, Any]]:
    rule = {
        "IpProtocol": env.get("ipProtocol"),
        "FromPort": env.get("fromPort"),
        "ToPort": env.get("toPort"),
        "CidrIpv4": env.get("cidrIpv4"),
        "CidrIpv6": env.get("cidrIpv6"),
        "PrefixListId": env.get("prefixListId"),
        "ReferencedGroupId": env.get("referencedSecurityGroupId"),
        "Description": env.get("description"),
    }
    rule = {name: value for name, value in rule.items() if value is not None}
    return [{"SecurityGroupRuleId": env["id"], "SecurityGroupRule": rule}]


for _kind in ("ingress", "egress"):
    _noun = f"SecurityGroup{_kind.capitalize()}Rule"
    declare(
        Resource(
            f"aws:vpc/{_noun[0].lower()}{_noun[1:]}:{_noun}",
            service="ec2",
            create=Call(
                f"authorize_security_group_{_kind}",
                {"GroupId": "{securityGroupId}", "IpPermissions": _rule},
            ),
            answer="SecurityGroupRules[0]",
            id="SecurityGroupRuleId",
            names={"securityGroupId": "GroupId"},
            update=(
                Call(
                    "modify_security_group_rules",
                    {"GroupId": "{securityGroupId}", "SecurityGroupRules": _rule_change},
                ),
            ),
            read=Read(
                "describe_security_group_rules",
                {"SecurityGroupRuleIds": ["{id}"]},
                "SecurityGroupRules[0]",
            ),
            outputs={
                "securityGroupRuleId": "{id}",
                "referencedSecurityGroupId": Path("ReferencedGroupInfo.GroupId"),
            },
            delete=(
                Call(
                    f"revoke_security_group_{_kind}",
                    {"GroupId": "{securityGroupId}", "SecurityGroupRuleIds": ["{id}"]},
                ),
            ),
            arn=f"{ARN}security-group-rule/{{id}}",
            tag_type="security-group-rule",
        )
    )


def _set_of(input_name: str, parameter: str) -> tuple[Any, Any]:
    """Return the functions for what was added to and removed from a list input of an endpoint."""

    @uses(input_name)
    def added(env: dict[str, Any]) -> Any:
        old = (env.get("old") or {}).get(input_name) or []
        return [item for item in env.get(input_name) or [] if item not in old] or None

    @uses(input_name)
    def removed(env: dict[str, Any]) -> Any:
        old = (env.get("old") or {}).get(input_name) or []
        return [item for item in old if item not in (env.get(input_name) or [])] or None

    return added, removed


_tables, _subnets, _groups = (_set_of(name, name) for name in ("routeTableIds", "subnetIds", "securityGroupIds"))
declare(
    Resource(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        service="ec2",
        create=Call("create_vpc_endpoint", spread=True),
        answer="VpcEndpoint",
        id="VpcEndpointId",
        names={"policy": "PolicyDocument"},
        defaults={"vpcEndpointType": "Gateway"},
        steers=("autoAccept",),
        update=(
            Call(
                "modify_vpc_endpoint",
                {
                    "VpcEndpointId": "{id}",
                    "AddRouteTableIds": _tables[0],
                    "RemoveRouteTableIds": _tables[1],
                    "AddSubnetIds": _subnets[0],
                    "RemoveSubnetIds": _subnets[1],
                    "AddSecurityGroupIds": _groups[0],
                    "RemoveSecurityGroupIds": _groups[1],
                },
                spread=True,
            ),
        ),
        read=Read("describe_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}, "VpcEndpoints[0]"),
        outputs={"securityGroupIds": Path("Groups[].GroupId")},
        delete=(Call("delete_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}),),
        arn=f"{ARN}vpc-endpoint/{{id}}",
        tag_type="vpc-endpoint",
    )
)


_LOGGED = {"vpcId": "vpc-", "subnetId": "subnet-", "eniId": "eni-"}


def _logged_part(prefix: str) -> Any:
    def read(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
        resource = str(live.get("ResourceId") or "")
        return resource if resource.startswith(prefix) else None

    return read


@uses(*_LOGGED, passes=tuple(_LOGGED))
def _logged(env: dict[str, Any]) -> Any:
    return [env[name] for name in _LOGGED if env.get(name)] or None


@uses(*_LOGGED)
def _logged_type(env: dict[str, Any]) -> Any:
    kinds = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}
    return next((kind for name, kind in kinds.items() if env.get(name)), None)


def _one_source(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    given = [name for name in ("vpcId", "subnetId", "eniId", "transitGatewayId") if inputs.get(name)]
    if len(given) == 1:
        return []
    return [("vpcId", "exactly one of vpcId, subnetId, eniId and transitGatewayId must be given")]


declare(
    Resource(
        "aws:ec2/flowLog:FlowLog",
        service="ec2",
        create=Call("create_flow_logs", {"ResourceIds": _logged, "ResourceType": _logged_type}, spread=True),
        id="FlowLogIds[0]",
        names={"iamRoleArn": "DeliverLogsPermissionArn"},
        defaults={"maxAggregationInterval": 600, "logDestinationType": "cloud-watch-logs"},
        read=Read("describe_flow_logs", {"FlowLogIds": ["{id}"]}, "FlowLogs[0]"),
        outputs={name: _logged_part(prefix) for name, prefix in _LOGGED.items()},
        delete=(Call("delete_flow_logs", {"FlowLogIds": ["{id}"]}),),
        arn=f"{ARN}vpc-flow-log/{{id}}",
        tag_type="vpc-flow-log",
        checks=(_one_source,),
    )
)
