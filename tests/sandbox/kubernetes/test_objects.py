"""Objects on the real API server, asked for as the engine does."""

from __future__ import annotations

import copy
import re
import threading
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.sandbox.standins.kubernetes import KubernetesProvider, KubernetesSettings
from groundwork.sandbox.standins.protocol import UNKNOWN

if TYPE_CHECKING:
    from tests.sandbox.kubernetes.conftest import Engine

CONFIG_MAP = "core/v1:ConfigMap"
DEPLOYMENT = "apps/v1:Deployment"


def config_map(namespace: str, name: str | None = None, **data: str) -> dict[str, Any]:
    metadata = {"namespace": namespace} | ({"name": name} if name else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(namespace: str, name: str | None = None, **pod: Any) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "example/web:1",
        "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace} | ({"name": name} if name else {}),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], **pod}},
        },
    }


def _is_seen(live: dict[str, Any]) -> bool:
    return bool(live["status"].get("observedGeneration") == live["metadata"]["generation"])


def annotated(body: dict[str, Any], **annotations: str) -> dict[str, Any]:
    body = copy.deepcopy(body)
    body["metadata"]["annotations"] = {f"pulumi.com/{key}": value for key, value in annotations.items()}
    return body


def test_a_name_is_made_once_and_kept(engine: Engine, namespace: str) -> None:
    body = config_map(namespace, a="1")
    kept = engine.create(CONFIG_MAP, "settings", body)
    name = kept.inputs["metadata"]["name"]
    assert re.fullmatch(r"settings-[0-9a-f]{8}", name)
    assert kept.id == f"{namespace}/{name}"
    assert kept.inputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    answer, inputs = engine.diff(kept, body)
    assert inputs["metadata"]["name"] == name
    assert answer.changes == answer.DIFF_NONE


def test_the_namespace_comes_from_the_object_then_the_provider_then_default(unconfigured: Engine) -> None:
    unconfigured.configure(namespace="team-a")
    urn = unconfigured.urn(CONFIG_MAP, "x")
    assert unconfigured.check(urn, config_map("own"))["metadata"]["namespace"] == "own"
    assert unconfigured.check(urn, {"metadata": {}})["metadata"]["namespace"] == "team-a"
    cluster = unconfigured.check(unconfigured.urn("core/v1:Namespace", "x"), {"metadata": {}})
    assert "namespace" not in cluster["metadata"]
    unconfigured.configure()
    assert unconfigured.check(urn, {"metadata": {}})["metadata"]["namespace"] == "default"


def test_the_managed_by_label_is_set_only_without_server_side_apply(unconfigured: Engine) -> None:
    urn = unconfigured.urn(CONFIG_MAP, "x")
    unconfigured.configure()
    assert "labels" not in unconfigured.check(urn, config_map("a"))["metadata"]
    unconfigured.configure(enableServerSideApply="false")
    labels = unconfigured.check(urn, config_map("a"))["metadata"]["labels"]
    assert labels == {"app.kubernetes.io/managed-by": "pulumi"}


def test_all_problems_of_an_object_are_told_at_once(engine: Engine) -> None:
    body = annotated(config_map("a"), timeoutSeconds="soon", waitFor="ready", deletionPropagationPolicy="gently")
    body["metadata"]["name"] = 7
    with pytest.raises(AssertionError) as caught:
        engine.check(engine.urn(CONFIG_MAP, "x"), body)
    message = str(caught.value)
    assert "metadata.name: expected a text, got 7" in message
    assert 'expected a "jsonpath=" or "condition=" prefix' in message


def test_a_preview_answers_what_the_server_would_make_and_makes_nothing(
    engine: Engine, kube: KubeClient, namespace: str
) -> None:
    planned = engine.preview(DEPLOYMENT, "web", deployment(namespace, "web"))
    assert planned["spec"]["strategy"]["type"] == "RollingUpdate"
    assert "status" not in planned
    assert kube.find("apps/v1", "Deployment", "web", namespace) is None


def test_the_servers_own_errors_show_in_the_preview_all_at_once(engine: Engine, namespace: str) -> None:
    body = deployment(namespace, "web")
    body["spec"]["replicas"] = -1
    body["spec"]["selector"]["matchLabels"] = {"app": "other"}
    refused = engine.refusal(lambda: engine.preview(DEPLOYMENT, "web", body))
    assert "was not successfully created by the Kubernetes API server" in str(refused)
    assert "spec.replicas: Invalid value: -1" in str(refused)
    assert "`selector` does not match template `labels`" in str(refused)


