"""What Airflow registers, and what it refuses, in each choice of executors, demand, stores and logins."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from addons.istio_api import IstioMesh

from groundwork.core.component import Component
from groundwork.core.contracts import Cluster, Login, LoginClient, Namespace
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.addons.conftest import ADD_ONS, ALTERNATIVES, STUBS, Marker, NoConfig

KIND = "kubernetes:core/v1:Secret"
STORES: dict[str, Any] = {"sql": {}, "objects": {}}
CELERY: dict[str, Any] = {**STORES, "valkey": {}}
BOTH = ["celery", "kubernetes"]


@dataclass(frozen=True, kw_only=True)
class StubMesh(IstioMesh):
    """Makes a marker for each host."""

    def expose(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        service: str,
        port: int,
        login: Login | None,
        public: bool = False,
        asks_itself: bool = False,
        paths: Sequence[str] = ("/",),
        shares: Mapping[str, int] | None = None,
        called: str | None = None,
    ) -> str:
        """Return its URL."""
        asked = login is not None and not asks_itself
        Marker(f"{name}-exposed", {"service": service, "asked": asked}, parent.child())
        return f"https://{name}.{self.domain}"


class StubGateway(Component[NoConfig]):
    """A mesh."""

    def build(self, cluster: Cluster) -> StubMesh:
        """Return it."""
        return StubMesh(domain="platform.example", scheme="https", mode="ambient")


@dataclass(frozen=True, kw_only=True)
class StubLogin(Login):
    """Makes a marker for each client."""

    def client(
        self, name: str, *, parent: Component[Any], namespace: Namespace, redirect_urls: Sequence[str]
    ) -> LoginClient:
        """Return one whose Secret is named after it."""
        made = Marker(f"{name}-client", {"redirectUrls": list(redirect_urls)}, namespace.options(parent))
        return LoginClient(client_id=name, secret=f"{name}-client", ready=[made])


class StubIssuer(Component[NoConfig]):
    """Who people are."""

    def build(self, cluster: Cluster) -> StubLogin:
        """Return it."""
        return StubLogin(
            issuer="https://login.platform.example/",
            authorizer="login",
            authorizer_host="oauth2-proxy.login",
            authorizer_port=80,
        )


REGISTRY = Registry(
    {
        **STUBS,
        "gateway": StubGateway,
        "issuer": StubIssuer,
        **{name: f"addons.{name.replace('-', '_')}" for name in ADD_ONS if name not in ALTERNATIVES},
    }
)


def build(components: Mapping[str, Any], environment: str = "dev") -> Graph:
    """Build a stack of these components, on a cluster that is always there."""
    return record({"cluster": {}, **components}, environment=environment, registry=REGISTRY)


def values(graph: Graph) -> Any:
    """Return what the chart is given."""
    return graph.one("kubernetes:helm.sh/v3:Release", "airflow").inputs["values"]


def groups(graph: Graph) -> dict[str, Any]:
    """Return Celery's groups by name."""
    return {group["name"]: group for group in values(graph)["workers"]["celery"]["sets"]}


def secret(graph: Graph, name: str) -> dict[str, str]:
    """Return what a Secret holds, all of it a secret to the engine too."""
    content: dict[str, str] = graph.one(KIND, name).inputs["stringData"]["value"]
    return content


