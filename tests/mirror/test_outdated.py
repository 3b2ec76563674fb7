"""The newest versions of repositories: an http one packed by real Helm, and a registry's tags."""

from __future__ import annotations

import datetime
import io
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from rich.console import Console

from groundwork.core.catalogue import Catalogue, Chart
from groundwork.mirror.outdated import Row, outdated, to_json
from groundwork.mirror.show import of_outdated

PAGES = {
    "/v2/charts/painter/tags/list?n=1000": (["1.0.0", "2.0.0-rc.1"], "/v2/charts/painter/tags/list?n=1000&last=x"),
    "/v2/charts/painter/tags/list?n=1000&last=x": (["1.9.0_build", "v1.10.0", "latest"], ""),
}


class _Registry(BaseHTTPRequestHandler):
    """Gives tags, in two pages, to who has the token that it gives to anybody."""

    def do_GET(self) -> None:
        if self.path.startswith("/token?"):
            self._answer(200, {"token": "anybody"}, {})
        elif self.headers.get("Authorization") != "Bearer anybody":
            realm = f"http://{self.headers['Host']}/token"
            asked = f'Bearer realm="{realm}",service="test",scope="repository:charts/painter:pull"'
            self._answer(401, {}, {"WWW-Authenticate": asked})
        elif self.path in PAGES:
            tags, following = PAGES[self.path]
            self._answer(200, {"tags": tags}, {"Link": f'<{following}>; rel="next"'} if following else {})
        else:
            self._answer(404, {}, {})

    def _answer(self, code: int, content: object, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"oci://127.0.0.1:{server.server_address[1]}/charts"
    server.shutdown()
    server.server_close()
    thread.join()


def row(version: str = "1.0.0", chart: str = "painter", **place: str) -> Row:
    entry = Chart(chart=chart, version=version, app_version="1", licence="Apache-2.0", **place)
    return outdated(Catalogue(charts={"paint": entry}, kubernetes=("1.35",)))[0]


def test_the_newest_of_a_repository(repository: str) -> None:
    """As versions, not as texts: 1.10.0 is newer than 1.9.0."""
    assert (row(repository=repository).newest, row(repository=repository).behind) == ("1.10.0", True)
    assert not row("1.10.0", repository=repository).behind


def test_the_newest_of_a_registry(registry: str) -> None:
    """Of all pages, and no candidate for a release."""
    found = row(repository=registry)
    assert (found.newest, found.behind, found.problem) == ("v1.10.0", True, "")


def test_why_the_newest_is_not_known(repository: str, registry: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"127.0.0.1:{unused.getsockname()[1]}"
        refused = f"{nowhere} is out of reach: Connection refused"
        assert row(repository=f"http://{nowhere}").problem == refused
        assert row(repository=f"oci://{nowhere}/charts").problem == refused
    assert row(chart="other", repository=repository).problem == f"{repository} has no stable version of other"
    assert row(repository=f"{repository}/none").problem == f"{repository}/none/index.yaml answers 404"
    place = registry.removeprefix("oci://").partition("/")[0]
    assert row(chart="other", repository=registry).problem == f"{place} answers 404 for charts/other"
    assert row(source="example.com/parts at 1.0: a, b").problem == (
        "upstream ships no chart: look at example.com/parts at 1.0"
    )


def test_what_has_ended_is_marked_in_the_table(repository: str) -> None:
    entry = {"chart": "painter", "version": "1.0.0", "app_version": "1", "licence": "MIT", "repository": repository}
    over, later = datetime.date(2020, 1, 31), datetime.date(2999, 1, 31)
    charts = {
        "kept": Chart(**entry, end_of_life=over, keep_until=later),
        "over": Chart(**entry, end_of_life=over),
        "well": Chart(**entry, end_of_life=later),
    }
    rows = outdated(Catalogue(charts=charts, kubernetes=("1.35",)))
    assert [row["ends"] for row in to_json(rows)] == [
        "ended 2020-01-31, kept until 2999-01-31",
        "ended 2020-01-31",
        "2999-01-31",
    ]
    file = io.StringIO()
    Console(file=file, width=140).print(of_outdated(rows, []))
    assert "MIT       ended 2020-01-31, kept until 2999-01-31" in file.getvalue()
