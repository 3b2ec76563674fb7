"""PostgreSQL by CloudNativePG: what is asked of the operator, and what waits for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph, Registered, record
from tests.addons.conftest import STUBS

CRDS = Path(__file__).parents[2] / "platform" / "crds"
ADD_ONS = (
    "cert-manager",
    "cert-manager-api",
    "cloudnative-pg",
    "cloudnative-pg-api",
    "mlflow",
    "postgres-cluster",
    "prometheus-api",
)
REGISTRY = Registry({**STUBS, **{name: f"addons.{name.replace('-', '_')}" for name in ADD_ONS}})
STACK: dict[str, Any] = {"cluster": {}, "objects": {}, "cloudnative-pg": {}, "postgres-cluster": {}, "mlflow": {}}


def build(changes: dict[str, Any], environment: str = "dev") -> Graph:
    """Build the stack with these changes."""
    return record({**STACK, **changes}, environment=environment, registry=REGISTRY)


@pytest.fixture(scope="module")
def prod() -> Graph:
    """Three servers, and MLflow on them."""
    return build({"prometheus-api": {}, "cert-manager": {}}, "prod")


def asked(graph: Graph) -> dict[str, Registered]:
    """Return what is asked of the operator, by kind."""
    groups = ("postgresql.cnpg.io", "barmancloud.cnpg.io")
    return {r.inputs["kind"]: r for r in graph if r.inputs.get("apiVersion", "").startswith(groups)}


def test_choosing_a_cluster_brings_its_kinds(prod: Graph) -> None:
    """The operator comes after its kinds, the Cluster after the operator, the database after the Cluster."""
    found = asked(prod)
    assert set(found) == {"Cluster", "DatabaseRole", "Database", "ObjectStore", "ScheduledBackup"}
    release = prod.one("kubernetes:helm.sh/v3:Release", "cloudnative-pg")
    assert release.inputs["values"]["crds"] == {"create": False}
    assert release.urn in prod.before(found["Cluster"])
    assert found["Cluster"].urn in prod.before(found["DatabaseRole"])
    assert found["DatabaseRole"].urn in prod.before(found["Database"])


def test_a_pod_waits_until_its_user_can_log_in(prod: Graph) -> None:
    """An object that the API server has accepted is no database yet."""
    wait = prod.one("kubernetes:batch/v1:Job", "mlflow-database-wait")
    assert asked(prod)["Database"].urn in prod.before(wait)
    assert wait.urn in prod.before(prod.one("kubernetes:batch/v1:Job", "mlflow-migrate"))
    assert wait.inputs["metadata"]["namespace"] == "mlflow"


def test_production_survives_a_server(prod: Graph) -> None:
    """Three servers over the zones; a commit is on two of them."""
    cluster = asked(prod)["Cluster"].inputs["spec"]
    assert (cluster["instances"], cluster["enablePDB"]) == (3, True)
    assert cluster["postgresql"]["synchronous"] == {"method": "any", "number": 1, "dataDurability": "preferred"}
    assert cluster["affinity"]["topologyKey"] == "topology.kubernetes.io/zone"
    assert asked(prod)["Cluster"].protect


def test_a_single_server_keeps_no_node() -> None:
    """A budget over one server would keep its node from being drained."""
    cluster = asked(build({}))["Cluster"].inputs["spec"]
    assert (cluster["instances"], cluster["enablePDB"]) == (1, False)
    assert "synchronous" not in cluster["postgresql"]


def test_production_can_be_restored_to_any_second(prod: Graph) -> None:
    """Its log is archived under the account that the operator gives the servers, for as long as the profile says."""
    found = asked(prod)
    bucket = prod.one("test:index:Marker", "postgres-cluster-postgres-cluster-archive-bucket")
    assert bucket.inputs["readerWriters"] == ["postgres-cluster/postgres-cluster"]
    store = found["ObjectStore"].inputs["spec"]
    assert store["retentionPolicy"] == "30d"
    assert store["configuration"]["s3Credentials"] == {"inheritFromIAMRole": True}
    (plugin,) = found["Cluster"].inputs["spec"]["plugins"]
    assert plugin["isWALArchiver"] is True
    assert plugin["parameters"] == {"barmanObjectName": found["ObjectStore"].inputs["metadata"]["name"]}
    assert {found["ObjectStore"].urn, bucket.urn} <= prod.before(found["Cluster"])
    assert found["ScheduledBackup"].inputs["spec"]["immediate"] is True


def test_a_store_with_keys_gives_them_to_the_archive() -> None:
    """Where pods have no cloud identity, by the Secret in their own namespace."""
    found = asked(build({"objects": {"credentials": True}, "cert-manager": {}}))
    configuration = found["ObjectStore"].inputs["spec"]["configuration"]
    assert configuration["endpointURL"] == "http://store:9000"
    key = {"name": "postgres-cluster-archive-keys", "key": "AWS_SECRET_ACCESS_KEY"}
    assert configuration["s3Credentials"]["secretAccessKey"] == key


def test_without_certificates_nothing_is_archived() -> None:
    """The plugin and the operator know each other by them; who asks for an archive all the same is told."""
    assert "plugins" not in asked(build({}))["Cluster"].inputs["spec"]
    kept = build({"cert-manager": {}, "postgres-cluster": {"archive": False}})
    assert "ObjectStore" not in asked(kept)


def test_the_owners_password_is_the_users(prod: Graph) -> None:
    """One password in two Secrets: the operator's, which it follows, and the user's."""
    owner = prod.one("kubernetes:core/v1:Secret", "mlflow-database-owner").inputs
    access = prod.one("kubernetes:core/v1:Secret", "mlflow-database-access").inputs
    assert (owner["metadata"]["namespace"], owner["type"]) == ("postgres-cluster", "kubernetes.io/basic-auth")
    assert owner["metadata"]["labels"] == {"cnpg.io/reload": "true"}
    assert access["metadata"] == {"name": "mlflow-database", "namespace": "mlflow"}
    given = access["stringData"]["value"]
    assert given["password"] == owner["stringData"]["value"]["password"]
    assert given["host"] == "postgres-cluster-rw.postgres-cluster.svc.cluster.local"
    # What the contract says that it has: Katib reads each of them.
    assert set(given) == {"host", "port", "database", "username", "password", "sslmode", "uri"}


def test_the_server_accepts_what_is_asked(prod: Graph, api_server: KubeClient) -> None:
    """A real API server with the real kinds checks each field and each rule; the Job is admitted as restricted."""
    for name in ("barman-cloud-0.13.0.json", "cloudnative-pg-1.30.0.json"):
        for crd in json.loads((CRDS / name).read_text(encoding="utf-8")):
            api_server.apply(crd)
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "databases", "labels": labels}})
    wait_for(api_server, "v1", "ServiceAccount", "default", "databases")
    # Until it is established, a kind is not found.
    last = "subscriptions.postgresql.cnpg.io"
    api = ("apiextensions.k8s.io/v1", "CustomResourceDefinition", last)
    wait_for(api_server, *api, ready=_established)
    for made in asked(prod).values():
        given = made.inputs
        api_server.apply({**given, "metadata": {"name": made.name, "namespace": "databases"}}, dry_run=True)
    spec = prod.one("kubernetes:batch/v1:Job", "mlflow-database-wait").inputs["spec"]["template"]["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "wait", "namespace": "databases"}, "spec": spec}
    api_server.apply(pod, dry_run=True)


def _established(crd: dict[str, Any]) -> bool:
    conditions = {c["type"]: c["status"] for c in crd.get("status", {}).get("conditions") or ()}
    return conditions.get("Established") == "True"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"postgres-cluster": {"instances": 0}},
            "postgres-cluster.instances: must be more than 0 (got 0)",
        ),
        (
            {"postgres-cluster": {"archive": True}},
            "postgres-cluster.archive: true, and the operator's plugin needs certificates: add cert-manager",
        ),
        (
            {"app": {"component": "mlflow"}, "mlflow": {}},
            "app: a database cannot be called 'app'; PostgreSQL keeps app, postgres, streaming_replica, ",
        ),
    ],
)
def test_bad_input_is_told(changes: dict[str, Any], message: str) -> None:
    """The key, the value, and what would be valid."""
    with pytest.raises(StackError) as error:
        build(changes)
    assert message in str(error.value)


def test_a_cluster_needs_its_operator() -> None:
    """The message names what to add."""
    stack = {key: value for key, value in STACK.items() if key != "cloudnative-pg"}
    with pytest.raises(StackError, match="postgres-cluster requires a PostgresOperator: add cloudnative-pg"):
        record(stack, environment="dev", registry=REGISTRY)
