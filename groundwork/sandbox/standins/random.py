"""The stand-in for pulumi-resource-random: values that are made once and then live in the engine's state.

Values come from the operating system's generator, through `secrets`. With a `seed`, RandomInteger and RandomShuffle
always give the same values, but not those of the real provider, whose generator is Go's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from groundwork.sandbox.standins.ledger import Ledger
from groundwork.sandbox.standins.protocol import (
    UNKNOWN,
    BaseProvider,
    ProviderError,
    check_failures,
    conceal,
    guarded,
    has_unknown,
    reveal,
    to_python,
    to_struct,
    type_of,
)
from groundwork.sandbox.standins.randomness import KINDS, RandomKind
from groundwork.sandbox.urns import short_type


class RandomProvider(BaseProvider[bool]):
    """Makes passwords, names, numbers and orders; a change of any input replaces the value."""

    version = "4.21.4"

    def __init__(self, state_dir: Path) -> None:
        """Keep the ledger in `state_dir`."""
        super().__init__()
        self.ledger = Ledger(state_dir / "random-ledger.jsonl")

    def configure(self, arguments: dict[str, Any], request: provider_pb2.ConfigureRequest) -> bool | None:
        """Accept anything: the provider has no configuration."""
        return True

    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Accept secrets as such, so that only what is secret is marked."""
        response: provider_pb2.ConfigureResponse = super().Configure(request, context)
        response.acceptSecrets = True
        return response

    def Handshake(  # noqa: N802
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Answer what the provider can do."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @guarded
    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Fill in the real provider's defaults and report all that is wrong at once."""
        kind, news = _kind_of(request.urn), to_python(request.news)
        inputs = {**kind.defaults, **{key: value for key, value in news.items() if value is not None}}
        plain = reveal(inputs)
        problems = [] if has_unknown(plain) else kind.problems(plain)
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=check_failures(problems))

    @guarded
    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Compare the inputs: whatever changes, keepers or rules, makes a new value."""
        old, new = reveal(to_python(request.old_inputs)), reveal(to_python(request.news))
        ignored = {path.partition(".")[0].partition("[")[0] for path in request.ignoreChanges}
        changed = sorted(
            key
            for key in old.keys() | new.keys()
            if key not in ignored and (old.get(key) or None) != (new.get(key) or None)
        )
        detailed = {key: provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.UPDATE_REPLACE) for key in changed}
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some, replaces=changed, diffs=changed, detailedDiff=detailed, hasDetailedDiff=bool(changed)
        )

    @guarded
    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Make the value; in a preview it is not known yet."""
        kind, inputs = _kind_of(request.urn), to_python(request.properties)
        if request.preview:
            unknown = dict.fromkeys(kind.outputs, UNKNOWN)
            return provider_pb2.CreateResponse(properties=to_struct({**inputs, **unknown}))
        made = kind.make(reveal(inputs))
        self.ledger.mark(request.urn, "executed", "made on this machine")
        return provider_pb2.CreateResponse(id=made.id, properties=to_struct(_outputs(kind, inputs, made.outputs)))

    @guarded
    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Return the state as it is, since nothing else knows the value; or take over a value by its id."""
        kind, state = _kind_of(request.urn), to_python(request.properties)
        if state:
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        taken = kind.take(request.id)
        if taken is None:
            raise ProviderError(f"{type_of(request.urn)} cannot be imported: only the engine's state knows its value")
        inputs = {**kind.defaults, **taken.inputs}
        outputs = _outputs(kind, inputs, taken.outputs)
        self.ledger.mark(request.urn, "executed", "taken over by its id")
        return provider_pb2.ReadResponse(id=taken.id, properties=to_struct(outputs), inputs=to_struct(inputs))

    @guarded
    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Keep the value under inputs whose change was ignored."""
        return provider_pb2.UpdateResponse(properties=to_struct({**to_python(request.olds), **to_python(request.news)}))

    @guarded
    def Delete(  # noqa: N802
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Forget the value."""
        self.ledger.remove(request.urn)
        return empty_pb2.Empty()


def _kind_of(urn: str) -> RandomKind:
    name = short_type(type_of(urn))
    if name not in KINDS:
        raise ProviderError(f"{type_of(urn)} is not known to the sandbox; known are: {', '.join(sorted(KINDS))}")
    return KINDS[name]


def _outputs(kind: RandomKind, inputs: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    return {**inputs, **{key: conceal(value) if kind.secret else value for key, value in made.items()}}
