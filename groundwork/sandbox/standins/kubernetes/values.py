"""The shapes of objects: what counts as the same, what is an input, what is a secret."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from groundwork.sandbox.standins.kubernetes.kinds import is_built_in
from groundwork.sandbox.standins.protocol import conceal, has_unknown, secret_paths

READ_ONLY = (
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"),
    *("resourceVersion", "uid"),
)

# The SDKs write these keys of an OpenAPI schema with underscores: a dash cannot stand in an identifier.
_SCHEMA_KEYS = {
    f"x_kubernetes_{name}": f"x-kubernetes-{name.replace('_', '-')}"
    for name in (
        *("embedded_resource", "int_or_string", "list_map_keys", "list_type", "map_type"),
        *("preserve_unknown_fields", "validations"),
    )
}
_SDK_KEYS = {dashed: underscored for underscored, dashed in _SCHEMA_KEYS.items()}

_QUANTITY = re.compile(r"^([+-]?[0-9.]+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|n|u|)$")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def to_api(value: Any) -> Any:
    """Return properties as the API server writes them: `x_kubernetes_int_or_string` becomes dashed."""
    return _rekey(value, _SCHEMA_KEYS)


def to_sdk(value: Any) -> Any:
    """Return an object as the SDKs write it; the opposite of `to_api`."""
    return _rekey(value, _SDK_KEYS)


def _rekey(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _rekey(item, names) for key, item in value.items()}
    return [_rekey(item, names) for item in value] if isinstance(value, list) else value


def normalise(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return `inputs` in the form in which the API server will answer them, as far as the real provider does.

    The metadata that only the server writes is left out, `stringData` of a Secret becomes `data`, and the
    fields of a CustomResourceDefinition that the server drops are dropped.
    """
    result = dict(inputs)
    if isinstance(result.get("metadata"), dict):
        result["metadata"] = {key: v for key, v in result["metadata"].items() if key not in READ_ONLY}
    if has_unknown(result) or not is_built_in(str(result.get("apiVersion", ""))):
        return result
    if result.get("kind") == "Secret":
        return _normalise_secret(result)
    if result.get("kind") == "CustomResourceDefinition":
        result.pop("status", None)
        if isinstance(result.get("spec"), dict) and result["spec"].get("preserveUnknownFields") is False:
            result["spec"] = {key: v for key, v in result["spec"].items() if key != "preserveUnknownFields"}
    return result


def _normalise_secret(secret: dict[str, Any]) -> dict[str, Any]:
    data = {key: _canonical_base64(item) for key, item in (secret.get("data") or {}).items()}
    plain = secret.pop("stringData", None) or {}
    data |= {key: base64.b64encode(str(item).encode()).decode() for key, item in plain.items()}
    if data:
        secret["data"] = data
    return secret


def _canonical_base64(value: Any) -> Any:
    try:
        return base64.b64encode(base64.b64decode(value, validate=False)).decode()
    except (binascii.Error, TypeError, ValueError):
        return value  # the API server says what is wrong with it


def same(live: Any, wanted: Any) -> bool:
    """Tell whether the API server's value means the same as the one that was asked for.

    The server writes quantities in one form only (`1000m` as `1`), and nothing where an input was null or
    empty.
    """
    if live == wanted and isinstance(live, bool) == isinstance(wanted, bool):
        return True
    if live in (None, {}, [], "") and wanted in (None, {}, [], ""):
        return not isinstance(live, bool) and not isinstance(wanted, bool)
    if isinstance(live, str) and isinstance(wanted, str | int | float) and not isinstance(wanted, bool):
        left, right = _quantity(live), _quantity(str(wanted))
        return left is not None and left == right
    return False


def _quantity(text: str) -> Decimal | None:
    match = _QUANTITY.match(text)
    if match is None:
        return None
    try:
        number = Decimal(match[1])
    except ArithmeticError:
        return None
    if match[2] in _BINARY:
        return number * Decimal(1024) ** _BINARY[match[2]]
    return number.scaleb(_DECIMAL[match[2]])


def prune(live: Any, inputs: Any) -> Any:
    """Return what `live` says about the fields that `inputs` names: drift, and nothing of other managers.

    A value that means the same keeps the form of the input.
    """
    if isinstance(live, dict) and isinstance(inputs, dict):
        kept = {key: prune(live[key], item) for key, item in inputs.items() if key in live}
        return kept | {key: item for key, item in inputs.items() if key not in live and same(None, item)}
    if isinstance(live, list) and isinstance(inputs, list):
        return [prune(item, wanted) for item, wanted in zip(live, inputs, strict=False)]
    return inputs if same(live, inputs) else live


def without_schemas(live: dict[str, Any]) -> dict[str, Any]:
    """Return a CustomResourceDefinition without its schemas, which its inputs hold already; anything else as it is.

    The real provider returns them. They are megabytes, which engine and program would copy many times over at
    every run, in time that grows with their depth.
    """
    if live.get("kind") != "CustomResourceDefinition":
        return live
    versions = get_path(live, "spec", "versions", default=[])
    bare = [{key: item for key, item in version.items() if key != "schema"} for version in versions]
    return {**live, "spec": {**live["spec"], "versions": bare}}


def mark_secrets(outputs: Any, inputs: Any) -> Any:
    """Return `outputs` with as secret what is secret in `inputs`, and always the content of a Secret.

    `inputs` still carries the protocol's markers, `outputs` none. A list with one secret in it becomes one
    secret, since the server may reorder it.
    """
    if not isinstance(outputs, dict):
        return outputs
    if outputs.get("kind") == "Secret":
        return {key: conceal(v) if key in ("data", "stringData") else v for key, v in outputs.items()}
    if not isinstance(inputs, dict):
        return outputs
    return {key: _mark_value(item, inputs[key]) if key in inputs else item for key, item in outputs.items()}


def _mark_value(output: Any, given: Any) -> Any:
    paths = list(secret_paths(given))
    if () in paths:
        return conceal(output)
    if isinstance(output, dict) and isinstance(given, dict):
        return mark_secrets(output, given)
    return conceal(output) if paths else output


def get_path(value: Any, *path: str, default: Any = None) -> Any:
    """Return the value at `path` in nested dictionaries, `default` if there is none."""
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return default
        value = value[step]
    return value
