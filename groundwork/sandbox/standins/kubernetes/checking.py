"""Check: the inputs of an object as they go into the engine's state, and everything that is wrong with them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from groundwork.sandbox.standins.kubernetes import metadata as names
from groundwork.sandbox.standins.kubernetes.conditions import check_expression
from groundwork.sandbox.standins.kubernetes.kinds import Kind, group_of
from groundwork.sandbox.standins.kubernetes.settings import Options
from groundwork.sandbox.standins.kubernetes.values import get_path, normalise
from groundwork.sandbox.standins.protocol import UNKNOWN, ProviderError

Problem = tuple[str, str]


class Scopes:
    """Which kinds live in a namespace: as the server says, else as a CRD of the same program says."""

    def __init__(self, served: Callable[[Kind], bool | None]) -> None:
        """Ask the server through `served`."""
        self._served = served
        self._lock = threading.Lock()
        self._declared: dict[tuple[str, str], bool] = {}

    def declare(self, crd: Mapping[str, Any]) -> None:
        """Remember what a CustomResourceDefinition says that is not on the server yet."""
        spec = crd.get("spec")
        kind, scope = get_path(spec, "names", "kind"), get_path(spec, "scope")
        if isinstance(kind, str) and scope in ("Namespaced", "Cluster"):
            with self._lock:
                self._declared[str(get_path(spec, "group")), kind] = scope == "Namespaced"

    def namespaced(self, kind: Kind) -> bool:
        """Tell whether objects of the kind live in a namespace; one that nobody knows yet is assumed to."""
        served = self._served(kind)
        if served is not None:
            return served
        with self._lock:
            return self._declared.get((group_of(kind.api_version), kind.kind), True)


def checked(
    urn: str,
    kind: Kind,
    news: Mapping[str, Any],
    olds: Mapping[str, Any],
    options: Options,
    scopes: Scopes,
    proposed: str | None = None,
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the inputs with name, namespace and labels as the real provider fills them in, and all problems."""
    inputs = normalise({"apiVersion": kind.api_version, "kind": kind.kind, **news})
    problems = _problems(kind, inputs, options)
    if problems:
        return inputs, problems
    if not kind.patch:
        inputs = names.with_name(urn, inputs, olds, proposed)
    inputs = names.keeps_managed_by(inputs, olds, options.server_side_apply)
    if kind.is_crd:
        scopes.declare(inputs)
    meta = inputs.get("metadata")
    if meta != UNKNOWN and not get_path(meta, "namespace") and scopes.namespaced(kind):
        inputs["metadata"] = {**(meta or {}), "namespace": options.namespace}
    return inputs, []


def _problems(kind: Kind, inputs: Mapping[str, Any], options: Options) -> list[Problem]:
    meta = inputs.get("metadata")
    if meta == UNKNOWN:
        return []
    if meta is not None and not isinstance(meta, dict):
        return [("metadata", "expected an object")]
    found: list[Problem] = []
    for field in ("name", "namespace"):
        value = get_path(meta, field)
        if value is not None and not isinstance(value, str):
            found.append((f"metadata.{field}", f"expected a text, got {value!r}"))
    if kind.patch and not options.server_side_apply:
        reason = "patch resources require Server-Side Apply mode, which is enabled using the `enableServerSideApply` "
        found.append(("", reason + "Provider config"))
    if kind.patch and not get_path(meta, "name"):
        found.append(("metadata.name", "patch resources require the `.metadata.name` field to be set"))
    if not kind.patch and not get_path(meta, "name") and get_path(meta, "generateName"):
        reason = "the `.metadata.generateName` field is not supported in Server-Side Apply mode"
        found.append(("metadata.generateName", reason))
    return [*found, *_annotations(inputs)]


def _annotations(inputs: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    try:
        for expression in names.wait_for(inputs):
            check_expression(expression)
    except ProviderError as error:
        found.append(("metadata.annotations", str(error)))
    timeout = names.annotation(inputs, names.TIMEOUT_SECONDS)
    if timeout and not (timeout.isdigit() and int(timeout) > 0):
        found.append(("metadata.annotations", f"{names.TIMEOUT_SECONDS}: expected whole seconds, got {timeout!r}"))
    chosen = names.annotation(inputs, names.DELETION_PROPAGATION)
    if chosen.lower() not in ("", "foreground", "background", "orphan"):
        reason = f"{names.DELETION_PROPAGATION}: expected foreground, background or orphan, got {chosen!r}"
        found.append(("metadata.annotations", reason))
    return found
