"""Drivers of volumes that EKS manages: an add-on and an identity with no more than this driver needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from groundwork.core.contracts import Statement
from groundwork.core.errors import StackError
from infra._aws import AwsComponent
from infra._eks_addons import make_addon, unknown
from infra._eks_cluster import ROLE, EksCluster

# Where EKS puts its add-ons.
NAMESPACE = "kube-system"


def install_driver(
    addon: str,
    *,
    parent: AwsComponent[Any],
    cluster: EksCluster,
    account: str | None = None,
    statements: Sequence[Statement] = (),
    settings: Mapping[str, Any] | None = None,
    preserve: bool = False,
    after: Sequence[pulumi.Resource] = (),
) -> aws.eks.Addon:
    """Install a managed add-on at the catalogue's version, after the identity of its pods.

    AWS builds and tests these drivers for each version of its nodes, and answers for them; a chart would be one more
    thing to keep in step.

    Args:
        account: service account of its pods that call AWS, None where none does.
        statements: what these may.
        settings: as the add-on's own schema has them.
        preserve: whether its kinds, and all objects of them, stay in the cluster when the add-on is removed.

    Raises:
        StackError: where the catalogue has no such add-on.
    """
    if problems := unknown(parent.catalogue, [addon]):
        raise StackError(problems)
    ready: list[pulumi.Resource] = []
    role_arn = None
    if account is not None:
        who = cluster.within(NAMESPACE, parent=parent).chart_account(account)
        ready = cluster.grant(addon, parent=parent, account=who, statements=statements)
        role_arn = who.annotations.get(ROLE)
    return make_addon(
        addon,
        parent=parent,
        cluster=cluster.name,
        settings=settings,
        role_arn=role_arn,
        # The name of the cluster is plain, and so no dependency: what is required has the cluster and its nodes in it.
        after=[*parent.after, *ready, *after],
        preserve=preserve,
    )
