"""What MLflow's pods have in common: the image, where it keeps things, and who may come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from addons._pods import container_security, resources

PORT = 5000
USER = 1000
ADMIN = "admin"
METRICS_FOLDER = "/tmp/metrics"  # noqa: S108 - a path inside the container

# Prometheus calls a pod by its address. A page that lures a browser here (DNS rebinding) comes by a name.
_ADDRESSES = ("10.*", "100.*", "172.*", "192.168.*")


@dataclass(frozen=True)
class Server:
    """What the pods are made of, all of it plain.

    Attributes:
        image: with its tag.
        account: name of the service account that may use the bucket.
        database_secret: with the key uri.
        artifacts: s3:// URL.
        artifact_environment: variables with which an AWS SDK finds the bucket.
        hosts: names under which it is called; others are refused.
        origin: URL of the page in a browser, None where it is not exposed.
        auth_secret: for passwords of its own: with the keys basic_auth.ini, password and secret-key; else None.
        workers: processes of each copy.
    """

    image: str
    account: str
    database_secret: str
    artifacts: str
    artifact_environment: Sequence[Mapping[str, Any]]
    hosts: tuple[str, ...]
    origin: str | None
    auth_secret: str | None
    workers: int

    @property
    def arguments(self) -> list[str]:
        """What the server is started with."""
        hosts = [*self.hosts, *(f"{host}:{PORT}" for host in self.hosts), *_ADDRESSES]
        return [
            "mlflow",
            "server",
            "--host=0.0.0.0",
            f"--port={PORT}",
            f"--workers={self.workers}",
            "--serve-artifacts",
            f"--artifacts-destination={self.artifacts}",
            f"--expose-prometheus={METRICS_FOLDER}",
            f"--allowed-hosts={','.join(hosts)}",
            # A browser names the page's origin with every change, and MLflow refuses even its own unless it is listed.
            *([f"--cors-allowed-origins={self.origin}"] if self.origin else []),
            *(["--app-name=basic-auth", "--enable-workspaces"] if self.auth_secret else []),
        ]

    @property
    def server_environment(self) -> list[Any]:
        """The server's variables."""
        environment = [
            *self.store_environment,
            *self.artifact_environment,
            # The queue of these jobs is on the disk of one copy: they would be lost with it, and take half a GiB.
            {"name": "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "value": "false"},
        ]
        if self.auth_secret:
            environment += [
                {"name": "MLFLOW_AUTH_CONFIG_PATH", "value": "/etc/mlflow-auth/basic_auth.ini"},
                secret("MLFLOW_AUTH_ADMIN_PASSWORD", self.auth_secret, "password"),
                secret("MLFLOW_FLASK_SERVER_SECRET_KEY", self.auth_secret, "secret-key"),
            ]
        return environment

    @property
    def store_environment(self) -> list[Any]:
        """The variables of whatever reaches the database."""
        return [secret("MLFLOW_BACKEND_STORE_URI", self.database_secret, "uri"), *HOME]

    def admin_environment(self, url: str) -> list[Any]:
        """The variables of whatever calls the server as its administrator."""
        environment: list[Any] = [{"name": "MLFLOW_TRACKING_URI", "value": url}, *HOME]
        if self.auth_secret:
            environment.append({"name": "MLFLOW_TRACKING_USERNAME", "value": ADMIN})
            environment.append(secret("MLFLOW_TRACKING_PASSWORD", self.auth_secret, "password"))
        return environment

    def container(self, name: str, *, environment: list[Any], memory: str, **more: Any) -> Any:
        """Return a container of MLflow's image."""
        mounts = [{"name": "tmp", "mountPath": "/tmp"}, *more.pop("mounts", ())]  # noqa: S108 - inside the container
        return {
            "name": name,
            "image": self.image,
            "env": environment,
            "resources": resources("250m", memory),
            "securityContext": container_security(),
            "volumeMounts": mounts,
            **more,
        }


HOME: list[Any] = [{"name": "HOME", "value": "/tmp"}]  # noqa: S108 - a path inside the container
TMP: Any = {"name": "tmp", "emptyDir": {}}


def secret(variable: str, of: str, key: str) -> dict[str, Any]:
    """Return a variable whose value lies in a Secret."""
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": of, "key": key}}}


def version(image: str) -> str:
    """Return an image's tag as a part of an object's name."""
    return image.partition("@")[0].rpartition(":")[2].replace(".", "-").lower()
