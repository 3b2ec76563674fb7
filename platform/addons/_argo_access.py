"""What people who come by single sign-on may do in Argo Workflows."""

from __future__ import annotations

import json

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.contracts import Namespace

_RBAC = "rbac.authorization.k8s.io"


def let_people_in(release: str, namespace: Namespace, admins: str | None) -> list[pulumi.Resource]:
    """Let everybody who logs in look, and a group of them start, stop and change workflows, in this namespace.

    Argo acts for a person under the first service account whose rule he fulfils, the highest precedence first:
    https://argo-workflows.readthedocs.io/en/release-4.0/argo-server-sso/#sso-rbac.

    Args:
        admins: the group, None for nobody.
    """
    roles = [("viewer", "true", 0, "view")]
    if admins is not None:
        # In quotes of JSON, which are those of the rule's language too.
        roles.append(("admin", f"{json.dumps(admins)} in groups", 1, f"{release}-edit"))
    return [made for role in roles for made in _account(namespace, release, *role)]


def _account(
    namespace: Namespace, release: str, role: str, rule: str, precedence: int, cluster_role: str
) -> list[pulumi.Resource]:
    name = f"{release}-{role}"
    account = namespace.service_account(
        name,
        annotations={
            "workflows.argoproj.io/rbac-rule": rule,
            "workflows.argoproj.io/rbac-rule-precedence": str(precedence),
            "workflows.argoproj.io/service-account-token.name": f"{name}-token",
        },
    )
    # Kubernetes fills it; the server of Argo acts by it.
    token = k8s.core.v1.Secret(
        f"{name}-token",
        metadata={
            "name": f"{name}-token",
            "namespace": namespace.name,
            "annotations": {"kubernetes.io/service-account.name": name},
        },
        type="kubernetes.io/service-account-token",
        opts=namespace.options(depends_on=account.resources),
    )
    binding = k8s.rbac.v1.RoleBinding(
        f"{name}-binding",
        metadata={"name": name, "namespace": namespace.name},
        role_ref={"api_group": _RBAC, "kind": "ClusterRole", "name": cluster_role},
        subjects=[{"kind": "ServiceAccount", "name": name, "namespace": namespace.name}],
        opts=namespace.options(depends_on=account.resources),
    )
    return [token, binding]
