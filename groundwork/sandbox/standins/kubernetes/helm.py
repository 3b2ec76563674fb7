"""Runs the real Helm 3 against the sandbox's API server, with homes of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.processes import MARKER

_QUICK_SECONDS = 60.0
_GRACE_SECONDS = 10.0
_TRIES = 5
_UNDESCRIBED = re.compile(
    r"unable to build kubernetes objects from (\w+ )?release manifest: .*(Client\.Timeout|context deadline exceeded)"
)


class HelmError(Exception):
    """Helm refused or failed; the message is its own, without values."""


class Helm:
    """One Helm binary on one cluster. Values only ever go through its standard input."""

    def __init__(self, binary: Path, endpoint: ClusterEndpoint, homes: Path) -> None:
        """Keep Helm's configuration, cache and data under `homes`, away from the user's."""
        self._binary = binary
        self._environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(homes),
            "KUBECONFIG": str(endpoint.kubeconfig),
            "HELM_CONFIG_HOME": str(homes / "config"),
            "HELM_CACHE_HOME": str(homes / "cache"),
            "HELM_DATA_HOME": str(homes / "data"),
            "HELM_DRIVER": "secret",
            "NO_PROXY": "127.0.0.1,localhost",
            # So that one that outlives everything else is known as this sandbox's.
            **{name: os.environ[name] for name in (MARKER,) if name in os.environ},
        }
        self._at_work: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        homes.mkdir(mode=0o700, parents=True, exist_ok=True)

    def install(
        self, name: str, namespace: str, chart: Path, values: Mapping[str, Any], flags: Sequence[str], seconds: float
    ) -> dict[str, Any]:
        """Install a release and return it as Helm does: info, chart, config, manifest."""
        return self._bring("install", name, namespace, chart, values, flags, seconds)

    def upgrade(
        self, name: str, namespace: str, chart: Path, values: Mapping[str, Any], flags: Sequence[str], seconds: float
    ) -> dict[str, Any]:
        """Upgrade a release and return it."""
        return self._bring("upgrade", name, namespace, chart, values, flags, seconds)

    def _bring(
        self,
        verb: str,
        name: str,
        namespace: str,
        chart: Path,
        values: Mapping[str, Any],
        flags: Sequence[str],
        seconds: float,
    ) -> dict[str, Any]:
        arguments = [verb, name, str(chart), "--namespace", namespace, "--values", "-", "--output", "json", *flags]
        answer: dict[str, Any] = json.loads(self._patiently(arguments, _yaml(values), seconds))
        return answer

    def _patiently(self, arguments: Sequence[str], stdin: str, seconds: float) -> str:
        """Run Helm again where the API server did not describe its kinds in the 32 s that Helm's client gives it.

        It composes that description anew after each CRD, which takes longer on a busy machine than on any real control
        plane. Helm asks for it before it makes or records anything, and says so.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._run(arguments, stdin, seconds)
            except HelmError as error:
                if not _UNDESCRIBED.search(str(error)):
                    raise
        return self._run(arguments, stdin, seconds)

    def template(
        self, name: str, namespace: str, chart: Path, values: Mapping[str, Any], flags: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Render a chart without asking the cluster, and return its objects, hooks included."""
        arguments = ["template", name, str(chart), "--namespace", namespace, "--values", "-", *flags]
        return documents(self._run(arguments, _yaml(values), _QUICK_SECONDS))

    def status(self, name: str, namespace: str) -> dict[str, Any] | None:
        """Return the newest revision of a release, with its objects' manifest; None if there is no such release."""
        try:
            text = self._run(["status", name, "--namespace", namespace, "--output", "json"], "", _QUICK_SECONDS)
        except HelmError as error:
            if "not found" in str(error):
                return None
            raise
        answer: dict[str, Any] = json.loads(text)
        return answer

    def chart_of(self, name: str, namespace: str) -> dict[str, Any]:
        """Return the metadata of the chart that a release was made from."""
        text = self._run(["get", "metadata", name, "--namespace", namespace, "--output", "json"], "", _QUICK_SECONDS)
        answer: dict[str, Any] = json.loads(text)
        return answer

    def hooks(self, name: str, namespace: str) -> list[dict[str, Any]]:
        """Return the hooks of a release."""
        return documents(self._run(["get", "hooks", name, "--namespace", namespace], "", _QUICK_SECONDS))

    def uninstall(self, name: str, namespace: str, *, wait: bool, seconds: float) -> None:
        """Uninstall a release, if there is one."""
        flags = ["--wait", "--timeout", f"{seconds:g}s"] if wait else []
        arguments = ["uninstall", name, "--namespace", namespace, "--ignore-not-found", *flags]
        self._run(arguments, "", 3 * seconds + _QUICK_SECONDS)

    def rollback(self, name: str, namespace: str, seconds: float) -> None:
        """Bring a release back to its last good revision."""
        arguments = ["rollback", name, "--namespace", namespace, "--timeout", f"{seconds:g}s"]
        self._run(arguments, "", 3 * seconds + _QUICK_SECONDS)

    def history(self, name: str, namespace: str) -> list[dict[str, Any]]:
        """Return the revisions of a release, oldest first; none if there is no such release."""
        try:
            text = self._run(["history", name, "--namespace", namespace, "--output", "json"], "", _QUICK_SECONDS)
        except HelmError as error:
            if "not found" in str(error):
                return []
            raise
        answer: list[dict[str, Any]] = json.loads(text)
        return answer

    def pending(self) -> list[dict[str, Any]]:
        """Return the releases of all namespaces that are in the middle of something."""
        arguments = ["list", "--all-namespaces", "--pending", "--uninstalling", "--output", "json"]
        answer: list[dict[str, Any]] = json.loads(self._run(arguments, "", _QUICK_SECONDS))
        return answer

    def interrupt(self) -> None:
        """Ask every Helm at work to stop where it is, and wait until it has."""
        with self._lock:
            interrupted = list(self._at_work)
        for process in interrupted:
            process.send_signal(signal.SIGTERM)
        for process in interrupted:
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def _run(self, arguments: Sequence[str], stdin: str, seconds: float) -> str:
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(
                [str(self._binary), *arguments],
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env=self._environment,
                text=True,
            )
        except FileNotFoundError:
            raise HelmError(f"there is no helm at {self._binary}: run `groundwork doctor`") from None
        with self._lock:
            self._at_work.add(process)
        try:
            said, complaint = process.communicate(stdin, seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise HelmError(f"helm {arguments[0]} did not end within {seconds:g} s") from None
        finally:
            with self._lock:
                self._at_work.discard(process)
        if process.returncode != 0:
            raise HelmError(_error_of(complaint) or f"helm {arguments[0]} ended with code {process.returncode}")
        return said


def _yaml(values: Mapping[str, Any]) -> str:
    return json.dumps(values)  # JSON is YAML, and has no ambiguous texts


def documents(text: str) -> list[dict[str, Any]]:
    """Return the objects of a manifest; a bare `=` in one is a text, as for Kubernetes."""
    return [document for document in yaml.load_all(text, Loader=_Loader) if isinstance(document, dict)]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """Also reads a bare `=`, which some CRDs have among their enumerations."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


def _error_of(stderr: str) -> str:
    """Return the error without the warnings before it and Helm's own repeated prefixes."""
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith(("WARNING", "W1", "I1"))]
    start = next((index for index, line in enumerate(lines) if line.startswith("Error: ")), 0)
    return "\n".join(lines[start:]).removeprefix("Error: ").strip()
