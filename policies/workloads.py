"""Rules over what runs in the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.pods import POD_TYPES, containers, pod_spec, where
from policies.rule import Subject, items, resource_rule


@resource_rule("requests-and-limits", control="NSA Kubernetes hardening: resource policies", types=POD_TYPES)
def requests_and_limits(subject: Subject) -> Iterator[str]:
    """Every container requests CPU and memory and limits memory, so that nodes are sized and none starves another."""
    for container in containers(subject):
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        missing = [f"requests.{key}" for key in ("cpu", "memory") if key not in requests]
        missing += ["limits.memory"] if "memory" not in limits else []
        if missing:
            yield f"{where(subject)}: the container {container.get('name')} sets no {', '.join(missing)}: set them"


@resource_rule("no-latest", control="CIS EKS 5.1: image provenance", types=POD_TYPES)
def no_latest(subject: Subject) -> Iterator[str]:
    """An image is named by version or digest: what was tested is what runs."""
    for container in containers(subject):
        image = str(container.get("image", ""))
        tag = image.rpartition("/")[2].partition(":")[2]
        if "@sha256:" not in image and tag in ("", "latest"):
            yield f"{where(subject)}: the image {image!r} of {container.get('name')} has no version: name one"


@resource_rule("restricted-pods", control="Pod Security Standards: restricted", types=POD_TYPES)
def restricted_pods(subject: Subject) -> Iterator[str]:
    """Our own pods meet the restricted standard; third-party agents that cannot come by their charts."""
    spec = pod_spec(subject)
    pod = spec.get("securityContext") or {}
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"{where(subject)}: {key} is true: remove it"
    for volume in items(spec.get("volumes")):
        if "hostPath" in volume:
            yield f"{where(subject)}: the volume {volume.get('name')} is a hostPath: use another kind"
    for container in containers(subject):
        for problem in _unrestricted(container.get("securityContext") or {}, pod):
            yield f"{where(subject)}: the container {container.get('name')} {problem}"


def _unrestricted(own: Mapping[str, Any], pod: Mapping[str, Any]) -> Iterator[str]:
    if own.get("privileged"):
        yield "is privileged: remove securityContext.privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "may escalate privileges: set securityContext.allowPrivilegeEscalation to false"
    if not own.get("runAsNonRoot", pod.get("runAsNonRoot")):
        yield "may run as root: set securityContext.runAsNonRoot to true"
    if own.get("runAsUser", pod.get("runAsUser")) == 0:
        yield "runs as root: set securityContext.runAsUser to another user than 0"
    if "ALL" not in items((own.get("capabilities") or {}).get("drop")):
        yield "keeps capabilities: set securityContext.capabilities.drop to [ALL]"
    profile = (own.get("seccompProfile") or pod.get("seccompProfile") or {}).get("type")
    if profile not in ("RuntimeDefault", "Localhost"):
        yield f"has the seccomp profile {profile}: set securityContext.seccompProfile.type to RuntimeDefault"
