"""Examples of the rules over pods."""

from __future__ import annotations

from typing import Any

from groundwork.policy.example import REMOVED, Example, changed, one
from policies.examples._parts import DEPLOYMENT

_POD = "spec.template.spec"
_CONTAINER = f"{_POD}.containers.0"
_SECURITY = f"{_CONTAINER}.securityContext"
_AT = "Deployment ns/app"
_KINDS = "configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, projected, secret"
_SELINUX = "has SELinux options of its own: remove securityContext.seLinuxOptions"
_ARMOR = "takes AppArmor off: remove securityContext.appArmorProfile"

_PROPS = DEPLOYMENT[0].props
_PROBED = {"exec": {"command": ["true"]}}
# Nobody calls it: it fetches its work.
_METRICS = [{"containerPort": 9090, "name": "metrics"}]
_WORKER = changed(changed(_PROPS, f"{_CONTAINER}.ports", _METRICS), f"{_CONTAINER}.readinessProbe", REMOVED)
WORKER = one("kubernetes:apps/v1:Deployment", changed(_WORKER, f"{_CONTAINER}.livenessProbe", _PROBED))
# Only a pod with users of its own may see processes at all.
APART = one("kubernetes:apps/v1:Deployment", changed(_PROPS, f"{_POD}.hostUsers", False))


def _of_pod(rule: str, path: str, value: Any, message: str) -> Example:
    return Example(rule, DEPLOYMENT, path, value, f"{_AT}: {message}")


def _of_container(rule: str, path: str, value: Any, message: str) -> Example:
    return Example(rule, DEPLOYMENT, path, value, f"{_AT}: the container main {message}")


EXAMPLES = [
    _of_container(
        "requests-and-limits",
        f"{_CONTAINER}.resources.requests",
        REMOVED,
        "requests no CPU: set resources.requests.cpu",
    ),
    _of_container(
        "requests-and-limits",
        f"{_CONTAINER}.resources.limits",
        {},
        "has no limit of memory: set resources.limits.memory",
    ),
    _of_container(
        "probes",
        f"{_CONTAINER}.readinessProbe",
        REMOVED,
        "is called and does not say when it is ready: add a readinessProbe",
    ),
    Example(
        "probes",
        WORKER,
        f"{_CONTAINER}.livenessProbe",
        REMOVED,
        f"{_AT}: may hang unnoticed: add a livenessProbe to a container",
    ),
    _of_pod(
        "no-idle-tokens",
        f"{_POD}.automountServiceAccountToken",
        REMOVED,
        "carries the token of the default service account: set automountServiceAccountToken to false, "
        "or name an account of its own",
    ),
    *(
        _of_pod("restricted-pods", f"{_POD}.{key}", True, f"{key} is true: remove it")
        for key in ("hostNetwork", "hostPID", "hostIPC")
    ),
    _of_pod(
        "restricted-pods",
        f"{_POD}.volumes",
        [{"name": "root", "hostPath": {"path": "/"}}],
        "the volume root is a hostPath: use another kind",
    ),
    _of_pod(
        "restricted-pods",
        f"{_POD}.volumes",
        [{"name": "share", "nfs": {"server": "files", "path": "/"}}],
        f"the volume share is of a kind that pods may not choose: use one of {_KINDS}",
    ),
    _of_pod(
        "restricted-pods",
        f"{_POD}.securityContext.sysctls",
        [{"name": "kernel.msgmax", "value": "65536"}],
        "sets sysctls that reach beyond the pod: leave them out of securityContext.sysctls",
    ),
    _of_pod("restricted-pods", f"{_POD}.securityContext.appArmorProfile", {"type": "Unconfined"}, _ARMOR),
    _of_pod("restricted-pods", f"{_POD}.securityContext.seLinuxOptions", {"user": "system_u"}, _SELINUX),
    _of_container("restricted-pods", f"{_SECURITY}.appArmorProfile", {"type": "Unconfined"}, _ARMOR),
    _of_container("restricted-pods", f"{_SECURITY}.seLinuxOptions", {"type": "spc_t"}, _SELINUX),
    _of_container(
        "restricted-pods",
        _SECURITY,
        {"privileged": True, "capabilities": {"drop": ["ALL"]}},
        "is privileged: remove securityContext.privileged",
    ),
    _of_container(
        "restricted-pods",
        f"{_SECURITY}.allowPrivilegeEscalation",
        REMOVED,
        "may escalate privileges: set securityContext.allowPrivilegeEscalation to false",
    ),
    _of_container(
        "restricted-pods",
        f"{_POD}.securityContext.runAsNonRoot",
        False,
        "may run as root: set securityContext.runAsNonRoot to true",
    ),
    _of_container(
        "restricted-pods",
        f"{_SECURITY}.runAsUser",
        0,
        "runs as root: set securityContext.runAsUser to another user than 0",
    ),
    _of_container(
        "restricted-pods",
        f"{_SECURITY}.capabilities",
        {},
        "keeps capabilities: set securityContext.capabilities.drop to [ALL]",
    ),
    _of_container(
        "restricted-pods",
        f"{_SECURITY}.capabilities",
        {"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "NET_ADMIN"]},
        "takes capabilities: leave only NET_BIND_SERVICE in securityContext.capabilities.add",
    ),
    _of_container(
        "restricted-pods",
        f"{_POD}.securityContext.seccompProfile",
        REMOVED,
        "has no seccomp profile: set securityContext.seccompProfile.type to RuntimeDefault",
    ),
    _of_container(
        "restricted-pods",
        f"{_CONTAINER}.ports",
        [{"containerPort": 8080, "hostPort": 8080}],
        "listens at its node's address: remove hostPort",
    ),
    Example(
        "restricted-pods",
        APART,
        f"{_SECURITY}.procMount",
        "Unmasked",
        f"{_AT}: the container main sees its node's processes: remove securityContext.procMount",
    ),
]
