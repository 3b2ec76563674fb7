"""Policy documents and lookups of IAM."""

from __future__ import annotations

import json
from typing import Any

from groundwork.sandbox.standins.aws.invokes.registry import function
from groundwork.sandbox.standins.aws.session import ApiError, Session
from groundwork.sandbox.standins.protocol import ProviderError
from groundwork.sandbox.standins.values import UNKNOWN


@function("iam/getPolicyDocument")
def policy_document(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Write a policy as the real provider does: one value stands alone, other documents are merged."""
    version = arguments.get("version") or "2012-10-17"
    if version not in ("2012-10-17", "2008-10-17"):
        raise ProviderError(f"version: {version!r} is not one of 2008-10-17, 2012-10-17")
    statements: list[dict[str, Any]] = []
    for document in arguments.get("sourcePolicyDocuments") or []:
        statements += _statements(document)
    statements += [_statement(item) for item in arguments.get("statements") or []]
    for document in arguments.get("overridePolicyDocuments") or []:
        for statement in _statements(document):
            sid = statement.get("Sid")
            statements = [item for item in statements if not sid or item.get("Sid") != sid] + [statement]
    policy: dict[str, Any] = {"Version": version}
    if arguments.get("policyId"):
        policy["Id"] = arguments["policyId"]
    policy["Statement"] = statements
    text = json.dumps(policy, indent=2)
    return {
        "id": str(abs(hash(text)) % 10**10),
        "json": text,
        "minifiedJson": json.dumps(policy, separators=(",", ":")),
    }


def _statements(document: str) -> list[dict[str, Any]]:
    found = json.loads(document).get("Statement") or []
    return list(found) if isinstance(found, list) else [found]


def _statement(item: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if item.get("sid"):
        made["Sid"] = item["sid"]
    made["Effect"] = item.get("effect") or "Allow"
    for name, key in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if item.get(name):
            made[key] = _alone(item[name])
    for name, key in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if item.get(name):
            made[key] = _principals(item[name])
    for condition in item.get("conditions") or []:
        test = made.setdefault("Condition", {}).setdefault(condition["test"], {})
        test[condition["variable"]] = _alone(condition["values"])
    return made


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else sorted(values, key=str) if UNKNOWN not in values else values


def _principals(items: list[dict[str, Any]]) -> Any:
    if any(item["type"] == "*" for item in items):
        return "*"
    grouped: dict[str, list[str]] = {}
    for item in items:
        grouped.setdefault(item["type"], []).extend(item["identifiers"])
    return {kind: _alone(identifiers) for kind, identifiers in grouped.items()}


@function("iam/getRole")
def role(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Look a role up by name."""
    found = session.ask("iam", "get_role", RoleName=arguments["name"])["Role"]
    return {
        "id": found["RoleName"],
        "arn": found["Arn"],
        "assumeRolePolicy": json.dumps(found["AssumeRolePolicyDocument"]),
        "createDate": str(found["CreateDate"]),
        "description": found.get("Description", ""),
        "maxSessionDuration": found.get("MaxSessionDuration"),
        "path": found["Path"],
        "permissionsBoundary": "",
        "roleLastUseds": [],
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags") or []},
        "uniqueId": found["RoleId"],
    }


@function("iam/getPolicy")
def policy(session: Session, arguments: dict[str, Any]) -> dict[str, Any]:
    """Look a policy up by ARN or name; AWS's own are among them."""
    arn = arguments.get("arn")
    if not arn:
        arn = _arn_of(session, str(arguments.get("name")))
    found = session.ask("iam", "get_policy", PolicyArn=arn)["Policy"]
    version = session.ask("iam", "get_policy_version", PolicyArn=arn, VersionId=found["DefaultVersionId"])
    return {
        "id": arn,
        "arn": arn,
        "attachmentCount": found.get("AttachmentCount", 0),
        "description": found.get("Description", ""),
        "name": found["PolicyName"],
        "path": found["Path"],
        "policy": json.dumps(version["PolicyVersion"]["Document"]),
        "policyId": found["PolicyId"],
        "tags": {},
    }


def _arn_of(session: Session, name: str) -> str:
    answer = session.ask("iam", "list_policies")
    while True:
        match = next((p for p in answer["Policies"] if p["PolicyName"] == name), None)
        if match:
            return str(match["Arn"])
        if not answer.get("IsTruncated"):
            raise ApiError(f"no IAM policy is named {name!r}")
        answer = session.ask("iam", "list_policies", Marker=answer["Marker"])
