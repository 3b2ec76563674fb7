"""kube-score over Kubernetes objects: it looks at what objects are to one another, too."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from rich.console import Console

from groundwork.sandbox.tools.definitions import MEGABYTE, Binary, Tool
from groundwork.sandbox.tools.ensure import install_missing
from groundwork.sandbox.tools.locate import survey
from groundwork.sandbox.tools.progress import reporter
from tests.scanners.explained import Found

_OK = 10
_PACKAGE = "github.com/zegl/kube-score/cmd/kube-score"


class _Scanner(Tool):
    """A tool of the tests only: its pinned modules are here."""

    @property
    def module_dir(self) -> Path:
        """The folder with its `go.mod` and `go.sum`."""
        return Path(__file__).parent / "modules" / self.name


_TOOL = _Scanner(
    name="kube-score",
    version="1.20.0",
    module="github.com/zegl/kube-score",
    binaries=(Binary("kube-score", _PACKAGE, ("version",)),),
    installed_bytes=16 * MEGABYTE,
    cache_bytes=300 * MEGABYTE,
    linking_bytes=100 * MEGABYTE,
    build_minutes=1,
    link_variables=MappingProxyType({"main.version": "1.20.0"}),
)


def scan(objects: Sequence[Mapping[str, Any]], kubernetes: str) -> list[Found]:
    """Return what kube-score finds wrong with Kubernetes objects.

    Args:
        kubernetes: the version that they are for, "1.35".
    """
    flags = ["--output-format", "json", "--kubernetes-version", f"v{kubernetes}"]
    # What runs is judged; a limit of CPU is none of ours on purpose.
    command = [str(install(Console(file=io.StringIO()))), "score", *flags, "--ignore-container-cpu-limit", "-"]
    done = subprocess.run(command, input=yaml.safe_dump_all(objects), capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found = []
    for judged in json.loads(done.stdout):
        for check in judged["checks"] or ():
            if not check["skipped"] and check["grade"] < _OK:
                said = "; ".join(dict.fromkeys(comment["summary"] for comment in check["comments"] or ()))
                found.append(Found(check["check"]["id"], said, _label(judged["object_name"])))
    return found


def _label(name: str) -> str:
    """Return "Deployment/apps/v1/mlflow/server" as "Deployment mlflow/server"."""
    kind, *_, namespace, own = name.split("/")
    return f"{kind} {namespace}/{own}"


def install(console: Console) -> Path:
    """Build it where it is missing, beside the tools and once a machine, telling how far it is; return the program."""
    install_missing(reporter(console), [_TOOL])
    found, _ = survey([_TOOL])
    return found["kube-score"]
