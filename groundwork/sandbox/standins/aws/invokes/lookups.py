"""Lookups of other services."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.invokes.registry import function
from groundwork.sandbox.standins.aws.session import ApiError, Session


@function("ssm/getParameter")
def parameter(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer a parameter of Parameter Store; the ids of EKS images are there."""
    name = arguments["name"]
    decrypt = arguments.get("withDecryption", True)
    place = arguments.get("region")
    found = session.ask("ssm", "get_parameter", place, Name=name, WithDecryption=decrypt)["Parameter"]
    plain = found["Value"] if found["Type"] != "SecureString" else ""
    return {
        "id": name,
        "arn": found["ARN"],
        "type": found["Type"],
        "value": found["Value"],
        "insecureValue": plain,
        "version": found["Version"],
        "region": place or session.region,
    }


@function("kms/getAlias")
def key_alias(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer the key behind an alias."""
    name, place = arguments["name"], arguments.get("region")
    aliases = session.ask("kms", "list_aliases", place)["Aliases"]
    found = next((alias for alias in aliases if alias["AliasName"] == name), None)
    if found is None:
        raise ApiError(f"reading KMS Alias ({name}): couldn't find resource")
    key = found.get("TargetKeyId")
    arn = found["AliasArn"].rpartition(":")[0] + f":key/{key}" if key else None
    return {"id": found["AliasArn"], "arn": found["AliasArn"], "targetKeyId": key, "targetKeyArn": arn}


@function("kms/getKey")
def key(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer a key."""
    found = session.ask("kms", "describe_key", arguments.get("region"), KeyId=arguments["keyId"])
    meta = found["KeyMetadata"]
    return {
        "id": meta["KeyId"],
        "arn": meta["Arn"],
        "awsAccountId": meta["AWSAccountId"],
        "enabled": meta["Enabled"],
        "keyState": meta["KeyState"],
        "keyUsage": meta["KeyUsage"],
        "description": meta.get("Description", ""),
    }


@function("s3/getBucket")
def bucket(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer a bucket."""
    name, place = arguments["bucket"], arguments.get("region") or session.region
    session.ask("s3", "head_bucket", place, Bucket=name)
    return {
        "id": name,
        "arn": f"arn:{session.partition}:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{place}.amazonaws.com",
        "region": place,
    }


@function("secretsmanager/getSecret")
def secret(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer a secret, without its value."""
    wanted = arguments.get("arn") or arguments.get("name")
    found = session.ask("secretsmanager", "describe_secret", arguments.get("region"), SecretId=wanted)
    return {
        "id": found["ARN"],
        "arn": found["ARN"],
        "name": found["Name"],
        "description": found.get("Description", ""),
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags") or []},
    }


@function("route53/getZone")
def zone(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer a hosted zone by id or name."""
    zones = session.ask("route53", "list_hosted_zones")["HostedZones"]
    wanted, name = arguments.get("zoneId"), str(arguments.get("name") or "").rstrip(".")
    private = bool(arguments.get("privateZone"))
    for item in zones:
        id = item["Id"].rpartition("/")[2]
        same = id == wanted if wanted else item["Name"].rstrip(".") == name
        if same and (wanted or bool((item.get("Config") or {}).get("PrivateZone")) == private):
            arn = f"arn:{session.partition}:route53:::hostedzone/{id}"
            return {"id": id, "zoneId": id, "name": item["Name"].rstrip("."), "arn": arn}
    raise ApiError(f"no matching Route 53 Hosted Zone found: {wanted or name}")