@pytest.mark.parametrize(
    ("executors", "stores", "string"),
    [
        (["local"], STORES, "LocalExecutor"),
        (["kubernetes"], STORES, "KubernetesExecutor"),
        (["celery"], CELERY, "CeleryExecutor"),
        (["celery", "kubernetes"], CELERY, "CeleryExecutor,KubernetesExecutor"),
        (["kubernetes", "celery", "local"], CELERY, "KubernetesExecutor,CeleryExecutor,LocalExecutor"),
    ],
)
@pytest.mark.parametrize("keda", [False, True])
@pytest.mark.parametrize("credentials", [False, True])
def test_every_choice_builds(
    executors: list[str], stores: dict[str, Any], string: str, keda: bool, credentials: bool
) -> None:
    """Executors in their order, with and without demand, on both kinds of stores: every runner reaches its logs."""
    scaling: dict[str, Any] = {"keda-api": {}} if keda else {}
    objects = {"objects": {"credentials": credentials}}
    graph = build({**stores, **objects, **scaling, "airflow": {"executors": executors}})
    given = values(graph)
    assert given["executor"] == string
    celery, task = given["workers"]["celery"], given["workers"]["kubernetes"]
    assert bool(celery.get("sets")) == ("celery" in executors)
    assert celery.get("keda", {}).get("enabled", False) == (keda and "celery" in executors)
    named = {given[part]["serviceAccount"]["name"] for part in ("apiServer", "dagProcessor", "scheduler", "triggerer")}
    named |= {task["serviceAccount"]["name"]} if task["serviceAccount"]["create"] else set()
    named |= {celery["serviceAccount"]["name"]} if "celery" in executors else set()
    bucket = graph.one("test:index:Marker", "airflow-airflow-logs-bucket")
    assert set(bucket.inputs["readerWriters"]) == {f"airflow/{name}" for name in named}
    assert bool([s for s in given["secret"] if s["secretName"] == "airflow-logs-keys"]) == credentials
    assert "hidden" not in json.dumps(given)


