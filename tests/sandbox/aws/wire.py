"""A small engine: the calls that Pulumi's engine makes for one resource, over gRPC."""

from __future__ import annotations

import itertools
from typing import Any

import grpc
from google.rpc import status_pb2  # type: ignore[import-untyped]  # googleapis-common-protos has no types
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from groundwork.sandbox.standins.values import reveal, to_python, to_struct

NAMES = itertools.count()


class RefusedError(Exception):
    """The provider ended a call with a message."""


class HalfMadeError(Exception):
    """The provider made a resource, but not as asked for."""

    def __init__(self, id: str, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.id = id


class Made:
    """A resource that the wire made: what the engine would keep in its state."""

    def __init__(self, urn: str, id: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        self.urn, self.id, self.inputs, self.outputs = urn, id, inputs, outputs


class Wire:
    """One provider instance of an engine: its own connection and configuration."""

    def __init__(self, port: int, config: dict[str, Any] | None = None) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._call(self.stub.Configure, provider_pb2.ConfigureRequest(args=to_struct(config or {})))

    def close(self) -> None:
        self._channel.close()

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=60)
        except grpc.RpcError as error:
            trailers: dict[str, Any] = dict(error.trailing_metadata() or ())  # type: ignore[arg-type]  # pairs
            if "grpc-status-details-bin" in trailers:
                status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
                half = provider_pb2.ErrorResourceInitFailed()
                status.details[0].Unpack(half)
                raise HalfMadeError(half.id, list(half.reasons)) from None
            raise RefusedError(error.details()) from None

    def urn(self, token: str, name: str | None = None) -> str:
        return f"urn:pulumi:test::project::{token}::{name or f'r{next(NAMES)}'}"

    def check(
        self, urn: str, inputs: dict[str, Any], old: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the checked inputs and the problems by property."""
        answer = self._call(
            self.stub.Check,
            provider_pb2.CheckRequest(urn=urn, olds=to_struct(old or {}), news=to_struct(inputs), randomSeed=b"seed"),
        )
        return to_python(answer.inputs), {f.property: f.reason for f in answer.failures}

    def preview(self, token: str, inputs: dict[str, Any]) -> dict[str, Any]:
        urn = self.urn(token)
        checked, problems = self.check(urn, inputs)
        assert problems == {}
        answer = self._call(
            self.stub.Create,
            provider_pb2.CreateRequest(urn=urn, properties=to_struct(checked), preview=True),
        )
        return to_python(answer.properties)

    def create(self, token: str, inputs: dict[str, Any], name: str | None = None) -> Made:
        urn = self.urn(token, name)
        checked, problems = self.check(urn, inputs)
        assert problems == {}, problems
        answer = self._call(self.stub.Create, provider_pb2.CreateRequest(urn=urn, properties=to_struct(checked)))
        return Made(urn, answer.id, checked, to_python(answer.properties))

    def diff(self, made: Made, inputs: dict[str, Any]) -> Any:
        checked, problems = self.check(made.urn, inputs, made.inputs)
        assert problems == {}, problems
        request = provider_pb2.DiffRequest(
            id=made.id,
            urn=made.urn,
            olds=to_struct(made.outputs),
            old_inputs=to_struct(made.inputs),
            news=to_struct(checked),
        )
        return self._call(self.stub.Diff, request)

    def update(self, made: Made, inputs: dict[str, Any], preview: bool = False) -> Made:
        checked, problems = self.check(made.urn, inputs, made.inputs)
        assert problems == {}, problems
        request = provider_pb2.UpdateRequest(
            id=made.id,
            urn=made.urn,
            olds=to_struct(made.outputs),
            old_inputs=to_struct(made.inputs),
            news=to_struct(checked),
            preview=preview,
        )
        answer = self._call(self.stub.Update, request)
        return Made(made.urn, made.id, checked, to_python(answer.properties))

    def read(self, made: Made) -> Made | None:
        """Refresh: what the resource is now, None where it is gone."""
        request = provider_pb2.ReadRequest(
            id=made.id,
            urn=made.urn,
            properties=to_struct(made.outputs),
            inputs=to_struct(made.inputs),
        )
        answer = self._call(self.stub.Read, request)
        if not answer.id:
            return None
        return Made(made.urn, answer.id, to_python(answer.inputs), to_python(answer.properties))

    def adopt(self, token: str, id: str) -> Made | None:
        """Import: read with nothing but the id."""
        return self.read(Made(self.urn(token), id, {}, {}))

    def delete(self, made: Made) -> None:
        request = provider_pb2.DeleteRequest(
            id=made.id, urn=made.urn, properties=to_struct(made.outputs), old_inputs=to_struct(made.inputs)
        )
        self._call(self.stub.Delete, request)

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer = self._call(self.stub.Invoke, provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments)))
        found: dict[str, Any] = reveal(to_python(getattr(answer, "return")))
        return found
