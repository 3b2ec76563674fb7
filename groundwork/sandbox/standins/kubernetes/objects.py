"""Creates, updates, reads and deletes one object on the API server, as the real provider does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.controlplane.client import ApiError, KindNotServedError, KubeClient, PatchType
from groundwork.sandbox.controlplane.neutralise import neutralise, restore
from groundwork.sandbox.standins.journal import Journal
from groundwork.sandbox.standins.kubernetes import ownership
from groundwork.sandbox.standins.kubernetes.kinds import Kind
from groundwork.sandbox.standins.kubernetes.metadata import ObjectId, is_known, propagation, timeout_of, wait_for
from groundwork.sandbox.standins.kubernetes.readiness import Verdict
from groundwork.sandbox.standins.kubernetes.settings import KubernetesSettings, Options
from groundwork.sandbox.standins.kubernetes.values import get_path
from groundwork.sandbox.standins.kubernetes.waiting import NotReadyError, Waiter
from groundwork.sandbox.standins.protocol import ProviderError

_RETRY_SECONDS = 10.0
_RETRY_PAUSE = 0.25
_TRIES = 8
_REFRESH_JUDGES = {
    *(("apps/v1", kind) for kind in ("DaemonSet", "Deployment", "StatefulSet")),
    *(("v1", kind) for kind in ("Pod", "Service")),
    ("batch/v1", "Job"),
    ("networking.k8s.io/v1", "Ingress"),
}

_ALREADY_EXISTS = """

The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use `pulumi import`. Note that
    protected resources (e.g. kube-system) cannot be deleted on destroy.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create."""


@dataclass(frozen=True)
class Request:
    """One request of the engine about one object.

    Attributes:
        inputs: the new inputs in the API server's form, secrets revealed.
        timeout: the option customTimeouts in seconds, 0 if not given.
        stopped: tells that the engine does not wait for the answer any more.
    """

    urn: str
    kind: Kind
    options: Options
    inputs: dict[str, Any]
    timeout: float = 0.0
    stopped: Callable[[], bool] = lambda: False


class HalfMadeError(Exception):
    """The object exists, but is not as asked for; `live` goes into the engine's state."""

    def __init__(self, message: str, live: dict[str, Any], manager: str) -> None:
        """Keep the object and its field manager beside the message."""
        super().__init__(message)
        self.live = live
        self.manager = manager


