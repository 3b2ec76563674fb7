"""The Node objects: named, labelled and sized as EKS and microk8s do."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Collection

from groundwork.data.instance_types import instance_type
from groundwork.sandbox.cluster import marks
from groundwork.sandbox.cluster.capacity import Capacity, of_existing, of_pool
from groundwork.sandbox.cluster.marks import Object
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool, PoolSubnet

KWOK = {"kwok.x-k8s.io/node": "fake"}
EXISTING_POOL = "existing"
_RESERVED_FIRST = 4  # of each subnet AWS keeps the first four addresses and the last
_SYSTEMS = {"BOTTLEROCKET": "Bottlerocket OS", "AL2023": "Amazon Linux 2023", "WINDOWS": "Windows Server"}
_KUBELET = "v1.35.2-eks-simulated"


class NoAddressError(ValueError):
    """The subnet of a pool has no address left."""

    def __init__(self, pool: str, subnet: PoolSubnet) -> None:
        """Name the pool and the subnet."""
        super().__init__(f"pool {pool!r}: no address is left in subnet {subnet.cidr} ({subnet.zone})")


def pool_node(pool: NodePool, ordinal: int, taken: Collection[str]) -> Object:
    """Return the node with that number in a pool, its zone chosen round robin.

    Args:
        pool: the node group, which has no `fault`.
        ordinal: 0 for the first; the same number always gives the same node.
        taken: names of other nodes.

    Raises:
        NoAddressError: there is no room for it in its subnet.
    """
    subnet = pool.subnets[ordinal % len(pool.subnets)]
    address = _address(pool, subnet, ordinal, taken)
    name = _hostname(address, pool.region)
    identity = _digest(f"{pool.cluster}/{pool.name}/{ordinal}/{shape(pool)}")
    return _node(
        name=name,
        address=address,
        labels={
            **pool_labels(pool, subnet.zone),
            "kubernetes.io/hostname": name,
            marks.POOL: pool.name,
            marks.ORDINAL: str(ordinal),
        },
        annotations={marks.SHAPE: shape(pool)},
        taints=[taint.manifest() for taint in pool.taints],
        provider_id=f"aws:///{subnet.zone}/i-{identity[:17]}",
        capacity=of_pool(pool),
        system=_SYSTEMS.get(pool.ami_type.split("_")[0], "Linux"),
        architecture=architecture(pool),
    )


def pool_labels(pool: NodePool, zone: str) -> dict[str, str]:
    """Return the labels of a pool's nodes in a zone, without those that name the single node."""
    return {
        "kubernetes.io/arch": architecture(pool),
        "kubernetes.io/os": "windows" if pool.ami_type.startswith("WINDOWS") else "linux",
        "node.kubernetes.io/instance-type": pool.instance_types[0],
        "topology.kubernetes.io/region": pool.region,
        "topology.kubernetes.io/zone": zone,
        **(_of_karpenter(pool) if pool.provisioner else _of_group(pool)),
        **pool.labels,
    }


def _of_group(pool: NodePool) -> dict[str, str]:
    return {"eks.amazonaws.com/nodegroup": pool.name, "eks.amazonaws.com/capacityType": pool.capacity_type}


def _of_karpenter(pool: NodePool) -> dict[str, str]:
    """Return what Karpenter adds: https://karpenter.sh/v1.14/reference/instance-types/, as far as it is known here."""
    machine = instance_type(pool.instance_types[0])
    family, _, size = machine.name.partition(".")
    labels = {
        "karpenter.sh/nodepool": pool.name,
        "karpenter.sh/capacity-type": "spot" if pool.capacity_type == "SPOT" else "on-demand",
        "karpenter.sh/registered": "true",
        "karpenter.sh/initialized": "true",
        "karpenter.k8s.aws/ec2nodeclass": pool.provisioner,
        "karpenter.k8s.aws/instance-family": family,
        "karpenter.k8s.aws/instance-size": size,
        "karpenter.k8s.aws/instance-cpu": str(machine.vcpus),
        "karpenter.k8s.aws/instance-memory": str(int((machine.memory_gib or 0) * 1024)),
    }
    if machine.accelerator is not None and machine.accelerator.vendor == "nvidia":
        labels |= {
            "karpenter.k8s.aws/instance-gpu-count": str(machine.accelerator.count),
            "karpenter.k8s.aws/instance-gpu-manufacturer": "nvidia",
            "karpenter.k8s.aws/instance-gpu-name": machine.accelerator.model.lower().replace(" ", "-"),
        }
    return labels


