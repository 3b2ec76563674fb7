"""The charts of the first stacks, which no mirror here has, come up as doubles through the real Helm."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient, KubeError
from groundwork.sandbox.controlplane.neutraliser import Neutraliser
from groundwork.sandbox.standins.kubernetes import KubernetesProvider, KubernetesSettings

if TYPE_CHECKING:
    from tests.sandbox.kubernetes.conftest import Engine

MIRROR = Path(__file__).parents[4] / "shared" / "mirror"

CHARTS = {
    "airflow": "1.22.0",
    "cert-manager": "v1.21.1",
    "base": "1.30.3",
    "istiod": "1.30.3",
    "cni": "1.30.3",
    "gateway": "1.30.3",
    "kube-prometheus-stack": "88.5.3",
    "keda": "2.20.2",
    "nvidia-device-plugin": "0.20.0",
    "cluster-autoscaler": "9.59.0",
    "aws-load-balancer-controller": "3.5.0",
    "minio": "5.4.0",
}


def _serve_volumes_and_balancers(kube: KubeClient, stop: threading.Event) -> None:
    """Bind each claim and give each load balancer an address, as drivers and controllers of a cluster would."""
    while not stop.wait(0.1):
        with suppress(KubeError):
            for claim in kube.list("v1", "PersistentVolumeClaim"):
                if claim["status"].get("phase") == "Pending":
                    _bind(kube, claim)
            for service in kube.list("v1", "Service"):
                if service["spec"].get("type") == "LoadBalancer" and not service["status"].get("loadBalancer"):
                    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
                    status = {"status": {"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}}
                    kube.patch("v1", "Service", name, status, namespace, subresource="status")


def _bind(kube: KubeClient, claim: dict[str, Any]) -> None:
    metadata = claim["metadata"]
    kube.apply(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"pv-{metadata['uid']}"},
            "spec": {
                "accessModes": claim["spec"]["accessModes"],
                "capacity": claim["spec"]["resources"]["requests"],
                "claimRef": {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]},
                "hostPath": {"path": "/nowhere"},
            },
        }
    )


@pytest.fixture(scope="module")
def cluster(kube: KubeClient, node: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeClient]:
    """A cluster that binds volumes, serves load balancers and calls no webhook, as the sandbox is."""
    stop = threading.Event()
    neutraliser = Neutraliser(kube, tmp_path_factory.mktemp("neutralised") / "record.json")
    threads = [
        threading.Thread(target=_serve_volumes_and_balancers, args=(kube, stop)),
        threading.Thread(target=neutraliser.run, args=(stop,)),
    ]
    for thread in threads:
        thread.start()
    yield kube
    stop.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(("chart", "version"), CHARTS.items())
def test_every_chart_of_the_first_stacks_installs_and_goes_as_a_double(
    chart: str,
    version: str,
    engine: Engine,
    cluster: KubeClient,
    namespace: str,
    provider: KubernetesProvider,
    settings: KubernetesSettings,
) -> None:
    facts = MIRROR / f"{chart}-{version}" / "objects.json"
    if not facts.is_file():
        pytest.skip(f"there is no inventory of {chart} {version} beside the repository")
    shutil.copy(facts, settings.inventory / f"{chart}-{version}.json")
    if chart in ("base", "istiod"):  # some of their objects have this namespace, whatever the release's is
        namespace = "istio-system"
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    kept = engine.create(
        "helm.sh/v3:Release",
        chart,
        {
            "chart": chart,
            "version": version,
            "namespace": namespace,
            "repositoryOpts": {"repo": "https://charts.example"},
        },
    )
    assert kept.plain["status"]["status"] == "deployed"
    assert kept.plain["status"]["namespace"] == namespace
    entry = provider.ledger.get(kept.urn)
    assert entry is not None
    assert entry.mark == "double"
    engine.delete(kept)
    labels = cluster.list(
        "apps/v1", "Deployment", namespace, label_selector=f"groundwork.example/double={chart}-{version}"
    )
    assert labels == []
