"""Where what a stack file describes may land, with everything that is wrong with what it says."""

from __future__ import annotations

from dataclasses import replace

from groundwork.core.contracts import Adapters, NodePool, NodePools, Placement
from groundwork.core.errors import closest


def place(where: str, *, pool: str | None, gpus: int, pools: NodePools | None, problems: list[str]) -> Placement | None:
    """Return the placement on a pool with so many GPUs, None for anywhere.

    Args:
        where: path of the keys `pool` and `gpus` in the stack file.
        pools: of the cluster, None where the stack knows of none.
        problems: gets a sentence for what is wrong.
    """
    known = {found.name: found for found in pools.all} if pools else {}
    if pool is None:
        if gpus:
            problems.append(f"{where}.gpus: {gpus}, but no pool: say which pool has them")
    elif pools is None:
        problems.append(f"{where}.pool: {pool!r}, but this stack has no pools; leave it out")
    elif pool not in known:
        problems.append(f"{where}.pool: no pool {pool!r}; {closest(pool, known)}")
    elif gpus > known[pool].requestable:
        problems.append(f"{where}.gpus: {gpus}, but {known[pool].room}")
    else:
        return known[pool].placement(gpus)
    return None


def joined(placement: Placement, pool: NodePool, gpus: int, adapters: Adapters | None) -> Placement:
    """Return a placement that asks for the pool's network adapters too, where it has some and pods can ask for them.

    Args:
        gpus: of the pod: with half of a node's it gets half of the adapters.
    """
    share = pool.adapters * gpus // pool.accelerators if pool.accelerators else pool.adapters
    if adapters is None or not share:
        return placement
    return replace(placement, resources={**placement.resources, adapters.resource: str(share)})
