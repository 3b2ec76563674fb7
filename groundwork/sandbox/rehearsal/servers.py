"""The sandbox's servers: control plane, emulated AWS, stand-ins, and the zygote of programs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from groundwork.sandbox import language_host
from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.controlplane.plane import ControlPlane
from groundwork.sandbox.controlplane.settings import ControlPlaneSettings, issuer_in
from groundwork.sandbox.processes import Processes, ProcessSpec, ProcessStatus, StartError, State
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.standins.arrangement import (
    Arrangement,
    Ready,
    emulation_file,
    endpoint_file,
    read_endpoint,
    write_endpoint,
)
from groundwork.sandbox.tools.locate import Tools

EMULATION = "emulation"
STANDINS = "standins"
PROGRAMS = "programs"
OURS = (STANDINS, EMULATION, PROGRAMS)
_READY_SECONDS = 150.0
_POLL_SECONDS = 0.05
_END_SECONDS = 5.0
_LONGEST_SOCKET = 100
# What the stand-ins' process consists of: it is started anew when one of these files changes.
_CODE = ("standins", "cluster", "controlplane", "doubles")


@dataclass(frozen=True)
class Servers:
    """What runs.

    Attributes:
        seconds: what each part took to be ready, by name; they start side by side.
    """

    endpoint: ClusterEndpoint
    ready: Ready
    seconds: dict[str, float]


def is_void(sandbox: Sandbox, arrangement: Arrangement) -> str | None:
    """Return why nothing of what was rehearsed there is of use any more, None where it is."""
    paths = sandbox.paths
    processes = Processes(paths)
    if not any((paths.pulumi_state / ".pulumi" / "stacks").glob("*/*.json")):
        return None
    if processes.status(EMULATION).state is not State.RUNNING:
        return "the emulated AWS API has ended, and its state with it"
    try:
        before = Arrangement.read(paths.standins_settings)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return "its settings are gone"
    if (before.account_id, before.region) != (arrangement.account_id, arrangement.region):
        return f"the sandbox was of the account {before.account_id} in {before.region}"
    if before.networks != arrangement.networks:
        return "another network is taken for granted now"
    return None


def clear(sandbox: Sandbox) -> None:
    """Stop everything and forget what was rehearsed; logs are kept."""
    stop(sandbox)
    paths = sandbox.paths
    for folder in (paths.etcd_data, paths.pulumi_state, paths.root / "standins", paths.project):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (endpoint_file(paths), emulation_file(paths), paths.standins_ready):
        file.unlink(missing_ok=True)
    sandbox.create()


def start(sandbox: Sandbox, tools: Tools, arrangement: Arrangement, tell: Callable[[str, float], None]) -> Servers:
    """Bring up what does not run; what runs is left alone.

    Args:
        sandbox: it exists.
        tools: what is run.
        arrangement: the stand-ins' settings.
        tell: called with the name of each part and the seconds that it took to be ready.

    Raises:
        StartError: a process did not come up.
    """
    paths, processes = sandbox.paths, Processes(sandbox.paths)
    seconds: dict[str, float] = {}

    def took(name: str, since: float) -> None:
        seconds[name] = time.monotonic() - since
        tell(name, seconds[name])

    put_shims(sandbox, tools)
    arrangement.write(paths.standins_settings)
    began = time.monotonic()
    if processes.status(EMULATION).pid is None:
        # Stand-ins that still run would go on to ask the one that ended, and to remember what was in it.
        processes.stop([STANDINS])
        emulation_file(paths).unlink(missing_ok=True)
    if tools.language_host is None and len(str(sandbox.socket)) < _LONGEST_SOCKET:
        processes.start(_programs(sandbox))
    if processes.start(_emulation(sandbox, arrangement)):
        emulation_file(paths).unlink(missing_ok=True)
    if processes.status(STANDINS).pid is None:
        endpoint_file(paths).unlink(missing_ok=True)
    new_standins = _start_standins(sandbox, arrangement)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_until_ready, sandbox, began, took)
        try:
            endpoint = ControlPlane(ControlPlaneSettings(issuer=issuer_in(arrangement.region))).start(paths, tools)
            took("control plane", began)
            if read_endpoint(paths) != endpoint:
                write_endpoint(paths, endpoint)
                if not new_standins:  # it serves another address
                    processes.stop([STANDINS])
                    _start_standins(sandbox, arrangement)
        except BaseException:
            processes.stop([STANDINS])
            raise
        ready = waiting.result()
    return Servers(endpoint, ready, seconds)


def stop(sandbox: Sandbox) -> None:
    """Stop all servers, those that answer to others last, and end what was left running."""
    processes = Processes(sandbox.paths)
    processes.stop(OURS)
    ControlPlane().stop(sandbox.paths)
    processes.end_orphans()
    sandbox.paths.standins_ready.unlink(missing_ok=True)


def status(sandbox: Sandbox) -> list[ProcessStatus]:
    """Return how each server is."""
    processes = Processes(sandbox.paths)
    return [*ControlPlane().status(sandbox.paths), *(processes.status(name) for name in OURS)]


def ready_of(sandbox: Sandbox) -> Ready | None:
    """Return where the stand-ins serve, None where they don't."""
    if Processes(sandbox.paths).status(STANDINS).pid is None:
        return None
    return Ready.read(sandbox.paths.standins_ready)


