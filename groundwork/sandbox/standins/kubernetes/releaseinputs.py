"""The inputs of a Release: defaults, problems, Helm's flags and the outputs, as the real provider has them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from groundwork.sandbox.standins.kubernetes.settings import Options
from groundwork.sandbox.standins.protocol import UNKNOWN, ProviderError, name_of, reveal, secret_paths
from groundwork.sandbox.standins.values import SIGNATURE

DEFAULT_TIMEOUT = 300
"""What the real provider writes into the inputs where the program says nothing."""

_OUTPUT_ONLY = ("compat", "manifest", "resourceNames", "status", "allowNullValues")
_UNSUPPORTED = {
    "dependencyUpdate": "the sandbox never asks the network: use a packaged chart with its dependencies in it",
    "postrender": "the sandbox runs no post-renderer",
    "verify": "the mirror's archives are verified by the catalogue's digest",
}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME = 53
_ASSET = "c44067f5952c0a294b673a41bacd8c17"

_INSTALL_FLAGS = {
    "atomic": "--atomic",
    "createNamespace": "--create-namespace",
    "devel": "--devel",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "disableWebhooks": "--no-hooks",
    "renderSubchartNotes": "--render-subchart-notes",
    "replace": "--replace",
    "skipCrds": "--skip-crds",
    "takeOwnership": "--take-ownership",
}
_UPGRADE_FLAGS = {
    "atomic": "--atomic",
    "cleanupOnFail": "--cleanup-on-fail",
    "devel": "--devel",
    "disableCRDHooks": "--no-hooks",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "forceUpdate": "--force",
    "renderSubchartNotes": "--render-subchart-notes",
    "resetValues": "--reset-values",
    "reuseValues": "--reuse-values",
    "takeOwnership": "--take-ownership",
}


def checked_release(
    urn: str, news: Mapping[str, Any], olds: Mapping[str, Any], options: Options, proposed: str | None
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the inputs with the real provider's defaults, without what is empty, and all problems."""
    inputs = {key: value for key, value in news.items() if key not in _OUTPUT_ONLY and not _is_empty(value)}
    problems = [(key, reason) for key, reason in _UNSUPPORTED.items() if inputs.get(key)]
    inputs.setdefault("name", olds.get("name") or proposed or f"{name_of(urn)}-{secrets.token_hex(4)}")
    inputs.setdefault("namespace", options.namespace)
    if not inputs.get("skipAwait"):
        inputs.setdefault("timeout", DEFAULT_TIMEOUT)
    problems += _name_problems(inputs["name"])
    files = inputs.pop("valueYamlFiles", None)
    if files and files != UNKNOWN and inputs.get("values") != UNKNOWN:
        values: dict[str, Any] = {}
        for asset in files:
            values = merged(values, _asset_values(asset))
        inputs["values"] = merged(values, inputs.get("values") or {})
    if inputs.get("values", UNKNOWN) != UNKNOWN and not isinstance(inputs["values"], dict):
        problems.append(("values", f"expected a map, got {type(inputs['values']).__name__}"))
    return inputs, problems


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {}) or (value == 0 and not isinstance(value, str))


def _name_problems(name: Any) -> list[tuple[str, str]]:
    if name == UNKNOWN or (isinstance(name, str) and len(name) <= _LONGEST_NAME and _NAME.fullmatch(name)):
        return []
    reason = "expected at most 53 characters: small letters, digits, dots and dashes, a letter or digit at both ends"
    return [("name", f"{name!r} cannot be the name of a release: {reason}")]


def _asset_values(asset: Any) -> dict[str, Any]:
    if not isinstance(asset, Mapping) or asset.get(SIGNATURE) != _ASSET:
        raise ProviderError("valueYamlFiles: expected assets")
    text = asset.get("text")
    if not text and asset.get("path"):
        path = Path(str(asset["path"]))
        if not path.is_file():
            raise ProviderError(f"valueYamlFiles: there is no file {path}; the sandbox needs an absolute path")
        text = path.read_text(encoding="utf-8")
    if not text:
        raise ProviderError("valueYamlFiles: the sandbox reads texts and files, and never the network")
    read = yaml.safe_load(str(text))
    if read is not None and not isinstance(read, dict):
        raise ProviderError("valueYamlFiles: expected a map in each file")
    return read or {}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return both maps in one, `over` winning, maps within them merged too."""
    result = dict(base)
    for key, value in over.items():
        before = result.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        result[key] = merged(before, value) if both else value  # type: ignore[arg-type]  # both are maps then
    return result


def flags(inputs: Mapping[str, Any], seconds: float, *, upgrade: bool) -> list[str]:
    """Return Helm's flags for an install or upgrade."""
    table = _UPGRADE_FLAGS if upgrade else _INSTALL_FLAGS
    found = [flag for key, flag in table.items() if inputs.get(key) is True]
    found += ["--timeout", f"{seconds:g}s"]
    if not inputs.get("skipAwait"):
        found.append("--wait")
        if inputs.get("waitForJobs"):
            found.append("--wait-for-jobs")
    if inputs.get("description"):
        found += ["--description", str(inputs["description"])]
    if upgrade:
        found += ["--history-max", str(inputs.get("maxHistory", 0))]
    return found


def resource_names(manifest: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the names of a release's objects by kind and apiVersion: `Deployment.apps/apps/v1`."""
    names: dict[str, set[str]] = {}
    for document in manifest:
        api_version, metadata = str(document.get("apiVersion")), document.get("metadata") or {}
        group = api_version.rpartition("/")[0]
        kind = f"{document.get('kind')}.{group}" if group else str(document.get("kind"))
        namespace = metadata.get("namespace")
        name = f"{namespace}/{metadata.get('name')}" if namespace else str(metadata.get("name"))
        names.setdefault(f"{kind}/{api_version}", set()).add(name)
    return {key: sorted(found) for key, found in sorted(names.items())}


def redacted(value: Any, news: Mapping[str, Any]) -> Any:
    """Return a message, or an object, without any text that is secret in the inputs."""
    secrets = sorted(_secret_texts(news), key=len, reverse=True)
    return _cleared(value, secrets) if secrets else value


def _cleared(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {key: _cleared(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleared(inner, secrets) for inner in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "[secret]")
    return value


def _secret_texts(news: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for path in secret_paths(dict(news)):
        value: Any = news
        for step in path:
            value = value[int(step)] if isinstance(value, list) else value[step]
        found.update(_texts(reveal(value)))
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) and value:
        yield value
