"""From what the program made on AWS to what the simulated cluster shows."""

from __future__ import annotations

import fnmatch
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from groundwork.sandbox.cluster.karpenter import Ground, Subnet
from groundwork.sandbox.cluster.pools import NodePool, PoolSubnet, Taint, discovery_tags

if TYPE_CHECKING:
    from groundwork.sandbox.cluster.simulation import ClusterSimulation
    from groundwork.sandbox.standins.aws.facts import Facts
    from groundwork.sandbox.standins.aws.known import NodeGroupFacts

_ADDONS_NAMESPACE = "kube-system"
_AGENT = "eks-pod-identity-agent"
_log = logging.getLogger(__name__)


def pool_of(group: NodeGroupFacts) -> NodePool:
    """Return the pool of nodes that a managed node group keeps."""
    return NodePool(
        name=group.name,
        cluster=group.cluster,
        region=group.region,
        instance_types=group.instance_types,
        subnets=tuple(PoolSubnet(subnet.zone, subnet.cidr) for subnet in group.subnets),
        desired=group.desired,
        minimum=group.min,
        maximum=group.max,
        capacity_type="SPOT" if group.capacity_type == "SPOT" else "ON_DEMAND",
        ami_type=group.ami_type,
        labels=group.labels,
        taints=tuple(Taint(key, effect, value) for key, value, effect in group.taints),  # type: ignore[arg-type]  # checked against the API's enumeration
        tags=discovery_tags(group.cluster),
        group_tags=group.tags,
        disk_gib=group.disk_gib,
        max_pods=group.max_pods,
        prefix_delegation=group.prefix_delegation,
        efa=group.efa,
    )


class Subject(NamedTuple):
    """A service account that reaches AWS.

    Attributes:
        namespace: may hold wildcards, as `account` may.
        role: ARN of the role that it has to name for that; None where it need not.
    """

    namespace: str
    account: str
    role: str | None = None


def reaches(subjects: Iterable[Subject], namespace: str, account: str) -> bool | frozenset[str]:
    """Whether a service account is one of these, or the roles of which it has to name one to be."""
    found = [
        subject.role
        for subject in subjects
        if fnmatch.fnmatchcase(namespace, subject.namespace) and fnmatch.fnmatchcase(account, subject.account)
    ]
    return True if None in found else frozenset(role for role in found if role) or False


def subjects_of(facts: Facts) -> list[Subject]:
    """Return the service accounts that reach AWS: pod identities, add-ons' own, and IRSA.

    A pod identity is handed out by the agent of its cluster only, and a token is taken only from an issuer that IAM
    knows as a provider, for a role that the service account names; EKS itself writes that on those of its add-ons.
    """
    associated = [(cluster, namespace, account) for cluster, namespace, account, _ in facts.pod_identities()]
    associated += [(cluster, _ADDONS_NAMESPACE, account) for cluster, _, account, _ in facts.addon_identities()]
    served = {cluster for cluster, _, _ in associated if _AGENT in facts.addons(cluster)}
    found = [Subject(namespace, account) for cluster, namespace, account in associated if cluster in served]
    issuers, named = facts.trusted_issuers(), facts.addon_roles()
    for identity in facts.web_identities():
        if identity.issuer not in issuers:
            continue
        for subject in identity.subjects:
            parts = subject.split(":")
            if len(parts) == 4 and parts[:2] == ["system", "serviceaccount"]:
                by_eks = parts[2] == _ADDONS_NAMESPACE and identity.role_arn in named
                found.append(Subject(parts[2], parts[3], None if by_eks else identity.role_arn))
    return found


def ground_of(facts: Facts) -> Ground:
    """Return what Karpenter would find for the cluster, of which a sandbox has one."""
    clusters = sorted(facts.clusters())
    if not clusters:
        return Ground()
    return Ground(
        cluster=clusters[0],
        region=facts.region,
        subnets=tuple(Subnet(id, PoolSubnet(place.zone, place.cidr), tags) for id, place, tags in facts.subnets()),
        profiles=facts.instance_profiles(),
        admitted=frozenset(facts.admitted_roles(clusters[0])),
    )


class CloudWatch:
    """Keeps the simulated cluster true to the emulated AWS: looks again whenever something changed there."""

    def __init__(self) -> None:
        """Know nothing yet; `follow` begins."""
        self.pools: list[NodePool] = []
        self._subjects: list[Subject] = []
        self._changed = threading.Event()
        self._idle = threading.Event()
        self._idle.set()

    def on_change(self, event: str) -> None:
        """Take note that something changed; the stand-in that tells it is not kept waiting."""
        self._idle.clear()
        self._changed.set()

    def has_identity(self, namespace: str, account: str) -> bool | frozenset[str]:
        """Whether pods of that service account reach AWS, or as which roles if it names one of them."""
        return reaches(self._subjects, namespace, account)

    def wait(self, timeout: float) -> None:
        """Wait until every change has been looked at."""
        self._idle.wait(timeout)

    def follow(self, facts: Facts, simulation: ClusterSimulation, stop: threading.Event) -> None:
        """Look at once, and then after each change, until `stop` is set; run it in a thread."""
        self._changed.set()
        while not stop.is_set():
            if not self._changed.wait(1.0):
                continue
            self._changed.clear()
            self._try(lambda: self._look(facts, simulation))
            if not self._changed.is_set():
                self._idle.set()

    def _look(self, facts: Facts, simulation: ClusterSimulation) -> None:
        self.pools = [pool_of(group) for group in facts.node_groups()]
        self._subjects = subjects_of(facts)
        simulation.set_pools(self.pools)
        simulation.set_ground(ground_of(facts))
        simulation.set_addons(facts.addons())
        simulation.refresh()

    def _try(self, look: Callable[[], None]) -> None:
        try:
            look()
        except Exception:
            # A cluster that is just being deleted, say: the next change brings the next look.
            _log.exception("the emulated AWS could not be looked at")