def test_a_quota_refuses_in_the_preview(engine: Engine, kube: KubeClient, namespace: str) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"namespace": namespace, "name": "few"}}
    engine.create("core/v1:ResourceQuota", "few", {**quota, "spec": {"hard": {"count/services": "0"}}})
    service = {"metadata": {"namespace": namespace, "name": "s"}, "spec": {"ports": [{"port": 80}]}}
    refused = engine.refusal(lambda: engine.preview("core/v1:Service", "s", service))
    assert "exceeded quota: few" in str(refused)


@pytest.mark.parametrize("kind", ["example.groundwork/v1:Unheard", CONFIG_MAP])
def test_what_comes_in_the_same_update_does_not_fail_the_preview(kind: str, engine: Engine) -> None:
    group, _, name = kind.partition(":")
    body = {"metadata": {"name": "x", "namespace": "not-there-yet"}, "data": {"a": "1"}}
    planned = engine.preview(kind, "x", {**body, "apiVersion": group.removeprefix("core/"), "kind": name})
    assert planned["data"] == {"a": "1"}


def test_a_preview_with_an_unknown_answers_from_the_inputs(engine: Engine, namespace: str) -> None:
    planned = engine.preview(CONFIG_MAP, "x", config_map(namespace, "x", a=UNKNOWN))
    assert planned["data"] == {"a": UNKNOWN}


def test_an_object_that_exists_is_not_taken_over(engine: Engine, kube: KubeClient, namespace: str) -> None:
    kube.create(config_map(namespace, "taken", a="theirs"))
    refused = engine.refusal(lambda: engine.create(CONFIG_MAP, "x", config_map(namespace, "taken", a="ours")))
    assert 'configmaps "taken" already exists' in str(refused)
    assert "use `pulumi import`" in str(refused)
    assert kube.get("v1", "ConfigMap", "taken", namespace)["data"] == {"a": "theirs"}


def test_upsert_takes_it_over(unconfigured: Engine, kube: KubeClient, namespace: str) -> None:
    unconfigured.configure(upsertExistingObjects=True, enablePatchForce=True)
    kube.create(config_map(namespace, "taken", a="theirs"))
    unconfigured.create(CONFIG_MAP, "x", config_map(namespace, "taken", a="ours"))
    assert kube.get("v1", "ConfigMap", "taken", namespace)["data"] == {"a": "ours"}


def test_a_create_that_the_engine_never_heard_of_is_found_again(
    engine: Engine, settings: KubernetesSettings, kube: KubeClient, namespace: str
) -> None:
    engine.create(CONFIG_MAP, "x", config_map(namespace, "mine", a="1"))
    again = engine.create(CONFIG_MAP, "x", config_map(namespace, "mine", a="2"))
    assert again.plain["data"] == {"a": "2"}
    assert kube.get("v1", "ConfigMap", "mine", namespace)["data"] == {"a": "2"}


def test_an_autonamed_create_that_the_engine_never_heard_of_leaves_no_orphan(
    engine: Engine, kube: KubeClient, namespace: str
) -> None:
    engine.create(CONFIG_MAP, "lost", config_map(namespace, a="1"))
    second = engine.create(CONFIG_MAP, "lost", config_map(namespace, a="1"))
    names = [m["metadata"]["name"] for m in kube.list("v1", "ConfigMap", namespace)]
    assert [name for name in names if name.startswith("lost-")] == [second.inputs["metadata"]["name"]]


def test_a_deployment_is_waited_for_updated_in_place_and_gone_when_deleted(
    engine: Engine, kube: KubeClient, namespace: str, node: str
) -> None:
    body = deployment(namespace, "web")
    kept = engine.create(DEPLOYMENT, "web", body)
    assert kept.plain["status"]["availableReplicas"] == 1
    body["spec"]["replicas"] = 2
    answer, _ = engine.diff(kept, body)
    assert dict(answer.detailedDiff).keys() == {"spec.replicas"}
    assert list(answer.replaces) == []
    assert engine.update(kept, body, preview=True).plain["spec"]["replicas"] == 2
    assert kube.get("apps/v1", "Deployment", "web", namespace)["spec"]["replicas"] == 1
    kept = engine.update(kept, body)
    assert kept.plain["status"]["availableReplicas"] == 2
    engine.delete(kept)
    assert kube.find("apps/v1", "Deployment", "web", namespace) is None
    assert kube.list("v1", "Pod", namespace) == []


