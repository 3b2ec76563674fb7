"""A team's way into MLflow: the network, and where MLflow knows users, a workspace that only this team sees."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._mlflow_pod import PORT, TMP, USER, Server
from addons._pods import pod_security
from addons._ways_in import pods_of

from groundwork.core.component import Component
from groundwork.core.contracts import Namespace, Tracking

# Without harm if it runs again. USE of a workspace is to see it and to make things in it; what the team's own things
# are needs MANAGE of their kinds: https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/.
_SCRIPT = """\
import os

import mlflow
from mlflow.exceptions import RestException
from mlflow.server.auth.client import AuthServiceClient

team, password = os.environ["TEAM"], os.environ["TEAM_PASSWORD"]
grants = [("workspace", "USE")]
grants += [(kind, "MANAGE") for kind in ("experiment", "registered_model", "prompt", "scorer")]

server = AuthServiceClient(os.environ["MLFLOW_TRACKING_URI"])
if team not in {workspace.name for workspace in mlflow.list_workspaces()}:
    mlflow.create_workspace(team)
try:
    server.create_user(team, password)
except RestException as error:
    if error.error_code != "RESOURCE_ALREADY_EXISTS":
        raise
    server.update_user_password(team, password)
roles = {role.name: role for role in server.list_roles(team)}
role = roles.get("member") or server.create_role(team, "member")
there = {(found.resource_type, found.permission) for found in server.list_role_permissions(role.id)}
for kind, permission in grants:
    if (kind, permission) not in there:
        server.add_role_permission(role.id, kind, "*", permission)
if role.id not in {found.id for found in server.list_user_roles(team)}:
    server.assign_role(team, role.id)
"""


@dataclass(frozen=True, kw_only=True)
class MLflowTracking(Tracking):
    """An MLflow server.

    Attributes:
        name: of its Deployment and Service, and the value of its pods' instance label.
        image: with its tag.
        auth_secret: in its namespace, with the administrator's password; None where whoever reaches it may do all.
    """

    name: str
    image: str
    auth_secret: str | None = None

    def admit(self, *, parent: Component[Any], namespace: Namespace) -> None:
        """Open a closed namespace's way to the server, and put what a client needs into its Secret `<name>`.

        With it as `envFrom`, MLflow's client finds the server, and the workspace of this namespace's name.
        """
        prefix = f"{parent.name}-{namespace.name}-{self.name}"
        k8s.networking.v1.NetworkPolicy(
            f"{prefix}-way",
            metadata={"name": f"to-{self.name}", "namespace": namespace.name},
            spec={
                "pod_selector": {},
                "policy_types": ["Egress"],
                "egress": [
                    {
                        "to": [
                            {
                                **pods_of(self.namespace),
                                "pod_selector": {"match_labels": {"app.kubernetes.io/instance": self.name}},
                            }
                        ],
                        "ports": namespace.arrivals(PORT),
                    }
                ],
            },
            opts=namespace.options(parent),
        )
        if namespace.mesh is not None:
            server = namespace.cluster.within(self.namespace, parent=parent)
            namespace.mesh.allow(
                f"{self.name}-{namespace.name}",
                parent=parent,
                namespace=server,
                callers=[namespace.name],
                ports=[PORT],
            )
        client: dict[str, pulumi.Input[str]] = {"MLFLOW_TRACKING_URI": self.url}
        waits: list[pulumi.Resource] = []
        if self.auth_secret is not None:
            password = random.RandomPassword(f"{prefix}-password", length=32, special=False, opts=parent.stateful())
            client |= {
                "MLFLOW_WORKSPACE": namespace.name,
                "MLFLOW_TRACKING_USERNAME": namespace.name,
                "MLFLOW_TRACKING_PASSWORD": password.result,
            }
            waits = [self._user(prefix, password.result, self.auth_secret, parent, namespace)]
        k8s.core.v1.Secret(
            f"{prefix}-client",
            metadata={"name": self.name, "namespace": namespace.name},
            string_data=client,
            opts=namespace.options(parent, depends_on=waits),
        )

    def _user(
        self, prefix: str, password: pulumi.Output[str], auth: str, parent: Component[Any], team: Namespace
    ) -> pulumi.Resource:
        """Make the Job that makes the workspace and its user, in the server's own namespace."""
        in_cluster = team.cluster.options
        given = k8s.core.v1.Secret(
            f"{prefix}-user",
            metadata={"name": f"{self.name}-{team.name}", "namespace": self.namespace},
            string_data={"password": password},
            opts=in_cluster(parent, depends_on=[team.resource, *parent.after]),
        )
        server = Server(
            image=self.image,
            account="default",
            database_secret="",
            artifacts="",
            artifact_environment=(),
            hosts=(),
            origin=None,
            auth_secret=auth,
            workers=1,
        )
        environment = [
            *server.admin_environment(self.url),
            {"name": "TEAM", "value": team.name},
            {
                "name": "TEAM_PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": f"{self.name}-{team.name}", "key": "password"}},
            },
        ]
        pod: Any = {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": pod_security(USER),
            "containers": [
                server.container("team", environment=environment, memory="512Mi", command=["python", "-c", _SCRIPT])
            ],
            "volumes": [TMP],
        }
        digest = hashlib.sha256(_SCRIPT.encode()).hexdigest()[:8]
        job: pulumi.Resource = k8s.batch.v1.Job(
            f"{prefix}-job",
            metadata={"name": f"{self.name}-{team.name}-{digest}", "namespace": self.namespace},
            spec={
                "backoff_limit": 6,
                "template": {"metadata": {"labels": {"app.kubernetes.io/name": "mlflow-team"}}, "spec": pod},
            },
            opts=in_cluster(parent, depends_on=[given], delete_before_replace=True),
        )
        return job