def existing_node(spec: ExistingCluster, ordinal: int) -> Object:
    """Return one machine of a cluster that is there already."""
    name = f"node-{ordinal + 1}"
    return _node(
        name=name,
        address=str(ipaddress.ip_address("192.0.2.10") + ordinal),  # of the block kept for examples
        labels={
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/os": "linux",
            "kubernetes.io/hostname": name,
            **spec.labels,
            marks.POOL: EXISTING_POOL,
            marks.ORDINAL: str(ordinal),
        },
        annotations={marks.SHAPE: f"{spec.vcpus}/{spec.memory_gib}/{spec.disk_gib}/{spec.max_pods}"},
        taints=[],
        provider_id="",
        capacity=of_existing(spec),
        system="Ubuntu 24.04 LTS",
        architecture="amd64",
    )


def shape(pool: NodePool) -> str:
    """Return what cannot change on a node that runs: EKS makes another one for it.

    Whether the VPC CNI gives prefixes is not part of it: that counts for nodes made later, and replaces none.
    """
    made_by = f"/{pool.provisioner}" if pool.provisioner else ""
    return f"{pool.instance_types[0]}/{pool.ami_type}/{pool.disk_gib}/{pool.max_pods}{made_by}"


def architecture(pool: NodePool) -> str:
    """Return the architecture in the words of Kubernetes: of the image, or of the machine if it is custom."""
    if pool.ami_type == "CUSTOM":
        return "arm64" if instance_type(pool.instance_types[0]).architecture == "arm64" else "amd64"
    return "arm64" if "ARM_64" in pool.ami_type.upper() else "amd64"


def _node(
    *,
    name: str,
    address: str,
    labels: dict[str, str],
    annotations: dict[str, str],
    taints: list[dict[str, str]],
    provider_id: str,
    capacity: Capacity,
    system: str,
    architecture: str,
) -> Object:
    spec: Object = {"taints": taints} if taints else {}
    if provider_id:
        spec["providerID"] = provider_id
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {**labels, marks.SIMULATED: "true"},
            "annotations": {**KWOK, **annotations},
        },
        "spec": spec,
        "status": {
            "capacity": capacity.capacity(),
            "allocatable": capacity.allocatable(),
            "addresses": [
                {"type": "InternalIP", "address": address},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "architecture": architecture,
                "operatingSystem": "linux",
                "osImage": system,
                "kubeletVersion": _KUBELET,
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "",
                "kubeProxyVersion": "",
                "bootID": "",
                "machineID": "",
                "systemUUID": "",
            },
        },
    }


def _address(pool: NodePool, subnet: PoolSubnet, ordinal: int, taken: Collection[str]) -> str:
    network = ipaddress.ip_network(subnet.cidr)
    usable = network.num_addresses - _RESERVED_FIRST - 1
    first = int(_digest(f"{pool.cluster}/{pool.name}/{ordinal}"), 16)
    for step in range(max(usable, 0)):
        address = str(network[_RESERVED_FIRST + (first + step) % usable])
        if _hostname(address, pool.region) not in taken:
            return address
    raise NoAddressError(pool.name, subnet)


def _hostname(address: str, region: str) -> str:
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html: us-east-1 is older than the rule
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{domain}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
