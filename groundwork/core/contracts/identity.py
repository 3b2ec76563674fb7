"""Who a pod is to the cloud."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import ServiceAccount


@dataclass(frozen=True)
class Statement:
    """What is allowed, in the cloud's own words.

    Attributes:
        actions: such as "s3:GetObject".
        resources: that they are allowed on.
        conditions: as in the cloud's policy document: operator -> key -> values.
    """

    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CloudIdentity(Contract):
    """Gives service accounts an identity in the cloud, with no more than they need."""

    @abstractmethod
    def grant(
        self, name: str, *, parent: Component[Any], account: ServiceAccount, statements: Sequence[Statement]
    ) -> list[pulumi.Resource]:
        """Allow `account` what `statements` say, in addition to what it may already.

        Args:
            name: of the grant, unique for the account: "artifacts", "volumes".
            parent: the component that needs it.
            account: the service account, which may not exist yet.
            statements: least privilege; a policy refuses wildcards.

        Returns:
            what a pod of this account has to wait for.
        """
