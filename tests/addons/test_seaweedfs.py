"""SeaweedFS as the stack's object store."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from addons import seaweedfs

from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph, record
from tests.addons.conftest import STUBS
from tests.addons.rendering import release, render_chart, render_double
from tests.addons.test_pod_security import admit

REGISTRY = Registry(
    {**STUBS, "seaweedfs": "addons.seaweedfs", "mlflow": "addons.mlflow", "prometheus-api": "addons.prometheus_api"}
)
JOB, SECRET = "kubernetes:batch/v1:Job", "kubernetes:core/v1:Secret"


@pytest.fixture(scope="module")
def prod() -> Graph:
    """MLflow with SeaweedFS."""
    stack: dict[str, Any] = {"cluster": {}, "sql": {}, "seaweedfs": {}, "mlflow": {}, "prometheus-api": {}}
    return record(stack, environment="prod", registry=REGISTRY)


def test_a_bucket_comes_with_a_user_of_its_own(prod: Graph) -> None:
    """The Job runs in the store's namespace, the keys lie in the user's, and its pods wait for both."""
    job = prod.one(JOB, "mlflow-groundwork-prod-mlflow-job")
    keys = prod.one(SECRET, "mlflow-groundwork-prod-mlflow-keys")
    assert job.inputs["metadata"]["namespace"] == "seaweedfs"
    assert keys.inputs["metadata"]["namespace"] == "mlflow"
    server = prod.one("kubernetes:apps/v1:Deployment", "mlflow-server")
    assert {job.urn, keys.urn} <= prod.before(server)
    assert prod.one("kubernetes:helm.sh/v3:Release", "seaweedfs").urn in prod.before(job)
    container = job.inputs["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "docker.io/chrislusf/seaweedfs:4.44"
    assert {"name": "MASTER", "value": "seaweedfs-all-in-one.seaweedfs.svc.cluster.local:9333"} in container["env"]
    environment = server.inputs["spec"]["template"]["spec"]["containers"][0]["env"]
    endpoint = "http://seaweedfs-all-in-one.seaweedfs.svc.cluster.local:8333"
    assert {"name": "AWS_ENDPOINT_URL_S3", "value": endpoint} in environment


def test_only_the_guarded_port_is_open(prod: Graph) -> None:
    """Keys guard the S3 API alone: by the other ports everybody would read and write everything."""
    policy = prod.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "seaweedfs-callers").inputs["spec"]
    assert policy["podSelector"] == {}
    open_to_all = [rule["ports"] for rule in policy["ingress"] if "from" not in rule]
    assert open_to_all == [[{"protocol": "TCP", "port": 8333}]]


def test_nobody_is_let_in_without_keys(prod: Graph) -> None:
    """Without any identity the API is open; the chart would make other keys at each upgrade."""
    s3 = prod.one("kubernetes:helm.sh/v3:Release", "seaweedfs").inputs["values"]["allInOne"]["s3"]
    assert s3 == {"enabled": True, "enableAuth": True, "existingConfigSecret": "seaweedfs-identities"}
    assert "seaweedfs_s3_config" in prod.one(SECRET, "seaweedfs-identities").inputs["stringData"]["value"]


def test_the_volume_outlives_the_release(prod: Graph) -> None:
    """The chart only mounts it."""
    claim = prod.one("kubernetes:core/v1:PersistentVolumeClaim", "seaweedfs-data")
    assert claim.protect
    given = prod.one("kubernetes:helm.sh/v3:Release", "seaweedfs").inputs["values"]
    assert given["allInOne"]["data"] == {"type": "existingClaim", "claimName": "seaweedfs-data"}


@pytest.mark.parametrize("render", [render_double, render_chart])
def test_one_server_is_made_and_admitted(render: Any, prod: Graph, api_server: KubeClient, tmp_path: Path) -> None:
    """The Service that the contract names is there, and the restricted standard lets the server run."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "seaweedfs", "labels": labels}})
    wait_for(api_server, "v1", "ServiceAccount", "default", "seaweedfs")
    rendered = render(prod, "seaweedfs", tmp_path)
    assert "Service/seaweedfs-all-in-one" in rendered
    assert [name for name in rendered if name.startswith(("Deployment/", "StatefulSet/", "ClusterRole"))] == [
        "Deployment/seaweedfs-all-in-one"
    ]
    volumes = rendered["Deployment/seaweedfs-all-in-one"]["spec"]["template"]["spec"]["volumes"]
    claims = [volume["persistentVolumeClaim"] for volume in volumes if "persistentVolumeClaim" in volume]
    assert claims == [{"claimName": "seaweedfs-data"}]
    admit(api_server, rendered, release(prod, "seaweedfs")["namespace"])


_PRETEND = """\
#!/bin/sh
tee -a "$STATE" > /dev/null
grep -o "access_key key" "$STATE"
grep -q bucket.create "$STATE" && printf "  models\\tsize:0\\n"
grep -q enable "$STATE" && echo Enabled
true
"""


def test_the_script_stops_where_the_store_does_not_do_it(tmp_path: Path) -> None:
    """`weed shell` ends well whatever happened: so the script looks, and fails."""
    weed = tmp_path / "weed"
    variables = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "STATE": str(tmp_path / "state"),
        **{"MASTER": "m", "FILER": "f", "BUCKET": "models", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "s"},
    }

    def run() -> int:
        done = subprocess.run(["/bin/sh", "-c", seaweedfs._SCRIPT], env=variables, capture_output=True, check=False)
        return done.returncode

    weed.write_text("#!/bin/sh\ncat > /dev/null\necho 'error: no filer'\n", encoding="utf-8")
    weed.chmod(0o755)
    assert run() != 0
    # What it is told is what it answers, as the real one's listings do.
    weed.write_text(_PRETEND, encoding="utf-8")
    assert run() == 0
    told = (tmp_path / "state").read_text(encoding="utf-8")
    assert "s3.bucket.create -name models -owner models" in told
    assert run() == 0
    assert (tmp_path / "state").read_text(encoding="utf-8").count("bucket.create") == 1


def test_bad_input_is_told() -> None:
    """The key, the value, and what would be valid."""
    with pytest.raises(StackError) as error:
        record({"cluster": {}, "seaweedfs": {"storageGi": 1}}, environment="dev", registry=REGISTRY)
    assert "seaweedfs.storageGi: must be at least 5 (got 1)" in str(error.value)
