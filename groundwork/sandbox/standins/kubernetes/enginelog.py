"""Remarks on a resource, sent to the engine that is at work: the API server's warnings."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_KEPT = 64


class EngineLog:
    """The engines that attached, by the connection on which they call."""

    def __init__(self) -> None:
        """Know no engine yet."""
        self._lock = threading.Lock()
        self._stubs: OrderedDict[str, engine_pb2_grpc.EngineStub] = OrderedDict()

    def attached(self, peer: str, address: str) -> None:
        """Remember where the engine that calls from `peer` takes remarks."""
        if not address:
            return
        stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
        with self._lock:
            self._stubs[peer] = stub
            while len(self._stubs) > _KEPT:
                self._stubs.popitem(last=False)

    def warn(self, peer: str, urn: str, message: str) -> None:
        """Show `message` as a warning on the resource; an engine that is gone does not mind."""
        with self._lock:
            stub = self._stubs.get(peer)
        if stub is None:
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=urn)
        with contextlib.suppress(grpc.RpcError):
            stub.Log(request, timeout=5)


class Warnings:
    """Collects the API server's warnings of the requests that one thread makes."""

    def __init__(self) -> None:
        """Collect nothing yet."""
        self._local = threading.local()

    def add(self, text: str) -> None:
        """Take one warning, if this thread is collecting."""
        found: list[str] | None = getattr(self._local, "found", None)
        if found is not None and text not in found:
            found.append(text)

    @contextlib.contextmanager
    def collect(self) -> Iterator[list[str]]:
        """Collect this thread's warnings into the list."""
        found: list[str] = []
        self._local.found = found
        try:
            yield found
        finally:
            self._local.found = None
