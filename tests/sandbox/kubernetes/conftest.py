"""A provider that serves, and a driver that calls it as the engine does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.rpc import status_pb2  # type: ignore[import-untyped]  # googleapis-common-protos has no types
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from groundwork.sandbox.controlplane import ClusterEndpoint
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.standins.kubernetes import KubernetesProvider, KubernetesSettings
from groundwork.sandbox.standins.protocol import conceal, reveal, serve, to_python, to_struct
from groundwork.sandbox.tools.locate import Tools


@dataclass
class Kept:
    """A resource as the engine's state has it."""

    urn: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, Any]:
        """The outputs with secrets revealed."""
        plain: dict[str, Any] = reveal(self.outputs)
        return plain


class Refused(Exception):  # noqa: N818 - what a test expects, not an error of its own
    """The provider ended a call with this message; `half_made` if the engine would keep the resource."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.half_made: provider_pb2.ErrorResourceInitFailed | None = None
        metadata: Any = error.trailing_metadata()
        for key, value in metadata or ():
            if key == "grpc-status-details-bin":
                detail = provider_pb2.ErrorResourceInitFailed()
                status_pb2.Status.FromString(value).details[0].Unpack(detail)
                self.half_made = detail


class Engine:
    """Calls a provider in the engine's order: Check, then Create or Diff and Update."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            raise Refused(error) from None

    def configure(self, **arguments: Any) -> None:
        request = provider_pb2.ConfigureRequest(args=to_struct(arguments), acceptSecrets=True)
        self._call("Configure", request)

    @staticmethod
    def urn(kind: str, name: str) -> str:
        return f"urn:pulumi:test::project::kubernetes:{kind}::{name}"

    def check(self, urn: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._call(
            "Check", provider_pb2.CheckRequest(urn=urn, news=to_struct(news), olds=to_struct(olds or {}))
        )
        if answer.failures:
            raise AssertionError("; ".join(f"{f.property}: {f.reason}" for f in answer.failures))
        return to_python(answer.inputs)

    def preview(self, kind: str, name: str, news: dict[str, Any]) -> dict[str, Any]:
        urn = self.urn(kind, name)
        inputs = self.check(urn, news)
        request = provider_pb2.CreateRequest(urn=urn, properties=to_struct(inputs), preview=True)
        return to_python(self._call("Create", request).properties)

    def create(self, kind: str, name: str, news: dict[str, Any], timeout: float = 0) -> Kept:
        urn = self.urn(kind, name)
        inputs = self.check(urn, news)
        request = provider_pb2.CreateRequest(urn=urn, properties=to_struct(inputs), timeout=timeout)
        answer = self._call("Create", request)
        return Kept(urn, answer.id, inputs, to_python(answer.properties))

    def diff(
        self, kept: Kept, news: dict[str, Any], ignore: tuple[str, ...] = ()
    ) -> tuple[provider_pb2.DiffResponse, dict[str, Any]]:
        inputs = self.check(kept.urn, news, kept.inputs)
        request = provider_pb2.DiffRequest(
            urn=kept.urn,
            id=kept.id,
            olds=to_struct(kept.outputs),
            old_inputs=to_struct(kept.inputs),
            news=to_struct(inputs),
            ignoreChanges=ignore,
        )
        return self._call("Diff", request), inputs

    def update(
        self,
        kept: Kept,
        news: dict[str, Any],
        *,
        preview: bool = False,
        ignore: tuple[str, ...] = (),
        timeout: float = 0,
    ) -> Kept:
        inputs = self.check(kept.urn, news, kept.inputs)
        request = provider_pb2.UpdateRequest(
            urn=kept.urn,
            id=kept.id,
            olds=to_struct(kept.outputs),
            old_inputs=to_struct(kept.inputs),
            news=to_struct(inputs),
            preview=preview,
            ignoreChanges=ignore,
            timeout=timeout,
        )
        return Kept(kept.urn, kept.id, inputs, to_python(self._call("Update", request).properties))

    def delete(self, kept: Kept, timeout: float = 0) -> None:
        request = provider_pb2.DeleteRequest(
            urn=kept.urn,
            id=kept.id,
            properties=to_struct(kept.outputs),
            old_inputs=to_struct(kept.inputs),
            timeout=timeout,
        )
        self._call("Delete", request)

    def refresh(self, kept: Kept) -> Kept | None:
        request = provider_pb2.ReadRequest(
            urn=kept.urn, id=kept.id, properties=to_struct(kept.outputs), inputs=to_struct(kept.inputs)
        )
        answer = self._call("Read", request)
        if not answer.id:
            return None
        return Kept(kept.urn, answer.id, to_python(answer.inputs), to_python(answer.properties))

    def import_(self, kind: str, name: str, id: str) -> Kept | None:
        return self.refresh(Kept(self.urn(kind, name), id, {}))

    @staticmethod
    def secret(value: Any) -> dict[str, Any]:
        """A secret as the engine sends it."""
        return conceal(value)

    @staticmethod
    def refusal(work: Callable[[], object]) -> Refused:
        """Return how the provider refused the work."""
        with pytest.raises(Refused) as caught:
            work()
        return caught.value

    def call(self, method: str, request: Any) -> Any:
        return self._call(method, request)


@pytest.fixture
def settings(control_plane: ClusterEndpoint, tools: Tools, tmp_path: Path) -> KubernetesSettings:
    """A stand-in of its own for each test, with short waits."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "inventory").mkdir()
    return KubernetesSettings(
        endpoint=control_plane,
        helm=tools.helm,
        mirrors=(tmp_path / "mirror",),
        inventory=tmp_path / "inventory",
        state_dir=tmp_path / "state",
        default_timeout=20.0,
        longest_timeout=40.0,
    )


@pytest.fixture
def provider(settings: KubernetesSettings) -> KubernetesProvider:
    return KubernetesProvider(settings)


@pytest.fixture
def unconfigured(provider: KubernetesProvider) -> Iterator[Engine]:
    server, port = serve(provider)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Engine(channel)
    server.stop(0)


@pytest.fixture
def engine(unconfigured: Engine) -> Engine:
    """An engine whose provider is configured with nothing: the ambient cluster."""
    unconfigured.configure()
    return unconfigured


@pytest.fixture(scope="module")
def node(kube: KubeClient) -> Iterator[str]:
    """One simulated node with room for everything."""
    name = f"node-{uuid4().hex[:8]}"
    room = {"cpu": "200", "memory": "2Ti", "pods": "500", "ephemeral-storage": "1Ti"}
    kube.create(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name},
            },
        }
    )
    kube.patch("v1", "Node", name, {"status": {"capacity": room, "allocatable": room}}, subresource="status")
    yield name
    kube.delete("v1", "Node", name, missing_ok=True)
