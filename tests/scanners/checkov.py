"""Checkov over Kubernetes objects, in an environment of its own: its packages fit no other's versions."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from groundwork.sandbox.home import tools_dir
from groundwork.sandbox.tools.index import chosen_index
from groundwork.sandbox.tools.lock import exclusive
from groundwork.sandbox.tools.python_env import environment
from groundwork.sandbox.tools.uv import ensure_uv
from tests.scanners.explained import Found

_PINS = Path(__file__).with_name("checkov.txt")
"""Checkov and all that it needs, by digest: `uv pip compile --generate-hashes --no-annotate --no-header`."""


def scan(objects: Sequence[Mapping[str, Any]], folder: Path) -> list[Found]:
    """Return what Checkov finds wrong with Kubernetes objects."""
    (folder / "objects.yaml").write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    flags = ["--directory", str(folder), "--framework", "kubernetes", "--output", "json", "--compact", "--quiet"]
    command = [str(_program()), *flags, "--skip-download", "--soft-fail"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LOG_LEVEL": "ERROR"})
    told = json.loads(done.stdout)
    assert told["summary"]["resource_count"] >= len(objects), "it did not read all objects"
    failed = told["results"]["failed_checks"]
    return [Found(check["check_id"], check["check_name"], _label(check["resource"])) for check in failed]


def _label(resource: str) -> str:
    """Return "DaemonSet.monitoring.exporter" as "DaemonSet monitoring/exporter"."""
    kind, namespace, name = resource.split(".", 2)
    return f"{kind} {namespace}/{name}"


@cache
def _program() -> Path:
    """Return the installed program; it is installed once a machine, beside the tools."""
    digest = hashlib.sha256(_PINS.read_bytes()).hexdigest()[:12]
    folder = tools_dir() / f"checkov-{digest}"
    program = folder / "bin" / "checkov"
    with exclusive("checkov", lambda holder: None):
        if not program.exists():
            index = chosen_index(os.environ)
            uv, settings = ensure_uv(lambda _: None), environment(index)
            for command in (
                ("venv", "--clear", "--python", sys.executable, str(folder)),
                ("pip", "sync", "--require-hashes", "--python", str(folder / "bin" / "python"), str(_PINS)),
            ):
                subprocess.run([uv, *command, "--quiet"], check=True, env=settings)
    return program
