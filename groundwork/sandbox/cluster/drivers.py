"""Which driver serves a StorageClass, and what that driver can do."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.sandbox.cluster.pools import ExistingCluster
from groundwork.sandbox.cluster.world import (
    CSI_DRIVER,
    DEPLOYMENT,
    Controller,
    HasIdentity,
    World,
    containers,
    controllers,
    image_name,
    working,
)


@dataclass(frozen=True)
class Driver:
    """A CSI driver, or the provisioner of an existing cluster."""

    name: str
    topology: str | None
    """The node label that a volume is tied to; None: it can be mounted anywhere."""
    filesystem_modes: frozenset[str]
    """Access modes of a volume with a file system."""
    image: str | None = None
    """Of the controller's main container."""
    on_aws: bool = False
    volume_id: str = "vol-"
    host_path: bool = False
    """Whether its volumes are folders of a node, not CSI volumes."""


_ONE_WRITER = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})
_ANY = _ONE_WRITER | {"ReadWriteMany", "ReadOnlyMany"}
_ZONE = "topology.kubernetes.io/zone"
_KNOWN = {
    driver.name: driver
    for driver in (
        Driver("ebs.csi.aws.com", _ZONE, _ONE_WRITER, image="aws-ebs-csi-driver", on_aws=True),
        Driver("efs.csi.aws.com", None, _ANY, image="aws-efs-csi-driver", on_aws=True, volume_id="fs-"),
        Driver("fsx.csi.aws.com", None, _ANY, image="aws-fsx-csi-driver", on_aws=True, volume_id="fs-"),
        Driver("nfs.csi.k8s.io", None, _ANY, image="nfsplugin", volume_id="nfs-"),
    )
}
_MIGRATED = {"kubernetes.io/aws-ebs": "ebs.csi.aws.com"}
"""What the in-tree provisioners have become."""


def serving(world: World, provisioner: str, existing: ExistingCluster | None, identity: HasIdentity) -> Driver | str:
    """Return the driver that serves a class, or the sentence that says why none does."""
    if existing is not None and provisioner == existing.provisioner:
        return Driver(provisioner, "kubernetes.io/hostname", _ANY, host_path=True)
    name = _MIGRATED.get(provisioner, provisioner)
    if world.get(CSI_DRIVER, name) is None:
        return f"provisioner {provisioner}: no CSIDriver {name} is installed"
    driver = _KNOWN.get(name)
    if driver is None:
        found = _by_sidecar(world, name)
        return found if isinstance(found, str) else Driver(name, None, _ANY)
    worker = working(world, driver.image or "", f"controller of {name}", identity if driver.on_aws else None)
    return worker if isinstance(worker, str) else driver


def _by_sidecar(world: World, name: str) -> Controller | str:
    """Return the Deployment with a provisioner beside a container that speaks of the driver."""
    for deployment in world.all(DEPLOYMENT):
        spec = deployment["spec"]["template"]["spec"]
        if name in str(spec) and any("csi-provisioner" in c.get("image", "") for c in containers(spec)):
            image = image_name(spec["containers"][0]["image"])
            found = next(
                (
                    controller
                    for controller in controllers(world, image)
                    if controller.name == deployment["metadata"]["name"]
                ),
                None,
            )
            if found and found.available:
                return found
            return f"provisioner {name}: Deployment {deployment['metadata']['name']} has no available pod"
    return f"provisioner {name}: no available Deployment provisions for it"
