"""Models that answer requests, each one entry of the stack file."""

from __future__ import annotations

from typing import Annotated, Self

from addons._pods import resources
from addons._watch import watch
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from groundwork.core.amounts import Cpu, Memory
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import (
    Accelerators,
    Around,
    Bucket,
    Canary,
    Cluster,
    Copies,
    Login,
    Mesh,
    Metrics,
    ModelSource,
    Namespace,
    ObjectStore,
    Placement,
    Priorities,
    Scaling,
    Serverless,
    ServiceAccount,
    Serving,
    Usage,
)
from groundwork.core.errors import StackError
from groundwork.core.forms import Form

_ACCOUNT = "models"


class VersionSettings(Config):
    """Where a version of a model is."""

    uri: str | None = Field(default=None, description="such as hf://organisation/model or s3://bucket/path")
    path: Annotated[str, Form(r"[^/:][^:]*", "a path without / before it", "fraud/v3")] | None = Field(
        default=None, description="in the bucket of these models, in the platform's own store"
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.uri is None) == (self.path is None):
            raise ValueError("a version is in one place: give either uri or path")
        return self


class CanarySettings(VersionSettings):
    """A version that a part of the requests goes to."""

    percent: int = Field(description="of the requests, 0 to 100")


class ModelSettings(VersionSettings):
    """What a stack file may say of one model."""

    format: str = Field(description="such as sklearn, xgboost, mlflow, huggingface, triton")
    min: int = Field(
        default=1,
        description="copies that are always there; 0: none while nobody asks, and the first fail, or wait with "
        "kserve.mode: knative",
    )
    max: int = Field(default=1, description="copies, without the canary's one")
    requests: PositiveFloat = Field(default=5.0, description="requests a second that one copy is for")
    idle_minutes: PositiveInt = Field(default=15, description="without a request, until the last copy goes (min: 0)")
    accelerator: str | None = Field(default=None, description="a pool such as gpu, or a kind such as nvidia-l4")
    accelerators: NonNegativeInt = Field(default=1, description="for one copy, where it has any")
    cpu: Cpu = Field(default="1", description="request of one copy")
    memory: Memory = Field(default="2Gi", description="request and limit of one copy")
    canary: CanarySettings | None = Field(
        default=None,
        description="a version that some of the requests go to; with kserve.mode: knative add it once the model is "
        "there, since until there is an older version it gets all of them",
    )


class ModelsConfig(Config):
    """What a stack file may say under `models:`."""

    models: dict[str, ModelSettings] = Field(default_factory=dict, description="by the name that requests call them by")


class Models(Component[ModelsConfig]):
    """Models in a namespace of their own, and a bucket for them where the stack has an object store."""

    def build(
        self,
        cluster: Cluster,
        serving: Serving,
        accelerators: Accelerators | None,
        objects: ObjectStore | None,
        mesh: Mesh | None,
        login: Login | None,
        scaling: Scaling | None,
        usage: Usage | None,
        metrics: Metrics | None,
        priorities: Priorities | None,
        serverless: Serverless | None,
    ) -> None:
        """Serve each of them.

        Raises:
            StackError: with everything that cannot be, of all models.
        """
        problems = self._missing(accelerators, objects)
        if problems:
            raise StackError(problems)
        namespace = cluster.namespace(self.name, parent=self, mesh=mesh)
        account = namespace.service_account(_ACCOUNT)
        bucket = objects.bucket(self.name, parent=self, reader_writers=[account]) if objects is not None else None
        around = Around(
            mesh=mesh,
            login=login,
            scaling=scaling,
            usage=usage,
            metrics=metrics,
            priorities=priorities,
            serverless=serverless,
        )
        if serving.by_requests and serverless is not None:
            serverless.admit(parent=self, namespace=namespace)
        for name, settings in sorted(self.config.models.items()):
            try:
                self._serve(name, settings, serving, accelerators, namespace, account, bucket, around)
            except StackError as error:
                problems += error.problems
        if problems:
            raise StackError(problems)
        if metrics is not None:
            watch("serving", metrics, parent=self, namespace=namespace)

    def _missing(self, accelerators: Accelerators | None, objects: ObjectStore | None) -> list[str]:
        problems = []
        for name, settings in sorted(self.config.models.items()):
            versions = [settings, *([settings.canary] if settings.canary is not None else [])]
            if objects is None and any(version.path is not None for version in versions):
                problems.append(f"{self.name}: model {name!r}: path needs an object store in the stack (s3, minio)")
            if settings.accelerator is not None and accelerators is None:
                problems.append(
                    f"{self.name}: model {name!r}: an accelerator needs what makes it known: add nvidia-device-plugin "
                    "or gpu-operator to the stack"
                )
        return problems

    def _serve(
        self,
        name: str,
        settings: ModelSettings,
        serving: Serving,
        accelerators: Accelerators | None,
        namespace: Namespace,
        account: ServiceAccount,
        bucket: Bucket | None,
        around: Around,
    ) -> None:
        canary = settings.canary
        serving.serve(
            name,
            parent=self,
            namespace=namespace,
            source=ModelSource(
                uri=_uri(settings, bucket),
                account=account,
                bucket=bucket if settings.path is not None else None,
            ),
            format=settings.format,
            resources=resources(settings.cpu, settings.memory),
            copies=Copies(
                minimum=settings.min,
                maximum=settings.max,
                requests=settings.requests,
                idle_seconds=settings.idle_minutes * 60,
            ),
            around=around,
            placement=self._placement(name, settings, accelerators),
            canary=Canary(uri=_uri(canary, bucket), percent=canary.percent) if canary is not None else None,
        )

    def _placement(self, name: str, settings: ModelSettings, accelerators: Accelerators | None) -> Placement | None:
        if settings.accelerator is None or accelerators is None:
            return None
        try:
            return accelerators.placement(settings.accelerator, settings.accelerators)
        except StackError as error:
            raise StackError([f"{self.name}: model {name!r}: {problem}" for problem in error.problems]) from None


def _uri(version: VersionSettings, bucket: Bucket | None) -> str:
    if version.path is None or bucket is None:
        return str(version.uri)
    return f"{bucket.url}/{version.path}"
