"""The stand-in under the real engine: plain `pulumi` with a small program."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.language_host import install
from groundwork.sandbox.standins.aws.clients import Clients, Identity
from groundwork.sandbox.standins.aws.moto import Moto
from groundwork.sandbox.tools.locate import Tools
from tests.sandbox.aws.conftest import ACCOUNT, REGION, StandIn
from tests.sandbox.isolation import isolated

PROGRAM = """
import json
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
cidr = config.get("cidr") or "10.50.0.0/16"
zones = aws.get_availability_zones(state="available").names[:2]
vpc = aws.ec2.Vpc("main", cidr_block=cidr, enable_dns_hostnames=config.get_bool("hostnames"))
prefix = cidr.split(".")[0] + "." + cidr.split(".")[1]
subnets = [
    aws.ec2.Subnet(f"zone-{zone}", vpc_id=vpc.id, cidr_block=f"{prefix}.{i}.0/24", availability_zone=zone)
    for i, zone in enumerate(zones)
]
trust = aws.iam.get_policy_document(statements=[{
    "actions": ["sts:AssumeRole"],
    "principals": [{"type": "Service", "identifiers": ["eks.amazonaws.com"]}],
}])
role = aws.iam.Role("cluster", assume_role_policy=trust.json)
cluster = aws.eks.Cluster("main", name="engine", role_arn=role.arn,
    vpc_config={"subnet_ids": [subnet.id for subnet in subnets], "endpoint_private_access": True})
addon = aws.eks.Addon("dns", cluster_name=cluster.name, addon_name="coredns")
password = config.require_secret("password")
database = aws.rds.Instance("db", identifier="engine-db", engine="postgres", engine_version="17.5",
    instance_class="db.t4g.medium", allocated_storage=20, username="groundwork", password=password,
    skip_final_snapshot=True)
american = aws.Provider("american", region="us-east-1", default_tags={"tags": {"owner": "ml"}})
topic = aws.sns.Topic("alerts", name="alerts", opts=pulumi.ResourceOptions(provider=american))
adopt = config.get("adopt")
if adopt:
    aws.sqs.Queue("adopted", name="by-hand", opts=pulumi.ResourceOptions(import_=adopt))
pulumi.export("endpoint", cluster.endpoint)
pulumi.export("vpc", vpc.id)
pulumi.export("topic", topic.arn)
pulumi.export("tags", topic.tags_all)
"""


class Project:
    """A Pulumi project in a folder of its own."""

    def __init__(self, root: Path, pulumi: Path, port: int) -> None:
        self.folder, self._pulumi = root / "project", pulumi
        environment = isolated(root)
        install(root / "bin")
        (self.folder / "Pulumi.yaml").write_text("name: engine\nruntime: python\n")
        (self.folder / "__main__.py").write_text(PROGRAM)
        self._environment = environment | {
            "PATH": f"{root / 'bin'}:{pulumi.parent}:{os.environ['PATH']}",
            "PULUMI_DEBUG_PROVIDERS": f"aws:{port}",
        }
        self.state_folder = root / "state"

    def run(self, *arguments: str, fails: bool = False) -> str:
        done = self._run(*arguments)
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._pulumi, *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def changes(self, *arguments: str) -> dict[str, int]:
        """Run a preview and return how many resources it would change, by kind."""
        done = self._run("preview", "--json", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        whole = json.loads(done.stdout)
        return {kind: count for kind, count in whole["changeSummary"].items() if kind != "same"}

    def outputs(self) -> Any:
        return json.loads(self._run("stack", "output", "--json").stdout)


@pytest.fixture(scope="module")
def project(standin: StandIn, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("engine"), tools.pulumi, standin.port)
    made.run("stack", "init", "test")
    made.run("config", "set", "aws:region", REGION)
    made.run("config", "set", "--secret", "password", "kept-out-of-files")
    yield made
    made.run("destroy", "--yes", "--skip-preview")


def test_a_program_comes_up_changes_replaces_and_refreshes(project: Project, moto: Moto, standin: StandIn) -> None:
    project.run("up", "--yes", "--skip-preview")
    outputs = project.outputs()
    assert outputs["topic"] == f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
    assert outputs["tags"] == {"owner": "ml"}
    assert outputs["endpoint"] == "https://127.0.0.1:6443"
    assert project.changes() == {}
    assert project.changes("--refresh") == {}

    project.run("config", "set", "hostnames", "true")
    assert project.changes() == {"update": 1}
    project.run("up", "--yes", "--skip-preview")

    ec2 = Clients(moto.url).get("ec2", REGION, Identity())
    ec2.modify_vpc_attribute(VpcId=outputs["vpc"], EnableDnsHostnames={"Value": False})
    assert project.changes("--refresh") == {"update": 1}
    project.run("up", "--yes", "--skip-preview", "--refresh")

    project.run("config", "set", "cidr", "10.60.0.0/16")
    found = project.changes()
    assert found["replace"] == 3, "the VPC and its two subnets; the cluster takes new subnets in place"
    assert found["update"] == 1

    written = [path for path in project.state_folder.rglob("*") if path.is_file()]
    written += list(standin.state_dir.iterdir())
    assert [path for path in written if "kept-out-of-files" in path.read_text(errors="replace")] == []


def test_an_existing_resource_is_imported(project: Project, moto: Moto) -> None:
    sqs = Clients(moto.url).get("sqs", REGION, Identity())
    url = sqs.create_queue(QueueName="by-hand")["QueueUrl"]
    project.run("config", "set", "cidr", "10.50.0.0/16")
    project.run("config", "set", "adopt", url)
    text = project.run("up", "--yes", "--skip-preview")
    assert "1 imported" in text
    assert project.changes() == {}


def test_problems_are_shown_before_anything_is_made(project: Project) -> None:
    (project.folder / "__main__.py").write_text(
        "import pulumi_aws as aws\naws.sqs.Queue('wrong', visibility_timeout_seconds=50000, delay_seconds=901)\n"
    )
    text = project.run("preview", fails=True)
    assert "visibilityTimeoutSeconds" in text
    assert "50000: must be 0 to 43200" in text
    assert "901: must be 0 to 900" in text
    assert "Traceback" not in text


def test_the_wrong_account_is_refused(project: Project) -> None:
    project.run("config", "set", "--path", "aws:allowedAccountIds[0]", "111122223333")
    text = project.run("preview", fails=True)
    assert "AWS account ID not allowed: 123456789012 (allowed: 111122223333)" in text
    project.run("config", "rm", "aws:allowedAccountIds")
    (project.folder / "__main__.py").write_text(PROGRAM)
