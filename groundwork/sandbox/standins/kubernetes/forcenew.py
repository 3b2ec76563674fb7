"""Which property makes the real provider replace an object instead of updating it.

Source: `forceNew` in provider/pkg/provider/diff.go of pulumi-kubernetes 4.x. A path starts at the object's
root; `[*]` stands for each element of a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundwork.sandbox.standins.kubernetes.kinds import Kind

IDENTITY = ("metadata.name", "metadata.namespace")

_SELECTOR = ("spec.selector",)

_VOLUME_SOURCES = (
    *(
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "csi",
        "fc",
        "flexVolume",
        "flocker",
    ),
    *("gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk"),
    *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
)

_POD = (
    *(
        "affinity",
        "automountServiceAccountToken",
        "dnsConfig",
        "dnsPolicy",
        "enableServiceLinks",
        "hostAliases",
    ),
    *(
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "hostname",
        "imagePullSecrets",
        "nodeName",
        "nodeSelector",
        "overhead",
    ),
    *(
        "preemptionPolicy",
        "priority",
        "priorityClassName",
        "readinessGates",
        "restartPolicy",
        "runtimeClassName",
    ),
    *("schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace"),
    *("subdomain", "terminationGracePeriodSeconds", "volumes"),
)

_CONTAINER = (
    *("args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports"),
    *("readinessProbe", "resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath"),
    *("terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir"),
)

_TABLE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps/v1", "DaemonSet"): _SELECTOR,
    ("apps/v1", "Deployment"): _SELECTOR,
    ("apps/v1", "StatefulSet"): (
        *_SELECTOR,
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch/v1", "Job"): ("spec.completions", "spec.parallelism", *_SELECTOR, "spec.template"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
    ("v1", "PersistentVolume"): tuple(f"spec.{source}" for source in _VOLUME_SOURCES),
    ("v1", "PersistentVolumeClaim"): (
        "spec.accessModes",
        *_SELECTOR,
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("v1", "Pod"): (
        *(f"spec.{field}" for field in _POD),
        *(f"spec.{which}[*].{field}" for which in ("containers", "initContainers") for field in _CONTAINER),
    ),
    ("v1", "ResourceQuota"): ("spec.scopes",),
    ("v1", "Secret"): ("type",),
    ("v1", "Service"): ("spec.clusterIP",),
}


def force_new(
    kind: Kind, inputs: Mapping[str, Any], *, mutable_config_maps: bool = False, mutable_secrets: bool = False
) -> tuple[str, ...]:
    """Return the paths whose change replaces an object of `kind`.

    As in the real provider, the content of a ConfigMap or Secret replaces it unless the provider was told
    that they are mutable, and always if the object itself says `immutable: true`.
    """
    if kind.patch:
        return IDENTITY
    immutable = inputs.get("immutable") is True
    if (kind.api_version, kind.kind) == ("v1", "Secret") and (immutable or not mutable_secrets):
        return (*IDENTITY, "type", "stringData", "data")
    if (kind.api_version, kind.kind) == ("v1", "ConfigMap") and (immutable or not mutable_config_maps):
        return (*IDENTITY, "binaryData", "data")
    return (*IDENTITY, *_TABLE.get((kind.api_version, kind.kind), ()))


def replaces(path: tuple[str | int, ...], value: Any, patterns: tuple[str, ...]) -> bool:
    """Tell whether a change at `path`, to `value` (None if removed), touches one of `patterns`.

    A change above a pattern touches it if the new value reaches down to it.
    """
    return any(_touches(path, value, _segments(pattern)) for pattern in patterns)


def _segments(pattern: str) -> list[str]:
    return pattern.replace("[*]", ".*").split(".")


def _touches(path: tuple[str | int, ...], value: Any, pattern: list[str]) -> bool:
    for step, wanted in zip(path, pattern, strict=False):
        if isinstance(step, int) != (wanted == "*") or (wanted != "*" and step != wanted):
            return False
    return _reaches(value, pattern[len(path) :])


def _reaches(value: Any, rest: list[str]) -> bool:
    if not rest:
        return True
    if rest[0] == "*":
        return isinstance(value, list) and any(_reaches(item, rest[1:]) for item in value)
    return isinstance(value, dict) and rest[0] in value and _reaches(value[rest[0]], rest[1:])
