"""Kubeflow's profiles: a namespace for each person or group, its owner's rights in it, and an API to share it.

Where the stack has teams, each team's namespace is a profile too, that nobody owns: its members share it as those do
with whom an owner shares his, and who they are is changed in the team's file alone. As in every profile its pods have
sidecars, which tell people apart by a header, and count in the team's quota.

The controller is cluster-admin, as upstream has it: it makes namespaces and binds roles in them. The API believes a
request header, so only the dashboard reaches it.
"""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._availability import unavailable
from addons._kubeflow_profiles import DASHBOARD_NAMESPACE, NAMESPACE_LABELS, Profiles
from addons._kubeflow_values import USER_HEADER, workload
from addons._pods import resources
from addons._quotas import hard
from addons._ways_in import pods_of
from addons.istio_api import IstioMesh
from addons.kubeflow_profiles_api import ProfileKinds
from pydantic import Field, field_validator

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Login, Metrics, Namespace, NodePools
from groundwork.core.errors import StackError
from groundwork.core.naming import is_label
from groundwork.core.teams import Quota, load_teams

_LABELS = {"kustomize.component": "profiles"}
_DEPLOYMENT, _SERVICE, _PORT = "profiles-deployment", "profiles-kfam", 8081
_AGGREGATE = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ProfileConfig(Config):
    """One profile."""

    owner: str = Field(description="e-mail address, as its owner logs in")
    quota: Quota = Field(default_factory=Quota, description="the most that all of its pods may ask for together")

    @field_validator("owner")
    @classmethod
    def _address(cls, owner: str) -> str:
        if not _MAIL.fullmatch(owner):
            raise ValueError(f"{owner!r} is no e-mail address")
        return owner


class KubeflowProfilesConfig(Config):
    """What a stack file may say under `kubeflow-profiles:`."""

    profiles: dict[str, ProfileConfig] = Field(
        default_factory=dict, description="name of the namespace -> who owns it; further ones can be made by hand"
    )


def values(*, header: str, principal: str) -> dict[str, Any]:
    """Return the values of the chart.

    Args:
        header: in which the API and what runs in profiles find who asks.
        principal: who the gateway of the mesh is to what it calls.
    """
    return {
        "login": {"header": header},
        "istio": {"gatewayPrincipal": principal},
        "namespaceLabels": dict(NAMESPACE_LABELS),
        "workloads": {
            _DEPLOYMENT: {
                # The API, which is the first of its containers.
                **workload(resources("20m", "64Mi", "128Mi")),
                "containers": {"manager": {"resources": resources("50m", "64Mi", "256Mi")}},
            }
        },
    }


class KubeflowProfiles(Component[KubeflowProfilesConfig]):
    """The controller of profiles, its API, and the profiles that the stack file names."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: ProfileKinds,
        # Istio itself, not any mesh: the controller makes Istio's policies.
        mesh: IstioMesh,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> Profiles:
        """Install the chart, then make the profiles."""
        self._check()
        namespace = cluster.namespace("kubeflow-profiles", parent=self, mesh=mesh)
        caller = f"{DASHBOARD_NAMESPACE}/centraldashboard"
        namespace.admit("dashboard", parent=self, callers=[caller], ports=[_PORT])
        header = login.email_header if login else USER_HEADER
        installed = release(
            "kubeflow-profiles",
            parent=self,
            chart="kubeflow-profiles",
            namespace=namespace,
            values=values(header=header, principal=mesh.principal),
        )
        self._roles(cluster, installed)
        self._close(namespace)
        for name, profile in self.config.profiles.items():
            self._profile(cluster, name, profile, installed)
        if metrics is not None:
            down = unavailable(
                "KubeflowProfilesDown",
                namespace=namespace.name,
                deployment=_DEPLOYMENT,
                summary="The controller of profiles is not ready: nobody gets a namespace, or is let into one.",
            )
            metrics.alert("kubeflow-profiles", parent=self, namespace=namespace, alerts=[down])
        return Profiles(
            host=namespace.host(_SERVICE),
            namespace=namespace.name,
            header=header,
            gateway_namespace=mesh.gateway_namespace,
            gateway_principal=mesh.principal,
        )

    def _check(self) -> None:
        taken = {team.namespace for team in load_teams(self.environment.root)} if self.config.profiles else set()
        problems = []
        for name in self.config.profiles:
            where = f"{self.name}.profiles.{name}"
            if not is_label(name):
                problems.append(f"{where}: {name!r} is no name for a namespace: lower case letters, digits, hyphens")
            elif name in taken:
                problems.append(f"{where}: {name!r} is the namespace of a team of that name; take another")
            elif name.startswith(("kube-", "kubeflow")) or name == "default":
                problems.append(f"{where}: {name!r} is a namespace of the platform's own; take another")
        if problems:
            raise StackError(problems)

    def _roles(self, cluster: Cluster, installed: pulumi.Resource) -> None:
        """Gather what every part of Kubeflow allows: a profile's owner is an admin, and shares it to edit or to view.

        The cluster's controller writes such a role anew that is deleted a moment before one of those that add to it. So
        each is gone before the next, and before those of the chart.
        """
        before = installed
        for role, above in (("view", "edit"), ("edit", "admin"), ("admin", None)):
            adds = {f"{_AGGREGATE}{above}": "true"} if above else {}
            before = k8s.rbac.v1.ClusterRole(
                f"{self.name}-{role}",
                metadata={"name": f"kubeflow-{role}", "labels": adds},
                aggregation_rule={"cluster_role_selectors": [{"match_labels": {f"{_AGGREGATE}{role}": "true"}}]},
                opts=cluster.options(self, depends_on=[before]),
            )

    def _close(self, namespace: Namespace) -> None:
        """Let only the dashboard reach the API: whoever does can say that he is anybody."""
        k8s.networking.v1.NetworkPolicy(
            f"{self.name}-api-closed",
            metadata={"name": "only-from-the-dashboard", "namespace": namespace.name},
            spec={
                "pod_selector": {"match_labels": _LABELS},
                "policy_types": ["Ingress"],
                "ingress": [{"from_": [pods_of(DASHBOARD_NAMESPACE)], "ports": namespace.arrivals(_PORT)}],
            },
            opts=namespace.options(),
        )

    def _profile(self, cluster: Cluster, name: str, profile: ProfileConfig, installed: pulumi.Resource) -> None:
        k8s.apiextensions.CustomResource(
            f"{self.name}-{name}",
            api_version="kubeflow.org/v1",
            kind="Profile",
            metadata={"name": name},
            spec={
                "owner": {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": profile.owner},
                "resourceQuotaSpec": {"hard": hard(profile.quota)},
            },
            # With a profile goes its namespace, and with that its volumes.
            opts=cluster.options(self, depends_on=[installed], protect=self.environment.profile.protect),
        )
