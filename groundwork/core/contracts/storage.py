"""Where data lives."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace, ServiceAccount


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket, and how a pod reaches it.

    Attributes:
        name: plain, so that a chart's values can name it.
        endpoint: URL of the S3 API, None for the cloud's own.
        region: of the bucket.
        credentials: a Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the service account's
            namespace, None where the pod's cloud identity is enough.
        ready: what a pod that uses the bucket has to wait for.
    """

    name: str
    endpoint: str | None
    region: str
    credentials: str | None
    ready: Sequence[pulumi.Resource] = ()

    @property
    def url(self) -> str:
        """`s3://name`."""
        return f"s3://{self.name}"

    @property
    def environment(self) -> list[dict[str, Any]]:
        """The environment variables with which any AWS SDK in a container finds the bucket."""
        variables: list[dict[str, Any]] = [{"name": "AWS_REGION", "value": self.region}]
        if self.endpoint is not None:
            variables += [{"name": "AWS_ENDPOINT_URL_S3", "value": self.endpoint}]
        if self.credentials is not None:
            for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                source = {"secretKeyRef": {"name": self.credentials, "key": key}}
                variables.append({"name": key, "valueFrom": source})
        return variables


@dataclass(frozen=True, kw_only=True)
class ObjectStore(Contract):
    """Buckets with the S3 API."""

    @abstractmethod
    def bucket(
        self,
        name: str,
        *,
        parent: Component[Any],
        reader_writers: Sequence[ServiceAccount] = (),
        tags: Mapping[str, str] | None = None,
    ) -> Bucket:
        """Make a private, encrypted bucket, and let these service accounts of one namespace read and write it.

        Args:
            name: short, unique among the buckets of the stack: "mlflow".
            parent: the component that it belongs to.
            reader_writers: all in the same namespace.
            tags: by which a cloud tells what it costs whom.
        """


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database of its own with a user of its own.

    Attributes:
        name: of the database.
        user: of its owner.
        secret: a Secret in the namespace it was made for, with the keys host, port, database, username, password,
            sslmode (libpq's word) and uri (`postgresql://...`).
        uri: the same URI, secret, for a chart that wants it in a Secret of its own form.
        ready: what a pod that uses the database has to wait for.
    """

    name: str
    user: str
    secret: str
    uri: pulumi.Output[str]
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class SqlServer(Contract):
    """A PostgreSQL server.

    Attributes:
        requires_tls: whether it turns away who comes without TLS.
        authorities: PEM certificates of who signs the server's own; "" where nobody outside of it knows them.
    """

    requires_tls: bool = False
    authorities: str = ""

    @abstractmethod
    def database(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Database:
        """Make a database and its owner, and put the way in into a Secret of `namespace`.

        The server may be unreachable from where the engine runs: a Job in the cluster does the work, again and again
        without harm.
        """


@dataclass(frozen=True, kw_only=True)
class SharedFiles(Contract):
    """Volumes that many pods write at once.

    Attributes:
        storage_class: of such volumes (ReadWriteMany).
    """

    storage_class: str

    def volume(
        self, name: str, *, size_gi: int, parent: Component[Any], namespace: Namespace
    ) -> k8s.core.v1.PersistentVolumeClaim:
        """Make a claim of this name that every pod of `namespace` can mount and write.

        Args:
            name: of the claim; what a pod's volume names.
            size_gi: in GiB. File servers seldom enforce it; a namespace's quota counts it.
            parent: the component that the files belong to.
        """
        return k8s.core.v1.PersistentVolumeClaim(
            # A component with several namespaces may have a claim of this name in each.
            "-".join(dict.fromkeys((parent.name, namespace.name, name, "files"))),
            metadata={
                "name": name,
                "namespace": namespace.name,
                # Some classes bind only when a pod comes, which may wait for the claim.
                "annotations": {"pulumi.com/skipAwait": "true"},
            },
            spec={
                "access_modes": ["ReadWriteMany"],
                "storage_class_name": self.storage_class,
                "resources": {"requests": {"storage": f"{size_gi}Gi"}},
            },
            opts=namespace.options(parent, protect=parent.environment.profile.protect),
        )


@dataclass(frozen=True, kw_only=True)
class SnapshotKinds(Contract):
    """The kinds of snapshots of volumes are there: VolumeSnapshot, VolumeSnapshotClass and VolumeSnapshotContent."""


@dataclass(frozen=True, kw_only=True)
class ImageRegistry(Contract):
    """A registry of container images of one's own.

    Attributes:
        host: what an image's reference begins with.
        repositories: short name -> what follows the host.
        caches: a public registry -> what stands between the host and the rest of a reference, for images that this one
            fetches from there when they are first asked for.
    """

    host: str
    repositories: dict[str, str]
    caches: dict[str, str]

    def repository(self, name: str) -> str:
        """Return where images of one of its repositories are, without a tag (raises `KeyError` for one it lacks)."""
        return f"{self.host}/{self.repositories[name]}"

    def image(self, reference: str) -> str:
        """Return an image's reference in this registry; its own where no cache serves the registry that it names."""
        registry, slash, rest = reference.partition("/")
        if not slash:
            registry, rest = "docker.io", f"library/{reference}"
        elif "." not in registry and ":" not in registry and registry != "localhost":
            registry, rest = "docker.io", reference
        prefix = self.caches.get(registry)
        return reference if prefix is None else f"{self.host}/{prefix}/{rest}"
