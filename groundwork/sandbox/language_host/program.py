"""What a forked process does: run one Pulumi program, or one plugin written in Python.

Programs run in their own interpreter, where Groundwork may not be installed: so nothing but the SDK is imported.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pulumi
import pulumi.runtime
from pulumi.runtime import resource, settings
from pulumi.runtime.config import CONFIG
from pulumi.runtime.settings import ROOT, SETTINGS


def run(request: Mapping[str, Any]) -> int:
    """Run what `request` says and return the exit code."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["folder"])
    # This interpreter started before that environment was known.
    named = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:0] = [entry for entry in named if entry not in sys.path]
    try:
        code = _RUNNERS[request["kind"]](request)
    except SystemExit as stop:
        code = _exit_code(stop)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def import_apart(load: Callable[[], None]) -> None:
    """Import modules outside of any run: one that asks for the stack's settings or registers a resource fails."""
    nowhere: Any = object()
    context = contextvars.copy_context()
    context.run(CONFIG.set, nowhere)
    context.run(ROOT.set, nowhere)
    settings.SETTINGS = nowhere
    try:
        context.run(load)
    finally:
        settings.SETTINGS = SETTINGS


def run_program(request: Mapping[str, Any]) -> int:
    """Run a Pulumi program inside its stack, as the official language host does."""
    path = request["path"]
    pulumi.runtime.set_all_config(request["config"], request["secret_keys"])
    asked = pulumi.runtime.Settings(**request["settings"])
    pulumi.runtime.configure(asked)
    if os.environ.get("GROUNDWORK_QUIET"):
        # A debug message is a call for which the program waits, four of them for each resource.
        pulumi.log.debug = lambda *_, **__: None
        # The SDK sends every frame from the zygote's loop upwards: a third of the program's time and of the state.
        if hasattr(resource, "_get_stack_trace"):  # a program may bring an older SDK
            resource._get_stack_trace = _where_made
    sys.argv = [path, *request["args"]]
    if not os.path.isdir(path):  # noqa: PTH112 - a folder is put on sys.path by runpy itself
        sys.path.insert(0, os.path.dirname(path))  # noqa: PTH120
    # When a resource fails, futures stay unawaited on purpose; asyncio would report each of them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=max(asked.parallel or 1, 1) * 4)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run_whole(path)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return int(request["told"])
    except Exception as error:
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_users_part(error, path)}")
        return int(request["told"])
    finally:
        executor.shutdown(wait=True)
        loop.close()
    return 0


def run_plugin(request: Mapping[str, Any]) -> int:
    """Run a policy pack by the SDK's own launcher, any other plugin as a plain program."""
    path = request["path"]
    if request["plugin"] == "analyzer":
        sys.argv = ["pulumi.policy", *request["args"], path]
        runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)
    else:
        sys.argv = [path, *request["args"]]
        runpy.run_path(path, run_name="__main__")
    return 0


def run_host(request: Mapping[str, Any]) -> int:
    """Serve an engine as its language host, asking the zygote that made us for programs and plugins."""
    from groundwork.sandbox.language_host.host import serve
    from groundwork.sandbox.language_host.processes import Zygote, Zygotes

    zygotes = Zygotes(Path(sys.executable), Zygote.connect(request["socket"]))
    serve(request["engine"], zygotes)
    return 0


_RUNNERS = {"program": run_program, "plugin": run_plugin, "host": run_host}


async def _run_whole(path: str) -> None:
    """Run the program and wait for what it began.

    The SDK waits too, but looks at every output there is each time that one resolves: for thousands of outputs, seconds
    in which nothing else of the program gets its turn. What fails is left to it.
    """
    runpy.run_path(path, run_name="__main__")
    while pending := _pending():
        done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        if any(output.cancelled() or output.exception() for output in done):
            return


def _where_made() -> Any:
    """Return the one frame that tells who made a resource, found as the SDK finds it: above the third constructor."""
    from pulumi.runtime.proto.source_pb2 import SourcePosition, StackFrame, StackTrace

    frame: FrameType | None = sys._getframe(1)
    constructors = 0
    while frame is not None and constructors < 3:
        constructors += frame.f_code.co_name == "__init__"
        frame = frame.f_back
    if frame is None:
        return StackTrace()
    made = SourcePosition(uri=_uri(frame.f_code.co_filename), line=frame.f_lineno)
    return StackTrace(frames=[StackFrame(pc=made)])


@functools.cache
def _uri(file: str) -> str:
    return Path(file).absolute().as_uri()


def _pending() -> list[asyncio.Task[Any]]:
    with SETTINGS.lock:
        return [output for output in SETTINGS.outputs if not output.done()]


def _users_part(error: Exception, path: str) -> str:
    """Return the traceback from the program's first frame on: what is above it is not the user's."""
    entry = os.path.join(path, "__main__.py") if os.path.isdir(path) else path  # noqa: PTH112, PTH118
    frames = traceback.extract_tb(error.__traceback__)
    first = next((i for i, f in enumerate(frames) if os.path.abspath(f.filename) == entry), None)  # noqa: PTH100
    limit = None if first is None else first - len(frames)
    return "".join(traceback.format_exception(error, limit=limit))


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code
    print(stop.code, file=sys.stderr)
    return 1
