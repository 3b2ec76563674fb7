"""The shapes of the SDK, read by many requests at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from groundwork.sandbox.standins.aws.sdk import sdk_resource

_MANY_AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from groundwork.sandbox.standins.aws.sdk import sdk_resource

sys.setswitchinterval(1e-5)
tokens = [f"aws:{kind}:{kind.partition('/')[2][0].upper()}{kind.partition('/')[2][1:]}" for kind in sys.argv[1:]]
with ThreadPoolExecutor(len(tokens)) as pool:
    print(sum(bool(found.inputs.fields) for found in pool.map(sdk_resource, tokens)))
"""
_KINDS = ("iam/role", "iam/policy", "iam/rolePolicy", "sqs/queue", "sqs/queuePolicy", "kms/key", "kms/alias")


def test_requests_at_once_meet_no_half_made_module_of_the_sdk() -> None:
    """A module that one thread still imports is never read by another; only a fresh process can show it."""
    command = [sys.executable, "-c", _MANY_AT_ONCE, *_KINDS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(len(_KINDS)), "")


def test_a_shape_is_read_once_and_an_unknown_one_is_told() -> None:
    """A type that the SDK lacks is named in the error, each time it is asked for."""
    assert sdk_resource("aws:sqs/queue:Queue") is sdk_resource("aws:sqs/queue:Queue")
    for _ in range(2):
        with pytest.raises(KeyError, match="Cloud"):
            sdk_resource("aws:sqs/cloud:Cloud")
