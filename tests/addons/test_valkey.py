"""Valkey: closed until somebody has a queue, and a broker that loses nothing silently."""

from __future__ import annotations

from typing import Any

import pytest
from addons.valkey import messages_mebibytes, settings

from groundwork.testing import Graph


@pytest.fixture(scope="module")
def graph(build: Any) -> Graph:
    """Airflow with Celery on it."""
    made: Graph = build({"sql": {}, "objects": {}, "valkey": {}, "airflow": {"executors": ["celery"]}})
    return made


def test_only_the_users_namespace_reaches_it(graph: Graph) -> None:
    """One policy closes the namespace, the other lets the pods of one namespace in at one port."""
    policies = {
        policy.inputs["metadata"]["name"]: policy.inputs
        for policy in graph.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    }
    closed, way_in = policies["valkey-closed"], policies["valkey-queue"]
    server = graph.one("kubernetes:apps/v1:StatefulSet", "valkey-server").inputs
    assert "ingress" not in closed["spec"]
    assert closed["spec"]["podSelector"] == {}
    assert closed["metadata"]["namespace"] == way_in["metadata"]["namespace"] == "valkey"
    assert way_in["spec"]["podSelector"]["matchLabels"] == server["spec"]["selector"]["matchLabels"]
    (rule,) = way_in["spec"]["ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "airflow"}}}]
    assert rule["ports"] == [{"port": 6379, "protocol": "TCP"}]


def test_the_password_is_made_once_and_reaches_the_server_in_a_secret(graph: Graph) -> None:
    """No argument and no variable of the server has it in plain text."""
    assert graph.one("random:index/randomPassword:RandomPassword", "valkey-password")
    pod = graph.one("kubernetes:apps/v1:StatefulSet", "valkey-server").inputs["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"] == ["valkey-server", "/etc/valkey/valkey.conf"]
    assert all("value" not in variable for variable in container["env"])
    assert pod["volumes"][0]["secret"]["secretName"] == "valkey-server"


def test_the_user_finds_its_queue_by_a_secret_of_its_own_namespace(graph: Graph) -> None:
    """The administrator's Secret stays with the server."""
    access = graph.one("kubernetes:core/v1:Secret", "airflow-queue-access").inputs
    assert access["metadata"] == {"name": "airflow-queue", "namespace": "airflow"}


def test_a_full_broker_refuses_instead_of_forgetting() -> None:
    """Half of the memory is for messages, none of which is ever evicted; all are on the volume within a second."""
    lines = settings("2Gi").splitlines()
    assert messages_mebibytes("2Gi") == 1024
    assert {"maxmemory 1024mb", "maxmemory-policy noeviction", "appendonly yes", "appendfsync everysec"} <= set(lines)
