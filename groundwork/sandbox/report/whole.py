"""The whole report of a rehearsal or a plan."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from groundwork.lines import warning
from groundwork.policy.admission import PREFIX
from groundwork.preview.cost import Estimate
from groundwork.sandbox.engine.outcome import UNCHANGED, Outcome
from groundwork.sandbox.rehearsal.plan import Plan
from groundwork.sandbox.rehearsal.rehearse import Rehearsal
from groundwork.sandbox.report import parts
from groundwork.sandbox.report.charts import chart_rows
from groundwork.sandbox.report.differences import differences
from groundwork.sandbox.report.planned import changes, cost_of, end, estimates
from groundwork.sandbox.report.policies import policy_rows
from groundwork.sandbox.report.rendered import as_facts, chart_policies
from groundwork.sandbox.report.resources import component_rows, remarks
from groundwork.sandbox.urns import name_of

_ADMISSION = re.compile(f"Validation failed for ValidatingAdmissionPolicy '{PREFIX}([a-z0-9-]+)'")


def of_rehearsal(rehearsal: Rehearsal) -> RenderableType:
    """Return everything that a rehearsal found out; only why, where it ended before the first resource."""
    if rehearsal.error and not reached(rehearsal):
        return verdict(rehearsal)
    found: list[RenderableType] = []
    if rehearsal.recovered:
        found += [parts.heading("Recovered"), *(Text(f"  {line}") for line in rehearsal.recovered)]
    found += [
        parts.resources(
            component_rows(rehearsal.resources, rehearsal.marks), remarks(rehearsal.resources, rehearsal.marks)
        ),
        parts.pods(rehearsal.placement),
        parts.policies(policy_rows(rehearsal.outcomes.values())),
        chart_policies(rehearsal.rendered),
        parts.warnings(warned(rehearsal)),
        parts.charts(chart_rows(rehearsal.resources, rehearsal.charts)),
        parts.kept_from(rehearsal.kept_from),
        parts.times(rehearsal.phases),
        parts.commands(next_steps(rehearsal)),
        Text(),
        verdict(rehearsal),
    ]
    return Group(*found)


def reached(result: Rehearsal | Plan) -> bool:
    """Whether the engine got as far as a resource: its own, providers and references to stacks, come before."""
    steps = [step for outcome in result.outcomes.values() for step in outcome.steps.values()]
    return any(step.custom and not step.type.startswith("pulumi:") for step in steps)


def warned(result: Rehearsal | Plan) -> list[str]:
    """Return what the program, the providers and the engine warned of.

    What the cluster's own admission says of an object that the policies judged already is one line.
    """
    found, again = [], set()
    for outcome in result.outcomes.values():
        broken = {(violation.policy, violation.urn) for violation in outcome.violations}
        for each in outcome.warnings:
            rule = _ADMISSION.match(each.message.strip())
            if rule and (rule[1], each.urn) in broken:
                again.add(rule[1])
            else:
                found.append(f"{name_of(each.urn)}: {each.message.strip()}" if each.urn else each.message.strip())
    told = f"the cluster's admission warns of the same by itself: {', '.join(sorted(again))}"
    return [*found, *([told] if again else [])]


def verdict(rehearsal: Rehearsal) -> Text:
    """Return the last line: whether it came up, and what is not as it should be."""
    if rehearsal.error:
        return Text(rehearsal.error, style="red")
    resources = sum(outcome.resources for outcome in rehearsal.outcomes.values())
    text = Text(f"{rehearsal.name} is up: {resources} resources, {rehearsal.changed} changed, ", style="green")
    text.append(f"{rehearsal.seconds:.0f} s. ")
    homeless = len(rehearsal.placement.get("homeless", ()))
    unready = len(rehearsal.placement.get("workloads", ()))
    if homeless or unready:
        text.append(f"{homeless} pods without a place, {unready} workloads not ready. ", style="yellow")
    others = len(parts.not_right(rehearsal.placement)) - homeless - unready
    if others:
        text.append(f"{others} other things not as they should be. ", style="yellow")
    if not rehearsal.settled:
        text.append("The cluster was still changing at the end. ", style="yellow")
    return text


def next_steps(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    """Return the commands that make sense now."""
    name = rehearsal.name
    steps = [
        (f"groundwork plan {name}", "what a change of yours would do, in seconds"),
        (f"groundwork rehearse {name}", "apply it here"),
        (f"groundwork shell {name}", "look around: kubectl, helm and pulumi in the sandbox"),
        (f"groundwork down {name}", "destroy everything and stop the servers"),
        (f"groundwork up {name}", "the real thing, with your own credentials"),
    ]
    if rehearsal.error:
        again = ("groundwork rehearse " + name, "again, when it is mended: what is up stays up")
        refused = any(outcome.mandatory for outcome in rehearsal.outcomes.values())
        told = [(f"groundwork plan {name}", "all that the policies refuse, at once")] if refused else []
        return [*told, again, *(step for step in steps if step[0].split()[1] in ("shell", "down"))]
    return steps


def of_plan(plan: Plan) -> RenderableType:
    """Return what would change, what the policies say, and where the time went; only why, where nothing was planned."""
    if plan.error and not reached(plan):
        return Text(plan.error, style="red")
    found: list[RenderableType] = []
    for stack, outcome in plan.outcomes.items():
        known = Text("  not known: it is refused", style="red") if outcome.refused else changes(outcome)
        found += [parts.heading(f"Changes of {stack}"), known]
    found += [parts.policies(policy_rows(plan.outcomes.values())), chart_policies(plan.charts)]
    found.append(parts.warnings(warned(plan)))
    found += [parts.times(plan.phases), Text()]
    if all(outcome.succeeded or outcome.stopped_by_policies for outcome in plan.outcomes.values()):
        # Who has to decide about what is refused wants to know what else the change does.
        found += [Text(cost_of(plan)), *end(plan.outcomes.values(), plan.seconds)]
        if plan.anew:
            found.append(warning(f"all is planned as new: {plan.anew}. {_again(plan.name)}"))
    else:
        found.append(Text("It ended early: neither all changes nor all verdicts are known.", style="yellow"))
    if plan.error:
        found.append(Text(plan.error, style="red"))
    return Group(*found)


def _again(name: str) -> str:
    return f"`groundwork rehearse {name}` brings it up again, to compare with."


def as_json(result: Rehearsal | Plan) -> dict[str, Any]:
    """Return the same facts for machines."""
    told: dict[str, Any] = {
        "name": result.name,
        "error": result.error,
        "seconds": round(result.seconds, 2),
        "phases": [asdict(phase) for phase in result.phases],
        "stacks": {stack: _outcome(outcome) for stack, outcome in result.outcomes.items()},
    }
    if isinstance(result, Plan):
        before, after = estimates(result)
        told["anew"] = result.anew
        told["cost"] = {"before": _sums(before), "after": _sums(after)}
    told["rendered"] = as_facts(result.rendered if isinstance(result, Rehearsal) else result.charts)
    if isinstance(result, Rehearsal):
        rows = component_rows(result.resources, result.marks)
        told["resources"] = [
            {"stack": row.stack, "component": row.component, "marks": dict(row.counts)} for row in rows
        ]
        told["remarks"] = [asdict(remark) for remark in remarks(result.resources, result.marks)]
        told["charts"] = [asdict(row) for row in chart_rows(result.resources, result.charts)]
        told["placement"] = result.placement
        told["kept_from"] = result.kept_from
        told["settled"] = result.settled
        told["recovered"] = [*([result.anew] if result.anew else []), *result.recovered]
    return told


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "changes": outcome.changes,
        "seconds": round(outcome.seconds, 2),
        "first_step": outcome.first_step,
        "steps": [
            {
                "op": step.op,
                "urn": step.urn,
                "keys": list(step.keys),
                "values": [each.facts() for each in differences(step)],
            }
            for step in outcome.steps.values()
            if step.op not in UNCHANGED
        ],
        "violations": [{**asdict(violation), "exempt": violation.exempt} for violation in outcome.violations],
        "policies": _sorted(outcome.checked),
        "undecided": [asdict(each) for each in outcome.unjudged],
        "errors": [error.message for error in outcome.errors],
        "warnings": [warning.message for warning in outcome.warnings],
    }


def _sums(found: Estimate) -> dict[str, float]:
    """Return US dollars a month."""
    return {"least": round(found.least, 2), "most": round(found.most, 2)}


def _sorted(counts: Any) -> dict[str, int]:
    return dict(sorted(counts.items()))
