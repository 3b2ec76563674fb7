"""Rules over GPUs: costly, and easily lost to pods that do not need them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, items, mapping, objects
from groundwork.policy.terms import pod_spec
from policies.pods import POD_TYPES, containers

GPU = "nvidia.com/gpu"
# Families of EC2 instance types with NVIDIA GPUs: g4dn, g5, g6e, p3, p4d, p5en ...
_GPU_TYPE = re.compile(r"(g[0-9]|p[0-9])[a-z0-9-]*\.")


@RULES.resource(
    "gpu-pools-tainted", severity="high", controls=("Groundwork: GPU cost",), types=("aws:eks/nodeGroup:NodeGroup",)
)
def gpu_pools_tainted(subject: Subject, facts: Facts) -> Iterator[str]:
    """A pool with GPUs keeps away every pod that does not ask for one.

    Otherwise pods without GPUs fill its nodes, and keep them from going away.
    """
    types = [str(kind) for kind in items(subject.props.get("instanceTypes"))]
    has_gpus = "NVIDIA" in str(subject.props.get("amiType") or "") or any(map(_GPU_TYPE.match, types))
    taints = objects(subject.props.get("taints"))
    if has_gpus and not any(taint.get("key") == GPU and taint.get("effect") == "NO_SCHEDULE" for taint in taints):
        name = subject.props.get("nodeGroupName", subject.name)
        yield f"NodeGroup {name}: has GPUs ({', '.join(types)}) and no taint {GPU}:NO_SCHEDULE: add it"


@RULES.resource("gpu-pods-select-a-pool", severity="high", controls=("Groundwork: GPU scheduling",), types=POD_TYPES)
def gpu_pods_select_a_pool(subject: Subject, facts: Facts) -> Iterator[str]:
    """A pod that wants a GPU says which pool and tolerates its taint: or it waits for ever.

    Nothing tells its owner that no node will ever fit.
    """
    if not any(_wants_gpu(container) for container in containers(subject)):
        return
    spec = pod_spec(subject)
    affinity = dig(spec, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution")
    if not spec.get("nodeSelector") and not affinity:
        yield f"{subject.label}: requests {GPU} and selects no pool: set nodeSelector to the pool's label"
    tolerated = [toleration.get("key") for toleration in objects(spec.get("tolerations"))]
    if GPU not in tolerated and None not in tolerated:
        yield f"{subject.label}: requests {GPU} and does not tolerate the taint of GPU pools: tolerate {GPU}"


def _wants_gpu(container: Mapping[str, Any]) -> bool:
    resources = mapping(container.get("resources"))
    return any(str(mapping(resources.get(kind)).get(GPU, "0")) != "0" for kind in ("requests", "limits"))
