"""Starting, stopping, recovering: each test has a control plane of its own, beside the shared one."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from groundwork.sandbox import ports
from groundwork.sandbox.controlplane import ClusterEndpoint, plane
from groundwork.sandbox.controlplane.client import ApiUnreachableError, KubeClient
from groundwork.sandbox.controlplane.plane import ControlPlane
from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.processes import MARKER, Processes, StartError, State
from groundwork.sandbox.tools.locate import Tools

NAMES = ["etcd", "egress", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept", "namespace": "default"}}


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[SandboxPaths]:
    """A sandbox whose path is longer than a unix socket's may be."""
    found = SandboxPaths(tmp_path / ("long-" * 20))
    yield found
    ControlPlane().stop(found)


def pids(paths: SandboxPaths) -> dict[str, int | None]:
    return {status.name: status.pid for status in ControlPlane().status(paths)}


def marked(paths: SandboxPaths) -> list[int]:
    """Return every process of this sandbox, whatever any file says."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(paths.root) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def kill(pid: int | None, number: signal.Signals = signal.SIGKILL) -> None:
    assert pid is not None
    os.kill(pid, number)
    if number is signal.SIGKILL:
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)


def test_sandboxes_live_side_by_side_and_stopping_one_leaves_nothing_of_it(
    control_plane: ClusterEndpoint, kube: KubeClient, paths: SandboxPaths, tools: Tools
) -> None:
    endpoint = ControlPlane().start(paths, tools)
    assert endpoint.url != control_plane.url
    with KubeClient(endpoint) as other:
        other.create(CONFIG_MAP)
    assert kube.find("v1", "ConfigMap", "kept", "default") is None
    stranger = KubeClient(dataclasses.replace(endpoint, url=control_plane.url))
    with stranger, pytest.raises(ApiUnreachableError):
        stranger.raw("GET", "/version")
    assert [status.name for status in ControlPlane().status(paths)] == NAMES
    assert all(status.state is State.RUNNING for status in ControlPlane().status(paths))
    ControlPlane().stop(paths)
    assert marked(paths) == []
    assert all(status.state is State.STOPPED for status in ControlPlane().status(paths))
    assert kube.raw("GET", "/readyz") == "ok"


def test_starting_what_runs_changes_nothing(
    control_plane: ClusterEndpoint, control_plane_paths: SandboxPaths, tools: Tools
) -> None:
    before = pids(control_plane_paths)
    assert ControlPlane().start(control_plane_paths, tools) == control_plane
    assert pids(control_plane_paths) == before


def test_objects_and_address_survive_a_stop(paths: SandboxPaths, tools: Tools) -> None:
    first = ControlPlane().start(paths, tools)
    with KubeClient(first) as client:
        uid = client.create(CONFIG_MAP)["metadata"]["uid"]
    ControlPlane().stop(paths)
    second = ControlPlane().start(paths, tools)
    assert second == first
    with KubeClient(second) as client:
        assert client.get("v1", "ConfigMap", "kept", "default")["metadata"]["uid"] == uid


def test_a_killed_process_is_noticed_and_only_that_is_started_again(paths: SandboxPaths, tools: Tools) -> None:
    endpoint = ControlPlane().start(paths, tools)
    before = pids(paths)
    for name in ("kube-apiserver", "kwok"):
        kill(before[name])
    states = {status.name: status.state for status in ControlPlane().status(paths)}
    assert {name for name, state in states.items() if state is State.DIED} == {"kube-apiserver", "kwok"}
    assert ControlPlane().start(paths, tools) == endpoint
    after = pids(paths)
    assert {name for name in NAMES if after[name] != before[name]} == {"kube-apiserver", "kwok"}
    with KubeClient(endpoint) as client:
        assert client.raw("GET", "/readyz") == "ok"


def test_all_processes_killed_at_once_come_back_on_their_data(paths: SandboxPaths, tools: Tools) -> None:
    endpoint = ControlPlane().start(paths, tools)
    with KubeClient(endpoint) as client:
        client.create(CONFIG_MAP)
    for pid in pids(paths).values():
        kill(pid)
    assert ControlPlane().start(paths, tools) == endpoint
    with KubeClient(endpoint) as client:
        assert client.find("v1", "ConfigMap", "kept", "default")


def test_a_process_that_hangs_is_replaced(paths: SandboxPaths, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = ControlPlane().start(paths, tools)
    hanging = pids(paths)["kube-apiserver"]
    kill(hanging, signal.SIGSTOP)
    monkeypatch.setattr(plane, "_PATIENCE_WITH_RUNNING", 3.0)
    assert ControlPlane().start(paths, tools) == endpoint
    assert pids(paths)["kube-apiserver"] != hanging
    assert hanging not in marked(paths)


def test_a_port_that_somebody_took_meanwhile_is_replaced(paths: SandboxPaths, tools: Tools) -> None:
    first = ControlPlane().start(paths, tools)
    ControlPlane().stop(paths)
    port = int(first.url.rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", port)):
        second = ControlPlane().start(paths, tools)
    assert second.url != first.url
    with KubeClient(second) as client:
        assert client.raw("GET", "/readyz") == "ok"


def test_a_port_lost_to_somebody_faster_is_drawn_again(
    paths: SandboxPaths, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        draws = [[taken.getsockname()[1], *ports.free_ports(2)]]
        monkeypatch.setattr(plane, "free_ports", lambda *args: draws.pop() if draws else ports.free_ports(*args))
        endpoint = ControlPlane().start(paths, tools)
        assert not endpoint.url.endswith(f":{taken.getsockname()[1]}")


def test_a_start_that_fails_names_process_and_log_and_leaves_nothing(paths: SandboxPaths, tools: Tools) -> None:
    broken = paths.root.parent / "broken"
    broken.write_text("#!/bin/sh\necho 'flag provided but not defined: -config' >&2\nexit 1\n")
    broken.chmod(0o700)
    with pytest.raises(StartError) as failed:
        ControlPlane().start(paths, dataclasses.replace(tools, kube_scheduler=broken))
    assert str(failed.value) == (
        "kube-scheduler ended right after its start. The end of its log:\n"
        "  | flag provided but not defined: -config\n"
        f"The whole log: {paths.logs / 'kube-scheduler.log'}"
    )
    assert marked(paths) == []
    assert Processes(paths).orphans() == []


def test_stopping_a_sandbox_that_never_was_does_nothing(tmp_path: Path) -> None:
    ControlPlane().stop(SandboxPaths(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
