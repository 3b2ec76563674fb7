"""The language host's answers to the engine."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc

from groundwork.sandbox.language_host.processes import Running, Zygotes
from groundwork.sandbox.language_host.proto import language_pb2, language_pb2_grpc, plugin_pb2

# The exit code of a program that has told the user what is wrong: the engine then adds nothing.
_TOLD = 32
_WORKERS = 16


class InterpreterMissingError(Exception):
    """The project names a virtual environment that is not there."""


def interpreter(root: Path, options: dict[str, Any]) -> Path:
    """Return the Python that the project's runtime options ask for, else the one that runs the host.

    Raises:
        InterpreterMissingError: the option `virtualenv` names a folder that is no virtual environment.
    """
    folder = options.get("virtualenv")
    if not folder:
        return Path(sys.executable)
    python = root / str(folder) / "bin" / "python"
    if not python.exists():
        raise InterpreterMissingError(
            f"The 'virtualenv' option in Pulumi.yaml is set to {folder!r}, but {root / str(folder)} has no bin/python: "
            "make it with `uv sync`, or correct the option"
        )
    # Two paths of one environment (a link to it, say) need only one zygote.
    same = python.parent.resolve() == Path(sys.executable).parent.resolve()
    return Path(sys.executable) if same else python


def serve(engine: str, zygotes: Zygotes) -> None:
    """Serve the engine at `engine`: print the port, then answer until this process is ended."""
    server = grpc.server(ThreadPoolExecutor(_WORKERS))
    host = LanguageHost(engine, version("pulumi"), zygotes)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs and plugins for the engine at `engine`."""

    def __init__(self, engine: str, version: str, zygotes: Zygotes) -> None:
        """Serve `engine` in the name of the SDK's `version`."""
        self._engine = engine
        self._version = version
        self._zygotes = zygotes

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Accept the engine."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Tell the SDK's version."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Ask for no plugin: the engine loads what the program uses when it uses it."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Ask for no plugin, as older engines put it."""
        return language_pb2.GetRequiredPluginsResponse()

    def About(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Tell which Python it is."""
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Run the program to its end; what it prints goes to the engine at once, by our own output."""
        asked = {
            "kind": "program",
            "told": _TOLD,
            "folder": request.pwd,
            "path": str(_path(request.info)),
            "args": list(request.args),
            "env": dict(os.environ),
            "config": dict(request.config),
            "secret_keys": list(request.configSecretKeys),
            "settings": {
                "project": request.project,
                "stack": request.stack,
                "organization": request.organization,
                "root_directory": request.info.root_directory,
                "monitor": request.monitor_address,
                "engine": self._engine,
                "parallel": request.parallel,
                "dry_run": request.dryRun,
            },
        }
        try:
            run = self._start(request.info, asked, 1, 2)
        except (InterpreterMissingError, OSError) as error:
            return language_pb2.RunResponse(error=str(error))
        context.add_callback(run.kill)
        code = run.wait()
        if code == 0:
            return language_pb2.RunResponse()
        if code == _TOLD:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=_ending(code))

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802
        """Run a policy pack or another plugin, passing on what it prints line by line."""
        asked = {
            "kind": "plugin",
            "plugin": request.kind,
            "folder": request.pwd,
            "path": str(_path(request.info)),
            "args": list(request.args),
            # The engine appends what it adds: later ones win.
            "env": dict(entry.split("=", 1) for entry in request.env if "=" in entry),
        }
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        try:
            run = self._start(request.info, asked, out_end, err_end)
        except (InterpreterMissingError, OSError) as error:
            os.close(out)
            os.close(err)
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        finally:
            os.close(out_end)
            os.close(err_end)
        context.add_callback(run.kill)
        for stream, line in _lines({"stdout": out, "stderr": err}):
            if stream == "stdout":
                yield language_pb2.RunPluginResponse(stdout=line)
            else:
                yield language_pb2.RunPluginResponse(stderr=line)
        code = run.wait()
        yield language_pb2.RunPluginResponse(exitcode=1 if code is None else code)

    def _start(self, info: Any, asked: dict[str, Any], out: int, err: int) -> Running:
        python = interpreter(Path(info.root_directory), dict(info.options.items()))
        return self._zygotes.of(python).start(asked, out, err)


def _path(info: Any) -> Path:
    return Path(os.path.normpath(Path(info.program_directory) / info.entry_point))


def _ending(code: int | None) -> str:
    if code is None:
        return "The program's process ended before it could start"
    if code < 0:
        return f"Program was ended by signal {-code}"
    return f"Program exited with non-zero exit code: {code}"


def _lines(streams: dict[str, int]) -> Iterator[tuple[str, bytes]]:
    """Yield the lines of several pipes as they come, until all have ended."""
    lines: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def read(name: str, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as pipe:
            for line in pipe:
                lines.put((name, line))
        lines.put((name, b""))

    for name, descriptor in streams.items():
        threading.Thread(target=read, args=(name, descriptor), daemon=True).start()
    ended = 0
    while ended < len(streams):
        name, line = lines.get()
        if line:
            yield name, line
        else:
            ended += 1
