"""A controller that acts in AWS: its chart, and an identity that it has before its first pod starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.contracts import CloudIdentity, Cluster, Namespace, Statement
from groundwork.core.errors import StackError

SETTINGS = "settings"


def region_and_account(component: Component[Any], does: str) -> tuple[str, str]:
    """Return the AWS region and account that the stack file names.

    Args:
        does: what the component wants them for, as the message tells it.

    Raises:
        StackError: where one is missing.
    """
    region, account_id = component.environment.region, component.environment.account_id
    if region is None or account_id is None:
        raise StackError([f"{component.name} {does}: set aws:region and aws:allowedAccountIds"])
    return region, account_id


def zone_arns(zones: Mapping[str, pulumi.Input[str]], partition: str) -> list[pulumi.Input[str]]:
    """Return the ARNs of hosted zones, in the order of their domains."""
    prefix = f"arn:{partition}:route53:::hostedzone/"
    found = [zones[name] for name in sorted(zones)]
    return [f"{prefix}{zone}" if isinstance(zone, str) else pulumi.Output.concat(prefix, zone) for zone in found]


def install_controller(
    chart: str,
    *,
    parent: Component[Any],
    cluster: Cluster,
    identity: CloudIdentity,
    account: str,
    account_values: str = "serviceAccount",
    grant: str,
    statements: Sequence[Statement],
    values: Mapping[str, Any],
    settings: Mapping[str, pulumi.Input[str]] | None = None,
) -> Namespace:
    """Install a chart in a namespace of its own, which is returned.

    Args:
        account: the service account that the chart makes.
        account_values: path of the chart's value that says more of it.
        grant: what `statements` are called.
        settings: what is known only later and is no secret: keys of the ConfigMap `SETTINGS`, which values may name.
    """
    namespace = cluster.namespace(parent.name, parent=parent)
    who = namespace.chart_account(account)
    before = identity.grant(grant, parent=parent, account=who, statements=statements)
    if settings:
        given = k8s.core.v1.ConfigMap(
            f"{parent.name}-{SETTINGS}",
            metadata={"name": SETTINGS, "namespace": namespace.name},
            data=dict(settings),
            opts=namespace.options(),
        )
        before = [*before, given]
    release(
        parent.name,
        parent=parent,
        chart=chart,
        namespace=namespace,
        values=values,
        accounts={account_values: who},
        after=before,
    )
    return namespace
