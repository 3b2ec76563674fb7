"""MinIO: an object store in the cluster.

Native objects, for a reason: upstream ended the upkeep of MinIO and of its chart in 2026-02 and removes its images,
also the client's that the chart's Jobs run. So the image is the user's to name. The exit is another store behind the
same contract; `mc mirror` moves the data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._buckets import home_of, provision_bucket
from addons._pods import container_security, pod_security, resources
from addons._server_on_volume import server_on_volume
from addons._ways_in import close, tcp
from pydantic import Field, field_validator

from groundwork.core.amounts import Memory
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Cluster, Namespace, NodePools, ObjectStore, ServiceAccount, Sizing
from groundwork.core.contracts.storage import Bucket

_USER = 1000
_PORT = 9000


# Every step can be repeated. What is secret comes by the environment and by pipes, never as an argument.
_SCRIPT = """\
set -eu
scheme=${ENDPOINT%%://*}
export MC_HOST_store="$scheme://$ADMIN_USERNAME:$ADMIN_PASSWORD@${ENDPOINT#*://}"
mc mb --ignore-existing "store/$BUCKET"
mc anonymous set none "store/$BUCKET"
mc version enable "store/$BUCKET"
printf '%s\\n%s\\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" | mc admin user add store
mc admin policy create store "$BUCKET" /etc/bucket/policy.json
mc admin policy attach store "$BUCKET" --user "$AWS_ACCESS_KEY_ID" ||
  mc admin policy entities store --user "$AWS_ACCESS_KEY_ID" | grep -q "$BUCKET"
"""


def bucket_policy(bucket: str) -> str:
    """Return the policy that lets a user read and write one bucket, and nothing else."""
    statements = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": [f"arn:aws:s3:::{bucket}"],
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": [f"arn:aws:s3:::{bucket}/*"],
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


class MinioConfig(Config):
    """What a stack file may say under `minio:`."""

    image: str = Field(description="with its tag; upstream publishes none any more: name one that you build or keep")
    storage_gi: Annotated[int, ByProfile("size", {"small": 20, "medium": 200, "large": 1000})] = Field(
        ge=1, alias="storageGi", description="size of the volume in GiB; it can grow, never shrink"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "512Mi", "medium": "4Gi", "large": "8Gi"})] = Field(
        description="request and limit"
    )

    @field_validator("image")
    @classmethod
    def _pinned(cls, image: str) -> str:
        name, _, tag = image.rpartition("/")[2].partition(":")
        if "@sha256:" not in image and (not tag or tag == "latest"):
            raise ValueError(f"the image must say its version, such as {name}:RELEASE.2025-09-07T16-13-09Z")
        return image


@dataclass(frozen=True, kw_only=True)
class MinioStore(ObjectStore):
    """A MinIO server.

    Attributes:
        namespace: where it runs.
        host: its name inside the cluster.
        image: of the server, which has the client in it.
        admin_secret: the Secret in `namespace` with the keys username and password of the administrator.
    """

    namespace: str
    host: str
    image: str
    admin_secret: str

    def bucket(
        self,
        name: str,
        *,
        parent: Component[Any],
        reader_writers: Sequence[ServiceAccount] = (),
        tags: Mapping[str, str] | None = None,
    ) -> Bucket:
        """Make a bucket, and a user of its own whose keys lie in a Secret of the service accounts' namespace."""
        namespace = home_of(name, parent, reader_writers)
        label = parent.environment.cloud_name(name)

        def admin(variable: str, key: str) -> dict[str, Any]:
            return {"name": variable, "valueFrom": {"secretKeyRef": {"name": self.admin_secret, "key": key}}}

        return provision_bucket(
            label,
            endpoint=f"http://{self.host}:{_PORT}",
            image=self.image,
            home=self.namespace,
            script=_SCRIPT,
            environment=[
                {"name": "MC_CONFIG_DIR", "value": "/tmp/mc"},  # noqa: S108 - a path inside the container
                admin("ADMIN_USERNAME", "username"),
                admin("ADMIN_PASSWORD", "password"),
            ],
            files={"policy.json": bucket_policy(label)},
            parent=parent,
            namespace=namespace,
        )


class Minio(Component[MinioConfig]):
    """One MinIO server on a volume of its own: for environments without a cloud's object store."""

    def build(self, cluster: Cluster, pools: NodePools | None, sizing: Sizing | None) -> MinioStore:
        """Make the server."""
        namespace = cluster.namespace(self.name, parent=self)
        # Whoever has keys may ask for objects from anywhere; the console, on another port, is for nobody.
        close(self, namespace, [{"ports": tcp(_PORT)}])
        admin = self._admin(namespace)
        host = server_on_volume(
            "minio",
            parent=self,
            namespace=namespace,
            pod=self._pod(),
            port_name="s3",
            port=_PORT,
            storage_gi=self.config.storage_gi,
            after=admin,
            sizing=sizing,
        )
        return MinioStore(
            namespace=namespace.name,
            host=host,
            image=self.config.image,
            admin_secret=f"{self.name}-admin",
        )

    def _admin(self, namespace: Namespace) -> Any:
        password = random.RandomPassword(f"{self.name}-admin", length=32, special=False, opts=self.stateful())
        return k8s.core.v1.Secret(
            f"{self.name}-admin",
            metadata={"name": f"{self.name}-admin", "namespace": namespace.name},
            string_data={"username": "admin", "password": password.result},
            opts=namespace.options(),
        )

    def _pod(self) -> Any:
        probe = {"httpGet": {"path": "/minio/health/ready", "port": "s3"}, "periodSeconds": 10}
        return {
            "automountServiceAccountToken": False,
            "securityContext": pod_security(_USER),
            "containers": [
                {
                    "name": "minio",
                    "image": self.config.image,
                    "args": ["server", "/data", "--address", f":{_PORT}", "--console-address", ":9001"],
                    "ports": [{"name": "s3", "containerPort": _PORT}],
                    "env": [
                        {"name": "MINIO_ROOT_USER_FILE", "value": "/etc/minio-admin/username"},
                        {"name": "MINIO_ROOT_PASSWORD_FILE", "value": "/etc/minio-admin/password"},
                    ],
                    "resources": resources("100m", self.config.memory),
                    "securityContext": container_security(),
                    "readinessProbe": probe,
                    "livenessProbe": {
                        "httpGet": {"path": "/minio/health/live", "port": "s3"},
                        "initialDelaySeconds": 20,
                        "periodSeconds": 20,
                    },
                    "volumeMounts": [
                        {"name": "data", "mountPath": "/data"},
                        {"name": "admin", "mountPath": "/etc/minio-admin", "readOnly": True},
                        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a path inside the container
                    ],
                }
            ],
            "volumes": [
                {"name": "admin", "secret": {"secretName": f"{self.name}-admin", "defaultMode": 0o440}},
                {"name": "tmp", "emptyDir": {}},
            ],
        }
