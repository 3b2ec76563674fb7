"""Roles, policies, instance profiles and OpenID Connect providers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Do, Path, Read, Resource, Tagging, declare
from groundwork.sandbox.standins.aws.declare import put as declare_put
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.values import UNKNOWN


def policy_document(name: str) -> Callable[[dict[str, Any]], list[tuple[str, str]]]:
    """Return a check that the input `name` is a policy: JSON, with a version and statements that say enough."""

    def check(inputs: dict[str, Any]) -> list[tuple[str, str]]:
        text = inputs.get(name)
        if not isinstance(text, str) or text == UNKNOWN or not text:
            return []
        try:
            policy = json.loads(text)
        except ValueError as error:
            return [(name, f"contains an invalid JSON policy: {error}")]
        if not isinstance(policy, dict) or "Statement" not in policy:
            return [(name, "is not a policy: it has no Statement")]
        statements = policy["Statement"]
        found = []
        for index, statement in enumerate(statements if isinstance(statements, list) else [statements]):
            if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
                found.append((name, f"Statement[{index}].Effect must be Allow or Deny"))
            elif not ({"Action", "NotAction"} & statement.keys()):
                found.append((name, f"Statement[{index}] has neither Action nor NotAction"))
        return found

    return check


def _attached(session: Session, role: str) -> list[str]:
    answer = session.ask("iam", "list_attached_role_policies", RoleName=role)
    return [item["PolicyArn"] for item in answer["AttachedPolicies"]]


def _detach_all(session: Session, env: dict[str, Any]) -> None:
    """Take from a role what keeps it from being deleted, as forceDetachPolicies asks."""
    own = [policy["name"] for policy in env.get("inlinePolicies") or [] if policy.get("name")]
    if env.get("forceDetachPolicies"):
        own = session.ask("iam", "list_role_policies", RoleName=env["id"])["PolicyNames"]
        for arn in _attached(session, env["id"]):
            session.ask("iam", "detach_role_policy", RoleName=env["id"], PolicyArn=arn)
    for name in own:
        session.ask("iam", "delete_role_policy", RoleName=env["id"], PolicyName=name)
    for arn in env.get("managedPolicyArns") or []:
        if arn in _attached(session, env["id"]):
            session.ask("iam", "detach_role_policy", RoleName=env["id"], PolicyArn=arn)


declare(
    Resource(
        "aws:iam/role:Role",
        service="iam",
        create=Call("create_role", spread=True),
        answer="Role",
        id="RoleName",
        names={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
        autoname="name",
        autoname_limit=64,
        steers=("forceDetachPolicies",),
        defaults={"maxSessionDuration": 3600},
        after=(
            Call(
                "put_role_policy",
                {"RoleName": "{id}", "PolicyName": "{item.name}", "PolicyDocument": "{item.policy}"},
                each="inlinePolicies",
                undo=Call("delete_role_policy", {"RoleName": "{id}", "PolicyName": "{item.name}"}),
            ),
            Call(
                "attach_role_policy",
                {"RoleName": "{id}", "PolicyArn": "{item}"},
                each="managedPolicyArns",
                undo=Call("detach_role_policy", {"RoleName": "{id}", "PolicyArn": "{item}"}),
            ),
        ),
        update=(
            Call(
                "update_assume_role_policy",
                {"RoleName": "{id}", "PolicyDocument": "{assumeRolePolicy}"},
            ),
            Call("update_role", {"RoleName": "{id}", "Description": "{description}"}),
            Call("update_role", {"RoleName": "{id}", "MaxSessionDuration": "{maxSessionDuration}"}),
            Call(
                "put_role_permissions_boundary",
                {"RoleName": "{id}", "PermissionsBoundary": "{permissionsBoundary}"},
            ),
        ),
        read=Read("get_role", {"RoleName": "{id}"}, "Role"),
        outputs={
            "uniqueId": Path("RoleId"),
            "permissionsBoundary": Path("PermissionsBoundary.PermissionsBoundaryArn"),
            "assumeRolePolicy": lambda session, env, live: _json(live.get("AssumeRolePolicyDocument")),
        },
        delete=(Do(_detach_all), Call("delete_role", {"RoleName": "{id}"})),
        tagging=Tagging("tag_role", "untag_role", {"RoleName": "{id}"}),
        checks=(policy_document("assumeRolePolicy"),),
        event="role",
    )
)


def _json(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


def _drop_versions(session: Session, env: dict[str, Any]) -> None:
    versions = session.ask("iam", "list_policy_versions", PolicyArn=env["id"])["Versions"]
    for version in versions:
        if not version["IsDefaultVersion"]:
            session.ask("iam", "delete_policy_version", PolicyArn=env["id"], VersionId=version["VersionId"])


def _make_room(session: Session, env: dict[str, Any]) -> None:
    """Delete the oldest version before the sixth, as the real provider does: AWS keeps five."""
    versions = session.ask("iam", "list_policy_versions", PolicyArn=env["id"])["Versions"]
    others = sorted((v for v in versions if not v["IsDefaultVersion"]), key=lambda v: int(v["VersionId"].lstrip("v")))
    if len(versions) >= 5 and others:
        session.ask("iam", "delete_policy_version", PolicyArn=env["id"], VersionId=others[0]["VersionId"])


def _read_policy(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    policy = session.ask("iam", "get_policy", PolicyArn=env["id"])["Policy"]
    version = session.ask("iam", "get_policy_version", PolicyArn=env["id"], VersionId=policy["DefaultVersionId"])
    return {**policy, "PolicyDocument": _json(version["PolicyVersion"]["Document"])}


declare(
    Resource(
        "aws:iam/policy:Policy",
        service="iam",
        create=Call("create_policy", spread=True),
        answer="Policy",
        id="Arn",
        names={"name": "PolicyName", "policy": "PolicyDocument"},
        autoname="name",
        autoname_limit=128,
        steers=("delayAfterPolicyCreationInMs",),
        update=(
            Do(_make_room, on=("policy",)),
            Call(
                "create_policy_version",
                {"PolicyArn": "{id}", "PolicyDocument": "{policy}", "SetAsDefault": True},
            ),
        ),
        read=_read_policy,
        delete=(Do(_drop_versions), Call("delete_policy", {"PolicyArn": "{id}"})),
        tagging=Tagging("tag_policy", "untag_policy", {"PolicyArn": "{id}"}),
        checks=(policy_document("policy"),),
    )
)

declare_put(
    Resource(
        "aws:iam/rolePolicy:RolePolicy",
        service="iam",
        create=Call(
            "put_role_policy",
            {"RoleName": "{role}", "PolicyName": "{name}", "PolicyDocument": "{policy}"},
        ),
        id="{role}:{name}",
        names={"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
        autoname="name",
        autoname_limit=128,
        read=Read("get_role_policy", {"RoleName": "{role}", "PolicyName": "{name}"}),
        outputs={"policy": lambda session, env, live: _json(live.get("PolicyDocument"))},
        delete=(Call("delete_role_policy", {"RoleName": "{role}", "PolicyName": "{name}"}),),
        imports=r"(?P<role>[^:]+):(?P<name>.+)",
        checks=(policy_document("policy"),),
    )
)

_PAIR = {"RoleName": "{role}", "PolicyArn": "{policyArn}"}


def _attachment(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    found = env["policyArn"] in _attached(session, env["role"])
    return {"PolicyArn": env["policyArn"], "Role": env["role"]} if found else None


declare(
    Resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        service="iam",
        create=Call("attach_role_policy", _PAIR),
        id="{role}/{policyArn}",
        names={"role": "RoleName"},
        read=_attachment,
        delete=(Call("detach_role_policy", _PAIR),),
        imports=r"(?P<role>[^/]+)/(?P<policyArn>.+)",
    )
)

_PROFILE = {"InstanceProfileName": "{id}", "RoleName": "{role}"}
declare(
    Resource(
        "aws:iam/instanceProfile:InstanceProfile",
        service="iam",
        create=Call("create_instance_profile", spread=True),
        answer="InstanceProfile",
        id="InstanceProfileName",
        names={"name": "InstanceProfileName"},
        autoname="name",
        autoname_limit=128,
        after=(
            Call(
                "add_role_to_instance_profile",
                _PROFILE,
                undo=Call("remove_role_from_instance_profile", _PROFILE),
            ),
        ),
        read=Read("get_instance_profile", {"InstanceProfileName": "{id}"}, "InstanceProfile"),
        outputs={"uniqueId": Path("InstanceProfileId"), "role": Path("Roles[0].RoleName")},
        delete=(
            Call("remove_role_from_instance_profile", _PROFILE),
            Call("delete_instance_profile", {"InstanceProfileName": "{id}"}),
        ),
        tagging=Tagging("tag_instance_profile", "untag_instance_profile", {"InstanceProfileName": "{id}"}),
        event="instance-profile",
    )
)

declare(
    Resource(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        service="iam",
        create=Call("create_open_id_connect_provider", spread=True),
        id="OpenIDConnectProviderArn",
        names={"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"},
        update=(
            Call(
                "update_open_id_connect_provider_thumbprint",
                {"OpenIDConnectProviderArn": "{id}", "ThumbprintList": "{thumbprintLists}"},
            ),
            Call(
                "add_client_id_to_open_id_connect_provider",
                {"OpenIDConnectProviderArn": "{id}", "ClientID": "{item}"},
                each="clientIdLists",
            ),
        ),
        read=Read("get_open_id_connect_provider", {"OpenIDConnectProviderArn": "{id}"}),
        outputs={
            "url": lambda session, env, live: env.get("url") or f"https://{live.get('Url', '')}",
        },
        delete=(Call("delete_open_id_connect_provider", {"OpenIDConnectProviderArn": "{id}"}),),
        arn="{id}",
        event="oidc-provider",
        tagging=Tagging(
            "tag_open_id_connect_provider",
            "untag_open_id_connect_provider",
            {"OpenIDConnectProviderArn": "{id}"},
        ),
    )
)
