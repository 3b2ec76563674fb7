"""The executable: `pulumi-language-python [flags] ENGINE_ADDRESS`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

_POLL_SECONDS = 0.5
_WORKERS = 16


def main() -> None:
    """Serve the engine that started us, until it is done or gone."""
    engine = os.getppid()
    threading.Thread(target=_end_with, args=(engine,), daemon=True).start()
    # The engine interrupts its plugins when it is done, and waits five seconds for one that does not end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))

    import grpc

    from groundwork.sandbox.language_host.host import LanguageHost
    from groundwork.sandbox.language_host.proto import language_pb2_grpc

    server = grpc.server(ThreadPoolExecutor(_WORKERS))
    host = LanguageHost(sys.argv[-1], version("pulumi"))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


def _end_with(parent: int) -> None:
    """End when the engine ended in whatever way, kill -9 too."""
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
