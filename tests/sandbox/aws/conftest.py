"""One emulated API and one stand-in for all tests of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.standins.aws.moto import Moto, start_moto
from groundwork.sandbox.standins.aws.provider import AwsProvider
from groundwork.sandbox.standins.aws.settings import AwsSettings, EksFacts
from groundwork.sandbox.standins.protocol import serve
from tests.sandbox.aws.wire import Wire

ACCOUNT, REGION = "123456789012", "eu-west-1"
EKS = EksFacts(
    "https://127.0.0.1:6443", "Y2VydGlmaWNhdGU=", "sandbox-token", "https://oidc.eks.eu-west-1.amazonaws.com/id/1"
)


@pytest.fixture(scope="session")
def moto() -> Iterator[Moto]:
    running = start_moto(ACCOUNT, REGION)
    yield running
    running.stop()


@dataclass
class StandIn:
    """A served stand-in, what it told its listener, and its port."""

    provider: AwsProvider
    port: int
    state_dir: Path
    events: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def standin(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    events: list[str] = []
    state_dir = tmp_path_factory.mktemp("aws")
    provider = AwsProvider(AwsSettings(moto.url, ACCOUNT, REGION, EKS, state_dir, events.append))
    server, port = serve(provider)
    yield StandIn(provider, port, state_dir, events)
    server.stop(0)


@pytest.fixture
def connect(standin: StandIn) -> Iterator[Callable[..., Wire]]:
    """Make provider instances with a configuration of their own."""
    opened: list[Wire] = []

    def make(config: dict[str, Any] | None = None) -> Wire:
        opened.append(Wire(standin.port, config))
        return opened[-1]

    yield make
    for wire in opened:
        wire.close()


@pytest.fixture
def aws(connect: Callable[..., Wire]) -> Wire:
    """A provider instance with the sandbox's own region and account."""
    return connect()
