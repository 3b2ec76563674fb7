# ruff: noqa: N802 - the names of the methods are the protocol's
"""What all stand-ins share of the engine's provider protocol (pulumirpc.ResourceProvider, over gRPC).

Values are in `values` and may be imported from here. A stand-in is a `BaseProvider` that implements Check,
Diff, Create, Read, Update, Delete and Invoke, each wrapped in `guarded`.
"""

from __future__ import annotations

import functools
import logging
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from typing import Any, Generic, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped]  # googleapis-common-protos has no types
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from groundwork.sandbox.standins.values import (
    UNKNOWN,
    conceal,
    has_unknown,
    reveal,
    secret_paths,
    to_python,
    to_struct,
)
from groundwork.sandbox.urns import name_of, type_of

__all__ = [
    "UNKNOWN",
    "BaseProvider",
    "ProviderError",
    "abort",
    "abort_half_made",
    "check_failures",
    "conceal",
    "guarded",
    "has_unknown",
    "name_of",
    "reveal",
    "secret_paths",
    "serve",
    "to_python",
    "to_struct",
    "type_of",
]

_log = logging.getLogger(__name__)
_MESSAGE_LIMIT = 400 * 1024 * 1024  # the engine's own limit for a message
_CONNECTIONS_KEPT = 512

Settings = TypeVar("Settings")


class ProviderError(Exception):
    """A failure with a message for the user; it reaches the engine as is, without a traceback."""


def abort(context: grpc.ServicerContext, message: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> NoReturn:
    """End the call with `message`, which the engine prints as the error of the resource."""
    context.abort(code, message)


def abort_half_made(
    context: grpc.ServicerContext,
    id: str,
    properties: Mapping[str, Any],
    inputs: Mapping[str, Any],
    reason: str,
) -> NoReturn:
    """End a create or update whose resource exists but is not as asked for.

    The engine keeps the id in its state with the reason, so that the next run mends and a destroy deletes it.
    """
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=id, properties=to_struct(properties), inputs=to_struct(inputs), reasons=[reason]
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    abort(context, reason)


def check_failures(problems: Sequence[tuple[str, str]]) -> list[provider_pb2.CheckFailure]:
    """Turn (property path, reason) pairs into failures, each path once and sorted by path."""
    first: dict[str, str] = {}
    for path, reason in problems:
        first.setdefault(path, reason)
    return [provider_pb2.CheckFailure(property=path, reason=first[path]) for path in sorted(first)]


Method = TypeVar("Method", bound=Callable[..., Any])


def guarded(method: Method) -> Method:
    """Turn an exception of a servicer's method into a clean message; the traceback goes to the log."""

    @functools.wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except ProviderError as error:
            abort(context, str(error))
        except Exception as error:
            if getattr(context, "code", lambda: None)() is not None:
                raise  # abort() was called inside: gRPC ends the call by an exception of its own
            _log.exception("%s failed", method.__name__)
            subject = getattr(request, "urn", "") or getattr(request, "tok", "")
            abort(context, f"the sandbox's stand-in failed on {subject}: {type(error).__name__}: {error}")

    return call  # type: ignore[return-value]  # functools.wraps loses the signature that it keeps


class BaseProvider(provider_pb2_grpc.ResourceProviderServicer, Generic[Settings]):
    """A provider that many engine-side instances attach to, each with a configuration of its own.

    Requests do not say which instance they come from, but each has its own connection: the configuration is
    kept by peer. Secrets are unwrapped by the engine, which marks the outputs of the same names again.
    """

    version = "0.0.0"
    accepts_secrets = False
    """Whether the provider wants to see which values are secret, and marks its outputs itself."""

    def __init__(self) -> None:
        """Start with no configuration."""
        super().__init__()
        self._settings: OrderedDict[str, Settings] = OrderedDict()

    @abstractmethod
    def configure(self, arguments: dict[str, Any], request: provider_pb2.ConfigureRequest) -> Settings | None:
        """Make the settings of one instance; None while its configuration is unknown."""

    def settings(self, context: grpc.ServicerContext) -> Settings:
        """Return the settings of the instance that is calling.

        An engine that dialled again comes from another peer; where all instances agree it is answered all
        the same.
        """
        found = self._settings.get(context.peer())
        if found is not None:
            return found
        kept = list(self._settings.values())
        if kept and all(other == kept[0] for other in kept):
            return kept[0]
        raise ProviderError("the provider is not configured: its own configuration is not known yet")

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Answer what the provider can do."""
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=self.accepts_secrets, accept_resources=False, accept_outputs=False
        )

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Accept an engine that attaches to this running process."""
        return empty_pb2.Empty()

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Answer an empty schema: the programs use the published SDKs."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Answer the version of the plugin that this one takes the place of."""
        return plugin_pb2.PluginInfo(version=self.version)

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Accept any configuration as it is."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Report changed settings as an update of the provider, never as its replacement."""
        old, new = to_python(request.old_inputs), to_python(request.news)
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind, diffs=changed)

    @guarded
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Make and keep the settings of the instance that is calling."""
        made = self.configure(to_python(request.args), request)
        if made is not None:
            self._settings.pop(context.peer(), None)
            self._settings[context.peer()] = made
            while len(self._settings) > _CONNECTIONS_KEPT:
                self._settings.popitem(last=False)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=self.accepts_secrets, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Let what is under way end: the process outlives the engine."""
        return empty_pb2.Empty()


def serve(provider: provider_pb2_grpc.ResourceProviderServicer, port: int = 0) -> tuple[grpc.Server, int]:
    """Serve `provider` on the loopback, at `port` or a free one; return the started server and its port."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=64, thread_name_prefix="standin"),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
            ("grpc.max_send_message_length", _MESSAGE_LIMIT),
            ("grpc.so_reuseport", 0),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    if bound == 0:
        raise ProviderError(f"port {port} on 127.0.0.1 is taken")
    server.start()
    return server, bound
