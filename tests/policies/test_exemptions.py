"""The file of exemptions: every mistake in it is told, with its line."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from groundwork.core.errors import StackError
from groundwork.policy.exemptions import FILE, Exemption, Exemptions, load_exemptions
from policies.pack import load_rules
from tests.policies.examples import ROOT, TODAY

IDS = ["no-latest", "restricted-pods"]


def _load(folder: Path, text: str) -> list[str]:
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StackError) as caught:
        load_exemptions(folder, IDS, TODAY)
    return list(caught.value.problems)


def test_no_file_is_no_exemption(tmp_path: Path) -> None:
    assert load_exemptions(tmp_path, IDS, TODAY).entries == ()


def test_an_unknown_rule_is_told_with_its_line(tmp_path: Path) -> None:
    text = "exemptions:\n  - {rule: no-lates, resources: [Pod a/*], owner: ada, reason: because, until: '2027-01-01'}\n"
    (problem,) = _load(tmp_path, text)
    assert problem == (
        "policies/exemptions.yaml:2: exemptions.0.rule: 'no-lates' is no rule; did you mean 'no-latest'? "
        "valid: no-latest, restricted-pods"
    )


def test_what_an_exemption_has_to_say_is_told_all_at_once(tmp_path: Path) -> None:
    problems = _load(tmp_path, "exemptions:\n  - {rule: no-latest, resources: [], until: 'soon', why: x}\n")
    entry = "policies/exemptions.yaml:2: exemptions.0"
    assert problems == [
        f"{entry}.resources: must have at least 1 (got [])",
        f"{entry}.owner: required, and missing",
        f"{entry}.reason: required, and missing",
        f"{entry}.until: must be a day, such as \"2027-01-31\" (got 'soon')",
        f"{entry}.why: unknown key; valid: chart, environments, owner, reason, resources, rule, until",
    ]


def test_all_that_is_wrong_with_an_entry_is_told_at_once(tmp_path: Path) -> None:
    """That it has ended too, which a rule would say only when the rest is mended."""
    text = """\
