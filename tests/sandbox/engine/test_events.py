from __future__ import annotations

import json
from typing import Any

import pytest

from groundwork.sandbox.engine.events import Checked, Diagnostic, Moment, Step, Summary, Violation, parse
from groundwork.sandbox.engine.failures import failure
from groundwork.sandbox.engine.outcome import Outcome, all_refused
from groundwork.sandbox.engine.progress import Progress
from groundwork.sandbox.rehearsal.stage import counts

STACK = "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"
PART = "urn:pulumi:dev::demo::demo:index:Part::one"
INNER = "urn:pulumi:dev::demo::demo:index:Part$demo:index:Inner::one-inner"
QUEUE = "urn:pulumi:dev::demo::demo:index:Part$demo:index:Inner$aws:sqs/queue:Queue::one-queue"


def step(urn: str, parent: str, moment: Moment = Moment.STARTED, op: str = "create", custom: bool = True) -> Step:
    kind = urn.split("::")[2].rpartition("$")[2]
    return Step(moment, op, urn, kind, parent, custom=custom)


def event(**content: Any) -> Any:
    return parse(json.dumps({"sequence": 1, "timestamp": 1, **content}))


def metadata(**more: Any) -> dict[str, Any]:
    return {"op": "update", "urn": QUEUE, "type": "aws:sqs/queue:Queue", **more}


@pytest.mark.parametrize(
    ("key", "moment"),
    [
        ("resourcePreEvent", Moment.STARTED),
        ("resOutputsEvent", Moment.DONE),
        ("resOpFailedEvent", Moment.FAILED),
    ],
)
def test_steps(key: str, moment: Moment) -> None:
    found = event(
        **{key: {"metadata": metadata(new={"parent": PART, "custom": True}, detailedDiff={"b": {}, "a.c": {}})}}
    )
    assert found == Step(moment, "update", QUEUE, "aws:sqs/queue:Queue", PART, ("a.c", "b"), True)
    assert found.name == "one-queue"


def test_a_deleted_resource_has_only_an_old_state() -> None:
    found = event(resOutputsEvent={"metadata": metadata(op="delete", old={"parent": PART, "custom": True}, new=None)})
    assert (found.op, found.parent, found.custom) == ("delete", PART, True)


def test_debug_messages_are_dropped_since_they_hold_secrets() -> None:
    assert event(diagnosticEvent={"severity": "debug", "message": "props={secret}"}) is None
    assert event(diagnosticEvent={"severity": "info", "message": "soon gone", "ephemeral": True}) is None


def test_diagnostics_lose_the_engines_markup() -> None:
    found = event(diagnosticEvent={"severity": "error", "message": "<{%fg 1%}>wrong<{%reset%}>\n", "urn": QUEUE})
    assert found == Diagnostic("error", "wrong", QUEUE)


def test_policies() -> None:
    content = {"policyPackName": "p", "policyName": "n", "enforcementLevel": "mandatory", "resourceUrn": QUEUE}
    assert event(policyEvent={**content, "message": "The description.\nwhat is wrong\n"}) == Violation(
        "p", "n", "mandatory", "what is wrong", QUEUE
    )
    assert event(policyEvent={**content, "message": "alone"}).message == "alone"
    assert event(policyAnalyzeSummaryEvent={"policyPackName": "p", "passed": ["a"], "failed": ["b"]}) == Checked(
        "p", ("a",), ("b",)
    )
    assert event(summaryEvent={"resourceChanges": {"same": 2}, "result": "succeeded"}) == Summary(
        {"same": 2}, "succeeded"
    )
    assert event(cancelEvent={}) is None


def outcome_of(*events: Any) -> Outcome:
    outcome = Outcome()
    for number, each in enumerate(events):
        outcome.add(each, float(number))
    return outcome


def test_an_outcome_counts_what_is_there_and_what_changed() -> None:
    outcome = outcome_of(step(QUEUE, PART), Summary({"create": 3, "same": 4, "delete": 2}, "succeeded"))
    assert (outcome.resources, outcome.changed, outcome.first_step) == (7, 5, 0.0)


def test_the_same_message_is_kept_once() -> None:
    outcome = outcome_of(*[Diagnostic("warning", "again")] * 3, Diagnostic("error", "e"), Diagnostic("info", "i"))
    assert (len(outcome.warnings), len(outcome.errors), len(outcome.messages)) == (1, 1, 1)


def test_a_failure_names_the_resources_the_policies_and_the_log() -> None:
    outcome = outcome_of(
        Diagnostic("error", "name taken\nin eu-west-1", QUEUE),
        Violation("p", "no-queues", "mandatory", "no queues here", QUEUE),
        Violation("p", "advice", "advisory", "better not", QUEUE),
    )
    outcome.code = 4
    assert str(failure("up of dev", outcome, "/log")) == (
        "The up of dev failed: a resource failed.\n"
        "- Queue one-queue: name taken\n  in eu-west-1\n"
        "- policy no-queues: Queue one-queue: no queues here\n"
        "All it said: /log"
    )


