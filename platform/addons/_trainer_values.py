"""Values of Kubeflow Trainer's chart, and the runtimes that TrainJobs name.

https://github.com/kubeflow/trainer/tree/v2.3.0/charts/kubeflow-trainer and, of its sub-chart,
https://github.com/kubernetes-sigs/jobset/tree/v0.12.0/charts/jobset.
"""

from __future__ import annotations

from typing import Any, Literal

from addons._charts import apart, budget
from addons._pods import container_security, pod_security, resources

from groundwork.core.contracts import Placement

Framework = Literal["jax", "torch", "xgboost"]


def values(copies: int) -> dict[str, Any]:
    """Return the chart's values. Both controllers elect a leader: a second copy takes over."""
    return {
        "crds": {"enabled": False},
        "manager": {
            "replicas": copies,
            "affinity": _apart(copies, "kubeflow-trainer"),
            "resources": resources("100m", "128Mi", "512Mi"),
            # Prometheus brings no token of this cluster: the figures are no secret.
            "config": {"metrics": {"secureServing": False}},
        },
        # Its hook would fetch an image only to apply what we apply ourselves.
        "runtimes": {"defaultEnabled": False},
        "dataCache": {"enabled": False},
        "jobset": {
            "install": True,
            "controller": {
                "replicas": copies,
                "affinity": _apart(copies, "jobset"),
                "resources": resources("100m", "128Mi", "1Gi"),
                "podDisruptionBudget": {"enabled": copies > 1, "minAvailable": None, **budget(copies)},
            },
        },
    }


def _apart(copies: int, name: str) -> dict[str, Any]:
    return {"podAntiAffinity": apart({"app.kubernetes.io/name": name})} if copies > 1 else {}


def runtime(
    name: str,
    *,
    framework: Framework,
    image: str,
    cpu: str,
    memory: str,
    placement: Placement | None,
    priority: str | None = None,
) -> dict[str, Any]:
    """Return a ClusterTrainingRuntime whose nodes pass the restricted standard.

    A TrainJob says how many nodes, which program and, where the amounts here do not fit, which resources.

    Args:
        cpu: request of each node.
        memory: request and limit of each node.
        placement: None for anywhere.
        priority: name of a priority class, None for none.
    """
    needed = resources(cpu, memory)
    pod: dict[str, Any] = {"securityContext": pod_security(1000), "automountServiceAccountToken": False}
    if priority is not None:
        pod["priorityClassName"] = priority
    if placement is not None:
        needed["limits"] |= dict(placement.resources)
        pod["nodeSelector"] = dict(placement.node_selector)
        pod["tolerations"] = [dict(toleration) for toleration in placement.tolerations]
    pod["containers"] = [
        {
            "name": "node",
            "image": image,
            "resources": needed,
            # Training writes where its program says: checkpoints, caches, compiled kernels.
            "securityContext": container_security(read_only=False),
        }
    ]
    step = {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}}
    # The nodes of a job call one another by address, at any port: what a sidecar takes for a stranger's, and refuses.
    alone = {"labels": {"sidecar.istio.io/inject": "false"}}
    job = {"name": "node", "template": {"metadata": step, "spec": {"template": {"metadata": alone, "spec": pod}}}}
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": name, "labels": {"trainer.kubeflow.org/framework": framework}},
        "spec": {"mlPolicy": {"numNodes": 1, framework: {}}, "template": {"spec": {"replicatedJobs": [job]}}},
    }
