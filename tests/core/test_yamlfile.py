"""One strict reader: a file means one thing to the engine, to Python and to a person."""

from pathlib import Path

import pytest

from groundwork.core import yamlfile
from groundwork.core.errors import StackError


def _read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "f.yaml"
    path.write_text(text, encoding="utf-8")
    return yamlfile.read(path).data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: true", {"a": True}),
        ("a: null", {"a": None}),
        ("a:", {"a": None}),
        ("a: 0", {"a": 0}),
        ("a: -3", {"a": -3}),
        ("a: 1.35", {"a": 1.35}),
        ('a: "1.30"', {"a": "1.30"}),
        ("a: 'yes'", {"a": "yes"}),
        ("a: [x, {b: c}]", {"a": ["x", {"b": "c"}]}),
        ("a: 10.20.0.0/16", {"a": "10.20.0.0/16"}),
        ("a: 1.2.3", {"a": "1.2.3"}),
        ("", None),
    ],
)
def test_what_is_plain_is_read(tmp_path: Path, text: str, value: object) -> None:
    assert _read(tmp_path, text) == value


@pytest.mark.parametrize("word", ["yes", "No", "on", "OFF", "y", "True", "NULL"])
def test_words_that_readers_disagree_on_are_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(StackError) as error:
        _read(tmp_path, f"a: {word}")
    assert error.value.problems == (
        f"f.yaml:1: {word} means different things to different readers: write true, false or null, or quote it",
    )


@pytest.mark.parametrize("number", ["1.30", "010", "1:30", "0x1f", "1e3", "1_000", "2026-11-22", "+1", ".5"])
def test_numbers_that_readers_disagree_on_are_refused(tmp_path: Path, number: str) -> None:
    with pytest.raises(StackError) as error:
        _read(tmp_path, f"\na: {number}")
    assert error.value.problems == (
        f'f.yaml:2: {number} means different things to different readers: quote it: "{number}"',
    )


def test_all_places_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(StackError) as error:
        _read(tmp_path, "a: yes\nb: 1.30\nb: 2\n<<: {c: 1}\nd: !!python/name:os.system x\n")
    assert [problem.split(":")[1] for problem in error.value.problems] == ["1", "2", "3", "4", "5"]
    assert "f.yaml:3: key 'b' is there twice" in error.value.problems


def test_broken_yaml_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"^- f\.yaml:2: not YAML: "):
        _read(tmp_path, "a: [1\nb: 2")


def test_lines_are_known_for_every_part(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("a:\n  b:\n    - c\n    - d: 1\n", encoding="utf-8")
    document = yamlfile.read(path)
    assert document.at("a", "b", 1, "d") == "f.yaml:4"
    assert document.at("a", "nowhere") == "f.yaml:1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a:\n    b: 1\n   c: 2\n",
            "f.yaml:3: not YAML: the indentation is not that of the lines above: keys of one map begin in one column",
        ),
        ("a: {}\n\tb: 1\n", "f.yaml:2: not YAML: a tab: indent with spaces"),
        ("a\nb: 1\n", "f.yaml:2: not YAML: a colon where none can be: one is missing in a line above, or quotes are"),
        ("a: 1\n---\nb: 1\n", "f.yaml:2: not YAML: `---`: a file has one document"),
        ("a: &a {x: *a}\n", "f.yaml:1: an alias is within what it stands for"),
    ],
)
def test_what_is_not_yaml_is_said_without_its_grammar(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(StackError) as error:
        _read(tmp_path, text)
    assert error.value.problems == (told,)