def test_after_a_refresh_only_real_drift_shows(engine: Engine, kube: KubeClient, namespace: str, node: str) -> None:
    body = deployment(namespace, "web")
    refreshed = engine.refresh(engine.create(DEPLOYMENT, "web", body))
    assert refreshed is not None
    answer, _ = engine.diff(refreshed, body)
    assert answer.changes == answer.DIFF_NONE, "the server writes 1000m as 1, which is no drift"
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "example/web:evil"}]}}}}
    kube.patch("apps/v1", "Deployment", "web", {"spec": {"paused": True, **patch["spec"]}}, namespace)
    wait_for(kube, "apps/v1", "Deployment", "web", namespace, ready=_is_seen)
    refreshed = engine.refresh(refreshed)
    assert refreshed is not None
    answer, _ = engine.diff(refreshed, body)
    assert "spec.template.spec.containers[0].image" in dict(answer.detailedDiff)
    assert "spec.paused" not in dict(answer.detailedDiff), "the program does not manage it"


def test_what_is_gone_is_gone_after_a_refresh(engine: Engine, kube: KubeClient, namespace: str) -> None:
    kept = engine.create(CONFIG_MAP, "x", config_map(namespace, "x"))
    kube.delete("v1", "ConfigMap", "x", namespace)
    assert engine.refresh(kept) is None


def test_an_import_takes_the_whole_object_without_what_the_server_writes(
    engine: Engine, kube: KubeClient, namespace: str
) -> None:
    kube.create(config_map(namespace, "x", a="1"))
    kept = engine.import_(CONFIG_MAP, "x", f"{namespace}/x")
    assert kept is not None
    assert kept.inputs["data"] == {"a": "1"}
    assert kept.inputs["metadata"] == {"name": "x", "namespace": namespace}
    answer, _ = engine.diff(kept, config_map(namespace, "x", a="1"))
    assert answer.changes == answer.DIFF_NONE


def test_pods_that_find_no_place_are_named_with_the_schedulers_words(
    engine: Engine, kube: KubeClient, namespace: str, node: str
) -> None:
    body = annotated(deployment(namespace, "web", nodeSelector={"pool": "gpu"}), timeoutSeconds="1")
    refused = engine.refusal(lambda: engine.create(DEPLOYMENT, "web", body))
    assert "'web' timed out waiting to be Ready after 1 s" in str(refused)
    assert "0 of 1 Pods are available" in str(refused)
    assert re.search(
        r"Pod web-\S+: 0/\d+ nodes are available: .*didn't match Pod's node affinity/selector", str(refused)
    )
    assert refused.half_made is not None
    assert refused.half_made.id == f"{namespace}/web"


def test_custom_timeouts_come_before_the_annotation_and_never_exceed_the_sandboxs_own(
    engine: Engine, kube: KubeClient, namespace: str, node: str
) -> None:
    body = annotated(deployment(namespace, "web", nodeSelector={"pool": "gpu"}), timeoutSeconds="30")
    refused = engine.refusal(lambda: engine.create(DEPLOYMENT, "web", body, timeout=1))
    assert "timed out waiting to be Ready after 1 s" in str(refused)


def test_skip_await_does_not_wait(engine: Engine, kube: KubeClient, namespace: str, node: str) -> None:
    body = annotated(deployment(namespace, "web", nodeSelector={"pool": "gpu"}), skipAwait="true")
    assert engine.create(DEPLOYMENT, "web", body).id == f"{namespace}/web"


def test_a_failed_job_fails_at_once_and_replace_unready_replaces_it(
    engine: Engine, kube: KubeClient, namespace: str, node: str
) -> None:
    pod = {
        "metadata": {"annotations": {"groundwork.sandbox/fail": "the disk is full"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "example/job:1"}]},
    }
    body = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"namespace": namespace, "name": "once", "annotations": {"pulumi.com/replaceUnready": "true"}},
        "spec": {"backoffLimit": 0, "template": pod},
    }
    started = time.monotonic()
    refused = engine.refusal(lambda: engine.create("batch/v1:Job", "once", body))
    assert time.monotonic() - started < 15
    assert "BackoffLimitExceeded" in str(refused)
    kept = engine.import_("batch/v1:Job", "once", f"{namespace}/once")
    assert kept is not None
    answer, _ = engine.diff(kept, kept.inputs)
    assert 'metadata.annotations["pulumi.com/replaceUnready"]' in list(answer.replaces)


