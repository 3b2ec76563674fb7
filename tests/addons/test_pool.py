"""The pool of connections before a database server that takes callers by TLS only."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from addons import _pool as pool
from addons._pgbouncer import FOLDER, users

from groundwork.core.databases import SCRIPT
from groundwork.core.errors import StackError
from groundwork.sandbox.ports import free_ports
from groundwork.testing import Graph, record
from tests.addons.rendering import release
from tests.addons.stub_login import REGISTRY

DEPLOYMENT, SECRET = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Secret"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
AUTHORITIES = "-----BEGIN CERTIFICATE-----\nof nobody\n-----END CERTIFICATE-----\n"


def build(environment: str = "prod", **sql: Any) -> Graph:
    parts: dict[str, Any] = {"cluster": {}, "sql": sql, "objects": {}, "istio-api": {}, "prometheus-api": {}}
    parts["kubeflow"] = {}
    return record(parts, environment=environment, registry=REGISTRY)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(requiresTls=True, authorities=AUTHORITIES)


def content(graph: Graph, name: str) -> dict[str, str]:
    data = graph.one(SECRET, name).inputs["stringData"]
    found: dict[str, str] = data.get("value", data)
    return found


def test_metadata_comes_through_the_pool(graph: Graph) -> None:
    """Its Secret has the form of the database's own, and it waits for the pool and for what the pool leads to."""
    chart = next(r for r in graph if r.inputs.get("chart") == "kubeflow-pipelines")
    name, host = "kubeflow-metadata", "kubeflow-pool.kubeflow.svc.cluster.local"
    assert chart.inputs["values"]["database"]["metadata"]["secret"] == f"{name}-database-pooled"
    assert content(graph, f"kubeflow-{name}-database-pooled") == {
        "host": host,
        "port": "6432",
        "database": name,
        "username": name,
        "password": "hidden",
        "sslmode": "disable",
        "uri": f"postgresql://{name}:hidden@{host}:6432/{name}?sslmode=disable",
    }
    assert graph.one("test:index:Marker", f"kubeflow-{name}-database").urn in graph.before(chart)
    assert graph.one(DEPLOYMENT, "kubeflow-pool").urn in graph.before(chart)


def test_where_the_server_takes_plain_connections_nothing_stands_between() -> None:
    plain = build()
    assert not plain.of(DEPLOYMENT)
    assert "KubeflowPoolDown" not in str([r.inputs for r in plain])
    database = release(plain, "kubeflow-pipelines")["values"]["database"]
    assert database["metadata"]["secret"] == "kubeflow-metadata-database"  # noqa: S105 - the name of a Secret


def test_the_pool_checks_the_server_and_knows_its_callers_by_their_passwords(graph: Graph) -> None:
    files = content(graph, "kubeflow-pool-files")
    read = configparser.ConfigParser()
    read.read_string(files["pgbouncer.ini"])
    assert dict(read["databases"]) == {"*": "host=sql port=5432"}
    given = read["pgbouncer"]
    assert (given["server_tls_sslmode"], given["server_tls_ca_file"]) == ("verify-full", f"{FOLDER}/authorities.pem")
    assert (given["auth_type"], given["auth_file"]) == ("scram-sha-256", f"{FOLDER}/users.txt")
    assert (given["client_tls_sslmode"], given["pool_mode"]) == ("disable", "session")
    assert files["users.txt"] == '"kubeflow-metadata" "hidden"\n'
    assert files["authorities.pem"] == AUTHORITIES
    assert "hidden" not in str(graph.one(DEPLOYMENT, "kubeflow-pool").inputs)


def test_only_pods_that_speak_no_tls_reach_the_pool(graph: Graph) -> None:
    policy = graph.one(POLICY, "kubeflow-pool-closed").inputs["spec"]
    labels = graph.one(DEPLOYMENT, "kubeflow-pool").inputs["spec"]["template"]["metadata"]["labels"]
    assert policy["podSelector"] == {"matchLabels": labels}
    (rule,) = policy["ingress"]
    assert [port["port"] for port in rule["ports"]] == [6432, 15008]
    labels = {"component": "metadata-grpc-server", "application-crd-id": "kubeflow-pipelines"}
    assert rule["from"] == [{"podSelector": {"matchLabels": labels}}]


def test_the_pool_is_there_twice_in_production(graph: Graph) -> None:
    spec = graph.one(DEPLOYMENT, "kubeflow-pool").inputs["spec"]
    assert spec["replicas"] == 2
    budget = graph.one("kubernetes:policy/v1:PodDisruptionBudget", "kubeflow-pool-budget").inputs["spec"]
    assert budget == {"maxUnavailable": 1, "selector": spec["selector"]}
    single = build("dev", requiresTls=True, authorities=AUTHORITIES)
    assert single.one(DEPLOYMENT, "kubeflow-pool").inputs["spec"]["replicas"] == 1
    assert not single.of("kubernetes:policy/v1:PodDisruptionBudget")


def test_somebody_is_told_when_the_pool_is_down(graph: Graph) -> None:
    alerts = [r.inputs for r in graph if r.type.endswith(":PrometheusRule") and "kubeflow" in r.name]
    assert "KubeflowPoolDown" in str(alerts)
    assert 'deployment="kubeflow-pool"' in str(alerts)


def test_a_server_whose_certificate_cannot_be_checked_is_told() -> None:
    with pytest.raises(StackError) as error:
        build(requiresTls=True)
    assert error.value.problems == (
        "kubeflow: it speaks no TLS, and the SqlServer takes nothing else; a pool in between would have to check the "
        "server's certificate, and who signs that is not known: say it under rds.authorities, or use another SqlServer",
    )


