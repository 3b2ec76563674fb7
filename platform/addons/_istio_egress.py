"""Where pods of the mesh may call outside of the cluster: everything else is refused by their sidecars."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from groundwork.core.config import Config

_HOST = r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
_HTTPS, _HTTP, _LAST = 443, 80, 65535


def _destination(text: str) -> str:
    host, _, port = text.partition(":")
    number = int(port) if re.fullmatch(r"[1-9][0-9]{0,4}", port) else _HTTPS if not port and ":" not in text else 0
    if not re.fullmatch(_HOST, host) or not 0 < number <= _LAST:
        raise ValueError(
            f"{text!r} is no destination; examples are huggingface.co, *.amazonaws.com and db.example.com:5432"
        )
    return text


class Egress(Config):
    """What a stack file may say under `istio: {egress: ...}`."""

    allow: tuple[Annotated[str, AfterValidator(_destination)], ...] = Field(
        description="hosts, with a port where it is not 443; `*.` stands for all names below a domain. Databases and "
        "buckets outside of the cluster are among them"
    )


def service_entries(egress: Egress) -> dict[str, dict[str, Any]]:
    """Return the ServiceEntries by name that let these hosts be called from every namespace."""
    return dict(_entry(*_split(text)) for text in dict.fromkeys(egress.allow))


def _split(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    return host, int(port or _HTTPS)


def _entry(host: str, port: int) -> tuple[str, dict[str, Any]]:
    protocol = {_HTTPS: "TLS", _HTTP: "HTTP"}.get(port, "TCP")
    name = f"{host.replace('*', 'any').replace('.', '-')}-{port}"
    return name, {
        "hosts": [host],
        "location": "MESH_EXTERNAL",
        # Below a domain there is no one name to resolve: the call goes where the pod itself resolved it to.
        "resolution": "NONE" if host.startswith("*") else "DNS",
        "ports": [{"number": port, "name": protocol.lower(), "protocol": protocol}],
    }
