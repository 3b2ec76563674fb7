"""Secrets that people keep in a store, as Kubernetes Secrets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace
from groundwork.core.contracts.identity import Statement
from groundwork.core.references import SecretKey


@dataclass(frozen=True, kw_only=True)
class SecretReference:
    """A Secret that will be there once the store has been read.

    Attributes:
        name: of the Secret, in the namespace it was asked for.
        ready: what a pod that uses it has to wait for.
    """

    name: str
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class SecretStore(Contract):
    """Where people keep an environment's secrets: outside this program, and outside the cluster.

    Attributes:
        prefix: how their names begin there.
        region: where they are.
    """

    prefix: str
    region: str

    @abstractmethod
    def reading(self) -> list[Statement]:
        """Return what whoever copies them into a cluster has to be allowed."""


@dataclass(frozen=True, kw_only=True)
class Secrets(Contract):
    """A store of secrets outside this program, and what copies them into the cluster."""

    @abstractmethod
    def secret(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        keys: Mapping[str, SecretKey],
        plain: Mapping[str, str] | None = None,
    ) -> SecretReference:
        """Ask for a Secret of `namespace`, and for its renewal whenever the store's values change.

        Args:
            keys: key of the Secret -> where its value is kept.
            plain: more keys, whose values are no secret: a client's id.
        """
