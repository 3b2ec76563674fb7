"""Examples of the rules over pods."""

from __future__ import annotations

from groundwork.policy.example import REMOVED, Example
from policies.examples._parts import DEPLOYMENT

_CONTAINER = "spec.template.spec.containers.0"
_POD = "spec.template.spec"
_AT = "Deployment ns/app"
_MAIN = f"{_AT}: the container main"

EXAMPLES = [
    Example(
        "requests-and-limits",
        DEPLOYMENT,
        f"{_CONTAINER}.resources.requests",
        REMOVED,
        f"{_MAIN} requests no CPU: set resources.requests.cpu",
    ),
    Example(
        "requests-and-limits",
        DEPLOYMENT,
        f"{_CONTAINER}.resources.limits",
        {},
        f"{_MAIN} has no limit of memory: set resources.limits.memory",
    ),
    Example(
        "no-latest",
        DEPLOYMENT,
        f"{_CONTAINER}.image",
        "localhost:5000/app",
        f"{_MAIN} has the image localhost:5000/app, which has no version: name one",
    ),
    Example(
        "no-latest",
        DEPLOYMENT,
        f"{_CONTAINER}.image",
        "example.com/app:latest",
        f"{_MAIN} has the image example.com/app:latest, which is another tomorrow: name a version",
    ),
    *(
        Example("restricted-pods", DEPLOYMENT, f"{_POD}.{key}", True, f"{_AT}: {key} is true: remove it")
        for key in ("hostNetwork", "hostPID", "hostIPC")
    ),
    Example(
        "restricted-pods",
        DEPLOYMENT,
        f"{_POD}.volumes",
        [{"name": "root", "hostPath": {"path": "/"}}],
        f"{_AT}: the volume root is a hostPath: use another kind",
    ),
    Example(
        "restricted-pods",
        DEPLOYMENT,
        f"{_CONTAINER}.securityContext",
        {"privileged": True, "capabilities": {"drop": ["ALL"]}},
        f"{_MAIN} is privileged: remove securityContext.privileged",
    ),
    Example(
        "restricted-pods",
        DEPLOYMENT,
        f"{_CONTAINER}.securityContext.allowPrivilegeEscalation",
        REMOVED,
        f"{_MAIN} may escalate privileges: set securityContext.allowPrivilegeEscalation to false",
    ),
    Example(
        "restricted-pods",
        DEPLOYMENT,
        f"{_POD}.securityContext.runAsNonRoot",
        False,
        f"{_MAIN} may run as root: set securityContext.runAsNonRoot to true",
    ),
    Example(
        "restricted-pods",
        DEPLOYMENT,
        f"{_CONTAINER}.securityContext.runAsUser",
        0,
        f"{_MAIN} runs as root: set securityContext.runAsUser to another user than 0",
    ),
    Example(
        "restricted-pods",
        DEPLOYMENT,
        f"{_CONTAINER}.securityContext.capabilities",
        {},
        f"{_MAIN} keeps capabilities: set securityContext.capabilities.drop to [ALL]",
    ),
    Example(
        "restricted-pods",
        DEPLOYMENT,
        f"{_POD}.securityContext.seccompProfile",
        REMOVED,
        f"{_MAIN} has no seccomp profile: set securityContext.seccompProfile.type to RuntimeDefault",
    ),
]
