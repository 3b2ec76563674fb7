"""Keys and their aliases."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Do, Path, Resource, declare
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.aws.types.iam import policy_document


def _rotation(session: Session, env: dict[str, Any]) -> None:
    wanted = env.get("enableKeyRotation")
    if wanted is None and not env["old"]:
        return
    operation = "enable_key_rotation" if wanted else "disable_key_rotation"
    session.ask("kms", operation, env["region"], KeyId=env["id"])


def _enabled(session: Session, env: dict[str, Any]) -> None:
    wanted = env.get("isEnabled")
    if wanted is False or (wanted is not None and env["old"]):
        session.ask("kms", "enable_key" if wanted else "disable_key", env["region"], KeyId=env["id"])


def _read_key(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    key = session.ask("kms", "describe_key", env["region"], KeyId=env["id"])["KeyMetadata"]
    if key["KeyState"] == "PendingDeletion":
        return None
    rotation = session.ask("kms", "get_key_rotation_status", env["region"], KeyId=env["id"])
    policy = session.ask("kms", "get_key_policy", env["region"], KeyId=env["id"], PolicyName="default")
    return {**key, "Policy": policy["Policy"], "KeyRotationEnabled": rotation["KeyRotationEnabled"]}


def _window(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Hold the deletion window to AWS's documented 7 to 30 days; the API's model allows 1 to 365."""
    days = inputs.get("deletionWindowInDays")
    if isinstance(days, int) and not 7 <= days <= 30:
        return [("deletionWindowInDays", f"{days}: must be 7 to 30")]
    return []


declare(
    Resource(
        "aws:kms/key:Key",
        service="kms",
        create=Call("create_key", spread=True),
        answer="KeyMetadata",
        id="KeyId",
        names={"isEnabled": "Enabled", "bypassPolicyLockoutSafetyCheck": "BypassPolicyLockoutSafetyCheck"},
        steers=("deletionWindowInDays", "isEnabled"),
        defaults={"deletionWindowInDays": 30, "isEnabled": True},
        after=(Do(_rotation, on=("enableKeyRotation",)), Do(_enabled, on=("isEnabled",))),
        update=(
            Call("put_key_policy", {"KeyId": "{id}", "PolicyName": "default", "Policy": "{policy}"}),
            Call("update_key_description", {"KeyId": "{id}", "Description": "{description}"}),
        ),
        read=_read_key,
        outputs={"enableKeyRotation": Path("KeyRotationEnabled")},
        delete=(
            Call(
                "schedule_key_deletion",
                {"KeyId": "{id}", "PendingWindowInDays": "{deletionWindowInDays}"},
                unless_missing=("KMSInvalidStateException",),
            ),
        ),
        checks=(_window, policy_document("policy")),
    )
)


def _read_alias(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    aliases = session.ask("kms", "list_aliases", env["region"])["Aliases"]
    return next((alias for alias in aliases if alias["AliasName"] == env["id"]), None)


def _named(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    name = inputs.get("name")
    if isinstance(name, str) and not name.startswith("alias/"):
        return [("name", f"{name!r} must begin with 'alias/'")]
    return []


declare(
    Resource(
        "aws:kms/alias:Alias",
        service="kms",
        create=Call("create_alias", {"AliasName": "{name}", "TargetKeyId": "{targetKeyId}"}),
        id="{name}",
        names={"name": "AliasName"},
        autoname="name",
        read=_read_alias,
        outputs={"targetKeyArn": "arn:{partition}:kms:{region}:{account}:key/{targetKeyId}"},
        update=(Call("update_alias", {"AliasName": "{id}", "TargetKeyId": "{targetKeyId}"}),),
        delete=(Call("delete_alias", {"AliasName": "{id}"}),),
        arn="arn:{partition}:kms:{region}:{account}:{name}",
        checks=(_named,),
    )
)


def _read_grant(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    grants = session.ask("kms", "list_grants", env["region"], KeyId=env["keyId"])["Grants"]
    found = next((grant for grant in grants if grant.get("Name") == env["name"]), None)
    return None if found is None else {**found, "KeyId": env["keyId"]}


declare(
    Resource(
        "aws:kms/grant:Grant",
        service="kms",
        create=Call("create_grant", spread=True),
        # The real provider's ends in the grant's id, which is known only after the call; names are the program's own.
        id="{keyId}:{name}",
        autoname="name",
        autoname_limit=256,
        names={"grantCreationTokens": "GrantTokens"},
        steers=("retireOnDelete",),
        read=_read_grant,
        outputs={"grantId": Path("GrantId")},
        delete=(Call("revoke_grant", {"KeyId": "{keyId}", "GrantId": "{grantId}"}),),
        imports=r"(?P<keyId>.+):(?P<name>[^:]+)",
    )
)
