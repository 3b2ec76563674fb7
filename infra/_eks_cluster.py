"""What EKS offers to other components: a cluster whose service accounts can have an identity in AWS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

from groundwork.core.component import Component
from groundwork.core.contracts import CloudIdentity, Cluster, ServiceAccount, Statement
from groundwork.core.errors import StackError
from groundwork.core.naming import join
from infra._aws import aws_child
from infra._policies import allow, pod_trust

# Where a pod asks for its credentials, on its own node, by address:
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
_AGENT = "169.254.170.23/32"
_AGENT_NAME = "pod-identity-agent.internal"

# The longest name of an IAM role.
ROLE_NAME = 64


@dataclass(frozen=True)
class Identity:
    """The identity of one service account."""

    role: aws.iam.Role
    association: aws.eks.PodIdentityAssociation


@dataclass(frozen=True, kw_only=True)
class EksCluster(Cluster, CloudIdentity):
    """An EKS cluster.

    Attributes:
        region: where it is.
        account_id: whose it is.
        node_role_arn: what every node is to AWS.
        security_group_id: of the control plane and the nodes, made by EKS.
    """

    region: str
    account_id: str
    node_role_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    @cached_property
    def _identities(self) -> dict[str, Identity]:
        return {}

    @cached_property
    def _identified(self) -> set[str]:
        return set()

    def grant(
        self, name: str, *, parent: Component[Any], account: ServiceAccount, statements: Sequence[Statement]
    ) -> list[pulumi.Resource]:
        """Allow the pods of `account` what `statements` say.

        The account's role is made with its first grant and belongs to the component whose namespace it is, so it stays
        the same whoever grants first.

        Raises:
            StackError: where the account is of another cluster.
        """
        if account.namespace.cluster.name != self.name:
            raise StackError(
                [
                    f"{parent.name}: {account.address} is of the cluster {account.namespace.cluster.name}, and only "
                    f"service accounts of {self.name} can get an identity from it"
                ]
            )
        if account.address not in self._identities:
            self._identities[account.address] = self._identity(account)
        identity = self._identities[account.address]
        policy = aws.iam.RolePolicy(
            _resource(parent, account, name),
            name=name,
            role=identity.role.name,
            policy=allow(statements),
            opts=aws_child(parent),
        )
        return [identity.association, policy]

    def _identity(self, account: ServiceAccount) -> Identity:
        owner = account.namespace.owner
        if account.namespace.mesh is not None and account.namespace.name not in self._identified:
            self._identified.add(account.namespace.name)
            account.namespace.reach("pod-identity", parent=owner, hosts=[_AGENT_NAME], port=80, ranges=[_AGENT])
        role = aws.iam.Role(
            _resource(owner, account, "identity"),
            name=join(self.name, account.namespace.name, account.name, limit=ROLE_NAME),
            description=f"Pods of the service account {account.address} in {self.name}",
            assume_role_policy=pod_trust(
                cluster=self.name,
                account_id=self.account_id,
                namespace=account.namespace.name,
                service_account=account.name,
            ),
            opts=aws_child(owner),
        )
        association = aws.eks.PodIdentityAssociation(
            _resource(owner, account, "identity"),
            cluster_name=self.name,
            namespace=account.namespace.name,
            service_account=account.name,
            role_arn=role.arn,
            # The name of the cluster is plain, and so no dependency: what the owner requires has the cluster in it.
            opts=aws_child(owner, depends_on=list(owner.after)),
        )
        return Identity(role, association)


def identity_of(cluster: Cluster, needed_by: str) -> CloudIdentity:
    """Return `cluster` as what gives its service accounts identities.

    Raises:
        StackError: where it cannot.
    """
    if not isinstance(cluster, CloudIdentity):
        raise StackError(
            [
                f"{needed_by}: its pods run in the cluster {cluster.name}, which gives them no identity in AWS: take "
                "an `eks` cluster, or an ObjectStore with credentials of its own, such as `minio`"
            ]
        )
    return cluster


def kubeconfig(name: str, region: str, endpoint: str, authority: str, *, tunnel: int | None = None) -> str:
    """Return a kubeconfig that asks AWS for a token each time, and so holds no secret and never changes.

    Args:
        tunnel: the port of the user's own machine at which a tunnel to the endpoint begins; None without one.
    """
    server = {"server": endpoint}
    if tunnel is not None:
        # The certificate is of the endpoint's own name.
        server = {"server": f"https://localhost:{tunnel}", "tls-server-name": str(urlsplit(endpoint).hostname)}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [
                {"name": name, "cluster": {**server, "certificate-authority-data": authority}},
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "users": [
                {
                    "name": name,
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1beta1",
                            "command": "aws",
                            "args": ["eks", "get-token", "--cluster-name", name, "--region", region],
                            "interactiveMode": "Never",
                        }
                    },
                }
            ],
        }
    )


def _resource(parent: Component[Any], account: ServiceAccount, name: str) -> str:
    """Return the name of a resource: it begins with its component's, as the namespace's often is."""
    space = account.namespace.name
    return "-".join([parent.name, *([space] if space != parent.name else []), account.name, name])
