"""Valkey in the cluster: the open fork of Redis, as a message broker.

Native objects, for a reason: one server with one volume needs no operator, and the charts that have one ship Bitnami
images or replicas that Celery's protocol cannot follow. The exit is a managed cache behind the same contract; messages
need no move: what waits in a queue is sent again by those who sent it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._pods import container_security, mebibytes, pod_security, resources
from addons._server_on_volume import server_on_volume
from addons._ways_in import close, way_in
from pydantic import Field

from groundwork.core.amounts import Cpu, Memory
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Broker, Cluster, Namespace, NodePools, Queue, Sizing

# The user of the official image.
_USER = 999
_PORT = 6379
_ETC = "/etc/valkey"


class ValkeyConfig(Config):
    """What a stack file may say under `valkey:`."""

    storage_gi: int = Field(
        default=5, ge=1, alias="storageGi", description="size of the volume in GiB; it can grow, never shrink"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "256Mi", "medium": "512Mi", "large": "2Gi"})] = Field(
        description="request and limit; messages get half of it, the rest is for writing them to the volume"
    )
    cpu: Cpu = Field(default="100m", description="request")


def messages_mebibytes(memory: str) -> int:
    """Return what of a server's memory its messages may take: rewriting its log forks it, and copies what changes."""
    return mebibytes(memory) // 2


def settings(memory: str) -> str:
    """Return the server's plain settings: https://valkey.io/topics/valkey.conf."""
    lines = [
        f"port {_PORT}",
        "bind * -::*",
        "dir /data",
        # At most a second of messages is lost with the node.
        "appendonly yes",
        "appendfsync everysec",
        f"maxmemory {messages_mebibytes(memory)}mb",
        # A broker that is full refuses: one that evicts loses tasks, and tells nobody.
        "maxmemory-policy noeviction",
    ]
    return "\n".join([*lines, ""])


@dataclass(frozen=True, kw_only=True)
class ValkeyBroker(Broker):
    """A server in the cluster, for one application.

    Attributes:
        instance: of the component.
        namespace: where it runs.
        host: its name inside the cluster.
        password: of its one user.
    """

    instance: str
    namespace: str
    host: str
    password: pulumi.Output[str]

    def queue(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Queue:
        """Let the pods of `namespace` in, and nobody else's.

        The server has one user, and the queues of two applications would have the same names: it serves one.
        """
        parent.claim(
            f"the user of {self.instance}",
            f"give each its own: `NAME: {{component: valkey}}` and `{parent.name}: {{use: {{broker: NAME}}}}`",
        )
        prefix = f"{parent.name}-{name}-queue" if name != parent.name else f"{name}-queue"
        plain: pulumi.Output[str] = pulumi.Output.format("redis://:{0}@{1}:{2}/0", self.password, self.host, _PORT)
        url: pulumi.Output[str] = pulumi.Output.secret(plain)
        secret = k8s.core.v1.Secret(
            f"{prefix}-access",
            metadata={"name": f"{name}-queue", "namespace": namespace.name},
            string_data={"url": url},
            opts=namespace.options(parent),
        )
        way = way_in(
            f"{prefix}-way-in",
            # One name for every application: a second one of another stack collides here instead of sharing queues.
            name=f"{self.instance}-queue",
            home=self.namespace,
            port=_PORT,
            callers=[namespace.name],
            labels=_labels(self.instance),
            parent=parent,
            namespace=namespace,
        )
        return Queue(secret=f"{name}-queue", url=url, ready=(secret, way))


class Valkey(Component[ValkeyConfig]):
    """One Valkey server on a volume of its own: for environments without a managed broker."""

    def build(self, cluster: Cluster, pools: NodePools | None, sizing: Sizing | None) -> ValkeyBroker:
        """Make the server, which nobody reaches before he has a queue."""
        namespace = cluster.namespace(self.name, parent=self)
        password = random.RandomPassword(f"{self.name}-password", length=48, special=False, opts=self.stateful())
        secret = k8s.core.v1.Secret(
            f"{self.name}-server-settings",
            metadata={"name": f"{self.name}-server", "namespace": namespace.name},
            string_data={
                "password": password.result,
                "valkey.conf": pulumi.Output.format(
                    "{0}requirepass {1}\n", settings(self.config.memory), password.result
                ),
            },
            opts=namespace.options(),
        )
        close(self, namespace)
        host = server_on_volume(
            "valkey",
            parent=self,
            namespace=namespace,
            pod=self._pod(),
            port_name="redis",
            port=_PORT,
            storage_gi=self.config.storage_gi,
            after=secret,
            sizing=sizing,
        )
        return ValkeyBroker(instance=self.name, namespace=namespace.name, host=host, password=password.result)

    def _pod(self) -> Any:
        # Without -e the client exits with 0 on "loading" and on "no permission" as well.
        probe = {"exec": {"command": ["sh", "-c", "valkey-cli -e ping | grep -q PONG"]}, "timeoutSeconds": 5}
        password = {"secretKeyRef": {"name": f"{self.name}-server", "key": "password"}}
        items = [{"key": "valkey.conf", "path": "valkey.conf"}]
        return {
            "automountServiceAccountToken": False,
            "securityContext": pod_security(_USER),
            "terminationGracePeriodSeconds": 60,
            "containers": [
                {
                    "name": "valkey",
                    "image": self.catalogue.image("valkey"),
                    "command": ["valkey-server", f"{_ETC}/valkey.conf"],
                    "ports": [{"name": "redis", "containerPort": _PORT}],
                    "env": [{"name": "VALKEYCLI_AUTH", "valueFrom": password}],
                    "resources": resources(self.config.cpu, self.config.memory),
                    "securityContext": container_security(),
                    "readinessProbe": {**probe, "periodSeconds": 10},
                    "livenessProbe": {**probe, "initialDelaySeconds": 30, "periodSeconds": 20, "failureThreshold": 6},
                    "volumeMounts": [
                        {"name": "data", "mountPath": "/data"},
                        {"name": "settings", "mountPath": _ETC, "readOnly": True},
                    ],
                }
            ],
            "volumes": [
                {
                    "name": "settings",
                    "secret": {"secretName": f"{self.name}-server", "defaultMode": 0o440, "items": items},
                }
            ],
        }


def _labels(instance: str) -> dict[str, str]:
    """Return the labels that a server of its own volume has."""
    return {"app.kubernetes.io/name": "valkey", "app.kubernetes.io/instance": instance}
