"""Who may use a key of KMS, apart from those whom the account's IAM allows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from infra._policies import service_suffix


def key_policy(partition: str, account_id: str, statements: Sequence[dict[str, Any]]) -> str:
    """Return AWS's default policy, by which the account's IAM decides, and what services need beside it.

    Without the first statement nobody, the account's root included, could ever change the key again:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    owner = {
        "Sid": "IamDecides",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [owner, *statements]})


def logs_key_policy(partition: str, region: str, account_id: str, paths: Sequence[str]) -> str:
    """Return the policy of a key that CloudWatch Logs uses for these log groups and no others.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    suffix = service_suffix(partition)
    groups = [f"arn:{partition}:logs:{region}:{account_id}:log-group:{path}" for path in paths]
    logs = {
        "Sid": "LogsOfThisComponent",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.{suffix}"},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": groups}},
    }
    return key_policy(partition, account_id, [logs])
