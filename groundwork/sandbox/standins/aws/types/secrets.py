"""Secrets Manager and Systems Manager parameters."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import NO_PARAMETER, Call, Path, Read, Resource, declare, put, uses
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.aws.types.iam import policy_document


@uses("recoveryWindowInDays")
def _at_once(env: dict[str, Any]) -> Any:
    return True if env.get("recoveryWindowInDays") == 0 else None


@uses("recoveryWindowInDays")
def _window(env: dict[str, Any]) -> Any:
    return env.get("recoveryWindowInDays") or None


def _window_fits(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    days = inputs.get("recoveryWindowInDays")
    if isinstance(days, int) and days != 0 and not 7 <= days <= 30:
        return [("recoveryWindowInDays", f"{days}: must be 0, or 7 to 30")]
    return []


def _read_policy(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    found = session.ask("secretsmanager", "get_resource_policy", env["region"], SecretId=env["id"])
    return found if found.get("ResourcePolicy") else None


declare(
    Resource(
        "aws:secretsmanager/secret:Secret",
        service="secretsmanager",
        create=Call("create_secret", spread=True),
        id="ARN",
        names={"replicas": "AddReplicaRegions", "forceOverwriteReplicaSecret": "ForceOverwriteReplicaSecret"},
        autoname="name",
        autoname_limit=512,
        steers=("recoveryWindowInDays",),
        defaults={"recoveryWindowInDays": 30},
        after=(Call("put_resource_policy", {"SecretId": "{id}", "ResourcePolicy": "{policy}"}),),
        update=(
            Call("update_secret", {"SecretId": "{id}", "Description": "{description}"}),
            Call("update_secret", {"SecretId": "{id}", "KmsKeyId": "{kmsKeyId}"}),
        ),
        read=Read("describe_secret", {"SecretId": "{id}"}, "[@][?DeletedDate==null] | [0]"),
        delete=(
            Call(
                "delete_secret",
                {
                    "SecretId": "{id}",
                    "ForceDeleteWithoutRecovery": _at_once,
                    "RecoveryWindowInDays": _window,
                },
                unless_missing=("InvalidRequestException",),
            ),
        ),
        arn="{id}",
        checks=(_window_fits, policy_document("policy")),
    )
)


put(
    Resource(
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        service="secretsmanager",
        create=Call(
            "put_resource_policy",
            {"SecretId": "{secretArn}", "ResourcePolicy": "{policy}", "BlockPublicPolicy": "{blockPublicPolicy}"},
        ),
        id="{secretArn}",
        read=_read_policy,
        outputs={"secretArn": "{id}", "policy": Path("ResourcePolicy")},
        steers=("blockPublicPolicy",),
        delete=(Call("delete_resource_policy", {"SecretId": "{id}"}),),
        imports=r"(?P<secretArn>.+)",
        checks=(policy_document("policy"),),
    )
)


@uses("secretString", "secretStringWo")
def _text(env: dict[str, Any]) -> Any:
    return env.get("secretString") or env.get("secretStringWo")


def _one_value(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    given = [n for n in ("secretString", "secretStringWo", "secretBinary") if inputs.get(n) is not None]
    if len(given) == 1:
        return []
    return [("secretString", "exactly one of secretString, secretStringWo and secretBinary must be given")]


def _read_version(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    secret, _, version = str(env["id"]).partition("|")
    found = session.ask("secretsmanager", "describe_secret", env["region"], SecretId=secret)
    stages = (found.get("VersionIdsToStages") or {}).get(version)
    if found.get("DeletedDate") is not None or stages is None:
        return None
    return {"ARN": found["ARN"], "SecretId": secret, "VersionStages": stages, "VersionId": version}


declare(
    Resource(
        "aws:secretsmanager/secretVersion:SecretVersion",
        service="secretsmanager",
        create=Call(
            "put_secret_value",
            {
                "SecretId": "{secretId}",
                "SecretString": _text,
                "SecretBinary": "{secretBinary}",
                "VersionStages": "{versionStages}",
            },
        ),
        id="[ARN, VersionId] | join('|', @)",
        read=_read_version,
        outputs={"versionId": Path("VersionId"), "secretArn": Path("ARN"), "arn": Path("ARN")},
        steers=("secretStringWoVersion",),
        imports=r"(?P<secretId>[^|]+)\|.+",
        checks=(_one_value,),
    )
)

declare(
    Resource(
        "aws:secretsmanager/secretRotation:SecretRotation",
        service="secretsmanager",
        create=Call("rotate_secret", spread=True),
        id="{secretId}",
        names={"rotationLambdaArn": "RotationLambdaARN"},
        update=(Call("rotate_secret", {"SecretId": "{id}"}, spread=True, whole=True),),
        read=Read("describe_secret", {"SecretId": "{id}"}, "[@][?DeletedDate==null && RotationEnabled] | [0]"),
        outputs={"secretId": "{id}"},
        only_recorded="moto wants the rotation's Lambda function, which the sandbox does not have",
        delete=(
            Call(
                "cancel_rotate_secret",
                {"SecretId": "{id}"},
                unless_missing=("InvalidRequestException",),
            ),
        ),
    )
)


@uses("value", "valueWo", "insecureValue")
def _value(env: dict[str, Any]) -> Any:
    return env.get("value") or env.get("valueWo") or env.get("insecureValue")


@uses("overwrite")
def _overwrite(env: dict[str, Any]) -> bool:
    return bool(env.get("overwrite"))


def _read_parameter(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    name = env["id"]
    value = session.ask("ssm", "get_parameter", env["region"], Name=name, WithDecryption=True)["Parameter"]
    filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    described = session.ask("ssm", "describe_parameters", env["region"], ParameterFilters=filters)
    return {**(described["Parameters"] or [{}])[0], **value}


_PUT = {"Name": "{name}", "Value": _value, "Type": "{type}"}
declare(
    Resource(
        "aws:ssm/parameter:Parameter",
        service="ssm",
        create=Call("put_parameter", {**_PUT, "Overwrite": _overwrite}, spread=True),
        id="{name}",
        autoname="name",
        autoname_limit=2048,
        steers=("overwrite", "arn", "valueWoVersion"),
        update=(
            Call(
                "put_parameter",
                {**_PUT, "Overwrite": True},
                spread=True,
                whole=True,
                names={"tags": NO_PARAMETER},
            ),
        ),
        read=_read_parameter,
        delete=(Call("delete_parameter", {"Name": "{id}"}),),
        volatile=("version",),
    )
)
