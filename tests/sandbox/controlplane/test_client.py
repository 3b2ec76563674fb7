"""The client against the real API server: every verb, every way to fail, many threads."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from groundwork.sandbox.controlplane import ClusterEndpoint
from groundwork.sandbox.controlplane.client import (
    ApiError,
    ApiUnreachableError,
    KindNotServedError,
    KubeClient,
    WatchEvent,
)
from groundwork.sandbox.controlplane.waiting import wait_for, wait_gone
from groundwork.sandbox.ports import free_ports


def config_map(namespace: str, name: str = "settings", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_an_object_is_made_read_changed_and_removed(kube: KubeClient, namespace: str) -> None:
    made = kube.create(config_map(namespace, a="1"))
    assert kube.get("v1", "ConfigMap", "settings", namespace) == made
    made["data"]["b"] = "2"
    assert kube.replace(made)["data"] == {"a": "1", "b": "2"}
    assert kube.patch("v1", "ConfigMap", "settings", {"data": {"a": None}}, namespace)["data"] == {"b": "2"}
    kube.delete("v1", "ConfigMap", "settings", namespace)
    assert kube.find("v1", "ConfigMap", "settings", namespace) is None


def test_a_dry_run_changes_nothing(kube: KubeClient, namespace: str) -> None:
    assert kube.create(config_map(namespace), dry_run=True)["metadata"]["uid"]
    assert kube.apply(config_map(namespace), dry_run=True)["metadata"]["uid"]
    assert kube.find("v1", "ConfigMap", "settings", namespace) is None
    kube.create(config_map(namespace, a="1"))
    kube.patch("v1", "ConfigMap", "settings", {"data": {"a": "2"}}, namespace, dry_run=True)
    kube.delete("v1", "ConfigMap", "settings", namespace, dry_run=True)
    assert kube.get("v1", "ConfigMap", "settings", namespace)["data"] == {"a": "1"}


def test_apply_names_the_owner_of_a_field_and_takes_it_only_by_force(kube: KubeClient, namespace: str) -> None:
    kube.apply(config_map(namespace, a="1"), field_manager="first")
    with pytest.raises(ApiError) as refused:
        kube.apply(config_map(namespace, a="2"), field_manager="second")
    assert refused.value.conflict
    assert refused.value.details["causes"][0]["message"] == 'conflict with "first"'
    assert kube.apply(config_map(namespace, a="2"), field_manager="second", force=True)["data"] == {"a": "2"}


def test_refusals_carry_reason_message_and_fields(kube: KubeClient, namespace: str) -> None:
    kube.create(config_map(namespace))
    with pytest.raises(ApiError) as exists:
        kube.create(config_map(namespace))
    assert (exists.value.status, exists.value.reason) == (409, "AlreadyExists")
    assert str(exists.value) == 'configmaps "settings" already exists'
    with pytest.raises(ApiError) as invalid:
        kube.create(config_map(namespace, name="Not_A_Name"))
    assert (invalid.value.status, invalid.value.reason) == (422, "Invalid")
    assert [cause["field"] for cause in invalid.value.details["causes"]] == ["metadata.name"]


def test_an_unknown_kind_says_what_is_served(kube: KubeClient) -> None:
    with pytest.raises(KindNotServedError) as unknown:
        kube.get("batch/v1", "Cronjob", "x")
    assert str(unknown.value) == "The cluster serves no Cronjob in batch/v1: it serves CronJob, Job."
    with pytest.raises(KindNotServedError, match="nothing of that group and version"):
        kube.discover("example.com/v1", "Thing")
    assert kube.find("example.com/v1", "Thing", "x") is None


def test_a_new_kind_is_found_without_a_restart(kube: KubeClient, namespace: str) -> None:
    group = f"t{uuid4().hex[:8]}.example.com"
    with pytest.raises(KindNotServedError):
        kube.discover(f"{group}/v1", "Thing")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec = {
        "group": group,
        "scope": "Cluster",
        "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}
    kube.create({**definition, "metadata": {"name": f"things.{group}"}})
    found = kube.discover(f"{group}/v1", "Thing", wait=10)
    assert (found.plural, found.namespaced) == ("things", False)
    kube.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"things.{group}")


def test_deleting_respects_the_uid_and_may_ignore_what_is_gone(kube: KubeClient, namespace: str) -> None:
    kube.create(config_map(namespace))
    with pytest.raises(ApiError, match=r"the UID in the precondition \(other\) does not match"):
        kube.delete("v1", "ConfigMap", "settings", namespace, uid="other")
    kube.delete("v1", "ConfigMap", "settings", namespace)
    kube.delete("v1", "ConfigMap", "settings", namespace, missing_ok=True)
    with pytest.raises(ApiError, match="not found"):
        kube.delete("v1", "ConfigMap", "settings", namespace)


def test_a_long_list_is_read_to_its_end_by_32_threads_made_in_seconds(kube: KubeClient, namespace: str) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda i: kube.create(config_map(namespace, name=f"c{i}")), range(520)))
    assert time.monotonic() - started < 30
    found = kube.list("v1", "ConfigMap", namespace)
    assert len(found) == 521  # and the authority's certificate that every namespace gets
    assert {(each["apiVersion"], each["kind"]) for each in found} == {("v1", "ConfigMap")}


def test_lists_select_by_label_and_field(kube: KubeClient, namespace: str) -> None:
    for name in ("a", "b"):
        labelled = config_map(namespace, name=name)
        labelled["metadata"]["labels"] = {"letter": name}
        kube.create(labelled)
    by_label = kube.list("v1", "ConfigMap", namespace, label_selector="letter=a")
    by_field = kube.list("v1", "ConfigMap", namespace, field_selector="metadata.name=b")
    assert [each["metadata"]["name"] for each in (*by_label, *by_field)] == ["a", "b"]


@pytest.fixture
def events(kube: KubeClient, namespace: str) -> Iterator[list[WatchEvent]]:
    """What a watch of the namespace's labelled ConfigMaps has told so far."""
    seen: list[WatchEvent] = []
    stop = threading.Event()

    def follow() -> None:
        for event in kube.watch("v1", "ConfigMap", namespace, label_selector="watched", stop=stop):
            seen.append(event)

    thread = threading.Thread(target=follow)
    thread.start()
    yield seen
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_watch_tells_what_is_made_changed_and_removed_once(
    kube: KubeClient, namespace: str, events: list[WatchEvent]
) -> None:
    watched = config_map(namespace)
    watched["metadata"]["labels"] = {"watched": "yes"}
    kube.create(watched)
    kube.patch("v1", "ConfigMap", "settings", {"data": {"a": "1"}}, namespace)
    time.sleep(3.5)  # longer than one request of the watch
    kube.delete("v1", "ConfigMap", "settings", namespace)
    deadline = time.monotonic() + 10
    while len(events) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [event.type for event in events] == ["ADDED", "MODIFIED", "DELETED"]


