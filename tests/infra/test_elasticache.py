"""The message broker, as the engine would get it."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

from groundwork.core.errors import StackError
from tests.infra.stacks import build, document

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
USER: Any = {"queue-user": {}}


def server(environment: str = "dev", **config: Any) -> dict[str, Any]:
    return build(environment, network={}, elasticache=config).one(GROUP).inputs


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            "dev",
            {
                "nodeType": "cache.t4g.small",
                "numCacheClusters": 1,
                "automaticFailoverEnabled": False,
                "multiAzEnabled": False,
                "snapshotRetentionLimit": 0,
                "applyImmediately": True,
            },
        ),
        (
            "prod",
            {
                "nodeType": "cache.m7g.large",
                "numCacheClusters": 2,
                "automaticFailoverEnabled": True,
                "multiAzEnabled": True,
                "snapshotRetentionLimit": 1,
                "finalSnapshotIdentifier": "groundwork-prod-elasticache-final-elasticache",
                "applyImmediately": False,
            },
        ),
    ],
)
def test_size_and_safety_are_the_environments(environment: str, expected: dict[str, Any]) -> None:
    inputs = server(environment)
    assert {key: inputs.get(key) for key in expected} == expected
    resource = build(environment, network={}, elasticache={}).one(GROUP)
    assert resource.protect is (environment == "prod")


def test_it_is_encrypted_at_rest_and_on_the_way_and_asks_for_a_password() -> None:
    inputs = server()
    assert inputs["atRestEncryptionEnabled"] is True
    assert inputs["kmsKeyId"] == "arn:aws:kms:eu-west-1:111122223333:elasticache-key"
    assert (inputs["transitEncryptionEnabled"], inputs["transitEncryptionMode"]) == (True, "required")
    assert inputs["authToken"][_special_sig_key] == _special_secret_sig


def test_it_is_what_celery_can_use() -> None:
    """One shard, and nothing that waits is ever thrown away."""
    graph = build(network={}, elasticache={})
    inputs = graph.one(GROUP).inputs
    assert {"numNodeGroups", "replicasPerNodeGroup", "clusterMode"} & inputs.keys() == set()
    group = graph.one("aws:elasticache/parameterGroup:ParameterGroup").inputs
    assert group["parameters"] == [{"name": "maxmemory-policy", "value": "noeviction"}]
    assert (group["family"], inputs["engine"], inputs["engineVersion"]) == ("valkey8", "valkey", "8.1")
    assert (
        build(network={}, elasticache={"version": "7.2"})
        .one("aws:elasticache/parameterGroup:ParameterGroup")
        .inputs["family"]
        == "valkey7"
    )


def test_only_nodes_and_pods_reach_it_and_only_at_its_port() -> None:
    group = build(network={}, elasticache={}).one("aws:ec2/securityGroup:SecurityGroup", "elasticache-access").inputs
    (rule,) = group["ingress"]
    nodes, pods = ["10.20.0.0/18", "10.20.64.0/18"], ["100.64.0.0/18", "100.64.64.0/18"]
    assert rule["cidrBlocks"] == [*nodes, *pods]
    assert (rule["protocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 6379, 6379)
    assert group["egress"] == []


def test_its_logs_are_kept_under_its_own_key_and_for_as_long_as_others() -> None:
    graph = build(network={}, elasticache={})
    groups = {g.inputs["name"]: g for g in graph.of("aws:cloudwatch/logGroup:LogGroup") if "elasticache" in g.name}
    assert set(groups) == {f"/aws/elasticache/groundwork-dev-elasticache/{kind}" for kind in ("engine-log", "slow-log")}
    assert {g.inputs["kmsKeyId"] for g in groups.values()} == {"arn:aws:kms:eu-west-1:111122223333:elasticache-key"}
    assert {g.inputs["retentionInDays"] for g in groups.values()} == {14}
    _, logs = document(graph.one("aws:kms/key:Key", "elasticache-key").inputs["policy"])
    assert logs["Sid"] == "LogsOfThisComponent"


def test_the_way_in_is_over_tls_with_the_servers_name_verified() -> None:
    """As kombu reads a broker's URL, which is Airflow's: without these it takes any certificate."""
    graph = build(network={}, eks={}, elasticache={}, **USER)
    secret = graph.one("kubernetes:core/v1:Secret", "queue-user-tasks-queue-access")
    data = secret.inputs["stringData"]
    assert secret.inputs["metadata"] == {"name": "tasks-queue", "namespace": "queue-user"}
    password = "random-elasticache-password"  # noqa: S105 - what the recorder makes
    assert data.get("value", data) == {
        "url": f"rediss://:{password}@broker.example:6379/0?ssl_cert_reqs=required&ssl_check_hostname=true"
    }
    assert graph.outputs["elasticache.password"] == "[secret]"


def test_a_second_application_needs_a_broker_of_its_own() -> None:
    stack: dict[str, Any] = {"queue-user": {}, "other": {"component": "queue-user"}}
    with pytest.raises(StackError) as error:
        build(network={}, eks={}, elasticache={}, **stack)
    assert "would both be the user of elasticache; give each its own: `NAME: {component: elasticache}` and" in str(
        error.value
    )


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"version": "6.2"}, "elasticache.version: must be '7.2', '8.0' or '8.1' (got '6.2')"),
        ({"replicas": 6}, "elasticache.replicas: must be at most 5 (got 6)"),
        (
            {"nodeType": "db.t4g.small"},
            "elasticache.nodeType: must be a node type of ElastiCache, such as cache.t4g.small",
        ),
        (
            {"snapshotWindow": "05:30-06:30"},
            "snapshotWindow is 05:30-06:30, and maintenanceWindow sun:05:00-sun:06:00: ElastiCache wants them apart",
        ),
    ],
)
def test_what_cannot_be_a_broker_is_told(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        server(**config)
    assert problem in str(error.value)