def test_a_claim_waits_to_be_bound_unless_its_class_waits_for_a_pod(
    engine: Engine, kube: KubeClient, namespace: str
) -> None:
    name = f"lazy-{uuid4().hex[:6]}"
    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    storage |= {"provisioner": "example.org/none", "volumeBindingMode": "WaitForFirstConsumer"}
    made = engine.create("storage.k8s.io/v1:StorageClass", name, storage)
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = {"metadata": {"namespace": namespace, "name": "data"}, "spec": {**spec, "storageClassName": name}}
    assert engine.create("core/v1:PersistentVolumeClaim", "data", claim).plain["status"]["phase"] == "Pending"
    other = {"metadata": {"namespace": namespace, "name": "none"}, "spec": {**spec, "storageClassName": "no-such"}}
    refused = engine.refusal(lambda: engine.create("core/v1:PersistentVolumeClaim", "none", other, timeout=1))
    assert "the claim is Pending; StorageClass no-such" in str(refused)
    engine.delete(made)


def test_a_service_without_pods_says_so(engine: Engine, namespace: str) -> None:
    body = {
        "metadata": {"namespace": namespace, "name": "s"},
        "spec": {"selector": {"app": "no"}, "ports": [{"port": 80}]},
    }
    refused = engine.refusal(lambda: engine.create("core/v1:Service", "s", body, timeout=1))
    assert "Service does not target any Pods" in str(refused)
    body["spec"] = {"clusterIP": "None", "selector": {"app": "no"}, "ports": [{"port": 80}]}
    assert engine.create("core/v1:Service", "h", {**body, "metadata": {"namespace": namespace, "name": "h"}}).id


def test_wait_for_holds_until_its_conditions_are_met(engine: Engine, kube: KubeClient, namespace: str) -> None:
    body = annotated(config_map(namespace, "x", state="new"), waitFor='["jsonpath={.data.state}=done"]')
    refused = engine.refusal(lambda: engine.create(CONFIG_MAP, "x", body, timeout=1))
    assert "Waiting for jsonpath={.data.state}=done (found new)" in str(refused)
    finish = threading.Timer(0.5, lambda: kube.patch("v1", "ConfigMap", "y", {"data": {"state": "done"}}, namespace))
    finish.start()
    body["metadata"]["name"] = "y"
    assert engine.create(CONFIG_MAP, "y", body).plain["data"] == {"state": "done"}


def test_a_crd_is_established_before_its_kind_is_used_and_its_scope_known_before_that(
    engine: Engine, kube: KubeClient
) -> None:
    group = f"t{uuid4().hex[:8]}.example.org"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    engine.check(engine.urn("apiextensions.k8s.io/v1:CustomResourceDefinition", "c"), crd)
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"any": {"thing": 1}}}
    assert "namespace" not in engine.check(engine.urn(f"{group}/v1:Widget", "w"), widget)["metadata"]
    definition = engine.create("apiextensions.k8s.io/v1:CustomResourceDefinition", "c", crd)
    kept = engine.create(f"{group}/v1:Widget", "w", widget)
    assert kept.id == "w"
    assert kept.plain["spec"] == {"any": {"thing": 1}}
    engine.delete(kept)
    engine.delete(definition)


def test_a_custom_resource_without_its_crd_names_it(
    engine: Engine, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwork.sandbox.standins.kubernetes.objects._RETRY_SECONDS", 0.5)
    body = {"apiVersion": "no.example.org/v1", "kind": "Nothing", "metadata": {"namespace": namespace, "name": "n"}}
    refused = engine.refusal(lambda: engine.create("no.example.org/v1:Nothing", "n", body))
    assert "Verify that any required CRDs have been created" in str(refused)


def test_a_deletion_that_hangs_names_the_finalizers(engine: Engine, kube: KubeClient, namespace: str) -> None:
    body = config_map(namespace, "held")
    body["metadata"]["finalizers"] = ["example.org/hold"]
    kept = engine.create(CONFIG_MAP, "held", body)
    refused = engine.refusal(lambda: engine.delete(kept, timeout=1))
    assert str(refused) == (
        f"ConfigMap '{namespace}/held' was not deleted within 1 s\n"
        "  - finalizers might be preventing deletion (example.org/hold)"
    )
    kube.patch("v1", "ConfigMap", "held", {"metadata": {"finalizers": None}}, namespace)


def test_a_namespace_is_waited_for_until_it_is_gone(engine: Engine, kube: KubeClient) -> None:
    kept = engine.create("core/v1:Namespace", "short", {"metadata": {}})
    engine.create(CONFIG_MAP, "in", config_map(kept.id, "in"))
    engine.delete(kept)
    assert kube.find("v1", "Namespace", kept.id) is None
    engine.delete(kept)  # what is gone already is no error


def test_another_managers_field_is_not_taken(engine: Engine, kube: KubeClient, namespace: str) -> None:
    kept = engine.create(DEPLOYMENT, "web", annotated(deployment(namespace, "web"), skipAwait="true"))
    other = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace}}
    kube.apply({**other, "spec": {"replicas": 7}}, field_manager="scaler", force=True)
    body = annotated(deployment(namespace, "web"), skipAwait="true")
    body["spec"]["replicas"] = 3
    refused = engine.refusal(lambda: engine.update(kept, body))
    assert "server-side apply field conflict detected" in str(refused)
    assert 'conflict with "scaler"' in str(refused)
    body["metadata"]["annotations"]["pulumi.com/patchForce"] = "true"
    assert engine.update(kept, body).plain["spec"]["replicas"] == 3


