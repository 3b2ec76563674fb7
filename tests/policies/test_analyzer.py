"""What the engine is told: levels of the environment, what cannot be decided yet, and never a secret."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as wire

from groundwork.policy.analyzer import Analyzer
from groundwork.policy.exemptions import Exemption, Exemptions
from groundwork.policy.facts import Facts
from groundwork.policy.judge import Judge
from groundwork.policy.rule import Rules
from groundwork.policy.subject import Subject
from groundwork.policy.values import marked
from tests.policies.examples import TODAY, judge

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - how the engine marks a secret
RULES = Rules()


@RULES.resource("no-colours", severity="high", controls=("Groundwork: test",), types=("toy:",))
def no_colours(subject: Subject, facts: Facts) -> Iterator[str]:
    """Nothing is coloured.

    Since it is a test.
    """
    for key in ("first", "second", "third"):
        if subject.props.get(key) != "grey":
            yield f"{subject.name}: {key} is {subject.props.get(key)}: paint it grey"


@RULES.resource("no-noise", severity="critical", controls=("Groundwork: test",), types=("toy:index:Bell",))
def no_noise(subject: Subject, facts: Facts) -> Iterator[str]:
    """Nothing makes a noise.

    Since it is a test.
    """
    if subject.props.get("loud"):
        yield f"{subject.name}: is loud: be quiet"


@RULES.resource("no-dust", severity="low", controls=("Groundwork: test",), types=("toy:index:Bell",))
def no_dust(subject: Subject, facts: Facts) -> Iterator[str]:
    """Nothing is dusty.

    Since it is a test.
    """
    if subject.props.get("dusty"):
        yield f"{subject.name}: is dusty: wipe it"


@RULES.stack("one-of-each", severity="high", controls=("Groundwork: test",), types=("toy:",))
def one_of_each(subjects: Any, facts: Facts) -> Iterator[tuple[Subject, str]]:
    """There is one of each kind.

    Since it is a test.
    """
    kinds = [subject.type for subject in subjects]
    for subject in subjects:
        if kinds.count(subject.type) > 1 and subject.references.get("of") != ["urn:all"]:
            yield subject, f"{subject.name}: is one of several: keep one"


def _exemption(until: datetime.date) -> Exemption:
    return Exemption(
        rule="no-colours", resources=("Ball b*",), environments=("prod",), owner="ada", reason="it is red", until=until
    )


def analyzer(environment: str, *exemptions: Exemption) -> Analyzer:
    """Return the analyzer after the engine has told it the stack's configuration."""

    def judge_for(settings: dict[str, str]) -> Judge:
        assert settings["stack"] == "toys"
        facts = Facts(environment=settings["e"], profile=settings["e"], catalogue=judge().facts.catalogue, today=TODAY)
        return Judge(RULES, facts, Exemptions(exemptions, (), TODAY))

    found = Analyzer("1.0", RULES, judge_for)
    found.configure(wire.AnalyzerStackConfigureRequest(stack="toys", config={"e": environment}).SerializeToString())
    return found


def _struct(props: dict[str, Any]) -> Struct:
    return ParseDict(props, Struct())


def analyze(found: Analyzer, props: dict[str, Any], kind: str = "Ball", name: str = "ball") -> wire.AnalyzeResponse:
    """Return what is said of one resource."""
    request = wire.AnalyzeRequest(type=f"toy:index:{kind}", name=name, urn=f"urn:{name}", properties=_struct(props))
    return wire.AnalyzeResponse.FromString(found.analyze(request.SerializeToString()))


GREY = {"first": "grey", "second": "grey", "third": "grey"}


def said(response: wire.AnalyzeResponse) -> list[tuple[str, str]]:
    """Return level and last line of each verdict."""
    return [
        (wire.EnforcementLevel.Name(d.enforcementLevel), d.message.partition("\n")[2]) for d in response.diagnostics
    ]


