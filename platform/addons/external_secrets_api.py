"""The kinds of the External Secrets Operator, and secrets by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi_kubernetes as k8s
from pydantic import Field

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Namespace, SecretReference, Secrets
from groundwork.core.definitions import install_definitions
from groundwork.core.forms import Label
from groundwork.core.references import SecretKey

GROUP = "external-secrets.io/v1"

Keeper = Literal["aws", "kubernetes"]


class ExternalSecretsApiConfig(Config):
    """What a stack file may say under `external-secrets-api:`."""

    keeper: Keeper | None = Field(
        default=None,
        description=(
            "who keeps the secrets: AWS Secrets Manager, or a namespace of the cluster that people fill by hand; "
            "AWS where the stack has an account"
        ),
    )
    store: Label = Field(
        default="platform",
        description="the ClusterSecretStore that secrets are asked of; external-secrets makes it",
    )


@dataclass(frozen=True, kw_only=True)
class ExternalSecrets(Secrets):
    """Secrets by the External Secrets Operator.

    Attributes:
        store: the ClusterSecretStore.
        keeper: who keeps the secrets.
        prefix: how the names of this environment's secrets begin where they are kept.
    """

    store: str
    keeper: Keeper
    prefix: str

    def secret(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        keys: Mapping[str, SecretKey],
        plain: Mapping[str, str] | None = None,
    ) -> SecretReference:
        """Make an ExternalSecret; the operator reads the store again each hour."""
        target: dict[str, Any] = {"name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain"}
        if plain:
            target["template"] = {"engineVersion": "v2", "mergePolicy": "Merge", "data": dict(plain)}
        made = k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-external",
            api_version=GROUP,
            kind="ExternalSecret",
            metadata={"name": name, "namespace": namespace.name},
            spec={
                "refreshInterval": "1h0m0s",
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": self.store},
                "target": target,
                "data": [
                    {"secretKey": key, "remoteRef": {"key": f"{self.prefix}{kept.name}", "property": kept.key}}
                    for key, kept in keys.items()
                ],
            },
            opts=namespace.options(parent),
        )
        return SecretReference(name=name, ready=(made,))


class ExternalSecretsApi(ApiComponent[ExternalSecretsApiConfig]):
    """ExternalSecret, ClusterSecretStore and the other kinds of the External Secrets Operator."""

    def build(self, cluster: Cluster) -> ExternalSecrets:
        """Install the CRDs."""
        install_definitions(self, cluster, "external-secrets")
        keeper: Keeper = self.config.keeper or ("aws" if self.environment.region else "kubernetes")
        # A Secret's name has no slash, and its namespace keeps it apart already.
        prefix = f"{self.environment.prefix}/" if keeper == "aws" else ""
        return ExternalSecrets(store=self.config.store, keeper=keeper, prefix=prefix)