@pytest.mark.parametrize(
    "said",
    [
        f'Preview failed: resource "{QUEUE}" cannot be deleted\nbecause it is protected. To unprotect the resource, '
        "either remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`",
        f'unable to replace resource "{QUEUE}"\nas it is currently marked for protection. To unprotect the resource, '
        "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`",
    ],
)
def test_what_is_protected_is_approved_and_not_edited(said: str) -> None:
    """The engine's advice goes round whoever has to say yes, and the program has no such flag to remove."""
    outcome = outcome_of(Diagnostic("error", said, QUEUE))
    outcome.code = 1
    assert str(failure("up of dev", outcome, "/log")) == (
        "The up of dev failed: the engine reports an error.\n"
        "- Queue one-queue: is protected, and so neither replaced nor deleted: leave it as it is, or approve it in "
        "policies/exemptions.yaml, by the line that `groundwork plan` writes out\n"
        "All it said: /log"
    )


def test_what_the_program_refuses_is_told_without_the_engine_and_its_log() -> None:
    """It is the user's to mend: so all of it is told, however much that is."""
    problems = tuple(f"Pulumi.dev.yaml:{line}: wrong" for line in range(12))
    outcome = outcome_of(Diagnostic("error", "- Pulumi.dev.yaml:0: wrong"))
    outcome.code, outcome.refused = 1, problems
    told = ["The preview of dev is refused, and nothing was changed:", *(f"- {problem}" for problem in problems)]
    assert str(failure("preview of dev", outcome, "/log")).splitlines() == told


def test_a_run_is_refused_only_if_nothing_else_failed() -> None:
    refused, failed, good = Outcome(code=1, refused=("wrong",)), Outcome(code=4), Outcome(code=0)
    assert all_refused([refused, good])
    assert not all_refused([refused, failed])
    assert not all_refused([good])


def test_what_failed_is_never_called_nothing() -> None:
    assert counts(Outcome(code=0)) == "nothing"
    assert counts(Outcome(code=1)) == "failed"
    assert counts(Outcome(code=1, changes={"same": 2, "create": 1})) == "1 create, 2 same, failed"


def test_a_failure_that_was_told_nowhere_shows_the_end_of_the_output() -> None:
    outcome = Outcome(code=-9, output="first\n\nerror: the stack is locked")
    assert str(failure("up of dev", outcome, "/log")) == (
        "The up of dev failed: it was ended by signal 9.\n- first\n- error: the stack is locked\nAll it said: /log"
    )


def test_many_errors_are_cut_short() -> None:
    outcome = outcome_of(*[Diagnostic("error", f"e{i}") for i in range(11)])
    outcome.code = 1
    assert "- and 3 more\n" in str(failure("up of dev", outcome, "/log"))


def test_progress_tells_the_topmost_component_and_the_longest_waiting_first() -> None:
    now = [0.0]
    progress = Progress(clock=lambda: now[0])
    progress.add(step(STACK, "", custom=False))
    progress.add(step(PART, STACK, custom=False))
    progress.add(step(INNER, PART, custom=False))
    progress.add(step(QUEUE, INNER))
    now[0] = 7.0
    assert progress.lines() == ["one: Queue one-queue 7 s"]
    assert progress.words() == "0 done, 1 under way: one"
    progress.add(step(QUEUE, INNER, Moment.DONE))
    assert progress.lines() == []
    assert progress.words() == "1 done"
    progress.add(step(QUEUE, INNER, op="same"))
    assert progress.words() == "1 done, 1 unchanged"


def test_a_destroy_that_reaches_children_first_still_tells_their_component() -> None:
    progress = Progress()
    progress.add(step(QUEUE, INNER, op="delete"))
    assert progress.words() == "0 done, 1 under way: one-inner"
    progress.add(step(PART.replace("Part::one", "Alone::x"), STACK, op="delete"))
    assert progress.words() == "0 done, 2 under way: one-inner, x"


def test_progress_counts_failures() -> None:
    progress = Progress()
    progress.add(step(QUEUE, STACK))
    progress.add(step(QUEUE, STACK, Moment.FAILED))
    assert progress.words() == "0 done, 1 failed"


def test_why_something_is_replaced_is_told_by_whichever_of_its_steps_says_it() -> None:
    def step(op: str, *keys: str) -> Step:
        return Step(Moment.STARTED, op, QUEUE, "aws:sqs/queue:Queue", "", keys, protected=op == "replace")

    outcome = outcome_of(step("replace"), step("create-replacement", "name"), step("delete-replaced"))
    assert outcome.lost[QUEUE] == step("replace", "name")
