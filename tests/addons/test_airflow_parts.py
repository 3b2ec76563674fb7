"""What Airflow's parts are told: PgBouncer's files, and what every pod that Airflow starts goes through."""

from __future__ import annotations

import configparser
import sys
import types
from types import SimpleNamespace
from typing import Any

import pytest
from addons import _airflow_pgbouncer as pgbouncer
from addons._airflow_pods import local_settings
from addons._pgbouncer import users
from addons._pods import add_resources, resources

from groundwork.core.contracts import NodePool, Taint
from groundwork.core.errors import StackError

URI = "postgresql://airflow:pass@db.example:5433/airflow?sslmode="
POOLS = (
    NodePool(name="default", minimum=0, maximum=1, labels={}),
    NodePool(
        name="gpu",
        minimum=0,
        maximum=4,
        labels={},
        taints=(Taint("nvidia.com/gpu", "present", "NoSchedule"),),
        accelerator="nvidia-l4",
        resource="nvidia.com/gpu",
        accelerators=2,
    ),
)


@pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
def test_pgbouncer_speaks_tls_as_its_database_asks(mode: str) -> None:
    """The mode is the database's own; connections are shared by the transaction, prepared statements found again."""
    read = configparser.ConfigParser()
    read.read_string(pgbouncer.settings(URI + mode, release="airflow", pool=20, clients=500))
    assert read["databases"]["airflow-metadata"] == "host=db.example port=5433 dbname=airflow pool_size=20"
    settings = read["pgbouncer"]
    assert settings["server_tls_sslmode"] == mode
    assert (settings["pool_mode"], settings["auth_type"]) == ("transaction", "scram-sha-256")
    assert (settings["listen_port"], settings["max_client_conn"]) == ("6543", "500")
    assert int(settings["max_prepared_statements"]) > 0


def test_pgbouncer_promises_no_check_that_it_cannot_make() -> None:
    """Its image has no certificate authorities."""
    with pytest.raises(StackError) as error:
        pgbouncer.settings(URI + "verify-full", release="airflow", pool=20, clients=500)
    assert error.value.problems == (
        "airflow.pgbouncer: the database asks for sslmode=verify-full, and PgBouncer has no certificate authorities; "
        "valid: disable, allow, prefer, require; or set airflow.pgbouncer.enabled: false",
    )


def test_airflow_comes_to_pgbouncer_as_it_would_to_the_database() -> None:
    """Same user and password, another host and database."""
    assert users([URI + "require"]) == '"airflow" "pass"\n'
    assert pgbouncer.pooled(URI + "require", release="airflow", host="pool") == (
        "postgresql://airflow:pass@pool:6543/airflow-metadata?sslmode=disable"
    )
    assert pgbouncer.stats(URI) == "postgresql://airflow:pass@127.0.0.1:6543/pgbouncer?sslmode=disable"


def test_resources_add_up() -> None:
    """A scheduler that runs tasks itself needs both."""
    second = {**resources("1", "512Mi"), "limits": {"memory": "512Mi", "nvidia.com/gpu": "1"}}
    assert add_resources(resources("250m", "1Gi", "2Gi"), second) == {
        "requests": {"cpu": "1250m", "memory": "1536Mi"},
        "limits": {"memory": "2560Mi", "nvidia.com/gpu": "1"},
    }


class Model(SimpleNamespace):
    """An object of the Kubernetes client: what is not said is None."""

    def __getattr__(self, name: str) -> None:
        """Return None, as the client's objects do."""


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The function that Airflow calls, with stand-ins for the client's classes, which only its image has."""
    models = types.ModuleType("models")
    kinds = ("Toleration", "ResourceRequirements", "PodSecurityContext", "SeccompProfile", "SecurityContext")
    for kind in (*kinds, "Capabilities"):
        setattr(models, f"V1{kind}", type(kind, (Model,), {}))
    client = types.ModuleType("kubernetes.client")
    client.models = models  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kubernetes", types.ModuleType("kubernetes"))
    monkeypatch.setitem(sys.modules, "kubernetes.client", client)
    module: dict[str, Any] = {}
    exec(compile(local_settings(POOLS, priority="batch"), "airflow_local_settings.py", "exec"), module)  # noqa: S102 - our own text
    return module["pod_mutation_hook"]


def pod(**labels: str) -> Any:
    """Return a pod as a DAG's author leaves it."""
    named = {f"groundwork.example/{key}": value for key, value in labels.items()}
    container = Model(name="base")
    return Model(metadata=Model(labels=named or None), spec=Model(containers=[container], init_containers=[Model()]))


def test_a_label_puts_a_pod_on_a_pool(hook: Any) -> None:
    """Place, toleration and accelerators follow from the pool, beside what the author says himself."""
    asked = pod(pool="gpu", accelerators="2")
    asked.spec.node_selector = {"zone": "a"}
    hook(asked)
    assert asked.spec.node_selector == {"zone": "a", "groundwork.example/pool": "gpu"}
    assert [t.key for t in asked.spec.tolerations] == ["nvidia.com/gpu"]
    container = asked.spec.containers[0]
    assert container.resources.limits == container.resources.requests == {"nvidia.com/gpu": "2"}


def test_every_pod_is_admitted_by_the_restricted_standard(hook: Any) -> None:
    """What the author says stays; the namespace would refuse what he leaves out."""
    asked = pod()
    asked.spec.containers[0].security_context = Model(allow_privilege_escalation=True)
    hook(asked)
    assert asked.spec.node_selector is None
    assert asked.spec.security_context.run_as_non_root is True
    assert asked.spec.security_context.seccomp_profile.type == "RuntimeDefault"
    first, second = asked.spec.containers[0].security_context, asked.spec.init_containers[0].security_context
    assert (first.allow_privilege_escalation, second.allow_privilege_escalation) == (True, False)
    assert first.capabilities.drop == second.capabilities.drop == ["ALL"]


def test_a_pod_waits_unless_it_names_a_class(hook: Any) -> None:
    """Tasks can begin again; a DAG's author may know better."""
    plain, urgent = pod(), pod()
    urgent.spec.priority_class_name = "interactive"
    hook(plain)
    hook(urgent)
    assert [p.spec.priority_class_name for p in (plain, urgent)] == ["batch", "interactive"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"pool": "gqu"}, "label groundwork.example/pool: no pool 'gqu'; valid: default, gpu"),
        (
            {"pool": "default", "accelerators": "1"},
            "label groundwork.example/accelerators: the pool 'default' has no accelerators",
        ),
        (
            {"pool": "gpu", "accelerators": "3"},
            "label groundwork.example/accelerators: '3'; a node of the pool 'gpu' has 2",
        ),
        (
            {"pool": "gpu", "accelerators": "all"},
            "label groundwork.example/accelerators: 'all'; a node of the pool 'gpu' has 2",
        ),
    ],
)
def test_a_wrong_label_fails_the_task_with_the_reason(hook: Any, labels: dict[str, str], message: str) -> None:
    """Better than a pod that waits for ever."""
    with pytest.raises(ValueError, match="label") as error:
        hook(pod(**labels))
    assert str(error.value) == message


def test_the_chart_reads_no_template_in_it() -> None:
    """Two braces would be the beginning of one, whatever the pools are called."""
    assert "{{" not in local_settings(POOLS)
