"""Who owns which field: server-side apply's managers, and how the provider takes over its own earlier ones."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from groundwork.sandbox.controlplane.client import ApiError
from groundwork.sandbox.standins.kubernetes.diffing import Path, parse_path
from groundwork.sandbox.standins.kubernetes.metadata import PATCH_FIELD_MANAGER, PATCH_FORCE, annotation, is_true
from groundwork.sandbox.standins.kubernetes.settings import Options
from groundwork.sandbox.standins.kubernetes.values import get_path

CREATE_MANAGER = "pulumi-kubernetes"
"""The manager of a create, which is a plain POST: its fields pass to the apply manager at the first update."""

STATE_KEY = "__fieldManager"

_TAKEN_OVER = {
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    (CREATE_MANAGER, "Update"),
    ("pulumi-resource-kubernetes", "Update"),
}


def field_manager(inputs: Mapping[str, Any], state: Mapping[str, Any], options: Options) -> str:
    """Return the object's own manager: by annotation, by state, else a new one."""
    if not options.server_side_apply:
        return CREATE_MANAGER
    kept = state.get(STATE_KEY)
    return annotation(inputs, PATCH_FIELD_MANAGER) or str(kept or f"{CREATE_MANAGER}-{secrets.token_hex(4)}")


def forces(inputs: Mapping[str, Any], live: Mapping[str, Any] | None, options: Options, preview: bool) -> bool:
    """Tell whether an apply takes fields that belong to another manager."""
    if is_true(inputs, PATCH_FORCE) or options.patch_force:
        return True
    managers = get_path(live, "metadata", "managedFields", default=None) or []
    if live is not None and not managers:
        return True
    # A dry run cannot take over the fields of the create first.
    return preview and (live is None or any((m.get("manager"), m.get("operation")) in _TAKEN_OVER for m in managers))


def taken_over(live: Mapping[str, Any], manager: str) -> list[dict[str, Any]] | None:
    """Return the JSON patch by which `manager` takes over the provider's earlier fields; None if there are none."""
    entries = copy.deepcopy(get_path(live, "metadata", "managedFields", default=None) or [])
    ours = [e for e in entries if _is(e, manager) or (e.get("manager"), e.get("operation")) in _TAKEN_OVER]
    ours = [e for e in ours if not e.get("subresource")]
    if not any(not _is(entry, manager) for entry in ours):
        return None
    merged = {**ours[0], "manager": manager, "operation": "Apply"}
    for entry in ours[1:]:
        merged["fieldsV1"] = _union(merged.get("fieldsV1") or {}, entry.get("fieldsV1") or {})
    kept = [entry for entry in entries if entry not in ours]
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": [*kept, merged]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]


def _is(entry: Mapping[str, Any], manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply"


def _union(left: dict[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(left)
    for key, fields in right.items():
        result[key] = _union(result.get(key) or {}, fields)
    return result


def respect(inputs: Mapping[str, Any], live: Mapping[str, Any], ignore: Sequence[str], manager: str) -> dict[str, Any]:
    """Return `inputs` as an apply must send them, so that ignored properties stay as they are.

    What only others own is left out, so that it stays theirs; everything else is sent with its live value,
    since leaving it out would remove it. Paths through lists are left as they are.
    """
    result = copy.deepcopy(dict(inputs))
    for path in map(parse_path, ignore):
        if not path or not all(isinstance(step, str) and step != "*" for step in path):
            continue
        found, value = _lookup(live, path)
        if _owned_by_others(live, path, manager):
            _remove(result, path)
        elif found:
            _set(result, path, value)
    return result


def _owned_by_others(live: Mapping[str, Any], path: Path, manager: str) -> bool:
    owners = {
        entry.get("manager")
        for entry in get_path(live, "metadata", "managedFields", default=None) or []
        if _lookup(entry.get("fieldsV1") or {}, tuple(f"f:{step}" for step in path))[0]
    }
    return bool(owners) and manager not in owners


def _lookup(value: Any, path: Path) -> tuple[bool, Any]:
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False, None
        value = value[step]
    return True, value


def _remove(body: dict[str, Any], path: Path) -> None:
    found, parent = _lookup(body, path[:-1])
    if found and isinstance(parent, dict):
        parent.pop(path[-1], None)


def _set(body: dict[str, Any], path: Path, value: Any) -> None:
    for step in path[:-1]:
        body = body.setdefault(str(step), {})
        if not isinstance(body, dict):
            return
    body[str(path[-1])] = copy.deepcopy(value)


def is_field_conflict(error: ApiError) -> bool:
    """Tell whether a field belongs to another manager, rather than somebody else having been faster."""
    causes = error.details.get("causes") or ()
    return error.conflict and any(cause.get("reason") == "FieldManagerConflict" for cause in causes)


def conflict_message(error: ApiError, manager: str) -> str:
    """Return what the real provider says of a conflict; the server's own sentence names the other manager."""
    return (
        "server-side apply field conflict detected, see https://www.pulumi.com/registry/packages/kubernetes/"
        "how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources "
        f"for troubleshooting help\nThe resource managed by field manager {manager!r} had an apply conflict: "
        f"{error.message}"
    )
