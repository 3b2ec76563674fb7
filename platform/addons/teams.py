"""The teams' places: what each file in `stacks/teams/` asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._quotas import hard
from addons._tenants import TEAM
from addons._ways_in import NEIGHBOURS, pods_of, tcp

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import (
    Cluster,
    Mesh,
    Metrics,
    Namespace,
    NodePools,
    ObjectStore,
    ServiceAccount,
    SharedFiles,
    Tracking,
    Tuning,
    Workspaces,
)
from groundwork.core.environment import TEAM_TAG
from groundwork.core.errors import StackError
from groundwork.core.teams import Team, load_teams

# A key of a quota, whose resources it counts, and what messages call them.
_DEVICES = (("gpus", "nvidia.com", "GPUs"), ("neurons", "aws.amazon.com", "devices of Neuron"))
_ACCOUNT = "team"
_SHARED = "shared"
# RFC 1918, and link-local with the instance metadata.
_PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"]


class TeamsConfig(Config):
    """What a stack file may say under `teams:`. Who the teams are stands in `stacks/teams/`."""


class Teams(Component[TeamsConfig]):
    """For each team a namespace with quota, access, closed network and a cloud identity for its buckets.

    What a team may say in its file, and how it runs its work, is in [docs/teams.md](../teams.md).
    """

    single = True

    def build(
        self,
        cluster: Cluster,
        mesh: Mesh | None,
        objects: ObjectStore | None,
        metrics: Metrics | None,
        pools: NodePools | None,
        tracking: Tracking | None,
        workspaces: Workspaces | None,
        tuning: Tuning | None,
        files: SharedFiles | None,
    ) -> None:
        """Make the teams' places."""
        teams = load_teams(self.environment.root)
        self._check(teams, objects, metrics, pools, files)
        for team in teams:
            # Data goes with its namespace: whoever deletes a team does it on purpose.
            namespace = cluster.namespace(
                team.namespace,
                parent=self,
                security=workspaces.security if workspaces else "restricted",
                labels={**(workspaces.labels if workspaces else {}), TEAM: team.name},
                annotations=workspaces.annotations(team.namespace) if workspaces else None,
                mesh=mesh,
            )
            self._limits(team, namespace)
            self._access(team, namespace)
            self._network(team, namespace, cluster.identity_cidrs)
            if metrics is not None:
                self._measure(team, namespace, metrics)
            if tracking is not None:
                tracking.admit(parent=self, namespace=namespace)
            if tuning is not None:
                tuning.admit(parent=self, namespace=namespace)
            if files is not None and team.shared_gi is not None:
                files.volume(_SHARED, size_gi=team.shared_gi, parent=self, namespace=namespace)
            accounts = [namespace.service_account(_ACCOUNT)]
            if workspaces is not None:
                accounts.append(namespace.chart_account(workspaces.account))
            self._buckets(team, objects, accounts)
            if workspaces is not None:
                # What its account was granted is known by now.
                workspaces.share(parent=self, namespace=namespace, members=team.members)

    def _buckets(self, team: Team, objects: ObjectStore | None, accounts: list[ServiceAccount]) -> None:
        if objects is not None:
            for bucket in team.buckets:
                tags = {TEAM_TAG: team.name}
                objects.bucket(f"{team.name}-{bucket}", parent=self, reader_writers=accounts, tags=tags)

    def _check(
        self,
        teams: tuple[Team, ...],
        objects: ObjectStore | None,
        metrics: Metrics | None,
        pools: NodePools | None,
        files: SharedFiles | None,
    ) -> None:
        problems = []
        if metrics is None:
            problems += [
                f"teams/{team.name}.yaml: contacts need Metrics, and the stack {self.environment.stack} has none"
                for team in teams
                if team.contacts
            ]
        if objects is None:
            problems += [
                f"teams/{team.name}.yaml: buckets need an ObjectStore, and the stack {self.environment.stack} has none"
                for team in teams
                if team.buckets
            ]
        if files is None:
            problems += [
                f"teams/{team.name}.yaml: sharedGi needs SharedFiles, and the stack {self.environment.stack} has none"
                for team in teams
                if team.shared_gi
            ]
        if pools is not None:
            kinds = {str(pool.resource).partition("/")[0] for pool in pools.with_accelerators}
            for key, kind, what in _DEVICES:
                problems += [
                    f"teams/{team.name}.yaml: quota.{key} is {asked}, and no pool of this cluster has {what}"
                    for team in teams
                    if (asked := getattr(team.quota, key)) and kind not in kinds
                ]
        if problems:
            raise StackError(problems)
        if pools is not None:
            self._warn_of_more_than(pools, teams)

    def _warn_of_more_than(self, pools: NodePools, teams: tuple[Team, ...]) -> None:
        """Tell of quotas that nobody can use up: a pool may yet grow, so that this is no error."""
        for key, kind, what in _DEVICES:
            mine = [pool for pool in pools.all if str(pool.resource).partition("/")[0] == kind]
            most = sum(pool.maximum * pool.accelerators * pool.slices for pool in mine)
            for team in teams:
                asked = getattr(team.quota, key)
                if asked > most:
                    pulumi.log.warn(
                        f"teams/{team.name}.yaml: quota.{key} is {asked}, and all pools together have {most} {what} at "
                        "most: pods that ask for more wait until a pool's `max` is raised",
                        self,
                    )

    def _limits(self, team: Team, namespace: Namespace) -> None:
        k8s.core.v1.ResourceQuota(
            f"{self.name}-{team.name}-quota",
            metadata={"name": "team", "namespace": namespace.name},
            spec={"hard": hard(team.quota)},
            opts=namespace.options(),
        )
        # A quota refuses pods that say nothing of what they need: so they get a little.
        k8s.core.v1.LimitRange(
            f"{self.name}-{team.name}-limits",
            metadata={"name": "team", "namespace": namespace.name},
            spec={
                "limits": [
                    {
                        "type": "Container",
                        "default": {"memory": "512Mi"},
                        "default_request": {"cpu": "100m", "memory": "256Mi"},
                    }
                ]
            },
            opts=namespace.options(),
        )

    def _access(self, team: Team, namespace: Namespace) -> None:
        """Let members work in their namespace; the role is Kubernetes' own `edit`, which cannot change access."""
        subjects: list[Any] = [
            {"kind": "User", "name": member, "api_group": "rbac.authorization.k8s.io"} for member in team.members
        ]
        k8s.rbac.v1.RoleBinding(
            f"{self.name}-{team.name}-members",
            metadata={"name": "members", "namespace": namespace.name},
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            subjects=subjects,
            opts=namespace.options(),
        )

    def _network(self, team: Team, namespace: Namespace, identity: Sequence[str]) -> None:
        """Close the namespace: its pods reach each other, names, and the internet, but no other namespace."""
        k8s.networking.v1.NetworkPolicy(
            f"{self.name}-{team.name}-closed",
            metadata={"name": "default-deny", "namespace": namespace.name},
            spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
            opts=namespace.options(),
        )
        k8s.networking.v1.NetworkPolicy(
            f"{self.name}-{team.name}-within",
            metadata={"name": "within-team", "namespace": namespace.name},
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [{"from_": [NEIGHBOURS]}],
                "egress": [
                    {"to": [NEIGHBOURS]},
                    {
                        "to": [
                            {**pods_of("kube-system"), "pod_selector": {"match_labels": {"k8s-app": "kube-dns"}}},
                        ],
                        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
                    },
                    # The cloud's own services: object store and registries, but nothing of a private network.
                    {
                        "to": [{"ip_block": {"cidr": "0.0.0.0/0", "except_": _PRIVATE}}],
                        "ports": tcp(443),
                    },
                    # The agent that hands out a pod's cloud identity (EKS Pod Identity) listens on the node.
                    {"to": [{"ip_block": {"cidr": "169.254.170.23/32"}}], "ports": tcp(80)},
                    # With tokens of the cluster's own (IRSA) they ask STS, which may have an endpoint inside.
                    *[{"to": [{"ip_block": {"cidr": cidr}}], "ports": tcp(443)} for cidr in identity],
                ],
            },
            opts=namespace.options(),
        )

    def _measure(self, team: Team, namespace: Namespace, metrics: Metrics) -> None:
        """Let the namespace be scraped, and tell the team what is wrong in it."""
        k8s.networking.v1.NetworkPolicy(
            f"{self.name}-{team.name}-scraped",
            metadata={"name": "scraped", "namespace": namespace.name},
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress"],
                "ingress": [{"from_": [pods_of(metrics.namespace)]}],
            },
            opts=namespace.options(),
        )
        if team.contacts:
            metrics.notify(parent=self, namespace=namespace, contacts=team.contacts)