@pytest.mark.parametrize(
    ("environment", "level"), [("dev", "ADVISORY"), ("prod", "MANDATORY"), ("staging", "MANDATORY")]
)
def test_a_rule_advises_where_people_try_things_out_and_refuses_elsewhere(environment: str, level: str) -> None:
    found = analyze(analyzer(environment), {**GREY, "first": "red"})
    assert said(found) == [(level, "ball: first is red: paint it grey")]


def test_a_critical_rule_refuses_and_a_low_one_advises_everywhere() -> None:
    for environment in ("local", "dev", "staging", "prod"):
        found = analyze(analyzer(environment), {**GREY, "loud": True, "dusty": True}, "Bell")
        assert said(found) == [("MANDATORY", "ball: is loud: be quiet"), ("ADVISORY", "ball: is dusty: wipe it")]


def test_what_is_unknown_hides_nothing_that_is_known_and_is_told() -> None:
    found = analyze(analyzer("prod"), {"first": "red", "second": UNKNOWN, "third": "grey"})
    assert said(found) == [
        ("MANDATORY", "ball: first is red: paint it grey"),
        ("ADVISORY", "Ball ball: not decidable at preview: second is known only in an update"),
    ]


def test_a_secret_is_never_shown() -> None:
    secret = {SIGNATURE: SECRET, "value": "hunter22"}
    found = analyze(analyzer("prod"), {**GREY, "first": secret})
    assert said(found) == [("MANDATORY", "ball: first is [secret]: paint it grey")]
    assert b"hunter22" not in found.SerializeToString()


def test_rules_that_do_not_judge_a_type_say_so_and_others_count_as_judged() -> None:
    found = analyze(analyzer("prod"), GREY)
    assert said(found) == []
    assert {each.policy_name for each in found.not_applicable} == {"no-noise", "no-dust"}


def test_an_exemption_advises_until_its_last_day_and_then_fails_with_its_owner() -> None:
    red = {**GREY, "first": "red"}
    assert said(analyze(analyzer("prod", _exemption(TODAY)), red)) == [
        ("ADVISORY", f"ball: first is red: paint it grey (exempt until {TODAY}, ada: it is red)")
    ]
    yesterday = TODAY - datetime.timedelta(days=1)
    assert said(analyze(analyzer("prod", _exemption(yesterday)), red)) == [
        ("MANDATORY", f"ball: first is red: paint it grey (the exemption of ada ended on {yesterday})")
    ]


def test_an_exemption_counts_for_its_resources_and_environments_only() -> None:
    red = {**GREY, "first": "red"}
    assert said(analyze(analyzer("prod", _exemption(TODAY)), red, name="cube"))[0][0] == "MANDATORY"
    assert said(analyze(analyzer("staging", _exemption(TODAY)), red))[0][0] == "MANDATORY"


def test_rules_between_resources_see_references_and_name_the_resource() -> None:
    resources = [
        wire.AnalyzerResource(type="toy:index:Ball", name=name, urn=f"urn:{name}", properties=_struct(GREY))
        for name in ("a", "b")
    ]
    resources[1].propertyDependencies["of"].urns.append("urn:all")
    resources.append(wire.AnalyzerResource(type="other:index:Ball", name="c", urn="urn:c"))
    request = wire.AnalyzeStackRequest(resources=resources).SerializeToString()
    found = wire.AnalyzeResponse.FromString(analyzer("prod").analyze_stack(request))
    assert said(found) == [("MANDATORY", "a: is one of several: keep one")]
    assert found.diagnostics[0].urn == "urn:a"


