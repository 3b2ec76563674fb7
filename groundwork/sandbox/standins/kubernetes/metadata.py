"""Names, identifiers and the annotations by which a program steers the provider."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.standins.kubernetes.kinds import is_built_in
from groundwork.sandbox.standins.kubernetes.values import get_path
from groundwork.sandbox.standins.protocol import UNKNOWN, ProviderError, has_unknown, name_of

PREFIX = "pulumi.com/"
AUTONAMED = PREFIX + "autonamed"
SKIP_AWAIT = PREFIX + "skipAwait"
WAIT_FOR = PREFIX + "waitFor"
TIMEOUT_SECONDS = PREFIX + "timeoutSeconds"
REPLACE_UNREADY = PREFIX + "replaceUnready"
PATCH_FORCE = PREFIX + "patchForce"
PATCH_FIELD_MANAGER = PREFIX + "patchFieldManager"
DELETION_PROPAGATION = PREFIX + "deletionPropagationPolicy"

MANAGED_BY = "app.kubernetes.io/managed-by"


@dataclass(frozen=True)
class ObjectId:
    """What the engine calls an object: `namespace/name`, or `name` for what has no namespace."""

    namespace: str | None
    name: str

    def __str__(self) -> str:
        """Return it as the engine keeps it."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @staticmethod
    def parse(text: str) -> ObjectId:
        """Read an id as the engine gives it, from its state or from `pulumi import`."""
        namespace, _, name = text.rpartition("/")
        if not name or "/" in namespace:
            raise ProviderError(f"{text!r} is not the id of an object: expected <namespace>/<name>, or <name>")
        return ObjectId(namespace or None, name)

    @staticmethod
    def of(body: Mapping[str, Any]) -> ObjectId:
        """Return the id of an object."""
        return ObjectId(get_path(body, "metadata", "namespace"), str(get_path(body, "metadata", "name")))


def annotation(body: Mapping[str, Any], key: str) -> str:
    """Return an annotation, empty if it is not there or not known yet."""
    value = get_path(body, "metadata", "annotations", key, default="")
    return value if isinstance(value, str) and value != UNKNOWN else ""


def is_true(body: Mapping[str, Any], key: str) -> bool:
    """Tell whether the annotation says `true`."""
    return annotation(body, key) == "true"


def propagation(body: Mapping[str, Any]) -> str:
    """Return the propagation policy of a deletion: Foreground, as in the real provider, unless it is annotated.

    Custom objects are deleted in the background: the garbage collector takes up to 30 s to learn of a new kind, a
    foreground deletion waits for that, and no operator runs here that could have given them dependents.
    """
    chosen = annotation(body, DELETION_PROPAGATION).lower()
    default = "Foreground" if is_built_in(str(body.get("apiVersion", ""))) else "Background"
    return {"orphan": "Orphan", "background": "Background", "foreground": "Foreground"}.get(chosen, default)


def wait_for(body: Mapping[str, Any]) -> list[str]:
    """Return the conditions of the annotation `pulumi.com/waitFor`: one, or a JSON list of them."""
    text = annotation(body, WAIT_FOR)
    if not text:
        return []
    try:
        read = json.loads(text)
    except ValueError:
        read = text
    wanted = [str(item) for item in read] if isinstance(read, list) else [text]
    for expression in wanted:
        if not expression.startswith(("jsonpath=", "condition=")):
            raise ProviderError(f'{WAIT_FOR}: expected a "jsonpath=" or "condition=" prefix, got {expression!r}')
    if not wanted:
        raise ProviderError(f"{WAIT_FOR}: at least one condition must be specified")
    return wanted


def is_named(body: Mapping[str, Any]) -> bool:
    """Tell whether the program gave a name, known or not yet."""
    return bool(get_path(body, "metadata", "name"))


def is_autonamed(body: Mapping[str, Any]) -> bool:
    """Tell whether the name was made by the provider."""
    return is_true(body, AUTONAMED)


def with_name(urn: str, body: Mapping[str, Any], old: Mapping[str, Any], proposed: str | None = None) -> dict[str, Any]:
    """Return `body` with a name: the program's, else the old inputs' made one, else a new one.

    A made name is the resource's name with eight hex digits, or what the engine's own naming `proposed`.
    """
    if body.get("metadata") == UNKNOWN or is_named(body):
        return dict(body)
    if get_path(body, "metadata", "generateName"):
        raise ProviderError("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
    if is_autonamed(old) and is_named(old):
        name = str(get_path(old, "metadata", "name"))
    else:
        name = proposed or f"{name_of(urn)}-{secrets.token_hex(4)}"
    metadata = {**(body.get("metadata") or {}), "name": name}
    annotations = metadata.get("annotations")
    if annotations != UNKNOWN:
        metadata["annotations"] = {**(annotations or {}), AUTONAMED: "true"}
    return {**body, "metadata": metadata}


def keeps_managed_by(body: Mapping[str, Any], old: Mapping[str, Any], server_side: bool) -> dict[str, Any]:
    """Return `body` with the label `managed-by: pulumi` where the real provider sets it.

    With server-side apply it never sets it on a new object, and keeps it where the old inputs had it.
    """
    had = get_path(old, "metadata", "labels", MANAGED_BY) in ("pulumi", UNKNOWN) if old else not server_side
    metadata = body.get("metadata", {})
    if not had or metadata == UNKNOWN or (isinstance(metadata, dict) and metadata.get("labels") == UNKNOWN):
        return dict(body)
    metadata = dict(metadata or {})
    return {
        **body,
        "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), MANAGED_BY: "pulumi"}},
    }


def timeout_of(body: Mapping[str, Any], requested: float, default: float, longest: float) -> float:
    """Return for how many seconds to wait, never above `longest`.

    The resource option customTimeouts comes first (`requested`, 0 if not given), then the annotation.
    """
    if requested:
        return min(requested, longest)
    text = annotation(body, TIMEOUT_SECONDS)
    if text.isdigit() and int(text) > 0:
        return min(float(text), longest)
    return min(default, longest)


def is_known(body: Mapping[str, Any]) -> bool:
    """Tell whether every value is known, so that the API server can be asked."""
    return not has_unknown(dict(body))
