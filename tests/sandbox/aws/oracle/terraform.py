"""The real Terraform with the real AWS provider, pointed at the emulated API; no other network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.once import once

VERSION = "5.100.0"
_PLUGIN = f"registry.terraform.io/hashicorp/aws/{VERSION}"
_MIRRORS = (
    "~/.terraform.d/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/local/share/terraform/providers",
    "/usr/share/terraform/plugins",
    "/usr/share/terraform/providers",
    "/opt/*",
)
_SERVICES = (
    "acm budgets cloudwatch cloudwatchevents cloudwatchlogs ec2 ecr efs eks elasticache fsx iam kms rds route53 s3 "
    "secretsmanager sns sqs ssm sts"
)


def find_mirror() -> Path | None:
    """Return the folder of plugins that holds the provider, None where there is none."""
    for pattern in _MIRRORS:
        wanted = Path(pattern).expanduser()
        for folder in wanted.parent.glob(wanted.name) if wanted.parent.is_dir() else ():
            if (folder / _PLUGIN).is_dir():
                return folder
    return None


class Terraform:
    """A working folder of Terraform with one configuration, which `write` replaces."""

    def __init__(self, folder: Path, mirror: Path, moto_url: str, region: str) -> None:
        program = shutil.which("terraform")
        assert program is not None
        self._program, self._folder = program, folder
        settings = folder / "terraform.rc"
        settings.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror}" }}\n}}\n')
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._head = {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": VERSION}}},
            "provider": {
                "aws": {
                    "region": region,
                    "access_key": "oracle",
                    "secret_key": "oracle",
                    "s3_use_path_style": True,
                    "skip_credentials_validation": True,
                    "skip_metadata_api_check": True,
                    "skip_requesting_account_id": False,
                    "endpoints": [dict.fromkeys(_SERVICES.split(), moto_url)],
                }
            },
        }
        self.write({})
        self._run("init", "-input=false")

    def write(self, resources: dict[str, dict[str, Any]]) -> None:
        """Set the configuration: type to name to body."""
        whole = {**self._head, **({"resource": resources} if resources else {})}
        (self._folder / "main.tf.json").write_text(json.dumps(whole, indent=1))

    def schemas(self) -> dict[str, Any]:
        """Return the schema of every resource type."""
        whole = json.loads(once("terraform-schemas", lambda: self._run("providers", "schema", "-json").stdout.encode()))
        (provider,) = whole["provider_schemas"].values()
        found: dict[str, Any] = provider["resource_schemas"]
        return found

    def problems(self) -> list[dict[str, Any]]:
        """Return what `validate` refuses."""
        answer = json.loads(self._run("validate", "-json", fails=None).stdout)
        return [item for item in answer["diagnostics"] if item["severity"] == "error"]

    def apply(self) -> None:
        """Make what is configured.

        A second time where the first failed: on a busy machine the provider's SDK can lose an answer and repeat a call
        that cannot be repeated (a role is added to a profile once). What the provider really refuses, it refuses twice.
        """
        apply = ("apply", "-input=false", "-auto-approve", "-no-color", "-parallelism=4")
        if self._run(*apply, fails=None).returncode != 0:
            self._run(*apply)

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the attributes of each resource that was made, by name."""
        whole = json.loads(self._run("show", "-json").stdout)
        return {item["name"]: item["values"] for item in whole["values"]["root_module"]["resources"]}

    def plan(self) -> dict[str, str]:
        """Return what would happen to each resource that would not stay, by name: create, update, replace or delete.

        Raises:
            AssertionError: the configuration is refused, with each reason.
        """
        done = self._run("plan", "-json", "-input=false", "-refresh=false", fails=None)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        refused = [event["diagnostic"] for event in events if event["@level"] == "error"]
        assert refused == [], done.stderr
        changes = [event["change"] for event in events if event["type"] == "planned_change"]
        return {change["resource"]["resource_name"]: change["action"] for change in changes}

    def _run(self, *arguments: str, fails: bool | None = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self._program, *arguments],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert fails is None or (done.returncode != 0) is fails, done.stdout + done.stderr
        return done
