"""The way in for people and other services."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace
from groundwork.core.contracts.login import Login


@dataclass(frozen=True, kw_only=True)
class Mesh(Contract):
    """A service mesh with a gateway.

    Attributes:
        domain: under which things are exposed: `mlflow.<domain>`.
    """

    domain: str

    @abstractmethod
    def expose(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        service: str,
        port: int,
        login: Login | None,
        paths: Sequence[str] = ("/",),
        shares: Mapping[str, int] | None = None,
    ) -> str:
        """Route `https://<name>.<domain>` to a Service, and allow only the gateway to call it.

        Args:
            login: asks whoever calls for his login first.
            shares: other Services of the namespace, which listen at the same port -> the percent of requests that each
                gets; `service` gets the rest.

        Returns:
            the URL, plain.
        """

    @abstractmethod
    def request_rate(self, namespace: Namespace, services: Sequence[str]) -> str:
        """Return PromQL: the requests a second that gateways send to these Services, answered or not."""
