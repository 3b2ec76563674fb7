from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import psutil
import pytest
from rich.console import Console

from groundwork.core.errors import StackError
from groundwork.sandbox.processes import Processes
from groundwork.sandbox.rehearsal import servers
from groundwork.sandbox.rehearsal.doctor import examine
from groundwork.sandbox.rehearsal.down import destroy_all, down
from groundwork.sandbox.rehearsal.plan import plan
from groundwork.sandbox.rehearsal.shell import shell
from groundwork.sandbox.rehearsal.snapshot import snapshot as kubernetes_snapshot
from groundwork.sandbox.rehearsal.stage import Stage, on_stage
from groundwork.sandbox.report.whole import as_json, of_plan, of_rehearsal
from groundwork.sandbox.standins.aws.snapshot import snapshot as aws_snapshot
from groundwork.sandbox.standins.control import ask


def _narrator() -> Any:
    from groundwork.sandbox.rehearsal.narrator import Narrator

    return Narrator(Console(file=io.StringIO(), width=100), live=False)


def _snapshots(stage: Stage) -> dict[str, list[str]]:
    ready = stage.servers.ready
    # The cluster that is there before has add-ons of its own, which take a moment to appear.
    assert ask(ready, "settle", timeout=60, seconds=30)
    found = {**kubernetes_snapshot(stage.servers.endpoint), **aws_snapshot(ready.moto_url, ["eu-west-1"])}
    return {
        place: [name for name in names if not name.endswith("(PendingDeletion)")]
        for place, names in found.items()
        if any(not name.endswith("(PendingDeletion)") for name in names)
    }


def _text(renderable: Any) -> str:
    file = io.StringIO()
    Console(file=file, width=100).print(renderable)
    return file.getvalue()


def test_down_leaves_in_the_cluster_and_on_aws_what_was_there_before(theatre: Any) -> None:
    """Protected and retained resources too; only KMS keys, which AWS keeps for days, are pending deletion."""
    with on_stage(theatre.root, "local", _narrator()) as stage:
        before = _snapshots(stage)
    first = theatre.rehearse()
    assert not first.error, first.error
    assert first.changed == 10
    with on_stage(theatre.root, "local", _narrator()) as stage:
        during = _snapshots(stage)
        assert during["global/s3/buckets"] == ["theatre-first-0"]
        assert "first-0" in during["v1/Namespace"]
        result = destroy_all(stage)
        after = _snapshots(stage)
    assert result.lifted == 2
    assert result.swept == []
    assert after == before


def test_a_second_rehearsal_changes_nothing(theatre: Any) -> None:
    assert not theatre.rehearse().error
    second = theatre.rehearse()
    assert not second.error
    assert second.changed == 0


def test_the_report_tells_marks_pods_policies_and_times(theatre: Any) -> None:
    rehearsal = theatre.rehearse()
    text = _text(of_rehearsal(rehearsal))
    assert "first              8" in text  # executed
    assert "no-queues   advisory   Queue first-0-queue: a queue is no part of a theatre" in text
    assert "bring up the sandbox" in text
    assert "groundwork down local" in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 100
    told = json.loads(json.dumps(as_json(rehearsal)))
    assert told["resources"] == [{"stack": "local", "component": "first", "marks": {"executed": 8}}]
    assert told["placement"]["homeless"] == []


def test_a_plan_shows_changes_and_policies_and_touches_nothing(theatre: Any) -> None:
    assert not theatre.rehearse().error
    chart = theatre.root / "chart" / "Chart.yaml"
    before = chart.read_text()
    theatre.generation(1)
    made = plan(theatre.root, "local", _narrator())
    theatre.generation(0)
    assert chart.read_text() == before
    text = _text(of_plan(made))
    # The bucket of generation 0 is protected: the engine refuses to plan its deletion.
    assert "first-0-bucket" in made.error
    assert re.search(r"create +Queue +first-1-queue", text)
    assert re.search(r"no-queues +advisory +Queue first-1-queue", text)
    assert theatre.rehearse().changed == 0


