"""As much of an OCI registry as Helm asks for: https://github.com/opencontainers/distribution-spec, in memory."""

from __future__ import annotations

import hashlib
import re
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar


class OciRegistry(BaseHTTPRequestHandler):
    """Keeps blobs by digest, and manifests by tag and digest."""

    protocol_version = "HTTP/1.1"
    blobs: ClassVar[dict[str, bytes]] = {}
    manifests: ClassVar[dict[str, tuple[str, bytes]]] = {}

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self) -> None:
        """Answer what is there."""
        kind, key = self._key()
        if kind == "blobs" and key in self.blobs:
            self._answer(200, self.blobs[key], Docker_Content_Digest=key, Content_Type="application/octet-stream")
        elif kind == "manifests" and f"{self._name()}:{key}" in self.manifests:
            media, body = self.manifests[f"{self._name()}:{key}"]
            self._answer(200, body, Docker_Content_Digest=_digest(body), Content_Type=media)
        else:
            code = 200 if self.path == "/v2/" else 404
            self._answer(code, b"" if code == 200 else b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')

    do_HEAD = do_GET  # noqa: N815 - the name that the server calls

    def do_POST(self) -> None:
        """Open an upload."""
        self._body()
        self._answer(202, Location=f"/v2/{self._name()}/blobs/uploads/1")

    def do_PUT(self) -> None:
        """Keep a blob or a manifest."""
        body, (kind, key) = self._body(), self._key()
        if kind == "manifests":
            media = self.headers["Content-Type"]
            for reference in (key, _digest(body)):
                self.manifests[f"{self._name()}:{reference}"] = (media, body)
        else:
            self.blobs[_digest(body)] = body
        self._answer(201, Docker_Content_Digest=_digest(body), Location=self.path)

    def _name(self) -> str:
        found = re.match(r"/v2/(.+?)/(blobs|manifests|tags)/", self.path)
        return found[1] if found else ""

    def _key(self) -> tuple[str, str]:
        found = re.match(r"/v2/.+?/(blobs|manifests)/(?:uploads/)?([^?]+)", self.path)
        return (found[1], found[2]) if found else ("", "")


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
