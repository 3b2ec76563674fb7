"""KServe: servers for models."""

from __future__ import annotations

from typing import Annotated

from addons._kserve_serving import KserveServing
from addons._kserve_values import RUNTIMES, controller_values, runtime_values
from addons.kserve_api import KserveKinds
from pydantic import Field, field_validator

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Certificates, Cluster, NodePools, Serverless
from groundwork.core.errors import StackError, closest
from groundwork.core.forms import Form


class KserveConfig(Config):
    """What a stack file may say under `kserve:`."""

    mode: str = Field(
        default="standard",
        description="how models run: as Deployments, with routes by the mesh and copies by KEDA (standard); by their "
        "requests, which wait for a copy where there is none (knative); when it changes, the models are made anew",
    )
    formats: tuple[str, ...] = Field(
        default=tuple(sorted(RUNTIMES)), min_length=1, description="of models that there are servers for"
    )
    s3_endpoint: (
        Annotated[str, Form(r"https?://[^/]+", "a URL without a path", "http://minio.minio.svc:9000")] | None
    ) = Field(
        default=None,
        description="URL of the store that models come from, where that is not AWS: http://minio.minio.svc:9000",
    )

    @field_validator("mode")
    @classmethod
    def _known_mode(cls, mode: str) -> str:
        if mode not in ("knative", "standard"):
            raise ValueError(f"{mode!r} is no mode of KServe; valid: knative, standard")
        return mode

    @field_validator("formats")
    @classmethod
    def _known_formats(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in formats if name not in RUNTIMES]
        if unknown:
            raise ValueError("; ".join(f"no server for {name!r}; {closest(name, RUNTIMES)}" for name in unknown))
        return formats


class Kserve(Component[KserveConfig]):
    """KServe's controller, and a server for each format."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: KserveKinds,
        certificates: Certificates,
        # KServe looks only when it starts whether there is Knative, whichever the mode is: it may be one model's own.
        serverless: Serverless | None,
        pools: NodePools | None,
    ) -> KserveServing:
        """Install the charts: the controller first, whose webhooks check the servers.

        Raises:
            StackError: models are to run by their requests, and nothing runs anything so.
        """
        by_requests = self.config.mode == "knative"
        if by_requests and serverless is None:
            raise StackError(
                [
                    f"{self.name}.mode: 'knative', but nothing in this stack runs servers by their requests; add "
                    "`knative: {}` to it, or leave the mode at standard"
                ]
            )
        # The chart's issuer says this namespace, whatever the release's is; it is cert-manager that signs for it.
        namespace = cluster.namespace("kserve", parent=self)
        controller = release(
            "kserve",
            parent=self,
            chart="kserve-resources",
            namespace=namespace,
            values=controller_values(
                self.config.s3_endpoint, by_requests=by_requests, serverless=serverless is not None
            ),
        )
        release(
            "kserve-runtimes",
            parent=self,
            chart="kserve-runtime-configs",
            namespace=namespace,
            values=runtime_values(self.config.formats),
            after=[controller],
        )
        return KserveServing(formats=self.config.formats, by_requests=by_requests, s3_endpoint=self.config.s3_endpoint)
