"""What the tests of AWS components share: facts that only AWS would know, and a component that uses what they offer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pulumi

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Broker, Cluster, ObjectStore, SharedFiles, SqlServer
from groundwork.core.registry import Registry, discover
from groundwork.testing import Graph, record

AWS = (
    "network",
    "existing-network",
    "eks",
    "pools",
    "s3",
    "rds",
    "elasticache",
    "secrets-manager",
    "route53",
    "acm",
    "efs",
    "ebs",
    "ecr",
    "fsx-lustre",
    "karpenter",
)
ADD_ONS = (
    "cert-manager",
    "cert-manager-api",
    "external-dns",
    "external-secrets",
    "external-secrets-api",
    "karpenter-api",
    "volume-snapshots-api",
)


ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/0A1B"


def _cluster(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "endpoint": "https://eks.example",
        "certificateAuthority": {"data": "Q0E="},
        "identities": [{"oidcs": [{"issuer": f"https://{ISSUER}"}]}],
        "vpcConfig": {**inputs["vpcConfig"], "clusterSecurityGroupId": "sg-cluster"},
    }


COMPUTED: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "aws:eks/cluster:Cluster": _cluster,
    "aws:ec2/launchTemplate:LaunchTemplate": lambda inputs: {"latestVersion": 1},
}


class AppConfig(Config):
    """Nothing to say."""


class App(Component[AppConfig]):
    """Stands for any add-on: a bucket that two service accounts use, and a database."""

    def build(self, cluster: Cluster, objects: ObjectStore | None, sql: SqlServer | None) -> None:
        """Ask for both."""
        namespace = cluster.namespace(self.name, parent=self)
        if objects is not None:
            users = [namespace.service_account(self.name), namespace.chart_account("worker")]
            objects.bucket("data", parent=self, reader_writers=users)
            objects.bucket("more", parent=self, reader_writers=users[:1])
        if sql is not None:
            sql.database("user-data", parent=self, namespace=namespace)


class QueueUserConfig(Config):
    """Nothing to say."""


class QueueUser(Component[QueueUserConfig]):
    """Stands for an add-on with a message queue."""

    def build(self, cluster: Cluster, broker: Broker) -> None:
        """Ask for one."""
        broker.queue("tasks", parent=self, namespace=cluster.namespace(self.name, parent=self))


class SharerConfig(Config):
    """How much."""

    size_gi: int = 10


class Sharer(Component[SharerConfig]):
    """Stands for any add-on whose pods write the same files."""

    def build(self, cluster: Cluster, files: SharedFiles) -> None:
        """Ask for a volume."""
        namespace = cluster.namespace(self.name, parent=self)
        files.volume("notebooks", size_gi=self.config.size_gi, parent=self, namespace=namespace)


class PlainClusterConfig(Config):
    """Nothing to say."""


class PlainCluster(Component[PlainClusterConfig]):
    """A cluster that gives its pods no identity in AWS."""

    def build(self) -> Cluster:
        """Name one."""
        return Cluster(
            name="plain",
            version="1.35",
            kubeconfig=pulumi.Output.from_input(""),
            storage_class="local",
            load_balancers=False,
        )


def registry() -> Registry:
    """The platform's AWS components, and the stand-ins for add-ons."""
    infra = {name: discover()[name].cls for name in (*AWS, *ADD_ONS)}
    return Registry({**infra, "app": App, "queue-user": QueueUser, "sharer": Sharer, "plain-cluster": PlainCluster})


@cache
def _recorded(components: str, environment: str) -> Graph:
    return record(json.loads(components), environment=environment, registry=registry(), computed=COMPUTED)


def build(environment: str = "dev", **components: Any) -> Graph:
    """Record a stack of AWS components, once for all tests that want the same."""
    return _recorded(json.dumps(components), environment)


NAMED: dict[str, Any] = {
    "elasticache": {},
    "secrets-manager": {"secrets": {"mail": ["username", "password"]}},
    "route53": {"zones": {"ml.example.com": {}, "platform.internal": {"private": True}}},
}


def whole(environment: str = "dev") -> Graph:
    """Record a stack with every AWS component at its defaults, a GPU pool, and an add-on that uses them."""
    pools = {"gpu": {"accelerator": "nvidia-l4", "max": 4}}
    return build(environment, network={}, eks={}, pools=pools, s3={}, rds={}, app={}, **NAMED)


def document(text: str) -> list[dict[str, Any]]:
    """Return the statements of a policy document."""
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements
