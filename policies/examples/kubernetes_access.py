"""Examples of the rules over who may do what."""

from __future__ import annotations

from dataclasses import replace

from groundwork.policy.example import REMOVED, Example, changed, one
from groundwork.policy.subject import Subject

_RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
_ROLE = one(
    f"{_RBAC}:ClusterRole",
    {
        "metadata": {"name": "reader"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    },
)
_BINDING = one(
    f"{_RBAC}:ClusterRoleBinding",
    {
        "metadata": {"name": "readers"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "name": "app", "namespace": "ns"}],
    },
)
_OF = {"kubernetes.io/service-account.name": "app"}
_SECRET = one(
    "kubernetes:core/v1:Secret", {"metadata": {"name": "app", "namespace": "ns", "annotations": _OF}, "type": "Opaque"}
)
_ACCOUNT = Subject("kubernetes:core/v1:ServiceAccount", "app", {"metadata": {"name": "app", "namespace": "ns"}})
_POD = one(
    "kubernetes:core/v1:Pod",
    {
        "metadata": {"name": "it", "namespace": "ns"},
        "spec": {"serviceAccountName": "app", "automountServiceAccountToken": False},
    },
    _ACCOUNT,
)

EXAMPLES = [
    Example(
        "no-cluster-admin",
        _BINDING,
        "roleRef.name",
        "cluster-admin",
        "ClusterRoleBinding readers: gives all rights there are (cluster-admin): name a role with the rights that "
        "are needed",
    ),
    Example(
        "no-cluster-admin",
        _BINDING,
        "subjects.0",
        {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:unauthenticated"},
        "ClusterRoleBinding readers: gives rights to system:masters, or to who has not said who he is: "
        "name who needs them",
    ),
    Example(
        "default-accounts-have-no-rights",
        _BINDING,
        "subjects.0.name",
        "default",
        "ClusterRoleBinding readers: gives rights to the default service account: make an account for whoever needs "
        "them",
    ),
    Example(
        "default-accounts-have-no-rights",
        _BINDING,
        "subjects.0",
        {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:serviceaccounts:ns"},
        "ClusterRoleBinding readers: gives rights to everybody in the cluster: name the accounts that need them",
    ),
    Example(
        "no-wildcard-roles",
        _ROLE,
        "rules.0",
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        "ClusterRole reader: allows every verb on every resource: name them",
    ),
    Example(
        "no-raising-of-rights",
        _ROLE,
        "rules.0.verbs",
        ["impersonate"],
        "ClusterRole reader: allows bind, escalate or impersonate, by which one gets every right: remove these verbs",
    ),
    Example(
        "no-raising-of-rights",
        _ROLE,
        "rules.0",
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "verbs": ["*"]},
        "ClusterRole reader: allows every verb on roles, users or groups, and so bind, escalate or impersonate: "
        "name the verbs",
    ),
    Example(
        "tokens-have-a-use",
        _POD,
        "spec.automountServiceAccountToken",
        REMOVED,
        "Pod ns/it: carries the token of app, which has no rights: set automountServiceAccountToken to false",
    ),
    Example(
        "tokens-have-a-use",
        (
            _BINDING[0],
            replace(_POD[0], props=changed(_POD[0].props, "spec.automountServiceAccountToken", True)),
            _ACCOUNT,
        ),
        "subjects.0.name",
        "another",
        "Pod ns/it: carries the token of app, which has no rights: set automountServiceAccountToken to false",
    ),
    Example(
        "no-lasting-tokens",
        _SECRET,
        "type",
        "kubernetes.io/service-account-token",
        "Secret ns/app: asks for a token that never ends: mount a projected one, or use `kubectl create token`",
    ),
]
