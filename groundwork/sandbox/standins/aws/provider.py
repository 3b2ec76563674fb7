# ruff: noqa: N802 - the names of the methods are the protocol's
"""The AWS provider of the sandbox, as the engine sees it."""

from __future__ import annotations

import json
import re
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from groundwork.sandbox.standins.aws import check, lifecycle, types
from groundwork.sandbox.standins.aws.clients import Clients, Identity
from groundwork.sandbox.standins.aws.coverage import coverage_of
from groundwork.sandbox.standins.aws.declare import RESOURCES, Resource
from groundwork.sandbox.standins.aws.diff import Difference, difference
from groundwork.sandbox.standins.aws.facts import Facts
from groundwork.sandbox.standins.aws.invokes import FUNCTIONS
from groundwork.sandbox.standins.aws.sdk import warm
from groundwork.sandbox.standins.aws.session import CallCounts, Session
from groundwork.sandbox.standins.aws.settings import AwsSettings
from groundwork.sandbox.standins.aws.state import guess
from groundwork.sandbox.standins.aws.store import Store
from groundwork.sandbox.standins.journal import Journal
from groundwork.sandbox.standins.ledger import Ledger
from groundwork.sandbox.standins.protocol import (
    BaseProvider,
    ProviderError,
    abort_half_made,
    check_failures,
    guarded,
    to_python,
    to_struct,
    type_of,
)
from groundwork.sandbox.standins.values import UNKNOWN, conceal, reveal, secret_paths

_ACCOUNT_LISTS = ("allowedAccountIds", "forbiddenAccountIds")


