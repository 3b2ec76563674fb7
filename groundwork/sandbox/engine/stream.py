"""The engine's events as it sends them: to a port of ours, and never to a file.

A log on disk would hold what the SDK's debug messages say, values of secrets among it.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2
from google.protobuf.wrappers_pb2 import StringValue

from groundwork.sandbox.engine.events import Event, parse

_SERVICE, _METHOD = "pulumirpc.Events", "StreamEvents"
_MESSAGE_LIMIT = 400 * 1024 * 1024  # the engine's own limit for a message


class EventStream:
    """A server for one run of the engine: `address` is for its flag `--event-log`.

    The protocol's one message has one field, a string with number 1: on the wire the same as a `StringValue`. So the
    SDK, which takes most of a second to import, is not needed for it.
    """

    def __init__(self) -> None:
        """Listen on a free port of the loopback."""
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.max_receive_message_length", _MESSAGE_LIMIT)])
        handler = grpc.stream_unary_rpc_method_handler(
            self._receive,
            request_deserializer=StringValue.FromString,
            response_serializer=empty_pb2.Empty.SerializeToString,
        )
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, {_METHOD: handler}),))
        self.address = f"tcp://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._server.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop listening."""
        self._server.stop(grace=None)

    def new(self) -> list[Event]:
        """Return the events that came since the last call."""
        found: list[Event] = []
        while not self._events.empty():
            found.append(self._events.get())
        return found

    def _receive(self, messages: Iterator[Any], context: Any) -> empty_pb2.Empty:
        for message in messages:
            event = parse(message.value)
            if event is not None:
                self._events.put(event)
        return empty_pb2.Empty()
