"""Whether the capacity that pools are to be taken from is theirs to take: reservations, blocks, and spot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from groundwork.real.aws import code_of
from groundwork.real.preflight.answers import Answer, care, good, stop
from groundwork.real.preflight.needs import Machines, Needs

if TYPE_CHECKING:
    import boto3

_NOT_YET = ("scheduled", "assessing", "payment-pending", "pending", "delayed")
_NONE = ("InvalidCapacityReservationId.NotFound", "InvalidCapacityReservationId.Malformed")
_SPOT_ROLE = "AWSServiceRoleForEC2Spot"


def reservations(session: boto3.Session, needs: Needs) -> Iterator[Answer]:
    """Ask for each capacity reservation whether it is what its pool takes it for."""
    ec2: Any = session.client("ec2")
    for machines in needs.machines:
        if machines.reservation is None:
            continue
        subject = f"{machines.reservation} of {machines.pool}"
        try:
            found = ec2.describe_capacity_reservations(CapacityReservationIds=[machines.reservation])
        except ClientError as error:
            if code_of(error) not in _NONE:
                raise
            yield stop(subject, "is not there, or is not shared with you", "name a reservation of this region")
            continue
        for reservation in found["CapacityReservations"]:
            wrong = list(_differences(reservation, machines))
            yield from (stop(subject, told, remedy) for told, remedy in wrong)
            if not wrong:
                yield _begun(subject, reservation, machines)


def _differences(reservation: dict[str, Any], machines: Machines) -> Iterator[tuple[str, str]]:
    """Return what of a reservation is not as its pool has it, and what to set."""
    state, kind = reservation["State"], reservation["InstanceType"]
    if state not in ("active", *_NOT_YET):
        yield f"is {state}", "name another one, or leave it out"
    if machines.types != (kind,):
        yield f"is for {kind}, and the pool is of {', '.join(machines.types)}", f"set instanceTypes: [{kind}]"
    zone = reservation["AvailabilityZone"]
    if machines.zones and machines.zones != {zone}:
        yield f"is in {zone}, and the pool in {', '.join(sorted(machines.zones))}", f"set reservation.zone: {zone}"
    count = reservation["TotalInstanceCount"]
    if count < machines.most and not machines.beyond:
        yield f"has {count}, and max is {machines.most}", f"set max: {count}, or let it have more"
    block = reservation.get("ReservationType") == "capacity-block"
    if block and not machines.block:
        yield "is a capacity block", f'set reservation.blockEnds: "{reservation["EndDate"]:%Y-%m-%dT%H:%M:%SZ}"'
    if machines.block and not block:
        yield "is no capacity block", "leave reservation.blockEnds out"
    group = str(reservation.get("PlacementGroupArn") or "").rpartition("/")[2] or None
    if group != machines.placement_group:
        made = f"was made in the placement group {group}" if group else "was made in no placement group"
        remedy = f"set reservation.placementGroup: {group}" if group else "leave reservation.placementGroup out"
        yield f"{made}, and its machines are given only to who asks for the same", remedy


def _begun(subject: str, reservation: dict[str, Any], machines: Machines) -> Answer:
    if reservation["State"] == "active":
        return good(subject, f"is there, with {reservation['TotalInstanceCount']} {reservation['InstanceType']}")
    begins = reservation.get("StartDate")
    told = f"is {reservation['State']}{f', and begins on {begins:%Y-%m-%d %H:%M} UTC' if begins else ''}"
    if machines.least:
        return stop(subject, f"{told}; until then EKS fails to make a node", "set min: 0")
    return care(subject, told, "nodes come when it has begun")


def spot_role(session: boto3.Session, needs: Needs) -> Iterator[Answer]:
    """Ask for the role by which EC2 hands out spot capacity: node groups make it themselves, Karpenter may not.

    https://karpenter.sh/v1.14/getting-started/getting-started-with-karpenter/#3-create-a-cluster
    """
    pools = sorted(each.pool for each in needs.machines if each.by_karpenter and "spot" in each.markets)
    if not pools:
        return
    subject = f"spot for {', '.join(pools)}"
    try:
        session.client("iam").get_role(RoleName=_SPOT_ROLE)
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
        yield stop(
            subject,
            f"this account has never had any: the role {_SPOT_ROLE} is not there, and Karpenter may not make it",
            "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
        )
    else:
        yield good(subject, f"the role {_SPOT_ROLE} is there")
