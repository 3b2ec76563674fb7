"""Messages between the parts of one application."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A message queue of its own.

    Attributes:
        secret: a Secret in the namespace it was made for, with the key url (`redis://...`, `rediss://...` with TLS).
        url: the same URL, secret, for a chart that wants it in a Secret of its own form.
        ready: what a pod that uses the queue has to wait for.
    """

    secret: str
    url: pulumi.Output[str]
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class Broker(Contract):
    """A message broker that speaks Redis' protocol."""

    @abstractmethod
    def queue(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Queue:
        """Make a queue that nobody else reads, let the pods of `namespace` reach it, and put the way in into a Secret.

        Args:
            name: short, unique in `namespace`: "tasks".
            parent: the component that it belongs to.
            namespace: of the pods that use it.

        Raises:
            StackError: where the broker can serve no further application.
        """
