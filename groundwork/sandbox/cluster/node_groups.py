"""Which nodes to make, change and remove so that each pool is as the program wants it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from groundwork.sandbox.cluster import marks
from groundwork.sandbox.cluster.marks import Object, annotations_of, labels_of
from groundwork.sandbox.cluster.nodes import EXISTING_POOL, NoAddressError, existing_node, pool_node
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool
from groundwork.sandbox.cluster.record import PoolSize
from groundwork.sandbox.cluster.world import NODE, World

OWNED = "groundwork.example/owned"
"""Annotation: the label and taint keys that the pool gave, so that they can be taken back."""


class _Maker(Protocol):
    """Makes the node of an ordinal; `instead_of` is the name that it has already."""

    def __call__(self, ordinal: int, instead_of: str | None = None, /) -> Object: ...


@dataclass(frozen=True)
class NodeChanges:
    """What to do; `problems` says by pool why a node cannot be made."""

    create: list[Object] = field(default_factory=list)
    patch: list[tuple[Object, dict[str, Any]]] = field(default_factory=list)
    remove: list[Object] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def sizes(pools: Sequence[NodePool], before: Mapping[str, PoolSize]) -> dict[str, PoolSize]:
    """Return each pool's size: what an autoscaler made of it, until the program asks for something else."""
    result = {}
    for pool in pools:
        last = before.get(pool.name)
        size = last.size if last and last.asked == pool.desired else pool.desired
        result[pool.name] = PoolSize(pool.desired, min(max(size, pool.minimum), pool.maximum))
    return result


def changes(
    world: World,
    pools: Sequence[NodePool] | None,
    wanted: Mapping[str, PoolSize],
    existing: ExistingCluster | None,
    doomed: Collection[str] = (),
) -> NodeChanges:
    """Return what makes the nodes right.

    Args:
        world: what is there.
        pools: the node groups, none with a `fault`; None: not known yet, so theirs are left alone.
        wanted: their sizes.
        existing: an existing cluster's machines; None: there are none, or it is not known whether.
        doomed: nodes that are on their way out already.
    """
    result = NodeChanges()
    by_pool: dict[str, list[Object]] = {}
    for node in world.all(NODE):
        if marks.is_simulated(node):
            by_pool.setdefault(labels_of(node).get(marks.POOL, ""), []).append(node)
    taken = {node["metadata"]["name"] for node in world.all(NODE)}

    def make(pool: NodePool) -> _Maker:
        def one(ordinal: int, instead_of: str | None = None) -> Object:
            node = _owned(pool_node(pool, ordinal, taken - {instead_of}), pool)
            taken.add(instead_of or node["metadata"]["name"])
            return node

        return one

    for pool in pools or ():
        present = by_pool.pop(pool.name, [])
        try:
            _balance(result, present, wanted[pool.name].size, make(pool), doomed)
        except NoAddressError as error:
            result.problems[pool.name] = str(error)
    machines = by_pool.pop(EXISTING_POOL, [])
    if existing is not None:
        spec = existing
        _balance(result, machines, spec.nodes, lambda ordinal, _=None: existing_node(spec, ordinal), doomed)
    elif pools is not None:
        result.remove.extend(machines)
    if pools is not None:
        result.remove.extend(node for nodes in by_pool.values() for node in nodes)
    return result


def _balance(result: NodeChanges, present: Iterable[Object], size: int, make: _Maker, doomed: Collection[str]) -> None:
    nodes = sorted(present, key=_ordinal)
    numbers = {_ordinal(node) for node in nodes}
    staying: list[Object] = []
    for node in nodes:
        if marks.leaving(node) or node["metadata"]["name"] in doomed:
            continue
        desired = make(_ordinal(node), node["metadata"]["name"])
        of_that_shape = annotations_of(desired).get(marks.SHAPE) == annotations_of(node).get(marks.SHAPE)
        if len(staying) == size or not of_that_shape:
            result.remove.append(node)
            continue
        staying.append(node)
        if patch := _drift(node, desired):
            result.patch.append((node, patch))
    free = (number for number in range(size + len(numbers)) if number not in numbers)
    for _ in range(size - len(staying)):
        result.create.append(make(next(free)))


def _drift(node: Object, desired: Object) -> dict[str, Any]:
    """Return the merge patch that gives a running node its pool's labels and taints."""
    before = json.loads(annotations_of(node).get(OWNED, '{"labels": [], "taints": []}'))
    now = json.loads(annotations_of(desired).get(OWNED, '{"labels": [], "taints": []}'))
    own_name = "kubernetes.io/hostname"
    wanted = {key: value for key, value in labels_of(desired).items() if key != own_name}
    labels: dict[str, str | None] = dict.fromkeys(set(before["labels"]) - set(wanted))
    labels |= {key: value for key, value in wanted.items() if labels_of(node).get(key) != value}
    have = (node.get("spec") or {}).get("taints") or []
    foreign = [taint for taint in have if taint["key"] not in before["taints"]]
    taints = [*((desired.get("spec") or {}).get("taints") or []), *foreign]
    patch: dict[str, Any] = {}
    if labels:
        patch["metadata"] = {"labels": labels}
    if sorted(map(str, map(_plain, taints))) != sorted(map(str, map(_plain, have))):
        patch["spec"] = {"taints": taints}
    if patch or before != now:
        patch.setdefault("metadata", {})["annotations"] = {OWNED: json.dumps(now)}
    return patch


def _owned(node: Object, pool: NodePool) -> Object:
    keys = {"labels": sorted(pool.labels), "taints": sorted(taint.key for taint in pool.taints)}
    node["metadata"]["annotations"][OWNED] = json.dumps(keys)
    return node


def _plain(taint: Mapping[str, Any]) -> tuple[str, str, str]:
    return taint["key"], taint.get("value") or "", taint["effect"]


def _ordinal(node: Object) -> int:
    return int(labels_of(node).get(marks.ORDINAL, "0"))