def test_no_proxy_of_the_environment_sees_the_traffic(
    control_plane: ClusterEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with KubeClient(control_plane) as client:
        assert client.raw("GET", "/readyz") == "ok"


def test_a_dead_endpoint_is_named(control_plane: ClusterEndpoint) -> None:
    (port,) = free_ports(1)
    client = KubeClient(dataclasses.replace(control_plane, url=f"https://127.0.0.1:{port}"))
    with client, pytest.raises(ApiUnreachableError) as unreachable:
        client.raw("GET", "/readyz")
    assert str(unreachable.value) == (
        f"The API server at https://127.0.0.1:{port} cannot be reached: nothing listens there"
    )


def test_waiting_in_vain_says_what_is_missing_or_in_the_way(kube: KubeClient, namespace: str) -> None:
    with pytest.raises(TimeoutError, match=rf"^ConfigMap {namespace}/settings does not exist after 0 s$"):
        wait_for(kube, "v1", "ConfigMap", "settings", namespace, seconds=0)
    held = config_map(namespace)
    held["metadata"]["finalizers"] = ["example.com/hold"]
    kube.create(held)
    kube.delete("v1", "ConfigMap", "settings", namespace)
    with pytest.raises(TimeoutError, match=r"is still there after 0 s, held by example\.com/hold$"):
        wait_gone(kube, "v1", "ConfigMap", "settings", namespace, seconds=0)
    kube.patch("v1", "ConfigMap", "settings", {"metadata": {"finalizers": None}}, namespace)
    wait_gone(kube, "v1", "ConfigMap", "settings", namespace)
