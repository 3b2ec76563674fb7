"""A small project with a catalogue of its own, and a Helm repository on the loopback, packed by the real Helm."""

from __future__ import annotations

import functools
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from groundwork.mirror.tools import Programs
from groundwork.sandbox.tools.locate import survey

CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: {{ .Values.color | quote }}, helper: "registry.example.com/tools/helper:2.0"}
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def programs() -> Programs:
    found, missing = survey()
    if missing:
        pytest.skip(f"{missing[0].tool.label} {missing[0].why}")
    return Programs(found["helm"], found["kubectl"])


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, programs: Programs) -> Iterator[str]:
    """Serve `painter` in two versions; return the repository's address."""
    served, sources = tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("sources")
    for version in ("1.0.0", "1.10.0"):
        folder = sources / version / "painter"
        (folder / "templates").mkdir(parents=True)
        about = {"apiVersion": "v2", "name": "painter", "version": version, "appVersion": f"{version}-app"}
        (folder / "Chart.yaml").write_text(json.dumps(about), encoding="utf-8")
        (folder / "values.yaml").write_text("color: blue\n", encoding="utf-8")
        (folder / "values.schema.json").write_text('{"type": "object"}', encoding="utf-8")
        (folder / "templates" / "settings.yaml").write_text(CONFIG_MAP, encoding="utf-8")
        subprocess.run([programs.helm, "package", folder, "-d", served], check=True, capture_output=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(served)))
    address = f"http://127.0.0.1:{server.server_address[1]}"
    subprocess.run([programs.helm, "repo", "index", served, "--url", address], check=True, capture_output=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the root of a project without stacks."""
    folder = tmp_path / "project"
    (folder / "platform" / "kustomize").mkdir(parents=True)
    (folder / "stacks").mkdir()
    (folder / "Pulumi.yaml").write_text("name: demo\nmain: stacks/\nstackConfigDir: stacks\nruntime: python\n")
    return folder


def catalogue(root: Path, **charts: Mapping[str, Any]) -> None:
    """Write the project's catalogue."""
    entries = {key: {"licence": "Apache-2.0", "appVersion": "1", **entry} for key, entry in charts.items()}
    text = yaml.safe_dump({"kubernetes": ["1.35"], "charts": entries})
    (root / "platform" / "catalogue.yaml").write_text(text, encoding="utf-8")