class AwsProvider(BaseProvider[Session]):
    """Checks every request against the AWS API's model and executes it on moto, or records what moto lacks."""

    version = "7.51.1"
    accepts_secrets = True

    def __init__(self, settings: AwsSettings) -> None:
        """Attach to the emulated API at `settings.moto_url`; clients are made in the background."""
        super().__init__()
        types.load()
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._own = settings
        self.store = Store(settings.state_dir / "recorded.jsonl")
        self.journal = Journal(settings.state_dir / "journal.jsonl")
        self.ledger = Ledger(settings.state_dir / "ledger.jsonl")
        self.counts = CallCounts()
        self._clients = Clients(settings.moto_url)
        self._clients.warm({r.service for r in RESOURCES.values()} | {"sts"}, settings.region, Identity())
        warm(RESOURCES)
        self._main = self._session({})
        self.facts = Facts(self._main, self.store)

    def sweep(self) -> list[str]:
        """Delete what interrupted creates left behind, newest first, and return their URNs: after a destroy."""
        swept = []
        for made in reversed(self.journal.unseen()):
            resource, session = RESOURCES[type_of(made.urn)], self._session({"region": made.facts["region"]})
            seen = lifecycle.read(session, resource, made.id, {}, {})
            if seen is not None:
                lifecycle.delete(session, resource, made.id, {**seen.properties, "forceDestroy": True})
                swept.append(made.urn)
            self.journal.seen(made.urn, made.id)
            self.ledger.remove(made.urn)
        return swept

    # Configuration

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Refuse an unknown region; a missing one is the sandbox's own."""
        region = reveal(to_python(request.news)).get("region")
        failures = []
        if region and region != UNKNOWN and not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", str(region)):
            failures.append(("region", f"{region!r} is not an AWS region, such as eu-west-1"))
        return provider_pb2.CheckResponse(inputs=request.news, failures=check_failures(failures))

    def configure(self, arguments: dict[str, Any], request: provider_pb2.ConfigureRequest) -> Session | None:
        """Make the session of one provider instance."""
        settings = {name: _decoded(value, name) for name, value in reveal(arguments).items()}
        return None if UNKNOWN in settings.values() else self._session(settings)

    def _session(self, settings: dict[str, Any]) -> Session:
        identity, account = Identity(), self._own.account_id
        region = settings.get("region") or self._own.region
        for role in settings.get("assumeRoles") or []:
            sts = self._clients.get("sts", region, identity)
            answer = sts.assume_role(RoleArn=role["roleArn"], RoleSessionName=role.get("sessionName") or "sandbox")[
                "Credentials"
            ]
            identity = Identity(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
            account = role["roleArn"].split(":")[4]
        allowed, forbidden = ([str(v) for v in settings.get(name) or []] for name in _ACCOUNT_LISTS)
        if (allowed and account not in allowed) or account in forbidden:
            listed = f"allowed: {', '.join(allowed)}" if allowed else f"forbidden: {', '.join(forbidden)}"
            raise ProviderError(f"AWS account ID not allowed: {account} ({listed})")
        tags = (settings.get("defaultTags") or {}).get("tags") or {}
        return Session(
            self._own,
            self._clients,
            self.store,
            self.counts,
            region=region,
            account=account,
            default_tags={str(k): str(v) for k, v in tags.items()},
            identity=identity,
        )

    # Resources

    def _resource(self, urn: str) -> Resource:
        token = type_of(urn)
        if token not in RESOURCES:
            raise ProviderError(f"the sandbox has no {token}; it has {len(RESOURCES)} types of AWS resources")
        return RESOURCES[token]

    @guarded
    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Fill in defaults and report every problem of the inputs."""
        resource, session = self._resource(request.urn), self.settings(context)
        given = to_python(request.news)
        new, old = reveal(given), reveal(to_python(request.olds))
        proposed = request.autonaming.proposed_name if request.HasField("autonaming") else ""
        inputs = check.with_defaults(resource, request.urn, old, new, request.randomSeed, proposed)
        failures = check_failures(check.problems(session, resource, inputs))
        return provider_pb2.CheckResponse(inputs=to_struct(_marked(inputs, _secret_names(given))), failures=failures)

    def _difference(self, request: Any, session: Session, resource: Resource) -> Difference:
        return difference(
            session,
            resource,
            reveal(to_python(request.olds)),
            reveal(to_python(request.old_inputs)),
            reveal(to_python(request.news)),
        )

    @guarded
    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Report what changed and what replaces."""
        resource, session = self._resource(request.urn), self.settings(context)
        self.journal.seen(request.urn, request.id)
        found = self._difference(request, session, resource)
        if found.notes:
            mark = coverage_of(resource)
            self.ledger.note(request.urn, *found.notes, default=mark.mark)
        details = {c.path: _property_diff(c.before, c.after, c.path in found.replacing) for c in found.changes}
        some = provider_pb2.DiffResponse.DIFF_SOME if details else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some,
            diffs=sorted(found.inputs),
            replaces=sorted({c.top for c in found.changes if c.path in found.replacing}),
            deleteBeforeReplace=found.delete_first,
            detailedDiff=details,
            hasDetailedDiff=True,
        )

    @guarded
    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Make a resource, or say in a preview what is known of it."""
        resource, session = self._resource(request.urn), self.settings(context)
        given = to_python(request.properties)
        inputs, secret = reveal(given), _secret_names(given)
        if request.preview:
            properties = guess(session, resource, inputs, None)
            return provider_pb2.CreateResponse(properties=to_struct(_marked(properties, secret)))
        with self.journal.create(request.urn) as attempt:
            try:
                made = lifecycle.create(session, resource, inputs, secret, attempt)
            except lifecycle.HalfMadeError as half:
                abort_half_made(
                    context,
                    half.id,
                    _marked(half.properties, secret),
                    _marked(inputs, secret),
                    str(half),
                )
        self._note(request.urn, resource, made)
        self._tell(session, resource, "created", made.id)
        return provider_pb2.CreateResponse(id=made.id, properties=to_struct(_marked(made.properties, secret)))

    @guarded
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Report what a resource is now, for refresh and import; an empty id says that it does not exist."""
        resource, session = self._resource(request.urn), self.settings(context)
        self.journal.seen(request.urn, request.id)
        state, inputs = to_python(request.properties), to_python(request.inputs)
        secret = _secret_names(inputs) | _secret_names(state)
        seen = lifecycle.read(session, resource, request.id, reveal(state), reveal(inputs))
        if seen is None:
            self.ledger.remove(request.urn)
            return provider_pb2.ReadResponse()
        self._note(request.urn, resource, lifecycle.Result(request.id, {}))
        return provider_pb2.ReadResponse(
            id=seen.id,
            properties=to_struct(_marked(seen.properties, secret)),
            inputs=to_struct(_marked(seen.inputs, secret)),
        )

    @guarded
    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Change a resource in place."""
        resource, session = self._resource(request.urn), self.settings(context)
        self.journal.seen(request.urn, request.id)
        given, olds = to_python(request.news), reveal(to_python(request.olds))
        new, secret = reveal(given), _secret_names(given)
        if request.preview:
            return provider_pb2.UpdateResponse(
                properties=to_struct(_marked(guess(session, resource, new, olds), secret))
            )
        changed = self._difference(request, session, resource)
        old = reveal(to_python(request.old_inputs))
        try:
            made = lifecycle.update(session, resource, request.id, olds, old, new, secret, changed)
        except lifecycle.HalfMadeError as half:
            abort_half_made(
                context, half.id, _marked(half.properties, secret), to_python(request.old_inputs), str(half)
            )
        self._note(request.urn, resource, made)
        self._tell(session, resource, "updated", request.id)
        return provider_pb2.UpdateResponse(properties=to_struct(_marked(made.properties, secret)))

    @guarded
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete a resource; that it is gone already is no failure."""
        resource, session = self._resource(request.urn), self.settings(context)
        self.journal.seen(request.urn, request.id)
        lifecycle.delete(session, resource, request.id, reveal(to_python(request.properties)))
        self.ledger.remove(request.urn)
        self._tell(session, resource, "deleted", request.id)
        return empty_pb2.Empty()

    @guarded
    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Answer a function of the SDK, such as getCallerIdentity."""
        function = FUNCTIONS.get(request.tok)
        if function is None:
            raise ProviderError(f"the sandbox has no function {request.tok}; it has {', '.join(sorted(FUNCTIONS))}")
        arguments = reveal(to_python(request.args))
        answer = {**arguments, **function(self.settings(context), arguments)}
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(answer))
        return response

    def _note(self, urn: str, resource: Resource, made: lifecycle.Result) -> None:
        covered = coverage_of(resource)
        entry = self.ledger.get(urn)
        earlier = entry.notes if entry else ()
        notes = earlier + tuple(note for note in made.notes if note not in earlier)
        self.ledger.mark(urn, covered.mark, covered.reason, notes)

    def _tell(self, session: Session, resource: Resource, verb: str, id: str) -> None:
        if resource.event:
            session.changed(f"{resource.event} {verb} {lifecycle.event_id(id)}")


def _secret_names(values: dict[str, Any]) -> set[str]:
    return {path[0] for path in secret_paths(values) if path}


def _marked(values: dict[str, Any], secret: set[str]) -> dict[str, Any]:
    """Return `values` with the properties named in `secret` marked as secrets."""
    return {k: conceal(v) if k in secret and v is not None else v for k, v in values.items()}


def _property_diff(before: Any, after: Any, replacing: bool) -> provider_pb2.PropertyDiff:
    kinds = provider_pb2.PropertyDiff
    if before is None:
        kind = kinds.ADD_REPLACE if replacing else kinds.ADD
    elif after is None:
        kind = kinds.DELETE_REPLACE if replacing else kinds.DELETE
    else:
        kind = kinds.UPDATE_REPLACE if replacing else kinds.UPDATE
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=True)


def _decoded(value: Any, name: str) -> Any:
    """Return a provider argument: those that are not text arrive as JSON text."""
    if isinstance(value, str) and (value[:1] in ("{", "[") or value in ("true", "false")):
        try:
            return _camel_keys(reveal(json.loads(value)), name)
        except ValueError:
            return value
    return value


def _camel_keys(value: Any, name: str) -> Any:
    """Return `value` with camelCase keys; a dict literal in a program keeps `role_arn`. Tags keep their keys."""
    if isinstance(value, dict):
        keep = name == "tags"
        return {k if keep else re.sub(r"_(\w)", lambda m: m[1].upper(), k): _camel_keys(v, k) for k, v in value.items()}
    return [_camel_keys(item, name) for item in value] if isinstance(value, list) else value
