"""Shared files on an NFS server that is there already: volumes that many pods write at once.

Each volume is a folder of the server's share. NFS trusts the addresses that the server exports to, and knows no
encryption of its own: the server's network is what protects the files.
"""

from __future__ import annotations

from typing import Annotated, Any

import pulumi_kubernetes as k8s
from addons._charts import Copies
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Cluster, NodePools, SharedFiles
from groundwork.core.forms import Form

_DRIVER = "nfs.csi.k8s.io"
_CONTROLLER = "csi-nfs-controller"


class NfsConfig(Config):
    """What a stack file may say under `nfs:`."""

    server: Annotated[
        str, Form(r"[a-zA-Z0-9]([a-zA-Z0-9.:-]*[a-zA-Z0-9])?", "the name or address of a host", "files.example.com")
    ] = Field(
        description="name or address of the NFS server, as nodes resolve it",
    )
    share: Annotated[str, Form(r"/\S*", "a folder that begins with /", "/export/ml")] = Field(
        default="/", description="folder that the server exports"
    )
    mount_options: tuple[str, ...] = Field(
        default=("nfsvers=4.1", "hard"),
        description="of every volume; `hard`: a program waits for a server that is away, and loses nothing",
    )
    keep: Annotated[bool, ByProfile("protect")] = Field(
        description="whether a deleted volume's folder stays on the server"
    )
    default: bool = Field(default=False, description="whether claims that name no storage class get this one")
    replicas: Copies = Field(description="copies of the controller, each on a node of its own")
    kubelet_dir: Annotated[str, Form(r"/\S+", "a folder that begins with /", "/var/lib/kubelet")] = Field(
        default="/var/lib/kubelet", description="of the nodes; microk8s has another"
    )


def values(config: NfsConfig) -> dict[str, Any]:
    """Return the chart's values: https://github.com/kubernetes-csi/csi-driver-nfs/tree/v4.13.4/charts."""
    apart = {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": _CONTROLLER}}}
        ]
    }
    return {
        "kubeletDir": config.kubelet_dir,
        "controller": {
            "replicas": config.replicas,
            # Its ports are the node's.
            "affinity": {"podAntiAffinity": apart} if config.replicas > 1 else {},
            # Snapshots need kinds that nothing here installs.
            "enableSnapshotter": False,
        },
        "externalSnapshotter": {"enabled": False, "customResourceDefinitions": {"enabled": False}},
    }


class Nfs(Component[NfsConfig]):
    """The NFS driver, and a storage class of one server."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools | None) -> SharedFiles:
        """Install the driver and make the class."""
        # It mounts on the node, in the node's network.
        namespace = cluster.namespace(self.name, parent=self, security="privileged")
        if self.config.default:
            self.claim("the default storage class", f"set {self.name}.default: false", either=True)
        driver = release(
            self.name, parent=self, chart="csi-driver-nfs", namespace=namespace, values=values(self.config)
        )
        default = {"storageclass.kubernetes.io/is-default-class": "true"} if self.config.default else {}
        k8s.storage.v1.StorageClass(
            f"{self.name}-class",
            metadata={"name": self.name, "annotations": default},
            provisioner=_DRIVER,
            parameters={
                "server": self.config.server,
                "share": self.config.share,
                # So that a person finds a folder by what used it.
                "subDir": "${pvc.metadata.namespace}-${pvc.metadata.name}-${pv.metadata.name}",
                "onDelete": "retain" if self.config.keep else "delete",
            },
            mount_options=list(self.config.mount_options),
            reclaim_policy="Delete",
            volume_binding_mode="Immediate",
            allow_volume_expansion=True,
            opts=cluster.options(self, depends_on=[driver]),
        )
        return SharedFiles(storage_class=self.name)
