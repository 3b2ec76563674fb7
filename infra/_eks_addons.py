"""The add-ons that EKS itself installs and mends, at the catalogue's versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from groundwork.core.catalogue import Catalogue
from groundwork.core.errors import closest
from groundwork.core.naming import join
from infra._aws import AwsComponent
from infra._eks_cluster import ROLE_NAME, EksCluster

_SYSTEM_NAMESPACE = "kube-system"


@dataclass(frozen=True, kw_only=True)
class ManagedAddon:
    """One add-on.

    Attributes:
        service_account: of its pods that call AWS, None where none does.
        policy: the managed policy that these pods need.
        settings: as the add-on's own schema has them (`aws eks describe-addon-configuration`).
    """

    name: str
    service_account: str | None = None
    policy: str | None = None
    settings: Mapping[str, Any] | None = None


def before_nodes(tags: Mapping[str, str], *, agent: bool) -> tuple[ManagedAddon, ...]:
    """Return what a node needs to become ready; all of it is there, with nothing to do, before the first node.

    Args:
        tags: for the network interfaces that the CNI makes, which nobody else tags.
        agent: whether pods get their identities from an agent on their node.
    """
    return (
        *([ManagedAddon(name="eks-pod-identity-agent")] if agent else []),
        ManagedAddon(name="kube-proxy"),
        ManagedAddon(
            name="vpc-cni",
            service_account="aws-node",
            policy="AmazonEKS_CNI_Policy",
            settings={
                # Without it the API server keeps network policies, and nobody obeys them.
                "enableNetworkPolicy": "true",
                # Addresses in blocks of 16: 110 pods fit a node of two CPUs, where 29 would.
                "env": {
                    "ENABLE_PREFIX_DELEGATION": "true",
                    "WARM_PREFIX_TARGET": "1",
                    "ADDITIONAL_ENI_TAGS": json.dumps(dict(tags), sort_keys=True),
                },
            },
        ),
    )


def after_nodes(tags: Mapping[str, str]) -> tuple[ManagedAddon, ...]:
    """Return what runs in pods of its own: it would wait for nodes, and the engine with it.

    Args:
        tags: for the volumes that the driver makes, which nobody else tags.
    """
    return (
        ManagedAddon(name="coredns"),
        ManagedAddon(
            name="aws-ebs-csi-driver",
            service_account="ebs-csi-controller-sa",
            # The second version is limited to volumes that the driver itself has made.
            policy="AmazonEBSCSIDriverPolicyV2",
            settings={"controller": {"extraVolumeTags": dict(tags)}},
        ),
    )


def missing(catalogue: Catalogue) -> list[str]:
    """Return a sentence for each add-on that the catalogue has no version of."""
    return unknown(catalogue, [addon.name for addon in (*before_nodes({}, agent=True), *after_nodes({}))])


def unknown(catalogue: Catalogue, names: Sequence[str]) -> list[str]:
    """Return a sentence for each of these add-ons that the catalogue has no version of."""
    known = catalogue.managed_addons
    return [
        f"the catalogue has no managed add-on {name!r}; {closest(name, known)}" for name in names if name not in known
    ]


def install(
    addon: ManagedAddon,
    *,
    parent: AwsComponent[Any],
    cluster: aws.eks.Cluster,
    contract: EksCluster,
    after: Sequence[pulumi.Resource] = (),
) -> aws.eks.Addon:
    """Install an add-on, with an identity for its pods first: EKS gives it to a pod when the pod is made."""
    identity = _identity(addon, parent, cluster, contract)
    return make_addon(
        addon.name,
        parent=parent,
        cluster=cluster.name,
        settings=addon.settings,
        role_arn=contract.role_arn(_role_name(addon, contract)) if identity and contract.by_token else None,
        after=[*identity, *after],
    )


def make_addon(
    name: str,
    *,
    parent: AwsComponent[Any],
    cluster: pulumi.Input[str],
    settings: Mapping[str, Any] | None,
    after: Sequence[pulumi.Resource],
    role_arn: str | None = None,
    preserve: bool = False,
) -> aws.eks.Addon:
    """Make an add-on at the catalogue's version.

    Args:
        settings: as the add-on's own schema has them.
        role_arn: of the role that EKS names on the add-on's service account (IRSA).
        preserve: whether its kinds, and all objects of them, stay in the cluster when the add-on is removed.
    """
    return aws.eks.Addon(
        f"{parent.name}-{name}",
        cluster_name=cluster,
        addon_name=name,
        addon_version=parent.catalogue.managed_addons[name].version,
        configuration_values=json.dumps(settings, sort_keys=True) if settings else None,
        service_account_role_arn=role_arn,
        # What was changed by hand in the cluster goes back to what is written here.
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        preserve=preserve or None,
        opts=parent.child(depends_on=list(after)),
    )


def _role_name(addon: ManagedAddon, cluster: EksCluster) -> str:
    return join(cluster.name, addon.name, limit=ROLE_NAME)


def _identity(
    addon: ManagedAddon, parent: AwsComponent[Any], cluster: aws.eks.Cluster, contract: EksCluster
) -> list[pulumi.Resource]:
    if addon.service_account is None or addon.policy is None:
        return []
    name = f"{parent.name}-{addon.name}"
    role = aws.iam.Role(
        name,
        name=_role_name(addon, contract),
        description=f"Pods of the add-on {addon.name} in {contract.name}",
        assume_role_policy=contract.trust(_SYSTEM_NAMESPACE, addon.service_account),
        opts=parent.child(),
    )
    attached = aws.iam.RolePolicyAttachment(
        name, role=role.name, policy_arn=parent.managed_policy(addon.policy), opts=parent.child()
    )
    if not contract.by_agent:
        return [role, attached]
    association = aws.eks.PodIdentityAssociation(
        name,
        cluster_name=cluster.name,
        namespace=_SYSTEM_NAMESPACE,
        service_account=addon.service_account,
        role_arn=role.arn,
        opts=parent.child(),
    )
    return [attached, association]
