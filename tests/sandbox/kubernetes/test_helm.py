"""How Helm is run: what is tried again, and what is an error at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundwork.sandbox.controlplane import ClusterEndpoint
from groundwork.sandbox.standins.kubernetes.helm import Helm, HelmError

_BUILDING = (
    "Error: INSTALLATION FAILED: unable to build kubernetes objects from release manifest: "
    'error validating "": error validating data: '
)
SLOW = (
    f'{_BUILDING}Get "https://127.0.0.1:1/openapi/v2?timeout=32s": net/http: request canceled '
    "(Client.Timeout exceeded while awaiting headers)"
)
CUT = (
    f"{_BUILDING}unexpected error when reading response body. Please retry. Original error: "
    "context deadline exceeded (Client.Timeout or context cancellation while reading body)"
)
REFUSED = 'Error: INSTALLATION FAILED: Get "https://127.0.0.1:1/openapi/v2": dial tcp 127.0.0.1:1: connection refused'


def helm_that_says(folder: Path, complaint: str, times: int) -> tuple[Helm, Path]:
    """Return a Helm that complains so many times before it does what it is told, and the file that counts its runs."""
    runs, program = folder / "runs", folder / "helm"
    program.write_text(
        f"#!/bin/sh\necho >>{runs}\n"
        f"if [ $(wc -l <{runs}) -le {times} ]; then echo '{complaint}' >&2; exit 1; fi\necho '{{\"name\": \"x\"}}'\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    nowhere = folder / "nothing"
    endpoint = ClusterEndpoint("https://127.0.0.1:1", nowhere, nowhere, nowhere, nowhere, nowhere)
    return Helm(program, endpoint, folder / "homes"), runs


@pytest.mark.parametrize("complaint", [SLOW, CUT])
def test_a_server_slow_to_describe_its_kinds_is_asked_again(tmp_path: Path, complaint: str) -> None:
    """Nothing is made yet, and a machine that is busy is no fault of the chart."""
    helm, runs = helm_that_says(tmp_path, complaint, 2)
    assert helm.install("x", "y", tmp_path, {}, [], 30) == json.loads('{"name": "x"}')
    assert len(runs.read_text().splitlines()) == 3


def test_it_is_not_asked_for_ever(tmp_path: Path) -> None:
    helm, runs = helm_that_says(tmp_path, SLOW, 99)
    with pytest.raises(HelmError, match="error validating data"):
        helm.upgrade("x", "y", tmp_path, {}, [], 30)
    assert len(runs.read_text().splitlines()) == 5


def test_any_other_error_is_one_at_once(tmp_path: Path) -> None:
    helm, runs = helm_that_says(tmp_path, REFUSED, 99)
    with pytest.raises(HelmError, match="connection refused"):
        helm.install("x", "y", tmp_path, {}, [], 30)
    assert len(runs.read_text().splitlines()) == 1
