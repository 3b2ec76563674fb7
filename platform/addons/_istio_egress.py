"""Where pods of the mesh may call outside of the cluster: everything else is refused by their sidecars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from groundwork.core.config import Config
from groundwork.core.dns import domain

_HTTPS, _HTTP, _LAST = 443, 80, 65535
_HERE = ["."]


def _destination(text: str) -> str:
    host, _, port = text.partition(":")
    number = int(port) if re.fullmatch(r"[1-9][0-9]{0,4}", port) else _HTTPS if not port and ":" not in text else 0
    try:
        domain(host.removeprefix("*."))
    except ValueError:
        number = 0
    if not 0 < number <= _LAST:
        raise ValueError(
            f"{text!r} is no destination; examples are huggingface.co, *.amazonaws.com and db.example.com:5432"
        )
    return text


Destination = Annotated[str, AfterValidator(_destination)]


class Egress(Config):
    """What a stack file may say under `istio-api: {egress: ...}`."""

    allow: tuple[Destination, ...] = Field(
        default=(),
        description="hosts that every pod of the mesh may call, with a port where it is not 443; `*.` stands for all "
        "names below a domain. Buckets and databases of this platform, and whom a login asks, are called by who needs "
        "them without being named here",
    )


def service_entries(allow: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the ServiceEntries by name that let these hosts be called from every namespace."""
    return dict(_entry(*_split(text)) for text in dict.fromkeys(allow))


def own_entry(hosts: Sequence[str], port: int, ranges: Sequence[str]) -> dict[str, Any]:
    """Return the ServiceEntry that lets the pods of its own namespace call these hosts.

    Args:
        ranges: of addresses, where calls show no name.
    """
    exact = not ranges and port != _HTTPS and not any(host.startswith("*") for host in hosts)
    return {
        "hosts": list(hosts),
        **({"addresses": list(ranges)} if ranges else {}),
        "exportTo": _HERE,
        "location": "MESH_EXTERNAL",
        "resolution": "DNS" if exact else "NONE",
        # By address HTTP would be told apart by a host that no caller names.
        "ports": [_port(port, "TCP" if ranges else None)],
    }


def _port(number: int, protocol: str | None = None) -> dict[str, Any]:
    spoken = protocol or {_HTTPS: "TLS", _HTTP: "HTTP"}.get(number, "TCP")
    return {"number": number, "name": spoken.lower(), "protocol": spoken}


def _split(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    return host, int(port or _HTTPS)


def _entry(host: str, port: int) -> tuple[str, dict[str, Any]]:
    name = f"{host.replace('*', 'any').replace('.', '-')}-{port}"
    return name, {
        "hosts": [host],
        "location": "MESH_EXTERNAL",
        # Below a domain there is no one name to resolve: the call goes where the pod itself resolved it to.
        "resolution": "NONE" if host.startswith("*") else "DNS",
        "ports": [_port(port)],
    }
