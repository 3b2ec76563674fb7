"""Rules over pages: which settings of known ones let everybody in."""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, items, mapping
from groundwork.policy.terms import ANY_CONTAINER, ITSELF, Demand, all_of, at, demand, not_
from policies._releases import RELEASE
from policies.pods import POD_TYPES

_ARGUMENTS = "^--?(auth-mode=server|enable-skip-login|anonymous-auth(=true)?|skip-auth-regex=.*|NotebookApp.token=)$"
_VARIABLES = {
    "GF_AUTH_ANONYMOUS_ENABLED": "true",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "(?i)true",
    "JUPYTER_TOKEN": "^$",
}


@RULES.admission(
    "no-anonymous-programs", severity="high", controls=("NSA Kubernetes hardening: authentication",), types=POD_TYPES
)
def no_anonymous_programs() -> Iterator[Demand]:
    """No program is told to serve people whom it does not know.

    The gateway's login does not stand between pods of one cluster.
    """
    for key in ("args", "command"):
        yield demand(
            ANY_CONTAINER,
            at(key).every(not_(ITSELF.matches(_ARGUMENTS))),
            f"is told in its {key} to let in everybody: remove what turns its login off",
        )
    for name, on in _VARIABLES.items():
        told = all_of(at("name").is_(name), at("value").matches(on), not_(at("valueFrom").present()))
        yield demand(ANY_CONTAINER, at("env").every(not_(told)), f"lets in everybody by {name}: remove it")


@RULES.resource(
    "no-anonymous-charts",
    severity="high",
    controls=("NSA Kubernetes hardening: authentication",),
    types=(RELEASE,),
)
def no_anonymous_charts(subject: Subject, facts: Facts) -> Iterator[str]:
    """No chart is told to let in people whom it does not know.

    Dashboards and workflows show data, and what runs workflows runs any program.
    """
    values = mapping(subject.props.get("values"))
    # As a chart of its own, and as a part of another.
    for grafana in (values, mapping(values.get("grafana"))):
        anonymous = mapping(mapping(grafana.get("grafana.ini")).get("auth.anonymous"))
        if str(anonymous.get("enabled")).lower() == "true":
            yield f"Release {subject.name}: Grafana shows its dashboards to everybody: remove auth.anonymous"
    if "server" in items(dig(values, "server.authModes")):
        yield f"Release {subject.name}: server.authModes gives everybody the server's own rights: use client or sso"
