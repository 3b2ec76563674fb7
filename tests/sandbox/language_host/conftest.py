from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from groundwork.sandbox.language_host import install, zygote_command
from groundwork.sandbox.tools.locate import ToolsMissing, locate
from tests.sandbox.isolation import isolated
from tests.sandbox.waiting import until


@dataclass
class Bench:
    """A project with one stack, and the engine to run it."""

    project: Path
    environ: dict[str, str]
    pulumi: str
    socket: Path | None
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def write(self, program: str, name: str = "__main__.py") -> None:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(program, encoding="utf-8")

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.pulumi, *arguments, "--non-interactive", "--color=never"],
            cwd=self.project,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [self.pulumi, *arguments, "--non-interactive", "--color=never"],
            cwd=self.project,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process


def make_bench(root: Path, socket: Path | None) -> Bench:
    try:
        pulumi = locate().pulumi
    except ToolsMissing as missing:
        pytest.skip(str(missing))
    environ = isolated(root)
    (root / "bin" / "pulumi").hardlink_to(pulumi)
    install(root / "bin", socket)
    bench = Bench(root / "project", environ, str(root / "bin" / "pulumi"), socket)
    bench.write("name: demo\nruntime: python\n", "Pulumi.yaml")
    bench.write("import pulumi\n")
    assert bench.run("stack", "init", "one").returncode == 0
    return bench


@pytest.fixture(params=["zygote", "alone"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """The host with a sandbox's zygote, and without."""
    if request.param == "alone":
        yield make_bench(tmp_path, None)
        return
    socket = tmp_path / "z.sock"
    zygote = subprocess.Popen(zygote_command(socket), start_new_session=True)
    try:
        until(socket.exists)
        yield make_bench(tmp_path, socket)
    finally:
        zygote.kill()
        zygote.wait()