def test_no_tracked_file_is_written_and_no_secret_is_in_plain_text(theatre: Any) -> None:
    assert not theatre.rehearse().error
    assert "encryptionsalt" not in (theatre.root / "stacks" / "Pulumi.local.yaml").read_text()
    paths = theatre.sandbox.paths
    assert "encryptionsalt" in (paths.project / "stacks" / "Pulumi.local.yaml").read_text()
    with on_stage(theatre.root, "local", _narrator()) as stage:
        said = stage.engine.call("stack", "output", "first-password", "--show-secrets", "--stack", "local").stdout
    password = said.strip()
    assert len(password) == 20
    for file in [*paths.logs.glob("*.log"), *(paths.root / "standins").rglob("*.json*"), *paths.root.glob("*.json*")]:
        if file.is_file():
            assert password not in file.read_text(errors="replace"), file
    state = paths.pulumi_state / ".pulumi" / "stacks" / "theatre" / "local.json"
    assert password not in state.read_text()


def test_plain_commands_work_in_the_shell(theatre: Any, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    assert not theatre.rehearse().error
    code = shell(theatre.root, "local", ["pulumi", "preview", "-s", "local", "--expect-no-changes"], _narrator())
    assert code == 0, capfd.readouterr().out
    assert (
        shell(theatre.root, "local", ["kubectl", "get", "deployment", "-n", "first-0", "-o", "name"], _narrator()) == 0
    )
    assert "deployment.apps/sleeper" in capfd.readouterr().out
    assert shell(theatre.root, "local", ["helm", "status", "sleeper", "-n", "first-0"], _narrator()) == 0
    assert shell(theatre.root, "local", ["sh", "-c", "exit ${AWS_PROFILE:+7}0"], _narrator()) == 0


def test_standins_that_died_come_back_with_what_they_knew(theatre: Any) -> None:
    assert not theatre.rehearse().error
    pid = Processes(theatre.sandbox.paths).status(servers.STANDINS).pid
    _kill(pid)
    again = theatre.rehearse()
    assert not again.error
    assert not again.anew
    assert again.changed == 0


def test_an_api_server_that_died_comes_back_with_its_objects(theatre: Any) -> None:
    assert not theatre.rehearse().error
    pid = Processes(theatre.sandbox.paths).status("kube-apiserver").pid
    _kill(pid)
    findings = [finding.problem for finding in examine(theatre.sandbox, theatre.root)]
    assert any("kube-apiserver died" in problem for problem in findings)
    again = theatre.rehearse()
    assert not again.error
    assert again.changed == 0


def test_a_lost_aws_means_starting_anew_and_that_is_told(theatre: Any) -> None:
    assert not theatre.rehearse().error
    pid = Processes(theatre.sandbox.paths).status(servers.EMULATION).pid
    _kill(pid)
    findings = [finding.problem for finding in examine(theatre.sandbox, theatre.root)]
    assert any("what was rehearsed is lost with it" in problem for problem in findings)
    again = theatre.rehearse()
    assert not again.error, again.error
    assert again.anew == "the emulated AWS API has ended, and its state with it"
    assert again.changed == 10


def test_a_failed_resource_is_told_and_the_next_rehearsal_goes_on(theatre: Any) -> None:
    program = theatre.root / "stacks" / "__main__.py"
    text = program.read_text()
    program.write_text(
        text + "\nk8s.core.v1.ConfigMap('bad', metadata={'name': 'bad', 'namespace': 'nowhere'}, data={})\n"
    )
    try:
        failed = theatre.rehearse()
    finally:
        program.write_text(text)
    assert failed.error.startswith("The up of local failed:")
    assert "ConfigMap bad" in failed.error
    assert "nowhere" in failed.error
    assert "Traceback" not in failed.error
    assert "groundwork rehearse local" in _text(of_rehearsal(failed))
    assert not theatre.rehearse().error


def test_an_unknown_stack_is_answered_with_the_valid_ones(theatre: Any) -> None:
    with pytest.raises(StackError, match="no environment or stack 'prod'; valid: local"):
        plan(theatre.root, "prod", _narrator())


def test_down_removes_the_sandbox_and_ends_every_process(theatre: Any) -> None:
    assert not theatre.rehearse().error
    paths = theatre.sandbox.paths
    result = down(theatre.root, "local", _narrator())
    assert result.destroyed == {"local": 10}
    assert not paths.root.exists()
    assert _processes_of(paths.root) == []
    assert down(theatre.root, "local", _narrator()).note == "there is no sandbox of local"


def _kill(pid: int | None) -> None:
    """Kill the process and wait until it is gone: a large one takes its time to die."""
    assert pid is not None
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.kill()
        process.wait(timeout=20)


def _processes_of(root: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(root).encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found
