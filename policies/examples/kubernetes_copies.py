"""Examples of the rules over copies."""

from __future__ import annotations

from groundwork.policy.example import Example, changed
from groundwork.policy.subject import Subject
from policies.examples._parts import DEPLOYMENT

_BUDGET = Subject(
    "kubernetes:policy/v1:PodDisruptionBudget",
    "app",
    {
        "metadata": {"name": "app", "namespace": "ns"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "app"}}},
    },
)
_TWO = Subject(DEPLOYMENT[0].type, "app", changed(DEPLOYMENT[0].props, "spec.replicas", 2))

_SPREAD = Subject(
    DEPLOYMENT[0].type,
    "app",
    changed(
        _TWO.props,
        "spec.template.spec.topologySpreadConstraints",
        [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}],
    ),
)

EXAMPLES = [
    Example(
        "copies-are-spread",
        DEPLOYMENT,
        "spec.replicas",
        2,
        "Deployment ns/app: has several copies that may all be on one node: set topologySpreadConstraints",
    ),
    Example(
        "copies-are-spread",
        (_SPREAD,),
        "spec.template.spec.topologySpreadConstraints",
        [],
        "Deployment ns/app: has several copies that may all be on one node: set topologySpreadConstraints",
    ),
    Example(
        "copies-have-a-budget",
        (_TWO, _BUDGET),
        "spec.template.metadata.labels",
        {"app": "another"},
        "Deployment ns/app: has 2 copies and no PodDisruptionBudget selects them: add one",
    ),
]
