"""Rules over notebooks: people open them, and go home."""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, mapping, number
from policies._releases import RELEASE

_CONFIG = "kubernetes:core/v1:ConfigMap"
_CHART = "kubeflow-notebooks"
_CONTROLLERS = "notebook-controller-config"
LONGEST_IDLE_MINUTES = 1440
"""A notebook that nobody used for a day was forgotten."""


@RULES.resource(
    "notebooks-culled",
    severity="medium",
    controls=("Groundwork: GPU cost",),
    types=(RELEASE, _CONFIG),
    needs_chart=True,
)
def notebooks_culled(subject: Subject, facts: Facts) -> Iterator[str]:
    """Notebooks that nobody uses are stopped within a day.

    A notebook keeps its GPU and its node for as long as it runs; its volume stays when it stops.
    """
    found = _of_values(subject) if subject.type == RELEASE else _of_settings(subject)
    if found is None:
        return
    (on, where), (idle, after) = found
    if not on:
        yield f"{subject.label}: notebooks are never stopped: set {where} to true"
    elif not 0 < idle <= LONGEST_IDLE_MINUTES:
        yield (
            f"{subject.label}: a notebook is stopped after {idle:g} idle minutes, a day has {LONGEST_IDLE_MINUTES}: "
            f"lower {after}"
        )


_Found = tuple[tuple[bool, str], tuple[float, str]]


def _of_values(release: Subject) -> _Found | None:
    if _CHART not in str(release.props.get("chart") or ""):
        return None
    values = release.props.get("values")
    on, idle = dig(values, "culling.enabled"), dig(values, "culling.idleMinutes")
    return (on is True, "culling.enabled"), (number(idle), "culling.idleMinutes")


def _of_settings(settings: Subject) -> _Found | None:
    if not settings.object_name.startswith(_CONTROLLERS):
        return None
    data = mapping(settings.props.get("data"))
    on = str(data.get("ENABLE_CULLING")).lower() == "true"
    return (on, "ENABLE_CULLING"), (number(data.get("CULL_IDLE_TIME")), "CULL_IDLE_TIME")
