from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

ACCOUNT = "123456789012"
"""The account in which the emulation is."""

STACK = """\
config:
  aws:region: {region}
  aws:allowedAccountIds: ["{account}"]
  groundwork:environment: lab
  groundwork:profile: prod
  groundwork:components:
    network: {{}}
"""


def project(root: Path, account: str = ACCOUNT, region: str = "eu-west-1") -> Path:
    """Write a project with one environment, `lab`."""
    (root / "stacks").mkdir(parents=True, exist_ok=True)
    (root / "Pulumi.yaml").write_text("name: groundwork\nmain: stacks/\nstackConfigDir: stacks\nruntime: python\n")
    (root / "stacks" / "Pulumi.lab.yaml").write_text(STACK.format(account=account, region=region))
    return root


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS, emulated in this process: nothing leaves it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    with mock_aws():
        yield