def test_rules_between_resources_judge_what_the_program_gave() -> None:
    """In a first preview the engine has nothing of what goes into a cluster that is not there yet."""
    seen: list[dict[str, Any]] = []
    rules = Rules()

    @rules.stack("seen", severity="high", controls=("Groundwork: test",), types=("toy:",))
    def seeing(subjects: Any, facts: Facts) -> Iterator[tuple[Subject, str]]:
        """All is seen.

        Since it is a test.
        """
        seen.extend(dict(subject.props) for subject in subjects)
        yield from ()

    facts = Facts(environment="prod", profile="prod", catalogue=judge().facts.catalogue, today=TODAY)
    found = Analyzer("1.0", rules, lambda _: Judge(rules, facts, Exemptions((), (), TODAY)))
    analyze(found, {"colour": "red"})
    came_of_it = {"colour": UNKNOWN, "size": UNKNOWN, "id": "b-1"}
    for props in ({}, came_of_it):
        told = wire.AnalyzerResource(type="toy:index:Ball", name="ball", urn="urn:ball", properties=_struct(props))
        found.analyze_stack(wire.AnalyzeStackRequest(resources=[told]).SerializeToString())
    assert seen == [{"colour": "red"}, {"colour": "red", "id": "b-1"}]


def test_the_pack_tells_its_rules_with_severity_and_standards() -> None:
    info = analyzer("prod").info()
    assert {policy.name for policy in info.policies} == set(RULES.by_id)
    assert info.policies[0].description == "Nothing is coloured. (Groundwork: test)"
    assert info.policies[0].severity == wire.POLICY_SEVERITY_HIGH


def test_what_a_rule_between_resources_cannot_read_is_told_with_whose_it_is() -> None:
    unknown = {"spec": [{"colour": UNKNOWN}]}
    rules = Rules()

    @rules.stack("one-colour", severity="high", controls=("Groundwork: test",), types=("toy:",))
    def one_colour(subjects: Any, facts: Facts) -> Iterator[tuple[Subject, str]]:
        """All have one colour.

        Since it is a test.
        """
        for subject in subjects:
            if subject.props["spec"][0]["colour"] == "red":
                yield subject, f"{subject.label}: is red"

    facts = Facts(environment="prod", profile="prod", catalogue=judge().facts.catalogue, today=TODAY)
    alone = Judge(rules, facts, Exemptions((), (), TODAY))
    toys = [
        Subject("toy:index:Ball", name, marked(props))
        for name, props in (
            ("a", {"spec": [{"colour": "red"}]}),
            ("b", unknown),
            ("c", unknown),
            ("d", {"spec": [{"colour": "red"}]}),
            ("e", {"spec": [{"colour": "grey"}]}),
        )
    ]
    assert [finding.said for finding in alone.stack(toys)] == [
        "Ball a: is red",
        "Ball b: not decidable at preview: spec.0.colour is known only in an update",
        "Ball c: not decidable at preview: spec.0.colour is known only in an update",
        "Ball d: is red",
    ]


def test_what_hangs_on_a_resource_that_cannot_be_read_is_not_decidable_either() -> None:
    rules = Rules()

    @rules.stack("others", severity="high", controls=("Groundwork: test",), types=("toy:",))
    def others(subjects: Any, facts: Facts) -> Iterator[tuple[Subject, str]]:
        """Each has another of its colour.

        Since it is a test.
        """
        colours = [subject.props["colour"] for subject in subjects]
        for subject in subjects:
            if colours.count(subject.props["colour"]) == 1:
                yield subject, f"{subject.label}: is alone"

    facts = Facts(environment="prod", profile="prod", catalogue=judge().facts.catalogue, today=TODAY)
    alone = Judge(rules, facts, Exemptions((), (), TODAY))
    colours = {"a": "red", "b": UNKNOWN, "c": "grey", "d": "grey"}
    toys = [Subject("toy:index:Ball", name, marked({"colour": colour})) for name, colour in colours.items()]
    assert [finding.said for finding in alone.stack(toys)] == [
        "Ball b: not decidable at preview: colour is known only in an update",
        "Ball a: not decidable at preview: colour of Ball b is known only in an update",
    ]


def test_no_rule_counts_as_kept_because_it_mended_nothing() -> None:
    """The engine tells what was mended in an event of each resource: a name that stands in it would have been asked."""
    answer = wire.RemediateResponse.FromString(analyzer("dev").answers()["Remediate"](b""))
    assert not answer.remediations
    assert [aside.policy_name for aside in answer.not_applicable] == ["no-colours", "no-noise", "no-dust"]
