"""What teams may ask for, and what the pools have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from groundwork.core.registry import Registry
from groundwork.testing import record
from tests.addons.conftest import STUBS
from tests.addons.rendering import ROOT

_NEURON = {"accelerator": "aws-inferentia2", "resource": "aws.amazon.com/neuron", "accelerators": 12, "taints": []}
_REGISTRY = Registry(
    {**STUBS, "istio-api": "addons.istio_api", "prometheus-api": "addons.prometheus_api", "teams": "addons.teams"}
)


def test_a_quota_that_no_pool_can_fill_is_told_by_kind_of_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Devices of Neuron are no GPUs: many of them do not make room for a pod that asks for a GPU."""
    for name in ("platform", "Pulumi.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "stacks" / "teams").mkdir(parents=True)
    text = "name: vision\nmembers: [ada@example.com]\nquota: {gpus: 5, neurons: 49}\n"
    (tmp_path / "stacks" / "teams" / "vision.yaml").write_text(text, encoding="utf-8")
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: told.append(message))
    stack: dict[str, Any] = {name: {} for name in ("cluster", "istio-api", "prometheus-api", "teams")}
    record({**stack, "pools": {"more": {"inference": _NEURON}}}, registry=_REGISTRY, root=tmp_path)
    wait = "pods that ask for more wait until a pool's `max` is raised"
    assert told == [
        f"teams/vision.yaml: quota.gpus is 5, and all pools together have 4 GPUs at most: {wait}",
        f"teams/vision.yaml: quota.neurons is 49, and all pools together have 48 devices of Neuron at most: {wait}",
    ]
