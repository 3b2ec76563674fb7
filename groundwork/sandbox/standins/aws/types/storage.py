"""File systems of EFS and FSx, container registries."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Path, Read, Resource, declare, put, uses
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.aws.types.iam import policy_document

_SYSTEM = {"FileSystemId": "{id}"}


def _read_system(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    systems = session.ask("efs", "describe_file_systems", env["region"], FileSystemId=env["id"])
    policies = session.ask("efs", "describe_lifecycle_configuration", env["region"], FileSystemId=env["id"])
    return {**systems["FileSystems"][0], "LifecyclePolicies": policies["LifecyclePolicies"]}


declare(
    Resource(
        "aws:efs/fileSystem:FileSystem",
        service="efs",
        create=Call("create_file_system", spread=True),
        id="FileSystemId",
        names={"arn": "FileSystemArn"},
        autoname="creationToken",
        autoname_limit=64,
        after=(
            Call(
                "put_lifecycle_configuration",
                {**_SYSTEM, "LifecyclePolicies": "{lifecyclePolicies}"},
            ),
        ),
        update=(Call("update_file_system", _SYSTEM, spread=True),),
        read=_read_system,
        outputs={
            "dnsName": "{id}.efs.{region}.amazonaws.com",
            "sizeInBytes": lambda session, env, live: [
                {
                    "value": live.get("SizeInBytes", {}).get("Value"),
                    "valueInIa": live.get("SizeInBytes", {}).get("ValueInIA"),
                    "valueInStandard": live.get("SizeInBytes", {}).get("ValueInStandard"),
                }
            ],
        },
        delete=(Call("delete_file_system", _SYSTEM),),
    )
)


def _read_mount(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    found = session.ask("efs", "describe_mount_targets", env["region"], MountTargetId=env["id"])
    groups = session.ask("efs", "describe_mount_target_security_groups", env["region"], MountTargetId=env["id"])
    return {**found["MountTargets"][0], "SecurityGroups": groups["SecurityGroups"]}


declare(
    Resource(
        "aws:efs/mountTarget:MountTarget",
        service="efs",
        create=Call("create_mount_target", spread=True),
        id="MountTargetId",
        update=(
            Call(
                "modify_mount_target_security_groups",
                {"MountTargetId": "{id}", "SecurityGroups": "{securityGroups}"},
            ),
        ),
        read=_read_mount,
        outputs={
            "dnsName": "{fileSystemId}.efs.{region}.amazonaws.com",
            "mountTargetDnsName": "{availabilityZoneName}.{fileSystemId}.efs.{region}.amazonaws.com",
            "fileSystemArn": "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{fileSystemId}",
        },
        delete=(Call("delete_mount_target", {"MountTargetId": "{id}"}),),
    )
)

declare(
    Resource(
        "aws:efs/accessPoint:AccessPoint",
        service="efs",
        create=Call("create_access_point", spread=True),
        id="AccessPointId",
        names={"arn": "AccessPointArn"},
        read=Read("describe_access_points", {"AccessPointId": "{id}"}, "AccessPoints[0]"),
        outputs={
            "fileSystemArn": "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{fileSystemId}",
        },
        delete=(Call("delete_access_point", {"AccessPointId": "{id}"}),),
    )
)

put(
    Resource(
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
        service="efs",
        create=Call("put_file_system_policy", spread=True),
        id="{fileSystemId}",
        steers=(),
        read=Read("describe_file_system_policy", _SYSTEM),
        outputs={"fileSystemId": "{id}"},
        delete=(Call("delete_file_system_policy", _SYSTEM),),
        checks=(policy_document("policy"),),
    )
)

put(
    Resource(
        "aws:efs/backupPolicy:BackupPolicy",
        service="efs",
        create=Call("put_backup_policy", {"FileSystemId": "{fileSystemId}", "BackupPolicy": "{backupPolicy}"}),
        id="{fileSystemId}",
        read=Read("describe_backup_policy", _SYSTEM),
        outputs={"fileSystemId": "{id}"},
        # As the real provider: what is removed is switched off.
        delete=(Call("put_backup_policy", {**_SYSTEM, "BackupPolicy": {"Status": "DISABLED"}}),),
    )
)


@uses("skipFinalBackup")
def _no_last_backup(env: dict[str, Any]) -> bool:
    return env.get("skipFinalBackup") is not False


declare(
    Resource(
        "aws:fsx/lustreFileSystem:LustreFileSystem",
        service="fsx",
        create=Call(
            "create_file_system",
            {"FileSystemType": "LUSTRE"},
            spread=True,
            wrap="LustreConfiguration",
        ),
        answer="FileSystem",
        id="FileSystemId",
        names={"arn": "ResourceARN"},
        steers=("skipFinalBackup", "finalBackupTags"),
        update=(Call("update_file_system", _SYSTEM, spread=True, wrap="LustreConfiguration"),),
        read=Read("describe_file_systems", {"FileSystemIds": ["{id}"]}, "FileSystems[0]"),
        outputs={"mountName": Path("LustreConfiguration.MountName"), "dnsName": Path("DNSName")},
        delete=(
            Call(
                "delete_file_system",
                {**_SYSTEM, "LustreConfiguration": {"SkipFinalBackup": _no_last_backup}},
            ),
        ),
    )
)

declare(
    Resource(
        "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation",
        service="fsx",
        create=Call("create_data_repository_association", spread=True),
        answer="Association",
        id="AssociationId",
        names={"arn": "ResourceARN"},
        steers=("deleteDataInFilesystem",),
        update=(Call("update_data_repository_association", {"AssociationId": "{id}"}, spread=True),),
        read=Read("describe_data_repository_associations", {"AssociationIds": ["{id}"]}, "Associations[0]"),
        outputs={"associationId": "{id}"},
        delete=(Call("delete_data_repository_association", {"AssociationId": "{id}"}),),
    )
)

_REPOSITORY = {"repositoryName": "{id}"}


@uses("forceDelete")
def _force(env: dict[str, Any]) -> bool:
    return bool(env.get("forceDelete"))


declare(
    Resource(
        "aws:ecr/repository:Repository",
        service="ecr",
        create=Call("create_repository", spread=True),
        answer="repository",
        id="repositoryName",
        names={
            "name": "repositoryName",
            "encryptionConfigurations": "encryptionConfiguration",
            "arn": "repositoryArn",
            "repositoryUrl": "repositoryUri",
        },
        autoname="name",
        autoname_limit=256,
        lower=True,
        defaults={"imageTagMutability": "MUTABLE"},
        steers=("forceDelete",),
        update=(
            Call(
                "put_image_tag_mutability",
                {**_REPOSITORY, "imageTagMutability": "{imageTagMutability}"},
            ),
            Call(
                "put_image_scanning_configuration",
                {**_REPOSITORY, "imageScanningConfiguration": "{imageScanningConfiguration}"},
            ),
        ),
        read=Read("describe_repositories", {"repositoryNames": ["{id}"]}, "repositories[0]"),
        delete=(Call("delete_repository", {**_REPOSITORY, "force": _force}),),
    )
)

put(
    Resource(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        service="ecr",
        create=Call(
            "put_lifecycle_policy",
            {"repositoryName": "{repository}", "lifecyclePolicyText": "{policy}"},
        ),
        id="{repository}",
        names={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
        read=Read("get_lifecycle_policy", _REPOSITORY),
        delete=(Call("delete_lifecycle_policy", _REPOSITORY),),
    )
)

_PREFIX = {"ecrRepositoryPrefix": "{id}"}
declare(
    Resource(
        "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
        service="ecr",
        create=Call("create_pull_through_cache_rule", spread=True),
        id="{ecrRepositoryPrefix}",
        update=(Call("update_pull_through_cache_rule", _PREFIX, spread=True),),
        read=Read(
            "describe_pull_through_cache_rules",
            {"ecrRepositoryPrefixes": ["{id}"]},
            "pullThroughCacheRules[0]",
        ),
        outputs={"registryId": "{account}"},
        delete=(Call("delete_pull_through_cache_rule", _PREFIX),),
    )
)

put(
    Resource(
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        service="ecr",
        create=Call("set_repository_policy", {"repositoryName": "{repository}", "policyText": "{policy}"}),
        id="{repository}",
        names={"repository": "repositoryName", "policy": "policyText"},
        read=Read("get_repository_policy", _REPOSITORY),
        outputs={"registryId": "{account}"},
        delete=(Call("delete_repository_policy", _REPOSITORY),),
        checks=(policy_document("policy"),),
    )
)

_TEMPLATE = {"prefix": "{id}"}
declare(
    Resource(
        "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
        service="ecr",
        create=Call("create_repository_creation_template", spread=True),
        answer="repositoryCreationTemplate",
        id="{prefix}",
        names={
            "appliedFors": "appliedFor",
            "encryptionConfigurations": "encryptionConfiguration",
        },
        update=(Call("update_repository_creation_template", _TEMPLATE, spread=True),),
        read=Read("describe_repository_creation_templates", {"prefixes": ["{id}"]}, "repositoryCreationTemplates[0]"),
        outputs={"registryId": "{account}"},
        delete=(Call("delete_repository_creation_template", _TEMPLATE),),
    )
)
