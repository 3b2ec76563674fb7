"""Rules over pods that want accelerators: they wait for ever where nothing fits, and nothing tells their owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject
from groundwork.policy.terms import pod_spec
from policies.accelerators import (
    ASKING_TYPES,
    POOL_LABELS,
    POOL_TYPES,
    Asking,
    Pool,
    asking,
    placed_as,
    pool,
    taint_key,
)
from policies.pods import POD_TYPES

_DAEMON = "DaemonSet"


@RULES.resource("gpu-pods-select-a-pool", severity="high", controls=("Groundwork: GPU scheduling",), types=ASKING_TYPES)
def gpu_pods_select_a_pool(subject: Subject, facts: Facts) -> Iterator[str]:
    """A pod that wants an accelerator says which pool and tolerates its taint: or it waits for ever.

    Nothing tells its owner that no node will ever fit.
    """
    for each in asking(subject):
        resource = next(iter(each.resources))
        key = taint_key(resource)
        if not each.placed:
            yield f"{subject.label}: requests {resource} and selects no pool: set nodeSelector to the pool's label"
        if not any(toleration.get("key") in (key, None, "") for toleration in each.tolerations):
            yield f"{subject.label}: requests {resource} and does not tolerate the taint of GPU pools: tolerate {key}"


@RULES.stack(
    "gpu-pods-fit-a-pool",
    severity="high",
    controls=("Groundwork: GPU scheduling",),
    types=(*ASKING_TYPES, *POOL_TYPES),
)
def gpu_pods_fit_a_pool(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """The pool that a pod selects for an accelerator is there, has as many on a node, and taints that it tolerates.

    A pool that was renamed or made smaller leaves its pods waiting, and no error says so. Where a stack has no pools,
    those of another serve it, and the components have asked their contract; here it is not judged.
    """
    pools = [pool(subject) for subject in subjects if subject.type in POOL_TYPES]
    if not pools:
        return
    for subject, each in ((s, a) for s in subjects if s.type not in POOL_TYPES for a in asking(s)):
        said = _selected(each)
        chosen = _matching(pools, said)
        if said and not chosen:
            what = ", ".join(f"{key}={' or '.join(values)}" for key, values in said.items())
            names = ", ".join(sorted(one.name for one in pools))
            yield subject, f"{subject.label}: selects {what}, which no pool has: choose one of {names}"
        for resource, count in each.resources.items():
            most = max((one.most(resource, count) for one in chosen), default=count)
            if count > most:
                names = " or ".join(sorted(one.name for one in chosen))
                yield (
                    subject,
                    f"{subject.label}: requests {count} {resource}, and a node of {names} has {most}: "
                    "ask for less, or another pool",
                )
        if chosen and not any(_admits(one, each) for one in chosen):
            names = ", ".join(_taint(taint) for taint in chosen[0].taints if not each.tolerates(taint))
            yield subject, f"{subject.label}: does not tolerate {names} of {chosen[0].name}: add the toleration"


@RULES.stack(
    "gpu-nodes-for-gpu-pods",
    severity="medium",
    controls=("Groundwork: GPU cost",),
    types=(*POD_TYPES, *POOL_TYPES),
)
def gpu_nodes_for_gpu_pods(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """A pod that selects a pool of accelerators requests one; agents of nodes are left out.

    Without a request it keeps a node up that costs dollars an hour, and the scheduler counts its GPU as free.
    """
    costly = [one for one in map(pool, (s for s in subjects if s.type in POOL_TYPES)) if one.accelerator]
    if not costly:
        return
    for subject in subjects:
        if subject.type in POOL_TYPES or subject.kind == _DAEMON or any(asking(subject)):
            continue
        for one in _matching(costly, _selected(placed_as(pod_spec(subject), {}))):
            yield (
                subject,
                f"{subject.label}: selects {one.name} and requests no {one.accelerator}: "
                "request it, or select another pool",
            )


def _selected(pods: Asking) -> dict[str, tuple[str, ...]]:
    """Return what pods say of the platform's own labels; others come from the cloud or from discovery."""
    own = {key: (str(value),) for key, value in pods.node_selector.items() if key.startswith(POOL_LABELS)}
    return {**{key: values for key, values in pods.required.items() if key.startswith(POOL_LABELS) and values}, **own}


def _matching(pools: Sequence[Pool], said: Mapping[str, Sequence[str]]) -> list[Pool]:
    """Return those pools whose labels are what pods say: none where they say nothing."""
    return [one for one in pools if said and all(str(one.labels.get(key)) in values for key, values in said.items())]


def _admits(one: Pool, pods: Asking) -> bool:
    return all(pods.tolerates(taint) for taint in one.taints if taint.get("effect") != "PreferNoSchedule")


def _taint(taint: Mapping[str, Any]) -> str:
    return f"{taint.get('key')}={taint.get('value') or ''}:{taint.get('effect')}"