class Objects:
    """The objects of one API server."""

    def __init__(self, settings: KubernetesSettings, client: KubeClient, journal: Journal) -> None:
        """Work on `client`, with `journal` against making anything twice."""
        self._settings = settings
        self._client = client
        self._journal = journal

    def preview_create(self, request: Request) -> dict[str, Any] | None:
        """Return what a create would make, None where only the inputs can be told.

        That is where something is not known yet, or the object's kind, namespace or account comes in the
        same update.
        """
        if request.kind.patch or not request.options.server_side_apply or not is_known(request.inputs):
            return None
        try:
            return self._client.create(
                self._scoped(request.inputs), field_manager=ownership.CREATE_MANAGER, dry_run=True
            )
        except ApiError as error:
            if error.not_found or error.conflict or _refers_to_what_is_missing(error):
                return None
            raise ProviderError(_refused(request.urn, error)) from None

    def create(self, request: Request) -> tuple[dict[str, Any], str]:
        """Create the object, wait until it is ready and return it with its field manager.

        Raises:
            ProviderError: the API server refused it.
            HalfMadeError: it exists, but did not become ready.
        """
        manager = ownership.field_manager(request.inputs, {}, request.options)
        with self._journal.create(request.urn) as attempt:
            name = ObjectId.of(request.inputs)
            facts = {"apiVersion": request.kind.api_version, "kind": request.kind.kind}
            mine = False
            if attempt.earlier is not None:
                mine = attempt.earlier.id == str(name) and attempt.earlier.facts == facts
                if not mine:
                    self._delete_earlier(attempt.earlier.id, attempt.earlier.facts)
                    attempt.gone()
            attempt.made(str(name), request.inputs, **facts)
            try:
                live = self._post(request, manager, adopt=mine)
            except (ApiError, ProviderError) as error:
                if not mine:
                    self._journal.seen(request.urn, str(name))
                message = error.message if isinstance(error, ApiError) else str(error)
                raise ProviderError(message) from None
        return self._ready(request, live, manager, created=True), manager

    def _post(self, request: Request, manager: str, *, adopt: bool) -> dict[str, Any]:
        deadline = time.monotonic() + _RETRY_SECONDS
        while True:
            try:
                body = self._scoped(request.inputs)
                if request.kind.patch or (request.options.upsert and request.options.server_side_apply):
                    force = ownership.forces(request.inputs, None, request.options, preview=False)
                    return self._client.apply(body, field_manager=manager, force=force)
                if adopt and (found := self._find(request.kind, ObjectId.of(body))):
                    return self._change(request, found, manager, (), preview=False)
                return self._client.create(body, field_manager=ownership.CREATE_MANAGER)
            except ApiError as error:
                # A namespace or CRD of the same update may not be there yet: the real provider tries again
                # too.
                if error.not_found and time.monotonic() < deadline and not request.stopped():
                    time.sleep(_RETRY_PAUSE)
                    continue
                raise ProviderError(_not_created(request, error, manager)) from None

    def update(
        self, request: Request, id: ObjectId, state: Mapping[str, Any], ignore: Sequence[str], *, preview: bool
    ) -> tuple[dict[str, Any] | None, str]:
        """Bring the object to its new inputs; in a preview by a dry run, None where only the inputs can be told."""
        manager = ownership.field_manager(request.inputs, state, request.options)
        if preview and not is_known(request.inputs):
            return None, manager
        try:
            live = self._find(request.kind, id)
            if live is None and preview and not self._serves(request.kind):
                return None, manager
            if live is None:
                raise ProviderError(
                    f"update of resource {request.urn!r} failed: {request.kind.kind} {str(id)!r} does not exist any "
                    "more. Run again with --refresh, so that it is made anew"
                )
            changed = self._change(request, live, manager, ignore, preview=preview)
        except ApiError as error:
            if ownership.is_field_conflict(error):
                raise ProviderError(ownership.conflict_message(error, manager)) from None
            raise ProviderError(f"update of resource {request.urn!r} failed: {error.message}") from None
        return (changed if preview else self._ready(request, changed, manager, created=False)), manager

    def _change(
        self, request: Request, live: dict[str, Any], manager: str, ignore: Sequence[str], *, preview: bool
    ) -> dict[str, Any]:
        """Change the object; again if a controller was faster, as the status of a young object changes all the time."""
        for _ in range(_TRIES):
            try:
                return self._change_once(request, live, manager, ignore, preview=preview)
            except ApiError as error:
                if not error.conflict or ownership.is_field_conflict(error):
                    raise
                last, found = error, self._find(request.kind, ObjectId.of(live))
                if found is None:
                    raise
                live = found
        raise last

    def _change_once(
        self, request: Request, live: dict[str, Any], manager: str, ignore: Sequence[str], *, preview: bool
    ) -> dict[str, Any]:
        body = self._scoped(request.inputs)
        if request.kind.is_crd:
            body["metadata"] = {**body["metadata"], "resourceVersion": live["metadata"]["resourceVersion"]}
            return self._client.replace(body, field_manager=manager, dry_run=preview)
        if not request.options.server_side_apply:
            id = ObjectId.of(live)
            return self._client.patch(
                request.kind.api_version,
                request.kind.kind,
                id.name,
                body,
                id.namespace,
                field_manager=manager,
                dry_run=preview,
            )
        if not preview and not request.kind.patch and (patch := ownership.taken_over(live, manager)):
            id = ObjectId.of(live)
            live = self._client.patch(
                live["apiVersion"], live["kind"], id.name, patch, id.namespace, patch_type=PatchType.JSON
            )
        force = ownership.forces(request.inputs, live, request.options, preview)
        body = ownership.respect(body, live, ignore, manager)
        return self._client.apply(body, field_manager=manager, force=force, dry_run=preview)

    def delete(self, request: Request, id: ObjectId, state: Mapping[str, Any]) -> None:
        """Delete the object and wait until it is gone; a Patch resource only gives its fields back.

        Raises:
            ProviderError: it is not gone in time; the message names the finalizers.
        """
        live = self._find(request.kind, id)
        if live is None:
            return
        if request.kind.patch:
            self._relinquish(request, id, state)
            return
        timeout = self._timeout(request)
        try:
            self._client.delete(
                request.kind.api_version,
                request.kind.kind,
                id.name,
                id.namespace,
                propagation=propagation(request.inputs),  # type: ignore[arg-type]  # one of the three words
                missing_ok=True,
            )
            Waiter(self._client, request.stopped).until_gone(live, request.inputs, timeout)
        except ApiError as error:
            raise ProviderError(error.message) from None
        except NotReadyError as error:
            raise ProviderError(str(error)) from None
        if request.kind.is_crd:
            self.forget_kinds(live)

    def _relinquish(self, request: Request, id: ObjectId, state: Mapping[str, Any]) -> None:
        metadata = {"name": id.name} | ({"namespace": id.namespace} if id.namespace else {})
        body = {"apiVersion": request.kind.api_version, "kind": request.kind.kind, "metadata": metadata}
        manager = ownership.field_manager(request.inputs, state, request.options)
        try:
            self._client.apply(body, field_manager=manager)
        except ApiError as error:
            fields = [str(c.get("field")) for c in error.details.get("causes") or () if "Required" in str(c)]
            if error.reason != "Invalid" or not fields:
                raise ProviderError(error.message) from None
            raise ProviderError(
                "this Patch resource is currently managing a required field, so it can't be deleted directly. Either "
                "set the `retainOnDelete` resource option, or transfer ownership of the field before deleting: "
                f"{', '.join(fields)}"
            ) from None

    def read(self, kind: Kind, id: ObjectId) -> dict[str, Any] | None:
        """Return the object as it is now, and as the program asked for it; None if it does not exist."""
        found = self._find(kind, id)
        return None if found is None else restore(found)

    def judge(self, live: dict[str, Any], inputs: Mapping[str, Any]) -> Verdict:
        """Judge once whether the object is ready, as a refresh does; only kinds that run something are judged."""
        if (live["apiVersion"], live["kind"]) not in _REFRESH_JUDGES:
            return Verdict(True)
        return Waiter(self._client).judge(live, wait_for(inputs))

    def forget_kinds(self, crd: Mapping[str, Any]) -> None:
        """Ask the server again for the kinds of a CustomResourceDefinition that changed."""
        for version in get_path(crd, "spec", "versions") or []:
            self._client.forget(f"{get_path(crd, 'spec', 'group')}/{version.get('name')}")

    def namespaced(self, kind: Kind) -> bool | None:
        """Tell whether objects of the kind live in a namespace; None if the server does not serve it."""
        try:
            return self._client.discover(kind.api_version, kind.kind).namespaced
        except KindNotServedError:
            return None

    def _serves(self, kind: Kind) -> bool:
        return self.namespaced(kind) is not None

    def _scoped(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the object as it is sent.

        It loses a namespace that was assumed before its CRD was there to tell, and whatever the API server would
        have to dial: behind it there are only simulated Pods.
        """
        body = neutralise(inputs) or dict(inputs)
        if not self._client.discover(body["apiVersion"], body["kind"]).namespaced:
            body["metadata"] = {key: v for key, v in body["metadata"].items() if key != "namespace"}
        return body

    def _find(self, kind: Kind, id: ObjectId) -> dict[str, Any] | None:
        return self._client.find(kind.api_version, kind.kind, id.name, id.namespace)

    def _timeout(self, request: Request) -> float:
        s = self._settings
        return timeout_of(request.inputs, request.timeout, s.default_timeout, s.longest_timeout)

    def _ready(self, request: Request, live: dict[str, Any], manager: str, *, created: bool) -> dict[str, Any]:
        try:
            ready = Waiter(self._client, request.stopped).until_ready(live, request.inputs, self._timeout(request))
        except NotReadyError as error:
            raise HalfMadeError(_half_made(request, error, created), error.live, manager) from None
        if request.kind.is_crd:
            self.forget_kinds(ready)
        return ready

    def _delete_earlier(self, id: str, facts: Mapping[str, Any]) -> None:
        kind = Kind(str(facts.get("apiVersion")), str(facts.get("kind")))
        found = self._find(kind, ObjectId.parse(id))
        if found is not None:
            name = ObjectId.of(found)
            self._client.delete(kind.api_version, kind.kind, name.name, name.namespace, missing_ok=True)


def _refers_to_what_is_missing(error: ApiError) -> bool:
    """Tell whether admission refused because of something that the same update may still make."""
    missing = ("not found", "no PriorityClass with name", "error looking up")
    return error.status == 403 and any(words in error.message for words in missing)


def _refused(urn: str, error: ApiError) -> str:
    return f"resource {urn!r} was not successfully created by the Kubernetes API server: {error.message}"


def _not_created(request: Request, error: ApiError, manager: str) -> str:
    if isinstance(error, KindNotServedError):
        return (
            f"creation of resource {request.urn!r} with kind {request.kind.api_version}/{request.kind.kind} failed "
            "because the Kubernetes API server reported that the apiVersion for this resource does not exist. "
            f"Verify that any required CRDs have been created: {error.message}"
        )
    if error.reason == "AlreadyExists":
        return _refused(request.urn, error) + _ALREADY_EXISTS
    if ownership.is_field_conflict(error):
        return ownership.conflict_message(error, manager)
    return _refused(request.urn, error)


def _half_made(request: Request, error: NotReadyError, created: bool) -> str:
    if created:
        return (
            f"resource {request.urn!r} was successfully created, but the Kubernetes API server reported that it failed "
            f"to fully initialize or become live: {error}"
        )
    name = ObjectId.of(error.live)
    return f'the Kubernetes API server reported that "{name}" failed to fully initialize or become live: {error}'
