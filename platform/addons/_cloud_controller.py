"""A controller that acts in AWS: its chart, and an identity that it has before its first pod starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.contracts import CloudIdentity, Cluster, Namespace, Statement
from groundwork.core.errors import StackError


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


def install_controller(
    chart: str,
    *,
    parent: Component[Any],
    cluster: Cluster,
    identity: CloudIdentity,
    account: str,
    grant: str,
    statements: Sequence[Statement],
    values: Mapping[str, Any],
) -> Namespace:
    """Install a chart in a namespace of its own, which is returned.

    Args:
        account: the service account that the chart makes.
        grant: what `statements` are called.
    """
    namespace = cluster.namespace(parent.name, parent=parent)
    granted = identity.grant(grant, parent=parent, account=namespace.chart_account(account), statements=statements)
    release(parent.name, parent=parent, chart=chart, namespace=namespace, values=values, after=granted)
    return namespace
