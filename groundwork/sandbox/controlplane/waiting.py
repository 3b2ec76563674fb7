"""Waiting for an object to be there, to be as wanted, or to be gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from groundwork.sandbox.controlplane.client import KubeClient

Object = dict[str, Any]
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


def wait_for(
    client: KubeClient,
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None = None,
    *,
    ready: Callable[[Object], bool] = bool,
    seconds: float = 30.0,
) -> Object:
    """Return the object as soon as it exists and is `ready`.

    Raises:
        TimeoutError: it does not exist or is not ready after `seconds`; says which, and its status.
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        found = client.find(api_version, kind, name, namespace)
        if found is not None and ready(found):
            return found
        if time.monotonic() > deadline:
            state = "does not exist" if found is None else f"is not ready, its status: {found.get('status')}"
            raise TimeoutError(f"{kind} {_path(name, namespace)} {state} after {seconds:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def wait_gone(
    client: KubeClient,
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None = None,
    *,
    seconds: float = 30.0,
) -> None:
    """Return as soon as the object does not exist.

    Raises:
        TimeoutError: it still exists after `seconds`; says which finalizers hold it.
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while (found := client.find(api_version, kind, name, namespace)) is not None:
        if time.monotonic() > deadline:
            held = found["metadata"].get("finalizers") or found.get("spec", {}).get("finalizers") or []
            by = f"held by {', '.join(held)}" if held else "held by nothing that it names"
            raise TimeoutError(f"{kind} {_path(name, namespace)} is still there after {seconds:.0f} s, {by}")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def condition(obj: Object, kind: str) -> str | None:
    """Return the status of a condition of an object: `True`, `False`, `Unknown`, or None if it has none."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((each["status"] for each in conditions if each["type"] == kind), None)


def _path(name: str, namespace: str | None) -> str:
    return f"{namespace}/{name}" if namespace else name
