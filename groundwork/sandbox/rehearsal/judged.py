"""Policies over what charts render: a Release hides its objects from the engine, and not from the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.core.stacks import StackFile
from groundwork.policy.judge import Finding, Judge, Undecided, Violation
from groundwork.policy.planned import judge_of
from groundwork.policy.subject import Subject, of_object
from groundwork.policy.values import marked
from groundwork.sandbox.engine.events import Step
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.inventory import CLUSTER_SCOPED
from groundwork.sandbox.rehearsal.stage import Stage
from groundwork.sandbox.rendered import ChartObjects, Rendered
from groundwork.sandbox.urns import name_of

_RELEASE = "kubernetes:helm.sh/v3:Release"
_KUBERNETES = "kubernetes:"


@dataclass(frozen=True)
class ChartVerdict:
    """What the rules say of one chart's objects in one stack.

    Attributes:
        double: whether a double took the chart's place: then its objects have the real ones' names and images, and only
            those of its values that the double obeys.
        objects: how many there are.
    """

    stack: str
    chart: str
    version: str
    double: bool
    objects: int
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> list[Violation]:
        """The violations that forbid the deployment."""
        return [f for f in self.findings if isinstance(f, Violation) and f.level == "refuse"]

    @property
    def advised(self) -> list[Violation]:
        """The violations that are only told, but for those that somebody took on."""
        return [f for f in self.findings if isinstance(f, Violation) and f.level == "advise" and not f.exemption]

    @property
    def undecided(self) -> list[Undecided]:
        """What could not be judged."""
        return [finding for finding in self.findings if isinstance(finding, Undecided)]

    @property
    def exempt(self) -> list[Violation]:
        """The violations that somebody took on."""
        return [f for f in self.findings if isinstance(f, Violation) and f.exemption]


def judge_charts(
    stage: Stage, stack: StackFile, subjects: Sequence[Subject], *, planned: bool = False
) -> list[ChartVerdict]:
    """Judge what the charts of a stack render, as it is or, in a plan, as it would be.

    Args:
        subjects: all resources of the stack: what an object of a chart needs, the program may have made.
    """
    judge = judge_of(stage.project.root, stack)
    if judge is None:
        return []
    urns = [subject.urn for subject in subjects if subject.type == _RELEASE]
    found = list(Rendered(stage.sandbox.paths.rendered).of(urns, planned=planned))
    return verdicts(judge, stack.name, found, [s for s in subjects if s.type.startswith(_KUBERNETES)])


def verdicts(judge: Judge, stack: str, charts: Iterable[ChartObjects], others: Sequence[Subject]) -> list[ChartVerdict]:
    """Judge charts' objects one by one, and together with the program's own."""
    by_origin: dict[str, list[Finding]] = {}
    made: list[tuple[ChartObjects, str]] = []
    rendered: list[Subject] = []
    for number, chart in enumerate(charts):
        origin = f"{chart.chart} {chart.version} {number}"
        made.append((chart, origin))
        subjects = [
            of_object(_placed(each, chart.namespace), origin=origin, double=chart.double) for each in chart.objects
        ]
        by_origin[origin] = [_decided(finding) for subject in subjects for finding in judge.resource(subject)]
        rendered += subjects
    for finding in judge.stack([*others, *rendered]):
        if finding.subject and finding.subject.origin:
            by_origin[finding.subject.origin].append(_decided(finding))
        elif isinstance(finding, Undecided) and made:
            # What of the program is unknown hides what the rule would say of charts' objects: of which, nobody knows.
            by_origin[made[0][1]].append(finding)
    return [
        ChartVerdict(stack, chart.chart, chart.version, chart.double, len(chart.objects), tuple(by_origin[origin]))
        for chart, origin in made
    ]


def _decided(finding: Finding) -> Finding:
    """Return a finding, or that nothing was found: a double does not show all that its chart has."""
    if isinstance(finding, Violation) and finding.subject.double and finding.rule.needs_chart:
        return Undecided(finding.rule, finding.subject, "")
    return finding


def _placed(manifest: Mapping[str, Any], namespace: str) -> Mapping[str, Any]:
    """Return an object with the namespace into which Helm puts it."""
    metadata = manifest.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("namespace") or manifest.get("kind") in CLUSTER_SCOPED:
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


def refusal(verdicts: Sequence[ChartVerdict]) -> str:
    """Return why objects of charts forbid the deployment; empty where none does."""
    refused = [(verdict.chart, violation) for verdict in verdicts for violation in verdict.refused]
    if not refused:
        return ""
    rules = ", ".join(sorted({violation.rule.id for _, violation in refused}))
    charts = ", ".join(sorted({chart for chart, _ in refused}))
    return (
        f"policies refuse {len(refused)} things in what charts render ({rules}; in {charts}): change the values, "
        "or say in policies/exemptions.yaml who takes it on, why, and until when"
    )


def planned_steps(outcome: Outcome) -> list[Step]:
    """Return the last step of each resource that there is after a plan."""
    return [step for step in outcome.steps.values() if step.custom and not step.op.startswith("delete")]


def planned_subjects(outcome: Outcome) -> list[Subject]:
    """Return the resources that a plan leads to."""
    return [
        Subject(step.type, step.name, marked(step.inputs), step.urn, protected=step.protected)
        for step in planned_steps(outcome)
    ]


def stored_subjects(resources: Sequence[Mapping[str, Any]]) -> list[Subject]:
    """Return the resources of a stack's state."""
    return [
        Subject(
            resource["type"],
            name_of(resource["urn"]),
            resource.get("inputs") or {},
            resource["urn"],
            resource.get("propertyDependencies") or {},
            protected=bool(resource.get("protect")),
        )
        for resource in resources
        if resource.get("custom") and not resource.get("delete")
    ]
