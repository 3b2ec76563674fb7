"""Starting, stopping and looking after a control plane."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.sandbox.controlplane import components as names
from groundwork.sandbox.controlplane import kwok, pki
from groundwork.sandbox.controlplane.components import Components
from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.controlplane.files import write_private
from groundwork.sandbox.controlplane.health import api_ready, api_serves, component_ready, controllers_work, wait
from groundwork.sandbox.controlplane.layout import Layout, Ports
from groundwork.sandbox.controlplane.settings import ControlPlaneSettings
from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.ports import free_ports, is_free
from groundwork.sandbox.processes import Processes, ProcessSpec, ProcessStatus, StartError

if TYPE_CHECKING:
    from groundwork.sandbox.tools.locate import Tools

NodePart = Callable[[Components], ProcessSpec]
"""Makes the process that brings nodes to life."""

# Whoever writes through the API server goes before it, and it goes before what it needs.
_STOP_ORDER = (
    (kwok.KWOK, names.SCHEDULER, names.CONTROLLERS),
    (names.APISERVER,),
    (names.ETCD, names.EGRESS),
)
_PROCESSES = (
    names.ETCD,
    names.EGRESS,
    names.APISERVER,
    names.CONTROLLERS,
    names.SCHEDULER,
    kwok.KWOK,
)
_PORT_TAKEN = "address already in use"
_TRIES = 3
_STOP_SECONDS = 10.0  # for each group; one second is usual
_STOP_HANGING_SECONDS = 2.0  # the others wait in vain for one that hangs
_PATIENCE_WITH_RUNNING = 15.0  # seconds: what runs already must answer, or it hangs


class ControlPlane:
    """etcd, API server, controllers, scheduler and nodes of one sandbox, as detached processes."""

    def __init__(self, settings: ControlPlaneSettings | None = None, *, nodes: NodePart = kwok.process) -> None:
        """Start nothing yet."""
        self._settings = settings or ControlPlaneSettings()
        self._nodes = nodes

    def start(self, paths: SandboxPaths, tools: Tools) -> ClusterEndpoint:
        """Return when everything is ready; what already runs and answers is left alone.

        A control plane of which a process died or hangs is brought up again on its data. The endpoint keeps
        its address unless somebody else has taken the port.

        Raises:
            StartError: a process did not come up; everything of the control plane is stopped again.
            NoFreePortError: no port is left on loopback.
        """
        paths.create()
        layout, processes = Layout(paths), Processes(paths)
        with _locked(layout):
            if pki.ensure(paths.certs, self._settings.service_address):
                _stop(processes)
            attempt = 1
            while True:
                ports = _choose_ports(layout, processes)
                components = Components(tools, layout, ports, self._settings, layout.write(ports))
                fresh = not any(processes.status(name).pid for name in _PROCESSES)
                try:
                    self._bring_up(components, processes, fresh=fresh)
                except StartError as error:
                    _stop(processes, _STOP_HANGING_SECONDS)
                    if attempt == _TRIES or (fresh and _PORT_TAKEN not in error.tail):
                        raise
                except BaseException:  # an interrupt too: nothing half-started may stay behind
                    _stop(processes, _STOP_HANGING_SECONDS)
                    raise
                else:
                    return layout.endpoint(ports)
                attempt += 1

    def stop(self, paths: SandboxPaths) -> None:
        """Stop what runs, in order; the objects are kept for the next start."""
        if not paths.run.exists():
            return
        with _locked(Layout(paths)):
            _stop(Processes(paths))

    def status(self, paths: SandboxPaths) -> list[ProcessStatus]:
        """Return how each process is."""
        processes = Processes(paths)
        return [processes.status(name) for name in _PROCESSES]

    def _bring_up(self, components: Components, processes: Processes, *, fresh: bool) -> None:
        layout, ports = components.layout, components.ports
        endpoint = layout.endpoint(ports)
        authority = endpoint.ca_file
        seconds = self._settings.start_seconds if fresh else _PATIENCE_WITH_RUNNING
        if processes.status(names.EGRESS).pid is None:  # a running proxy may have been given routes since
            write_routes(layout.egress_routes, self._settings.routes)
        if processes.status(names.ETCD).pid is None:
            layout.etcd_socket.unlink(missing_ok=True)
        processes.start(components.etcd())
        processes.start(components.egress())
        # An API server that finds no etcd waits a second before it tries again.
        wait(processes, {names.ETCD: (layout.etcd_socket.exists,)}, seconds)
        processes.start(components.apiserver())
        wait(
            processes,
            {names.ETCD: (), names.EGRESS: (), names.APISERVER: (api_serves(endpoint),)},
            seconds,
        )
        processes.start(components.scheduler())
        processes.start(self._nodes(components))
        wait(processes, {names.APISERVER: (api_ready(endpoint),)}, seconds)
        # Not earlier: where the API server's roles are not made yet, the controllers sleep a second.
        processes.start(components.controllers())
        controllers = component_ready(ports.kube_controller_manager, authority, "/healthz")
        scheduler = component_ready(ports.kube_scheduler, authority, "/readyz")
        wait(
            processes,
            {
                **dict.fromkeys(_PROCESSES, ()),
                names.CONTROLLERS: (controllers, controllers_work(endpoint)),
                names.SCHEDULER: (scheduler,),
            },
            seconds,
        )


def write_routes(file: Path, routes: Mapping[str, str]) -> None:
    """Let cluster addresses (`ip:port`) lead to loopback ports; a running proxy notices by itself."""
    write_private(file, json.dumps(dict(routes), indent=1))


def _stop(processes: Processes, seconds: float = _STOP_SECONDS) -> None:
    for group in _STOP_ORDER:
        processes.stop(group, seconds)


def _choose_ports(layout: Layout, processes: Processes) -> Ports:
    """Return the ports of the last start, where they are ours or free, and new ones otherwise."""
    owners = {"apiserver": names.APISERVER, "kube_controller_manager": names.CONTROLLERS}
    owners["kube_scheduler"] = names.SCHEDULER
    try:
        last: dict[str, int] = json.loads(layout.ports.read_text())
    except (FileNotFoundError, ValueError):
        last = {}
    chosen = {
        field: last[field]
        for field, name in owners.items()
        if field in last and (processes.status(name).pid is not None or is_free(last[field]))
    }
    missing = [field for field in owners if field not in chosen]
    chosen |= dict(zip(missing, free_ports(len(missing), set(last.values())), strict=True))
    ports = Ports(**chosen)
    write_private(layout.ports, json.dumps(asdict(ports)))
    return ports


@contextlib.contextmanager
def _locked(layout: Layout) -> Iterator[None]:
    """Let one command at a time start or stop this control plane; the lock ends with the process that holds it."""
    with layout.lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
