"""What a stack file may say of Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from addons._charts import Copies
from pydantic import Field, PositiveInt, field_validator, model_validator

from groundwork.core.amounts import Cpu, Memory
from groundwork.core.config import ByProfile, Config
from groundwork.core.forms import Form, ObjectName

Executor = Literal["celery", "kubernetes", "local"]
Role = Literal["Admin", "Op", "User", "Viewer", "Public"]

DEFAULT_QUEUE = "default"
"""Of tasks that say no queue."""

MAIN = "main"
"""The group that takes it. Not `default`: the chart leaves that name out of its labels, and what selects the workers of
that group (a disruption budget, a Service) would select every other group's and every task's pod with them."""

_GroupName = Annotated[
    str,
    Form(
        r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?", "a name of lower case letters, digits and hyphens; 30 at most", "training"
    ),
]


class DagsConfig(Config):
    """Where DAGs come from."""

    repository: Annotated[
        str,
        Form(
            r"https://[^\s@]+", "the https:// URL of a git repository, without a user", "https://git.example.com/dags"
        ),
    ] = Field(description="a git repository, without a user or password")
    branch: str = Field(default="main", min_length=1, description="or a tag")
    folder: str = Field(default="", description="in the repository; all of it by default")
    by: Literal["bundle", "git-sync"] = Field(
        default="bundle",
        description="bundle: Airflow fetches it itself, and a run keeps the version it began with; git-sync: a sidecar "
        "fetches it, without history: for a repository that is too large to clone for every task's pod",
    )
    refresh_seconds: int = Field(default=60, ge=5, description="between two looks at the repository")
    credentials_secret: ObjectName | None = Field(
        default=None,
        description="a Secret in Airflow's namespace with the keys username and password (a token that may read); "
        "none for a repository that anybody in the network may read",
    )


class GroupConfig(Config):
    """Celery workers of one kind."""

    queue: Annotated[str, Form(r"[A-Za-z0-9_.-]+", "one queue: letters, digits, _ . and -", "training")] | None = Field(
        default=None,
        description="whose tasks they take; by default the group's own name, and `default` for main",
    )
    cpu: Cpu = Field(default="1", description="request of each worker, for all tasks that it runs at once")
    memory: Annotated[Memory, ByProfile("size", {"small": "3Gi", "medium": "4Gi", "large": "8Gi"})] = Field(
        description="request and limit of each worker, for all tasks that it runs at once"
    )
    pool: str | None = Field(default=None, description="name of the node pool; any that has room by default")
    accelerators: int = Field(default=0, ge=0, description="of the pool's kind, for each worker")
    concurrency: PositiveInt | None = Field(
        default=None, description="tasks at once in each worker; by default one for each accelerator, or 8"
    )
    minimum: int | None = Field(
        default=None,
        ge=0,
        description="workers that are always there; by default none where they follow demand, but as many as "
        "`replicas` for the default queue; one where nothing scales them",
    )
    maximum: PositiveInt | None = Field(
        default=None, description="workers at most, where they follow demand: 10 by default"
    )

    @property
    def tasks_at_once(self) -> int:
        """How many tasks one worker runs at once."""
        return self.concurrency or self.accelerators or 8


class WorkersConfig(Config):
    """The pod that a task gets, unless its DAG says otherwise, and Celery's workers."""

    cpu: Cpu = Field(default="500m", description="request")
    memory: Memory = Field(default="1Gi", description="request and limit")
    pool: str | None = Field(default=None, description="name of the node pool; any that has room by default")
    accelerators: int = Field(default=0, ge=0, description="of the pool's kind, for each task's pod")
    groups: dict[_GroupName, GroupConfig] = Field(
        default={},
        validate_default=True,
        description="Celery's workers by name; a group `main` for the queue `default` is there in any case",
    )

    @field_validator("groups", mode="before")
    @classmethod
    def _with_default(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or MAIN in given:
            return given
        return {MAIN: {}, **given}

    @model_validator(mode="after")
    def _queues(self) -> WorkersConfig:
        problems = []
        owner: dict[str, str] = {}
        for name, group in self.groups.items():
            queue = queue_of(name, group)
            if queue in owner:
                problems.append(f"groups: {owner[queue]} and {name} both take the queue {queue!r}; give each its own")
            owner.setdefault(queue, name)
        if DEFAULT_QUEUE in self.groups:
            problems.append("groups.default: the group for the queue 'default' is called main")
        main = queue_of(MAIN, self.groups[MAIN])
        if main != DEFAULT_QUEUE:
            problems.append(f"groups.main: takes the queue 'default'; for {main!r} name another group")
        if problems:
            raise ValueError("; ".join(problems))
        return self


class PgbouncerConfig(Config):
    """A pool of connections before the database: every task and every part of Airflow opens several."""

    enabled: Annotated[bool, ByProfile("highly_available")] = Field(description="where replicas are more than one")
    copies: Copies = Field(description="each with a pool of its own")
    pool: PositiveInt = Field(default=20, description="connections to the database, of each copy")
    clients: PositiveInt = Field(default=1000, description="connections of Airflow's parts at most, to each copy")

    @model_validator(mode="after")
    def _pools(self) -> PgbouncerConfig:
        if self.pool > self.clients:
            raise ValueError(f"pool: {self.pool} connections are more than the {self.clients} clients that share them")
        said = sorted({"pool", "clients"} & self.model_fields_set)
        if not self.enabled and said:
            raise ValueError(f"enabled: false, and {' and '.join(said)} for what is not there; leave them out")
        return self


class AirflowConfig(Config):
    """What a stack file may say under `airflow:`."""

    executors: tuple[Executor, ...] = Field(
        default=("kubernetes",),
        json_schema_extra={"minItems": 1},
        description="what runs tasks, the first by default; kubernetes: a pod for each; celery: workers that stay, "
        "with queues; local: the scheduler's own pod",
    )
    replicas: Copies = Field(
        description="copies of the API server, of the scheduler, of the triggerer and of the DAG processor"
    )
    dags: DagsConfig | None = Field(default=None, description="none: an Airflow without DAGs")
    workers: WorkersConfig = Field(
        default={},  # the profile's defaults come by validation
        validate_default=True,
        description="where tasks run, and what each may use; local: what all of them share",
    )
    longest_task_minutes: PositiveInt = Field(
        default=120,
        description="celery and local: a task that takes longer is ended, unless it has a timeout of its own; a worker "
        "that goes waits so long for its tasks",
    )
    scaling: tuple[Literal["workers", "triggerer"], ...] | None = Field(
        default=None,
        description="whose copies follow demand; by default Celery's workers, in a stack that has a Scaling",
    )
    max_triggerers: PositiveInt = Field(default=5, description="at most, where the triggerer follows demand")
    pgbouncer: PgbouncerConfig = Field(
        default={},  # the profile's defaults come by validation
        validate_default=True,
        description="a pool of connections before the database",
    )
    roles: dict[str, Role] = Field(
        default={"platform-admins": "Admin"},
        description="group of whoever logs in -> Airflow's role, in a stack that has a Login; others may look (Viewer)",
    )

    @model_validator(mode="after")
    def _each_once(self) -> AirflowConfig:
        if not self.executors:
            raise ValueError(f"executors: none; valid: {', '.join(get_args(Executor))}")
        twice = [executor for index, executor in enumerate(self.executors) if executor in self.executors[:index]]
        if twice:
            raise ValueError(f"executors: {twice[0]!r} is there twice")
        return self


def queue_of(name: str, group: GroupConfig) -> str:
    """Return the queue whose tasks a group takes."""
    return group.queue or (DEFAULT_QUEUE if name == MAIN else name)
