"""What a stack file may say of cert-manager, and the values of its chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from addons._charts import Copies, budget
from addons._cloud_controller import zone_arns
from addons._pods import resources, spread
from pydantic import Field, model_validator

from groundwork.core.config import Config
from groundwork.core.contracts import Statement
from groundwork.core.dns import Zones
from groundwork.core.forms import Email, Https
from groundwork.core.references import SecretKey

ACCOUNT = "cert-manager"


class AcmeConfig(Config):
    """Certificates that browsers know, by ACME: Let's Encrypt, unless another server is named.

    By DNS only. What is asked for is `*.<domain>`, and no ACME server signs a wildcard for an answer over HTTP.
    """

    email: Email = Field(description="whom the server writes to before a certificate expires")
    zones: Zones = Field(
        default_factory=dict,
        description="domain -> id of its hosted zone in Route 53, where each request is answered; besides the public "
        "ones that `route53` makes",
    )
    server: Https = Field(
        default="https://acme-v02.api.letsencrypt.org/directory",
        description="URL of its directory; Let's Encrypt has another one to try out: acme-staging-v02",
    )


class CompanyConfig(Config):
    """A company's own CA: it signs as an intermediate, whose certificate and key are kept outside this program."""

    certificate: SecretKey = Field(description="where its chain is kept, in PEM")
    key: SecretKey = Field(description="where its private key is kept, in PEM")


class CertManagerConfig(Config):
    """What a stack file may say under `cert-manager:`."""

    replicas: Copies = Field(description="copies of the controller, of the webhook and of the injector")
    authority: bool | None = Field(
        default=None,
        description=(
            "make the issuer that certificates are asked of: a CA that only this cluster knows; "
            "true where neither acme nor company is"
        ),
    )
    acme: AcmeConfig | None = Field(default=None, description="the issuer is an ACME server, such as Let's Encrypt")
    company: CompanyConfig | None = Field(default=None, description="the issuer is the company's own CA")

    @property
    def makes_authority(self) -> bool:
        """Whether the issuer is a CA of the cluster's own."""
        return self.authority if self.authority is not None else self.acme is None and self.company is None

    @model_validator(mode="after")
    def _one_issuer(self) -> CertManagerConfig:
        chosen = [
            name
            for name, given in (("authority", self.authority), ("acme", self.acme), ("company", self.company))
            if given
        ]
        if len(chosen) > 1:
            raise ValueError(f"{' and '.join(chosen)} would be the same issuer; keep one")
        return self


def values(config: CertManagerConfig) -> dict[str, Any]:
    """Return the chart's values: https://github.com/cert-manager/cert-manager/tree/v1.21.1/deploy/charts/cert-manager."""
    disruption = {"enabled": config.replicas > 1, **budget(config.replicas)}

    def part(component: str, memory: str, limit: str) -> dict[str, Any]:
        return {
            "replicaCount": config.replicas,
            "podDisruptionBudget": disruption,
            "topologySpreadConstraints": spread({"app.kubernetes.io/component": component}),
            "resources": resources("20m", memory, limit),
        }

    return {
        "crds": {"enabled": False},
        "serviceAccount": {"name": ACCOUNT},
        **part("controller", "128Mi", "256Mi"),
        "webhook": part("webhook", "64Mi", "128Mi"),
        # The injector keeps every Secret and webhook configuration of the cluster in memory.
        "cainjector": part("cainjector", "256Mi", "512Mi"),
        # The release is done only when the API answers: what is signed next waits for this Job.
        "startupapicheck": {"enabled": True, "resources": resources("10m", "64Mi")},
    }


def statements(zones: Mapping[str, pulumi.Input[str]], partition: str) -> list[Statement]:
    """Return what it may do: answer an ACME server in its own zones, by TXT records alone.

    https://cert-manager.io/docs/configuration/acme/dns01/route53/
    """
    own = zone_arns(zones, partition)
    return [
        Statement(
            actions=["route53:ChangeResourceRecordSets"],
            resources=own,
            conditions={"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": ["TXT"]}},
        ),
        Statement(actions=["route53:ListResourceRecordSets"], resources=own),
        # Whether a change has come through: its id is known only after it.
        Statement(actions=["route53:GetChange"], resources=[f"arn:{partition}:route53:::change/*"]),
    ]
