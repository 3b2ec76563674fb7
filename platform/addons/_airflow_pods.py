"""What every pod that Airflow starts for a task goes through, of KubernetesExecutor and KubernetesPodOperator alike."""

from __future__ import annotations

import json
from collections.abc import Sequence

from groundwork.core.contracts import NodePool

POOL_LABEL = "groundwork.example/pool"
ACCELERATORS_LABEL = "groundwork.example/accelerators"

# No "{{" in it: the chart reads it as a template. Names with an underscore only: Airflow takes over the others.
_SETTINGS = '''\
"""What every pod that Airflow starts for a task goes through. Written by the platform."""

import json

__all__ = ["pod_mutation_hook"]

_POOL, _COUNT = "groundwork.example/pool", "groundwork.example/accelerators"
_POOLS = json.loads(r"""<POOLS>""")
_PRIORITY = json.loads(r"""[<PRIORITY>]""")[0]


def pod_mutation_hook(pod):
    """Put a pod on the pool that its label names, behind what is more urgent, and restrict it as the standard asks."""
    from kubernetes.client import models

    labels = pod.metadata.labels or dict()
    if _POOL in labels:
        _place(models, pod, labels[_POOL], labels.get(_COUNT))
    pod.spec.priority_class_name = pod.spec.priority_class_name or _PRIORITY
    _restrict(models, pod)


def _place(models, pod, name, count):
    if name not in _POOLS:
        raise ValueError(f"label {_POOL}: no pool {name!r}; valid: {', '.join(sorted(_POOLS)) or 'none'}")
    pool = _POOLS[name]
    pod.spec.node_selector = dict(pod.spec.node_selector or (), **pool["nodeSelector"])
    pod.spec.tolerations = [*(pod.spec.tolerations or ()), *(models.V1Toleration(**t) for t in pool["tolerations"])]
    if count is None:
        return
    if not pool["resource"]:
        raise ValueError(f"label {_COUNT}: the pool {name!r} has no accelerators")
    if not count.isdigit() or not 0 < int(count) <= pool["accelerators"]:
        raise ValueError(f"label {_COUNT}: {count!r}; a node of the pool {name!r} has {pool['accelerators']}")
    container = pod.spec.containers[0]
    container.resources = container.resources or models.V1ResourceRequirements()
    asked = dict([(pool["resource"], count)])
    container.resources.requests = dict(container.resources.requests or (), **asked)
    container.resources.limits = dict(container.resources.limits or (), **asked)


def _restrict(models, pod):
    own = pod.spec.security_context = pod.spec.security_context or models.V1PodSecurityContext()
    own.run_as_non_root = True if own.run_as_non_root is None else own.run_as_non_root
    own.seccomp_profile = own.seccomp_profile or models.V1SeccompProfile(type="RuntimeDefault")
    for container in [*(pod.spec.init_containers or ()), *pod.spec.containers]:
        own = container.security_context = container.security_context or models.V1SecurityContext()
        if own.allow_privilege_escalation is None:
            own.allow_privilege_escalation = False
        own.capabilities = own.capabilities or models.V1Capabilities(drop=["ALL"])
'''


def local_settings(pools: Sequence[NodePool], *, priority: str | None = None) -> str:
    """Return `airflow_local_settings.py`.

    A DAG's author writes a label, the same one for both kinds of pods, and where the pod lands, what it tolerates and
    what it asks for follow from the pool: `labels={"groundwork.example/pool": "gpu",
    "groundwork.example/accelerators": "1"}`. A pod template for each pool would have to repeat all of the chart's own.

    Args:
        priority: name of the priority class of pods that name none, None for none.
    """
    known = {
        pool.name: {
            "nodeSelector": dict(pool.placement().node_selector),
            "tolerations": [dict(toleration) for toleration in pool.placement().tolerations],
            "resource": pool.resource,
            "accelerators": pool.requestable,
        }
        for pool in pools
    }
    written = _SETTINGS.replace("<POOLS>", json.dumps(known, indent=1, sort_keys=True))
    return written.replace("<PRIORITY>", json.dumps(priority))
