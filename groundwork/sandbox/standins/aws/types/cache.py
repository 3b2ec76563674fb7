"""ElastiCache."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import NO_PARAMETER, Call, Path, Read, Resource, declare, uses
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.values import UNKNOWN

_GROUP = {"CacheSubnetGroupName": "{id}"}
declare(
    Resource(
        "aws:elasticache/subnetGroup:SubnetGroup",
        service="elasticache",
        create=Call("create_cache_subnet_group", spread=True),
        answer="CacheSubnetGroup",
        id="{name}",
        names={
            "name": "CacheSubnetGroupName",
            "description": "CacheSubnetGroupDescription",
        },
        autoname="name",
        lower=True,
        defaults={"description": "Managed by Pulumi"},
        update=(Call("modify_cache_subnet_group", _GROUP, spread=True, whole=True),),
        read=Read("describe_cache_subnet_groups", _GROUP, "CacheSubnetGroups[0]"),
        outputs={"subnetIds": Path("Subnets[].SubnetIdentifier")},
        delete=(Call("delete_cache_subnet_group", _GROUP),),
        arn="arn:{partition}:elasticache:{region}:{account}:subnetgroup:{name}",
    )
)


@uses("parameters")
def _parameters(env: dict[str, Any]) -> Any:
    return [
        {"ParameterName": item.get("name"), "ParameterValue": item.get("value")} for item in env.get("parameters") or []
    ] or None


_PARAMETERS = {"CacheParameterGroupName": "{id}"}
declare(
    Resource(
        "aws:elasticache/parameterGroup:ParameterGroup",
        service="elasticache",
        create=Call("create_cache_parameter_group", spread=True),
        answer="CacheParameterGroup",
        id="{name}",
        names={"name": "CacheParameterGroupName", "family": "CacheParameterGroupFamily", "arn": "ARN"},
        autoname="name",
        lower=True,
        defaults={"description": "Managed by Pulumi"},
        after=(
            Call(
                "modify_cache_parameter_group", {**_PARAMETERS, "ParameterNameValues": _parameters}, on=("parameters",)
            ),
        ),
        read=Read("describe_cache_parameter_groups", _PARAMETERS, "CacheParameterGroups[0]"),
        delete=(Call("delete_cache_parameter_group", _PARAMETERS),),
        arn="arn:{partition}:elasticache:{region}:{account}:parametergroup:{name}",
    )
)


def _auth_needs_tls(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    encrypted = inputs.get("transitEncryptionEnabled")
    if inputs.get("authToken") and encrypted is not True and encrypted != UNKNOWN:
        return [("authToken", "needs transitEncryptionEnabled")]
    return []


_DETAILS = {
    "cloudwatch-logs": ("CloudWatchLogsDetails", "LogGroup"),
    "kinesis-firehose": ("KinesisFirehoseDetails", "DeliveryStream"),
}


@uses("logDeliveryConfigurations")
def _logs(env: dict[str, Any]) -> Any:
    """Return where logs go as the API has it: the destination one level deeper, by its kind."""
    found = []
    for item in env.get("logDeliveryConfigurations") or []:
        details, name = _DETAILS.get(str(item.get("destinationType")), _DETAILS["cloudwatch-logs"])
        found.append(
            {
                "LogType": item.get("logType"),
                "DestinationType": item.get("destinationType"),
                "DestinationDetails": {details: {name: item.get("destination")}},
                "LogFormat": item.get("logFormat"),
            }
        )
    return found or None


def _shown_logs(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    return [
        {
            "destination": next(iter(next(iter(item["DestinationDetails"].values())).values())),
            "destinationType": item["DestinationType"],
            "logFormat": item["LogFormat"],
            "logType": item["LogType"],
        }
        for item in live.get("LogDeliveryConfigurations") or []
    ] or None


@uses("finalSnapshotIdentifier")
def _last(env: dict[str, Any]) -> Any:
    return env.get("finalSnapshotIdentifier")


_REPLICATION = {"ReplicationGroupId": "{id}"}
declare(
    Resource(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        service="elasticache",
        create=Call("create_replication_group", {"LogDeliveryConfigurations": _logs}, spread=True),
        answer="ReplicationGroup",
        id="ReplicationGroupId",
        names={
            "description": "ReplicationGroupDescription",
            "nodeType": "CacheNodeType",
            "multiAzEnabled": "MultiAZEnabled",
            "numCacheClusters": "NumCacheClusters",
            "parameterGroupName": "CacheParameterGroupName",
            "subnetGroupName": "CacheSubnetGroupName",
            "maintenanceWindow": "PreferredMaintenanceWindow",
            "nodeGroupConfigurations": "NodeGroupConfiguration",
            "preferredCacheClusterAzs": "PreferredCacheClusterAZs",
            "securityGroupNames": "CacheSecurityGroupNames",
            "arn": "ARN",
            "clusterEnabled": "ClusterEnabled",
            "logDeliveryConfigurations": NO_PARAMETER,
        },
        autoname="replicationGroupId",
        autoname_limit=40,
        lower=True,
        defaults={"engine": "redis"},
        steers=("applyImmediately", "authTokenUpdateStrategy", "finalSnapshotIdentifier"),
        update=(
            Call(
                "modify_replication_group",
                {**_REPLICATION, "ApplyImmediately": True, "LogDeliveryConfigurations": _logs},
                spread=True,
                names={"engine": NO_PARAMETER},
            ),
        ),
        read=Read("describe_replication_groups", _REPLICATION, "ReplicationGroups[?Status!='deleting'] | [0]"),
        outputs={
            "logDeliveryConfigurations": _shown_logs,
            "primaryEndpointAddress": Path("NodeGroups[0].PrimaryEndpoint.Address"),
            "readerEndpointAddress": Path("NodeGroups[0].ReaderEndpoint.Address"),
            "configurationEndpointAddress": Path("ConfigurationEndpoint.Address"),
        },
        delete=(
            Call(
                "delete_replication_group",
                {**_REPLICATION, "FinalSnapshotIdentifier": _last},
            ),
        ),
        checks=(_auth_needs_tls,),
    )
)