def test_a_group_for_gpus_is_one_line() -> None:
    """Its queue, place, toleration and resource follow from its name and its pool; one task for each accelerator."""
    graph = build(
        {
            **CELERY,
            "pools": {},
            "keda-api": {},
            "airflow": {"executors": BOTH, "workers": {"groups": {"gpu": {"pool": "gpu", "accelerators": 1}}}},
        }
    )
    gpu = groups(graph)["gpu"]
    assert gpu["queue"] == "gpu"
    assert gpu["nodeSelector"] == {"groundwork.example/pool": "gpu"}
    assert [toleration["key"] for toleration in gpu["tolerations"]] == ["nvidia.com/gpu"]
    assert gpu["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert gpu["env"] == [{"name": "AIRFLOW__CELERY__WORKER_CONCURRENCY", "value": "1"}]
    assert (gpu["keda"]["minReplicaCount"], gpu["keda"]["maxReplicaCount"]) == (0, 10)
    main = groups(graph)["main"]
    assert main["queue"] == "default"
    assert (main["tolerations"], main["nodeSelector"]) == ([], {})


def test_a_task_that_asks_for_an_accelerator_gets_a_pod_with_one() -> None:
    """The pod of a task by itself takes pool and accelerators as a group does."""
    graph = build({**STORES, "pools": {}, "airflow": {"workers": {"pool": "gpu", "accelerators": 1}}})
    assert values(graph)["workers"]["kubernetes"]["resources"]["limits"] == {"memory": "1Gi", "nvidia.com/gpu": "1"}


def test_no_group_has_the_name_that_the_chart_leaves_out_of_labels() -> None:
    """Else the budget of one group would select all others' pods, and a pod of two budgets cannot be evicted."""
    assert set(groups(build({**CELERY, "airflow": {"executors": ["celery"]}}))) == {"main"}


@pytest.mark.parametrize(
    ("executors", "condition"),
    [
        (["celery"], ""),
        (BOTH, " AND (executor IS NULL OR executor IN ("),
        (["kubernetes", "celery"], " AND executor IN ("),
    ],
)
def test_demand_is_what_celery_itself_runs(executors: list[str], condition: str) -> None:
    """By the real number of tasks at once; what another executor runs needs no worker of Celery's."""
    workers = {"groups": {"main": {"concurrency": 5}}}
    graph = build({**CELERY, "keda-api": {}, "airflow": {"executors": executors, "workers": workers}})
    text = groups(graph)["main"]["keda"]["query"]
    start = (
        "SELECT ceil(COUNT(*)::decimal / 5) FROM task_instance "
        "WHERE state IN ('running', 'queued') AND queue = 'default'"
    )
    assert text.startswith(start + condition)
    assert (text == start) == (condition == "")
    assert values(graph)["config"]["celery"]["worker_concurrency"] == 5


def test_no_task_is_killed_when_workers_go() -> None:
    """Tasks end before the grace does, the grace before the cooldown, and no broker gives a task to two workers."""
    airflow = {"executors": ["celery", "local"], "longestTaskMinutes": 3000}
    given = values(build({**CELERY, "keda-api": {}, "airflow": airflow}))
    celery, config = given["workers"]["celery"], given["config"]
    grace = celery["terminationGracePeriodSeconds"]
    assert config["core"]["default_task_execution_timeout"] == 3000 * 60 < grace
    assert celery["sets"][0]["keda"]["cooldownPeriod"] > grace
    assert config["celery_broker_transport_options"]["visibility_timeout"] > grace
    assert given["scheduler"]["terminationGracePeriodSeconds"] == grace
    assert celery["safeToEvict"] is given["scheduler"]["safeToEvict"] is False


def test_without_a_scaling_workers_are_as_many_as_said() -> None:
    """Two for the default queue where the environment is highly available; a group of its own has one."""
    groups_ = {"groups": {"etl": {}, "wide": {"minimum": 3}}}
    graph = build({**CELERY, "airflow": {"executors": ["celery"], "workers": groups_}}, "prod")
    assert {name: group["replicas"] for name, group in groups(graph).items()} == {"main": 2, "etl": 1, "wide": 3}
    assert {name: group["podDisruptionBudget"]["enabled"] for name, group in groups(graph).items()} == {
        "main": True,
        "etl": False,
        "wide": True,
    }


def test_triggerers_follow_demand_if_asked() -> None:
    """Between the copies that are always there and the most there may be."""
    airflow = {"scaling": ["triggerer"], "maxTriggerers": 7}
    keda = values(build({**STORES, "keda-api": {}, "airflow": airflow}))["triggerer"]["keda"]
    assert (keda["enabled"], keda["minReplicaCount"], keda["maxReplicaCount"]) == (True, 1, 7)


def test_celery_finds_its_broker_by_a_secret() -> None:
    """The chart's own form of it; the release waits for the way in."""
    graph = build({**CELERY, "airflow": {"executors": ["celery"]}})
    assert values(graph)["data"]["brokerUrlSecretName"] == "airflow-broker"
    assert set(secret(graph, "airflow-broker")) == {"connection"}
    release = graph.one("kubernetes:helm.sh/v3:Release", "airflow")
    for kind, name in (
        (KIND, "airflow-broker"),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "airflow-queue-way-in"),
    ):
        assert graph.one(kind, name).urn in graph.before(release)


def test_connections_go_through_the_pool_and_migrations_do_not() -> None:
    """PgBouncer has a configuration of ours, with the database's own word on TLS; values hold nothing secret."""
    graph = build({**STORES, "airflow": {}}, "prod")
    given = values(graph)
    assert given["data"]["metadataSecretName"] == "airflow-pool"
    assert given["pgbouncer"]["configSecretName"] == "airflow-pgbouncer"
    assert given["pgbouncer"]["metricsExporterSidecar"]["statsSecretName"] == "airflow-pgbouncer-stats"
    written = secret(graph, "airflow-pgbouncer")
    assert written["users.txt"] == '"airflow" "hidden"\n'
    assert "airflow-metadata = host=sql port=5432 dbname=airflow pool_size=20\n" in written["pgbouncer.ini"]
    assert secret(graph, "airflow-pool") == {
        "connection": "postgresql://airflow:hidden@airflow-pgbouncer.airflow.svc.cluster.local:6543/airflow-metadata"
        "?sslmode=disable"
    }
    job = graph.one("kubernetes:batch/v1:Job", "airflow-prepare").inputs
    environment = job["spec"]["template"]["spec"]["containers"][0]["env"]
    used = {e["valueFrom"]["secretKeyRef"]["name"] for e in environment if "valueFrom" in e}
    assert used == {"airflow-connection", "airflow-keys", "airflow-admin"}
    release = graph.one("kubernetes:helm.sh/v3:Release", "airflow")
    assert graph.one(KIND, "airflow-pgbouncer").urn in graph.before(release)


