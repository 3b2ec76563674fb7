from __future__ import annotations

import io
import json
import multiprocessing
import os
import re
import stat
from pathlib import Path

import pytest
from rich.console import Console

from groundwork.sandbox.processes import ProcessStatus, State
from groundwork.sandbox.rehearsal import servers
from groundwork.sandbox.rehearsal.doctor import examine_sandboxes
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.sandbox import Sandbox, SandboxBusyError, all_sandboxes
from groundwork.sandbox.standins.arrangement import Ready
from groundwork.sandbox.standins.cloud import Subject, reaches
from groundwork.sandbox.standins.control import ControlError, ask, serve_control


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setenv("GROUNDWORK_HOME", str(tmp_path / "home"))
    return Sandbox.of(tmp_path / "checkout", "dev")


def test_each_checkout_and_environment_has_a_sandbox_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    others = [Sandbox.of(tmp_path / "checkout", "prod"), Sandbox.of(tmp_path / "another", "dev")]
    assert len({sandbox.paths.root, *(other.paths.root for other in others)}) == 3
    assert Sandbox.of(tmp_path / "checkout", "dev").paths.root == sandbox.paths.root


def test_nobody_else_can_read_a_sandbox_and_the_engine_cannot_log(sandbox: Sandbox) -> None:
    """The engine would log every property of every resource, partly as plain text, and for two thirds of a plan."""
    (sandbox.paths.pulumi_home / "logs").mkdir(parents=True)
    sandbox.create()
    assert stat.S_IMODE(sandbox.paths.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(sandbox.paths.passphrase_file.stat().st_mode) == 0o600
    assert (sandbox.paths.pulumi_home / "logs").is_file()
    before = sandbox.paths.passphrase_file.read_text()
    sandbox.create()
    assert sandbox.paths.passphrase_file.read_text() == before
    assert [each.environment for each in all_sandboxes()] == ["dev"]
    sandbox.remove()
    assert all_sandboxes() == []


@pytest.mark.parametrize("folder", ["checkout", "my checkout"])
def test_what_mends_another_checkouts_sandbox_is_run_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """The same command here would take down one's own."""
    monkeypatch.setenv("GROUNDWORK_HOME", str(tmp_path / "home"))
    status = [ProcessStatus("moto", State.RUNNING, 7, tmp_path / "log")]
    monkeypatch.setattr(servers, "status", lambda _: status)
    checkout = tmp_path / folder
    checkout.mkdir()
    (checkout / "Pulumi.yaml").touch()
    Sandbox.of(checkout, "dev").create()
    told = [finding.remedy for finding in examine_sandboxes(tmp_path / "mine")]
    quoted = f"'{checkout}'" if " " in folder else str(checkout)
    assert told == [f"cd {quoted} && groundwork down dev"]
    assert [finding.remedy for finding in examine_sandboxes(checkout)] == ["groundwork down dev"]


def _hold(sandbox: Sandbox, held: int, release: int) -> None:
    with sandbox.alone():
        os.write(held, b"x")
        os.read(release, 1)


def test_a_second_command_is_told_who_works_in_the_sandbox(sandbox: Sandbox) -> None:
    context = multiprocessing.get_context("fork")
    # Pipes: an event needs shared memory, to which not everybody may write.
    (holds, held), (releases, release) = os.pipe(), os.pipe()
    other = context.Process(target=_hold, args=(sandbox, held, releases))
    other.start()
    try:
        assert os.read(holds, 1) == b"x"
        message = rf"Another groundwork command works in the sandbox dev \(process {other.pid}\): wait for it to end"
        with pytest.raises(SandboxBusyError, match=message), sandbox.alone():
            pass
    finally:
        os.write(release, b"x")
        other.join()
        for descriptor in (holds, held, releases, release):
            os.close(descriptor)
    with sandbox.alone():
        pass


def test_elsewhere_than_on_a_terminal_phases_are_plain_lines_with_times() -> None:
    file = io.StringIO()
    narrator = Narrator(Console(file=file, width=100))
    with narrator.phase("bring up [the sandbox]") as activity:
        activity.words = lambda: "3 done"
        activity.took("control plane", 2.0)
    lines = file.getvalue().splitlines()
    assert lines[0].endswith("] bring up [the sandbox] ...")
    assert re.search(r"bring up \[the sandbox\] took \d+\.\d s: 3 done$", lines[1])
    assert "\x1b" not in file.getvalue()
    assert narrator.phases[0].inner == (("control plane", 2.0),)


def _ready(port: int, token: str) -> Ready:
    return Ready(pid=1, providers={}, moto_url="", control=port, token=token, phases={})


def test_the_standins_answer_only_who_knows_the_token() -> None:
    port, token = serve_control({"double": lambda number: number * 2, "fail": lambda: 1 / 0})
    assert ask(_ready(port, token), "double", number=4) == 8
    with pytest.raises(ControlError, match="the stand-ins' process does not answer"):
        ask(_ready(port, "guess"), "double", number=4)
    with pytest.raises(ControlError, match="could not answer 'fail': ZeroDivisionError: division by zero"):
        ask(_ready(port, token), "fail")


def test_a_service_account_reaches_aws_by_name_or_wildcard() -> None:
    subjects = [Subject("kube-system", "autoscaler"), Subject("team-*", "*")]
    assert reaches(subjects, "kube-system", "autoscaler")
    assert reaches(subjects, "team-a", "worker")
    assert not reaches(subjects, "kube-system", "other")
    assert not reaches([], "kube-system", "autoscaler")


def test_a_flat_program_registers_the_same_resources_and_no_secret() -> None:
    from groundwork.bench.flat import registrations

    secret = {"4dabf18193072939515e22adb298388d": "x", "plaintext": json.dumps({"password": "hidden"})}
    base = "urn:pulumi:dev::demo::"
    stack = {"urn": f"{base}pulumi:pulumi:Stack::demo-dev", "type": "pulumi:pulumi:Stack"}
    default = {"urn": f"{base}pulumi:providers:aws::default_7_51_1", "type": "pulumi:providers:aws", "custom": True}
    part = {"urn": f"{base}demo:index:Part::one", "type": "demo:index:Part", "parent": stack["urn"]}
    queue = {
        "urn": f"{base}demo:index:Part$aws:sqs/queue:Queue::q",
        "type": "aws:sqs/queue:Queue",
        "custom": True,
        "parent": part["urn"],
        "provider": f"{default['urn']}::id",
        "dependencies": [part["urn"], "urn:of:another::stack::x::y"],
        "inputs": {"name": "q", "__defaults": [], "policy": secret},
    }
    found = registrations([stack, default, part, queue])
    assert [entry["name"] for entry in found] == ["one", "q"]
    assert found[0]["parent"] is None
    assert found[1]["parent"] == part["urn"]
    assert found[1]["provider"] is None
    assert found[1]["after"] == [part["urn"]]
    assert found[1]["inputs"] == {"name": "q", "policy": {"password": "c2VjcmV0"}}
    assert "hidden" not in json.dumps(found)
