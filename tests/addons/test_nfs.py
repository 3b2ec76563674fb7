"""Shared files on an NFS server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundwork.core.component import Component
from groundwork.core.contracts import Cluster, SharedFiles
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.core.teams import Team
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph, record
from tests.addons.conftest import STUBS, NoConfig
from tests.addons.rendering import release, render_chart, render_double
from tests.addons.test_pod_security import admit


class FilesUser(Component[NoConfig]):
    """Asks for a folder that many pods write."""

    def build(self, cluster: Cluster, files: SharedFiles) -> None:
        """Ask."""
        namespace = cluster.namespace(self.name, parent=self)
        files.volume("notebooks", size_gi=10, parent=self, namespace=namespace)


class LocalDisks(Component[NoConfig]):
    """Makes a default storage class, as a cluster of the cloud does."""

    def build(self, cluster: Cluster) -> None:
        """Claim it."""
        self.claim("the default storage class", "leave it to nfs", either=True)


REGISTRY = Registry({**STUBS, "files-user": FilesUser, "disks": LocalDisks, "nfs": "addons.nfs"})
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


def build(nfs: dict[str, Any], environment: str = "dev", **more: Any) -> Graph:
    """Build a stack with this NFS server, or another."""
    stack = {"cluster": {}, "nfs": {"server": "files.internal", **nfs}, "files-user": {}, **more}
    return record(stack, environment=environment, registry=REGISTRY)


@pytest.fixture(scope="module")
def prod() -> Graph:
    """NFS in production."""
    return build({"share": "/export/ml"}, "prod")


def test_a_claim_names_the_class_that_the_driver_serves(prod: Graph) -> None:
    """ReadWriteMany, of the class, after the driver."""
    made = prod.one(CLASS, "nfs-class")
    assert made.inputs["provisioner"] == "nfs.csi.k8s.io"
    assert made.inputs["parameters"]["server"] == "files.internal"
    assert made.inputs["parameters"]["share"] == "/export/ml"
    assert prod.one("kubernetes:helm.sh/v3:Release", "nfs").urn in prod.before(made)
    claim = prod.one("kubernetes:core/v1:PersistentVolumeClaim", "files-user-notebooks-files")
    assert claim.inputs["spec"]["storageClassName"] == made.inputs["metadata"]["name"]
    assert claim.inputs["spec"]["accessModes"] == ["ReadWriteMany"]
    assert made.urn in prod.before(claim)
    assert claim.protect


def test_deleted_files_stay_where_data_is_protected(prod: Graph) -> None:
    """And go elsewhere."""
    assert prod.one(CLASS, "nfs-class").inputs["parameters"]["onDelete"] == "retain"
    assert build({}).one(CLASS, "nfs-class").inputs["parameters"]["onDelete"] == "delete"


def test_the_default_class_is_only_one() -> None:
    """Not unless it is asked for, and then nobody else may be it."""
    assert not build({}).one(CLASS, "nfs-class").inputs["metadata"].get("annotations")
    alone = build({"default": True}).one(CLASS, "nfs-class").inputs["metadata"]["annotations"]
    assert alone == {"storageclass.kubernetes.io/is-default-class": "true"}
    with pytest.raises(StackError) as error:
        build({"default": True}, disks={})
    assert any(
        problem
        in (
            "disks and nfs would both be the default storage class; set nfs.default: false, or leave it to nfs",
            "nfs and disks would both be the default storage class; leave it to nfs, or set nfs.default: false",
        )
        for problem in error.value.problems
    )


def test_copies_of_the_controller_are_on_different_nodes(prod: Graph) -> None:
    """Their ports are the node's."""
    controller = release(prod, "csi-driver-nfs")["values"]["controller"]
    assert controller["replicas"] == 2
    (term,) = controller["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert release(build({}), "csi-driver-nfs")["values"]["controller"]["affinity"] == {}


def test_a_team_that_asks_for_it_has_files_that_all_of_its_pods_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same contract on any server; and where there is none, it is told."""
    asking = Team.model_validate({"name": "vision", "members": ["ada@example.com"], "sharedGi": 20})
    monkeypatch.setattr("addons.teams.load_teams", lambda root: (asking,))
    registry = Registry({**STUBS, "nfs": "addons.nfs", "teams": "addons.teams"})
    stack = {"cluster": {}, "nfs": {"server": "files.internal"}, "teams": {}}
    claim = record(stack, environment="dev", registry=registry).one(
        "kubernetes:core/v1:PersistentVolumeClaim", "teams-team-vision-shared-files"
    )
    assert (claim.inputs["metadata"]["name"], claim.inputs["metadata"]["namespace"]) == ("shared", "team-vision")
    with pytest.raises(StackError) as error:
        record({"cluster": {}, "teams": {}}, environment="dev", registry=registry)
    assert list(error.value.problems) == ["teams/vision.yaml: sharedGi needs SharedFiles, and the stack test has none"]


@pytest.mark.parametrize("render", [render_double, render_chart])
def test_its_pods_are_admitted(render: Any, prod: Graph, api_server: KubeClient, tmp_path: Path) -> None:
    """In a namespace that lets them mount on the node."""
    (metadata,) = [
        ns.inputs["metadata"]
        for ns in prod.of("kubernetes:core/v1:Namespace")
        if ns.inputs["metadata"]["name"] == "nfs"
    ]
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    wait_for(api_server, "v1", "ServiceAccount", "default", "nfs")
    rendered = render(prod, "csi-driver-nfs", tmp_path)
    assert rendered["Deployment/csi-nfs-controller"]["spec"]["replicas"] == 2
    assert "CustomResourceDefinition" not in str(list(rendered))
    admit(api_server, rendered, "nfs")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"server": "nfs://files"},
            "nfs.server: must be the name or address of a host, such as files.example.com (got 'nfs://files')",
        ),
        ({"share": "export"}, "nfs.share: must be a folder that begins with /, such as /export/ml (got 'export')"),
        ({"server": None}, "nfs.server: must be text (got nothing)"),
    ],
)
def test_bad_input_is_told(config: dict[str, Any], message: str) -> None:
    """The key, the value, and what would be valid."""
    with pytest.raises(StackError) as error:
        build(config)
    assert message in str(error.value)