def test_a_small_environment_has_no_pool() -> None:
    """One copy of each part needs none."""
    graph = build({**STORES, "airflow": {}})
    assert values(graph)["pgbouncer"] == {"enabled": False}
    assert values(graph)["data"]["metadataSecretName"] == "airflow-connection"
    assert not [r for r in graph.of(KIND) if "pgbouncer" in r.name]


def test_people_log_in_by_the_login_and_nobody_has_a_password() -> None:
    """Where there is a Login, Airflow is its client, no administrator is made, and groups give roles."""
    graph = build({**STORES, "gateway": {}, "issuer": {}, "airflow": {"roles": {"ml": "Op"}}})
    client = graph.one("test:index:Marker", "airflow-client")
    assert client.inputs["redirectUrls"] == ["https://airflow.platform.example/auth/oauth-authorized/login"]
    assert client.urn in graph.before(graph.one("kubernetes:helm.sh/v3:Release", "airflow"))
    assert not [r for r in graph if "admin" in r.name]
    job = graph.one("kubernetes:batch/v1:Job", "airflow-prepare").inputs
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert "users create" not in container["command"][-1]
    api = values(graph)["apiServer"]
    assert {e["valueFrom"]["secretKeyRef"]["name"] for e in api["env"]} == {"airflow-client"}
    assert '"https://login.platform.example/.well-known/openid-configuration"' in api["apiServerConfig"]
    assert '"ml": [\n  "Op"\n ]' in api["apiServerConfig"]
    compile(api["apiServerConfig"], "webserver_config.py", "exec")


@pytest.mark.parametrize("around", [{}, {"issuer": {}}, {"gateway": {}}])
def test_without_a_way_to_log_in_an_administrators_password_is_made_once(around: dict[str, Any]) -> None:
    """A login needs a page that people reach, and a page a login."""
    graph = build({**STORES, **around, "airflow": {}})
    assert graph.one("random:index/randomPassword:RandomPassword", "airflow-admin")
    assert set(secret(graph, "airflow-admin")) == {"email", "password"}
    assert "apiServerConfig" not in values(graph)["apiServer"]


def test_dags_are_a_bundle_whose_token_is_in_a_secret() -> None:
    """Airflow fetches them itself; Kubernetes fills the connection, so that no value holds the token."""
    dags = {"repository": "https://git.example/dags.git", "folder": "dags", "credentialsSecret": "git-read"}
    given = values(build({**STORES, "airflow": {"dags": dags}}))
    (bundle,) = given["dagProcessor"]["dagBundleConfigList"]
    assert bundle["classpath"] == "airflow.providers.git.bundles.git.GitDagBundle"
    assert bundle["kwargs"] == {
        "git_conn_id": "git_dags",
        "repo_url": "https://git.example/dags.git",
        "tracking_ref": "main",
        "subdir": "dags",
        "refresh_interval": 60,
    }
    assert {(s["envName"], s["secretName"], s["secretKey"]) for s in given["secret"]} == {
        ("GIT_DAGS_USERNAME", "git-read", "username"),
        ("GIT_DAGS_PASSWORD", "git-read", "password"),
    }
    assert '"password": "$(GIT_DAGS_PASSWORD)"' in given["extraEnv"]
    assert given["dags"]["gitSync"] == {"enabled": False}


