"""Asking the stand-ins' process for what only it knows: a line of JSON each way, on the loopback.

Only who knows the token, which stands in a file of this user alone, is answered.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from typing import Any

from groundwork.sandbox.standins.arrangement import Ready

Handler = Callable[..., Any]
_log = logging.getLogger(__name__)


class ControlError(Exception):
    """The stand-ins' process did not answer, or could not do what it was asked."""


def serve_control(handlers: Mapping[str, Handler]) -> tuple[int, str]:
    """Answer `ask` by calling handlers by name; return the port and the token."""
    token = secrets.token_hex(16)

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                asked = json.loads(self.rfile.readline())
                if not secrets.compare_digest(str(asked["token"]), token):
                    return
                answer = {"result": handlers[asked["what"]](**asked["arguments"])}
            except Exception as error:
                _log.exception("a question could not be answered")
                answer = {"error": f"{type(error).__name__}: {error}"}
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="control", daemon=True).start()
    return server.server_address[1], token


def ask(ready: Ready, what: str, timeout: float = 60.0, **arguments: Any) -> Any:
    """Return the answer of the stand-ins' process.

    Raises:
        ControlError: it is gone, or failed.
    """
    asked = {"token": ready.token, "what": what, "arguments": arguments}
    try:
        with socket.create_connection(("127.0.0.1", ready.control), timeout=timeout) as connection:
            connection.sendall(json.dumps(asked).encode() + b"\n")
            line = connection.makefile("rb").readline()
        answer = json.loads(line)
    except (OSError, ValueError) as error:
        raise ControlError(f"the stand-ins' process does not answer: {error}") from None
    if "error" in answer:
        raise ControlError(f"the stand-ins could not answer {what!r}: {answer['error']}")
    return answer["result"]
