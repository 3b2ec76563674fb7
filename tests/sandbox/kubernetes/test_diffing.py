"""What changes, and what replaces: the real provider's table."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from groundwork.sandbox.standins.kubernetes.diffing import differences, parse_path, path_name
from groundwork.sandbox.standins.kubernetes.forcenew import force_new
from groundwork.sandbox.standins.kubernetes.kinds import Kind, kind_of
from groundwork.sandbox.standins.protocol import UNKNOWN, ProviderError

DEPLOYMENT = Kind("apps/v1", "Deployment")


def replaced(kind: Kind, old: dict[str, Any], new: dict[str, Any], **options: bool) -> list[str]:
    found = differences(old, new, force_new(kind, new, **options))
    return [difference.name for difference in found if difference.replace]


def changed(old: dict[str, Any], new: dict[str, Any], ignore: tuple[str, ...] = ()) -> dict[str, str]:
    found = differences(old, new, force_new(DEPLOYMENT, new), ignore)
    return {difference.name: difference.change for difference in found}


def put(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(body)
    *parents, last = path.split(".")
    inner = result
    for step in parents:
        inner = inner.setdefault(step, {})
    inner[last] = value
    return result


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (DEPLOYMENT, "spec.selector.matchLabels.app"),
        (Kind("apps/v1", "DaemonSet"), "spec.selector.matchLabels.app"),
        (Kind("apps/v1", "StatefulSet"), "spec.serviceName"),
        (Kind("apps/v1", "StatefulSet"), "spec.volumeClaimTemplates"),
        (Kind("apps/v1", "StatefulSet"), "spec.podManagementPolicy"),
        (Kind("batch/v1", "Job"), "spec.template.spec.restartPolicy"),
        (Kind("batch/v1", "Job"), "spec.completions"),
        (Kind("v1", "PersistentVolumeClaim"), "spec.storageClassName"),
        (Kind("v1", "PersistentVolumeClaim"), "spec.accessModes"),
        (Kind("v1", "Service"), "spec.clusterIP"),
        (Kind("v1", "Secret"), "type"),
        (Kind("v1", "Secret"), "data.password"),
        (Kind("v1", "ConfigMap"), "data.key"),
        (Kind("storage.k8s.io/v1", "StorageClass"), "parameters.type"),
        (Kind("rbac.authorization.k8s.io/v1", "RoleBinding"), "roleRef.name"),
        (Kind("v1", "ResourceQuota"), "spec.scopes"),
        (Kind("keda.sh/v1alpha1", "ScaledObject"), "metadata.name"),
        (Kind("keda.sh/v1alpha1", "ScaledObject"), "metadata.namespace"),
    ],
)
def test_what_cannot_be_changed_in_place_replaces(kind: Kind, path: str) -> None:
    assert replaced(kind, put({}, path, "old"), put({}, path, "new")) == [path]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (DEPLOYMENT, "spec.replicas"),
        (DEPLOYMENT, "spec.template.spec.nodeSelector.pool"),
        (Kind("batch/v1", "Job"), "spec.ttlSecondsAfterFinished"),
        (Kind("v1", "PersistentVolumeClaim"), "spec.resources.requests.storage"),
        (Kind("v1", "Service"), "spec.type"),
        (Kind("rbac.authorization.k8s.io/v1", "RoleBinding"), "subjects"),
        (Kind("keda.sh/v1alpha1", "ScaledObject"), "spec.maxReplicaCount"),
        (Kind("v1", "ConfigMap", patch=True), "data.key"),
    ],
)
def test_everything_else_is_updated(kind: Kind, path: str) -> None:
    assert replaced(kind, put({}, path, "old"), put({}, path, "new")) == []


def test_config_maps_and_secrets_are_updated_where_the_provider_says_that_they_are_mutable() -> None:
    old, new = {"data": {"a": "1"}}, {"data": {"a": "2"}}
    assert replaced(Kind("v1", "ConfigMap"), old, new, mutable_config_maps=True) == []
    assert replaced(Kind("v1", "Secret"), old, new, mutable_secrets=True) == []


def test_an_immutable_config_map_is_replaced_all_the_same() -> None:
    old, new = {"immutable": True, "data": {"a": "1"}}, {"immutable": True, "data": {"a": "2"}}
    assert replaced(Kind("v1", "ConfigMap"), old, new, mutable_config_maps=True) == ["data.a"]


def test_a_container_of_a_pod_is_found_by_its_place() -> None:
    def pod(image: str) -> dict[str, Any]:
        return {"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": image}]}}

    assert replaced(Kind("v1", "Pod"), pod("y:1"), pod("y:2")) == ["spec.containers[1].image"]


def test_a_whole_new_branch_replaces_if_it_reaches_down_to_such_a_property() -> None:
    assert replaced(Kind("v1", "Service"), {}, {"spec": {"clusterIP": "None"}}) == ["spec"]
    assert replaced(Kind("v1", "Service"), {}, {"spec": {"type": "ClusterIP"}}) == []


def test_an_unknown_value_counts_as_changed_and_replaces() -> None:
    assert replaced(Kind("v1", "Service"), put({}, "spec.clusterIP", "None"), put({}, "spec.clusterIP", UNKNOWN)) == [
        "spec.clusterIP"
    ]


def test_each_change_has_its_own_path_and_kind() -> None:
    old = {"spec": {"replicas": 1, "paused": True, "template": {"x": [1, 2]}}, "metadata": {"labels": {"a.b/c": "1"}}}
    new = {
        "spec": {"replicas": 2, "minReadySeconds": 5, "template": {"x": [1]}},
        "metadata": {"labels": {"a.b/c": "2"}},
    }
    assert changed(old, new) == {
        'metadata.labels["a.b/c"]': "update",
        "spec.minReadySeconds": "add",
        "spec.paused": "delete",
        "spec.replicas": "update",
        "spec.template.x[1]": "delete",
    }


def test_null_is_the_same_as_absent_and_true_is_not_one() -> None:
    assert changed({"spec": {"a": None}}, {"spec": {}}) == {}
    assert changed({"spec": {"a": 1}}, {"spec": {"a": True}}) == {"spec.a": "update"}


def test_ignored_paths_are_left_out_with_what_is_below_them() -> None:
    old, new = {"spec": {"replicas": 1, "template": {"a": 1}}}, {"spec": {"replicas": 2, "template": {"a": 2}}}
    assert changed(old, new, ("spec.replicas",)) == {"spec.template.a": "update"}
    assert changed(old, new, ("spec.replicas", "spec.template")) == {}


@pytest.mark.parametrize("text", ["spec", "spec.containers[0].image", 'metadata.labels["a.b/c"]', "a[1][2].b"])
def test_paths_are_read_as_they_are_written(text: str) -> None:
    assert path_name(parse_path(text)) == text


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("core/v1:Secret", Kind("v1", "Secret")),
        ("apps/v1:Deployment", Kind("apps/v1", "Deployment")),
        ("keda.sh/v1alpha1:ScaledObject", Kind("keda.sh/v1alpha1", "ScaledObject")),
        ("core/v1:NamespacePatch", Kind("v1", "Namespace", patch=True)),
        ("example.org/v1:HotPatch", Kind("example.org/v1", "HotPatch")),
    ],
)
def test_a_token_means_a_kind(token: str, kind: Kind) -> None:
    assert kind_of(f"urn:pulumi:s::p::kubernetes:{token}::n") == kind


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("core/v1:PodList", "list resources exist for compatibility with YAML manifests"),
        ("yaml/v2:ConfigGroup", "register each of its documents as a resource of its own kind"),
        ("yaml/v2:ConfigFile", "register each of its documents as a resource of its own kind"),
        ("helm.sh/v4:Chart", "use kubernetes.helm.v3.Release"),
        ("nonsense:Thing", "expected kubernetes:<group>/<version>:<Kind>"),
    ],
)
def test_what_is_no_resource_of_its_own_is_refused_with_what_to_do(token: str, words: str) -> None:
    with pytest.raises(ProviderError, match=words):
        kind_of(f"urn:pulumi:s::p::kubernetes:{token}::n")
