"""Ports are free, different, and outside the range that outgoing connections use."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from groundwork.sandbox import ports


def test_ports_differ_and_avoid_what_they_are_told() -> None:
    first = ports.free_ports(20)
    second = ports.free_ports(20, avoid=first)
    assert len({*first, *second}) == 40


def test_a_port_that_listens_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_no_outgoing_connection_takes_a_port_of_a_stopped_sandbox() -> None:
    limits = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert max(ports.free_ports(50)) < int(limits[0])


def test_a_machine_without_free_ports_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(ports.NoFreePortError, match=r"^Found 0 of 2 free ports between 20000 and 31999 on 127"):
        ports.free_ports(2)
