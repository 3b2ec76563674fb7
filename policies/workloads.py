"""Rules over pods: what they may do to their nodes and to each other."""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.policy.rule import RULES
from groundwork.policy.terms import CONTAINER, POD, VOLUME, Demand, Term, any_of, at, demand, not_, pod_at
from policies.pods import POD_TYPES


@RULES.admission(
    "requests-and-limits",
    severity="medium",
    controls=("NSA Kubernetes hardening: resource policies",),
    types=POD_TYPES,
)
def requests_and_limits() -> Iterator[Demand]:
    """Every container requests CPU and limits memory, whose limit is its request where it names no other.

    Nodes are sized and pods are placed by requests; without a limit one pod takes its node's memory from all others.
    """
    # Kubernetes takes a limit for the request that is missing.
    cpu = any_of(at("resources.requests.cpu").present(), at("resources.limits.cpu").present())
    yield demand(CONTAINER, cpu, "requests no CPU: set resources.requests.cpu")
    limit = at("resources.limits.memory").present()
    yield demand(CONTAINER, limit, "has no limit of memory: set resources.limits.memory")


@RULES.admission(
    "no-latest", severity="high", controls=("NSA Kubernetes hardening: image provenance",), types=POD_TYPES
)
def no_latest() -> Iterator[Demand]:
    """An image is named by a version or a digest.

    What was tested has to be what runs, on the node that starts tomorrow too.
    """
    versioned = any_of(at("image").matches("@sha256:"), at("image").matches(r":[^/:@]+$"))
    yield demand(CONTAINER, versioned, "has the image {value}, which has no version: name one", "image")
    latest = any_of(at("image").matches("@sha256:"), not_(at("image").matches(":latest$")))
    yield demand(CONTAINER, latest, "has the image {value}, which is another tomorrow: name a version", "image")


def _own_or_pods(path: str, value: bool) -> Term:
    """A setting of the container, or, where it has none, of its pod."""
    own, pod = at(f"securityContext.{path}"), pod_at(f"securityContext.{path}")
    return any_of(own.is_(value), not_(any_of(own.present(), not_(pod.is_(value)))))


@RULES.admission(
    "restricted-pods", severity="high", controls=("Pod Security Standards: restricted", "CIS EKS 4.2"), types=POD_TYPES
)
def restricted_pods() -> Iterator[Demand]:
    """Pods meet the restricted Pod Security Standard.

    Whoever breaks into a container must not find a way to its node, and so to all that runs there.
    """
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        yield demand(POD, at(key).is_(False, default=False), f"{key} is true: remove it")
    yield demand(VOLUME, not_(at("hostPath").present()), "is a hostPath: use another kind")
    yield demand(
        CONTAINER,
        at("securityContext.privileged").is_(False, default=False),
        "is privileged: remove securityContext.privileged",
    )
    yield demand(
        CONTAINER,
        # The API server takes no privileged container that says it may not escalate.
        any_of(at("securityContext.allowPrivilegeEscalation").is_(False), at("securityContext.privileged").is_(True)),
        "may escalate privileges: set securityContext.allowPrivilegeEscalation to false",
    )
    yield demand(
        CONTAINER,
        _own_or_pods("runAsNonRoot", True),
        "may run as root: set securityContext.runAsNonRoot to true",
    )
    root = any_of(
        at("securityContext.runAsUser").is_(0),
        not_(any_of(at("securityContext.runAsUser").present(), not_(pod_at("securityContext.runAsUser").is_(0)))),
    )
    yield demand(CONTAINER, not_(root), "runs as root: set securityContext.runAsUser to another user than 0")
    yield demand(
        CONTAINER,
        at("securityContext.capabilities.drop").has("ALL"),
        "keeps capabilities: set securityContext.capabilities.drop to [ALL]",
    )
    profiles = ("RuntimeDefault", "Localhost")
    own = at("securityContext.seccompProfile.type")
    seccomp = any_of(
        own.one_of(*profiles),
        not_(any_of(own.present(), not_(pod_at("securityContext.seccompProfile.type").one_of(*profiles)))),
    )
    yield demand(
        CONTAINER,
        seccomp,
        "has no seccomp profile: set securityContext.seccompProfile.type to RuntimeDefault",
    )
