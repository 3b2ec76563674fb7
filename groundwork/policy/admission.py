"""The rules that the cluster enforces by itself: a ValidatingAdmissionPolicy for each, of the same id.

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from typing import Any

from groundwork.policy import cel
from groundwork.policy.exemptions import Exemption
from groundwork.policy.levels import Level
from groundwork.policy.rule import Rule
from groundwork.policy.terms import ANY_CONTAINER, PLACES

PREFIX = "groundwork-"
"""What the policies' names begin with, before the rule's id."""


def _found(path: str) -> str:
    return f"dyn(object.?{path.replace('.', '.?')}.orValue({{}}))"


# Who adds a container to a pod that runs is asked about that one: the others were judged before.
_ADDED = "request.?subResource.orValue('') == 'ephemeralcontainers'"
_POD = (
    f"{_ADDED} ? dyn({{'ephemeralContainers': dyn(object.?spec.?ephemeralContainers.orValue([])), "
    "'securityContext': dyn(object.?spec.?securityContext.orValue({})), "
    "'serviceAccountName': dyn('judged'), 'automountServiceAccountToken': dyn(false)}) : "
    + "".join(f"object.kind == '{kind}' ? {_found(path)} : " for kind, path in PLACES.items())
    + _found("spec.template.spec")
)
# What a controller made is its answer to an object that somebody wrote. A Deployment was judged itself, and exemptions
# know its name; a notebook's or a workflow's operator would try again for ever, and its user would be told nothing. Pod
# Security still judges the pods.
_NOT_MADE = f"{_ADDED} || !object.metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false))"
# What it needs to come up it writes by itself, its own roles among it: refused that, it would not come up.
_NOT_OF_THE_SERVER = "request.userInfo.username != 'system:apiserver'"
_LABEL = (
    "object.kind + ' ' + object.metadata[?'namespace'].optMap(space, space + '/').orValue('') + "
    "object.metadata.?name.orValue(object.metadata.?generateName.orValue(''))"
)
_ACTIONS: dict[Level, list[str]] = {"advise": ["Warn", "Audit"], "refuse": ["Deny"]}


def admitted_rules(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules that the cluster can be told: those that are made of demands."""
    return [rule for rule in rules if rule.demands]


def policy(rule: Rule, exemptions: Sequence[Exemption] = ()) -> dict[str, Any]:
    """Return the spec of a rule's ValidatingAdmissionPolicy.

    Args:
        exemptions: those that count in this environment today. What they cover by its label is not judged.
    """
    conditions = [
        {"name": "judged-by-itself", "expression": _NOT_MADE},
        {"name": "not-of-the-server", "expression": _NOT_OF_THE_SERVER},
    ]
    patterns = sorted({p for entry in exemptions if entry.rule == rule.id for p in entry.resources})
    if patterns:
        exempt = " || ".join(f"({_LABEL}).matches({cel.literal(_pattern(p))})" for p in patterns)
        conditions.append({"name": "not-exempt", "expression": f"!({exempt})"})
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [*_resource_rules(rule.types), *_added_to_pods(rule)]},
        "matchConditions": conditions,
        "variables": [{"name": "pod", "expression": _POD}],
        "validations": [
            {
                "expression": cel.condition(wanted),
                "message": f"{rule.id}: {wanted.otherwise}",
                "messageExpression": cel.message(rule.id, wanted),
                "reason": "Forbidden",
            }
            for wanted in rule.demands
        ],
    }


def binding(rule: Rule, level: Level, namespaces: Sequence[str] = ()) -> dict[str, Any]:
    """Return the spec of the ValidatingAdmissionPolicyBinding that puts a rule's policy in force.

    Args:
        namespaces: those that it leaves alone: the control plane's own.
    """
    spec: dict[str, Any] = {"policyName": PREFIX + rule.id, "validationActions": _ACTIONS[level]}
    if namespaces:
        left_alone = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(namespaces)}
        spec["matchResources"] = {"namespaceSelector": {"matchExpressions": [left_alone]}}
    return spec


def _pattern(glob: str) -> str:
    """Return a shell pattern as RE2: Python's own form has what RE2 lacks."""
    inner = translate(glob).removeprefix("(?s:").removesuffix(r")\Z").replace("(?>", "(?:")
    return f"^{inner}$"


def _resource_rules(types: Sequence[str]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for type in types:
        _, version, kind = type.split(":")
        group, _, name = version.rpartition("/")
        groups.setdefault(("" if group == "core" else group, name), []).append(_plural(kind))
    return [
        {"apiGroups": [group], "apiVersions": [version], "operations": ["CREATE", "UPDATE"], "resources": plurals}
        for (group, version), plurals in groups.items()
    ]


def _added_to_pods(rule: Rule) -> list[dict[str, Any]]:
    if not any(wanted.of == ANY_CONTAINER for wanted in rule.demands):
        return []
    added = {"resources": ["pods/ephemeralcontainers"], "operations": ["UPDATE"]}
    return [{"apiGroups": [""], "apiVersions": ["v1"], **added}]


def _plural(kind: str) -> str:
    lower = kind.lower()
    if re.search(r"[^aeiou]y$", lower):
        return lower[:-1] + "ies"
    return lower + ("es" if re.search(r"(s|x|ch|sh)$", lower) else "s")
