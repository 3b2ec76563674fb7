"""Rule: what is fetched before anything is installed is exactly the file that the repository pins, or nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from groundwork.sandbox.tools import pins
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.index import Index, chosen_index, trust
from groundwork.sandbox.tools.pins import Wheel
from groundwork.sandbox.tools.uv import ensure_uv
from groundwork.sandbox.tools.wheels import fetch, unpack

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass
class Registry:
    """A package index on the loopback.

    Attributes:
        answers: status, content type and body by path.
        requests: the paths that were asked for, with the authorization that came along.
    """

    url: str = ""
    answers: dict[str, list[tuple[int, str, bytes]]] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def serve(self, path: str, content_type: str, body: bytes, status: int = 200) -> None:
        self.answers.setdefault(path, []).append((status, content_type, body))


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    state = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append((self.path, self.headers.get("Authorization")))
            queue = state.answers.get(self.path, [(404, "text/plain", b"")])
            status, content_type, body = queue.pop(0) if len(queue) > 1 else queue[0]
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/simple"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("PIP_INDEX_URL", state.url)
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("groundwork.sandbox.tools.wheels.time.sleep", lambda seconds: None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


def archive(files: dict[str, tuple[str, int]]) -> bytes:
    """A wheel with these files: content and permissions by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        for name, (content, mode) in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            wheel.writestr(info, content)
    return buffer.getvalue()


