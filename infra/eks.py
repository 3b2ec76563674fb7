"""A Kubernetes cluster of EKS, with what every cluster needs: system nodes, managed add-ons, a class of volumes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Annotated, Literal, Self

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pydantic import Field, field_validator, model_validator

from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Statement
from groundwork.core.contracts.pools import POOL_LABEL
from groundwork.core.errors import StackError
from infra import _eks_addons as addons
from infra._aws import AwsComponent
from infra._eks_cluster import ROLE_NAME, EksCluster, Way, kubeconfig
from infra._eks_versions import guard, step_problem
from infra._nodes import NodeGroup, make_group
from infra._pod_room import Nodes
from infra._policies import AUDIENCE, allow, trust
from infra._subnets import overlap
from infra.network import VpcNetwork

SYSTEM_POOL = "system"
# For whom pods' addresses are counted: the most nodes, of the largest type that a profile takes.
SYSTEM_NODES = Nodes("m7i.xlarge", 4)
STORAGE_CLASS = "gp3"
_DEFAULT_CLASS = "the default storage class"
_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
# EKS' own two choices for a cluster, by the network that it is in, and a third for one that has both.
_SERVICE_CIDRS = ("10.100.0.0/16", "172.20.0.0/16", "192.168.0.0/16")
_ROLE = re.compile(r"arn:aws(-cn|-us-gov)?:iam::\d{12}:role/[\w+=,.@/-]+")


class EksConfig(Config):
    """What a stack file may say under `eks:`."""

    version: str | None = Field(
        default=None, description='minor version, in quotes: "1.35"; the newest of the catalogue if left out'
    )
    access: Literal["inVpcRunner", "tunnel", "allowList"] = Field(
        default="inVpcRunner",
        description="how whoever brings stacks up reaches the API server: from inside of the network; through a tunnel "
        "that begins at a port of his machine; or from networks that may call it over the internet",
    )
    public_access_cidrs: tuple[str, ...] = Field(
        default=(), description="of `access: allowList`: who may reach the API server from the internet"
    )
    tunnel_port: int = Field(
        default=8443, ge=1024, le=65535, description="of `access: tunnel`: where the tunnel begins"
    )
    identity: Way = Field(
        default="podIdentity",
        description="how pods come to their identity in AWS: by the agent of EKS Pod Identity on their node; by a "
        "token of the cluster's own issuer (IRSA), where nodes can have no agent or other accounts trust the "
        "cluster; both, to go from one to the other: pods take up the new way when they start anew",
    )
    admins: tuple[str, ...] = Field(
        default=(),
        description="ARNs of the roles that administer the cluster: name the one that brings the stack up too; if left "
        "out, whoever makes the cluster is its only administrator",
    )
    service_cidr: str = Field(
        default="172.20.0.0/16", description="addresses of Services, of the cluster alone; cannot change later"
    )
    support: Annotated[Literal["standard", "extended"], ByProfile("protect", {True: "extended", False: "standard"})] = (
        Field(description="when a version's standard support ends: standard lets AWS upgrade it, extended pays to stay")
    )
    system_instance_type: Annotated[
        str, ByProfile("size", {"small": "m7i.large", "medium": "m7i.large", "large": "m7i.xlarge"})
    ] = Field(description="of the nodes that are always there, for the cluster's own pods")

    default_storage_class: bool = Field(
        default=True,
        description="whether claims that name no storage class get the cluster's own; false beside another's "
        "`default: true`",
    )

    @field_validator("public_access_cidrs")
    @classmethod
    def _named_only(cls, cidrs: tuple[str, ...]) -> tuple[str, ...]:
        for cidr in cidrs:
            try:
                network = ip_network(cidr)
            except ValueError:
                raise ValueError(f"{cidr!r} is no network; an example is 198.51.100.0/24") from None
            if network.prefixlen == 0:
                raise ValueError(f"{cidr} is everybody; name the networks that may reach the API server")
        return cidrs

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.access == "allowList" and not self.public_access_cidrs:
            raise ValueError("access: allowList needs publicAccessCidrs, such as [198.51.100.0/24]")
        if self.access != "allowList" and self.public_access_cidrs:
            raise ValueError(
                f"publicAccessCidrs is for `access: allowList`, and access is {self.access}: change it, or leave the "
                "networks out"
            )
        return self

    @field_validator("admins")
    @classmethod
    def _roles(cls, admins: tuple[str, ...]) -> tuple[str, ...]:
        for arn in admins:
            if not _ROLE.fullmatch(arn):
                raise ValueError(f"{arn!r} is no role; an example is arn:aws:iam::111122223333:role/platform-admin")
        if len(set(admins)) != len(admins):
            raise ValueError("a role is there twice")
        return admins

    @field_validator("service_cidr")
    @classmethod
    def _service_network(cls, cidr: str) -> str:
        try:
            network = ip_network(cidr)
        except ValueError:
            raise ValueError(f"{cidr!r} is no network; an example is 172.20.0.0/16") from None
        if network.version != 4 or not network.is_private or not 12 <= network.prefixlen <= 24:
            raise ValueError(f"{cidr} must be a private IPv4 network of /12 to /24, such as 172.20.0.0/16")
        return cidr


class Eks(AwsComponent[EksConfig]):
    """A cluster that is reached from the network itself, encrypts its secrets, and logs everything."""

    def build(self, network: VpcNetwork) -> EksCluster:
        """Make the cluster.

        Raises:
            StackError: where the catalogue lacks an add-on.
        """
        version = self._checked(network)
        name = self.environment.cloud_name(self.name)
        cluster = self._control_plane(name, version, network)
        admins = self._admins(cluster)
        node_role, may = self._node_role(name)
        contract = EksCluster(
            name=name,
            version=version,
            # Who reads it can use it: it waits for the right to do so.
            kubeconfig=pulumi.Output.all(
                cluster.endpoint, cluster.certificate_authority, *(admin.id for admin in admins)
            ).apply(lambda known: kubeconfig(name, self.region, known[0], known[1]["data"], tunnel=self._tunnel)),
            storage_class=STORAGE_CLASS,
            load_balancers=True,
            region=self.region,
            account_id=self.account_id,
            identity=self.config.identity,
            identity_cidrs=network.identity_cidrs if self.config.identity != "podIdentity" else (),
            issuer=self._issuer(cluster),
            node_role_arn=node_role.arn,
            security_group_id=cluster.vpc_config.apply(_group_of),
        )
        for number, cidr in enumerate(network.cidrs):
            self._admit(contract, cidr, f"{self.name}-api-{number}" if number else f"{self.name}-api")
        first = [
            addons.install(addon, parent=self, cluster=cluster, contract=contract)
            for addon in addons.before_nodes(self.environment.tags, agent=contract.by_agent)
        ]
        nodes = self._system_nodes(contract, cluster, network, [*may, *first])
        last = [
            addons.install(addon, parent=self, cluster=cluster, contract=contract, after=[nodes])
            for addon in addons.after_nodes(self.environment.tags)
        ]
        self._storage_class(contract, last)
        return contract

    def _checked(self, network: VpcNetwork) -> str:
        valid = self.catalogue.kubernetes
        version = self.config.version or valid[-1]
        problems = []
        if missing := addons.missing(self.catalogue):
            raise StackError(missing)
        if version not in valid:
            problems.append(f"{self.name}.version: {version!r} is not in the catalogue; valid: {', '.join(valid)}")
        elif step := step_problem(self.name, self.before.get("version"), version):
            problems.append(step)
        for cidr in network.cidrs:
            if overlap(self.config.service_cidr, cidr):
                free = next(c for c in _SERVICE_CIDRS if not any(overlap(c, other) for other in network.cidrs))
                problems.append(
                    f"{self.name}.serviceCidr: {self.config.service_cidr} overlaps the network's {cidr}; take one "
                    f"outside of it, such as {free}"
                )
        # It goes on, so that who needs the cluster says its own too: of a version that there is.
        self.refuse(problems)
        return version if version in valid else valid[-1]

    def _control_plane(self, name: str, version: str, network: VpcNetwork) -> aws.eks.Cluster:
        path = f"/aws/eks/{name}/cluster"
        key = self.encryption_key("secrets in the cluster's own database, and its logs", logs=[path])
        logs = self.log_group("logs", path=path, key=key)
        role = aws.iam.Role(
            f"{self.name}-cluster",
            name=self.environment.cloud_name(self.name, "cluster", limit=ROLE_NAME),
            assume_role_policy=trust("eks.amazonaws.com"),
            opts=self.child(),
        )
        attached = aws.iam.RolePolicyAttachment(
            f"{self.name}-cluster",
            role=role.name,
            policy_arn=self.managed_policy("AmazonEKSClusterPolicy"),
            opts=self.child(),
        )
        encrypt = aws.iam.RolePolicy(
            f"{self.name}-cluster-key",
            name="key",
            role=role.name,
            policy=allow([Statement(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"], [key.arn])]),
            opts=self.child(),
        )
        public = list(self.config.public_access_cidrs)
        return aws.eks.Cluster(
            f"{self.name}-cluster",
            name=name,
            version=version,
            role_arn=role.arn,
            vpc_config={
                "subnet_ids": network.control_subnet_ids,
                "endpoint_private_access": True,
                "endpoint_public_access": bool(public),
                "public_access_cidrs": public or None,
            },
            kubernetes_network_config={"ip_family": "ipv4", "service_ipv4_cidr": self.config.service_cidr},
            encryption_config={"provider": {"key_arn": key.arn}, "resources": ["secrets"]},
            enabled_cluster_log_types=list(_LOGS),
            access_config={
                "authentication_mode": "API",
                "bootstrap_cluster_creator_admin_permissions": not self.config.admins,
            },
            upgrade_policy={"support_type": self.config.support.upper()},
            # The managed ones take their place; it cannot change later.
            bootstrap_self_managed_addons=False,
            deletion_protection=self.protected,
            # The whole network is there first, ways out too, and so is destroyed last.
            # Who made the cluster is decided once: to name administrators later must not replace it.
            opts=self.stateful(
                depends_on=[*self.after, attached, encrypt, logs],
                ignore_changes=["accessConfig.bootstrapClusterCreatorAdminPermissions"],
                hooks=guard(self.name),
            ),
        )

    def complete(self) -> None:
        """Refuse a cluster in which a claim that names no storage class would wait for ever."""
        if not self.config.default_storage_class and not self.is_claimed(_DEFAULT_CLASS):
            raise StackError(
                [
                    f"{self.name}.defaultStorageClass: false, and no other component is {_DEFAULT_CLASS}: write "
                    "`default: true` under one that can be, such as efs, or leave this out"
                ]
            )

    def _admins(self, cluster: aws.eks.Cluster) -> list[aws.eks.AccessPolicyAssociation]:
        found = []
        for arn in self.config.admins:
            name = f"{self.name}-admin-{arn.partition(':role/')[2].replace('/', '-')}"
            entry = aws.eks.AccessEntry(
                name, cluster_name=cluster.name, principal_arn=arn, type="STANDARD", opts=self.child()
            )
            found.append(
                aws.eks.AccessPolicyAssociation(
                    name,
                    cluster_name=cluster.name,
                    principal_arn=entry.principal_arn,
                    policy_arn=f"arn:{self.partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                    access_scope={"type": "cluster"},
                    opts=self.child(),
                )
            )
        return found

    def _issuer(self, cluster: aws.eks.Cluster) -> pulumi.Output[str]:
        """Make the cluster's issuer of tokens known to IAM, where pods come with them; return it without its scheme."""
        if self.config.identity == "podIdentity":
            return pulumi.Output.from_input("")
        url = cluster.identities.apply(lambda found: str(found[0]["oidcs"][0]["issuer"]))
        provider = aws.iam.OpenIdConnectProvider(
            f"{self.name}-issuer",
            url=url,
            # AWS knows the authority that signed the certificate of the issuer, so no thumbprint is pinned.
            client_id_lists=[AUDIENCE],
            opts=self.child(),
        )
        # A role that trusts it waits for it.
        return pulumi.Output.all(url, provider.id).apply(lambda known: str(known[0]).removeprefix("https://"))

    @property
    def _tunnel(self) -> int | None:
        return self.config.tunnel_port if self.config.access == "tunnel" else None

    def _admit(self, contract: EksCluster, cidr: str, name: str) -> None:
        """Let the network reach the API server: a runner, a tunnel's end; EKS itself admits only nodes."""
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=contract.security_group_id,
            description="API server, from the network",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4=cidr,
            opts=self.child(),
        )

    def _node_role(self, name: str) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
        role = aws.iam.Role(
            f"{self.name}-node",
            name=self.environment.cloud_name(self.name, "node", limit=ROLE_NAME),
            description=f"Nodes of {name}; pods have identities of their own",
            assume_role_policy=trust("ec2.amazonaws.com"),
            opts=self.child(),
        )
        return role, [
            aws.iam.RolePolicyAttachment(
                f"{self.name}-node-{policy}",
                role=role.name,
                policy_arn=self.managed_policy(policy),
                opts=self.child(),
            )
            for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
        ]

    def _system_nodes(
        self, contract: EksCluster, cluster: aws.eks.Cluster, network: VpcNetwork, after: Sequence[pulumi.Resource]
    ) -> aws.eks.NodeGroup:
        """Make the nodes on which the add-ons find a place, whatever pools the stack has."""
        group = NodeGroup(
            name=SYSTEM_POOL,
            instance_types=(self.config.system_instance_type,),
            ami_type="AL2023_x86_64_STANDARD",
            minimum=2,
            maximum=4,
            disk_gib=50,
            labels={POOL_LABEL: SYSTEM_POOL},
            tags={},
        )
        return make_group(
            group,
            parent=self,
            cluster=cluster.name,
            cluster_name=contract.name,
            version=contract.version,
            role_arn=contract.node_role_arn,
            subnet_ids=network.private_subnet_ids,
            after=after,
        )

    def _storage_class(self, contract: EksCluster, after: Sequence[pulumi.Resource]) -> None:
        is_default = self.config.default_storage_class
        if is_default:
            self.claim(_DEFAULT_CLASS, f"set {self.name}.defaultStorageClass: false", either=True)
        k8s.storage.v1.StorageClass(
            f"{self.name}-{STORAGE_CLASS}",
            metadata={
                "name": STORAGE_CLASS,
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"} if is_default else {},
            },
            provisioner="ebs.csi.aws.com",
            parameters={"type": "gp3", "encrypted": "true", "csi.storage.k8s.io/fstype": "ext4"},
            reclaim_policy="Delete",
            allow_volume_expansion=True,
            # A volume is of one zone: the pod that uses it decides which.
            volume_binding_mode="WaitForFirstConsumer",
            opts=contract.options(self, depends_on=list(after)),
        )


def _group_of(vpc: aws.eks.outputs.ClusterVpcConfig) -> str:
    return str(vpc["cluster_security_group_id"])
