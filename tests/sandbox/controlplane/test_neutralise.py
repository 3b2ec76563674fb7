"""What would be called, but is only simulated, is neutralised, listed, and can be restored exactly."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from groundwork.sandbox.controlplane.client import ApiError, KubeClient
from groundwork.sandbox.controlplane.neutralise import MARK, neutralise, neutralised_backends, restore
from groundwork.sandbox.controlplane.neutraliser import Neutraliser
from groundwork.sandbox.controlplane.waiting import condition, wait_for, wait_gone

ADMISSION = "admissionregistration.k8s.io/v1"
REGISTRATION = "apiregistration.k8s.io/v1"
EXTENSIONS = "apiextensions.k8s.io/v1"


def webhooks(name: str = "check", **more: Any) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    webhook = {
        "name": f"{name}.example.com",
        "clientConfig": {"service": {"namespace": "default", "name": "checker"}},
        "rules": [rule],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        **more,
    }
    return {
        "apiVersion": ADMISSION,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }


def api_service(group: str) -> dict[str, Any]:
    return {
        "apiVersion": REGISTRATION,
        "kind": "APIService",
        "metadata": {"name": f"v1beta1.{group}", "annotations": {"a": "b"}},
        "spec": {
            "group": group,
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"namespace": "default", "name": "adapter"},
        },
    }


def definition(group: str) -> dict[str, Any]:
    versions = [
        {
            "name": name,
            "served": True,
            "storage": name == "v1",
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        }
        for name in ("v1", "v1beta1")
    ]
    client_config = {"service": {"namespace": "default", "name": "converter", "path": "/convert"}}
    return {
        "apiVersion": EXTENSIONS,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
            "versions": versions,
            "conversion": {
                "strategy": "Webhook",
                "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": client_config},
            },
        },
    }


@pytest.mark.parametrize(
    ("original", "backend"),
    [
        (webhooks(), "webhook check.example.com at service default/checker"),
        (
            webhooks(matchConditions=[{"name": "own", "expression": "true"}]),
            "webhook check.example.com at service default/checker",
        ),
        (
            webhooks(clientConfig={"url": "https://example.com/check"}),
            "webhook check.example.com at https://example.com/check",
        ),
        (api_service("m.example.com"), "API v1beta1.m.example.com at service default/adapter"),
        (definition("c.example.com"), "conversion of things.c.example.com at service default/converter"),
    ],
)
def test_neutralising_names_the_backend_is_done_once_and_can_be_undone(original: dict[str, Any], backend: str) -> None:
    untouched = copy.deepcopy(original)
    changed = neutralise(original)
    assert original == untouched
    assert changed is not None
    assert neutralised_backends(original) == []
    assert neutralised_backends(changed) == [backend]
    assert neutralise(changed) is None
    assert restore(changed) == original


@pytest.mark.parametrize(
    "harmless",
    [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},
        {"apiVersion": ADMISSION, "kind": "MutatingWebhookConfiguration", "metadata": {"name": "empty"}},
        {"apiVersion": REGISTRATION, "kind": "APIService", "metadata": {"name": "v1.apps"}, "spec": {}},
        {"apiVersion": EXTENSIONS, "kind": "CustomResourceDefinition", "metadata": {"name": "x"}, "spec": {}},
    ],
)
def test_what_calls_nobody_is_left_alone(harmless: dict[str, Any]) -> None:
    assert neutralise(harmless) is None
    assert restore(harmless) == harmless


def test_a_backend_that_the_sandbox_runs_is_left_alone() -> None:
    assert neutralise(webhooks(), served=["default/checker"]) is None
    assert neutralise(api_service("m.example.com"), served=["default/adapter"]) is None
    assert neutralise(definition("c.example.com"), served=["default/converter"]) is None


@pytest.fixture
def watching(kube: KubeClient, tmp_path: Path) -> Iterator[Path]:
    """A neutraliser at work; yields its record."""
    stop = threading.Event()
    record = tmp_path / "neutralised.json"
    neutraliser = Neutraliser(kube, record)
    thread = threading.Thread(target=neutraliser.run, args=(stop,))
    thread.start()
    yield record
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def unique(kube: KubeClient) -> Iterator[str]:
    """A name for what has no namespace; webhook, APIService and CRD of that name are removed afterwards."""
    name = f"t{uuid4().hex[:8]}"
    group = f"{name}.example.com"
    yield name
    kube.delete(ADMISSION, "ValidatingWebhookConfiguration", name, missing_ok=True)
    for each in (group, f"api.{group}"):
        kube.delete(REGISTRATION, "APIService", f"v1beta1.{each}", missing_ok=True)
    kube.delete(EXTENSIONS, "CustomResourceDefinition", f"things.{group}", missing_ok=True)


def eventually(record: Path, key: str, value: list[str] | None) -> None:
    deadline = time.monotonic() + 10
    while (found := json.loads(record.read_text()).get(key)) != value:
        assert time.monotonic() < deadline, f"{key} is {found}, not {value}"
        time.sleep(0.02)


def test_a_webhook_lets_objects_pass_once_it_is_neutralised(
    kube: KubeClient, namespace: str, unique: str, watching: Path
) -> None:
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    kube.create(webhooks(unique, namespaceSelector=selector))
    key = f"ValidatingWebhookConfiguration/{unique}"
    eventually(watching, key, [f"webhook {unique}.example.com at service default/checker"])
    kept = kube.get(ADMISSION, "ValidatingWebhookConfiguration", unique)
    assert kept["webhooks"][0]["failurePolicy"] == "Fail"
    time.sleep(0.5)  # the API server hears of the change a little later than we
    for index in range(10):
        metadata = {"name": f"c{index}", "namespace": namespace}
        kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    kube.delete(ADMISSION, "ValidatingWebhookConfiguration", unique)
    eventually(watching, key, None)


def test_without_it_the_same_webhook_refuses(kube: KubeClient, namespace: str, unique: str) -> None:
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    kube.create(webhooks(unique, namespaceSelector=selector))

    def create_some() -> None:
        for index in range(100):
            metadata = {"name": f"c{index}", "namespace": namespace}
            kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
            time.sleep(0.05)

    with pytest.raises(ApiError, match='service "checker" not found'):
        create_some()


def test_an_unserved_api_keeps_no_namespace_from_being_deleted(
    kube: KubeClient, namespace: str, unique: str, watching: Path
) -> None:
    group = f"{unique}.example.com"
    kube.create(api_service(group))
    key = f"APIService/v1beta1.{group}"
    eventually(watching, key, [f"API v1beta1.{group} at service default/adapter"])
    wait_for(
        kube,
        REGISTRATION,
        "APIService",
        f"v1beta1.{group}",
        ready=lambda service: condition(service, "Available") == "True",
    )
    kube.delete("v1", "Namespace", namespace)
    wait_gone(kube, "v1", "Namespace", namespace, seconds=15)


def test_objects_stay_readable_in_each_version_without_their_conversion_webhook(
    kube: KubeClient, namespace: str, unique: str, watching: Path
) -> None:
    group = f"{unique}.example.com"
    kube.create(definition(group))
    eventually(
        watching,
        f"CustomResourceDefinition/things.{group}",
        [f"conversion of things.{group} at service default/converter"],
    )
    kube.discover(f"{group}/v1beta1", "Thing", wait=10)
    metadata = {"name": "one", "namespace": namespace}
    thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": metadata, "spec": {"a": 1}}
    time.sleep(0.5)  # the API server hears of the change a little later than we
    kube.apply(thing)
    assert kube.get(f"{group}/v1beta1", "Thing", "one", namespace)["spec"] == {"a": 1}


def test_a_sweep_leaves_nothing_that_would_be_called(kube: KubeClient, unique: str, tmp_path: Path) -> None:
    group = f"{unique}.example.com"
    own = f"api.{group}"
    nowhere = {"matchLabels": {"kubernetes.io/metadata.name": unique}}
    for obj in (webhooks(unique, namespaceSelector=nowhere), api_service(own), definition(group)):
        kube.create(obj)
    Neutraliser(kube, tmp_path / "record.json").sweep()
    assert neutralised_backends(kube.get(ADMISSION, "ValidatingWebhookConfiguration", unique))
    assert MARK in kube.get(REGISTRATION, "APIService", f"v1beta1.{own}")["metadata"]["annotations"]
    found = kube.get(EXTENSIONS, "CustomResourceDefinition", f"things.{group}")
    assert found["spec"]["conversion"] == {"strategy": "None"}
    assert len(json.loads((tmp_path / "record.json").read_text())) >= 3


def test_a_second_sweep_finds_a_definition_that_was_changed_since(
    kube: KubeClient, unique: str, tmp_path: Path
) -> None:
    """A CRD that was seen once is looked at again as soon as its specification is another."""
    neutraliser = Neutraliser(kube, tmp_path / "record.json")
    original = definition(f"{unique}.example.com")
    name = original["metadata"]["name"]
    kube.create(original)
    neutraliser.sweep()
    found = kube.get(EXTENSIONS, "CustomResourceDefinition", name)
    kube.replace(restore(found))
    neutraliser.sweep()
    assert MARK in kube.get(EXTENSIONS, "CustomResourceDefinition", name)["metadata"]["annotations"]
