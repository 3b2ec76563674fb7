"""Fetching a pinned wheel from the package index, and unpacking it. Standard library only."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from ssl import SSLContext
from typing import cast
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.index import Index
from groundwork.sandbox.tools.pins import Wheel

_JSON = "application/vnd.pypi.simple.v1+json"
# Mirrors that know no JSON answer with the older page of links.
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.5, text/html;q=0.4"
_TIMEOUT_SECONDS = 60
_TRIES = 3
_CHUNK = 1 << 20


def fetch(wheel: Wheel, folder: Path, index: Index, trust: SSLContext, report: Callable[[int], None]) -> Path:
    """Download `wheel` into `folder` and verify it.

    Args:
        report: called with the bytes that have arrived.

    Raises:
        ToolsError: the index cannot be reached, lacks the file, or serves another under its name.
    """
    page_url = f"{index.url}/{wheel.project}/"
    if urlsplit(page_url).scheme not in ("http", "https"):
        raise ToolsError(
            f"The package index {index.url!r} is no http or https address: set PIP_INDEX_URL to one that is."
        )
    for tries_left in reversed(range(_TRIES)):
        try:
            return _download(wheel, page_url, folder, index, trust, report)
        except urllib.error.HTTPError as error:
            if error.code < 500 or not tries_left:
                raise _unreachable(wheel, index, f"it answers {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            if not tries_left:
                reason = getattr(error, "reason", None) or error
                raise _unreachable(wheel, index, str(reason)) from error
        time.sleep(1)
    raise AssertionError("the last try either returns or raises")


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a wheel, with the permissions that the standard library's `zipfile` forgets."""
    with zipfile.ZipFile(archive) as wheel:
        for member in wheel.infolist():
            # `extract` itself keeps a member within `folder`.
            target = Path(wheel.extract(member, folder))
            mode = (member.external_attr >> 16) & 0o777
            if mode and not member.is_dir():
                target.chmod(mode | 0o200)


def links(page: str, content_type: str, base: str) -> dict[str, str]:
    """Return the files of an index's project page: address by file name."""
    if "json" in content_type:
        return {file["filename"]: urljoin(base, file["url"]) for file in json.loads(page)["files"]}
    anchors = _Anchors()
    anchors.feed(page)
    addresses = (urldefrag(urljoin(base, href)).url for href in anchors.hrefs)
    return {unquote(Path(urlsplit(address).path).name): address for address in addresses}


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.hrefs += [value for name, value in attrs if name == "href" and value]


def _download(
    wheel: Wheel, page_url: str, folder: Path, index: Index, trust: SSLContext, report: Callable[[int], None]
) -> Path:
    with _open(page_url, index, trust) as answer:
        content_type = answer.headers.get("Content-Type", "")
        files = links(answer.read().decode(), content_type, answer.url)
    if wheel.filename not in files:
        raise ToolsError(f"The package index {index.url} has no file {wheel.filename}.")
    target = folder / wheel.filename
    digest = hashlib.sha256()
    arrived = 0
    with _open(files[wheel.filename], index, trust) as answer, target.open("wb") as file:
        while chunk := answer.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
            arrived += len(chunk)
            report(arrived)
    if digest.hexdigest() != wheel.sha256:
        target.unlink()
        raise ToolsError(
            f"{wheel.filename} from {index.url} is not the file that this repository pins; it was not kept:\n"
            f"- pinned SHA-256: {wheel.sha256}\n"
            f"- arrived:        {digest.hexdigest()} ({arrived:,} of {wheel.size:,} bytes)\n"
            "Run again. If it stays so, a proxy or mirror changes files on the way: set PIP_INDEX_URL to another."
        )
    return target


def _open(url: str, index: Index, trust: SSLContext) -> http.client.HTTPResponse:
    headers = {"Accept": _ACCEPT if url.endswith("/") else "*/*", "User-Agent": "groundwork-bootstrap"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - `fetch` lets no other scheme in
    # Files may lie on another host than the index, or be redirected there: it must not see the password.
    if index.authorization and urlsplit(url).netloc == urlsplit(index.url).netloc:
        request.add_unredirected_header("Authorization", index.authorization)
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust))
    return cast("http.client.HTTPResponse", opener.open(request, timeout=_TIMEOUT_SECONDS))


def _unreachable(wheel: Wheel, index: Index, reason: str) -> ToolsError:
    return ToolsError(
        f"Cannot fetch {wheel.label} from the package index {index.url}: {reason}.\n"
        "Check the network, http_proxy, https_proxy, PIP_INDEX_URL and PIP_CERT; then run again."
    )
