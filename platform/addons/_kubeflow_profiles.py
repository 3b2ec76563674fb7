"""What others are told of Kubeflow's profiles, and how a namespace that is there already becomes one.

The controller takes over a namespace whose annotation `owner` is that of the Profile: it adds labels that are missing,
service accounts, role bindings and a policy, and no quota where the Profile asks for none. Such a namespace is not the
Profile's, and stays when that goes. The service of access management (KFAM) knows who shares a namespace by role
bindings with the annotations `user` and `role`. It also lets the page of Pipelines in, for artifacts that are read by
their owner's pods: Pipelines has no users here, so that is left out. Both read in profile_controller.go and
kfam/bindings.go of kubeflow/dashboard 2.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._ways_in import pods_of

from groundwork.core.component import Component
from groundwork.core.contracts import Namespace, Security, Workspaces
from groundwork.core.errors import StackError

DASHBOARD_NAMESPACE = "kubeflow-dashboard"
NOTEBOOKS_NAMESPACE = "kubeflow"
"""Where the controller of notebooks is."""
# The labels of its pods.
_CULLER = {"app": "notebook-controller", "kustomize.component": "notebook-controller"}

NAMESPACE_LABELS = {
    # By these the webhooks of Kubeflow's other parts find the namespaces of profiles.
    "app.kubernetes.io/part-of": "kubeflow-profile",
    "katib.kubeflow.org/metrics-collector-injection": "enabled",
    "pipelines.kubeflow.org/enabled": "true",
    "serving.kubeflow.org/inferenceservice": "enabled",
    # Notebooks and the steps of pipelines do not pass the restricted standard.
    "pod-security.kubernetes.io/enforce": "baseline",
}
"""What the namespace of every profile says."""

# The policies of profiles read a header, which only sidecars do: so the controller asks for them too.
_SIDECARS = {"istio-injection": "enabled", "istio.io/dataplane-mode": "none"}
_RBAC = "rbac.authorization.k8s.io"
# The one thing that an account can say and the controller has a plugin for: plugin_iam.go of kubeflow/dashboard 2.0.0.
_AWS_ROLE = "eks.amazonaws.com/role-arn"


@dataclass(frozen=True, kw_only=True)
class Profiles(Workspaces):
    """Who works in which namespace.

    Attributes:
        host: of the API, inside the cluster.
        namespace: where that runs.
        header: of a request, which says who asks.
        gateway_namespace: where people come in.
        gateway_principal: who the gateway is to what it calls.
    """

    host: str
    namespace: str
    header: str
    gateway_namespace: str
    gateway_principal: str

    @property
    def security(self) -> Security:
        """Notebooks and the steps of pipelines do not pass the restricted standard."""
        return "baseline"

    @property
    def account(self) -> str:
        """The one that the controller makes for what people start."""
        return "default-editor"

    @property
    def labels(self) -> Mapping[str, str]:
        """Those of every profile."""
        return {**NAMESPACE_LABELS, **_SIDECARS}

    def annotations(self, name: str) -> Mapping[str, str]:
        """Name the owner, nobody who could log in: he would be the namespace's administrator, and give it away."""
        return {"owner": name}

    def share(self, *, parent: Component[Any], namespace: Namespace, members: Sequence[str]) -> None:
        """Make the Profile, and for each member what KFAM makes for who shares one."""
        names = {member: binding_name(member) for member in members}
        twice = sorted(member for member, name in names.items() if list(names.values()).count(name) > 1)
        if twice:
            raise StackError(
                [f"{parent.name}: {namespace.name}: {' and '.join(twice)} have one name among Kubeflow's contributors"]
            )
        # The controller puts it on the account that it makes; the role's trust is none of its business.
        role = namespace.chart_account(self.account).annotations.get(_AWS_ROLE)
        plugin = {"kind": "AwsIamForServiceAccount", "spec": {"awsIamRole": role, "annotateOnly": True}}
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{namespace.name}-profile",
            api_version="kubeflow.org/v1",
            kind="Profile",
            metadata={"name": namespace.name},
            # No quota: the namespace has the team's.
            spec={
                "owner": {"apiGroup": _RBAC, "kind": "User", "name": self.annotations(namespace.name)["owner"]},
                **({"plugins": [plugin]} if role is not None else {}),
            },
            opts=namespace.options(parent),
        )
        for member, name in names.items():
            self._contributor(f"{parent.name}-{namespace.name}-{name}", name, member, parent, namespace)
        self._network(parent, namespace)

    def _contributor(self, resource: str, name: str, member: str, parent: Component[Any], namespace: Namespace) -> None:
        metadata = {"name": name, "namespace": namespace.name, "annotations": {"user": member, "role": "edit"}}
        k8s.rbac.v1.RoleBinding(
            f"{resource}-role",
            metadata=metadata,
            role_ref={"api_group": _RBAC, "kind": "ClusterRole", "name": "kubeflow-edit"},
            subjects=[{"kind": "User", "name": member, "api_group": _RBAC}],
            opts=namespace.options(parent),
        )
        k8s.apiextensions.CustomResource(
            f"{resource}-policy",
            api_version="security.istio.io/v1",
            kind="AuthorizationPolicy",
            metadata=metadata,
            spec={
                "rules": [
                    {
                        "from": [{"source": {"principals": [self.gateway_principal]}}],
                        "when": [{"key": f"request.headers[{self.header}]", "values": [member]}],
                    }
                ]
            },
            opts=namespace.options(parent),
        )

    def _network(self, parent: Component[Any], namespace: Namespace) -> None:
        """Let the gateway in, and who stops idle notebooks; let sidecars get their certificates."""
        culler = {**pods_of(NOTEBOOKS_NAMESPACE), "pod_selector": {"match_labels": _CULLER}}
        callers = [pods_of(self.gateway_namespace), culler]
        authority = {**pods_of("istio-system"), "pod_selector": {"match_labels": {"app": "istiod"}}}
        spec: dict[str, pulumi.Input[Any]] = {
            "pod_selector": {},
            "policy_types": ["Ingress", "Egress"],
            "ingress": [{"from_": callers}],
            "egress": [{"to": [authority], "ports": [{"protocol": "TCP", "port": 15012}]}],
        }
        k8s.networking.v1.NetworkPolicy(
            f"{parent.name}-{namespace.name}-workspace",
            metadata={"name": "workspace", "namespace": namespace.name},
            spec=spec,
            opts=namespace.options(parent),
        )


def binding_name(member: str) -> str:
    """Return what KFAM calls the binding of a contributor."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", f"user-{member}-clusterrole-edit".lower())