def test_dags_may_come_by_a_sidecar() -> None:
    """For a repository that is too large to clone for every task's pod."""
    dags = {"repository": "https://git.example/dags.git", "by": "git-sync", "credentialsSecret": "git-read"}
    given = values(build({**STORES, "airflow": {"dags": dags}}))
    assert "dagBundleConfigList" not in given["dagProcessor"]
    sync = given["dags"]["gitSync"]
    assert (sync["repo"], sync["ref"], sync["period"]) == ("https://git.example/dags.git", "main", "60s")
    assert {e["valueFrom"]["secretKeyRef"]["name"] for e in sync["env"]} == {"git-read"}
    assert given["extraEnv"] == ""


def test_what_is_measured_follows_what_there_is() -> None:
    """PgBouncer's figures and the alert by them only where it is."""
    plain = build({**STORES, "prometheus-api": {}, "airflow": {}})
    pooled = build({**STORES, "prometheus-api": {}, "airflow": {}}, "prod")
    monitor = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
    assert {r.inputs["metadata"]["name"] for r in plain.of(monitor)} == {"airflow"}
    assert {r.inputs["metadata"]["name"] for r in pooled.of(monitor)} == {"airflow", "airflow-pgbouncer"}
    text = json.dumps([r.inputs for r in plain if r.type.endswith("PrometheusRule")])
    assert "AirflowTriggererStopped" in text
    assert "AirflowDatabasePoolExhausted" not in text


WRONG: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {"executors": []}, ["airflow: executors: none; valid: celery, kubernetes, local"]),
    (
        {},
        {"executors": ["celery"]},
        [
            "airflow.executors: celery needs a Broker: add elasticache or valkey to this stack, or import a stack that "
            "provides one"
        ],
    ),
    (
        {"keda-api": {}},
        {"scaling": ["workers"]},
        [
            "airflow.scaling: 'workers' without Celery (executors: kubernetes): only its workers can follow demand; "
            "add celery to executors, or leave it out"
        ],
    ),
    (
        {},
        {"scaling": ["triggerer"]},
        ["airflow.scaling: 'triggerer' needs a Scaling: add keda to this stack, or leave it out"],
    ),
    (
        {},
        {"maxTriggerers": 3},
        ["airflow.maxTriggerers: 3, but scaling has no 'triggerer'; leave it out"],
    ),
    (
        {"keda-api": {}},
        {"scaling": ["triggerer"], "replicas": 4, "maxTriggerers": 3},
        ["airflow.maxTriggerers: 3 is less than the 4 that are always there"],
    ),
    (
        {},
        {"workers": {"groups": {"etl": {}}}},
        ["airflow.workers.groups: etl, but executors has no celery: add it, or leave them out"],
    ),
    (
        {"valkey": {}, "pools": {"gpu": {"accelerators": 4, "sharing": "mps", "slices": 4}}},
        {"executors": ["celery"], "workers": {"groups": {"c": {"accelerators": 2, "pool": "gpu"}}}},
        [
            "airflow.workers.groups.c.accelerators: 2, but pods of the pool 'gpu' share a GPU, and a second slice of "
            "it gives no more: ask for 1"
        ],
    ),
    (
        {"valkey": {}, "pools": {}},
        {
            "executors": ["celery"],
            "workers": {
                "accelerators": 1,
                "groups": {
                    "a": {"accelerators": 1},
                    "b": {"accelerators": 1, "pool": "default"},
                    "c": {"accelerators": 2, "pool": "gpu"},
                    "d": {"pool": "gqu"},
                    "e": {"minimum": 0},
                    "f": {"maximum": 3},
                },
            },
        },
        [
            "airflow.workers.accelerators: 1, but no pool; valid: gpu",
            "airflow.workers.groups.a.accelerators: 1, but no pool; valid: gpu",
            "airflow.workers.groups.b.accelerators: 1, but the pool 'default' has none; valid: gpu",
            "airflow.workers.groups.c.accelerators: 2, but a node of the pool 'gpu' has 1",
            "airflow.workers.groups.d.pool: no pool 'gqu'; did you mean 'gpu'? valid: default, gpu",
            "airflow.workers.groups.e.minimum: 0, and nothing scales the workers: its tasks would wait for ever",
            "airflow.workers.groups.f.maximum: 3, but nothing scales the workers; say `minimum` alone",
        ],
    ),
    (
        {"valkey": {}, "keda-api": {}},
        {
            "executors": ["celery"],
            "workers": {"groups": {"a": {"minimum": 3, "maximum": 2}, "b": {"accelerators": 1}, "c": {"pool": "gpu"}}},
        },
        [
            "airflow.workers.groups.a.maximum: 2 is less than the 3 that are always there",
            "airflow.workers.groups.b.accelerators: 1, but no pool; this stack has no pool with accelerators",
            "airflow.workers.groups.c.pool: 'gpu', but this stack has no pools; leave it out",
        ],
    ),
    (
        {},
        {"workers": {"groups": {"a": {"queue": "x"}, "b": {"queue": "x"}}}},
        ["airflow.workers: groups: a and b both take the queue 'x'; give each its own"],
    ),
    (
        {},
        {"workers": {"groups": {"default": {}}}},
        [
            "airflow.workers: groups: main and default both take the queue 'default'; give each its own; "
            "groups.default: the group for the queue 'default' is called main"
        ],
    ),
    (
        {},
        {"workers": {"groups": {"main": {"queue": "etl"}}}},
        ["airflow.workers: groups.main: takes the queue 'default'; for 'etl' name another group"],
    ),
    (
        {},
        {"pgbouncer": {"enabled": True, "pool": 30, "clients": 20}},
        ["airflow.pgbouncer: pool: 30 connections are more than the 20 clients that share them"],
    ),
    (
        {},
        {"pgbouncer": {"enabled": False, "pool": 30}},
        ["airflow.pgbouncer: enabled: false, and pool for what is not there; leave them out"],
    ),
    (
        {},
        {"roles": {"ml": "Boss"}},
        ["airflow.roles.ml: must be 'Admin', 'Op', 'User', 'Viewer' or 'Public' (got 'Boss')"],
    ),
]


