"""Waiting until a control plane is ready, or until it is clear that it will not be."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.controlplane.errors import KubeError
from groundwork.sandbox.processes import Processes, StartError, State

_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 2.0

Check = Callable[[], bool]


# The last things that an API server does at its start; administrators need none of them.
_ROLES = ("poststarthook/rbac/bootstrap-roles", "poststarthook/scheduling/bootstrap-system-priority-classes")


def api_serves(endpoint: ClusterEndpoint) -> Check:
    """Whether the API server works for administrators, as which the other components come."""
    return _api(endpoint, "&".join(f"exclude={each}" for each in _ROLES))


def api_ready(endpoint: ClusterEndpoint) -> Check:
    """Whether the API server has started everything, the roles of Kubernetes among it."""
    return _api(endpoint, "")


def _api(endpoint: ClusterEndpoint, query: str) -> Check:
    client = KubeClient(endpoint, timeout=_ANSWER_SECONDS)

    def check() -> bool:
        try:
            client.raw("GET", f"/readyz?{query}")
        except KubeError:
            return False
        return True

    return check


def controllers_work(endpoint: ClusterEndpoint) -> Check:
    """Whether the controllers have made the first service account: without it no pod can be made."""
    client = KubeClient(endpoint, timeout=_ANSWER_SECONDS)

    def check() -> bool:
        try:
            return client.find("v1", "ServiceAccount", "default", "default") is not None
        except KubeError:
            return False

    return check


def component_ready(port: int, authority: Path, path: str) -> Check:
    """Whether a component answers at its own port that it is well."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(authority)

    def check() -> bool:
        try:
            return session.get(f"https://127.0.0.1:{port}{path}", timeout=_ANSWER_SECONDS).ok
        except requests.RequestException:
            return False

    return check


def wait(processes: Processes, checks: Mapping[str, tuple[Check, ...]], seconds: float) -> None:
    """Wait until every check of every process passes.

    Args:
        processes: those of the sandbox.
        checks: by the name of a process that must go on running, what it must fulfil; there may be nothing.
        seconds: for all of it.

    Raises:
        StartError: naming the process that ended, or that is not ready in time.
    """
    deadline = time.monotonic() + seconds
    waiting = {name: list(each) for name, each in checks.items()}
    while True:
        for name, left in waiting.items():
            while left and left[0]():
                left.pop(0)
            if processes.status(name).state is not State.RUNNING:
                raise StartError(name, "ended right after its start", processes.log(name), processes.tail(name))
        late = [name for name, left in waiting.items() if left]
        if not late:
            return
        if time.monotonic() > deadline:
            reason = f"is not ready after {seconds:.0f} s"
            raise StartError(late[0], reason, processes.log(late[0]), processes.tail(late[0]))
        time.sleep(_POLL_SECONDS)
