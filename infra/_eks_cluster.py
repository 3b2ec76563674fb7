"""What EKS offers to other components: a cluster whose service accounts can have an identity in AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts import CloudIdentity, Cluster, Namespace, ServiceAccount, Statement
from groundwork.core.errors import StackError
from groundwork.core.naming import join
from groundwork.core.regions import partition_of
from infra._aws import aws_child
from infra._policies import allow, either, pod_trust, service_suffix, web_trust

# Where a pod asks for its credentials, on its own node, by address:
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
_AGENT = "169.254.170.23/32"
_AGENT_NAME = "pod-identity-agent.internal"

# What a service account says for EKS to give its pods a token and the name of a role:
# https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
ROLE = "eks.amazonaws.com/role-arn"

# The longest name of an IAM role.
ROLE_NAME = 64

Way = Literal["podIdentity", "irsa", "both"]


@dataclass(frozen=True)
class Identity:
    """The identity of one service account, and what its pods wait for."""

    role: aws.iam.Role
    ready: Sequence[pulumi.Resource]


@dataclass(frozen=True, kw_only=True)
class EksCluster(Cluster, CloudIdentity):
    """An EKS cluster.

    Attributes:
        region: where it is.
        account_id: whose it is.
        identity: how pods come to their identity.
        issuer: who signs the tokens of its service accounts, a URL without `https://`; "" where IAM does not know it.
        node_role_arn: what every node is to AWS.
        security_group_id: of the control plane and the nodes, made by EKS.
    """

    region: str
    account_id: str
    identity: Way = "podIdentity"
    issuer: pulumi.Output[str]
    node_role_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    @cached_property
    def _identities(self) -> dict[str, Identity]:
        return {}

    @cached_property
    def _identified(self) -> set[str]:
        return set()

    @property
    def by_agent(self) -> bool:
        """Whether an agent on each node hands identities out (EKS Pod Identity)."""
        return self.identity != "irsa"

    @property
    def by_token(self) -> bool:
        """Whether pods come with a token of the cluster's own (IRSA)."""
        return self.identity != "podIdentity"

    def trust(self, namespace: str, account: str) -> pulumi.Input[str]:
        """Return the document that lets only the pods of one service account take on a role, in every way there is."""
        who = {"account_id": self.account_id, "namespace": namespace, "service_account": account}
        agent = pod_trust(cluster=self.name, **who)
        if not self.by_token:
            return agent
        partition = partition_of(self.region)
        tokens = self.issuer.apply(lambda issuer: web_trust(partition=partition, issuer=issuer, **who))
        return tokens.apply(lambda token: either(agent, token)) if self.by_agent else tokens

    def role_arn(self, role: str) -> str:
        """Return the ARN of a role of the cluster's account, which is plain as its name is."""
        return f"arn:{partition_of(self.region)}:iam::{self.account_id}:role/{role}"

    def account_annotations(self, account: ServiceAccount) -> Mapping[str, str]:
        """Name the account's role, where it has one and its pods find it by that name."""
        if not self.by_token or account.address not in self._identities:
            return {}
        return {ROLE: self.role_arn(self._role_name(account))}

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
        return [*identity.ready, policy]

    def _role_name(self, account: ServiceAccount) -> str:
        return join(self.name, account.namespace.name, account.name, limit=ROLE_NAME)

    def _identity(self, account: ServiceAccount) -> Identity:
        owner = account.namespace.owner
        if account.namespace.mesh is not None and account.namespace.name not in self._identified:
            self._identified.add(account.namespace.name)
            self._let_out(account.namespace)
        role = aws.iam.Role(
            _resource(owner, account, "identity"),
            name=self._role_name(account),
            description=f"Pods of the service account {account.address} in {self.name}",
            assume_role_policy=self.trust(account.namespace.name, account.name),
            opts=aws_child(owner),
        )
        ready: list[pulumi.Resource] = []
        if self.by_agent:
            association = aws.eks.PodIdentityAssociation(
                _resource(owner, account, "identity"),
                cluster_name=self.name,
                namespace=account.namespace.name,
                service_account=account.name,
                role_arn=role.arn,
                # The name of the cluster is plain, and so no dependency: what the owner requires has the cluster in it.
                opts=aws_child(owner, depends_on=list(owner.after)),
            )
            ready.append(association)
        if self.by_token and account.resources:
            # A chart puts it on the account that it makes. An account of the platform's own is there before it is
            # known whether it gets an identity: an object store of the cluster's own gives it none.
            said = k8s.core.v1.ServiceAccountPatch(
                _resource(owner, account, "identity"),
                metadata={
                    "name": account.name,
                    "namespace": account.namespace.name,
                    "annotations": {ROLE: self.role_arn(self._role_name(account))},
                },
                opts=account.namespace.options(depends_on=[*account.resources, role]),
            )
            ready.append(said)
        return Identity(role, ready or [role])

    def _let_out(self, namespace: Namespace) -> None:
        """Let the pods of a namespace reach who gives them their credentials."""
        if self.by_agent:
            namespace.reach("pod-identity", parent=namespace.owner, hosts=[_AGENT_NAME], port=80, ranges=[_AGENT])
        if self.by_token:
            host = f"sts.{self.region}.{service_suffix(partition_of(self.region))}"
            namespace.reach("sts", parent=namespace.owner, hosts=[host])


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
