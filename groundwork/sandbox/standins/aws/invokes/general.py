"""Who and where the provider is."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.invokes.registry import filters, function
from groundwork.sandbox.standins.aws.session import Session

_SUFFIXES = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}


@function("index/getCallerIdentity")
def caller_identity(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the account and the identity of the caller."""
    answer = session.ask("sts", "get_caller_identity")
    return {
        "id": session.account,
        "accountId": session.account,
        "arn": answer["Arn"],
        "userId": answer["UserId"],
    }


@function("index/getRegion")
def region(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the region of the provider, or the one that is asked for."""
    name = arguments.get("region") or arguments.get("name") or session.region
    endpoint = f"ec2.{name}.{_SUFFIXES[session.partition]}"
    return {"id": name, "region": name, "name": name, "description": name, "endpoint": endpoint}


@function("index/getPartition")
def partition(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the partition of the provider's region."""
    suffix = _SUFFIXES[session.partition]
    reverse = ".".join(reversed(suffix.split(".")))
    name = session.partition
    return {"id": name, "partition": name, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


@function("index/getAvailabilityZones")
def availability_zones(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the zones of a region, by state and filters, without excluded ones."""
    place = arguments.get("region") or session.region
    wanted = filters(arguments)
    if arguments.get("state"):
        wanted.append({"Name": "state", "Values": [arguments["state"]]})
    answer = session.ask("ec2", "describe_availability_zones", place, Filters=wanted)
    zones = [
        zone
        for zone in answer["AvailabilityZones"]
        if zone["ZoneName"] not in (arguments.get("excludeNames") or [])
        and zone["ZoneId"] not in (arguments.get("excludeZoneIds") or [])
    ]
    zones.sort(key=lambda zone: str(zone["ZoneName"]))
    return {
        "id": place,
        "region": place,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({str(zone.get("GroupName") or place) for zone in zones}),
    }


@function("index/getDefaultTags")
def default_tags(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the default tags of the provider."""
    return {"id": session.partition, "tags": session.default_tags}


@function("index/getServicePrincipal")
def service_principal(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the principal of a service."""
    service, place = arguments["serviceName"], arguments.get("region") or session.region
    return {
        "id": f"{service}.{place}.amazonaws.com",
        "name": f"{service}.amazonaws.com",
        "region": place,
        "serviceName": service,
        "suffix": "amazonaws.com",
    }
