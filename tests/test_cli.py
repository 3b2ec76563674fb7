from __future__ import annotations

import errno
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from groundwork import cli
from groundwork.cli.app import begin, project_around
from groundwork.cli.failures import message_of
from groundwork.cli.output import show_beside, write
from groundwork.core.errors import StackError
from tests.sandbox.waiting import until

VERBS = ("rehearse", "plan", "down", "shell", "up", "sweep", "doctor", "bench", "explain", "mirror", "outdated", "docs")


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "groundwork", *arguments],
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "100", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nmain: stacks/\nstackConfigDir: stacks\nruntime: python\n")
    stack = "config:\n  groundwork:environment: dev\n  groundwork:components: {thing: {}}\n"
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(stack)
    return tmp_path


@pytest.mark.parametrize("columns", ["60", "80", "100"])
def test_help_shows_the_whole_of_what_every_verb_does(columns: str) -> None:
    shown = run("--help", COLUMNS=columns).stdout
    lines = [line.strip() for line in shown.partition("Commands:")[2].splitlines()]
    for verb in VERBS:
        assert any(line.startswith(f"{verb} ") for line in lines)
    told = " ".join(lines)
    for command in cli.app.registered_commands:
        assert command.callback is not None
        first = (command.callback.__doc__ or "").partition("\n")[0]
        assert " ".join(first.split()) in " ".join(told.split())
    assert "--root" not in shown


@pytest.mark.parametrize("verb", ["up", "destroy", "state", "preflight", "sweep"])
def test_a_missing_environment_is_answered_with_those_there_are(verb: str, project: Path) -> None:
    """None of these has a default: they work in an account."""
    done = run("--root", str(project), verb)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"- `groundwork {verb}` needs the name of an environment; there are: dev\n"


def test_a_warning_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """Also where there are no colours."""
    begin(Path())
    logging.getLogger("anybody").warning("nobody is told of [an alert]")
    assert capsys.readouterr() == ("", "warning: nobody is told of [an alert]\n")


@pytest.mark.parametrize("verb", ["plan", "down", "up"])
def test_an_unknown_stack_is_answered_with_the_valid_ones(verb: str, project: Path) -> None:
    done = run("--root", str(project), verb, "dve")
    assert done.returncode == 2
    assert "no environment or stack 'dve'; did you mean 'dev'? valid: dev" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    done = run("--root", str(tmp_path), "down")
    assert done.returncode == 2
    assert "is no Groundwork project: it has no Pulumi.yaml" in done.stderr


def test_all_problems_of_a_stack_file_at_once(project: Path) -> None:
    (project / "stacks" / "Pulumi.dev.yaml").write_text(
        "config:\n  groundwork:environment: dev\n  groundwork:components: {thing: 3}\n  oops: 1\n"
    )
    done = run("--root", str(project), "down", "dev")
    assert done.returncode == 2
    assert "thing must be a map" in done.stderr
    assert "unknown setting 'oops'" in done.stderr


def test_the_real_thing_is_refused_in_the_sandboxs_shell(project: Path) -> None:
    done = run("--root", str(project), "up", "dev", GROUNDWORK_SANDBOX="/somewhere")
    assert done.returncode == 1
    assert done.stderr.strip() == "You are in the sandbox's shell: leave it with `exit` before the real thing."


@pytest.mark.parametrize("verb", ["up", "destroy"])
def test_the_real_thing_without_the_official_cli(verb: str, project: Path) -> None:
    done = run("--root", str(project), verb, "dev", PATH="/nowhere")
    assert done.returncode == 1
    assert done.stderr == (
        "There is no `pulumi` on your PATH: install the official CLI, https://www.pulumi.com/docs/install/. The "
        "rehearsal's own is not taken for the real thing: it is the engine alone, built on this machine, without the "
        "official language host and providers.\n"
    )


