"""Databases of RDS, their subnet and parameter groups."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import NO_PARAMETER, Call, Path, Read, Resource, declare, uses
from groundwork.sandbox.standins.aws.session import Session

declare(
    Resource(
        "aws:rds/subnetGroup:SubnetGroup",
        service="rds",
        create=Call("create_db_subnet_group", spread=True),
        answer="DBSubnetGroup",
        id="DBSubnetGroupName",
        names={
            "name": "DBSubnetGroupName",
            "description": "DBSubnetGroupDescription",
            "arn": "DBSubnetGroupArn",
        },
        autoname="name",
        lower=True,
        defaults={"description": "Managed by Pulumi"},
        update=(Call("modify_db_subnet_group", {"DBSubnetGroupName": "{id}"}, spread=True, whole=True),),
        read=Read("describe_db_subnet_groups", {"DBSubnetGroupName": "{id}"}, "DBSubnetGroups[0]"),
        outputs={"subnetIds": Path("Subnets[].SubnetIdentifier")},
        delete=(Call("delete_db_subnet_group", {"DBSubnetGroupName": "{id}"}),),
    )
)


@uses("parameters")
def _parameters(env: dict[str, Any]) -> Any:
    return [
        {
            "ParameterName": item.get("name"),
            "ParameterValue": item.get("value"),
            "ApplyMethod": item.get("applyMethod") or "immediate",
        }
        for item in env.get("parameters") or []
    ] or None


_GROUP = {"DBParameterGroupName": "{id}"}
declare(
    Resource(
        "aws:rds/parameterGroup:ParameterGroup",
        service="rds",
        create=Call("create_db_parameter_group", spread=True),
        answer="DBParameterGroup",
        id="DBParameterGroupName",
        names={
            "name": "DBParameterGroupName",
            "family": "DBParameterGroupFamily",
            "arn": "DBParameterGroupArn",
        },
        autoname="name",
        lower=True,
        defaults={"description": "Managed by Pulumi"},
        steers=("skipDestroy",),
        after=(Call("modify_db_parameter_group", {**_GROUP, "Parameters": _parameters}),),
        read=Read("describe_db_parameter_groups", _GROUP, "DBParameterGroups[0]"),
        delete=(Call("delete_db_parameter_group", _GROUP),),
    )
)


def _endpoint(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    place = live.get("Endpoint") or {}
    return f"{place['Address']}:{place['Port']}" if place.get("Address") else None


def _final_snapshot(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    if inputs.get("skipFinalSnapshot") or inputs.get("finalSnapshotIdentifier"):
        return []
    return [("finalSnapshotIdentifier", "required, unless skipFinalSnapshot is true")]


def _needed(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what AWS needs for a new instance that is no replica and not restored."""
    if inputs.get("replicateSourceDb") or inputs.get("snapshotIdentifier") or inputs.get("restoreToPointInTime"):
        return []
    found = []
    if inputs.get("engine") is None:
        found.append(("engine", "required, but missing"))
    if inputs.get("allocatedStorage") is None and not str(inputs.get("engine", "")).startswith("aurora"):
        found.append(("allocatedStorage", "required, but missing"))
    if inputs.get("username") is None:
        found.append(("username", "required, but missing"))
    secret = (inputs.get("password"), inputs.get("passwordWo"), inputs.get("manageMasterUserPassword"))
    if not any(secret):
        found.append(("password", "required, unless manageMasterUserPassword is true"))
    return found


@uses("skipFinalSnapshot")
def _skip(env: dict[str, Any]) -> bool:
    return bool(env.get("skipFinalSnapshot"))


@uses("skipFinalSnapshot", "finalSnapshotIdentifier")
def _final(env: dict[str, Any]) -> Any:
    return None if env.get("skipFinalSnapshot") else env.get("finalSnapshotIdentifier")


_INSTANCE = {"DBInstanceIdentifier": "{id}"}
declare(
    Resource(
        "aws:rds/instance:Instance",
        service="rds",
        create=Call("create_db_instance", {"MasterUserPassword": "{passwordWo}"}, spread=True),
        answer="DBInstance",
        id="DBInstanceIdentifier",
        names={
            "identifier": "DBInstanceIdentifier",
            "instanceClass": "DBInstanceClass",
            "username": "MasterUsername",
            "password": "MasterUserPassword",
            "parameterGroupName": "DBParameterGroupName",
            "backupWindow": "PreferredBackupWindow",
            "maintenanceWindow": "PreferredMaintenanceWindow",
            "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
            "performanceInsightsEnabled": "EnablePerformanceInsights",
            "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
            "caCertIdentifier": "CACertificateIdentifier",
            "arn": "DBInstanceArn",
            "resourceId": "DbiResourceId",
            "status": "DBInstanceStatus",
        },
        autoname="identifier",
        autoname_limit=63,
        lower=True,
        steers=(
            "skipFinalSnapshot",
            "finalSnapshotIdentifier",
            "applyImmediately",
            "deleteAutomatedBackups",
            "allowMajorVersionUpgrade",
            "blueGreenUpdate",
            "passwordWoVersion",
        ),
        update=(
            Call(
                "modify_db_instance",
                {**_INSTANCE, "ApplyImmediately": True, "MasterUserPassword": "{passwordWo}"},
                spread=True,
                names={"engine": NO_PARAMETER, "enabledCloudwatchLogsExports": NO_PARAMETER},
            ),
            Call(
                "modify_db_instance",
                {
                    **_INSTANCE,
                    "CloudwatchLogsExportConfiguration": {"EnableLogTypes": "{enabledCloudwatchLogsExports}"},
                },
            ),
        ),
        read=Read("describe_db_instances", _INSTANCE, "DBInstances[0]"),
        outputs={
            "endpoint": _endpoint,
            "address": Path("Endpoint.Address"),
            "port": Path("Endpoint.Port"),
            "hostedZoneId": Path("Endpoint.HostedZoneId"),
            "engineVersionActual": Path("EngineVersion"),
            "dbSubnetGroupName": Path("DBSubnetGroup.DBSubnetGroupName"),
            "vpcSecurityGroupIds": Path("VpcSecurityGroups[].VpcSecurityGroupId"),
            "parameterGroupName": Path("DBParameterGroups[0].DBParameterGroupName"),
            "iamDatabaseAuthenticationEnabled": Path("IAMDatabaseAuthenticationEnabled"),
            "performanceInsightsEnabled": Path("PerformanceInsightsEnabled"),
            "enabledCloudwatchLogsExports": Path("EnabledCloudwatchLogsExports"),
            "masterUserSecrets": Path("[MasterUserSecret]"),
        },
        delete=(
            Call(
                "delete_db_instance",
                {
                    **_INSTANCE,
                    "SkipFinalSnapshot": _skip,
                    "FinalDBSnapshotIdentifier": _final,
                    "DeleteAutomatedBackups": "{deleteAutomatedBackups}",
                },
            ),
        ),
        defaults={"deleteAutomatedBackups": True},
        checks=(_final_snapshot, _needed),
    )
)
