"""Lookups of EC2."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.invokes.registry import filters, function
from groundwork.sandbox.standins.aws.session import ApiError, Session


@function("ec2/getInstanceTypeOfferings")
def instance_type_offerings(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer which instance types a place offers."""
    kind, place = arguments.get("locationType") or "region", arguments.get("region")
    answer = session.ask(
        "ec2",
        "describe_instance_type_offerings",
        place,
        LocationType=kind,
        Filters=filters(arguments),
    )["InstanceTypeOfferings"]
    return {
        "id": place or session.region,
        "instanceTypes": [item["InstanceType"] for item in answer],
        "locationTypes": [item["LocationType"] for item in answer],
        "locations": [item["Location"] for item in answer],
    }


@function("ec2/getInstanceType")
def instance_type(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the shape of an instance type."""
    name = arguments["instanceType"]
    found = session.ask("ec2", "describe_instance_types", arguments.get("region"), InstanceTypes=[name])[
        "InstanceTypes"
    ]
    if not found:
        raise ApiError(f"no EC2 instance type {name!r}")
    shape = found[0]
    gpus = (shape.get("GpuInfo") or {}).get("Gpus") or []
    return {
        "id": name,
        "currentGeneration": shape.get("CurrentGeneration"),
        "defaultVcpus": shape["VCpuInfo"]["DefaultVCpus"],
        "defaultCores": shape["VCpuInfo"].get("DefaultCores"),
        "memorySize": shape["MemoryInfo"]["SizeInMiB"],
        "supportedArchitectures": shape["ProcessorInfo"]["SupportedArchitectures"],
        "supportedUsagesClasses": shape.get("SupportedUsageClasses") or [],
        "gpuses": [
            {
                "count": gpu.get("Count"),
                "manufacturer": gpu.get("Manufacturer"),
                "memorySize": (gpu.get("MemoryInfo") or {}).get("SizeInMiB"),
                "name": gpu.get("Name"),
            }
            for gpu in gpus
        ],
    }


@function("ec2/getVpc")
def vpc(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Look one VPC up by id, CIDR block, tags or filters."""
    wanted = filters(arguments)
    if arguments.get("cidrBlock"):
        wanted.append({"Name": "cidr", "Values": [arguments["cidrBlock"]]})
    if arguments.get("default") is not None:
        wanted.append({"Name": "isDefault", "Values": [str(arguments["default"]).lower()]})
    ids = {"VpcIds": [arguments["id"]]} if arguments.get("id") else {}
    found = session.ask("ec2", "describe_vpcs", arguments.get("region"), Filters=wanted, **ids)["Vpcs"]
    if len(found) != 1:
        what = "no matching EC2 VPC found" if not found else f"{len(found)} EC2 VPCs match; narrow the search"
        raise ApiError(what)
    one = found[0]
    arn = f"arn:{session.partition}:ec2:{session.region}:{session.account}:vpc/{one['VpcId']}"
    return {
        "id": one["VpcId"],
        "arn": arn,
        "cidrBlock": one["CidrBlock"],
        "default": one.get("IsDefault", False),
        "instanceTenancy": one.get("InstanceTenancy"),
        "state": one.get("State"),
        "tags": {tag["Key"]: tag["Value"] for tag in one.get("Tags") or []},
    }


@function("ec2/getSubnets")
def subnets(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Look the ids of subnets up by tags or filters."""
    answer = session.ask("ec2", "describe_subnets", arguments.get("region"), Filters=filters(arguments))["Subnets"]
    return {"id": session.region, "ids": sorted(item["SubnetId"] for item in answer)}


@function("ec2/getAmi")
def image(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Look an image up by owner, name and filters; the newest, if `mostRecent` says so."""
    owners = {"Owners": arguments["owners"]} if arguments.get("owners") else {}
    found = session.ask("ec2", "describe_images", arguments.get("region"), Filters=filters(arguments), **owners)[
        "Images"
    ]
    if not found:
        raise ApiError("your query returned no results: change the search of the image")
    if len(found) > 1 and not arguments.get("mostRecent"):
        raise ApiError(f"your query returned {len(found)} images: narrow it, or set mostRecent")
    newest = max(found, key=lambda item: str(item.get("CreationDate", "")))
    return {
        "id": newest["ImageId"],
        "imageId": newest["ImageId"],
        "name": newest.get("Name"),
        "architecture": newest.get("Architecture"),
        "creationDate": newest.get("CreationDate"),
        "ownerId": newest.get("OwnerId"),
        "rootDeviceName": newest.get("RootDeviceName"),
    }