@pytest.mark.parametrize("verb", ["cost", "up", "destroy"])
def test_a_stack_file_that_cannot_be_read_is_told_by_every_verb(verb: str, project: Path) -> None:
    (project / "stacks" / "Pulumi.acme-dev.yaml").write_text("config:\n")
    done = run("--root", str(project), verb, "acme-dev")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == "- Pulumi.acme-dev.yaml:1: `config:` is required, and a map"


def test_the_real_thing_runs_each_stack_in_the_order_of_imports(project: Path, tmp_path: Path) -> None:
    stacks = project / "stacks"
    first = (stacks / "Pulumi.dev.yaml").read_text()
    (stacks / "Pulumi.a-late.yaml").write_text(first.replace("thing", "more") + "  groundwork:imports: [dev]\n")
    (project / "policies").mkdir()
    (project / "policies" / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (project / "policies" / "pack.py").touch()
    tools = tmp_path / "tools"
    tools.mkdir()
    fake = tools / "pulumi"
    fake.write_text(f'#!/bin/sh\necho "$PWD $MINE $*" >> {tmp_path}/calls\n[ "$3" = "$FAIL" ] && exit 6\nexit 0\n')
    fake.chmod(0o755)
    path = f"{tools}:/usr/bin:/bin"
    done = run("--root", str(project), "up", "a-late", "--", "--yes", PATH=path, MINE="kept")
    assert done.returncode == 0, done.stderr
    planning = "--non-interactive --color=never"
    assert (tmp_path / "calls").read_text().splitlines() == [
        f"{project} kept preview --json --stack dev {planning}",
        f"{project} kept up --stack dev --suppress-outputs --policy-pack=policies --yes",
        f"{project} kept preview --json --stack a-late {planning}",
        f"{project} kept up --stack a-late --suppress-outputs --policy-pack=policies --yes",
    ]
    failed = run("--root", str(project), "up", "dev", "--yes", PATH=path, FAIL="dev")
    assert failed.returncode == 1
    assert (
        "The stack dev is not initialised: run `pulumi stack init dev` once, with the secrets provider that "
        "`groundwork state` names if its bucket has the state." in failed.stderr
    )


def test_where_nobody_can_say_yes_an_up_is_refused_before_it_begins(project: Path, tmp_path: Path) -> None:
    """The engine would refuse it too, after it has planned everything."""
    tools = fake_pulumi(tmp_path, "exit 0")
    done = run("--root", str(project), "up", "dev", PATH=tools)
    assert done.returncode == 1
    assert done.stderr == (
        "Nobody is here to say yes: `groundwork up dev -- --yes` does it without asking, and `pulumi preview "
        "--stack dev` only shows what it would do. Nothing was changed.\n"
    )
    assert run("--root", str(project), "up", "dev", PATH=tools, PULUMI_SKIP_CONFIRMATIONS="true").returncode == 0


def test_a_failed_up_says_what_was_not_begun_and_that_the_next_goes_on(project: Path, tmp_path: Path) -> None:
    first = (project / "stacks" / "Pulumi.dev.yaml").read_text()
    more = first.replace("thing", "more") + "  groundwork:imports: [dev]\n"
    (project / "stacks" / "Pulumi.late.yaml").write_text(more)
    done = run("--root", str(project), "up", "late", "--yes", PATH=fake_pulumi(tmp_path, "exit 4"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "`pulumi up` of dev ended with exit code 4. Not begun: late. What it did is in the state: mend what it said, "
        "and `groundwork up late` goes on from there."
    )


@pytest.mark.parametrize("told", ["the whole terminal", "only us"])
def test_an_interrupt_of_the_real_thing_waits_for_the_engine_to_write_its_state(
    told: str, project: Path, tmp_path: Path
) -> None:
    """Killed half-way it would leave in the cloud what no state knows, and a lock."""
    path = fake_pulumi(
        tmp_path,
        f"trap 'sleep 1; touch {tmp_path}/state; exit 255' INT; touch {tmp_path}/begun; while :; do sleep 0.05; done",
    )
    # Who runs the tests may ignore interrupts, as a shell does for what it runs in the background; and so would we.
    env = ["env", "--default-signal=INT"]
    command = [*env, sys.executable, "-m", "groundwork", "--root", str(project), "up", "dev", "--yes"]
    # A terminal tells all processes of the command; CI tells the first one that it has to end.
    process = subprocess.Popen(command, env={"PATH": path}, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until((tmp_path / "begun").exists)
    if told == "only us":
        process.terminate()
    else:
        os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (tmp_path / "state").exists()
    assert process.returncode == 130
    assert said.endswith("Interrupted. Run the same command again: it goes on from here.\n")


def fake_pulumi(folder: Path, does: str) -> str:
    """Return a PATH with a `pulumi` that is a shell script."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "pulumi").write_text(f"#!/bin/sh\n{does}\n")
    (tools / "pulumi").chmod(0o755)
    return f"{tools}:/usr/bin:/bin"


def test_down_where_nothing_is_up(project: Path, tmp_path: Path) -> None:
    done = run("--root", str(project), "down", "dev", GROUNDWORK_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    assert "there is no sandbox of dev" in done.stdout


def test_an_interrupt_ends_with_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("groundwork.core.registry.discover", interrupted)
    monkeypatch.setattr(sys, "argv", ["groundwork", "explain"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 130
    assert capsys.readouterr().err == "Interrupted. Run the same command again: it goes on from here.\n"


def test_a_defect_is_a_message_and_never_a_traceback() -> None:
    told, code = message_of(ZeroDivisionError("division by zero"))
    assert code == 1
    assert told.startswith("Groundwork failed, which is a defect of its own: ZeroDivisionError: division by zero")
    assert message_of(StackError(["one", "two"])) == ("- one\n- two", 2)


@pytest.mark.parametrize("verb", ["rehearse", "plan", "cost", "preflight", "bench"])
def test_json_on_standard_output_is_alone_there_and_says_why_there_is_no_result(verb: str, project: Path) -> None:
    done = run("--root", str(project), verb, "dve", "--json", "-")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] in done.stderr
    assert "did you mean 'dev'?" in json.loads(done.stdout)["error"]


def test_with_json_on_standard_output_the_report_goes_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    show_beside(Path("-"), "the report")
    assert capsys.readouterr() == ("", "the report\n")


def test_json_that_cannot_be_written_is_refused_before_the_work_begins(project: Path, tmp_path: Path) -> None:
    done = run("--root", str(project), "plan", "dev", "--json", str(tmp_path / "nowhere" / "plan.json"))
    assert (done.returncode, done.stdout) == (2, "")
    where = tmp_path / "nowhere"
    assert done.stderr == f"- --json {where / 'plan.json'}: there is no folder {where}\n"


def test_every_verb_works_below_the_projects_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As `pulumi` does."""
    monkeypatch.chdir(project / "stacks")
    assert project_around(Path()) == project.resolve()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert project_around(elsewhere) == elsewhere.resolve()


def test_a_full_disk_is_told_with_what_to_do() -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/tools/pulumi", None, "/home/sandboxes/dev/bin/pulumi")
    assert message_of(error) == (
        "/home/sandboxes/dev/bin/pulumi: No space left on device. Check the permissions and the room there; where it "
        "is Groundwork's own folder, `groundwork doctor` tells what can go, and GROUNDWORK_HOME names another one. "
        "Then run the same command again.",
        1,
    )


def test_facts_are_written_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "facts.json", {"a": 1})
    assert json.loads((tmp_path / "facts.json").read_text()) == {"a": 1}
    write(Path("-"), {"b": 2})
    assert json.loads(capsys.readouterr().out) == {"b": 2}


def test_help_waits_for_nothing_that_only_verbs_need() -> None:
    """The SDK and the components take a second to import."""
    script = "import sys, groundwork.cli; print([name for name in ('pulumi', 'boto3') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
