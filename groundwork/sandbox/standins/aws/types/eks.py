"""EKS: behind every cluster stands the sandbox's own control plane."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import NO_PARAMETER, Call, Do, Path, Read, Resource, declare, uses
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.protocol import ProviderError


@uses("enabledClusterLogTypes")
def _logging(env: dict[str, Any]) -> Any:
    wanted = env.get("enabledClusterLogTypes")
    if wanted is None:
        return None
    every = ("api", "audit", "authenticator", "controllerManager", "scheduler")
    setup = [
        {"types": list(wanted), "enabled": True},
        {"types": [kind for kind in every if kind not in wanted], "enabled": False},
    ]
    return {"clusterLogging": [part for part in setup if part["types"]]}


def _vpc_of(session: Session, env: dict[str, Any]) -> str:
    subnets = (env.get("vpcConfig") or {}).get("subnetIds") or []
    answer = session.ask("ec2", "describe_subnets", env["region"], SubnetIds=subnets[:1])
    return str(answer["Subnets"][0]["VpcId"])


def _cluster_groups(session: Session, env: dict[str, Any]) -> list[dict[str, Any]]:
    filters = [{"Name": "tag:aws:eks:cluster-name", "Values": [env["id"]]}]
    found: list[dict[str, Any]] = session.ask("ec2", "describe_security_groups", env["region"], Filters=filters)[
        "SecurityGroups"
    ]
    return found


def _make_cluster_group(session: Session, env: dict[str, Any]) -> None:
    """Make the security group that EKS gives each cluster; moto does not."""
    if env["old"]:
        return
    session.ask(
        "ec2",
        "create_security_group",
        env["region"],
        GroupName=f"eks-cluster-sg-{env['id']}",
        Description="EKS created security group applied to ENI that is attached to EKS Control Plane",
        VpcId=_vpc_of(session, env),
        TagSpecifications=[
            {
                "ResourceType": "security-group",
                "Tags": [{"Key": "aws:eks:cluster-name", "Value": env["id"]}],
            }
        ],
    )


def _drop_cluster_group(session: Session, env: dict[str, Any]) -> None:
    for group in _cluster_groups(session, env):
        session.ask("ec2", "delete_security_group", env["region"], GroupId=group["GroupId"])


def _endpoint(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    return session.settings.eks.endpoint if session.settings.eks else live.get("endpoint")


def _authority(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    if session.settings.eks:
        return {"data": session.settings.eks.ca_base64}
    return live.get("certificateAuthority")


def _identities(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    if session.settings.eks:
        return [{"oidcs": [{"issuer": session.settings.eks.issuer}]}]
    issuer = ((live.get("identity") or {}).get("oidc") or {}).get("issuer")
    return [{"oidcs": [{"issuer": issuer}]}] if issuer else None


def _group_id(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    groups = _cluster_groups(session, env)
    return groups[0]["GroupId"] if groups else None


def _log_types(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    parts = (live.get("logging") or {}).get("clusterLogging") or []
    return [kind for part in parts if part.get("enabled") for kind in part.get("types") or []] or None


def _public_access(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    vpc = inputs.get("vpcConfig")
    if isinstance(vpc, dict) and (vpc.get("endpointPublicAccess"), vpc.get("endpointPrivateAccess")) == (
        False,
        False,
    ):
        reason = "the public and the private endpoint cannot both be disabled"
        return [("vpcConfig.endpointPublicAccess", reason)]
    return []


def _step_of_version(session: Session, env: dict[str, Any]) -> None:
    """Refuse what EKS refuses, and moto takes: a step of more than one minor version, and a step back."""
    old, new = (env.get("old") or {}).get("version"), env.get("version")
    if not old or not new:
        return
    now, wanted = (int(str(version).rpartition(".")[2]) for version in (old, new))
    if wanted - now not in (0, 1):
        raise ProviderError(
            f"InvalidParameterException: Unsupported Kubernetes minor version update from {old} to {new}"
        )


_CLUSTER = {"name": "{id}"}
declare(
    Resource(
        "aws:eks/cluster:Cluster",
        service="eks",
        create=Call("create_cluster", {"logging": _logging}, spread=True),
        answer="cluster",
        id="name",
        names={
            "vpcConfig": "resourcesVpcConfig",
            "vpcConfig.vpcId": NO_PARAMETER,
            "vpcConfig.clusterSecurityGroupId": NO_PARAMETER,
        },
        autoname="name",
        autoname_limit=100,
        defaults={"bootstrapSelfManagedAddons": True},
        steers=("defaultAddonsToRemoves", "forceUpdateVersion"),
        after=(Do(_make_cluster_group),),
        update=(
            Call("update_cluster_config", {**_CLUSTER, "resourcesVpcConfig": "{vpcConfig}"}),
            Call("update_cluster_config", {**_CLUSTER, "logging": _logging}),
            Call("update_cluster_config", {**_CLUSTER, "accessConfig": "{accessConfig}"}),
            Call("update_cluster_config", {**_CLUSTER, "upgradePolicy": "{upgradePolicy}"}),
            Call("update_cluster_config", {**_CLUSTER, "deletionProtection": "{deletionProtection}"}),
            Call("update_cluster_config", {**_CLUSTER, "computeConfig": "{computeConfig}"}),
            Call("update_cluster_config", {**_CLUSTER, "storageConfig": "{storageConfig}"}),
            Call("update_cluster_config", {**_CLUSTER, "kubernetesNetworkConfig": "{kubernetesNetworkConfig}"}),
            Call(
                "associate_encryption_config",
                {"clusterName": "{id}", "encryptionConfig": ["{encryptionConfig}"]},
            ),
            Do(_step_of_version, on=("version",)),
            Call("update_cluster_version", {**_CLUSTER, "version": "{version}"}),
        ),
        read=Read("describe_cluster", _CLUSTER, "cluster"),
        outputs={
            "endpoint": _endpoint,
            "certificateAuthority": _authority,
            "status": "ACTIVE",
            "identities": _identities,
            "enabledClusterLogTypes": _log_types,
            "vpcConfig.clusterSecurityGroupId": _group_id,
            "vpcConfig.vpcId": lambda session, env, live: _vpc_of(
                session, {**env, "vpcConfig": live.get("resourcesVpcConfig")}
            ),
        },
        delete=(Call("delete_cluster", _CLUSTER), Do(_drop_cluster_group)),
        checks=(_public_access,),
        event="cluster",
    )
)

_GROUP = {"clusterName": "{clusterName}", "nodegroupName": "{nodeGroupName}"}


@uses("labels")
def _labels(env: dict[str, Any]) -> dict[str, Any]:
    old, new = (env.get("old") or {}).get("labels") or {}, env.get("labels") or {}
    return {"addOrUpdateLabels": new, "removeLabels": [name for name in old if name not in new]}


@uses("taints")
def _taints(env: dict[str, Any]) -> dict[str, Any]:
    old, new = (env.get("old") or {}).get("taints") or [], env.get("taints") or []
    return {"addOrUpdateTaints": new, "removeTaints": [taint for taint in old if taint not in new]}


def _scaling(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Refuse sizes out of order, as EKS does when the request arrives."""
    sizes = inputs.get("scalingConfig")
    if not isinstance(sizes, dict):
        return []
    low, wanted, high = (sizes.get(name) for name in ("minSize", "desiredSize", "maxSize"))
    if not (isinstance(low, int) and isinstance(wanted, int) and isinstance(high, int)):
        return []
    found = []
    if wanted > high:
        found.append(("scalingConfig.desiredSize", f"desired capacity {wanted} can't be greater than max size {high}"))
    if low > wanted:
        found.append(
            ("scalingConfig.desiredSize", f"minimum capacity {low} can't be greater than desired size {wanted}")
        )
    return found


