"""The long-lived process of the stand-ins: `python -m groundwork.sandbox.standins.server SETTINGS.json`.

It serves the engine's providers and simulates the cluster around the control plane. It starts while the control plane
and the emulated AWS API are still starting, and waits for both.
"""

from __future__ import annotations

import base64
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from groundwork.sandbox.standins.arrangement import (
    Arrangement,
    Ready,
    read_emulation,
    read_endpoint,
    write_json,
)
from groundwork.sandbox.standins.lifetime import end_without, ending

if TYPE_CHECKING:
    from groundwork.sandbox.controlplane.client import KubeClient
    from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint

T = TypeVar("T")
_WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.05


class Phases:
    """What starting takes, by name."""

    def __init__(self) -> None:
        """Nothing has been timed yet."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a block."""
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)


def main() -> None:
    """Serve until told to end, or until the sandbox is gone."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    end = ending()
    arrangement = Arrangement.read(Path(sys.argv[1]))
    end_without(arrangement.paths.root)
    server = Server(arrangement)
    server.start()
    end.wait()
    server.stop()
    os._exit(0)  # threads of gRPC and of HTTP clients that wait for nothing


class Server:
    """Everything that runs in the process."""

    def __init__(self, arrangement: Arrangement) -> None:
        """Start nothing yet."""
        self._arrangement = arrangement
        self._phases = Phases()
        self._stop = threading.Event()

    def start(self) -> None:
        """Start all parts, and tell where they are."""
        phase = self._phases.phase
        with phase("import the providers"):
            from groundwork.sandbox.cluster.pools import ExistingCluster
            from groundwork.sandbox.cluster.simulation import ClusterSimulation
            from groundwork.sandbox.controlplane.client import KubeClient
            from groundwork.sandbox.controlplane.neutraliser import Neutraliser
            from groundwork.sandbox.standins.aws.provider import AwsProvider
            from groundwork.sandbox.standins.cloud import CloudWatch
            from groundwork.sandbox.standins.control import serve_control
            from groundwork.sandbox.standins.facts import Reporter
            from groundwork.sandbox.standins.kubernetes.provider import KubernetesProvider
            from groundwork.sandbox.standins.protocol import serve
            from groundwork.sandbox.standins.random import RandomProvider
        with phase("read the AWS SDK"):
            # While the control plane starts: read at the first requests, the shapes would hold these up for seconds.
            from groundwork.sandbox.standins.aws import sdk, types
            from groundwork.sandbox.standins.aws.declare import RESOURCES

            types.load()
            for token in RESOURCES:
                sdk.sdk_resource(token)
        paths = self._arrangement.paths
        state = paths.root / "standins"
        state.mkdir(mode=0o700, exist_ok=True)
        with phase("wait for the control plane"):
            endpoint = _wait("the control plane", lambda: read_endpoint(paths))
        with phase("wait for the emulated AWS API"):
            emulated = _wait("the emulated AWS API", lambda: read_emulation(paths))
            moto_url = emulated.url
        self._cloud = CloudWatch()
        with phase("make the providers"):
            client = KubeClient(endpoint)
            aws = AwsProvider(self._aws_settings(moto_url, endpoint, _issuer(client), state))
            aws.belong_to(emulated.instance)
            neutralised = state / "neutralised.json"
            neutraliser = Neutraliser(client, neutralised)
            kubernetes = KubernetesProvider(self._kubernetes_settings(endpoint, state, neutraliser.sweep))
            random = RandomProvider(state)
        with phase("start the simulated cluster"):
            record = state / "cluster.json"
            self._simulation = ClusterSimulation(client, record, has_identity=self._cloud.has_identity)
            self._simulation.start()
            if self._arrangement.existing_cluster:
                self._simulation.set_existing(ExistingCluster())
            self._background(neutraliser.run, self._stop)
            self._background(self._cloud.follow, aws.facts, self._simulation, self._stop)
        with phase("serve"):
            providers: dict[str, Any] = {"aws": aws, "kubernetes": kubernetes, "random": random}
            self._servers = {name: serve(provider) for name, provider in providers.items()}
            reporter = Reporter(
                paths, client, self._cloud, self._simulation, providers, record, neutralised, neutraliser.sweep
            )
            port, token = serve_control(reporter.handlers())
        ready = Ready(
            pid=os.getpid(),
            providers={name: port for name, (_, port) in self._servers.items()},
            moto_url=moto_url,
            control=port,
            token=token,
            phases=self._phases.seconds,
        )
        # The shapes of the AWS SDK stay for good: each full collection would walk them for a tenth of a second.
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        write_json(paths.standins_ready, asdict(ready))

    def stop(self) -> None:
        """Let what is under way end, shortly."""
        self._stop.set()
        for server, _ in self._servers.values():
            server.stop(grace=2.0)
        self._simulation.stop()

    def _aws_settings(self, moto_url: str, endpoint: ClusterEndpoint, issuer: str, state: Path) -> Any:
        from groundwork.sandbox.standins.aws.settings import AwsSettings, EksFacts

        authority = base64.b64encode(endpoint.ca_file.read_bytes()).decode()
        return AwsSettings(
            moto_url=moto_url,
            account_id=self._arrangement.account_id,
            region=self._arrangement.region,
            eks=EksFacts(endpoint.url, authority, endpoint.token_file.read_text().strip(), issuer),
            state_dir=state / "aws",
            on_change=self._cloud.on_change,
        )

    def _kubernetes_settings(self, endpoint: ClusterEndpoint, state: Path, on_release: Callable[[], None]) -> Any:
        from groundwork.sandbox.standins.kubernetes.settings import KubernetesSettings

        folder = state / "kubernetes"
        folder.mkdir(mode=0o700, exist_ok=True)
        return KubernetesSettings(
            endpoint=endpoint,
            helm=Path(self._arrangement.helm),
            mirrors=tuple(Path(mirror) for mirror in self._arrangement.mirrors),
            inventory=Path(self._arrangement.inventory),
            state_dir=folder,
            digests=self._arrangement.digests,
            on_release=on_release,
        )

    def _background(self, work: Callable[..., None], *arguments: Any) -> None:
        threading.Thread(target=work, args=arguments, name=work.__qualname__, daemon=True).start()


def _issuer(client: KubeClient) -> str:
    """Return who signs the tokens of service accounts, as the API server itself tells."""
    return str(client.raw("GET", "/.well-known/openid-configuration")["issuer"])


def _wait(what: str, look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"{what} was not ready after {_WAIT_SECONDS:.0f} s")


if __name__ == "__main__":
    main()
