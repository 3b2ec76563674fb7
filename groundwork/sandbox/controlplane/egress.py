"""The only way out of the API server: a proxy that refuses, but for what the sandbox itself runs.

It runs as a process of its own, beside the API server, by `python -I egress.py SOCKET ROUTES RECORD`, and so
imports nothing but the standard library. The API server sends it `CONNECT host:port` for each webhook,
aggregated API, log, exec and port-forward.

- ROUTES is a JSON object, read again whenever it changes: `{"10.96.3.4:443": "127.0.0.1:20443"}`. Only loopback
  targets are accepted, so that no file can open a way out of the machine.
- RECORD is a JSON object of what was refused: `{"10.96.9.9:443": {"first": ..., "last": ..., "count": 3}}`, with
  seconds since the epoch.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import socketserver
import sys
import threading
import time
from pathlib import Path

KUBELET_PORT = "10250"
_HEADER_LIMIT = 8192
_CONNECT_SECONDS = 5.0
_IDLE_SECONDS = 3600.0


class Routes:
    """Which dialled addresses lead to which loopback ports."""

    def __init__(self, file: Path) -> None:
        """Read the file at the first question."""
        self._file = file
        self._stamp = -1
        self._targets: dict[str, tuple[str, int]] = {}
        self._lock = threading.Lock()

    def find(self, address: str) -> tuple[str, int] | None:
        """Return where `address` leads, or None: refused."""
        with self._lock:
            try:
                stamp = self._file.stat().st_mtime_ns
                if stamp != self._stamp:
                    self._targets = _parse(json.loads(self._file.read_text()))
                    self._stamp = stamp
            except (OSError, ValueError) as error:
                print(f"no routes: {error}", flush=True)
                self._targets, self._stamp = {}, -1
            return self._targets.get(address)


class Record:
    """What was refused, on disk at once."""

    def __init__(self, file: Path) -> None:
        """Go on with what was refused before a restart."""
        self._file = file
        self._lock = threading.Lock()
        try:
            self._refused: dict[str, dict[str, float]] = json.loads(file.read_text())
        except (OSError, ValueError):
            self._refused = {}

    def add(self, address: str) -> None:
        """Count one refusal."""
        now = time.time()
        with self._lock:
            entry = self._refused.setdefault(address, {"first": now, "last": now, "count": 0})
            entry["last"] = now
            entry["count"] += 1
            partial = self._file.with_name(self._file.name + ".partial")
            partial.write_text(json.dumps(self._refused, indent=1))
            partial.replace(self._file)


class Proxy(socketserver.ThreadingUnixStreamServer):
    """Answers on a unix socket."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path, routes: Routes, record: Record) -> None:
        """Take the socket's path, also over one that a killed proxy left behind."""
        path.unlink(missing_ok=True)
        self.routes = routes
        self.record = record
        super().__init__(str(path), Handler)


class Handler(socketserver.BaseRequestHandler):
    """One connection of the API server."""

    server: Proxy

    def handle(self) -> None:
        """Refuse the address, or join the connection with what answers for it."""
        address = _requested(self.request)
        if address is None:
            self.request.sendall(_answer(400, "Only CONNECT host:port is understood"))
            return
        target = self.server.routes.find(address)
        if target is None:
            self.server.record.add(address)
            self.request.sendall(_answer(403, refusal(address)))
            return
        try:
            upstream = socket.create_connection(target, timeout=_CONNECT_SECONDS)
        except OSError as error:
            reason = f"{address} leads to {target[0]}:{target[1]} of the sandbox, which does not answer: {error}"
            self.request.sendall(_answer(502, reason))
            return
        with upstream:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=(upstream, self.request), daemon=True)
            back.start()
            _pump(self.request, upstream)
            back.join()


def refusal(address: str) -> str:
    """Return the sentence that the user of `kubectl logs`, or of a webhook, gets to read."""
    if address.endswith(f":{KUBELET_PORT}"):
        return "Refused by the sandbox: its pods are simulated, so there are no logs, exec or port-forward"
    return f"Refused by the sandbox: what {address} stands for is simulated, nothing answers there"


def _parse(content: dict[str, str]) -> dict[str, tuple[str, int]]:
    targets = {}
    for address, target in content.items():
        host, _, port = target.rpartition(":")
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{address} must lead to a loopback address, not to {target}")
        targets[address] = (host, int(port))
    return targets


def _requested(connection: socket.socket) -> str | None:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEADER_LIMIT:
        part = connection.recv(_HEADER_LIMIT)
        if not part:
            break
        head += part
    words = head.split(b"\r\n", 1)[0].split(b" ")
    return words[1].decode("ascii", "replace") if len(words) == 3 and words[0] == b"CONNECT" else None


def _answer(status: int, reason: str) -> bytes:
    return f"HTTP/1.1 {status} {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("ascii", "replace")


def _pump(source: socket.socket, sink: socket.socket) -> None:
    source.settimeout(_IDLE_SECONDS)
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # either side is gone: so is this connection
        return


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    path, routes, record = (Path(argument) for argument in arguments)
    with Proxy(path, Routes(routes), Record(record)) as proxy:
        proxy.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
