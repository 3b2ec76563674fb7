"""SeaweedFS: an object store in the cluster, for environments without a cloud's own.

One server on one volume: no second copy of the data, so it is no store for what cannot be made again. Keys guard the S3
API only; whoever reaches its other ports reads and writes everything. So its network policy leaves those to its own
namespace, and without a network plugin that enforces policies every pod of the cluster can reach them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._availability import nearly_full, unavailable
from addons._buckets import home_of, provision_bucket
from addons._seaweedfs_values import FILER, MASTER, S3, values
from addons._ways_in import NEIGHBOURS, PLATFORM, tcp
from pydantic import Field

from groundwork.core.amounts import Memory
from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import (
    Bucket,
    Cluster,
    Metrics,
    Namespace,
    NodePools,
    ObjectStore,
    ServiceAccount,
)

# Every step can be repeated. Keys reach the shell by a pipe, never as an argument of a process. The shell ends well
# whatever happened, so what it was to make is looked up; making a bucket anew would forget what is said of it.
_SCRIPT = """\
set -eu
shell() { weed shell -master="$MASTER" -filer="$FILER" 2>&1; }
printf 's3.configure -user %s -access_key %s -secret_key %s -buckets %s -actions Read,Write,List,Tagging -apply\\n' \\
  "$BUCKET" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$BUCKET" | shell > /dev/null
echo s3.configure | shell | grep -q "$AWS_ACCESS_KEY_ID"
there() { echo s3.bucket.list | shell | grep -q "^ *$BUCKET[[:space:]]"; }
there || echo "s3.bucket.create -name $BUCKET -owner $BUCKET" | shell
there
echo "s3.bucket.versioning -name $BUCKET -enable" | shell
echo "s3.bucket.versioning -name $BUCKET" | shell | grep -q Enabled
"""


class SeaweedfsConfig(Config):
    """What a stack file may say under `seaweedfs:`."""

    storage_gi: Annotated[int, ByProfile("size", {"small": 20, "medium": 200, "large": 1000})] = Field(
        ge=5, alias="storageGi", description="size of the volume in GiB; it can grow, never shrink"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "1Gi", "medium": "4Gi", "large": "8Gi"})] = Field(
        description="request and limit"
    )


@dataclass(frozen=True, kw_only=True)
class SeaweedfsStore(ObjectStore):
    """A SeaweedFS server.

    Attributes:
        namespace: where it runs.
        service: its name there.
        image: of the server, which has the client in it.
    """

    namespace: str
    service: str
    image: str

    @property
    def host(self) -> str:
        """Its name inside the cluster."""
        return f"{self.service}.{self.namespace}.svc.cluster.local"

    def bucket(
        self,
        name: str,
        *,
        parent: Component[Any],
        reader_writers: Sequence[ServiceAccount] = (),
        tags: Mapping[str, str] | None = None,
    ) -> Bucket:
        """Make a bucket, and a user of its own whose keys lie in a Secret of the service accounts' namespace."""
        return provision_bucket(
            parent.environment.cloud_name(name),
            endpoint=f"http://{self.host}:{S3}",
            image=self.image,
            home=self.namespace,
            script=_SCRIPT,
            environment=[
                {"name": "MASTER", "value": f"{self.host}:{MASTER}"},
                {"name": "FILER", "value": f"{self.host}:{FILER}"},
            ],
            files={},
            parent=parent,
            namespace=home_of(name, parent, reader_writers),
        )


class Seaweedfs(Component[SeaweedfsConfig]):
    """One SeaweedFS server on a volume of its own."""

    def build(self, cluster: Cluster, metrics: Metrics | None, pools: NodePools | None) -> SeaweedfsStore:
        """Make the server."""
        namespace = cluster.namespace(self.name, parent=self)
        self._close(namespace)
        given = values(
            self.name,
            storage_gi=self.config.storage_gi,
            memory=self.config.memory,
            claim=f"{self.name}-data",
            identities_secret=f"{self.name}-identities",
        )
        after = [self._claim(namespace), self._identities(namespace)]
        release(self.name, parent=self, chart="seaweedfs", namespace=namespace, values=given, after=after)
        if metrics is not None:
            self._watch(metrics, namespace)
        return SeaweedfsStore(
            namespace=namespace.name,
            service=f"{self.name}-all-in-one",
            image=self.catalogue.image("seaweedfs"),
        )

    def _claim(self, namespace: Namespace) -> pulumi.Resource:
        """Make the volume apart from the chart, so that it outlives the release."""
        claim: pulumi.Resource = k8s.core.v1.PersistentVolumeClaim(
            f"{self.name}-data",
            metadata={
                "name": f"{self.name}-data",
                "namespace": namespace.name,
                # It is bound when its pod comes, which waits for the claim.
                "annotations": {"pulumi.com/skipAwait": "true"},
            },
            spec={
                "access_modes": ["ReadWriteOnce"],
                "storage_class_name": namespace.cluster.storage_class,
                "resources": {"requests": {"storage": f"{self.config.storage_gi}Gi"}},
            },
            opts=namespace.options(protect=self.environment.profile.protect),
        )
        return claim

    def _identities(self, namespace: Namespace) -> pulumi.Resource:
        """Make the administrator; without any identity the S3 API is open to all. Users of buckets are added to it."""
        key = random.RandomPassword(f"{self.name}-admin-key", length=20, special=False, opts=self.stateful())
        secret_key = random.RandomPassword(f"{self.name}-admin-secret", length=40, special=False, opts=self.stateful())
        identities = pulumi.Output.all(key.result, secret_key.result).apply(
            lambda keys: json.dumps(
                {
                    "identities": [
                        {
                            "name": "admin",
                            "credentials": [{"accessKey": keys[0], "secretKey": keys[1]}],
                            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                        }
                    ]
                }
            )
        )
        secret: pulumi.Resource = k8s.core.v1.Secret(
            f"{self.name}-identities",
            metadata={"name": f"{self.name}-identities", "namespace": namespace.name},
            string_data={"seaweedfs_s3_config": identities},
            opts=namespace.options(),
        )
        return secret

    def _close(self, namespace: Namespace) -> None:
        k8s.networking.v1.NetworkPolicy(
            f"{self.name}-callers",
            metadata={"name": f"{self.name}-callers", "namespace": namespace.name},
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress"],
                "ingress": [
                    {"from_": [NEIGHBOURS]},
                    {"ports": tcp(S3)},
                    {"from_": [PLATFORM], "ports": tcp(9324)},
                ],
            },
            opts=namespace.options(),
        )

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        labels = {"app.kubernetes.io/instance": self.name, "app.kubernetes.io/component": "seaweedfs-all-in-one"}
        metrics.scrape(self.name, parent=self, namespace=namespace, selector=labels, port="server-metrics")
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                unavailable(
                    "ObjectStoreDown",
                    namespace=namespace.name,
                    deployment=f"{self.name}-all-in-one",
                    severity="critical",
                    summary=f"{self.name} is not ready: logs, models and backups have nowhere to go.",
                ),
                nearly_full(
                    "ObjectStoreFull",
                    namespace=namespace.name,
                    summary=f"The volume of {self.name} is more than 85 % full: raise storageGi.",
                ),
            ],
        )
