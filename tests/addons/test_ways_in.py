"""Servers in the cluster are closed but to those who were given something on them, and to whoever watches them."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.testing import Graph
from tests.environments import recorded

_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_JOB = "kubernetes:batch/v1:Job"


@pytest.fixture(scope="module", params=["local", "everything"])
def graph(request: pytest.FixtureRequest) -> Graph:
    return recorded(request.param)


def rules(graph: Graph, namespace: str) -> dict[str, list[dict[str, Any]]]:
    """Return name -> what each policy of a namespace lets in."""
    found = [policy.inputs for policy in graph.of(_POLICY) if policy.inputs["metadata"]["namespace"] == namespace]
    assert all(policy["spec"]["podSelector"] == {} for policy in found)
    return {policy["metadata"]["name"]: policy["spec"].get("ingress", []) for policy in found}


def test_postgres_is_reached_only_by_those_who_have_a_database_on_it(graph: Graph) -> None:
    found = rules(graph, "postgres")
    assert found.pop("postgres-closed") == []
    assert found
    for name, (rule,) in found.items():
        callers = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]]
        assert rule["ports"] == [{"port": 5432, "protocol": "TCP"}]
        # Who uses it, whose Secret says where it is, and the Job that makes it.
        owner, home = callers
        assert home == name
        secrets = graph.of("kubernetes:core/v1:Secret")
        assert [s for s in secrets if s.inputs["metadata"] == {"name": name, "namespace": owner}]
        jobs = [job.inputs["metadata"]["namespace"] for job in graph.of(_JOB)]
        assert home in jobs


def test_the_way_is_open_before_the_job_that_needs_it(graph: Graph) -> None:
    ways = [policy for policy in graph.of(_POLICY) if policy.inputs["metadata"]["namespace"] == "postgres"]
    jobs = {job.inputs["metadata"]["namespace"]: graph.before(job) for job in graph.of(_JOB)}
    for way in ways:
        name = way.inputs["metadata"]["name"]
        assert name == "postgres-closed" or way.urn in jobs[name]


def test_whoever_has_keys_reaches_the_object_store_and_nobody_its_console(graph: Graph) -> None:
    assert rules(graph, "minio") == {"minio-closed": [{"ports": [{"port": 9000, "protocol": "TCP"}]}]}


def test_the_operator_reaches_the_servers_of_a_cluster_and_clients_their_port() -> None:
    found = rules(recorded("everything"), "postgres-cluster")
    within, platform = found.pop("postgres-cluster-closed")
    assert within == {"from": [{"podSelector": {}}]}
    assert [port["port"] for port in platform["ports"]] == [8000, 9187]
    (peer,) = platform["from"]
    assert peer["namespaceSelector"]["matchExpressions"][0]["key"] == "app.kubernetes.io/part-of"
    assert all(rule["ports"] == [{"port": 5432, "protocol": "TCP"}] for (rule,) in found.values())
