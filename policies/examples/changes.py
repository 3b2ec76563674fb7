"""Examples of the rules over changes."""

from __future__ import annotations

import datetime

from groundwork.policy.example import Example
from groundwork.policy.facts import Approval, Change

_TYPE, _PASSWORD = "aws:rds/instance:Instance", "random:index/randomPassword:RandomPassword"
_APPROVAL = Approval(
    resource="Instance rds-server",
    action="replace",
    environment="prod",
    owner="platform",
    reason="moved to a larger volume, restored from last night's snapshot",
    until=datetime.date(2026, 12, 1),
)
_OLD = Approval(
    resource="Instance rds-server",
    action="delete",
    environment="prod",
    owner="platform",
    reason="no longer used",
    until=datetime.date(2026, 10, 1),
)
_OTHER = Approval(
    resource="Bucket models",
    action="replace",
    environment="prod",
    owner="ada",
    reason="its versions are to be locked",
    until=datetime.date(2026, 12, 1),
)
_FACTS = {"approvals": (_APPROVAL, _OLD, _OTHER)}
_APPROVED = Change("replace", _TYPE, "rds-server", "urn:rds", protected=True, keys=("dbName",))

EXAMPLES = [
    Example(
        "protected-changes-approved",
        (),
        "name",
        "rds-other",
        "Instance rds-other: would be replaced for dbName, and its databases with it: leave it as it is, or approve it "
        "in policies/exemptions.yaml: {resource: Instance rds-other, action: replace, environment: prod, owner: ..., "
        "reason: ..., until: ...}",
        _FACTS,
        _APPROVED,
    ),
    Example(
        "protected-changes-approved",
        (),
        "action",
        "delete",
        "Instance rds-server: would be deleted, and its databases with it: the approval of platform ended on "
        "2026-10-01: ask again",
        _FACTS,
        _APPROVED,
    ),
    Example(
        "protected-changes-approved",
        (),
        "action",
        "delete",
        "Bucket models: would be deleted, and its objects with it: ada approved to replace it, not to delete it: "
        "ask again, or leave it",
        _FACTS,
        Change("replace", "aws:s3/bucket:Bucket", "models", "urn:models", protected=True, keys=("objectLockEnabled",)),
    ),
    Example(
        "protected-changes-approved",
        (),
        "protected",
        True,
        "RandomPassword fernet-key: would be deleted, and what it holds with it: leave it as it is, or approve it in "
        "policies/exemptions.yaml: {resource: RandomPassword fernet-key, action: delete, environment: prod, "
        "owner: ..., reason: ..., until: ...}",
        _FACTS,
        Change("delete", _PASSWORD, "fernet-key", "urn:key", protected=False),
    ),
]
