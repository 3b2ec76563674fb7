"""Workflows of containers, and what starts them by the clock."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Cluster
from groundwork.core.contracts.pools import Placement


@dataclass(frozen=True, kw_only=True)
class Task:
    """One container, and where it runs.

    Attributes:
        command: what it runs, None for what its image runs.
        environment: plain variables.
        cpu: request, such as "500m".
        memory: request and limit, such as "2Gi".
        placement: None for anywhere.
        hours: after which it is ended.
    """

    image: str
    command: Sequence[str] | None = None
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    cpu: str = "1"
    memory: str = "2Gi"
    placement: Placement | None = None
    hours: int = 24


@dataclass(frozen=True, kw_only=True)
class Workflows(Contract):
    """Runs workflows.

    Attributes:
        url: inside the cluster.
        public_url: where its page is exposed.
        namespace: where the platform's own workflows run, with their logs in the object store.
        instance_id: what a workflow's label says for this controller to take it, "" for those without the label.
    """

    url: str
    namespace: str
    instance_id: str
    public_url: str | None = None

    @abstractmethod
    def cron(
        self,
        name: str,
        *,
        parent: Component[Any],
        cluster: Cluster,
        schedule: str,
        task: Task,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Run a task again and again, one at a time.

        Args:
            schedule: minute, hour, day of month, month and day of week, in UTC: "0 3 * * *".
            after: what it waits for, besides what `parent` requires.

        Raises:
            StackError: where the name or the schedule is none.
        """
