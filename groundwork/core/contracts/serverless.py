"""Servers that are there while somebody asks them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace
from groundwork.core.contracts.login import Login
from groundwork.core.contracts.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class Serverless(Contract):
    """Runs servers of HTTP by their requests: none while nobody asks, and who asks then waits for one.

    Attributes:
        kept_seconds: the longest that a server without requests can be told to stay, before its last copy goes.
    """

    kept_seconds: int

    @abstractmethod
    def admit(self, *, parent: Component[Any], namespace: Namespace) -> None:
        """Let it reach the servers of a namespace, and the namespace's own pods reach servers by way of it: once."""

    @abstractmethod
    def expose(
        self, name: str, *, parent: Component[Any], namespace: Namespace, service: str, mesh: Mesh, login: Login | None
    ) -> str:
        """Route `https://<name>.<domain>` to a server that it runs, also while there is no copy of it.

        Args:
            service: the server's name in `namespace`; inside the cluster it is called by `namespace.host(service)`.
            login: asks whoever calls for his login first.

        Returns:
            the URL, plain.

        Raises:
            StackError: where there is no login.
        """
