"""external-dns: names in Route 53 for what the cluster exposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi
from addons._cloud_controller import SETTINGS, install_controller, region_and_account, zone_arns
from addons._pods import resources
from addons.istio_api import IstioMesh
from pydantic import Field

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import (
    Alert,
    CloudIdentity,
    Cluster,
    HostedZones,
    Metrics,
    Namespace,
    NodePools,
    Statement,
)
from groundwork.core.dns import Zones
from groundwork.core.errors import StackError
from groundwork.core.regions import partition_of

ACCOUNT = "external-dns"


class ExternalDnsConfig(Config):
    """What a stack file may say under `external-dns:`."""

    zones: Zones = Field(
        default_factory=dict,
        description="domain -> id of its hosted zone in Route 53, besides those that `route53` makes; in no other zone "
        "is anything read or written",
    )
    policy: Literal["upsert-only", "sync"] = Field(
        default="upsert-only", description="sync also deletes the names of what is gone"
    )


def values(
    config: ExternalDnsConfig, *, owner: str, region: str, sources: Sequence[str], hosted: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the chart's values.

    https://github.com/kubernetes-sigs/external-dns/tree/external-dns-helm-chart-1.21.1/charts/external-dns

    Args:
        owner: written beside each name: what another cluster has written is left alone.
        sources: kinds of what has names.
        hosted: domains whose zones' ids are known only later: they are in `SETTINGS`, each under its domain.
    """
    later = sorted(set(hosted) - set(config.zones))
    read = [
        {"name": f"ZONE_{number}", "valueFrom": {"configMapKeyRef": {"name": SETTINGS, "key": name}}}
        for number, name in enumerate(later)
    ]
    return {
        "provider": {"name": "aws"},
        "env": [{"name": "AWS_DEFAULT_REGION", "value": region}, *read],
        "sources": list(sources),
        "policy": config.policy,
        "registry": "txt",
        "txtOwnerId": owner,
        "domainFilters": sorted({*config.zones, *later}),
        "extraArgs": {
            # Kubernetes itself puts a variable's value in the place of $(NAME).
            "zone-id-filter": [
                *(config.zones[name] for name in sorted(config.zones)),
                *(f"$({variable['name']})" for variable in read),
            ],
            # The record beside that of `*.example.com` cannot have a star in its name.
            "txt-wildcard-replacement": "wildcard",
        },
        "logFormat": "json",
        "serviceAccount": {"name": ACCOUNT},
        "resources": resources("20m", "64Mi", "128Mi"),
    }


def statements(zones: Mapping[str, pulumi.Input[str]], partition: str) -> list[Statement]:
    """Return what it may do: read and write names of its own zones, and no record that hands a zone on.

    https://kubernetes-sigs.github.io/external-dns/v0.21.0/docs/tutorials/aws/#iam-policy
    """
    own = zone_arns(zones, partition)
    kinds = {"route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME", "TXT"]}
    return [
        Statement(
            actions=["route53:ChangeResourceRecordSets"],
            resources=own,
            conditions={"ForAllValues:StringEquals": kinds},
        ),
        Statement(actions=["route53:ListResourceRecordSets", "route53:ListTagsForResources"], resources=own),
        # It knows no resource.
        Statement(actions=["route53:ListHostedZones"], resources=["*"]),
    ]


class ExternalDns(Component[ExternalDnsConfig]):
    """external-dns, for the gateway and for Services that ask for a name."""

    single = True

    def build(
        self,
        cluster: Cluster,
        identity: CloudIdentity,
        hosted: HostedZones | None,
        mesh: IstioMesh | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> None:
        """Install the chart with a cloud identity that reaches these zones only.

        Raises:
            StackError: where nobody names a zone, or the platform's domain is in none.
        """
        region, _ = region_and_account(self, "writes names to Route 53")
        later = {} if hosted is None else {n: hosted.id_of(n) for n in hosted.domains if n not in self.config.zones}
        zones: dict[str, pulumi.Input[str]] = {**later, **self.config.zones}
        if not zones:
            raise StackError(
                [
                    f"{self.name}: no zone to write names in: add route53 to this stack, or set {self.name}.zones: "
                    "{example.com: Z0123456789ABCDEFGHIJ}"
                ]
            )
        if mesh is not None and not any(f".{mesh.domain}".endswith(f".{zone}") for zone in zones):
            raise StackError(
                [
                    f"{self.name}.zones: the platform's domain {mesh.domain!r} is in none of them "
                    f"({', '.join(sorted(zones))}); set istio-api.domain, or add its zone"
                ]
            )
        namespace = install_controller(
            "external-dns",
            parent=self,
            cluster=cluster,
            identity=identity,
            account=ACCOUNT,
            grant="zones",
            statements=statements(zones, partition_of(region)),
            values=values(
                self.config,
                owner=self.environment.cloud_name(cluster.name),
                region=region,
                sources=["service", *(["istio-gateway"] if mesh is not None else [])],
                hosted=tuple(later),
            ),
            settings=later,
        )
        if metrics is not None:
            self._watch(metrics, namespace)

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        selector = {"app.kubernetes.io/instance": self.name, "app.kubernetes.io/name": "external-dns"}
        metrics.scrape(self.name, parent=self, namespace=namespace, selector=selector, port="http")
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="NamesNotWritten",
                    expression="time() - external_dns_controller_last_sync_timestamp_seconds > 900",
                    after="5m",
                    severity="warning",
                    summary="external-dns has not written names to Route 53 for a quarter of an hour.",
                )
            ],
        )
