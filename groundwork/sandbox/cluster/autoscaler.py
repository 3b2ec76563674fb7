"""Which pools the cluster-autoscaler may scale, and what it believes a node of each would be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from groundwork.data.instance_types import instance_type
from groundwork.sandbox.cluster import marks
from groundwork.sandbox.cluster.accelerators import hardware
from groundwork.sandbox.cluster.fits import free, selected, untolerated
from groundwork.sandbox.cluster.marks import Object
from groundwork.sandbox.cluster.nodes import architecture, pool_labels
from groundwork.sandbox.cluster.pools import NodePool, discovery_tags
from groundwork.sandbox.cluster.quantity import Resources
from groundwork.sandbox.cluster.world import (
    CONFIG_MAP,
    DAEMON_SET,
    NODE,
    Controller,
    HasIdentity,
    World,
    is_ready,
    working,
)

IMAGE = "cluster-autoscaler"
_DISCOVERY = "asg:tag="
_EXPANDER = "--expander"
_PRIORITIES = "cluster-autoscaler-priority-expander"
_TEMPLATE_TAG = "k8s.io/cluster-autoscaler/node-template/"
_TEMPLATE_PODS = "110"  # its own assumption for a pool without nodes
_TRANSIENT = "node.kubernetes.io/"


@dataclass(frozen=True)
class Autoscaler:
    """An autoscaler that runs and reaches AWS."""

    controller: Controller
    describes_pools: bool
    """Whether it may ask EKS for a node group's labels and taints (`eks:DescribeNodegroup`)."""

    def wanted_tags(self, cluster: str) -> set[str]:
        """Return the tags it looks for, from its arguments; the documented ones where it shows none."""
        for word in self.controller.arguments:
            _, found, tags = word.partition(_DISCOVERY)
            if found:
                return {tag.split("=")[0] for tag in tags.split(",") if tag}
        return set(discovery_tags(cluster))

    def priorities(self, world: World) -> Callable[[NodePool], int]:
        """Return the priority of a group, where it asks them by priority: as its ConfigMap has them, by their names.

        A group of EKS is called `eks-<node group>-<id>`; the highest number comes first, and one without any last.
        """
        words = self.controller.arguments
        # A double shows no arguments: then who put the ConfigMap there has asked for it.
        by_priority = not words or any(
            _EXPANDER in word and "priority" in word.partition("=")[2].split(",") for word in words
        )
        given = world.get(CONFIG_MAP, _PRIORITIES, self.controller.namespace) if by_priority else None
        listed: Mapping[Any, list[str]] = yaml.safe_load((given or {}).get("data", {}).get("priorities") or "{}")
        order = sorted(((int(number), patterns) for number, patterns in listed.items()), reverse=True)

        def priority(pool: NodePool) -> int:
            name = f"eks-{pool.name}-0"
            # Of several that fit, a group has the highest.
            return max((n for n, patterns in order if any(re.search(p, name) for p in patterns)), default=-1)

        return priority if given else lambda pool: 0


def running(world: World, identity: HasIdentity, may_describe: HasIdentity) -> Autoscaler | str:
    """Return the autoscaler, or the sentence that says why nothing adds nodes."""
    found = working(world, IMAGE, "cluster-autoscaler", identity)
    if isinstance(found, str):
        return found
    return Autoscaler(found, bool(may_describe(found.namespace, found.service_account)))


def node_to_be(world: World, pool: NodePool, zone: str, autoscaler: Autoscaler) -> tuple[Object, Resources]:
    """Return the node that it expects from a pool, and what is left on it beside its daemons.

    A pool with a ready node is judged by that node. An empty one is judged as
    `cloudprovider/aws/aws_manager.go` does: the whole instance, its GPUs by instance type, labels and taints
    from EKS if it may ask, with resources in the node group's tags, from the Auto Scaling group's tags in any case.
    """
    alike = [node for node in world.all(NODE) if marks.labels_of(node).get(marks.POOL) == pool.name and is_ready(node)]
    node = _like(alike[0], zone) if alike else _template(pool, zone, autoscaler)
    return node, free(node, _daemons(world, node))


def price(pool: NodePool) -> float:
    """Return the dollars an hour of a node on demand, by which the cheapest pool is chosen."""
    return instance_type(pool.instance_types[0]).usd_per_hour


def _like(node: Object, zone: str) -> Object:
    labels = {**marks.labels_of(node), "topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": "new"}
    taints = [
        taint for taint in (node.get("spec") or {}).get("taints") or () if not taint["key"].startswith(_TRANSIENT)
    ]
    return {
        "metadata": {"name": "new", "labels": labels},
        "spec": {"taints": taints},
        "status": {"allocatable": node["status"]["allocatable"]},
    }


def _template(pool: NodePool, zone: str, autoscaler: Autoscaler) -> Object:
    kind = instance_type(pool.instance_types[0])
    allocatable = {
        "cpu": str(kind.vcpus or 0),
        "memory": f"{int((kind.memory_gib or 0) * 1024)}Mi",
        "pods": _TEMPLATE_PODS,
        **{name: str(count) for name, count in hardware(pool).items() if name == "nvidia.com/gpu"},
        **_from_tags(pool.tags, "resources/"),
        # Of a node group's own tags it reads resources alone, and puts them above those of the group.
        **_from_tags(pool.group_tags if autoscaler.describes_pools else {}, "resources/"),
    }
    generic = {
        "kubernetes.io/arch": architecture(pool),
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": "new",
        "node.kubernetes.io/instance-type": kind.name,
        "topology.kubernetes.io/region": pool.region,
        "topology.kubernetes.io/zone": zone,
    }
    asked = pool_labels(pool, zone) if autoscaler.describes_pools else {}
    taints = [taint.manifest() for taint in pool.taints] if autoscaler.describes_pools else []
    for key, text in _from_tags(pool.tags, "taint/").items():
        value, _, effect = text.partition(":")
        taints.append({"key": key, "value": value, "effect": effect})
    return {
        "metadata": {"name": "new", "labels": generic | asked | _from_tags(pool.tags, "label/")},
        "spec": {"taints": taints},
        "status": {"allocatable": allocatable},
    }


def _from_tags(tags: Mapping[str, str], part: str) -> dict[str, str]:
    prefix = _TEMPLATE_TAG + part
    return {key.removeprefix(prefix): value for key, value in tags.items() if key.startswith(prefix)}


def _daemons(world: World, node: Object) -> Iterable[Object]:
    """Yield a pod of each DaemonSet that would run on the node."""
    for daemon_set in world.all(DAEMON_SET):
        spec = daemon_set["spec"]["template"]["spec"]
        if untolerated(spec, node["spec"]["taints"]) is None and selected(spec, node):
            yield {"spec": spec}
