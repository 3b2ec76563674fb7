"""A registry as a mirror: the real Helm pushes to it and pulls from it, on the loopback."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from groundwork.core.catalogue import load_catalogue
from groundwork.core.charts import MIRROR, _locate
from groundwork.core.errors import StackError
from groundwork.core.mirror import digest_of
from groundwork.core.project import load_project
from groundwork.mirror.command import run
from groundwork.mirror.errors import MirrorError
from groundwork.mirror.registry import Registry, bring
from groundwork.mirror.tools import Programs
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.rehearsal.stage import check_mirrors
from tests.mirror.conftest import catalogue
from tests.mirror.oci import OciRegistry

OTHER = f"sha256:{'0' * 64}"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty registry, and a home of Groundwork's own."""
    monkeypatch.setenv("GROUNDWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("groundwork.mirror.command.find_programs", lambda local: PROGRAMS[0])
    handler = type("Fresh", (OciRegistry,), {"blobs": {}, "manifests": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"oci://127.0.0.1:{server.server_address[1]}/charts"
    server.shutdown()
    server.server_close()
    thread.join()


PROGRAMS: list[Programs] = []


@pytest.fixture(autouse=True)
def _programs(programs: Programs) -> None:
    PROGRAMS[:] = [programs]


def mirrored(root: Path, address: str, *, check: bool = False) -> Any:
    load_catalogue.cache_clear()
    return run(root, address, check_only=check, only=(), git=(), tell=lambda line: None)[0]


def test_what_the_registry_lacks_is_pushed_once(root: Path, repository: str, address: str) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository})
    assert mirrored(root, address, check=True).problems == [
        f"paint: {address} has no painter 1.0.0: run `groundwork mirror --to {address} --only paint`"
    ]
    first, second = mirrored(root, address), mirrored(root, address)
    assert (first.problems, first.fetched) == ([], ["paint"])
    assert (second.problems, second.fetched, second.held) == ([], [], {"paint": "the mirror's lock"})
    assert mirrored(root, address, check=True).held == {"paint": "the mirror's lock"}


def test_another_archive_of_the_registry_is_found_and_kept(
    root: Path, repository: str, address: str, programs: Programs, tmp_path: Path
) -> None:
    """Helm would overwrite it; whoever put it there may want to know first."""
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": repository})
    subprocess.run([programs.helm, "create", tmp_path / "painter"], check=True, capture_output=True)
    (tmp_path / "painter" / "Chart.yaml").write_text("apiVersion: v2\nname: painter\nversion: 1.0.0\n")
    subprocess.run([programs.helm, "package", tmp_path / "painter", "-d", tmp_path], check=True, capture_output=True)
    other = tmp_path / "painter-1.0.0.tgz"
    Registry(address, programs).push(other)
    [problem] = mirrored(root, address).problems
    expected = digest_of(Registry(address, programs).folder / "painter-1.0.0.tgz")
    told = f"paint: painter 1.0.0 of {address} is not what the mirror's lock says: expected {expected}, found "
    assert problem == f"{told}{digest_of(other)}; nothing was overwritten"
    assert mirrored(root, address, check=True).problems == [f"{told}{digest_of(other)}"]


def test_the_program_asks_the_registry_alone(monkeypatch: pytest.MonkeyPatch, root: Path, address: str) -> None:
    monkeypatch.setenv(MIRROR, f"{address}/")
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": "https://charts.invalid"})
    load_catalogue.cache_clear()
    assert _locate("paint", load_catalogue(root).charts["paint"]) == (f"{address}/painter", None)


def test_a_rehearsal_brings_charts_before_it_starts_anything(
    root: Path, repository: str, address: str, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And refuses one that is not the catalogue's."""
    entry = {"chart": "painter", "version": "1.0.0", "repository": repository}
    catalogue(root, paint=entry)
    mirrored(root, address)
    folder = bring(Registry(address, programs), load_catalogue(root).charts, lambda line: None)
    assert [file.name for file in folder.iterdir()] == ["painter-1.0.0.tgz"]
    monkeypatch.setenv(MIRROR, address)
    project = load_project(root)
    check_mirrors(project, Sandbox.of(root, "dev"))
    catalogue(root, paint={**entry, "digest": OTHER})
    load_catalogue.cache_clear()
    with pytest.raises(StackError, match=f"is not what the catalogue says: expected {OTHER}"):
        check_mirrors(project, Sandbox.of(root, "dev"))


def test_a_registry_out_of_reach_is_named(root: Path, programs: Programs) -> None:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": "https://charts.invalid"})
    load_catalogue.cache_clear()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"oci://127.0.0.1:{unused.getsockname()[1]}/charts"
        with pytest.raises(MirrorError, match=f"painter 1.0.0 cannot be had from {nowhere}: .*connection refused"):
            bring(Registry(nowhere, programs), load_catalogue(root).charts, lambda line: None)
