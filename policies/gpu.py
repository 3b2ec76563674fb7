"""Rules over GPUs: costly, and easily lost to pods that do not need them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.pods import POD_TYPES, containers, pod_spec, where
from policies.rule import Subject, items, resource_rule

GPU = "nvidia.com/gpu"
# Families of EC2 instance types with NVIDIA GPUs: g4dn, g5, g6e, p3, p4d, p5en ...
_GPU_TYPE = re.compile(r"(g[0-9]|p[0-9])[a-z0-9-]*\.")


@resource_rule("gpu-pools-tainted", control="Groundwork: GPU cost", types=("aws:eks/nodeGroup:NodeGroup",))
def gpu_pools_tainted(subject: Subject) -> Iterator[str]:
    """A pool with GPUs keeps away every pod that does not ask for one."""
    types = [str(kind) for kind in items(subject.props.get("instanceTypes"))]
    has_gpus = "NVIDIA" in str(subject.props.get("amiType") or "") or any(map(_GPU_TYPE.match, types))
    taints = items(subject.props.get("taints"))
    if has_gpus and not any(taint.get("key") == GPU and taint.get("effect") == "NO_SCHEDULE" for taint in taints):
        name = subject.props.get("nodeGroupName", subject.name)
        yield f"NodeGroup {name}: has GPUs ({', '.join(types)}) and no taint {GPU}:NO_SCHEDULE: add it"


@resource_rule("gpu-pods-select-a-pool", control="Groundwork: GPU scheduling", types=POD_TYPES)
def gpu_pods_select_a_pool(subject: Subject) -> Iterator[str]:
    """A pod that wants a GPU says which pool and tolerates its taint: or it waits for ever."""
    if not any(_wants_gpu(container) for container in containers(subject)):
        return
    spec = pod_spec(subject)
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if not spec.get("nodeSelector") and not affinity:
        yield f"{where(subject)}: requests {GPU} and selects no pool: set nodeSelector to the pool's label"
    tolerated = [toleration.get("key") for toleration in items(spec.get("tolerations"))]
    if GPU not in tolerated and None not in tolerated:
        yield f"{where(subject)}: requests {GPU} and does not tolerate the taint of GPU pools: tolerate {GPU}"


def _wants_gpu(container: object) -> bool:
    resources = container.get("resources") or {} if hasattr(container, "get") else {}
    return any(str((resources.get(kind) or {}).get(GPU, "0")) != "0" for kind in ("requests", "limits"))