CONTENT = archive({"uv-9.9.9.data/scripts/uv": ("#!/bin/sh\necho uv\n", 0o755), "a/readme": ("x", 0o644)})
WHEEL = Wheel("uv", "9.9.9", "any", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
FILE = "uv-9.9.9-py3-none-any.whl"


def page(url: str = f"/files/{FILE}") -> bytes:
    return json.dumps({"files": [{"filename": FILE, "url": url, "hashes": {}}]}).encode()


def get(index: Index, folder: Path) -> Path:
    return fetch(WHEEL, folder, index, trust(os.environ), lambda size: None)


def test_the_file_is_found_on_the_json_page_and_verified(registry: Registry, tmp_path: Path) -> None:
    registry.serve("/simple/uv/", JSON, page())
    registry.serve(f"/files/{FILE}", "application/zip", CONTENT)
    arrived: list[int] = []
    file = fetch(WHEEL, tmp_path, chosen_index(os.environ), trust(os.environ), arrived.append)
    assert file.read_bytes() == CONTENT
    assert arrived[-1] == len(CONTENT)


def test_a_mirror_that_only_knows_the_older_page_of_links_will_do(registry: Registry, tmp_path: Path) -> None:
    html = f'<a href="../other.whl">other</a><a href="../../files/{FILE}#sha256=00">{FILE}</a>'
    registry.serve("/simple/uv/", "text/html; charset=utf-8", html.encode())
    registry.serve(f"/files/{FILE}", "application/zip", CONTENT)
    assert get(chosen_index(os.environ), tmp_path).read_bytes() == CONTENT


def test_another_file_under_the_same_name_is_refused_and_not_kept(registry: Registry, tmp_path: Path) -> None:
    registry.serve("/simple/uv/", JSON, page())
    registry.serve(f"/files/{FILE}", "application/zip", b"something else")
    with pytest.raises(ToolsError) as caught:
        get(chosen_index(os.environ), tmp_path)
    assert str(caught.value) == (
        f"{FILE} from {registry.url} is not the file that this repository pins; it was not kept:\n"
        f"- pinned SHA-256: {WHEEL.sha256}\n"
        f"- arrived:        {hashlib.sha256(b'something else').hexdigest()} (14 of {len(CONTENT)} bytes)\n"
        "Run again. If it stays so, a proxy or mirror changes files on the way: set PIP_INDEX_URL to another."
    )
    assert list(tmp_path.glob("*.whl")) == []


def test_an_index_without_the_file_is_named(registry: Registry, tmp_path: Path) -> None:
    registry.serve("/simple/uv/", JSON, b'{"files": []}')
    with pytest.raises(ToolsError) as caught:
        get(chosen_index(os.environ), tmp_path)
    assert str(caught.value) == f"The package index {registry.url} has no file {FILE}."


def test_a_no_is_told_at_once(registry: Registry, tmp_path: Path) -> None:
    registry.serve("/simple/uv/", "text/plain", b"", status=403)
    with pytest.raises(ToolsError) as caught:
        get(chosen_index(os.environ), tmp_path)
    assert str(caught.value) == (
        f"Cannot fetch uv 9.9.9 from the package index {registry.url}: it answers 403 Forbidden.\n"
        "Check the network, http_proxy, https_proxy, PIP_INDEX_URL and PIP_CERT; then run again."
    )
    assert len(registry.requests) == 1


def test_a_hiccup_of_the_server_is_tried_again(registry: Registry, tmp_path: Path) -> None:
    registry.serve("/simple/uv/", "text/plain", b"", status=503)
    registry.serve("/simple/uv/", JSON, page())
    registry.serve(f"/files/{FILE}", "application/zip", CONTENT)
    assert get(chosen_index(os.environ), tmp_path).read_bytes() == CONTENT


def test_an_index_that_is_not_there_is_told_with_the_reason(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(ToolsError) as caught:
        get(chosen_index({"PIP_INDEX_URL": "http://127.0.0.1:1/simple"}, []), tmp_path)
    assert str(caught.value).startswith(
        "Cannot fetch uv 9.9.9 from the package index http://127.0.0.1:1/simple: [Errno 111] Connection refused.\n"
    )


def test_an_index_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolsError, match=r"The package index 'file:///srv/pypi' is no http or https address"):
        get(chosen_index({"PIP_INDEX_URL": "file:///srv/pypi"}, []), tmp_path)


def test_the_password_of_the_index_is_told_to_no_other_host(registry: Registry, tmp_path: Path) -> None:
    elsewhere = registry.url.replace("127.0.0.1", "127.1").removesuffix("/simple")
    registry.serve("/simple/uv/", JSON, page(f"{elsewhere}/files/{FILE}"))
    registry.serve(f"/files/{FILE}", "application/zip", CONTENT)
    get(chosen_index({"PIP_INDEX_URL": registry.url.replace("://", "://me:secret@")}, []), tmp_path)
    assert [(path, bool(header)) for path, header in registry.requests] == [
        ("/simple/uv/", True),
        (f"/files/{FILE}", False),
    ]


def test_unpacking_keeps_what_may_be_executed(tmp_path: Path) -> None:
    (tmp_path / "w.whl").write_bytes(CONTENT)
    unpack(tmp_path / "w.whl", tmp_path / "out")
    assert (tmp_path / "out" / "uv-9.9.9.data" / "scripts" / "uv").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out" / "a" / "readme").stat().st_mode & 0o777 == 0o644


def test_uv_is_fetched_once_and_never_left_half(
    registry: Registry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "UV", dict.fromkeys(pins.UV, WHEEL))
    registry.serve("/simple/uv/", JSON, page())
    registry.serve(f"/files/{FILE}", "application/zip", b"broken")
    registry.serve(f"/files/{FILE}", "application/zip", CONTENT)
    said: list[str] = []
    with pytest.raises(ToolsError, match="is not the file that this repository pins"):
        ensure_uv(said.append)
    assert not (home / "tools").exists()
    uv = ensure_uv(said.append)
    assert uv == home / "tools" / "uv-9.9.9" / "bin" / "uv"
    assert uv.read_text() == "#!/bin/sh\necho uv\n"
    asked = len(registry.requests)
    assert ensure_uv(said.append) == uv
    assert len(registry.requests) == asked
    assert list((home / "scratch").iterdir()) == []
    assert said == ["fetching uv 9.9.9 (0 MB)", "fetching uv 9.9.9 (0 MB)"]


def test_a_machine_without_a_pinned_wheel_is_told_which_have_one() -> None:
    with pytest.raises(ToolsError) as caught:
        pins.pick(pins.UV, "linux/riscv64")
    assert str(caught.value) == (
        f"{pins.UV['linux/x86_64'].label} is not pinned for linux/riscv64; "
        "it is for: darwin/arm64, darwin/x86_64, linux/aarch64, linux/x86_64."
    )