@dataclass
class Programs:
    """A PostgreSQL server that takes callers by TLS only, in a folder; it refuses to run as root."""

    folder: Path
    home: Path
    port: int

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        user = "nobody" if os.getuid() == 0 else None
        log = (self.folder / "log").open("a")
        return subprocess.Popen(command, cwd=self.folder, user=user, stdout=log, stderr=log, text=True)

    def run(self, *command: str | Path) -> None:
        assert self.start(*command).wait(60) == 0, (self.folder / "log").read_text()

    def sql(self, text: str, port: int, user: str, **more: str) -> str:
        """Return what psql prints, errors too; it asks again while nobody listens."""
        uri = {"PGHOST": "localhost", "PGPORT": str(port), "PGUSER": user, "PGPASSWORD": "it's", **more}
        command = ["psql", "--no-psqlrc", "-qtA", "--set=ON_ERROR_STOP=1"]
        for _ in range(100):
            done = subprocess.run(
                command, env={**os.environ, **uri}, input=text, capture_output=True, text=True, check=False, timeout=30
            )
            if "Connection refused" not in done.stderr and "starting up" not in done.stderr:
                break
            time.sleep(0.1)
        return (done.stdout + done.stderr).strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    missing = [name for name in ("pgbouncer", "psql", "openssl") if shutil.which(name) is None]
    if missing or not homes:
        pytest.skip(f"needs Debian's postgresql, pgbouncer and openssl; missing: {', '.join(missing) or 'postgresql'}")
    folder = tmp_path_factory.mktemp("pool")
    for parent in (folder, *folder.parents):
        if parent.owner() == "root" and parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    programs = Programs(folder, homes[-1], free_ports(1)[0])
    if os.getuid() == 0:
        shutil.chown(folder, "nobody")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    for name in ("server", "other"):
        made = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        programs.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *made)
        (folder / f"{name}.key").chmod(0o600)
    programs.run(programs.home / "initdb", "--pgdata=data", "--username=postgres", "--auth=trust")
    (folder / "data" / "pg_hba.conf").write_text(
        "local all all trust\nhostssl all all all scram-sha-256\n", encoding="utf-8"
    )
    tls = ["-c", "ssl=on", "-c", f"ssl_cert_file={folder}/server.pem", "-c", f"ssl_key_file={folder}/server.key"]
    where = ["-k", str(folder), "-p", str(programs.port), "-c", "fsync=off"]
    process = programs.start(programs.home / "postgres", "-D", "data", *where, *tls)
    admin = {"PGHOST": str(folder), "PGDATABASE": "postgres"}
    given = {"NEW_DATABASE": "runs", "NEW_OWNER": "runs", "NEW_PASSWORD": "it's"}
    for _ in range(100):
        if not (said := programs.sql(SCRIPT, programs.port, "postgres", **admin, **given)):
            break
        time.sleep(0.1)
    assert not said
    yield programs
    process.terminate()
    process.wait(30)


@pytest.fixture
def pooled(server: Programs, request: pytest.FixtureRequest) -> Iterator[int]:
    """A pool with the settings of the platform, in a folder of its own; what signs the server is in `request.param`."""
    port, folder = free_ports(1)[0], server.folder
    uri = f"postgresql://runs:it%27s@localhost:{server.port}/runs"
    text = (
        pool.settings(uri).replace(FOLDER, str(folder)).replace(f"listen_port = {pool.PORT}", f"listen_port = {port}")
    )
    (folder / "pgbouncer.ini").write_text(text.replace("listen_addr = *", "listen_addr = 127.0.0.1"), encoding="utf-8")
    (folder / "users.txt").write_text(users([uri]), encoding="utf-8")
    shutil.copy(folder / f"{request.param}.pem", folder / "authorities.pem")
    for name in ("pgbouncer.ini", "users.txt", "authorities.pem"):
        (folder / name).chmod(0o644)
    process = server.start("pgbouncer", "pgbouncer.ini")
    yield port
    process.kill()
    process.wait(30)


@pytest.mark.parametrize("pooled", ["server"], indirect=True)
def test_a_program_without_tls_does_through_the_pool_what_it_does_on_a_server(server: Programs, pooled: int) -> None:
    """Migrate, prepare statements, keep a lock of a session."""
    direct = server.sql("SELECT 1", server.port, "runs", PGSSLMODE="disable", PGDATABASE="runs")
    assert "no pg_hba.conf entry" in direct
    plain = {"PGSSLMODE": "disable", "PGDATABASE": "runs"}
    text = """
        BEGIN; CREATE TABLE t (n int); COMMIT;
        PREPARE p AS INSERT INTO t VALUES ($1);
        SELECT pg_advisory_lock(1);
        EXECUTE p(7);
        SELECT pg_advisory_unlock(1), n, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) FROM t;
    """
    assert server.sql(text, pooled, "runs", **plain).strip() == "t|7|t"
    assert "authentication failed" in server.sql("SELECT 1", pooled, "runs", **{**plain, "PGPASSWORD": "other"})


@pytest.mark.parametrize("pooled", ["other"], indirect=True)
def test_a_server_whom_others_sign_is_not_spoken_to(server: Programs, pooled: int) -> None:
    said = server.sql("SELECT 1", pooled, "runs", PGSSLMODE="disable", PGDATABASE="runs", PGCONNECT_TIMEOUT="5")
    assert "certificate verify failed" in (server.folder / "log").read_text(), said
    assert "1" not in said.splitlines()
