"""Networks that stacks take for granted: somebody else made them on AWS, and here the sandbox does, at its start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from groundwork.core.stacks import StackFile

_COMPONENT = "existing-network"


def existing_networks(stacks: list[StackFile]) -> Iterator[dict[str, Any]]:
    """Yield each network that these stacks name: region, id, blocks of addresses and subnets.

    One that is described wrongly is left out: composing tells that.
    """
    from pydantic import ValidationError

    from groundwork.core.registry import discover

    for stack in stacks:
        for instance, given in stack.components.items():
            if given.get("component", instance) == _COMPONENT:
                raw = {key: value for key, value in given.items() if key not in ("component", "use")}
                try:
                    config: Any = discover()[_COMPONENT].config.load(raw, stack.profile)
                except ValidationError:
                    continue
                yield {"region": stack.region, **config.facts}


def seed_network(account_id: str, network: Mapping[str, Any]) -> None:
    """Make a network in moto under the very ids that its owner's has: the API itself lets nobody choose them."""
    from moto.ec2.models import ec2_backends

    backend = ec2_backends[account_id][network["region"]]
    with patch("moto.ec2.models.vpcs.random_vpc_id", lambda: network["id"]):
        backend.create_vpc(network["blocks"][0])
    for block in network["blocks"][1:]:
        backend.associate_vpc_cidr_block(network["id"], block, False)
    for subnet in network["subnets"]:
        with patch("moto.ec2.models.subnets.random_subnet_id", lambda id=subnet["id"]: id):
            backend.create_subnet(network["id"], subnet["cidr"], availability_zone=subnet["zone"])