def put_shims(sandbox: Sandbox, tools: Tools) -> None:
    """Put the tools into the folder that comes first on the engine's PATH."""
    folder = sandbox.paths.bin
    for name, program in (("kubectl", tools.kubectl), ("helm", tools.helm)):
        _point(folder / name, program)
    if tools.language_host is not None:
        _point(folder / "pulumi", tools.pulumi)
        return
    language_host.install(folder, sandbox.socket)
    # The engine warns of a language host that does not lie beside it, and looks through links.
    engine = folder / "pulumi"
    if engine.exists() and engine.samefile(tools.pulumi) and not engine.is_symlink():
        return
    engine.unlink(missing_ok=True)
    try:
        engine.hardlink_to(tools.pulumi)
    except OSError:  # another file system
        shutil.copy2(tools.pulumi, engine)


def _point(link: Path, target: Path) -> None:
    if not (link.is_symlink() and link.readlink() == target):
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _start_standins(sandbox: Sandbox, arrangement: Arrangement) -> bool:
    spec = _standins(sandbox, arrangement)
    processes = Processes(sandbox.paths)
    ready = sandbox.paths.standins_ready
    known = Ready.read(ready)
    if known is not None and known.pid != processes.status(STANDINS).pid:
        _end_group(known.pid, sandbox)
        ready.unlink(missing_ok=True)
    started = processes.start(spec)
    if started and (known := Ready.read(ready)) and known.pid != processes.status(STANDINS).pid:
        ready.unlink(missing_ok=True)
    return started


def _end_group(leader: int, sandbox: Sandbox) -> None:
    """End what stand-ins that were killed left at work: a Helm that goes on would meet the one of the next run."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            ours = process.environ().get("KUBECONFIG") == str(sandbox.paths.kubeconfig)
            if ours and os.getpgid(process.pid) == leader:
                process.kill()
                process.wait(_END_SECONDS)


def _until_ready(sandbox: Sandbox, began: float, took: Callable[[str, float], None]) -> Ready:
    processes, paths = Processes(sandbox.paths), sandbox.paths
    emulated = False
    deadline = began + _READY_SECONDS
    while time.monotonic() < deadline:
        for name in (EMULATION, STANDINS):
            if processes.status(name).state is State.DIED:
                raise StartError(name, "ended while starting", processes.log(name), processes.tail(name))
        if not emulated and emulation_file(paths).exists():
            emulated = True
            took("emulated AWS", began)
        ready = Ready.read(paths.standins_ready)
        if ready is not None and ready.pid == processes.status(STANDINS).pid:
            took("stand-ins", began)
            return ready
        time.sleep(_POLL_SECONDS)
    reason = f"was not ready after {_READY_SECONDS:.0f} s"
    raise StartError(STANDINS, reason, processes.log(STANDINS), processes.tail(STANDINS))


def _environ(sandbox: Sandbox) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": str(sandbox.paths.root),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _programs(sandbox: Sandbox) -> ProcessSpec:
    command = tuple(language_host.zygote_command(sandbox.socket))
    return ProcessSpec(PROGRAMS, command, _environ(sandbox), revision=_digest_of("language_host"))


def _emulation(sandbox: Sandbox, arrangement: Arrangement) -> ProcessSpec:
    command = _module("groundwork.sandbox.standins.emulation", sandbox)
    revision = json.dumps([arrangement.account_id, arrangement.region, *arrangement.networks], sort_keys=True)
    return ProcessSpec(EMULATION, command, _environ(sandbox), revision=revision)


def _standins(sandbox: Sandbox, arrangement: Arrangement) -> ProcessSpec:
    command = _module("groundwork.sandbox.standins.server", sandbox)
    revision = json.dumps([_digest_of(*_CODE), arrangement.__dict__], sort_keys=True, default=str)
    return ProcessSpec(STANDINS, command, _environ(sandbox), revision=revision)


def _module(name: str, sandbox: Sandbox) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", name, str(sandbox.paths.standins_settings))


def _digest_of(*folders: str) -> str:
    here = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted((here / folder).rglob("*.py")):
            digest.update(f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}\n".encode())
    return digest.hexdigest()
