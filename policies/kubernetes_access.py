"""Rules over who may do what in the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, objects
from groundwork.policy.terms import OBJECT, Demand, all_of, any_of, at, demand, not_, pod_spec
from policies.pods import POD_TYPES

_RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
_BINDINGS = (f"{_RBAC}:ClusterRoleBinding", f"{_RBAC}:RoleBinding")
_OWN_GROUPS = ("*", "", "apps", "batch", "rbac.authorization.k8s.io", "admissionregistration.k8s.io")
_ACCOUNT = "kubernetes:core/v1:ServiceAccount"
_ROLES = (f"{_RBAC}:ClusterRole", f"{_RBAC}:Role")


@RULES.admission("no-cluster-admin", severity="high", controls=("CIS EKS 4.1.1", "CIS EKS 4.1.7"), types=_BINDINGS)
def no_cluster_admin() -> Iterator[Demand]:
    """Nobody is bound to cluster-admin, and no right goes to system:masters or to strangers.

    One token of such an account is the whole cluster. Who has to mend it comes by an access entry of AWS, which ends.
    """
    yield demand(
        OBJECT,
        not_(at("roleRef.name").is_("cluster-admin")),
        "gives all rights there are (cluster-admin): name a role with the rights that are needed",
    )
    strangers = at("name").one_of("system:masters", "system:anonymous", "system:unauthenticated")
    yield demand(
        OBJECT,
        at("subjects").every(not_(strangers)),
        "gives rights to system:masters, or to who has not said who he is: name who needs them",
    )


@RULES.admission("default-accounts-have-no-rights", severity="medium", controls=("CIS EKS 4.1.5",), types=_BINDINGS)
def default_accounts_have_no_rights() -> Iterator[Demand]:
    """No right goes to a namespace's default service account, or to all accounts.

    Every pod that names no account is that one, so whatever is started there has the right too.
    """
    account = all_of(at("kind").is_("ServiceAccount"), at("name").is_("default"))
    everybody = at("name").matches("^system:(serviceaccounts|authenticated)(:|$)")
    yield demand(
        OBJECT,
        at("subjects").every(not_(account)),
        "gives rights to the default service account: make an account for whoever needs them",
    )
    yield demand(
        OBJECT,
        at("subjects").every(not_(everybody)),
        "gives rights to everybody in the cluster: name the accounts that need them",
    )


@RULES.admission("no-wildcard-roles", severity="high", controls=("CIS EKS 4.1.3",), types=_ROLES)
def no_wildcard_roles() -> Iterator[Demand]:
    """No role may do everything with everything, or with all of Kubernetes' own kinds.

    It has rights on kinds that do not exist yet, and Secrets are among those that do. All kinds of one product, to its
    own controller, are another matter.
    """
    groups = any_of(*(at("apiGroups").has(group) for group in _OWN_GROUPS))
    rights = all_of(at("verbs").has("*"), at("resources").has("*"), groups)
    yield demand(OBJECT, at("rules").every(not_(rights)), "allows every verb on every resource: name them")


@RULES.admission("no-raising-of-rights", severity="high", controls=("CIS EKS 4.1.8",), types=_ROLES)
def no_raising_of_rights() -> Iterator[Demand]:
    """No role lets somebody give himself more rights than he has.

    With bind, escalate or impersonate any role is cluster-admin by a detour.
    """
    verbs = any_of(*(at("verbs").has(verb) for verb in ("bind", "escalate", "impersonate")))
    otherwise = "allows bind, escalate or impersonate, by which one gets every right: remove these verbs"
    yield demand(OBJECT, at("rules").every(not_(verbs)), otherwise)
    rights = any_of(*(at("resources").has(kind) for kind in ("clusterroles", "roles", "users", "groups")))
    every = all_of(at("verbs").has("*"), rights)
    otherwise = "allows every verb on roles, users or groups, and so bind, escalate or impersonate: name the verbs"
    yield demand(OBJECT, at("rules").every(not_(every)), otherwise)


@RULES.admission(
    "no-lasting-tokens", severity="high", controls=("CIS EKS 4.1.6",), types=("kubernetes:core/v1:Secret",)
)
def no_lasting_tokens() -> Iterator[Demand]:
    """No Secret holds a service account's token.

    Such a token never ends and is bound to no pod; those that pods get by themselves end within the hour.
    """
    lasting = at("type").is_("kubernetes.io/service-account-token")
    otherwise = "asks for a token that never ends: mount a projected one, or use `kubectl create token`"
    yield demand(OBJECT, not_(lasting), otherwise)


@RULES.stack(
    "tokens-have-a-use",
    severity="medium",
    controls=("CIS EKS 4.1.6", "NSA Kubernetes hardening: authentication"),
    types=(*POD_TYPES, _ACCOUNT, *_BINDINGS),
)
def tokens_have_a_use(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """A pod carries the token of its service account only where that has rights.

    Without rights the token serves nobody but whoever breaks into the pod. A cloud identity needs none of it: it comes
    by a token of its own.
    """
    accounts = {(s.namespace, s.object_name): s for s in subjects if s.type == _ACCOUNT}
    entitled = {whose for s in subjects if s.type in _BINDINGS for whose in _entitled(s)}
    for pods in subjects:
        spec = pod_spec(pods) if pods.type in POD_TYPES else {}
        named = (pods.namespace, str(spec.get("serviceAccountName") or ""))
        # An account of another stack, or of a chart, may have rights that are not seen from here.
        if named not in accounts or named in entitled:
            continue
        mounted = spec.get("automountServiceAccountToken")
        if mounted is None:
            mounted = accounts[named].props.get("automountServiceAccountToken")
        if mounted is not False:
            yield (
                pods,
                f"{pods.label}: carries the token of {named[1]}, which has no rights: "
                "set automountServiceAccountToken to false",
            )


def _entitled(binding: Subject) -> Iterator[tuple[str, str]]:
    for subject in objects(dig(binding.props, "subjects")):
        if subject.get("kind") == "ServiceAccount":
            yield str(subject.get("namespace") or binding.namespace), str(subject.get("name"))