def _one_type_source(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    template = inputs.get("launchTemplate")
    if isinstance(template, dict) and template.get("id") and template.get("name"):
        return [("launchTemplate", "only one of id and name can be given")]
    return []


declare(
    Resource(
        "aws:eks/nodeGroup:NodeGroup",
        service="eks",
        create=Call("create_nodegroup", spread=True),
        answer="nodegroup",
        id="{clusterName}:{nodeGroupName}",
        names={
            "nodeGroupName": "nodegroupName",
            "nodeRoleArn": "nodeRole",
            "subnetIds": "subnets",
            "arn": "nodegroupArn",
        },
        autoname="nodeGroupName",
        autoname_limit=63,
        steers=("forceUpdateVersion",),
        update=(
            Call("update_nodegroup_config", {**_GROUP, "scalingConfig": "{scalingConfig}"}),
            Call("update_nodegroup_config", {**_GROUP, "updateConfig": "{updateConfig}"}),
            Call("update_nodegroup_config", {**_GROUP, "nodeRepairConfig": "{nodeRepairConfig}"}),
            Call("update_nodegroup_config", {**_GROUP, "labels": _labels}),
            Call("update_nodegroup_config", {**_GROUP, "taints": _taints}),
            Call("update_nodegroup_version", {**_GROUP, "launchTemplate": "{launchTemplate}"}),
            Call("update_nodegroup_version", {**_GROUP, "version": "{version}"}),
            Call("update_nodegroup_version", {**_GROUP, "releaseVersion": "{releaseVersion}"}),
        ),
        read=Read("describe_nodegroup", _GROUP, "nodegroup"),
        outputs={"resources": Path("[resources]"), "launchTemplate.name": Path("launchTemplate.name")},
        delete=(Call("delete_nodegroup", _GROUP),),
        imports=r"(?P<clusterName>[^:]+):(?P<nodeGroupName>.+)",
        checks=(_scaling, _one_type_source),
        event="node-group",
    )
)

_NEEDS_CLUSTER = (Call("describe_cluster", {"name": "{clusterName}"}),)
_ADDON = {"clusterName": "{clusterName}", "addonName": "{addonName}"}
declare(
    Resource(
        "aws:eks/addon:Addon",
        service="eks",
        create=Call("create_addon", spread=True),
        answer="addon",
        id="{clusterName}:{addonName}",
        names={"resolveConflictsOnCreate": "resolveConflicts"},
        requires=_NEEDS_CLUSTER,
        steers=("preserve", "resolveConflictsOnUpdate"),
        update=(
            Call(
                "update_addon",
                {**_ADDON, "resolveConflicts": "{resolveConflictsOnUpdate}"},
                spread=True,
                names={"resolveConflictsOnCreate": NO_PARAMETER},
            ),
        ),
        read=Read("describe_addon", _ADDON, "addon"),
        delete=(Call("delete_addon", _ADDON),),
        arn="arn:{partition}:eks:{region}:{account}:addon/{clusterName}/{addonName}/{random}",
        imports=r"(?P<clusterName>[^:]+):(?P<addonName>.+)",
        event="addon",
    )
)

_ENTRY = {"clusterName": "{clusterName}", "principalArn": "{principalArn}"}
declare(
    Resource(
        "aws:eks/accessEntry:AccessEntry",
        service="eks",
        create=Call("create_access_entry", spread=True),
        answer="accessEntry",
        id="{clusterName}:{principalArn}",
        names={"userName": "username", "kubernetesGroups": "kubernetesGroups"},
        requires=_NEEDS_CLUSTER,
        defaults={"type": "STANDARD"},
        update=(Call("update_access_entry", _ENTRY, spread=True),),
        read=Read("describe_access_entry", _ENTRY, "accessEntry"),
        outputs={"accessEntryArn": "arn:{partition}:eks:{region}:{account}:access-entry/{clusterName}/{random}"},
        delete=(Call("delete_access_entry", _ENTRY),),
        imports=r"(?P<clusterName>[^:]+):(?P<principalArn>.+)",
        event="access-entry",
    )
)

_ASSOCIATION = {**_ENTRY, "policyArn": "{policyArn}"}
declare(
    Resource(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        service="eks",
        create=Call("associate_access_policy", spread=True),
        id="{clusterName}#{principalArn}#{policyArn}",
        requires=_NEEDS_CLUSTER,
        delete=(Call("disassociate_access_policy", _ASSOCIATION),),
        imports=r"(?P<clusterName>[^#]+)#(?P<principalArn>[^#]+)#(?P<policyArn>.+)",
    )
)

_POD = {"clusterName": "{clusterName}", "associationId": "{id}"}
declare(
    Resource(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        service="eks",
        create=Call("create_pod_identity_association", spread=True),
        answer="association",
        id="a-{random}",
        requires=_NEEDS_CLUSTER,
        update=(Call("update_pod_identity_association", _POD, spread=True),),
        read=Read("describe_pod_identity_association", _POD, "association"),
        outputs={
            "associationId": "{id}",
            "associationArn": "arn:{partition}:eks:{region}:{account}:podidentityassociation/{clusterName}/{id}",
        },
        delete=(Call("delete_pod_identity_association", _POD),),
        event="pod-identity",
    )
)

_FARGATE = {"clusterName": "{clusterName}", "fargateProfileName": "{fargateProfileName}"}
declare(
    Resource(
        "aws:eks/fargateProfile:FargateProfile",
        service="eks",
        create=Call("create_fargate_profile", spread=True),
        answer="fargateProfile",
        id="{clusterName}:{fargateProfileName}",
        names={"subnetIds": "subnets"},
        autoname="fargateProfileName",
        autoname_limit=63,
        read=Read("describe_fargate_profile", _FARGATE, "fargateProfile"),
        delete=(Call("delete_fargate_profile", _FARGATE),),
        imports=r"(?P<clusterName>[^:]+):(?P<fargateProfileName>.+)",
    )
)