@pytest.mark.parametrize(("around", "airflow", "messages"), WRONG, ids=[m[0][:60] for _, _, m in WRONG])
def test_what_cannot_be_is_told_at_once(around: dict[str, Any], airflow: dict[str, Any], messages: list[str]) -> None:
    """Each message names the key, the value and what would be valid; all of them come together."""
    with pytest.raises(StackError) as error:
        build({**STORES, **around, "airflow": airflow})
    told = [problem.removeprefix("Pulumi.test.yaml:").partition(": ") for problem in error.value.problems]
    assert [rest if line.isdigit() else f"{line}: {rest}" for line, _, rest in told] == messages


def test_two_airflows_share_no_broker() -> None:
    """Their queues have the same names: each would take the other's tasks."""
    two = {"airflow": {"executors": ["celery"]}, "etl": {"component": "airflow", "executors": ["celery"]}}
    with pytest.raises(StackError) as error:
        build({**CELERY, **two})
    assert str(error.value).endswith(
        "airflow and etl would both be the user of valkey; give each its own: `NAME: {component: valkey}` and "
        "`etl: {use: {broker: NAME}}`"
    )
    graph = build(
        {
            **CELERY,
            "second": {"component": "valkey"},
            "airflow": {"executors": ["celery"], "use": {"broker": "valkey"}},
            "etl": {"component": "airflow", "executors": ["celery"], "use": {"broker": "second"}},
        }
    )
    policies = graph.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    assert {p.inputs["metadata"]["name"] for p in policies} == {
        *("valkey-closed", "valkey-queue", "second-closed", "second-queue")
    }
