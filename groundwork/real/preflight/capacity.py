"""Whether the region has the machines, and the account room for addresses and networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from groundwork.data.instance_types import InstanceType, instance_types
from groundwork.real.preflight.answers import Answer, care, good, stop
from groundwork.real.preflight.needs import Machines, Needs
from groundwork.real.preflight.quotas import held, is_own

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
        zones = machines.zones or needs.zones
        for name in machines.types:
            others = [] if there[name] else [other for other in _like(name) if instead[other] & zones][:_MOST]
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


def _where(machines: Machines, name: str, offered: set[str], network: set[str], others: Sequence[str]) -> Answer:
    subject = f"{name} of {machines.pool}"
    zones = machines.zones or network
    both, remedy = sorted(offered & zones), "take another type, or set network.zoneNames to zones that have it"
    if not offered:
        instead = f"take {', '.join(others)}, or another region" if others else "take another type, or another region"
        return stop(subject, "is in no zone of this region", instead)
    if not zones:
        return good(subject, "is in this region")
    if not both and offered & network:
        elsewhere = sorted(offered & network)
        told = f"is in {', '.join(elsewhere)}, and the pool in {', '.join(sorted(zones))} alone"
        return stop(subject, told, f"set its zone: {elsewhere[0]}, or take another type")
    if not both:
        return stop(subject, f"is only in {', '.join(sorted(offered))}, where the network is not", remedy)
    if len(both) < len(zones):
        return care(subject, f"is only in {', '.join(both)} of the network's zones", remedy)
    return good(subject, f"is in every zone of the {'pool' if zones < network else 'network'}")


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
        told = f"{wanted} wanted, {others} are there"
        yield held(session, subject, service, code, told, wanted + others, kind="limit")


def _others(found: Any, environment: str) -> int:
    return sum(not is_own(each, environment) for each in found)
