"""What a stack file says of Istio's mesh that everybody in it has to know."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from addons._istio_egress import Egress
from addons._istio_routes import Routes
from pydantic import AfterValidator, Field, model_validator

from groundwork.core.config import Config
from groundwork.core.dns import Domain
from groundwork.core.naming import is_label

Mode = Literal["ambient", "sidecar"]

MAIN = "istio-ingress"
"""The gateway that a mesh has by itself, and its namespace."""

_CALLER = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(/[a-z0-9]([a-z0-9.-]*[a-z0-9])?)?"


def _gateway(name: str) -> str:
    if not is_label(name, limit=40) or name == MAIN:
        taken = f"; {MAIN} is the mesh's own" if name == MAIN else ""
        raise ValueError(f"{name!r} is no name for a gateway: lower case letters, digits, hyphens; 40 at most{taken}")
    return name


def _caller(name: str) -> str:
    if not re.fullmatch(_CALLER, name):
        raise ValueError(f"{name!r} is no caller: a namespace, such as airflow, or one account of it: airflow/worker")
    return name


Caller = Annotated[str, AfterValidator(_caller)]


class FurtherGateway(Config):
    """A gateway beside the first: `public: {component: istio-gateway}` in the stack is the one named `public` here."""

    domain: Domain = Field(description="under which it lets callers in; each gateway has one of its own")
    exposes: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="what is reached by it rather than by the first: the names before the domain, such as mlflow"
    )


class IstioApiConfig(Config):
    """What a stack file may say under `istio-api:`."""

    domain: Domain = Field(
        default="platform.internal", description="under which everything is exposed: `grafana.<domain>`"
    )
    mode: Mode = Field(
        default="ambient",
        description="ambient: an agent on each node speaks for the pods, also for tasks that come and go; "
        "sidecar: a proxy in each pod does; pods that were there before istiod get theirs with their next restart",
    )
    routes: Routes = Field(
        default="istio",
        description="the kinds that say where a request goes: VirtualService, or HTTPRoute of the Gateway API",
    )
    gateways: dict[Annotated[str, AfterValidator(_gateway)], FurtherGateway] = Field(
        default_factory=dict, description="further gateways by name"
    )
    egress: Egress | None = Field(
        default=None,
        description="keep the calls of pods inside: `{}` lets them call only what the platform itself needs outside of "
        "the cluster; anywhere by default",
    )
    callers: dict[str, tuple[Caller, ...]] = Field(
        default_factory=dict,
        description="namespace of the mesh -> who may call it beside those whom the platform knows of: namespaces, or "
        "accounts as namespace/account; under mlflow the caller airflow lets Airflow's tasks log to MLflow",
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        problems = []
        domains = {self.domain: "the first gateway"}
        pages: dict[str, str] = {}
        for name, gateway in self.gateways.items():
            if gateway.domain in domains:
                problems.append(f"gateways.{name}.domain: {gateway.domain!r} is that of {domains[gateway.domain]}")
            domains.setdefault(gateway.domain, name)
            for page in gateway.exposes:
                if page in pages:
                    problems.append(f"gateways.{name}.exposes: {page!r} is exposed by {pages[page]} already")
                pages.setdefault(page, name)
        if self.egress is not None and self.mode == "ambient":
            problems.append(
                "egress: only sidecars keep calls inside, and mode is 'ambient'; set it to sidecar, or leave egress "
                "out and close namespaces by network policies"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self
