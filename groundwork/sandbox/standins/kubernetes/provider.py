"""The provider that the engine attaches to in place of pulumi-resource-kubernetes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.standins.journal import Journal
from groundwork.sandbox.standins.kubernetes import opaque, ownership
from groundwork.sandbox.standins.kubernetes.checking import Scopes, checked
from groundwork.sandbox.standins.kubernetes.diffing import differences
from groundwork.sandbox.standins.kubernetes.enginelog import EngineLog, Warnings
from groundwork.sandbox.standins.kubernetes.forcenew import force_new
from groundwork.sandbox.standins.kubernetes.kinds import RELEASE, Kind, kind_of
from groundwork.sandbox.standins.kubernetes.kubeconfig import read_options
from groundwork.sandbox.standins.kubernetes.metadata import REPLACE_UNREADY, ObjectId, is_autonamed, is_named, is_true
from groundwork.sandbox.standins.kubernetes.objects import HalfMadeError, Objects, Request
from groundwork.sandbox.standins.kubernetes.releases import Releases
from groundwork.sandbox.standins.kubernetes.settings import KubernetesSettings, Options
from groundwork.sandbox.standins.kubernetes.values import (
    READ_ONLY,
    get_path,
    mark_secrets,
    normalise,
    prune,
    to_api,
    to_sdk,
    without_schemas,
)
from groundwork.sandbox.standins.ledger import Ledger
from groundwork.sandbox.standins.protocol import (
    BaseProvider,
    ProviderError,
    abort_half_made,
    check_failures,
    guarded,
    reveal,
    to_python,
    to_struct,
    type_of,
)

# A Release is compared with what is deployed, a Job with whether it has finished, not with inputs alone.
_CHANGES_BY_ITSELF = (RELEASE, ":Job")
_DEPRECATED = ("deprecated", "unavailable in v")


class KubernetesProvider(BaseProvider[Options]):
    """Applies every object to the sandbox's API server, and every Release with the real Helm.

    Secrets are kept as the real provider keeps them: the content of a Secret, and whatever was secret in the inputs.
    """

    version = "4.34.2"

    def __init__(self, settings: KubernetesSettings) -> None:
        """Dial nothing yet."""
        super().__init__()
        self._sandbox = settings
        self._warnings = Warnings()
        self._engines = EngineLog()
        self._stopping: dict[str, threading.Event] = {}
        client = KubeClient(settings.endpoint, on_warning=self._warnings.add)
        self.ledger = Ledger(settings.state_dir / "kubernetes-ledger.jsonl")
        self.journal = Journal(settings.state_dir / "kubernetes-journal.jsonl")
        self._objects = Objects(settings, client, self.journal)
        self._scopes = Scopes(self._objects.namespaced)
        self.releases = Releases(settings, client, self.journal, self.ledger)

    def configure(self, arguments: dict[str, Any], request: provider_pb2.ConfigureRequest) -> Options | None:
        """Accept a configuration that names the sandbox's own API server."""
        return read_options(reveal(arguments), self._sandbox.endpoint)

    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Configure one instance; secrets are accepted as such, so that only what is secret is marked."""
        response: provider_pb2.ConfigureResponse = super().Configure(request, context)
        response.acceptSecrets = True
        response.supports_autonaming_configuration = True
        self._stopping.pop(context.peer(), None)
        return response

    def Handshake(  # noqa: N802
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Answer what the provider can do, and remember the engine that asks."""
        self._engines.attached(context.peer(), request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True,
            accept_resources=False,
            accept_outputs=False,
            supports_autonaming_configuration=True,
        )

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Remember the engine that attaches, for remarks on resources."""
        self._engines.attached(context.peer(), request.address)
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """End what this engine's provider is waiting for."""
        self._stopping.setdefault(context.peer(), threading.Event()).set()
        return empty_pb2.Empty()

    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Report a changed `clusterIdentifier` as a replacement of the provider, all else as an update.

        The real provider also replaces it for another server or certificate; here these change when the sandbox is
        started anew, while the objects stay.
        """
        response = super().DiffConfig(request, context)
        if "clusterIdentifier" in response.diffs:
            response.replaces.append("clusterIdentifier")
        return response

    @guarded
    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Fill in name, namespace and labels, and report all that is wrong at once."""
        if type_of(request.urn) == opaque.TYPE:
            opaque.pack(request.news)
        options, news, olds = self.settings(context), to_python(request.news), to_python(request.olds)
        proposed = request.autonaming.proposed_name if request.HasField("autonaming") else ""
        if type_of(request.urn) == RELEASE:
            inputs, problems = self.releases.check(request.urn, reveal(news), reveal(olds), options, proposed or None)
            return provider_pb2.CheckResponse(
                inputs=to_struct(mark_secrets(inputs, news)), failures=check_failures(problems)
            )
        plain = to_api(reveal(news))
        kind = kind_of(request.urn, plain.get("kind"))
        inputs, problems = checked(
            request.urn, kind, plain, to_api(reveal(olds)), options, self._scopes, proposed or None
        )
        answer = to_struct(mark_secrets(to_sdk(inputs), news))
        return provider_pb2.CheckResponse(inputs=answer, failures=check_failures(problems))

    @guarded
    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Compare the inputs of the state with the new ones, property by property."""
        options = self.settings(context)
        self.journal.seen(request.urn, request.id)
        is_release = type_of(request.urn) == RELEASE
        same = request.old_inputs == request.news and not type_of(request.urn).endswith(_CHANGES_BY_ITSELF)
        if same and not (is_release and self.releases.is_exchanged(request.urn, to_python(request.news))):
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE, hasDetailedDiff=True)
        old, new = reveal(to_python(request.old_inputs)), reveal(to_python(request.news))
        if is_release:
            return self.releases.diff(
                request.urn, old, new, list(request.ignoreChanges), reveal(to_python(request.olds))
            )
        old, new = (normalise(to_api(opaque.unpacked(inputs))) for inputs in (old, new))
        kind = kind_of(request.urn, new.get("kind"))
        old, new = self._same_scope(kind, old), self._same_scope(kind, new)
        patterns = force_new(
            kind, new, mutable_config_maps=options.mutable_config_maps, mutable_secrets=options.mutable_secrets
        )
        found = differences(old, new, patterns, request.ignoreChanges)
        replaced = [difference.name for difference in found if difference.replace]
        if is_true(new, REPLACE_UNREADY) and self._unready_job(kind, request.id):
            replaced.append(f'metadata.annotations["{REPLACE_UNREADY}"]')
        same_place = get_path(old, "metadata", "name") == get_path(new, "metadata", "name") and get_path(
            old, "metadata", "namespace"
        ) == get_path(new, "metadata", "namespace")
        some = provider_pb2.DiffResponse.DIFF_SOME if found or replaced else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some,
            replaces=replaced,
            deleteBeforeReplace=bool(replaced) and is_named(new) and not is_autonamed(new) and same_place,
            detailedDiff={difference.name: difference.to_proto() for difference in found},
            hasDetailedDiff=True,
        )

    @guarded
    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create an object; in a preview ask the server what would come of it."""
        options, news = self.settings(context), to_python(request.properties)
        if type_of(request.urn) == RELEASE:
            return self.releases.create(request, news, context)
        wanted = self._request(request.urn, news, options, request.timeout, context)
        with self._warnings.collect() as remarks:
            if request.preview:
                planned = self._objects.preview_create(wanted)
                self._remark(context, request.urn, remarks, options)
                properties = news if planned is None else self._outputs(_without_status(planned), news, None)
                return provider_pb2.CreateResponse(properties=to_struct(properties))
            with self._half_made(context, news):
                live, manager = self._objects.create(wanted)
        self.ledger.mark(request.urn, "executed", "on the sandbox's API server")
        id = str(ObjectId.of(live))
        return provider_pb2.CreateResponse(id=id, properties=to_struct(self._outputs(live, news, manager)))

    @guarded
    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Bring an object to its new inputs; in a preview by a dry run."""
        options, news, state = self.settings(context), to_python(request.news), to_python(request.olds)
        self.journal.seen(request.urn, request.id)
        if type_of(request.urn) == RELEASE:
            return self.releases.update(request, news, context)
        wanted = self._request(request.urn, news, options, request.timeout, context)
        with self._warnings.collect() as remarks, self._half_made(context, news):
            live, manager = self._objects.update(
                wanted, ObjectId.parse(request.id), state, list(request.ignoreChanges), preview=request.preview
            )
            if request.preview:
                self._remark(context, request.urn, remarks, options)
        if live is None:
            return provider_pb2.UpdateResponse(properties=to_struct(news))
        if not request.preview:
            self.ledger.mark(request.urn, "executed", "on the sandbox's API server")
        return provider_pb2.UpdateResponse(properties=to_struct(self._outputs(live, news, manager)))

    @guarded
    def Delete(  # noqa: N802
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete an object and wait until it is gone."""
        options, state = self.settings(context), to_python(request.properties)
        self.journal.seen(request.urn, request.id)
        if type_of(request.urn) == RELEASE:
            self.releases.delete(request.urn, request.id, reveal(to_python(request.old_inputs)), request.timeout)
        else:
            wanted = self._request(request.urn, to_python(request.old_inputs), options, request.timeout, context)
            self._objects.delete(wanted, ObjectId.parse(request.id), state)
        self.ledger.remove(request.urn)
        return empty_pb2.Empty()

    @guarded
    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Return an object as it is now: drift in the fields that the program manages, or all of it for an import."""
        self.settings(context)
        inputs, state = to_python(request.inputs), to_python(request.properties)
        self.journal.seen(request.urn, request.id)
        if type_of(request.urn) == RELEASE:
            return self.releases.read(request, inputs)
        plain = normalise(to_api(opaque.unpacked(reveal(inputs))))
        kind = kind_of(request.urn, plain.get("kind"))
        live = self._objects.read(kind, ObjectId.parse(request.id))
        if live is None:
            self.ledger.remove(request.urn)
            return provider_pb2.ReadResponse()
        self.ledger.mark(request.urn, "executed", "on the sandbox's API server")
        found = prune(live, plain) if plain else _imported(live)
        kept = opaque.packed(mark_secrets(to_sdk(found), inputs))
        manager = state.get(ownership.STATE_KEY)
        outputs = self._outputs(live, inputs, str(manager) if manager else None)
        judged = self._objects.judge(live, plain) if plain else None
        if judged is not None and not judged.ready:
            reason = f"{kind.kind} '{request.id}' is not ready: {'; '.join(judged.waiting_for)}"
            abort_half_made(context, request.id, outputs, kept, reason)
        return provider_pb2.ReadResponse(id=request.id, properties=to_struct(outputs), inputs=to_struct(kept))

    @guarded
    def Construct(  # noqa: N802
        self, request: provider_pb2.ConstructRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConstructResponse:
        """Refuse the components that the real provider expands itself, and say what to use instead."""
        kind_of(f"urn:pulumi:s::p::{request.type}::{request.name}")
        raise ProviderError(f"the sandbox does not expand {request.type}: register its objects one by one")

    @guarded
    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Refuse the functions of the real provider, which only its own components call."""
        raise ProviderError(f"the sandbox does not answer {request.tok}: register objects, or a Release for a chart")

    def _request(
        self, urn: str, news: dict[str, Any], options: Options, timeout: float, context: grpc.ServicerContext
    ) -> Request:
        plain = normalise(to_api(opaque.unpacked(reveal(news))))
        kind = kind_of(urn, plain.get("kind"))
        return Request(urn, kind, options, plain, timeout, self._stopped(context))

    def _stopped(self, context: grpc.ServicerContext) -> Callable[[], bool]:
        stopping = self._stopping.setdefault(context.peer(), threading.Event())
        return lambda: stopping.is_set() or not context.is_active()

    def _same_scope(self, kind: Kind, inputs: dict[str, Any]) -> dict[str, Any]:
        metadata = inputs.get("metadata")
        if not isinstance(metadata, dict):
            return inputs
        metadata = {key: value for key, value in metadata.items() if key != "namespace"}
        if self._scopes.namespaced(kind):
            metadata["namespace"] = inputs["metadata"].get("namespace") or "default"
        return {**inputs, "metadata": metadata}

    def _unready_job(self, kind: Kind, id: str) -> bool:
        if kind.kind != "Job":
            return False
        live = self._objects.read(kind, ObjectId.parse(id))
        return live is not None and not self._objects.judge(live, {}).ready

    def _outputs(self, live: Mapping[str, Any], news: Mapping[str, Any], manager: str | None) -> dict[str, Any]:
        metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
        outputs = mark_secrets(to_sdk(without_schemas({**live, "metadata": metadata})), dict(news))
        own = {ownership.STATE_KEY: manager} if manager else {}
        return {**outputs, "__initialApiVersion": live["apiVersion"], **own}

    def _half_made(self, context: grpc.ServicerContext, news: Mapping[str, Any]) -> _HalfMade:
        return _HalfMade(context, news, self._outputs)

    def _remark(self, context: grpc.ServicerContext, urn: str, remarks: list[str], options: Options) -> None:
        for remark in remarks:
            if not (options.suppress_deprecations and any(word in remark for word in _DEPRECATED)):
                self._engines.warn(context.peer(), urn, remark)


class _HalfMade:
    """Ends a call whose object exists but is not ready, so that the engine keeps it in its state."""

    def __init__(
        self,
        context: grpc.ServicerContext,
        news: Mapping[str, Any],
        outputs: Callable[[Mapping[str, Any], Mapping[str, Any], str | None], dict[str, Any]],
    ) -> None:
        self._context, self._news, self._outputs = context, news, outputs

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, HalfMadeError):
            properties = self._outputs(error.live, self._news, error.manager)
            abort_half_made(self._context, str(ObjectId.of(error.live)), properties, dict(self._news), str(error))


def _without_status(planned: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in planned.items() if key != "status"}


def _imported(live: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of an object that the program is to take over: all but what the server writes."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in READ_ONLY}
    annotations = {
        key: value
        for key, value in (metadata.pop("annotations", None) or {}).items()
        if key not in ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")
    }
    if annotations:
        metadata["annotations"] = annotations
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}
