from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
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

_PULUMI = """#!/bin/sh
{before}
stack=none
for word; do [ "$before" = --stack ] && stack=$word; before=$word; done
case "$1 $2" in
  "stack export") cat {here}/$stack.json ;;
  "stack import") cat > {here}/$stack.json ;;
  {cases}
esac
"""


def project(root: Path, account: str = ACCOUNT, region: str = "eu-west-1") -> Path:
    """Write a project with one environment, `lab`."""
    (root / "stacks").mkdir(parents=True, exist_ok=True)
    (root / "Pulumi.yaml").write_text("name: groundwork\nmain: stacks/\nstackConfigDir: stacks\nruntime: python\n")
    (root / "stacks" / "Pulumi.lab.yaml").write_text(STACK.format(account=account, region=region))
    return root


def project_of(root: Path, stacks: Mapping[str, str]) -> Path:
    """Write a project whose environment, `lab`, has these stacks: name -> what stands after its frame."""
    (root / "stacks").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: demo\nmain: stacks/\nstackConfigDir: stacks\nruntime: python\n")
    for stack, text in stacks.items():
        frame = STACK.partition("  groundwork:components:")[0].format(account=ACCOUNT, region="eu-west-1")
        (root / "stacks" / f"Pulumi.{stack}.yaml").write_text(frame + text)
    return root


def fake_pulumi(folder: Path, before: str = "", cases: str = "") -> None:
    """Put a `pulumi` into a folder that keeps the state of each stack there; `cases` are what else it answers to."""
    (folder / "pulumi").write_text(_PULUMI.format(here=folder, before=before, cases=cases))
    (folder / "pulumi").chmod(0o755)


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
