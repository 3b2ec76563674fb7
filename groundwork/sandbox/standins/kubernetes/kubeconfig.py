"""Which kubeconfigs a program may use in the sandbox: those that name its own API server."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.standins.kubernetes.settings import Options
from groundwork.sandbox.standins.protocol import UNKNOWN, ProviderError

_UNSUPPORTED = {
    "renderYamlToDirectory": "the sandbox applies objects to its API server and renders none",
    "alwaysRender": "the sandbox applies objects to its API server and renders none",
}


def read_options(arguments: Mapping[str, Any], endpoint: ClusterEndpoint) -> Options | None:
    """Read a provider's configuration; None while its kubeconfig is not known yet.

    Raises:
        ProviderError: it names another API server than the sandbox's, or asks for what the sandbox does not
        do.
    """
    if any(arguments.get(key) == UNKNOWN for key in ("kubeconfig", "context", "cluster")):
        return None
    problems = [f"{key}: {reason}" for key, reason in _UNSUPPORTED.items() if _flag(arguments, key)]
    namespace = ""
    if arguments.get("kubeconfig"):
        try:
            namespace = _accept(arguments, endpoint)
        except ProviderError as error:
            problems.append(str(error))
    if problems:
        raise ProviderError("\n".join(problems))
    return Options(
        namespace=str(arguments.get("namespace") or namespace or "default"),
        server_side_apply=_flag(arguments, "enableServerSideApply", default=True),
        patch_force=_flag(arguments, "enablePatchForce"),
        upsert=_flag(arguments, "upsertExistingObjects"),
        mutable_config_maps=_flag(arguments, "enableConfigMapMutable"),
        mutable_secrets=_flag(arguments, "enableSecretMutable"),
        suppress_deprecations=_flag(arguments, "suppressDeprecationWarnings"),
    )


def _flag(arguments: Mapping[str, Any], key: str, default: bool = False) -> bool:
    value = arguments.get(key)
    if value in (None, ""):
        return default
    # The SDKs send the values of a provider that are not texts as JSON.
    return value is True or (isinstance(value, str) and (value == "true" or key == "renderYamlToDirectory"))


def _accept(arguments: Mapping[str, Any], endpoint: ClusterEndpoint) -> str:
    """Return the namespace of the active context, if its cluster is the sandbox's."""
    config = _parse(arguments["kubeconfig"])
    context_name = arguments.get("context") or config.get("current-context")
    context = _named(config, "contexts", "context", context_name)
    cluster_name = arguments.get("cluster") or context.get("cluster")
    cluster = _named(config, "clusters", "cluster", cluster_name)
    server = str(cluster.get("server", "")).rstrip("/")
    if server != endpoint.url.rstrip("/") and not _leads_to(cluster, endpoint):
        raise ProviderError(
            f"kubeconfig: its context {context_name!r} names the API server {server or '(none)'}, but in the sandbox "
            f"only the sandbox's own, {endpoint.url}, may be dialled. Take the kubeconfig from the cluster that the "
            "program makes, or leave it out"
        )
    if _authority(cluster) != endpoint.ca_file.read_bytes().strip():
        raise ProviderError(
            f"kubeconfig: its certificate authority for {server} is not the sandbox's. Take it from the cluster that "
            "the program makes, or leave the kubeconfig out"
        )
    return str(context.get("namespace") or "")


def _leads_to(cluster: Mapping[str, Any], endpoint: ClusterEndpoint) -> bool:
    """Tell whether the server is the near end of a tunnel, and the endpoint is who has to answer at its far end."""
    near = urlsplit(str(cluster.get("server", ""))).hostname
    return near == "localhost" and cluster.get("tls-server-name") == urlsplit(endpoint.url).hostname


def _parse(value: object) -> Mapping[str, Any]:
    if isinstance(value, str):
        text = value
        path = Path(value).expanduser() if "\n" not in value and len(value) < 4096 else None
        if path is not None and not value.lstrip().startswith("{"):
            if not path.is_file():
                raise ProviderError(f"kubeconfig: there is no file {value}")
            text = path.read_text(encoding="utf-8")
        try:
            value = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
        except (ValueError, yaml.YAMLError) as error:
            # The text of the error may quote a line, and so a token: only its place is told.
            mark = getattr(error, "problem_mark", None)
            where = f" near line {mark.line + 1}" if mark else ""
            raise ProviderError(f"kubeconfig: it is neither YAML nor JSON{where}") from None
    if not isinstance(value, Mapping):
        raise ProviderError("kubeconfig: expected the content of a kubeconfig, or the path of one")
    return value


def _named(config: Mapping[str, Any], table: str, field: str, name: object) -> Mapping[str, Any]:
    entries = [entry for entry in config.get(table) or [] if isinstance(entry, Mapping)]
    for entry in entries:
        if entry.get("name") == name and isinstance(entry.get(field), Mapping):
            return dict(entry[field])
    known = ", ".join(sorted(str(entry.get("name")) for entry in entries)) or "none"
    raise ProviderError(f"kubeconfig: it has no {field} {name!r}; its {table} are: {known}")


def _authority(cluster: Mapping[str, Any]) -> bytes:
    data, path = cluster.get("certificate-authority-data"), cluster.get("certificate-authority")
    if data:
        try:
            return base64.b64decode(str(data)).strip()
        except (binascii.Error, ValueError):
            return b""
    if path and Path(str(path)).is_file():
        return Path(str(path)).read_bytes().strip()
    return b""
