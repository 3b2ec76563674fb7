"""CloudWatch: log groups, event rules and targets, alarms."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import NO_PARAMETER, Call, Path, Read, Resource, declare, put, uses
from groundwork.sandbox.standins.aws.session import Session

_LOG = {"logGroupName": "{id}"}
declare(
    Resource(
        "aws:cloudwatch/logGroup:LogGroup",
        service="logs",
        create=Call("create_log_group", spread=True),
        id="{name}",
        names={"name": "logGroupName"},
        autoname="name",
        autoname_limit=512,
        steers=("skipDestroy",),
        after=(
            Call(
                "put_retention_policy",
                {**_LOG, "retentionInDays": "{retentionInDays}"},
                undo=Call("delete_retention_policy", _LOG),
            ),
        ),
        update=(Call("associate_kms_key", {**_LOG, "kmsKeyId": "{kmsKeyId}"}),),
        read=Read("describe_log_groups", {"logGroupNamePrefix": "{id}"}, "logGroups | sort_by(@, &logGroupName) | [0]"),
        delete=(Call("delete_log_group", _LOG),),
        arn="arn:{partition}:logs:{region}:{account}:log-group:{id}",
    )
)


@uses("state", "isEnabled")
def _state(env: dict[str, Any]) -> Any:
    enabled = env.get("isEnabled")
    return env.get("state") or (None if enabled is None else "ENABLED" if enabled else "DISABLED")


def _when(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    if inputs.get("eventPattern") or inputs.get("scheduleExpression"):
        return []
    return [("scheduleExpression", "one of scheduleExpression and eventPattern must be given")]


put(
    Resource(
        "aws:cloudwatch/eventRule:EventRule",
        service="events",
        create=Call("put_rule", {"State": _state}, spread=True),
        id="{name}",
        autoname="name",
        autoname_limit=64,
        names={"state": "State"},
        defaults={"eventBusName": "default"},
        steers=("forceDestroy", "isEnabled"),
        read=Read("describe_rule", {"Name": "{id}", "EventBusName": "{eventBusName}"}),
        outputs={"arn": Path("Arn")},
        delete=(Call("delete_rule", {"Name": "{id}", "EventBusName": "{eventBusName}"}),),
        arn="arn:{partition}:events:{region}:{account}:rule/{name}",
        checks=(_when,),
    )
)

_TARGET = {
    "targetId": "Id",
    "arn": "Arn",
    "roleArn": "RoleArn",
    "input": "Input",
    "inputPath": "InputPath",
    "inputTransformer": "InputTransformer",
    "sqsTarget": "SqsParameters",
    "kinesisTarget": "KinesisParameters",
    "deadLetterConfig": "DeadLetterConfig",
    "retryPolicy": "RetryPolicy",
}


@uses(
    *_TARGET,
    passes=tuple(name for name in _TARGET if name != "inputTransformer"),
)
def _targets(env: dict[str, Any]) -> list[dict[str, Any]]:
    target = {member: env.get(name) for name, member in _TARGET.items() if env.get(name) is not None}
    transformer = target.get("InputTransformer")
    if transformer:
        target["InputTransformer"] = {
            "InputPathsMap": transformer.get("inputPaths"),
            "InputTemplate": transformer.get("inputTemplate"),
        }
    return [target]


def _read_target(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    bus = env.get("eventBusName") or "default"
    answer = session.ask("events", "list_targets_by_rule", env["region"], Rule=env["rule"], EventBusName=bus)
    found = next((item for item in answer["Targets"] if item["Id"] == env["targetId"]), None)
    if found is None:
        return None
    shown = {member: found[member] for member in _TARGET.values() if member in found}
    return {**shown, "Rule": env["rule"], "EventBusName": bus}


put(
    Resource(
        "aws:cloudwatch/eventTarget:EventTarget",
        service="events",
        create=Call("put_targets", {"Rule": "{rule}", "EventBusName": "{eventBusName}", "Targets": _targets}),
        id="{rule}-{targetId}",
        names={name: member for name, member in _TARGET.items() if name != "inputTransformer"},
        autoname="targetId",
        autoname_limit=64,
        defaults={"eventBusName": "default"},
        steers=("forceDestroy",),
        read=_read_target,
        delete=(
            Call(
                "remove_targets",
                {"Rule": "{rule}", "EventBusName": "{eventBusName}", "Ids": ["{targetId}"]},
            ),
        ),
        imports=r"(?:(?P<eventBusName>[^/]+)/)?(?P<rule>[^/]+)/(?P<targetId>[^/]+)",
    )
)


@uses("dimensions")
def _dimensions(env: dict[str, Any]) -> Any:
    return [{"Name": k, "Value": v} for k, v in (env.get("dimensions") or {}).items()] or None


@uses("metricQueries")
def _queries(env: dict[str, Any]) -> Any:
    return [_query(item) for item in env.get("metricQueries") or []] or None


def _query(item: dict[str, Any]) -> dict[str, Any]:
    made = {name: value for name, value in item.items() if name != "metric"}
    metric = item.get("metric")
    if metric:
        named = {name: metric.get(name) for name in ("metricName", "namespace")}
        dimensions = [{"Name": k, "Value": v} for k, v in (metric.get("dimensions") or {}).items()]
        made["MetricStat"] = {
            "Metric": {**named, "Dimensions": dimensions or None},
            "Period": metric.get("period"),
            "Stat": metric.get("stat"),
            "Unit": metric.get("unit"),
        }
    return made


def _shown_dimensions(session: Session, env: dict[str, Any], live: dict[str, Any]) -> Any:
    return {item["Name"]: item["Value"] for item in live.get("Dimensions") or []} or None


put(
    Resource(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        service="cloudwatch",
        create=Call("put_metric_alarm", {"Dimensions": _dimensions, "Metrics": _queries}, spread=True),
        id="{name}",
        names={
            "name": "AlarmName",
            "okActions": "OKActions",
            "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
            "metricQueries": NO_PARAMETER,
            "dimensions": NO_PARAMETER,
            "arn": "AlarmArn",
        },
        autoname="name",
        defaults={"treatMissingData": "missing", "actionsEnabled": True},
        read=Read("describe_alarms", {"AlarmNames": ["{id}"]}, "MetricAlarms[0]"),
        outputs={"dimensions": _shown_dimensions},
        delete=(Call("delete_alarms", {"AlarmNames": ["{id}"]}),),
        arn="arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
    )
)