exemptions:
  - rule: no-latest
    resources: [Deployment lab/*]
    owner: ada
    reason: because
    until: "2020-01-01"
  - rule: restrictd-pods
    resources: [Deployment lab/*]
    owner: me
    reason: ""
    until: "2020-01-02"
approvals:
  - {resource: Instance rds, action: drop, environment: lab, owner: ada, reason: because, until: "2020-01-03"}
"""
    assert _load(tmp_path, text) == [
        "policies/exemptions.yaml:6: exemptions.0.until: ended on 2020-01-01",
        "policies/exemptions.yaml:7: exemptions.1.rule: 'restrictd-pods' is no rule; did you mean 'restricted-pods'? "
        "valid: no-latest, restricted-pods",
        "policies/exemptions.yaml:9: exemptions.1.owner: must have at least 3 characters (got 'me')",
        "policies/exemptions.yaml:10: exemptions.1.reason: must have at least 3 characters (got '')",
        "policies/exemptions.yaml:11: exemptions.1.until: ended on 2020-01-02",
        "policies/exemptions.yaml:13: approvals.0.action: must be 'replace' or 'delete' (got 'drop')",
        "policies/exemptions.yaml:13: approvals.0.until: ended on 2020-01-03",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("exemptions:\n  - rule: a\n    rule: b\n", "policies/exemptions.yaml:3: key 'rule' is there twice"),
        (
            "exemptions: [{until: 2027-01-01}]\n",
            "policies/exemptions.yaml:1: 2027-01-01 means different things to different readers: quote it: ",
        ),
        (
            "exemption: []\n",
            "policies/exemptions.yaml:1: exemption: unknown key; did you mean 'exemptions'? "
            "valid: approvals, exemptions",
        ),
        ("- rule: a\n", "policies/exemptions.yaml:1: must be a map with the keys exemptions, approvals "),
    ],
)
def test_what_is_no_table_of_exemptions_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    (told,) = _load(tmp_path, text)
    assert told.startswith(problem)


def _entry(**given: str) -> str:
    entry = {"rule": "no-latest", "resources": "[Deployment lab/*]", "owner": "ada", "reason": "because"}
    return f"exemptions:\n  - {{{', '.join(f'{k}: {v}' for k, v in {**entry, **given}.items())}}}\n"


@pytest.mark.parametrize("mark", ["'...'", "'---'", "'123'"])
def test_a_mark_is_nobody(tmp_path: Path, mark: str) -> None:
    """The line that a plan writes out for an approval has dots where somebody has to say something."""
    (problem,) = _load(tmp_path, _entry(owner=mark, until="'2027-01-01'"))
    assert problem == f"policies/exemptions.yaml:2: exemptions.0.owner: must be words (got {mark})"


@pytest.mark.parametrize("pattern", ["'*'", "'* lab/web'", "'Deployment *'", "'Deployment */*'", "Deployment"])
def test_what_would_take_a_rule_away_is_no_exemption(tmp_path: Path, pattern: str) -> None:
    (problem,) = _load(tmp_path, _entry(resources=f"[{pattern}]", until="'2027-01-01'"))
    assert problem == (
        "policies/exemptions.yaml:2: exemptions.0.resources.0: must name a kind and a part of a name, "
        f"such as Deployment lab/* (got '{pattern.strip(chr(39))}')"
    )


def test_an_exemption_lasts_a_year_at_most_and_an_approval_a_month(tmp_path: Path) -> None:
    text = _entry(until="'2027-11-24'") + (
        "approvals:\n  - {resource: Instance rds, action: delete, environment: dev, owner: ada, reason: because, "
        "until: '2026-12-24'}\n"
    )
    assert _load(tmp_path, text) == [
        "policies/exemptions.yaml:2: exemptions.0.until: 2027-11-24 is too far away: an exemption lasts 366 days at "
        "most",
        "policies/exemptions.yaml:4: approvals.0.until: 2026-12-24 is too far away: an approval lasts 31 days at most",
    ]


def test_nobody_is_exempt_from_a_rule_that_is_final(tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(_entry(until="'2027-01-01'"), encoding="utf-8")
    with pytest.raises(StackError, match="rule: nobody is exempt from no-latest: mend what it tells"):
        load_exemptions(tmp_path, IDS, TODAY, final=["no-latest"])
    assert {rule.id for rule in load_rules() if rule.final} == {"no-expired-exemptions", "exemptions-end-soon"}


def test_an_environment_that_there_is_not_is_told(tmp_path: Path) -> None:
    """An entry with a typing error would count nowhere."""
    (tmp_path / "stacks").mkdir()
    stack = "config:\n  groundwork:environment: prod\n"
    (tmp_path / "stacks" / "Pulumi.prod-platform.yaml").write_text(stack, encoding="utf-8")
    text = _entry(environments="[prod, prd]", until="'2027-01-01'") + (
        "approvals:\n  - {resource: Instance rds, action: delete, environment: prode, owner: ada, reason: because, "
        "until: '2026-12-01'}\n"
    )
    assert _load(tmp_path, text) == [
        "policies/exemptions.yaml:2: exemptions.0.environments: 'prd' is no environment; did you mean 'prod'? "
        "valid: prod",
        "policies/exemptions.yaml:4: approvals.0.environment: 'prode' is no environment; did you mean 'prod'? "
        "valid: prod",
    ]


def test_none_of_our_own_has_expired() -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    assert load_exemptions(ROOT, list(load_rules().by_id), today).expired == []


def test_what_ends_within_thirty_days_is_told_and_what_is_over_is_another_matter() -> None:
    def entry(name: str, days: int) -> Exemption:
        last = TODAY + datetime.timedelta(days=days)
        return Exemption(rule="no-latest", resources=(f"Pod {name}",), owner="ada", reason="because", until=last)

    found = Exemptions([entry("over", -1), entry("today", 0), entry("soon", 30), entry("later", 31)], (), TODAY)
    assert found.ending == [
        "the exemption of ada from no-latest for Pod today ends on 2026-11-22",
        "the exemption of ada from no-latest for Pod soon ends on 2026-12-22",
    ]
    assert found.expired == ["the exemption of ada from no-latest for Pod over ended on 2026-11-21"]
