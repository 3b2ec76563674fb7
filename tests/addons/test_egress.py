"""Where pods of the mesh may call outside of the cluster: what their contracts need, and whom the stack file names."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.testing import Graph, record
from tests.addons.logins import COMPANY
from tests.addons.server import definitions

ENTRY = "kubernetes:networking.istio.io/v1:ServiceEntry"
STACK: dict[str, Any] = {
    "network": {"cidr": "10.20.0.0/16"},
    "eks": {"version": "1.35"},
    "pools": {"general": {"max": 2}},
    "s3": {},
    "rds": {},
    "istio-api": {"mode": "sidecar", "egress": {"allow": ["huggingface.co"]}},
    "istio": {},
    "istio-gateway": {},
    "login": COMPANY,
    "external-secrets": {},
    "mlflow": {},
}


@pytest.fixture(scope="module")
def closed() -> Graph:
    """A stack on AWS that keeps calls inside."""
    return record(STACK)


def entries(graph: Graph) -> dict[str, dict[str, Any]]:
    """Return the ServiceEntries by `namespace/name`."""
    found = [r.inputs for r in graph.of(ENTRY)]
    return {f"{given['metadata']['namespace']}/{given['metadata']['name']}": given["spec"] for given in found}


def test_who_has_a_bucket_reaches_it(closed: Graph) -> None:
    """By the names that clients of all kinds use, the bucket's own among them, from its own namespace alone."""
    spec = entries(closed)["mlflow/bucket-mlflow"]
    bucket = closed.one("aws:s3/bucket:Bucket", "mlflow-mlflow-bucket").inputs["bucket"]
    assert spec["hosts"] == [f"{bucket}.s3.eu-west-1.amazonaws.com", f"{bucket}.s3.dualstack.eu-west-1.amazonaws.com"]
    assert "s3.eu-west-1.amazonaws.com" in entries(closed)["mlflow/s3"]["hosts"]
    assert (spec["exportTo"], spec["resolution"]) == (["."], "NONE")
    assert [(port["number"], port["protocol"]) for port in spec["ports"]] == [(443, "TLS")]


def test_who_has_a_database_reaches_it(closed: Graph) -> None:
    """A call to it shows no name: it is known by the network that it is in."""
    spec = entries(closed)["mlflow/mlflow-database"]
    assert spec["addresses"] == ["10.20.0.0/16"]
    assert [(port["number"], port["protocol"]) for port in spec["ports"]] == [(5432, "TCP")]


def test_who_is_somebody_to_aws_reaches_who_says_so(closed: Graph) -> None:
    """Credentials come from the node's agent, which is no Service of the cluster."""
    assert entries(closed)["mlflow/pod-identity"]["addresses"] == ["169.254.170.23/32"]


def test_the_login_reaches_whom_it_asks(closed: Graph) -> None:
    """The company's provider."""
    assert entries(closed)["login/issuer"]["hosts"] == ["id.example.com"]


def test_airflow_reaches_its_dags(build: Any) -> None:
    """The repository's own host and port."""
    dags = {"repository": "https://git.example.com:8443/data/dags.git"}
    mesh = {"istio-api": {"mode": "sidecar", "egress": {}}, "login": {}}
    spec = entries(build({"sql": {}, "objects": {}, "airflow": {"dags": dags}, **mesh}))["airflow/dags"]
    assert (spec["hosts"], spec["ports"][0]["number"]) == (["git.example.com"], 8443)


def test_everybody_reaches_whom_the_stack_file_names(closed: Graph) -> None:
    """What one's own work needs is for people to say; nothing else is reached."""
    found = entries(closed)
    assert "exportTo" not in found["istio-system/huggingface-co-443"]
    assert {name.partition("/")[0] for name in found} == {"istio-system", "login", "mlflow"}


def test_where_calls_go_anywhere_nothing_is_said_of_them(build: Any) -> None:
    """No object without a need."""
    assert not entries(build({"istio-api": {"mode": "sidecar"}, "login": COMPANY, "external-secrets-api": {}}))


def test_the_server_accepts_every_entry(closed: Graph, api_server: KubeClient) -> None:
    """By Istio's own schema and rules, which refuse ranges of addresses that are none."""
    (crd,) = [crd for crd in definitions() if crd["metadata"]["name"] == "serviceentries.networking.istio.io"]
    api_server.apply(crd)
    api_server.discover("networking.istio.io/v1", "ServiceEntry", wait=60)
    for entry in closed.of(ENTRY):
        metadata = {**entry.inputs["metadata"], "namespace": "default"}
        api_server.apply({**entry.inputs, "metadata": metadata}, dry_run=True)
    wrong = {**entry.inputs["spec"], "resolution": "SOMEHOW"}
    with pytest.raises(ApiError, match="SOMEHOW"):
        api_server.apply({**entry.inputs, "metadata": metadata, "spec": wrong}, dry_run=True)
