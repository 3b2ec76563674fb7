"""Machines of a pool that are reserved: what a stack file says of it, and what cannot be."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, PositiveInt

from groundwork.core.config import Config
from groundwork.core.forms import Form


class ReservationSettings(Config):
    """A capacity reservation of EC2, made before. What it is for stands here too, so that it can be checked offline."""

    id: Annotated[str, Form(r"cr-[0-9a-z]+", "the id of a reservation", "cr-0123456789abcdef0")] = Field(
        description="such as cr-0123456789abcdef0"
    )
    zone: str = Field(description="the zone that it is in, such as eu-west-1a: nodes are made there alone")
    instance_type: str = Field(description="the type that is reserved")
    count: PositiveInt = Field(description="how many instances are reserved")
    block_ends: datetime.datetime | None = Field(
        default=None,
        description='for a capacity block: when it ends, as "2027-01-31T11:30:00Z"; EC2 begins to end its nodes half '
        "an hour before, and EKS updates a node group of one only while it has no node",
    )
    placement_group: str | None = Field(
        default=None,
        description="the name of the cluster placement group that it was made in, if any: its machines are given only "
        "to who asks for the same",
    )

    @property
    def is_block(self) -> bool:
        """Whether it is a capacity block: paid for in advance, and over at a fixed time."""
        return self.block_ends is not None


def problems(
    reservation: ReservationSettings,
    *,
    instance_types: Sequence[str],
    maximum: int | None,
    spot: bool,
    now: datetime.datetime,
) -> list[str]:
    """Return a sentence for each thing that cannot be.

    Args:
        instance_types: of the pool; none where they follow from an accelerator that is wrong itself.
        spot: whether the pool is of spot capacity, with fall-back or without.
    """
    what = "a capacity block" if reservation.is_block else "a capacity reservation"
    found = []
    if spot:
        found.append(f"capacity is spot, and {reservation.id} is {what}: leave one of the two out")
    if instance_types and tuple(instance_types) != (reservation.instance_type,):
        found.append(
            f"reservation.instanceType: {reservation.id} is for {reservation.instance_type}, and the pool is of "
            f"{', '.join(instance_types)}: set instanceTypes: [{reservation.instance_type}]"
        )
    if maximum is not None and maximum > reservation.count and reservation.is_block:
        found.append(f"max is {maximum}, and {reservation.id} has {reservation.count}: a capacity block has no more")
    if reservation.is_block and reservation.placement_group is not None:
        found.append(
            f"reservation.placementGroup: {reservation.id} is a capacity block, whose machines are close together by "
            "themselves: leave it out"
        )
    if reservation.block_ends is not None:
        if reservation.block_ends.tzinfo is None:
            found.append('reservation.blockEnds: say the time zone too, such as "2027-01-31T11:30:00Z"')
        elif reservation.block_ends <= now:
            found.append(
                f"reservation.blockEnds: {reservation.id} ended on {reservation.block_ends:%Y-%m-%d %H:%M}: name "
                "another one, or leave the pool out"
            )
    return found


def group_problem(reservation: ReservationSettings, maximum: int) -> str | None:
    """Return a sentence where a node group could not grow as far as it may: what targets a reservation has no other.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-launch.html
    """
    # Of a block that is told with the rest, whoever makes the nodes.
    if reservation.is_block or maximum <= reservation.count:
        return None
    return (
        f"max is {maximum}, and {reservation.id} has {reservation.count}: a node group takes machines from there "
        f"alone; set max: {reservation.count}, and let others come on demand in a pool of their own"
    )


def zone_problem(reservation: ReservationSettings, zones: Sequence[str]) -> str | None:
    """Return a sentence where the network is not in the zone of the reservation."""
    if reservation.zone in zones:
        return None
    return (
        f"reservation.zone: {reservation.id} is in {reservation.zone}, and the network in {', '.join(zones)}: no node "
        "could be there"
    )
