"""The database server, as the engine would get it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

from groundwork.core.errors import StackError
from groundwork.sandbox.standins.aws.replace import rule_of
from infra._rds_authorities import authorities
from infra._rds_steps import backwards
from tests.infra.stacks import build, document, whole

ROOT = Path(__file__).parents[2]
INSTANCE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1"  # noqa: S105 - a name


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
                "finalSnapshotIdentifier": "groundwork-prod-rds-final-rds",
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
    assert {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"} in group["parameters"]
    assert (group["family"], group["name"]) == ("postgres16", "groundwork-dev-rds-postgres16-rds")


def test_parameters_tell_when_they_take_effect_and_a_stack_can_change_them() -> None:
    group = build(network={}, rds={"parameters": {"log_min_duration_statement": "250", "max_connections": "400"}})
    given = {p["name"]: (p["value"], p["applyMethod"]) for p in group.one(PARAMETERS).inputs["parameters"]}
    assert given["log_min_duration_statement"] == ("250", "immediate")
    assert given["max_connections"] == ("400", "pending-reboot")
    assert given["shared_preload_libraries"] == ("pg_stat_statements", "pending-reboot")
    assert given["log_statement"] == ("ddl", "immediate")


def test_rds_keeps_the_administrators_password_and_no_state_holds_it() -> None:
    inputs = server()
    assert "password" not in inputs
    assert inputs["manageMasterUserPassword"] is True
    assert inputs["masterUserSecretKmsKeyId"] == "arn:aws:kms:eu-west-1:111122223333:rds-key"
    assert build(network={}, rds={}).of("random:index/randomPassword:RandomPassword") == []


def test_the_job_asks_for_the_present_password_and_may_read_no_other_secret() -> None:
    graph = whole()
    spec = graph.one("kubernetes:batch/v1:Job", "app-user-data-database-job").inputs["spec"]["template"]["spec"]
    (ask,) = spec["initContainers"]
    assert {"name": "SECRET", "value": SECRET} in ask["env"]
    assert "get-secret-value" in ask["command"][-1]
    role = graph.one("aws:iam/rolePolicy:RolePolicy", "app-user-data-database-database-administrator")
    assert document(role.inputs["policy"]) == [
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [SECRET]},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": ["arn:aws:kms:eu-west-1:111122223333:rds-key"],
            "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
        },
    ]
    assert role.urn in graph.before(graph.one("kubernetes:batch/v1:Job", "app-user-data-database-job"))


def test_a_cluster_without_identities_is_told_to_take_a_fixed_password() -> None:
    stack: dict[str, Any] = {"network": {}, "plain-cluster": {}, "app": {}}
    with pytest.raises(StackError) as error:
        build(rds={}, **stack)
    assert error.value.problems == (
        "app: database user-data: RDS rotates its administrator's password, which only a pod with an identity in AWS "
        "can read, and the cluster plain gives none: take an `eks` cluster, or set rds.adminPassword: fixed",
    )
    graph = build(rds={"adminPassword": "fixed"}, **stack)
    assert graph.one(INSTANCE).inputs["password"][_special_sig_key] == _special_secret_sig
    assert graph.outputs["rds.password"] == "[secret]"
    assert "manageMasterUserPassword" not in graph.one(INSTANCE).inputs


def test_its_key_serves_its_own_logs_and_no_others() -> None:
    graph = build(network={}, rds={})
    owner, logs = document(graph.one("aws:kms/key:Key", "rds-key").inputs["policy"])
    assert owner["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    prefix = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/rds/instance/groundwork-dev-rds"
    assert logs["Condition"] == {
        "ArnEquals": {"kms:EncryptionContext:aws:logs:arn": [f"{prefix}/postgresql", f"{prefix}/upgrade"]}
    }
    groups = [g for g in graph.of("aws:cloudwatch/logGroup:LogGroup") if "rds" in g.name]
    assert {g.inputs["kmsKeyId"] for g in groups} == {"arn:aws:kms:eu-west-1:111122223333:rds-key"}


def test_only_this_accounts_servers_write_measurements() -> None:
    graph = build("prod", network={}, rds={})
    role = graph.one("aws:iam/role:Role", "rds-monitoring")
    (statement,) = document(role.inputs["assumeRolePolicy"])
    assert statement["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    assert graph.one(INSTANCE).inputs["monitoringInterval"] == 60
    assert server()["monitoringInterval"] == 0


@pytest.mark.parametrize(
    ("before", "version", "storage_gi", "problems"),
    [
        ({}, "16", 20, []),
        ({"version": "16", "storage_gi": 20.0}, "17", 100, []),
        (
            {"version": "17", "storage_gi": 400.0},
            "16",
            100,
            [
                "rds.version: the server is 17 and RDS never goes back to 16; keep 17",
                "rds.storageGi: 100, and the server was given 400: RDS takes no storage back; keep 400",
            ],
        ),
    ],
)
def test_what_rds_never_takes_back_is_told_before_anything_changes(
    before: dict[str, Any], version: str, storage_gi: int, problems: list[str]
) -> None:
    assert backwards("rds", before, version=version, storage_gi=storage_gi) == problems


def test_it_says_what_it_cannot_go_back_from() -> None:
    outputs = build(network={}, rds={"version": "16"}).outputs
    assert (outputs["rds.version"], outputs["rds.storage_gi"]) == ("16", 20)


def test_an_upgrade_replaces_no_server() -> None:
    """By the provider's own table; only the group of parameters, which is of a version, is another one."""
    old, new = (build("prod", network={}, rds={"version": version}) for version in ("16", "17"))
    before, after = (graph.one(INSTANCE).inputs for graph in (old, new))
    changed = {key for key in before if before[key] != after.get(key)}
    assert changed == {"engineVersion", "parameterGroupName"}
    rules = [rule_of(INSTANCE, key) for key in changed]
    assert {rule.effect for rule in rules if rule} == {"update"}
    assert after["allowMajorVersionUpgrade"] is True
    assert (after["applyImmediately"], new.one(PARAMETERS).inputs["skipDestroy"]) == (False, True)


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
        ({"version": "12"}, "rds.version: must be '16' or '17' (got '12')"),
        ({"storageGi": 200, "maxStorageGi": 210}, "maxStorageGi is 210, and storageGi 200: RDS needs at least 220"),
        ({"backupDays": 60}, "rds.backupDays: must be at most 35 (got 60)"),
        (
            {"backupWindow": "23:30-00:30", "maintenanceWindow": "mon:00:00-mon:01:00"},
            "backupWindow is 23:30-00:30, and maintenanceWindow mon:00:00-mon:01:00: RDS wants them apart",
        ),
        ({"backupWindow": "2-3"}, "rds.backupWindow: '2-3' is no window of a day in UTC; an example is 02:00-03:00"),
        ({"backupWindow": "02:00-02:10"}, "rds.backupWindow: 02:00-02:10 has 10 minutes: AWS needs at least 30"),
        (
            {"maintenanceWindow": "sun:04:00-sun:04:30"},
            "rds.maintenanceWindow: sun:04:00-sun:04:30 has 30 minutes: it must have 60 to 1440",
        ),
        ({"parameters": {"rds.force_ssl": "0"}}, "parameters.rds.force_ssl: always '1' here; leave it out"),
        ({"monitoringSeconds": 2}, "rds.monitoringSeconds: must be 0, 1, 5, 10, 15, 30 or 60 (got 2)"),
        ({"storageGi": 5}, "rds.storageGi: must be at least 20 (got 5)"),
    ],
)
def test_what_cannot_be_a_server_is_told(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        server(**config)
    assert problem in str(error.value)


def test_callers_are_told_to_come_by_tls_and_whom_to_believe() -> None:
    """A program without TLS then gets a pool in between, which checks the server's certificate."""
    outputs = build(network={}, rds={}).outputs
    assert outputs["rds.requires_tls"] is True
    assert outputs["rds.authorities"] == authorities("eu-west-1")
    own = f"-----BEGIN CERTIFICATE-----\nours\n{'-' * 5}END CERTIFICATE-----\n"
    assert build(network={}, rds={"authorities": own}).outputs["rds.authorities"] == own
    assert authorities("xx-nowhere-1") == ""


def test_each_region_has_three_authorities_that_sign_themselves() -> None:
    regions = json.loads((ROOT / "infra" / "rds-authorities.json").read_text(encoding="utf-8"))
    assert len(regions) == 27
    for region, roots in regions.items():
        found = x509.load_pem_x509_certificates(authorities(region).encode())
        names = {root.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value for root in found}
        assert names == {f"Amazon RDS {region} Root CA {kind} G1" for kind in ("RSA2048", "RSA4096", "ECC384")}
        assert len(roots) == 3
        for root in found:
            root.verify_directly_issued_by(root)
            assert root.not_valid_after_utc.year > 2060
