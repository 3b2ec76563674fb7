"""Workflows that the clock starts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._argo_values import RUNNER
from addons._pods import container_security, resources

from groundwork.core.component import Component
from groundwork.core.contracts import Cluster, Task, Workflows
from groundwork.core.errors import StackError
from groundwork.core.naming import is_label

INSTANCE_LABEL = "workflows.argoproj.io/controller-instanceid"
"""With it a workflow names its controller; one without an instance ID takes only those that do not have it."""

# Argo appends the time to the name of each run, which has to stay a label.
_LONGEST = 52
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 6))
_PART = re.compile(r"(\*|[0-9]+(-[0-9]+)?)(/[1-9][0-9]*)?")


def problem_of_schedule(schedule: str) -> str | None:
    """Return what is wrong with a schedule of five fields, None where nothing is."""
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        return f"{schedule!r} is no schedule: it needs 5 fields, and an example is '0 3 * * *'"
    for text, (name, least, most) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            numbers = [int(number) for number in re.findall(r"[0-9]+", part.partition("/")[0])]
            if not _PART.fullmatch(part) or not all(least <= number <= most for number in numbers):
                return f"{schedule!r} is no schedule: {part!r} is no {name}, which goes from {least} to {most}"
            if numbers != sorted(numbers):
                return f"{schedule!r} is no schedule: {part!r} goes backwards"
    return None


def problems_of_cron(name: str, schedule: str) -> list[str]:
    """Return everything that is wrong with the name and the schedule of a cron workflow."""
    problems = []
    if not is_label(name) or len(name) > _LONGEST:
        problems.append(f"{name!r} is no name for a schedule: lower case letters, digits, hyphens, at most {_LONGEST}")
    if problem := problem_of_schedule(schedule):
        problems.append(problem)
    return problems


@dataclass(frozen=True, kw_only=True)
class ArgoWorkflowsService(Workflows):
    """Workflows by Argo."""

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
        """Make a CronWorkflow."""
        if problems := problems_of_cron(name, schedule):
            raise StackError([f"{parent.name}: {problem}" for problem in problems])
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-cron",
            api_version="argoproj.io/v1alpha1",
            kind="CronWorkflow",
            metadata={
                "name": name,
                "namespace": self.namespace,
                "labels": {INSTANCE_LABEL: self.instance_id} if self.instance_id else {},
            },
            spec={
                "schedules": [schedule],
                "timezone": "Etc/UTC",
                "concurrencyPolicy": "Forbid",
                # A controller that was away for less starts what it has missed.
                "startingDeadlineSeconds": 3600,
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 3,
                "workflowSpec": _workflow(task),
            },
            opts=cluster.options(parent, depends_on=[*parent.after, *after]),
        )


def _workflow(task: Task) -> dict[str, Any]:
    needed = resources(task.cpu, task.memory)
    template: dict[str, Any] = {
        "name": "task",
        # What fails by itself fails again: only what the cluster took away is tried once more.
        "retryStrategy": {"limit": "2", "retryPolicy": "OnError"},
    }
    if task.placement is not None:
        needed["limits"] |= dict(task.placement.resources)
        template["nodeSelector"] = dict(task.placement.node_selector)
        template["tolerations"] = [dict(toleration) for toleration in task.placement.tolerations]
    container: dict[str, Any] = {
        "image": task.image,
        "args": list(task.arguments),
        "env": [{"name": key, "value": value} for key, value in task.environment.items()],
        "resources": needed,
        "securityContext": container_security(read_only=False),
    }
    if task.command is not None:
        container["command"] = list(task.command)
    return {
        "entrypoint": "task",
        "serviceAccountName": RUNNER,
        "archiveLogs": True,
        "activeDeadlineSeconds": task.hours * 3600,
        "templates": [{**template, "container": container}],
    }
