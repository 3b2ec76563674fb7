"""VPCs, subnets, gateways and routes."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Do, Path, Read, Resource, declare
from groundwork.sandbox.standins.aws.session import Session

ARN = "arn:{partition}:ec2:{region}:{account}:"


def _vpc_part(session: Session, vpc: str, region: str, operation: str, key: str, name: str, value: str) -> Any:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": name, "Values": [value]}]
    found = session.ask("ec2", operation, region, Filters=filters)[key]
    return found[0] if found else {}


def _default_group(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    return _vpc_part(
        session, env["id"], env["region"], "describe_security_groups", "SecurityGroups", "group-name", "default"
    ).get("GroupId")


def _main_table(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    return _vpc_part(
        session, env["id"], env["region"], "describe_route_tables", "RouteTables", "association.main", "true"
    ).get("RouteTableId")


def _default_acl(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    return _vpc_part(session, env["id"], env["region"], "describe_network_acls", "NetworkAcls", "default", "true").get(
        "NetworkAclId"
    )


def _attribute(name: str, parameter: str) -> Any:
    def read(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
        answer = session.ask("ec2", "describe_vpc_attribute", env["region"], VpcId=env["id"], Attribute=name)
        return answer[parameter]["Value"]

    return read


declare(
    Resource(
        "aws:ec2/vpc:Vpc",
        service="ec2",
        create=Call("create_vpc", spread=True),
        answer="Vpc",
        id="VpcId",
        names={"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"},
        after=(
            Call(
                "modify_vpc_attribute",
                {"VpcId": "{id}", "EnableDnsSupport": {"Value": "{enableDnsSupport}"}},
            ),
            Call(
                "modify_vpc_attribute",
                {"VpcId": "{id}", "EnableDnsHostnames": {"Value": "{enableDnsHostnames}"}},
            ),
        ),
        update=(Call("modify_vpc_tenancy", {"VpcId": "{id}", "InstanceTenancy": "{instanceTenancy}"}),),
        read=Read("describe_vpcs", {"VpcIds": ["{id}"]}, "Vpcs[0]"),
        delete=(Call("delete_vpc", {"VpcId": "{id}"}),),
        arn=f"{ARN}vpc/{{id}}",
        tag_type="vpc",
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
        outputs={
            "defaultSecurityGroupId": _default_group,
            "mainRouteTableId": _main_table,
            "defaultRouteTableId": _main_table,
            "defaultNetworkAclId": _default_acl,
            "enableDnsSupport": _attribute("enableDnsSupport", "EnableDnsSupport"),
            "enableDnsHostnames": _attribute("enableDnsHostnames", "EnableDnsHostnames"),
        },
    )
)

declare(
    Resource(
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        service="ec2",
        create=Call("associate_vpc_cidr_block", spread=True),
        answer="CidrBlockAssociation",
        id="AssociationId",
        read=Read(
            "describe_vpcs",
            {"Filters": [{"Name": "cidr-block-association.association-id", "Values": ["{id}"]}]},
            "Vpcs[0].{VpcId: VpcId}",
        ),
        delete=(Call("disassociate_vpc_cidr_block", {"AssociationId": "{id}"}),),
    )
)

declare(
    Resource(
        "aws:ec2/subnet:Subnet",
        service="ec2",
        create=Call("create_subnet", spread=True),
        answer="Subnet",
        id="SubnetId",
        after=(
            Call(
                "modify_subnet_attribute",
                {"SubnetId": "{id}", "MapPublicIpOnLaunch": {"Value": "{mapPublicIpOnLaunch}"}},
            ),
            Call(
                "modify_subnet_attribute",
                {
                    "SubnetId": "{id}",
                    "AssignIpv6AddressOnCreation": {"Value": "{assignIpv6AddressOnCreation}"},
                },
            ),
        ),
        read=Read("describe_subnets", {"SubnetIds": ["{id}"]}, "Subnets[0]"),
        delete=(Call("delete_subnet", {"SubnetId": "{id}"}),),
        arn=f"{ARN}subnet/{{id}}",
        tag_type="subnet",
    )
)

_GATEWAY = {"InternetGatewayId": "{id}", "VpcId": "{vpcId}"}
declare(
    Resource(
        "aws:ec2/internetGateway:InternetGateway",
        service="ec2",
        create=Call("create_internet_gateway"),
        answer="InternetGateway",
        id="InternetGatewayId",
        after=(Call("attach_internet_gateway", _GATEWAY, undo=Call("detach_internet_gateway", _GATEWAY)),),
        read=Read("describe_internet_gateways", {"InternetGatewayIds": ["{id}"]}, "InternetGateways[0]"),
        outputs={"vpcId": Path("Attachments[0].VpcId")},
        delete=(
            Call("detach_internet_gateway", _GATEWAY, unless_missing=("Gateway.NotAttached",)),
            Call("delete_internet_gateway", {"InternetGatewayId": "{id}"}),
        ),
        arn=f"{ARN}internet-gateway/{{id}}",
        tag_type="internet-gateway",
    )
)

declare(
    Resource(
        "aws:ec2/eip:Eip",
        service="ec2",
        create=Call("allocate_address", spread=True),
        id="AllocationId",
        read=Read("describe_addresses", {"AllocationIds": ["{id}"]}, "Addresses[0]"),
        outputs={"allocationId": "{id}"},
        delete=(Call("release_address", {"AllocationId": "{id}"}),),
        arn=f"{ARN}elastic-ip/{{id}}",
        tag_type="elastic-ip",
    )
)


def _free_address(session: Session, env: dict[str, Any]) -> None:
    """Free the address of a deleted gateway: AWS does it by itself, moto leaves it and its interface behind."""
    allocation, region = env.get("allocationId"), env["region"]
    if not allocation:
        return
    for address in session.ask("ec2", "describe_addresses", region, AllocationIds=[allocation])["Addresses"]:
        if address.get("AssociationId"):
            session.ask("ec2", "disassociate_address", region, AssociationId=address["AssociationId"])
        if address.get("NetworkInterfaceId"):
            session.ask("ec2", "delete_network_interface", region, NetworkInterfaceId=address["NetworkInterfaceId"])


declare(
    Resource(
        "aws:ec2/natGateway:NatGateway",
        service="ec2",
        create=Call("create_nat_gateway", spread=True),
        answer="NatGateway",
        id="NatGatewayId",
        names={
            "secondaryPrivateIpAddresses": "SecondaryPrivateIpAddresses",
            "privateIp": "PrivateIpAddress",
        },
        read=Read("describe_nat_gateways", {"NatGatewayIds": ["{id}"]}, "NatGateways[?State!='deleted'] | [0]"),
        outputs={
            "allocationId": Path("NatGatewayAddresses[0].AllocationId"),
            "publicIp": Path("NatGatewayAddresses[0].PublicIp"),
            "privateIp": Path("NatGatewayAddresses[0].PrivateIp"),
            "networkInterfaceId": Path("NatGatewayAddresses[0].NetworkInterfaceId"),
        },
        delete=(Call("delete_nat_gateway", {"NatGatewayId": "{id}"}), Do(_free_address)),
        tag_type="natgateway",
    )
)

_ROUTE_NAMES = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "routes.cidrBlock": "DestinationCidrBlock",
    "routes.ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "routes.egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
}
declare(
    Resource(
        "aws:ec2/routeTable:RouteTable",
        service="ec2",
        create=Call("create_route_table", {"VpcId": "{vpcId}"}),
        answer="RouteTable",
        id="RouteTableId",
        names=_ROUTE_NAMES,
        after=(
            Call(
                "create_route",
                {"RouteTableId": "{id}"},
                each="routes",
                spread=True,
                undo=Call("delete_route", {"RouteTableId": "{id}", "DestinationCidrBlock": "{cidrBlock}"}),
            ),
        ),
        read=Read("describe_route_tables", {"RouteTableIds": ["{id}"]}, "RouteTables[0]"),
        outputs={"routes": Path("Routes[?Origin=='CreateRoute' && !starts_with(GatewayId || '', 'vpce-')]")},
        delete=(Call("delete_route_table", {"RouteTableId": "{id}"}),),
        arn=f"{ARN}route-table/{{id}}",
        tag_type="route-table",
        volatile=("routes",),
    )
)


def _find_route(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    tables = session.ask("ec2", "describe_route_tables", env["region"], RouteTableIds=[env["routeTableId"]])[
        "RouteTables"
    ]
    wanted = (env.get("destinationCidrBlock"), env.get("destinationIpv6CidrBlock"))
    for route in tables[0]["Routes"] if tables else []:
        if (route.get("DestinationCidrBlock"), route.get("DestinationIpv6CidrBlock")) == wanted:
            return {**route, "RouteTableId": env["routeTableId"]}
    return None


declare(
    Resource(
        "aws:ec2/route:Route",
        service="ec2",
        create=Call("create_route", spread=True),
        id="r-{routeTableId}-{destinationCidrBlock}",
        names={"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"},
        read=_find_route,
        update=(
            Call(
                "replace_route",
                {"RouteTableId": "{routeTableId}", "DestinationCidrBlock": "{destinationCidrBlock}"},
                spread=True,
            ),
        ),
        delete=(
            Call(
                "delete_route",
                {"RouteTableId": "{routeTableId}", "DestinationCidrBlock": "{destinationCidrBlock}"},
            ),
        ),
        imports=r"r-(?P<routeTableId>rtb-[^-_]+)[-_](?P<destinationCidrBlock>.+)",
    )
)


def _find_association(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    """Return one association of a table: the filter finds the table, which shows all of its associations."""
    filters = [{"Name": "association.route-table-association-id", "Values": [env["id"]]}]
    tables = session.ask("ec2", "describe_route_tables", env["region"], Filters=filters)["RouteTables"]
    every = [association for table in tables for association in table["Associations"]]
    return next((each for each in every if each["RouteTableAssociationId"] == env["id"]), None)


declare(
    Resource(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        service="ec2",
        create=Call("associate_route_table", spread=True),
        id="AssociationId",
        read=_find_association,
        delete=(Call("disassociate_route_table", {"AssociationId": "{id}"}),),
    )
)
