"""Small providers of contracts, so that an add-on's graph is tested apart from any cloud."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import addons
import pulumi
import pytest
from pydantic import Field

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import (
    Alert,
    Bucket,
    Certificates,
    CloudIdentity,
    Cluster,
    Credentials,
    Database,
    Login,
    Mesh,
    Metrics,
    Namespace,
    Network,
    NodePools,
    ObjectStore,
    Scaling,
    SecretKey,
    ServiceAccount,
    SqlServer,
    Statement,
    Trigger,
)
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.apiserver import api_server  # noqa: F401 - a fixture

MIRROR = Path(__file__).parents[2] / ".." / "shared" / "mirror"


class Marker(pulumi.CustomResource):
    """Something that a provider makes, so that tests see what waits for it."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("test:index:Marker", name, dict(props), opts)


class NoConfig(Config):
    """Nothing to say."""


class StubCluster(Component[NoConfig]):
    """A cluster of EKS' kind."""

    def build(self) -> Cluster:
        """Return plain facts."""
        return Cluster(
            name="groundwork-test",
            version="1.35",
            kubeconfig=pulumi.Output.from_input("{}"),
            storage_class="gp3",
            load_balancers=False,
        )


@dataclass(frozen=True, kw_only=True)
class StubSqlServer(SqlServer):
    """Makes a marker for each database."""

    def database(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Database:
        """Return a database whose URI is secret."""
        made = Marker(f"{parent.name}-{name}-database", {}, namespace.options(parent))
        uri = pulumi.Output.secret(f"postgresql://{name}:hidden@sql:5432/{name}")
        return Database(name=name, user=name, secret=f"{name}-database", uri=uri, ready=[made])


class SqlConfig(Config):
    """How callers have to come."""

    requires_tls: bool = False
    authorities: str = ""


class StubSql(Component[SqlConfig]):
    """A SQL server."""

    def build(self, cluster: Cluster) -> StubSqlServer:
        """Return it."""
        return StubSqlServer(requires_tls=self.config.requires_tls, authorities=self.config.authorities)


class StoreConfig(Config):
    """Whether pods need credentials."""

    credentials: bool = False


@dataclass(frozen=True, kw_only=True)
class StubObjectStore(ObjectStore):
    """Makes a marker for each bucket."""

    credentials: bool

    def bucket(
        self,
        name: str,
        *,
        parent: Component[Any],
        reader_writers: Sequence[ServiceAccount] = (),
        tags: Mapping[str, str] | None = None,
    ) -> Bucket:
        """Return a bucket with or without credentials."""
        props = {"readerWriters": [account.address for account in reader_writers]}
        made = Marker(f"{parent.name}-{name}-bucket", props, parent.child())
        return Bucket(
            name=f"test-{name}",
            endpoint="http://store:9000" if self.credentials else None,
            region="eu-west-1",
            credentials=f"{name}-keys" if self.credentials else None,
            ready=[made],
        )


class StubObjects(Component[StoreConfig]):
    """An object store."""

    def build(self, cluster: Cluster) -> StubObjectStore:
        """Return it."""
        return StubObjectStore(credentials=self.config.credentials)


@dataclass(frozen=True, kw_only=True)
class StubCloudIdentity(CloudIdentity):
    """Makes a marker for each grant."""

    def grant(
        self, name: str, *, parent: Component[Any], account: ServiceAccount, statements: Sequence[Statement]
    ) -> list[pulumi.Resource]:
        """Return the marker."""
        allowed = [{"actions": list(s.actions), "resources": list(s.resources)} for s in statements]
        props = {"account": account.address, "statements": allowed}
        return [Marker(f"{parent.name}-{name}-grant", props, parent.child())]


class StubIdentity(Component[NoConfig]):
    """A cloud identity."""

    def build(self, cluster: Cluster) -> StubCloudIdentity:
        """Return it."""
        return StubCloudIdentity()


class StubNetwork(Component[NoConfig]):
    """A network."""

    def build(self) -> Network:
        """Return plain zones and ids that are known only later."""
        return Network(
            cidr="10.0.0.0/16",
            zones=("a", "b"),
            vpc_id=pulumi.Output.from_input("vpc-1"),
            private_subnet_ids=pulumi.Output.from_input(["subnet-1"]),
            public_subnet_ids=pulumi.Output.from_input(["subnet-2"]),
        )


class PoolsConfig(Config):
    """What is different about the pool of GPUs, and about more of them."""

    gpu: dict[str, Any] = Field(default_factory=dict)
    more: dict[str, dict[str, Any]] = Field(default_factory=dict)


class StubPools(Component[PoolsConfig]):
    """One pool of CPUs and one of GPUs."""

    def build(self, cluster: Cluster) -> NodePools:
        """Return them, and a marker for their nodes."""
        Marker(f"{self.name}-nodes", {}, self.child())
        taint = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
        gpu = {"accelerator": "nvidia-l4", "resource": "nvidia.com/gpu", "accelerators": 1, "taints": [taint]}
        pool = {"minimum": 0, "maximum": 4, "labels": {}}
        of_gpus = {"gpu": self.config.gpu, **self.config.more}
        others = tuple({"name": name, **pool, **gpu, **given} for name, given in of_gpus.items())
        return NodePools(pools=({"name": "default", **pool}, *others))


@dataclass(frozen=True, kw_only=True)
class Asked(Contract):
    """What the contracts answered: the Secret of a certificate, and the URL of what was exposed."""

    url: str
    namespace: str
    public_url: str | None


class UserConfig(Config):
    """What is scaled."""

    target: str = "Deployment/web"
    minimum: int = 0
    maximum: int = 3


class User(Component[UserConfig]):
    """Asks every contract that is there for something."""

    def build(
        self,
        cluster: Cluster,
        mesh: Mesh | None,
        login: Login | None,
        metrics: Metrics | None,
        scaling: Scaling | None,
        certificates: Certificates | None,
    ) -> Asked:
        """Return the URL that the mesh gave."""
        namespace = cluster.namespace("web" if self.name == "user" else self.name, parent=self, mesh=mesh)
        url = None
        if mesh:
            url = mesh.expose("web", parent=self, namespace=namespace, service="svc", port=8080, login=login)
        if metrics:
            metrics.scrape("web", parent=self, namespace=namespace, selector={"app": "web"}, port="http")
            alert = Alert(name="Down", expression="up == 0", after="5m", severity="critical", summary="It is down.")
            metrics.alert("web", parent=self, namespace=namespace, alerts=[alert])
        if scaling:
            place = SecretKey(secret="reader", key="token")  # noqa: S106 - the Secret's name
            token = Credentials(secrets={"bearerToken": place})
            trigger = Trigger(kind="cron", metadata={"timezone": "UTC"}, metric="AverageValue", authentication=token)
            scaling.scale(
                "web",
                parent=self,
                namespace=namespace,
                target=self.config.target,
                minimum=self.config.minimum,
                maximum=self.config.maximum,
                triggers=[trigger],
            )
        secret = ""
        if certificates:
            secret = certificates.certificate("web", parent=self, namespace=namespace, dns_names=["web.internal"])
        return Asked(url=secret, namespace=namespace.name, public_url=url)


# Components that stand in each other's place: a stack has one of them, and these stubs are another.
ALTERNATIVES = {
    *(
        "efa-device-plugin",
        "existing-cluster",
        "gpu-operator",
        "minio",
        "neuron",
        "nfs",
        "postgres",
        "postgres-cluster",
        "seaweedfs",
        "teams",
    ),
}

ADD_ONS = sorted(
    module.name.replace("_", "-") for module in pkgutil.iter_modules(addons.__path__) if module.name[0] != "_"
)

STUBS: dict[str, type[Component[Any]]] = {
    "cluster": StubCluster,
    "sql": StubSql,
    "objects": StubObjects,
    "identity": StubIdentity,
    "network": StubNetwork,
    "pools": StubPools,
    "user": User,
}

AVAILABLE = {name: f"addons.{name.replace('-', '_')}" for name in ADD_ONS if name not in ALTERNATIVES}
REGISTRY = Registry({**STUBS, **AVAILABLE})

# What a component cannot guess.
NEEDED: dict[str, dict[str, Any]] = {
    "external-dns": {"zones": {"platform.internal": "Z0123456789ABC"}},
    "login": {
        "connectors": {
            "github": {
                "clientId": "groundwork",
                "clientSecret": {"name": "github", "key": "secret"},
                "organisations": ["example"],
            }
        }
    },
}

Build = Callable[..., Graph]


@pytest.fixture(scope="session")
def build() -> Build:
    """Build a stack of these components, on a cluster that is always there."""

    def run(components: Mapping[str, Any], environment: str = "dev") -> Graph:
        return record({"cluster": {}, **components}, environment=environment, registry=REGISTRY)

    return run


@pytest.fixture(scope="session")
def everything(build: Build) -> Graph:
    """Every add-on at once, in an environment that is highly available."""
    names = [name for name in REGISTRY if not name.endswith("-api") and name != "cluster"]
    return build({name: NEEDED.get(name, {}) for name in names}, "prod")


@pytest.fixture(scope="session")
def facts() -> Callable[[str, str], Any]:
    """Read a file of the mirror of facts: `facts("keda-2.20.2", "values.json")`, None where the chart has none."""
    if not MIRROR.is_dir():
        pytest.skip("the mirror of real schemas and defaults is not beside this repository")

    def read(chart: str, file: str) -> Any:
        path = MIRROR / chart / file
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    return read
