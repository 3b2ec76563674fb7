"""Rules over pods: what they may do to their nodes, and what they need of them."""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.policy.rule import RULES
from groundwork.policy.terms import (
    ANY_CONTAINER,
    CONTAINER,
    ITSELF,
    MAIN_CONTAINER,
    POD,
    VOLUME,
    Demand,
    Term,
    all_of,
    any_of,
    at,
    demand,
    if_,
    not_,
    pod_at,
)
from policies.pods import INJECTED, POD_TYPES, SERVED

# Nobody waits for an answer at these: who scrapes comes again.
_MEASURED = "metrics|prometheus|monitoring|telemetry|health|probe|status|profiling"
# https://kubernetes.io/docs/concepts/security/pod-security-standards/
_VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")


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


@RULES.admission("probes", severity="medium", controls=("Groundwork: what runs works",), types=SERVED, needs_chart=True)
def probes() -> Iterator[Demand]:
    """What is called says when it is ready, and of every pod something says that it is alive.

    Without a readiness probe calls go to a pod that is still starting, in each rollout. Without any probe a worker that
    hangs, whom nobody calls and so nobody misses, hangs for ever.
    """
    called = not_(at("ports").every(at("name").matches(_MEASURED)))
    yield demand(
        MAIN_CONTAINER,
        if_(called, any_of(INJECTED, at("readinessProbe").present())),
        "is called and does not say when it is ready: add a readinessProbe",
    )
    silent = not_(any_of(INJECTED, called, at("livenessProbe").present(), at("readinessProbe").present()))
    yield demand(POD, not_(at("containers").every(silent)), "may hang unnoticed: add a livenessProbe to a container")


@RULES.admission(
    "no-idle-tokens",
    severity="medium",
    controls=("CIS EKS 4.1.6", "NSA Kubernetes hardening: authentication"),
    types=POD_TYPES,
)
def no_idle_tokens() -> Iterator[Demand]:
    """A pod without a service account of its own carries no token of the API server.

    The default account has no rights to use, so its token serves only whoever breaks into the pod: to look around,
    and to be trusted by whatever trusts every account.
    """
    default = at("serviceAccountName").one_of("default", "", default="default")
    yield demand(
        POD,
        if_(default, at("automountServiceAccountToken").is_(False)),
        "carries the token of the default service account: set automountServiceAccountToken to false, "
        "or name an account of its own",
    )


def _own_or_pods(path: str, *values: str | bool) -> Term:
    """A setting of the container, or, where it has none, of its pod, is one of these."""
    own, pod = at(f"securityContext.{path}"), pod_at(f"securityContext.{path}")
    return any_of(own.one_of(*values), all_of(not_(own.present()), pod.one_of(*values)))


def _selinux(path: str) -> Term:
    """SELinux options add nothing to what containers may do anyway."""
    return all_of(
        at(f"{path}.type").one_of(*_SELINUX_TYPES, default=""),
        at(f"{path}.user").is_("", default=""),
        at(f"{path}.role").is_("", default=""),
    )


def _containers() -> Iterator[Demand]:
    """What the standard asks of each container."""
    yield demand(
        ANY_CONTAINER,
        at("securityContext.privileged").is_(False, default=False),
        "is privileged: remove securityContext.privileged",
    )
    yield demand(
        ANY_CONTAINER,
        # The API server takes no privileged container that says it may not escalate.
        any_of(at("securityContext.allowPrivilegeEscalation").is_(False), at("securityContext.privileged").is_(True)),
        "may escalate privileges: set securityContext.allowPrivilegeEscalation to false",
    )
    yield demand(
        ANY_CONTAINER,
        _own_or_pods("runAsNonRoot", True),
        "may run as root: set securityContext.runAsNonRoot to true",
    )
    user = at("securityContext.runAsUser")
    root = any_of(user.is_(0), all_of(not_(user.present()), pod_at("securityContext.runAsUser").is_(0)))
    yield demand(CONTAINER, not_(root), "runs as root: set securityContext.runAsUser to another user than 0")
    yield demand(
        ANY_CONTAINER,
        at("securityContext.capabilities.drop").has("ALL"),
        "keeps capabilities: set securityContext.capabilities.drop to [ALL]",
    )
    yield demand(
        ANY_CONTAINER,
        at("securityContext.capabilities.add").every(ITSELF.is_("NET_BIND_SERVICE")),
        "takes capabilities: leave only NET_BIND_SERVICE in securityContext.capabilities.add",
    )
    yield demand(
        ANY_CONTAINER,
        _own_or_pods("seccompProfile.type", "RuntimeDefault", "Localhost"),
        "has no seccomp profile: set securityContext.seccompProfile.type to RuntimeDefault",
    )
    yield demand(
        ANY_CONTAINER,
        at("ports").every(at("hostPort").is_(0, default=0)),
        "listens at its node's address: remove hostPort",
    )
    yield demand(
        ANY_CONTAINER,
        at("securityContext.procMount").is_("Default", default="Default"),
        "sees its node's processes: remove securityContext.procMount",
    )


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
    allowed = any_of(at("hostPath").present(), *(at(kind).present() for kind in _VOLUMES))
    yield demand(VOLUME, allowed, f"is of a kind that pods may not choose: use one of {', '.join(_VOLUMES)}")
    sysctls = at("securityContext.sysctls").every(at("name").one_of(*_SYSCTLS))
    yield demand(POD, sysctls, "sets sysctls that reach beyond the pod: leave them out of securityContext.sysctls")
    profiles = at("securityContext.appArmorProfile.type").one_of("RuntimeDefault", "Localhost", default="Localhost")
    yield demand(POD, profiles, "takes AppArmor off: remove securityContext.appArmorProfile")
    yield demand(ANY_CONTAINER, profiles, "takes AppArmor off: remove securityContext.appArmorProfile")
    options = "securityContext.seLinuxOptions"
    yield demand(POD, _selinux(options), f"has SELinux options of its own: remove {options}")
    yield demand(ANY_CONTAINER, _selinux(options), f"has SELinux options of its own: remove {options}")
    yield from _containers()
