"""Accelerators that a node may show: only where driver and device plugin are both there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groundwork.data.instance_types import instance_type
from groundwork.sandbox.cluster import gpu_sharing
from groundwork.sandbox.cluster.marks import Object, leaving, owner_kind
from groundwork.sandbox.cluster.nodes import EXISTING_POOL
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool
from groundwork.sandbox.cluster.world import containers, image_name, is_ready


@dataclass(frozen=True)
class Vendor:
    """How a vendor's devices come to be known to Kubernetes."""

    name: str
    resource: str
    plugin_image: str
    ami_types: frozenset[str]
    """Images of EKS that have the driver."""
    built_in_prefix: str | None
    """Images that run the device plugin themselves: https://bottlerocket.dev, `nvidia-k8s-device-plugin`."""


_NEURON = "aws.amazon.com/neuron"
VENDORS = (
    Vendor(
        name="nvidia",
        resource="nvidia.com/gpu",
        plugin_image="k8s-device-plugin",
        ami_types=frozenset(
            {
                "AL2023_x86_64_NVIDIA",
                "AL2023_ARM_64_NVIDIA",
                "BOTTLEROCKET_x86_64_NVIDIA",
                "BOTTLEROCKET_ARM_64_NVIDIA",
            }
        ),
        built_in_prefix="BOTTLEROCKET",
    ),
    Vendor(
        name="aws",
        resource=_NEURON,
        plugin_image="neuron-device-plugin",
        ami_types=frozenset({"AL2023_x86_64_NEURON"}),
        built_in_prefix=None,
    ),
)
EFA = "vpc.amazonaws.com/efa"
_EFA_IMAGE = "aws-efa-k8s-device-plugin"
_PREFIXES = (EFA, *(vendor.resource.partition("/")[0] + "/" for vendor in VENDORS))
_NFD_IMAGE = "node-feature-discovery"
_NFD_LABEL = "feature.node.kubernetes.io/pci-10de.present"
_GFD_CONTAINER = "gpu-feature-discovery"
_GFD_LABELS = ("nvidia.com/gpu.present", "nvidia.com/gpu.count", "nvidia.com/gpu.product")
DISCOVERED_LABELS = (_NFD_LABEL, *_GFD_LABELS)


@dataclass(frozen=True)
class Shown:
    """What a node shows of its accelerators: resources for its status, labels from feature discovery."""

    resources: Mapping[str, int]
    labels: Mapping[str, str]


def is_accelerator(resource: str) -> bool:
    """Whether a node's resource is one of accelerators: devices, or slices of them."""
    return resource.startswith(_PREFIXES)


def hardware(pool: NodePool) -> dict[str, int]:
    """Return the devices that are in a pool's machines, by resource, whether usable or not."""
    accelerator = instance_type(pool.instance_types[0]).accelerator
    if accelerator is None or accelerator.count == 0:
        return {}
    return {vendor.resource: accelerator.count for vendor in VENDORS if vendor.name == accelerator.vendor}


def of_pool(
    pool: NodePool,
    pods: Iterable[Object],
    *,
    gpu_operator: bool = False,
    labels: Mapping[str, str] | None = None,
    config_maps: Iterable[Object] = (),
) -> Shown:
    """Return what a managed node shows.

    Args:
        pool: the node's pool.
        pods: what is bound to the node.
        gpu_operator: whether NVIDIA's operator runs: it brings its device plugin to each node on which
            feature discovery found a GPU.
        labels: of the node: by them the plugin and the operator know how its GPUs are shared.
        config_maps: of the namespace of the device plugin, or of the operator.
    """
    running = [pod for pod in pods if _serves(pod)]
    devices = hardware(pool)
    by_operator = gpu_operator and any(_runs(pod, _NFD_IMAGE) for pod in running)
    shown = {
        vendor.resource: devices[vendor.resource]
        for vendor in VENDORS
        if vendor.resource in devices
        and pool.ami_type in vendor.ami_types
        and (_plugged(vendor, pool, running) or (by_operator and vendor is VENDORS[0]))
    }
    accelerator = instance_type(pool.instance_types[0]).accelerator
    if accelerator and _NEURON in shown:
        # The plugin offers both; a pod asks for devices or for their cores.
        shown[f"{_NEURON}core"] = shown[_NEURON] * accelerator.cores
    if pool.efa and any(_runs(pod, _EFA_IMAGE) for pod in running):
        shown[EFA] = pool.efa
    model = accelerator.model if accelerator else ""
    if accelerator and (whole := shown.pop(gpu_sharing.RESOURCE, 0)):
        given = labels or {}
        parts = gpu_sharing.partitioned(whole, given, accelerator) if by_operator else None
        config = gpu_sharing.config_of(given, config_maps)
        shown |= parts if parts is not None else gpu_sharing.replicated(whole, config, running, operator=by_operator)
    return Shown(shown, _labels(running, devices, model, driver=pool.ami_type in VENDORS[0].ami_types))


def of_existing(spec: ExistingCluster, pods: Iterable[Object]) -> Shown:
    """Return what a machine of an existing cluster shows."""
    running = [pod for pod in pods if _serves(pod)]
    nvidia = VENDORS[0]
    devices = {nvidia.resource: spec.gpus} if spec.gpus else {}
    shown = devices if any(_runs(pod, nvidia.plugin_image) for pod in running) else {}
    return Shown(shown, _labels(running, devices, EXISTING_POOL, driver=True))


def why_hidden(pool: NodePool) -> str:
    """Return what a pool with devices lacks, as far as the pool itself is the reason; empty if nothing."""
    for vendor in VENDORS:
        if vendor.resource in hardware(pool) and pool.ami_type not in vendor.ami_types:
            valid = ", ".join(sorted(vendor.ami_types))
            return f"AMI type {pool.ami_type} has no driver for {vendor.resource} (valid: {valid})"
    return ""


def _plugged(vendor: Vendor, pool: NodePool, running: Iterable[Object]) -> bool:
    if vendor.built_in_prefix and pool.ami_type.startswith(vendor.built_in_prefix):
        return True
    return any(_runs(pod, vendor.plugin_image) for pod in running)


def _serves(pod: Object) -> bool:
    return owner_kind(pod) == "DaemonSet" and is_ready(pod) and not leaving(pod)


def _runs(pod: Object, image: str) -> bool:
    """Whether a pod runs an image other than as feature discovery, which NVIDIA ships in the plugin's image."""
    return any(
        image_name(container.get("image", "")) == image and _GFD_CONTAINER not in container["name"]
        for container in pod["spec"].get("containers") or ()
    )


def _labels(running: list[Object], devices: Mapping[str, int], model: str, *, driver: bool) -> dict[str, str]:
    count = devices.get(VENDORS[0].resource, 0)
    if not count:
        return {}
    names = [(image_name(c.get("image", "")), c["name"]) for pod in running for c in containers(pod["spec"])]
    found = {}
    if any(image == _NFD_IMAGE for image, _ in names):
        found[_NFD_LABEL] = "true"
    if driver and any(_GFD_CONTAINER in name for _, name in names):
        product = f"NVIDIA-{model.replace(' ', '-')}"
        found |= dict(zip(_GFD_LABELS, ("true", str(count), product), strict=True))
    return found