def test_an_ignored_field_stays_with_its_manager(engine: Engine, kube: KubeClient, namespace: str) -> None:
    body = annotated(deployment(namespace, "web"), skipAwait="true")
    kept = engine.create(DEPLOYMENT, "web", body)
    other = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace}}
    kube.apply({**other, "spec": {"replicas": 7}}, field_manager="scaler", force=True)
    body["metadata"]["labels"] = {"new": "yes"}
    updated = engine.update(kept, body, ignore=("spec.replicas",))
    assert updated.plain["spec"]["replicas"] == 7
    assert updated.plain["metadata"]["labels"] == {"new": "yes"}


def test_a_patch_resource_manages_only_its_fields_and_gives_them_back(
    engine: Engine, kube: KubeClient, namespace: str
) -> None:
    kube.create(config_map(namespace, "shared", theirs="1"))
    kept = engine.create("core/v1:ConfigMapPatch", "p", config_map(namespace, "shared", ours="2"))
    assert kube.get("v1", "ConfigMap", "shared", namespace)["data"] == {"theirs": "1", "ours": "2"}
    engine.delete(kept)
    assert kube.get("v1", "ConfigMap", "shared", namespace)["data"] == {"theirs": "1"}


def test_a_secret_is_secret_in_inputs_and_outputs_and_nowhere_on_disk(
    engine: Engine, settings: KubernetesSettings, namespace: str
) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": "s"}}
    kept = engine.create("core/v1:Secret", "s", {**body, "stringData": {"password": "correct-horse"}})
    assert kept.outputs["data"] == engine.secret({"password": "Y29ycmVjdC1ob3JzZQ=="})
    assert kept.inputs["data"] == engine.secret({"password": "Y29ycmVjdC1ob3JzZQ=="})
    for path in settings.state_dir.rglob("*"):
        if path.is_file():
            assert b"correct-horse" not in path.read_bytes()
            assert b"Y29ycmVjdC1ob3JzZQ" not in path.read_bytes()


def test_only_what_was_secret_in_the_inputs_is_secret_in_the_outputs(engine: Engine, namespace: str) -> None:
    body = config_map(namespace, "x", open="1")
    body["data"]["closed"] = engine.secret("2")
    kept = engine.create(CONFIG_MAP, "x", body)
    assert kept.outputs["data"] == {"open": "1", "closed": engine.secret("2")}


def test_immutable_changes_of_a_named_object_delete_it_first(engine: Engine, namespace: str) -> None:
    named = engine.create(CONFIG_MAP, "x", config_map(namespace, "x", a="1"))
    answer, _ = engine.diff(named, config_map(namespace, "x", a="2"))
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["data.a"], True)
    made = engine.create(CONFIG_MAP, "y", config_map(namespace, a="1"))
    answer, _ = engine.diff(made, config_map(namespace, a="2"))
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["data.a"], False)


def test_a_webhook_without_a_real_backend_is_never_called(engine: Engine, kube: KubeClient, namespace: str) -> None:
    name = f"deny-{uuid4().hex[:6]}"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
    body = {
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "deny.example.org",
                "clientConfig": {"service": {"name": "none", "namespace": namespace}},
                "rules": [rule],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            }
        ],
    }
    kept = engine.create("admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration", name, body)
    engine.create(CONFIG_MAP, "x", config_map(namespace, "x"))
    refreshed = engine.refresh(kept)
    assert refreshed is not None
    answer, _ = engine.diff(refreshed, body)
    assert answer.changes == answer.DIFF_NONE, "what the sandbox changed is no drift"
    engine.delete(kept)


def test_every_object_is_marked_and_the_mark_goes_with_it(
    engine: Engine, provider: KubernetesProvider, namespace: str
) -> None:
    kept = engine.create(CONFIG_MAP, "x", config_map(namespace, "x"))
    entry = provider.ledger.get(kept.urn)
    assert entry is not None
    assert entry.mark == "executed"
    engine.delete(kept)
    assert provider.ledger.get(kept.urn) is None
