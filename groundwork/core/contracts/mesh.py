"""The way in for people and other services."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
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
        public: bool = False,
        paths: Sequence[str] = ("/",),
    ) -> str:
        """Route `https://<name>.<domain>` to a Service, and allow only the gateway to call it.

        Args:
            login: asks whoever calls for his login first.
            public: it is for everybody, inside the cluster too, and asks nobody: the page where one logs in.

        Returns:
            the URL, plain.

        Raises:
            StackError: where there is no login, and it is not said to be public.
        """
