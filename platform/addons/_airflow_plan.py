"""What a stack file says of Airflow's workers, held against what the stack has."""

from __future__ import annotations

from dataclasses import dataclass

from addons._airflow_config import MAIN, AirflowConfig, GroupConfig, WorkersConfig, queue_of
from addons._airflow_workers import Group, Worker
from addons._pods import resources

from groundwork.core.contracts import NodePools
from groundwork.core.errors import StackError

_MAXIMUM = 10


@dataclass(frozen=True)
class Plan:
    """Who runs tasks.

    Attributes:
        task: the pod of a task.
        groups: Celery's.
        max_triggerers: None where their number is fixed.
    """

    task: Worker
    groups: tuple[Group, ...]
    max_triggerers: int | None


def plan(name: str, config: AirflowConfig, *, pools: NodePools | None, broker: bool, scaling: bool) -> Plan:
    """Return who runs tasks.

    Args:
        name: of the component's instance.
        broker: whether the stack has one.
        scaling: whether something in the stack scales by demand.

    Raises:
        StackError: with every problem.
    """
    planner = _Planner(name, config, pools)
    celery = "celery" in config.executors
    if celery and not broker:
        planner.problems.append(
            f"{name}.executors: celery needs a Broker: add elasticache or valkey to this stack, or "
            "import a stack that provides one"
        )
    scaled = planner.scaled(celery, scaling)
    found = Plan(
        task=planner.worker("workers", config.workers),
        groups=planner.groups(celery, "workers" in scaled),
        max_triggerers=planner.triggerers("triggerer" in scaled),
    )
    if planner.problems:
        raise StackError(planner.problems)
    return found


class _Planner:
    """Gathers problems while it plans."""

    def __init__(self, name: str, config: AirflowConfig, pools: NodePools | None) -> None:
        self.name = name
        self.config = config
        self.pools = pools
        self.problems: list[str] = []

    def scaled(self, celery: bool, scaling: bool) -> tuple[str, ...]:
        """Return whose copies follow demand."""
        wanted = self.config.scaling
        if wanted is None:
            return ("workers",) if celery and scaling else ()
        where = f"{self.name}.scaling"
        if wanted and not scaling:
            self._problem(f"{where}: {wanted[0]!r} needs a Scaling: add keda to this stack, or leave it out")
        if "workers" in wanted and not celery:
            executors = ", ".join(self.config.executors)
            self._problem(
                f"{where}: 'workers' without Celery (executors: {executors}): only its workers can follow demand; add "
                "celery to executors, or leave it out"
            )
        return wanted

    def triggerers(self, scaled: bool) -> int | None:
        """Return how many triggerers there may be; None where their number is fixed."""
        highest, lowest = self.config.max_triggerers, self.config.replicas
        if not scaled:
            if "max_triggerers" in self.config.model_fields_set:
                self._problem(f"{self.name}.maxTriggerers: {highest}, but scaling has no 'triggerer'; leave it out")
            return None
        if highest < lowest:
            self._problem(f"{self.name}.maxTriggerers: {highest} is less than the {lowest} that are always there")
        return highest

    def groups(self, celery: bool, scaled: bool) -> tuple[Group, ...]:
        """Return Celery's groups, main first."""
        given = self.config.workers.groups
        if not celery:
            named = sorted(set(given) - {MAIN})
            if named:
                self._problem(
                    f"{self.name}.workers.groups: {', '.join(named)}, but executors has no celery: add it, or leave "
                    "them out"
                )
            return ()
        ordered = sorted(given.items(), key=lambda item: item[0] != MAIN)
        return tuple(self._group(name, group, scaled) for name, group in ordered)

    def _group(self, name: str, group: GroupConfig, scaled: bool) -> Group:
        where = f"{self.name}.workers.groups.{name}"
        minimum, maximum = group.minimum, group.maximum
        if minimum is None:
            minimum = self.config.replicas if name == MAIN else 0 if scaled else 1
        if not scaled:
            if maximum is not None:
                self._problem(f"{where}.maximum: {maximum}, but nothing scales the workers; say `minimum` alone")
            if minimum == 0:
                self._problem(f"{where}.minimum: 0, and nothing scales the workers: its tasks would wait for ever")
        elif maximum is None:
            maximum = max(minimum, _MAXIMUM)
        elif maximum < minimum:
            self._problem(f"{where}.maximum: {maximum} is less than the {minimum} that are always there")
        return Group(
            name=name,
            queue=queue_of(name, group),
            worker=self.worker(f"workers.groups.{name}", group),
            concurrency=group.tasks_at_once,
            minimum=minimum,
            maximum=maximum if scaled else None,
        )

    def worker(self, where: str, wanted: GroupConfig | WorkersConfig) -> Worker:
        """Return a pod's resources and place."""
        asked = resources(wanted.cpu, wanted.memory)
        where, count = f"{self.name}.{where}", wanted.accelerators
        if wanted.pool is None:
            if count:
                self._problem(f"{where}.accelerators: {count}, but no pool; {self._with_accelerators()}")
            return Worker(resources=asked, node_selector={}, tolerations=())
        nowhere = Worker(resources=asked, node_selector={}, tolerations=())
        if self.pools is None:
            self._problem(f"{where}.pool: {wanted.pool!r}, but this stack has no pools; leave it out")
            return nowhere
        try:
            pool = self.pools.pool(wanted.pool)
        except StackError as error:
            self.problems += [f"{where}.pool: {problem}" for problem in error.problems]
            return nowhere
        if count and pool.resource is None:
            self._problem(
                f"{where}.accelerators: {count}, but the pool {pool.name!r} has none; {self._with_accelerators()}"
            )
        elif count > pool.requestable:
            self._problem(f"{where}.accelerators: {count}, but {pool.room}")
        placement = pool.placement(count)
        return Worker(
            resources={**asked, "limits": {**asked["limits"], **placement.resources}},
            node_selector=placement.node_selector,
            tolerations=placement.tolerations,
        )

    def _with_accelerators(self) -> str:
        names = sorted(pool.name for pool in self.pools.with_accelerators) if self.pools else []
        return f"valid: {', '.join(names)}" if names else "this stack has no pool with accelerators"

    def _problem(self, text: str) -> None:
        self.problems.append(text)
