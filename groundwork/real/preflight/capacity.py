"""Whether the account may have, and the region has, the machines, addresses and networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from groundwork.core.environment import ENVIRONMENT_TAG
from groundwork.data.instance_types import InstanceType, instance_types
from groundwork.real.aws import code_of
from groundwork.real.preflight.answers import Answer, care, good, stop
from groundwork.real.preflight.needs import Machines, Needs, Quota, quota_of, vcpus, vcpus_of

if TYPE_CHECKING:
    import boto3

# Of types that could stand for one that a region lacks: how many are asked about, and told.
_ASKED, _MOST = 20, 3


def machine_types(session: boto3.Session, needs: Needs) -> Iterator[Answer]:
    """Ask whether each type is in a zone of the network."""
    names = sorted({name for machines in needs.machines for name in machines.types})
    if not names:
        return
    there = _offered(session, names)
    missing = {other for name in names if not there[name] for other in _like(name)}
    instead = _offered(session, sorted(missing)) if missing else {}
    for machines in needs.machines:
        for name in machines.types:
            others = [] if there[name] else [other for other in _like(name) if instead[other] & needs.zones][:_MOST]
            yield _where(machines, name, there[name], needs.zones, others)


def _offered(session: boto3.Session, names: Sequence[str]) -> dict[str, set[str]]:
    """Return in which zones of the region each type is."""
    pages = (
        session.client("ec2")
        .get_paginator("describe_instance_type_offerings")
        .paginate(LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": list(names)}])
    )
    there: dict[str, set[str]] = defaultdict(set)
    for page in pages:
        for offer in page["InstanceTypeOfferings"]:
            there[offer["InstanceType"]].add(offer["Location"])
    return there


def _like(name: str) -> list[str]:
    """Return types that could be there in its place, the cheapest first: with as many accelerators, or of its size."""
    machine = instance_types().get(name)
    if machine is None:
        return []
    alike = [
        other
        for other in instance_types().values()
        if other.name != name
        and other.devices == machine.devices
        and other.architecture == machine.architecture
        and (_kind(other) == _kind(machine) if machine.devices else _size(other) == _size(machine))
    ]
    return [other.name for other in sorted(alike, key=lambda each: (each.usd_per_hour, each.name))][:_ASKED]


def _size(machine: InstanceType) -> tuple[object, ...]:
    # Those that are fast for a while only (t2, t3) are no match for those that always are.
    return machine.vcpus, machine.memory_gib, machine.name[0] == "t"


def _kind(machine: InstanceType) -> str | None:
    return machine.accelerator.name if machine.accelerator else None


def _where(machines: Machines, name: str, offered: set[str], zones: set[str], others: Sequence[str]) -> Answer:
    subject = f"{name} of {machines.pool}"
    both, remedy = sorted(offered & zones), "take another type, or set network.zoneNames to zones that have it"
    if not offered:
        instead = f"take {', '.join(others)}, or another region" if others else "take another type, or another region"
        return stop(subject, "is in no zone of this region", instead)
    if not both:
        return stop(subject, f"is only in {', '.join(sorted(offered))}, where the network is not", remedy)
    if len(both) < len(zones):
        return care(subject, f"is only in {', '.join(both)} of the network's zones", remedy)
    return good(subject, "is in every zone of the network")


def vcpu_quotas(session: boto3.Session, needs: Needs, environment: str) -> Iterator[Answer]:
    """Compare the vCPUs of all pools at their largest, and of what else runs, with the quotas."""
    asked: dict[Quota, list[Machines]] = defaultdict(list)
    for machines in needs.machines:
        quota = quota_of(machines.types[0], spot=machines.spot)
        if quota is not None:
            asked[quota].append(machines)
    used = _used_by_others(session, environment) if asked else {}
    for quota, pools in asked.items():
        wanted, others = sum(map(vcpus, pools)), used.get(quota, 0)
        allowed = _quota(session, "ec2", quota.code)
        told = f"{wanted} vCPUs for {', '.join(sorted(pool.pool for pool in pools))}, {others} in use by others"
        if allowed is None:
            yield care(quota.words, f"{told}; the quota cannot be read", "let your role read servicequotas")
        elif wanted + others > allowed:
            command = (
                "aws service-quotas request-service-quota-increase --service-code ec2 "
                f"--quota-code {quota.code} --desired-value {wanted + others}"
            )
            yield stop(quota.words, f"{told}: the quota is {allowed:.0f}", f"{command}; or lower max")
        else:
            yield good(quota.words, f"{told}; the quota is {allowed:.0f}")


def _used_by_others(session: boto3.Session, environment: str) -> dict[Quota, int]:
    used: dict[Quota, int] = defaultdict(int)
    running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    paginator: Any = session.client("ec2").get_paginator("describe_instances")
    for page in paginator.paginate(Filters=running):
        for instance in (i for reservation in page["Reservations"] for i in reservation["Instances"]):
            quota = quota_of(instance["InstanceType"], spot=instance.get("InstanceLifecycle") == "spot")
            if quota is not None and not _is_own(instance, environment):
                used[quota] += vcpus_of(instance["InstanceType"])
    return used


def addresses_and_networks(session: boto3.Session, needs: Needs, environment: str) -> Iterator[Answer]:
    """Compare elastic addresses and VPCs with the region's limits."""
    ec2 = session.client("ec2")
    addresses = _others(ec2.describe_addresses()["Addresses"], environment)
    networks = _others(ec2.describe_vpcs()["Vpcs"], environment)
    for subject, wanted, others, service, code in (
        ("elastic addresses", needs.addresses, addresses, "ec2", "L-0263D0A3"),
        ("VPCs", needs.networks, networks, "vpc", "L-F678F1CE"),
    ):
        if not wanted:
            continue
        allowed = _quota(session, service, code)
        told = f"{wanted} wanted, {others} are there"
        if allowed is None:
            yield care(subject, f"{told}; the limit cannot be read", "let your role read servicequotas")
        elif wanted + others > allowed:
            command = (
                f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} "
                f"--desired-value {wanted + others}"
            )
            yield stop(subject, f"{told}: the limit is {allowed:.0f}", command)
        else:
            yield good(subject, f"{told}; the limit is {allowed:.0f}")


def _others(found: Any, environment: str) -> int:
    return sum(not _is_own(each, environment) for each in found)


def _is_own(thing: Any, environment: str) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in thing.get("Tags") or ()}
    return tags.get(ENVIRONMENT_TAG) == environment


def _quota(session: boto3.Session, service: str, code: str) -> float | None:
    try:
        return float(
            session.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
        )
    except ClientError as error:
        if code_of(error) in ("AccessDeniedException", "NoSuchResourceException"):
            return None
        raise
