"""A team's file: everything that is wrong in any of them, at once."""

from pathlib import Path

import pytest

from groundwork.core.errors import StackError
from groundwork.core.teams import load_teams


def _write(root: Path, name: str, text: str) -> None:
    folder = root / "stacks" / "teams"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    _write(tmp_path, "vision.yaml", "name: vision\nmembers: [ada@example.com]\n")
    (team,) = load_teams(tmp_path)
    assert (team.namespace, team.quota.cpu, team.quota.gpus, team.buckets) == ("team-vision", "16", 0, ())


def test_all_mistakes_of_all_files(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "name: a\nmembers: [ada]\nquota: {cpus: 4, gpus: -1}\n")
    _write(tmp_path, "b.yaml", "name: c\nmembers: [x@example.com, x@example.com]\n")
    with pytest.raises(StackError) as error:
        load_teams(tmp_path)
    assert error.value.problems == (
        "teams/a.yaml:2: a.members.0: must be an e-mail address, such as ops@example.com (got 'ada')",
        "teams/a.yaml:3: a.quota.gpus: must be at least 0 (got -1)",
        "teams/a.yaml:3: a.quota.cpus: unknown key; did you mean 'cpu'? valid: cpu, gpus, memory, neurons, pods, "
        "storage",
        "teams/b.yaml:1: the team is 'c', and its file is called b.yaml: rename the file to c.yaml, or write `name: b`",
        "teams/b.yaml:2: the member 'x@example.com' is there twice",
    )


def test_no_folder_is_no_team(tmp_path: Path) -> None:
    assert load_teams(tmp_path) == ()


def test_shared_files_have_to_fit_in_the_quota(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "name: a\nmembers: [a@example.com]\nsharedGi: 200\n")
    _write(tmp_path, "b.yaml", "name: b\nmembers: [b@example.com]\nsharedGi: 200\nquota: {storage: 1Ti}\n")
    with pytest.raises(StackError) as error:
        load_teams(tmp_path)
    (problem,) = error.value.problems
    assert "sharedGi is 200, and quota.storage 100Gi: it has to fit in" in problem
