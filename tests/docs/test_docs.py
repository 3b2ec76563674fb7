"""The documents that are written from the code are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.core.catalogue import Catalogue, Chart, load_catalogue
from groundwork.core.project import load_project
from groundwork.core.registry import discover
from groundwork.docs.gather import EXAMPLES, Seen, gather
from groundwork.docs.pages import COMMAND, support_page, table
from groundwork.docs.write import POLICIES, SUPPORT, TEAMS, documents, present
from groundwork.testing.whole import record_environment

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def seen() -> dict[str, Seen]:
    return gather(load_project(ROOT), discover())


@pytest.fixture(scope="module")
def wanted(seen: dict[str, Seen]) -> dict[Path, str]:
    return documents(ROOT, discover(), seen)


def test_the_documents_are_those_of_the_code(wanted: dict[Path, str]) -> None:
    found = {file: (ROOT / file).read_text(encoding="utf-8") for file in [*present(ROOT), SUPPORT, POLICIES, TEAMS]}
    assert sorted(map(str, found)) == sorted(map(str, wanted)), f"run: {COMMAND}"
    assert [str(file) for file in wanted if found[file] != wanted[file]] == [], f"run: {COMMAND}"


def test_every_component_could_be_looked_at(wanted: dict[Path, str]) -> None:
    """Where one cannot be built with its defaults beside any stack, its page would say nothing of its parts."""
    remedy = f"say in {EXAMPLES} what they have to be given"
    assert [file.stem for file, text in wanted.items() if "could not be built" in text] == [], remedy
    assert [file.stem for file, text in wanted.items() if "does not know this type" in text] == []


def test_what_is_gathered_is_what_a_recording_has(seen: dict[str, Seen]) -> None:
    """Nothing is registered later than a component's own build: what is not run here would be missed."""
    project = load_project(ROOT)
    recorded = {resource.type for resource in record_environment(project, "local") if resource.custom}
    gathered = {token for each in seen.values() if "local" in each.places for token in each.use.resources}
    assert recorded <= gathered


def test_every_chart_of_the_catalogue_is_some_components(seen: dict[str, Seen]) -> None:
    """A chart that nobody asks for, or that no page tells of, is of no use in the catalogue."""
    used = {key for each in seen.values() for kind, key in each.use.parts if kind == "charts"}
    assert used == set(load_catalogue(ROOT).charts)


def test_the_matrix_says_what_upstream_does_not_support() -> None:
    facts = {
        "chart": "x",
        "version": "1.0.0",
        "app_version": "1",
        "licence": "MIT",
        "repository": "https://example.com",
    }
    charts = {
        "fits": Chart(**facts, tested_on=("1.34", "1.35")),
        "older": Chart(**facts, tested_on=("1.34",)),
        "silent": Chart(**facts),
    }
    page = support_page(Catalogue(charts=charts, kubernetes=("1.35",)))
    assert "| fits | 1.0.0 | 1 | MIT | tested |" in page
    assert "| older | 1.0.0 | 1 | MIT | not tested |" in page
    assert "| silent | 1.0.0 | 1 | MIT | not said |" in page
    assert "| older | 1.0.0 was tested on 1.34, not on 1.35 |" in page
    assert "Upstream does not say what it tests these on: silent." in page


def test_a_table_cannot_be_broken_by_its_texts() -> None:
    assert table(("a", "b"), [("x | y", "one\ntwo")]) == "| a | b |\n| --- | --- |\n| x \\| y | one two |"
