"""Processes are found again, ended as a whole, and never mistaken for somebody else's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.processes import MARKER, Processes, ProcessSpec, StartError, State
from tests.sandbox.waiting import until

SLEEP = ProcessSpec("sleeper", ("/bin/sleep", "60"))


@pytest.fixture
def paths(tmp_path: Path) -> SandboxPaths:
    found = SandboxPaths(tmp_path / "sandbox")
    found.create()
    return found


@pytest.fixture
def processes(paths: SandboxPaths) -> Iterator[Processes]:
    found = Processes(paths)
    yield found
    found.stop([status.name for status in found.known()], timeout=1)
    found.end_orphans(timeout=1)


def python(name: str, code: str) -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-c", code))


def pid_of(processes: Processes, name: str) -> int:
    pid = processes.status(name).pid
    assert pid is not None
    return pid


def lose(paths: SandboxPaths) -> int:
    """Let a command start a process, forget it and end, as if it had been killed; return the process."""
    code = (
        "from pathlib import Path\n"
        "from groundwork.sandbox.paths import SandboxPaths\n"
        "from groundwork.sandbox.processes import Processes, ProcessSpec\n"
        f"paths = SandboxPaths(Path({str(paths.root)!r}))\n"
        "Processes(paths).start(ProcessSpec('lost', ('/bin/sleep', '62')))\n"
        "print(Processes(paths).status('lost').pid)\n"
        "(paths.run / 'lost.pid').unlink()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_process_runs_detached_with_its_own_environment_and_private_log(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    code = "import os, sys; print(sorted(os.environ), flush=True); os.umask(0); sys.stdin.read()"
    processes.start(python("printer", code + "; import time; time.sleep(60)"))
    until(lambda: processes.tail("printer"))
    assert MARKER in processes.tail("printer")
    assert "HTTPS_PROXY" not in processes.tail("printer")
    assert os.getpgid(pid_of(processes, "printer")) == pid_of(processes, "printer")
    assert processes.log("printer").stat().st_mode & 0o777 == 0o600


def test_what_runs_is_not_started_twice_but_anew_when_it_would_differ(processes: Processes) -> None:
    assert processes.start(SLEEP)
    first = pid_of(processes, "sleeper")
    assert not processes.start(SLEEP)
    assert pid_of(processes, "sleeper") == first
    assert processes.start(ProcessSpec("sleeper", ("/bin/sleep", "61")))
    assert pid_of(processes, "sleeper") != first
    assert not psutil.pid_exists(first)


def test_the_states_are_told_apart(processes: Processes) -> None:
    assert processes.status("sleeper").state is State.STOPPED
    processes.start(SLEEP)
    assert processes.status("sleeper").state is State.RUNNING
    os.kill(pid_of(processes, "sleeper"), signal.SIGKILL)
    until(lambda: processes.status("sleeper").state is State.DIED)
    processes.stop(["sleeper"])
    assert processes.status("sleeper").state is State.STOPPED


def test_children_end_with_their_parent_and_what_ignores_sigterm_is_killed(processes: Processes) -> None:
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['/bin/sleep', '60'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    processes.start(python("stubborn", code))
    until(lambda: processes.tail("stubborn"))
    parent, child = pid_of(processes, "stubborn"), int(processes.tail("stubborn"))
    processes.stop(["stubborn"], timeout=0.3)
    assert not psutil.pid_exists(parent)
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_a_reused_pid_is_never_ended(processes: Processes, paths: SandboxPaths) -> None:
    """A pid file may outlive its process and a reboot: then its pid belongs to somebody else."""
    with subprocess.Popen(["/bin/sleep", "60"], start_new_session=True) as stranger:
        record = {"name": "sleeper", "pid": stranger.pid, "digest": "", "foreground": False}
        created = psutil.Process(stranger.pid).create_time()
        for start in (created, created - 3600):
            (paths.run / "sleeper.pid").write_text(json.dumps({**record, "created": start}))
            assert processes.status("sleeper").state is State.DIED
            processes.stop(["sleeper"])
            assert stranger.poll() is None
        stranger.kill()


def test_a_torn_pid_file_means_died(processes: Processes, paths: SandboxPaths) -> None:
    (paths.run / "sleeper.pid").write_text('{"name": "sle')
    assert processes.status("sleeper").state is State.DIED
    assert processes.start(SLEEP)


def test_orphans_are_what_carries_the_marker_and_no_file_knows(processes: Processes, paths: SandboxPaths) -> None:
    processes.start(SLEEP)
    lost = lose(paths)
    assert [orphan.pid for orphan in processes.orphans()] == [lost]
    (ended,) = processes.end_orphans(timeout=2)
    assert (ended.pid, ended.command) == (lost, "/bin/sleep 62")
    assert processes.orphans() == []
    assert processes.status("sleeper").state is State.RUNNING


def test_another_sandbox_is_no_orphan_of_this_one(processes: Processes, tmp_path: Path) -> None:
    other_paths = SandboxPaths(tmp_path / "other")
    other_paths.create()
    lost = lose(other_paths)
    assert processes.end_orphans(timeout=2) == []
    assert [orphan.pid for orphan in Processes(other_paths).end_orphans(timeout=2)] == [lost]


def test_what_a_running_command_started_is_no_orphan_but_is_one_after_its_death(
    processes: Processes, paths: SandboxPaths
) -> None:
    code = (
        "import subprocess, sys, time\n"
        "from pathlib import Path\n"
        "from groundwork.sandbox.paths import SandboxPaths\n"
        "from groundwork.sandbox.processes import MARKER, Processes\n"
        f"root = {str(paths.root)!r}\n"
        "with Processes(SandboxPaths(Path(root))).foreground('rehearse'):\n"
        "    subprocess.Popen(['/bin/sleep', '63'], env={MARKER: root}, start_new_session=True)\n"
        "    print('started', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "started\n"
        assert processes.orphans() == []
        processes.stop(["rehearse"], timeout=0.2)
        assert command.poll() is None, "a command in the foreground is its user's to end"
        assert processes.status("rehearse").state is State.RUNNING
        command.kill()
    until(lambda: [orphan.command for orphan in processes.orphans()] == ["/bin/sleep 63"])


def test_a_program_that_cannot_run_says_so(processes: Processes) -> None:
    with pytest.raises(StartError, match=r"^ghost cannot be started: .*No such file or directory: '/no/such'"):
        processes.start(ProcessSpec("ghost", ("/no/such",)))


def test_the_log_of_the_run_before_is_kept(processes: Processes, paths: SandboxPaths) -> None:
    for word in ("first", "second"):
        processes.start(python("talker", f"print({word!r})"))
        until(lambda: processes.status("talker").state is State.DIED)
    assert processes.tail("talker") == "second"
    assert (paths.logs / "talker.previous.log").read_text() == "first\n"
