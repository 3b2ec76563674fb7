"""Examples of the rules over pods that want accelerators."""

from __future__ import annotations

from groundwork.policy.example import REMOVED, Example, one
from groundwork.policy.subject import Subject
from policies.examples.ml_pools import NODES

_POOL = NODES[0]
_TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists"}
_SPEC = {
    "containers": [{"name": "t", "resources": {"limits": {"nvidia.com/gpu": "1"}}}],
    "nodeSelector": {"groundwork.example/pool": "gpu"},
    "tolerations": [_TOLERATION],
}
GPU_POD = one("kubernetes:core/v1:Pod", {"metadata": {"name": "train", "namespace": "team"}, "spec": _SPEC}, _POOL)
_ALONE = GPU_POD[:1]
_RUNTIME = one(
    "kubernetes:trainer.kubeflow.org/v1alpha1:ClusterTrainingRuntime",
    {
        "metadata": {"name": "torch"},
        "spec": {"template": {"spec": {"replicatedJobs": [{"template": {"spec": _SPEC}}]}}},
    },
)
_MODEL = one(
    "kubernetes:serving.kserve.io/v1beta1:InferenceService",
    {
        "metadata": {"name": "chat", "namespace": "team"},
        "spec": {
            "predictor": {
                "model": {"resources": {"limits": {"aws.amazon.com/neuroncore": "2"}}},
                "nodeSelector": {"groundwork.example/pool": "inf"},
                "tolerations": [{"key": "aws.amazon.com/neuron"}],
            }
        },
    },
)
_TEMPLATE = """\
kind: Pod
spec:
  containers: [{name: base, resources: {limits: {nvidia.com/gpu: 1}}}]
  tolerations: [{key: nvidia.com/gpu}]
  nodeSelector: {groundwork.example/pool: gpu}
"""
_TASKS = one("kubernetes:core/v1:ConfigMap", {"metadata": {"name": "tasks"}, "data": {"pod.yaml": _TEMPLATE}})
_AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "groundwork.example/pool", "operator": "In", "values": ["old"]}]}
            ]
        }
    }
}
_JOB = one(
    "kubernetes:batch/v1:Job",
    {"metadata": {"name": "clean", "namespace": "team"}, "spec": {"template": {"spec": {"nodeSelector": {}}}}},
    _POOL,
)

EXAMPLES = [
    Example(
        "gpu-pods-select-a-pool",
        _ALONE,
        "spec.nodeSelector",
        REMOVED,
        "Pod team/train: requests nvidia.com/gpu and selects no pool: set nodeSelector to the pool's label",
    ),
    Example(
        "gpu-pods-select-a-pool",
        _ALONE,
        "spec.tolerations",
        [{"key": "other"}],
        "Pod team/train: requests nvidia.com/gpu and does not tolerate the taint of GPU pools: tolerate nvidia.com/gpu",
    ),
    Example(
        "gpu-pods-select-a-pool",
        _RUNTIME,
        "spec.template.spec.replicatedJobs.0.template.spec.nodeSelector",
        {},
        "ClusterTrainingRuntime torch: requests nvidia.com/gpu and selects no pool: "
        "set nodeSelector to the pool's label",
    ),
    Example(
        "gpu-pods-select-a-pool",
        _MODEL,
        "spec.predictor.tolerations",
        [],
        "InferenceService team/chat: requests aws.amazon.com/neuroncore and does not tolerate the taint of GPU pools: "
        "tolerate aws.amazon.com/neuron",
    ),
    Example(
        "gpu-pods-select-a-pool",
        _TASKS,
        "data",
        {"pod.yaml": _TEMPLATE.rpartition("  nodeSelector")[0]},
        "ConfigMap tasks: requests nvidia.com/gpu and selects no pool: set nodeSelector to the pool's label",
    ),
    Example(
        "gpu-pods-fit-a-pool",
        GPU_POD,
        "spec.nodeSelector",
        {"groundwork.example/pool": "gpus"},
        "Pod team/train: selects groundwork.example/pool=gpus, which no pool has: choose one of gpu",
    ),
    Example(
        "gpu-pods-fit-a-pool",
        one("kubernetes:core/v1:Pod", {"metadata": {"name": "train"}, "spec": {**_SPEC, "nodeSelector": {}}}, _POOL),
        "spec.affinity",
        _AFFINITY,
        "Pod train: selects groundwork.example/pool=old, which no pool has: choose one of gpu",
    ),
    Example(
        "gpu-pods-fit-a-pool",
        GPU_POD,
        "spec.containers.0.resources.limits",
        {"nvidia.com/gpu": "2"},
        "Pod team/train: requests 2 nvidia.com/gpu, and a node of gpu has 1: ask for less, or another pool",
    ),
    Example(
        "gpu-pods-fit-a-pool",
        GPU_POD,
        "spec.tolerations",
        [{"key": "nvidia.com/gpu", "operator": "Equal", "value": "absent"}],
        "Pod team/train: does not tolerate nvidia.com/gpu=present:NoSchedule of gpu: add the toleration",
    ),
    Example(
        "gpu-nodes-for-gpu-pods",
        _JOB,
        "spec.template.spec.nodeSelector",
        {"groundwork.example/pool": "gpu"},
        "Job team/clean: selects gpu and requests no nvidia.com/gpu: request it, or select another pool",
    ),
    Example(
        "gpu-nodes-for-gpu-pods",
        (Subject("kubernetes:core/v1:Pod", "train", GPU_POD[0].props), _POOL),
        "spec.containers.0.resources",
        {"requests": {"cpu": "1"}},
        "Pod team/train: selects gpu and requests no nvidia.com/gpu: request it, or select another pool",
    ),
]
