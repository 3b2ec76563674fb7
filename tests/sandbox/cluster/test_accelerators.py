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
    assert of_pool(inferentia, [plugin]).resources == {"aws.amazon.com/neuron": 6}
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
