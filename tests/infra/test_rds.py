"""The database server, as the engine would get it."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

from groundwork.core.errors import StackError
from tests.infra.stacks import build, whole

INSTANCE = "aws:rds/instance:Instance"


def server(environment: str = "dev", **config: Any) -> dict[str, Any]:
    return build(environment, network={}, rds=config).one(INSTANCE).inputs


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            "dev",
            {
                "instanceClass": "db.t4g.medium",
                "allocatedStorage": 20,
                "maxAllocatedStorage": 100,
                "multiAz": False,
                "backupRetentionPeriod": 3,
                "deletionProtection": False,
                "skipFinalSnapshot": True,
                "performanceInsightsEnabled": False,
            },
        ),
        (
            "prod",
            {
                "instanceClass": "db.m7g.xlarge",
                "allocatedStorage": 400,
                "maxAllocatedStorage": 2000,
                "multiAz": True,
                "backupRetentionPeriod": 30,
                "deletionProtection": True,
                "skipFinalSnapshot": False,
                "finalSnapshotIdentifier": "groundwork-prod-rds-final",
                "performanceInsightsEnabled": True,
                "performanceInsightsKmsKeyId": "arn:aws:kms:eu-west-1:111122223333:rds-key",
                "deleteAutomatedBackups": False,
            },
        ),
    ],
)
def test_size_and_safety_are_the_environments(environment: str, expected: dict[str, Any]) -> None:
    inputs = server(environment)
    assert {key: inputs.get(key) for key in expected} == expected


def test_it_is_encrypted_private_and_of_a_major_version_that_aws_keeps_patched() -> None:
    inputs = server()
    assert inputs["storageEncrypted"] is True
    assert inputs["kmsKeyId"] == "arn:aws:kms:eu-west-1:111122223333:rds-key"
    assert inputs["publiclyAccessible"] is False
    assert (inputs["engineVersion"], inputs["autoMinorVersionUpgrade"]) == ("17", True)


def test_only_nodes_and_pods_reach_it_and_only_at_its_port() -> None:
    graph = build(network={}, rds={})
    group = graph.one("aws:ec2/securityGroup:SecurityGroup").inputs
    (rule,) = group["ingress"]
    assert rule["cidrBlocks"] == ["10.20.0.0/18", "10.20.64.0/18", "100.64.0.0/18", "100.64.64.0/18"]
    assert (rule["protocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 5432, 5432)
    assert group["egress"] == []
    assert graph.one(INSTANCE).inputs["vpcSecurityGroupIds"] == ["rds-access-id"]


def test_it_refuses_clients_without_tls() -> None:
    group = build(network={}, rds={"version": "16"}).one("aws:rds/parameterGroup:ParameterGroup").inputs
    assert group["parameters"] == [{"name": "rds.force_ssl", "value": "1"}]
    assert (group["family"], group["name"]) == ("postgres16", "groundwork-dev-rds-postgres16")


def test_the_password_is_a_secret_wherever_it_goes() -> None:
    graph = build(network={}, rds={})
    assert graph.one(INSTANCE).inputs["password"][_special_sig_key] == _special_secret_sig
    assert graph.outputs["rds.password"] == "[secret]"


def test_its_logs_have_groups_of_their_own_before_it_writes() -> None:
    graph = build(network={}, rds={})
    instance = graph.one(INSTANCE)
    groups = {r.inputs["name"]: r.urn for r in graph.of("aws:cloudwatch/logGroup:LogGroup") if "rds" in r.name}
    assert set(groups) == {f"/aws/rds/instance/groundwork-dev-rds/{kind}" for kind in ("postgresql", "upgrade")}
    assert set(groups.values()) <= set(instance.depends_on)


def test_a_database_is_made_over_tls_by_a_job_where_its_user_is() -> None:
    graph = whole()
    job = graph.one("kubernetes:batch/v1:Job", "app-user-data-database-job")
    assert job.inputs["metadata"]["namespace"] == "user-data-database"
    secret = graph.one("kubernetes:core/v1:Secret", "app-user-data-database-administrator").inputs["stringData"]
    values = secret.get("value", secret)
    assert (values["PGHOST"], values["PGUSER"], values["PGSSLMODE"]) == ("database.example", "groundwork", "require")


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"version": "12"}, "rds.version: input should be '16' or '17' (got '12')"),
        ({"storageGi": 200, "maxStorageGi": 210}, "maxStorageGi is 210, and storageGi 200: RDS needs at least 220"),
        ({"backupDays": 60}, "rds.backupDays: input should be less than or equal to 35 (got 60)"),
        ({"storageGi": 5}, "rds.storageGi: input should be greater than or equal to 20 (got 5)"),
    ],
)
def test_what_cannot_be_a_server_is_told(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        server(**config)
    assert problem in str(error.value)
