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
    text = "exemptions:\n  - {rule: no-lates, resources: ['*'], owner: ada, reason: because, until: '2027-01-01'}\n"
    (problem,) = _load(tmp_path, text)
    assert problem.startswith("exemptions.yaml:2: 'no-lates' is no rule; did you mean 'no-latest'?")


def test_what_an_exemption_has_to_say_is_told_all_at_once(tmp_path: Path) -> None:
    problems = _load(tmp_path, "exemptions:\n  - {rule: no-latest, resources: [], until: 'soon', why: x}\n")
    assert [problem.partition(":")[0] for problem in problems] == [
        "exemptions.yaml.exemptions.0.resources",
        "exemptions.yaml.exemptions.0.owner",
        "exemptions.yaml.exemptions.0.reason",
        "exemptions.yaml.exemptions.0.until",
        "exemptions.yaml.exemptions.0.why",
    ]


def test_none_of_our_own_has_expired() -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    assert load_exemptions(ROOT, list(load_rules().by_id), today).expired == []


def test_what_ends_within_thirty_days_is_told_and_what_is_over_is_another_matter() -> None:
    def entry(name: str, days: int) -> Exemption:
        last = TODAY + datetime.timedelta(days=days)
        return Exemption(rule="no-latest", resources=(name,), owner="ada", reason="because", until=last)

    found = Exemptions([entry("over", -1), entry("today", 0), entry("soon", 30), entry("later", 31)], (), TODAY)
    assert found.ending == [
        "the exemption of ada from no-latest for today ends on 2026-11-22",
        "the exemption of ada from no-latest for soon ends on 2026-12-22",
    ]
    assert found.expired == ["the exemption of ada from no-latest for over ended on 2026-11-21"]
