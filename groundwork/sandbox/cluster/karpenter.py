"""What Karpenter would make nodes of: its NodePools, the EC2NodeClass of each, and what these name in AWS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwork.data.efa import efa_interfaces
from groundwork.data.instance_types import InstanceType, UnknownInstanceTypeError, instance_type
from groundwork.sandbox.cluster.accelerators import EFA, hardware
from groundwork.sandbox.cluster.capacity import of_pool
from groundwork.sandbox.cluster.fits import free, selected, untolerated
from groundwork.sandbox.cluster.marks import Object, leaving
from groundwork.sandbox.cluster.nodes import pool_labels
from groundwork.sandbox.cluster.pools import CapacityType, NodePool, PoolSubnet, Taint
from groundwork.sandbox.cluster.quantity import Resources
from groundwork.sandbox.cluster.soundness import fault
from groundwork.sandbox.cluster.world import DAEMON_SET, Controller, HasIdentity, Kind, World, working

IMAGE = "karpenter/controller"
NODE_POOL = Kind("karpenter.sh/v1", "NodePool")
NODE_CLASS = Kind("karpenter.k8s.aws/v1", "EC2NodeClass")

_TYPE, _CAPACITY = "node.kubernetes.io/instance-type", "karpenter.sh/capacity-type"
_DURATION = re.compile(r"(\d+)([hms])")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_DEFAULT_DISK, _UNLIMITED = 20, 1000
_ARCHITECTURES = {"x86_64": "x86_64", "arm64": "ARM_64"}


@dataclass(frozen=True)
class Subnet:
    """A subnet as an EC2NodeClass selects it."""

    id: str
    place: PoolSubnet
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """What is in AWS for Karpenter to find.

    Attributes:
        cluster: the EKS cluster's name.
        profiles: instance profile -> ARN of its role.
        admitted: ARNs of roles whose nodes the cluster lets in: by an access entry of the type EC2_LINUX.
    """

    cluster: str = ""
    region: str = ""
    subnets: tuple[Subnet, ...] = ()
    profiles: Mapping[str, str] = field(default_factory=dict)
    admitted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Karpenter:
    """A controller that runs and reaches AWS."""

    controller: Controller

    def node_to_be(self, world: World, pool: NodePool, zone: str) -> tuple[Object, Resources]:
        """Return the node that it would make, and what is left on it beside its daemons.

        It knows the devices of each instance type, and what the kubelet keeps; what shares a device it does not know.
        """
        machine = instance_type(pool.instance_types[0])
        devices = {**hardware(pool), EFA: efa_interfaces(machine)}
        allocatable = {
            **of_pool(pool).allocatable(),
            **{name: str(count) for name, count in devices.items() if count},
        }
        taints = [taint.manifest() for taint in pool.taints]
        node: Object = {
            "metadata": {"name": "new", "labels": {**pool_labels(pool, zone), "kubernetes.io/hostname": "new"}},
            "spec": {"taints": taints},
            "status": {"allocatable": allocatable},
        }
        daemons = [
            {"spec": spec}
            for daemon_set in world.all(DAEMON_SET)
            for spec in [daemon_set["spec"]["template"]["spec"]]
            if untolerated(spec, taints) is None and selected(spec, node)
        ]
        return node, free(node, daemons)


def running(world: World, identity: HasIdentity) -> Karpenter | str:
    """Return Karpenter, or the sentence that says why it makes no node."""
    found = working(world, IMAGE, "Karpenter", identity)
    return found if isinstance(found, str) else Karpenter(found)


def pools_of(world: World, ground: Ground) -> list[tuple[NodePool, str]]:
    """Return the NodePools, each with the reason why it can have no node, empty where it can."""
    classes = {each["metadata"]["name"]: each["spec"] for each in world.all(NODE_CLASS)}
    return [_pool(each, classes, ground) for each in world.all(NODE_POOL) if not leaving(each)]


def _pool(node_pool: Object, classes: Mapping[str, Mapping[str, Any]], ground: Ground) -> tuple[NodePool, str]:
    name, spec = node_pool["metadata"]["name"], node_pool["spec"]
    template = spec["template"]["spec"]
    needs = {each["key"]: each.get("values") or [] for each in template["requirements"] if each["operator"] == "In"}
    class_name = template["nodeClassRef"]["name"]
    node_class = classes.get(class_name)
    machines = _machines(needs.get(_TYPE, ()))
    subnets = _subnets(node_class or {}, ground)
    pool = NodePool(
        name=name,
        cluster=ground.cluster,
        region=ground.region,
        instance_types=tuple(machine.name for machine in machines),
        subnets=subnets,
        desired=0,
        minimum=0,
        maximum=int(spec.get("limits", {}).get("nodes", _UNLIMITED)),
        capacity_type=_capacity_type(needs.get(_CAPACITY, ())),
        ami_type=_ami_type(node_class or {}, machines),
        labels=(spec["template"].get("metadata") or {}).get("labels") or {},
        taints=tuple(
            Taint(taint["key"], taint["effect"], taint.get("value", "")) for taint in template.get("taints") or ()
        ),
        disk_gib=_disk(node_class or {}),
        # Without a word of its EC2NodeClass it counts single addresses, also where the VPC CNI gives prefixes.
        max_pods=((node_class or {}).get("kubelet") or {}).get("maxPods"),
        provisioner=class_name,
        # It makes them where a pod asks for some: a pod that asks finds as many as there can be.
        efa=efa_interfaces(machines[0]) if machines else 0,
        idle_seconds=_seconds((spec.get("disruption") or {}).get("consolidateAfter", "Never")),
    )
    return pool, _why_none(class_name, node_class, needs, machines, ground) or fault(pool)


def _why_none(
    class_name: str,
    node_class: Mapping[str, Any] | None,
    needs: Mapping[str, Any],
    machines: Iterable[InstanceType],
    ground: Ground,
) -> str:
    if node_class is None:
        return f"its EC2NodeClass {class_name!r} is not there"
    if not needs.get(_TYPE):
        return f"it names no {_TYPE}: the simulation knows no other way to choose"
    if not list(machines):
        return f"of its instance types none is known: {', '.join(needs[_TYPE])}"
    profile = node_class.get("instanceProfile", "")
    role = ground.profiles.get(profile)
    if role is None:
        return f"EC2NodeClass {class_name!r}: there is no instance profile {profile!r}"
    if role not in ground.admitted:
        return f"its nodes cannot join: the cluster has no access entry of the type EC2_LINUX for {role}"
    return ""


def _machines(names: Iterable[str]) -> list[InstanceType]:
    """Return the types that are known, the cheapest first: that is the one which Karpenter asks for first."""
    found = []
    for name in names:
        try:
            found.append(instance_type(name))
        except UnknownInstanceTypeError:
            continue
    return sorted(found, key=lambda machine: (machine.usd_per_hour, machine.name))


def _subnets(node_class: Mapping[str, Any], ground: Ground) -> tuple[PoolSubnet, ...]:
    def chosen(subnet: Subnet) -> bool:
        return any(
            term.get("id") == subnet.id
            or ("tags" in term and all(value in ("*", subnet.tags.get(key)) for key, value in term["tags"].items()))
            for term in node_class.get("subnetSelectorTerms") or ()
        )

    return tuple(sorted((subnet.place for subnet in ground.subnets if chosen(subnet)), key=lambda place: place.zone))


def _capacity_type(values: Iterable[str]) -> CapacityType:
    return "SPOT" if "spot" in values else "ON_DEMAND"


def _ami_type(node_class: Mapping[str, Any], machines: list[InstanceType]) -> str:
    """Return EKS's word for the image that an alias stands for: Karpenter takes the variant that fits the machine."""
    aliases = [term.get("alias", "") for term in node_class.get("amiSelectorTerms") or ()]
    if not machines or not any(alias.startswith("al2023@") for alias in aliases):
        return "CUSTOM"
    accelerator = machines[0].accelerator
    variant = "STANDARD" if accelerator is None else {"nvidia": "NVIDIA", "aws": "NEURON"}[accelerator.vendor]
    return f"AL2023_{_ARCHITECTURES.get(machines[0].architecture or '', 'x86_64')}_{variant}"


def _disk(node_class: Mapping[str, Any]) -> int:
    for mapping in node_class.get("blockDeviceMappings") or ():
        size = str((mapping.get("ebs") or {}).get("volumeSize", ""))
        if size.endswith("Gi"):
            return int(size[:-2])
    return _DEFAULT_DISK


def _seconds(duration: str) -> float | None:
    """Return a duration such as 1h30m in seconds, None for Never."""
    if duration == "Never":
        return None
    return float(sum(int(amount) * _SECONDS[unit] for amount, unit in _DURATION.findall(duration)))
