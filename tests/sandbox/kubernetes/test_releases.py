"""Releases through the real Helm: a chart of the mirror, its updates, failures and interruptions."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import json
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.standins.kubernetes import KubernetesProvider, KubernetesSettings
from groundwork.sandbox.standins.kubernetes.settings import Options
from groundwork.sandbox.standins.protocol import UNKNOWN, serve
from tests.sandbox.kubernetes.conftest import Engine

if TYPE_CHECKING:
    from tests.sandbox.kubernetes.conftest import Kept

RELEASE = "helm.sh/v3:Release"

TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-settings
data:
  color: {{ required "a color is needed" .Values.color | quote }}
  password: {{ .Values.password | default "" | quote }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      nodeSelector: {{ .Values.nodeSelector | toJson }}
      containers: [{name: main, image: "example/painter:{{ .Chart.AppVersion }}"}]
"""

HOOK = """
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  annotations: {helm.sh/hook: pre-install}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: main, image: "example/migrate:1"}]}
"""

SCHEMA = {"type": "object", "properties": {"replicas": {"type": "integer"}}}


def pack(mirror: Path, version: str) -> Path:
    folder = mirror.parent / f"src-{version}" / "painter"
    (folder / "templates").mkdir(parents=True)
    about = {"apiVersion": "v2", "name": "painter", "version": version, "appVersion": f"{version}-app"}
    (folder / "Chart.yaml").write_text(json.dumps(about), encoding="utf-8")
    (folder / "values.yaml").write_text('{"color": "blue", "replicas": 1, "nodeSelector": {}}', encoding="utf-8")
    (folder / "values.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    (folder / "templates" / "all.yaml").write_text(TEMPLATE, encoding="utf-8")
    (folder / "templates" / "hook.yaml").write_text(HOOK, encoding="utf-8")
    archive = mirror / f"painter-{version}.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, "painter")
    return archive


@pytest.fixture
def mirror(settings: KubernetesSettings) -> Path:
    folder = settings.mirrors[0]
    pack(folder, "1.0.0")
    pack(folder, "1.1.0")
    return folder


def release(namespace: str, version: str | None = "1.0.0", **values: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"chart": "painter", "namespace": namespace, "values": values}
    return body | ({"version": version} if version else {})


def color(kube: KubeClient, kept: Kept) -> str:
    namespace, _, name = kept.id.partition("/")
    found: str = kube.get("v1", "ConfigMap", f"{name}-settings", namespace)["data"]["color"]
    return found


def test_a_chart_of_the_mirror_is_installed_upgraded_and_uninstalled(
    engine: Engine, provider: KubernetesProvider, kube: KubeClient, namespace: str, node: str, mirror: Path
) -> None:
    kept = engine.create(RELEASE, "paint", release(namespace, color="red"))
    name = kept.inputs["name"]
    assert kept.id == f"{namespace}/{name}"
    assert kept.plain["status"] == {
        "appVersion": "1.0.0-app",
        "chart": "painter",
        "name": name,
        "namespace": namespace,
        "revision": 1,
        "status": "deployed",
        "version": "1.0.0",
    }
    assert kept.plain["resourceNames"] == {"ConfigMap/v1": [f"{name}-settings"], "Deployment.apps/apps/v1": [name]}
    entry = provider.ledger.get(kept.urn)
    assert entry is not None
    assert (entry.mark, entry.reason) == ("executed", "the chart painter-1.0.0.tgz of the mirror")
    answer, _ = engine.diff(kept, release(namespace, color="red"))
    assert answer.changes == answer.DIFF_NONE
    answer, _ = engine.diff(kept, release(namespace, "1.1.0", color="green"))
    assert dict(answer.detailedDiff).keys() == {"values.color", "version"}
    kept = engine.update(kept, release(namespace, "1.1.0", color="green"))
    assert (kept.plain["status"]["revision"], kept.plain["status"]["version"]) == (2, "1.1.0")
    assert color(kube, kept) == "green"
    engine.delete(kept)
    assert kube.find("apps/v1", "Deployment", name, namespace) is None
    engine.delete(kept)  # what is gone already is no error


def test_others_are_told_of_a_release_before_the_engine_goes_on(
    settings: KubernetesSettings, kube: KubeClient, namespace: str, mirror: Path
) -> None:
    """What a Release installed is there when others are told, and they are done when its create answers."""
    seen: list[int] = []

    def look() -> None:
        seen.append(len(kube.list("apps/v1", "Deployment", namespace)))

    server, port = serve(KubernetesProvider(dataclasses.replace(settings, on_release=look)))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        engine = Engine(channel)
        engine.configure()
        kept = engine.create(RELEASE, "told", release(namespace) | {"skipAwait": True})
        assert seen == [1]
        engine.delete(kept)
    server.stop(0)


def test_a_preview_renders_the_chart_and_installs_nothing(
    engine: Engine, provider: KubernetesProvider, kube: KubeClient, namespace: str, mirror: Path
) -> None:
    planned = engine.preview(RELEASE, "paint", release(namespace))
    assert planned["status"] == UNKNOWN
    entry = provider.ledger.get(engine.urn(RELEASE, "paint"))
    assert entry is not None
    assert entry.mark == "rendered"
    assert kube.list("apps/v1", "Deployment", namespace) == []


@pytest.mark.parametrize(
    ("values", "words"), [({"color": ""}, "a color is needed"), ({"replicas": "many"}, "replicas")]
)
def test_a_chart_that_does_not_render_fails_the_preview(
    engine: Engine, namespace: str, mirror: Path, values: dict[str, Any], words: str
) -> None:
    refused = engine.refusal(lambda: engine.preview(RELEASE, "paint", release(namespace, **values)))
    assert "chart painter 1.0.0 does not render" in str(refused)
    assert words in str(refused)


def test_a_null_takes_a_default_of_the_chart_away(engine: Engine, namespace: str, node: str, mirror: Path) -> None:
    """As the real provider has it since 4.30, where `allowNullValues` means nothing any more."""
    refused = engine.refusal(lambda: engine.preview(RELEASE, "paint", release(namespace, color=None)))
    assert "a color is needed" in str(refused), "the chart's own is blue"
    inputs = engine.check(engine.urn(RELEASE, "paint"), release(namespace, nodeSelector={"disk": None}))
    assert inputs["values"] == {"nodeSelector": {"disk": None}}


def test_the_newest_version_is_taken_where_none_is_given(engine: Engine, namespace: str, mirror: Path) -> None:
    assert engine.check(engine.urn(RELEASE, "p"), release(namespace, None))["version"] == "1.1.0"


def test_a_chart_that_is_nowhere_is_told_with_where_it_was_looked_for(
    engine: Engine, settings: KubernetesSettings, namespace: str, mirror: Path
) -> None:
    with pytest.raises(AssertionError) as caught:
        engine.check(engine.urn(RELEASE, "p"), release(namespace, "9.9.9"))
    message = str(caught.value)
    assert "chart painter 9.9.9 is not on this machine, and the network is never asked" in message
    assert str(mirror) in message
    assert "Versions that are there: 1.0.0, 1.1.0" in message


def test_an_archive_that_is_not_the_catalogues_is_refused(
    settings: KubernetesSettings, namespace: str, mirror: Path
) -> None:
    digest = hashlib.sha256((mirror / "painter-1.0.0.tgz").read_bytes()).hexdigest()
    for expected, accepted in ((f"sha256:{digest}", True), ("0" * 64, False)):
        provider = KubernetesProvider(dataclasses.replace(settings, digests={"painter-1.0.0": expected}))
        inputs, problems = provider.releases.check(
            "urn:pulumi:s::p::kubernetes:helm.sh/v3:Release::p",
            release(namespace),
            {},
            Options(),
            None,
        )
        assert inputs["version"] == "1.0.0"
        assert (not problems) is accepted
        if not accepted:
            assert "is not the archive of the catalogue" in problems[0][1]


def test_what_the_sandbox_does_not_do_is_refused_at_once(engine: Engine, namespace: str, mirror: Path) -> None:
    body = {**release(namespace), "postrender": "sed", "dependencyUpdate": True, "name": "Not A Name"}
    with pytest.raises(AssertionError) as caught:
        engine.check(engine.urn(RELEASE, "p"), body)
    for words in ("postrender: ", "dependencyUpdate: ", "name: 'Not A Name' cannot be the name of a release"):
        assert words in str(caught.value)


def test_a_release_that_does_not_become_ready_says_which_pods_and_why_and_mends_itself(
    engine: Engine, kube: KubeClient, namespace: str, node: str, mirror: Path
) -> None:
    stuck = {**release(namespace, nodeSelector={"pool": "gpu"}), "name": "stuck", "timeout": 3}
    refused = engine.refusal(lambda: engine.create(RELEASE, "paint", stuck))
    assert f'Helm release "{namespace}/stuck" was created, but failed to initialize completely' in str(refused)
    assert "Deployment stuck: 0 of 1 Pods are available" in str(refused)
    assert "didn't match Pod's node affinity/selector" in str(refused)
    assert refused.half_made is not None
    kept = engine.import_(RELEASE, "paint", refused.half_made.id)
    assert kept is not None
    assert kept.plain["status"]["status"] == "failed"
    answer, _ = engine.diff(kept, kept.inputs)
    assert "status.status" in dict(answer.detailedDiff)
    mended = engine.update(kept, {**release(namespace, color="red"), "name": "stuck"})
    assert mended.plain["status"]["status"] == "deployed"


def test_a_secret_value_is_in_no_error_no_argument_and_no_file(
    engine: Engine, settings: KubernetesSettings, namespace: str, node: str, mirror: Path, tmp_path: Path
) -> None:
    log, shim = tmp_path / "arguments", tmp_path / "helm"
    shim.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {settings.helm} "$@"\n', encoding="utf-8")
    shim.chmod(0o700)
    server, port = serve(KubernetesProvider(dataclasses.replace(settings, helm=shim)))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        watched = type(engine)(channel)
        watched.configure()
        body = {**release(namespace, password=engine.secret("correct-horse")), "description": engine.secret("staple")}
        kept = watched.create(RELEASE, "paint", body)
        assert kept.outputs["values"]["password"] == engine.secret("correct-horse")
        body["values"]["replicas"] = engine.secret("horse-battery")
        refused = watched.refusal(lambda: watched.update(kept, body))
    server.stop(0)
    assert "horse-battery" not in str(refused)
    written = log.read_text(encoding="utf-8")
    assert "install" in written
    assert not any(secret in written for secret in ("correct-horse", "horse-battery", "staple"))
    for path in settings.state_dir.rglob("*"):
        if path.is_file():
            assert b"correct-horse" not in path.read_bytes()


def _interrupt(kube: KubeClient, namespace: str, name: str, status: str) -> None:
    """Leave the newest revision as a killed Helm would: in the middle."""
    secret = max(
        kube.list("v1", "Secret", namespace, label_selector=f"owner=helm,name={name}"),
        key=lambda found: int(found["metadata"]["labels"]["version"]),
    )
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    record = json.loads(gzip.decompress(packed))
    record["info"]["status"] = status
    data = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()
    change = {"metadata": {"labels": {"status": status}}, "data": {"release": data}}
    kube.patch("v1", "Secret", secret["metadata"]["name"], change, namespace)


def test_an_interrupted_install_is_done_again(
    engine: Engine, provider: KubernetesProvider, kube: KubeClient, namespace: str, node: str, mirror: Path
) -> None:
    body = {**release(namespace), "name": "broken"}
    engine.create(RELEASE, "paint", body)
    _interrupt(kube, namespace, "broken", "pending-install")
    assert [(p.namespace, p.name, p.status) for p in provider.releases.mender.pending_releases()] == [
        (namespace, "broken", "pending-install")
    ]
    again = engine.create(RELEASE, "paint", body)  # the engine never heard of the first
    assert again.plain["status"]["status"] == "deployed"
    assert provider.releases.mender.pending_releases() == []


def test_an_interrupted_upgrade_is_rolled_back_and_done_again(
    engine: Engine, kube: KubeClient, namespace: str, node: str, mirror: Path
) -> None:
    kept = engine.create(RELEASE, "paint", {**release(namespace, color="red"), "name": "broken"})
    kept = engine.update(kept, {**release(namespace, color="green"), "name": "broken"})
    _interrupt(kube, namespace, "broken", "pending-upgrade")
    kept = engine.update(kept, {**release(namespace, color="yellow"), "name": "broken"})
    assert kept.plain["status"]["status"] == "deployed"
    assert color(kube, kept) == "yellow"


def test_a_release_that_the_engine_never_heard_of_is_not_made_twice(
    engine: Engine, kube: KubeClient, namespace: str, node: str, mirror: Path
) -> None:
    first = engine.create(RELEASE, "paint", release(namespace))  # with a made name
    second = engine.create(RELEASE, "paint", release(namespace))
    assert first.id != second.id
    names = {d["metadata"]["name"] for d in kube.list("apps/v1", "Deployment", namespace)}
    assert names == {second.inputs["name"]}
    third = engine.create(RELEASE, "paint", {**release(namespace), "name": second.inputs["name"]})
    assert third.plain["status"]["revision"] == 1, "it was there, made from the same inputs"


def test_somebody_elses_release_is_not_touched(
    engine: Engine, kube: KubeClient, namespace: str, node: str, mirror: Path
) -> None:
    engine.create(RELEASE, "theirs", {**release(namespace), "name": "taken"})
    refused = engine.refusal(lambda: engine.create(RELEASE, "ours", {**release(namespace), "name": "taken"}))
    assert "cannot re-use a name that is still in use" in str(refused)


def test_drift_of_a_release_shows_after_a_refresh(
    engine: Engine, provider: KubernetesProvider, kube: KubeClient, namespace: str, node: str, mirror: Path
) -> None:
    body = {**release(namespace, color="red"), "name": "drift"}
    kept = engine.create(RELEASE, "paint", body)
    refreshed = engine.refresh(kept)
    assert refreshed is not None
    answer, _ = engine.diff(refreshed, body)
    assert answer.changes == answer.DIFF_NONE
    provider.releases.helm.upgrade("drift", namespace, mirror / "painter-1.1.0.tgz", {"color": "black"}, [], 60)
    refreshed = engine.refresh(kept)
    assert refreshed is not None
    answer, _ = engine.diff(refreshed, body)
    assert dict(answer.detailedDiff).keys() == {"values.color", "version"}
    provider.releases.helm.uninstall("drift", namespace, wait=True, seconds=20)
    assert engine.refresh(kept) is None


def test_another_name_or_namespace_replaces(engine: Engine, namespace: str, mirror: Path) -> None:
    old = {**release(namespace), "name": "one"}
    answer = engine.diff(_kept(engine, old), {**old, "name": "two", "namespace": "other"})[0]
    assert list(answer.replaces) == ["name", "namespace"]


def test_a_double_is_replaced_by_its_chart_once_a_mirror_has_that(
    engine: Engine, provider: KubernetesProvider, settings: KubernetesSettings, namespace: str
) -> None:
    """Nothing of the program changed; what a rehearsal proves of it did."""
    fact = {"apiVersion": "v1", "kind": "ConfigMap", "name": "release-settings", "namespace": "namespace"}
    (settings.inventory / "painter-1.0.0.json").write_text(json.dumps([fact]), encoding="utf-8")
    inputs = {**release(namespace, replicas=0), "name": "paint", "skipAwait": True}
    double = engine.create(RELEASE, "paint", inputs)
    assert engine.diff(double, inputs)[0].changes == provider_pb2.DiffResponse.DIFF_NONE
    archive = pack(settings.mirrors[0], "1.0.0")
    answer, _ = engine.diff(double, inputs)
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["chart"], True)
    engine.delete(double)
    made = engine.create(RELEASE, "paint", {**inputs, "values": {"color": "red", "replicas": 0}})
    entry = provider.ledger.get(made.urn)
    assert entry is not None
    assert entry.mark == "executed"
    archive.unlink()
    assert list(engine.diff(made, {**inputs, "values": {"color": "red", "replicas": 0}})[0].replaces) == ["chart"]


def _kept(engine: Engine, inputs: dict[str, Any]) -> Any:
    urn = engine.urn(RELEASE, "p")
    return SimpleNamespace(urn=urn, id="a/b", inputs=engine.check(urn, inputs), outputs={})
