"""Examples of the rules over everything in the account."""

from __future__ import annotations

import json

from groundwork.policy.example import REMOVED, Example, one
from groundwork.policy.subject import Subject
from policies.aws_account import PROVIDER
from policies.examples._parts import LOG_GROUP, NODE_CLASS

_TAGS = {"groundwork:environment": "prod", "groundwork:stack": "prod", "groundwork:project": "groundwork"}
_PROVIDER = Subject(PROVIDER, "aws", {"defaultTags": json.dumps({"tags": _TAGS})}, "urn:provider")
_QUEUE = "aws:sqs/queue:Queue"
_MACHINES = one(
    "aws:ec2/launchTemplate:LaunchTemplate",
    {"tagSpecifications": [{"resourceType": kind, "tags": dict(_TAGS)} for kind in ("instance", "volume")]},
    _PROVIDER,
)

EXAMPLES = [
    Example(
        "required-tags",
        one(_QUEUE, {"tags": {"Name": "it"}}, _PROVIDER),
        "",
        None,
        "Queue it: has no tag groundwork:environment, groundwork:stack, groundwork:project: "
        "add it, best by the provider's",
    ),
    Example(
        "required-tags",
        one(_QUEUE, {"tagsAll": _TAGS}),
        "tagsAll.groundwork:environment",
        "dev",
        "Queue it: groundwork:environment is dev: set it to prod",
    ),
    Example(
        "required-tags",
        _MACHINES,
        "tagSpecifications.1.tags.groundwork:project",
        REMOVED,
        "LaunchTemplate it: its volumes have no tag groundwork:project: add it, best by the provider's",
    ),
    Example(
        "required-tags",
        one(NODE_CLASS[0].type, {"metadata": {"name": "gpu"}, "spec": {"tags": _TAGS}}, _PROVIDER),
        "spec.tags",
        {"Name": "gpu"},
        "EC2NodeClass gpu: its machines have no tag groundwork:environment, groundwork:stack, groundwork:project: "
        "add it, best by the provider's",
    ),
    Example(
        "log-retention",
        LOG_GROUP,
        "retentionInDays",
        REMOVED,
        "LogGroup it: keeps logs for ever: set retentionInDays to 90",
    ),
    Example(
        "log-retention",
        LOG_GROUP,
        "retentionInDays",
        30,
        "LogGroup it: keeps logs for 30 days: set retentionInDays to 90",
    ),
]
