"""A node shows a GPU only where device, driver and device plugin come together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from groundwork.sandbox.cluster.accelerators import of_existing, of_pool, why_hidden
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool

Make = Callable[..., dict[str, Any]]
_PLUGIN = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"


def test_no_device_plugin_no_gpu(gpu: NodePool, make_pod: Make) -> None:
    assert of_pool(gpu, [make_pod(node="n", owner="DaemonSet")]).resources == {}


def test_a_running_plugin_of_a_daemon_set_shows_the_gpus(gpu: NodePool, make_pod: Make) -> None:
    eight = dataclasses.replace(gpu, instance_types=("p5.48xlarge",))
    plugin = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    assert of_pool(gpu, [plugin]).resources == {"nvidia.com/gpu": 1}
    assert of_pool(eight, [plugin]).resources == {"nvidia.com/gpu": 8}


@pytest.mark.parametrize(
    "change",
    [
        {"owner": "ReplicaSet"},
        {"image": "nvcr.io/nvidia/k8s-device-plugin-config:v1"},
        {"image": "example.org/other:v1"},
    ],
)
def test_what_is_no_device_plugin_shows_nothing(gpu: NodePool, make_pod: Make, change: dict[str, str]) -> None:
    pod = make_pod(node="n", **{"owner": "DaemonSet", "image": _PLUGIN, **change})
    assert of_pool(gpu, [pod]).resources == {}


def test_adapters_show_by_their_own_plugin_where_the_template_has_them(gpu: NodePool, make_pod: Make) -> None:
    image = "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.20"
    plugin = make_pod(node="n", owner="DaemonSet", image=image)
    with_adapters = dataclasses.replace(gpu, instance_types=("p5.48xlarge",), efa=32)
    assert of_pool(with_adapters, [plugin]).resources == {"vpc.amazonaws.com/efa": 32}
    assert of_pool(with_adapters, []).resources == {}
    assert of_pool(gpu, [plugin]).resources == {}, "the machine alone is not enough"


def test_a_plugin_that_is_not_ready_or_leaves_shows_nothing(gpu: NodePool, make_pod: Make) -> None:
    starting = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    starting["status"]["conditions"] = []
    leaving = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert of_pool(gpu, [starting, leaving]).resources == {}


def test_without_the_driver_the_plugin_is_of_no_use(gpu: NodePool, make_pod: Make) -> None:
    """The commonest mistake: a GPU instance type with the standard image."""
    plain = dataclasses.replace(gpu, ami_type="AL2023_x86_64_STANDARD")
    assert of_pool(plain, [make_pod(node="n", owner="DaemonSet", image=_PLUGIN)]).resources == {}
    assert why_hidden(plain) == (
        "AMI type AL2023_x86_64_STANDARD has no driver for nvidia.com/gpu (valid: AL2023_ARM_64_NVIDIA, "
        "AL2023_x86_64_NVIDIA, BOTTLEROCKET_ARM_64_NVIDIA, BOTTLEROCKET_x86_64_NVIDIA)"
    )
    assert why_hidden(gpu) == ""


def test_a_machine_without_gpus_shows_none(general: NodePool, make_pod: Make) -> None:
    driven = dataclasses.replace(general, ami_type="AL2023_x86_64_NVIDIA")
    assert of_pool(driven, [make_pod(node="n", owner="DaemonSet", image=_PLUGIN)]).resources == {}
    assert why_hidden(general) == ""


def test_bottlerocket_runs_the_plugin_itself(gpu: NodePool) -> None:
    bottlerocket = dataclasses.replace(gpu, ami_type="BOTTLEROCKET_x86_64_NVIDIA")
    assert of_pool(bottlerocket, []).resources == {"nvidia.com/gpu": 1}


def test_neuron_devices_need_their_own_plugin_and_image(gpu: NodePool, make_pod: Make) -> None:
    inferentia = dataclasses.replace(gpu, instance_types=("inf2.24xlarge",), ami_type="AL2023_x86_64_NEURON")
    plugin = make_pod(node="n", owner="DaemonSet", image="public.ecr.aws/neuron/neuron-device-plugin:2.29")
    assert of_pool(inferentia, [plugin]).resources == {"aws.amazon.com/neuron": 6, "aws.amazon.com/neuroncore": 12}
    assert of_pool(inferentia, [make_pod(node="n", owner="DaemonSet", image=_PLUGIN)]).resources == {}


def test_the_gpu_operator_brings_its_plugin_where_discovery_found_a_gpu(gpu: NodePool, make_pod: Make) -> None:
    discovery = make_pod(node="n", owner="DaemonSet", image="registry.k8s.io/nfd/node-feature-discovery:v0.19")
    assert of_pool(gpu, [discovery], gpu_operator=True).resources == {"nvidia.com/gpu": 1}
    assert of_pool(gpu, [discovery], gpu_operator=False).resources == {}
    assert of_pool(gpu, [], gpu_operator=True).resources == {}


def test_labels_of_feature_discovery_are_earned_too(gpu: NodePool, make_pod: Make) -> None:
    nfd = make_pod(node="n", owner="DaemonSet", image="registry.k8s.io/nfd/node-feature-discovery:v0.19")
    gfd = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    gfd["spec"]["containers"][0]["name"] = "gpu-feature-discovery-ctr"
    assert of_pool(gpu, []).labels == {}
    assert of_pool(gpu, [nfd]).labels == {"feature.node.kubernetes.io/pci-10de.present": "true"}
    assert of_pool(gpu, [gfd]).labels == {
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.count": "1",
        "nvidia.com/gpu.product": "NVIDIA-L4",
    }
    assert of_pool(gpu, [gfd]).resources == {}, "feature discovery is no device plugin, though of its image"


def test_an_existing_machine_shows_its_gpus_with_a_plugin(make_pod: Make) -> None:
    plugin = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    assert of_existing(ExistingCluster(gpus=2), [plugin]).resources == {"nvidia.com/gpu": 2}
    assert of_existing(ExistingCluster(gpus=2), []).resources == {}
    assert of_existing(ExistingCluster(), [plugin]).resources == {}


def _configs(**configs: str) -> list[dict[str, Any]]:
    return [{"metadata": {"namespace": "gpu"}, "data": configs}]


_SLICES = (
    "version: v1\nsharing: {timeSlicing: {renameByDefault: true, resources: [{name: nvidia.com/gpu, replicas: 4}]}}"
)


@pytest.mark.parametrize(
    ("config", "label", "resources"),
    [
        (_SLICES, "gpu", {"nvidia.com/gpu.shared": 4}),
        (_SLICES.replace("renameByDefault: true, ", ""), "gpu", {"nvidia.com/gpu": 4}),
        (_SLICES, "other", {"nvidia.com/gpu": 1}),
        ("version: v1", "gpu", {"nvidia.com/gpu": 1}),
        ("not: [yaml", "gpu", {"nvidia.com/gpu": 1}),
    ],
)
def test_slices_show_by_the_config_that_the_nodes_label_names(
    gpu: NodePool, make_pod: Make, config: str, label: str, resources: dict[str, int]
) -> None:
    plugin = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    labels = {"nvidia.com/device-plugin.config": label}
    assert of_pool(gpu, [plugin], labels=labels, config_maps=_configs(gpu=config)).resources == resources
    assert of_pool(gpu, [], labels=labels, config_maps=_configs(gpu=config)).resources == {}


def test_mps_shows_slices_once_its_daemon_runs(gpu: NodePool, make_pod: Make) -> None:
    plugin = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    daemon = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    daemon["spec"]["containers"][0]["name"] = "mps-control-daemon-ctr"
    given: dict[str, Any] = {
        "labels": {"nvidia.com/device-plugin.config": "gpu"},
        "config_maps": _configs(gpu=_SLICES.replace("timeSlicing", "mps")),
    }
    assert of_pool(gpu, [plugin], **given).resources == {}
    assert of_pool(gpu, [plugin, daemon], **given).resources == {"nvidia.com/gpu.shared": 4}


def test_the_operator_partitions_what_the_gpu_can_be_partitioned_into(gpu: NodePool, make_pod: Make) -> None:
    h100 = dataclasses.replace(gpu, instance_types=("p5.48xlarge",))
    discovery = make_pod(node="n", owner="DaemonSet", image="registry.k8s.io/nfd/node-feature-discovery:v0.19")
    plugin = make_pod(node="n", owner="DaemonSet", image=_PLUGIN)
    labels = {"nvidia.com/mig.config": "all-1g.10gb"}
    assert of_pool(h100, [discovery], gpu_operator=True, labels=labels).resources == {"nvidia.com/mig-1g.10gb": 56}
    assert of_pool(gpu, [discovery], gpu_operator=True, labels=labels).resources == {}, "an L4 has no partitions"
    assert of_pool(h100, [plugin], labels=labels).resources == {"nvidia.com/gpu": 8}, "the plugin alone makes none"
