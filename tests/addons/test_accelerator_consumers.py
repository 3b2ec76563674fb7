"""Whatever asks for an accelerator can have it: a pool that it selects and tolerates, with enough of the resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from groundwork.core.contracts import NodePool, NodePools
from groundwork.testing import Graph
from infra.eks import SYSTEM_POOL
from tests.addons.test_serving import CHAT, CHURN, STACK
from tests.environments import PROJECT, recorded

ACCELERATORS = ("nvidia.com/", "aws.amazon.com/neuron", "vpc.amazonaws.com/efa")
POOL, KIND = "groundwork.example/pool", "groundwork.example/accelerator"
SYSTEM = NodePool(name=SYSTEM_POOL, minimum=2, maximum=4, labels={})
"""The cluster's own nodes, which are in no contract: only what keeps the cluster alive asks for them."""
SLICES = {"sharing": "timeSlicing", "slices": 4, "resource": "nvidia.com/gpu.shared"}


def consumers(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any], dict[str, int]]]:
    """Yield what places pods on a pool, or requests an accelerator anywhere: where, the map, what is requested."""
    if isinstance(value, Mapping):
        selector = value.get("nodeSelector")
        placed = isinstance(selector, Mapping) and (POOL in selector or KIND in selector)
        unplaced = bool(requests({kind: value.get(kind) for kind in ("requests", "limits")}))
        if placed or unplaced:
            yield path, value, requests(value)
            return
        for key, inner in value.items():
            yield from consumers(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from consumers(inner, f"{path}.{index}")


def requests(value: Any) -> dict[str, int]:
    """Return the most of each accelerator that something inside requests."""
    found: dict[str, int] = {}
    if isinstance(value, Mapping):
        for kind in ("requests", "limits"):
            amounts = value.get(kind)
            if isinstance(amounts, Mapping):
                found |= {name: int(count) for name, count in amounts.items() if name.startswith(ACCELERATORS)}
        for inner in value.values():
            found |= requests(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            found |= requests(inner)
    return found


def problems(graph: Graph) -> tuple[list[str], list[str]]:
    """Return where consumers are, and a sentence for each that no pool serves."""
    pools = (*NodePools(pools=graph.outputs["pools.pools"]).all, SYSTEM)
    where, wrong = [], []
    for resource in graph:
        given = resource.inputs.get("values") or resource.inputs.get("spec") or {}
        for path, pod, asked in consumers(given, resource.name):
            where.append(path)
            if not any(serves(pool, pod, asked) for pool in pools):
                wrong.append(f"{path}: no pool serves {pod.get('nodeSelector')} with {asked}")
    return where, wrong


def serves(pool: NodePool, pod: Mapping[str, Any], asked: Mapping[str, int]) -> bool:
    """Whether a pod would find a place on a node of the pool."""
    labels = {POOL: pool.name, KIND: pool.accelerator, **pool.labels}
    tolerated = {(t["key"], t.get("value"), t.get("effect")) for t in pod.get("tolerations") or ()}
    return (
        all(labels.get(key) == value for key, value in (pod.get("nodeSelector") or {}).items())
        and all((taint.key, taint.value, taint.effect) in tolerated for taint in pool.taints)
        and all(count <= shown(pool).get(name, 0) for name, count in asked.items())
    )


def shown(pool: NodePool) -> dict[str, int]:
    """Return how many of each accelerator one pod can have on a node of the pool."""
    return {str(pool.resource): pool.requestable, "vpc.amazonaws.com/efa": pool.adapters}


def test_everything_fits_its_pools(everything: Graph) -> None:
    """As they come, add-ons ask for no accelerator that is not there."""
    assert problems(everything)[1] == []


@pytest.mark.parametrize("environment", [name for name in PROJECT.environments if name != "local"])
def test_each_consumer_of_each_environment_fits_its_pools(environment: str) -> None:
    """A pod that no pool serves waits for ever: here with the pools that the stacks really have."""
    graph = recorded(environment)
    where, wrong = problems(graph)
    assert wrong == []
    if environment == "everything":
        assert len(where) >= 2, "tasks of Airflow and runtimes of Trainer are seen"


def test_each_consumer_of_a_gpu_fits_a_pool(build: Any) -> None:
    """Models by a kind of GPU and by a pool of slices; tasks on a pool."""
    models = {"chat": {**CHAT, "accelerator": "gpu"}, "small": {**CHURN, "format": "triton", "accelerator": "slices"}}
    graph = build(
        {
            **STACK,
            "sql": {},
            "pools": {"more": {"slices": SLICES}},
            "airflow": {"workers": {"pool": "gpu"}},
            "models": {"models": models},
        }
    )
    where, wrong = problems(graph)
    assert wrong == []
    assert where == ["airflow.workers.kubernetes", "models-chat-model.predictor", "models-small-model.predictor"]


@pytest.mark.parametrize(
    "pool",
    [
        {"taints": [{"key": "other", "value": "", "effect": "NoSchedule"}]},
        SLICES,
        {"name": "renamed"},
        {"accelerators": 0},
        {"labels": {"groundwork.example/pool": "renamed"}},
    ],
)
def test_what_does_not_fit_is_found(build: Any, pool: dict[str, Any]) -> None:
    """A taint, another resource, another name or too few: the check above can fail."""
    graph = build({**STACK, "models": {"models": {"chat": {**CHAT, "accelerator": "gpu"}}}})
    changed = [{**each, **pool} if each["name"] == "gpu" else each for each in graph.outputs["pools.pools"]]
    graph.outputs["pools.pools"] = changed
    assert len(problems(graph)[1]) == 1
