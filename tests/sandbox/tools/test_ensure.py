"""Rule: a tool is built once a machine, is in place as a whole or not at all, and leaves no cache behind."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from groundwork.sandbox.tools.build import BuildFailed
from groundwork.sandbox.tools.definitions import Tool
from groundwork.sandbox.tools.ensure import install_missing
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.locate import survey
from groundwork.sandbox.tools.progress import PlainReporter, reporter

FakeGo = Callable[..., Path]

# What a second process of this machine does, with the tiny tool of these tests.
# A shell that runs the tests in the background lets them ignore interrupts: this process must not.
_INSTALL = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from rich.console import Console
from groundwork.sandbox.tools import definitions
from groundwork.sandbox.tools.definitions import Binary, Tool
from groundwork.sandbox.tools.ensure import install_missing
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.progress import PlainReporter, reporter
definitions.MODULES = Path(sys.argv[1])
binary = Binary("tiny", "example.org/tiny/cmd/tiny", ("--version",))
tool = Tool("tiny", "1.2.3", "example.org/tiny", (binary,), 1, 1, 1, 1)
install_missing(PlainReporter(Console(file=sys.stdout, width=200)), [tool])
"""


@pytest.fixture
def install_in_a_process(tiny: Tool) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts an installation in a process of its own; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _INSTALL, str(tiny.module_dir.parent)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def scratch_of(home: Path) -> list[Path]:
    return list((home / "scratch").iterdir())


@pytest.mark.skipif(shutil.which("go") is None, reason="go is not on PATH")
def test_real_go_builds_a_module_with_its_version_and_leaves_only_the_tool(
    tiny: Tool, home: Path, telling: PlainReporter, told: io.StringIO
) -> None:
    install_missing(telling, [tiny])

    program = home / "tools" / "tiny-1.2.3" / "bin" / "tiny"
    assert survey([tiny])[0] == {"tiny": program}
    assert subprocess.run([program], capture_output=True, text=True, check=True).stderr == "tiny v1.2.3\n"
    assert scratch_of(home) == []
    lines = told.getvalue().splitlines()
    assert lines[0].startswith("Building tiny 1.2.3, once for this machine: about 1 min on 2 cores. It takes 0.")
    assert lines[1] == "building tiny 1.2.3 ..."
    assert lines[-1].startswith("building tiny 1.2.3: done in ")


def test_the_manifest_says_how_the_tool_was_got(
    tiny: Tool, home: Path, fake_go: FakeGo, telling: PlainReporter
) -> None:
    fake_go()
    install_missing(telling, [tiny])
    noted = json.loads((home / "tools" / "tiny-1.2.3" / "manifest.json").read_text())
    assert (noted["name"], noted["version"], noted["source"]) == ("tiny", "1.2.3", "built with go1.26.9")
    assert noted["sizes"] == {"tiny": 22}


def test_what_is_in_place_is_not_built_again(
    tiny: Tool, fake_go: FakeGo, telling: PlainReporter, told: io.StringIO
) -> None:
    fake_go()
    install_missing(telling, [tiny])
    told.truncate(0)
    fake_go("echo must not run >&2; exit 9")
    install_missing(telling, [tiny])
    assert told.getvalue().strip("\0") == ""


def test_a_damaged_tool_is_built_again(tiny: Tool, home: Path, fake_go: FakeGo, telling: PlainReporter) -> None:
    fake_go()
    install_missing(telling, [tiny])
    program = home / "tools" / "tiny-1.2.3" / "bin" / "tiny"
    program.write_text("")
    install_missing(telling, [tiny])
    assert survey([tiny]) == ({"tiny": program}, [])
    assert [folder.name for folder in (home / "tools").iterdir()] == ["tiny-1.2.3"]


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("main.go:3: undefined: x", None),
        ("write /x: no space left on device", "The disk is full: free some room."),
        (
            "dial tcp: lookup proxy: no such host",
            "Go could not fetch a module: check the network, GOPROXY, https_proxy and SSL_CERT_FILE.",
        ),
        (
            "verifying x: checksum mismatch",
            "A module is not the one that go.sum pins: is a module proxy in between that changes files?",
        ),
        ("compile: signal: killed", "The compiler was killed: it needs about 4 GB of memory."),
    ],
)
def test_a_build_that_fails_tells_the_last_lines_the_cause_and_the_log(
    tiny: Tool, home: Path, fake_go: FakeGo, telling: PlainReporter, output: str, cause: str | None
) -> None:
    fake_go(f"echo '{output}' >&2; exit 2")
    with pytest.raises(BuildFailed) as caught:
        install_missing(telling, [tiny])
    expected = [
        "tiny 1.2.3 could not be built: `go build` ended with 2.",
        "  go: downloading example.org/x v1",
        f"  {output}",
        *([cause] if cause else []),
        f"The whole log is {home}/logs/build-tiny-1.2.3.log. Then run again: what was built before is kept.",
    ]
    assert str(caught.value).splitlines() == expected
    assert scratch_of(home) == []
    assert not (home / "tools" / "tiny-1.2.3").exists()

    fake_go()
    install_missing(telling, [tiny])
    assert survey([tiny])[1] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_ends_its_compilers_and_leaves_nothing(
    tiny: Tool,
    home: Path,
    tmp_path: Path,
    fake_go: FakeGo,
    install_in_a_process: Callable[[], subprocess.Popen[str]],
    telling: PlainReporter,
    number: signal.Signals,
) -> None:
    begun = tmp_path / "begun"
    fake_go(f"echo $$ > {begun}.new; mv {begun}.new {begun}; sleep 60")
    process = install_in_a_process()
    wait_for(begun)
    compiler = int(begun.read_text())
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert not psutil.pid_exists(compiler)
    assert scratch_of(home) == []
    assert not (home / "tools").exists()

    fake_go()
    install_missing(telling, [tiny])
    assert survey([tiny])[1] == []


def test_after_kill_the_next_setup_ends_the_orphaned_compiler_and_removes_what_it_left(
    tiny: Tool,
    home: Path,
    tmp_path: Path,
    fake_go: FakeGo,
    install_in_a_process: Callable[[], subprocess.Popen[str]],
    telling: PlainReporter,
    told: io.StringIO,
) -> None:
    begun = tmp_path / "begun"
    fake_go(f"echo $$ > {begun}.new; mv {begun}.new {begun}; sleep 60")
    process = install_in_a_process()
    wait_for(begun)
    process.kill()
    process.wait()
    orphan = psutil.Process(int(begun.read_text()))
    left = scratch_of(home)
    assert len(left) == 1

    fake_go()
    install_missing(telling, [tiny])
    assert told.getvalue().splitlines()[0] == f"Removed what an interrupted build had left: {left[0]}"
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert scratch_of(home) == []
    assert survey([tiny])[1] == []


def test_of_two_setups_at_once_the_second_waits_says_so_and_builds_nothing(
    tiny: Tool,
    home: Path,
    tmp_path: Path,
    fake_go: FakeGo,
    install_in_a_process: Callable[[], subprocess.Popen[str]],
) -> None:
    builds, go_on = tmp_path / "builds", tmp_path / "go-on"
    body = textwrap.dedent(f"""
        echo . >> {builds}
        while [ ! -e {go_on} ]; do sleep 0.05; done
        while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\\necho v1.2.3\\n' > "$2/tiny"; chmod 755 "$2/tiny"
    """)
    fake_go(body)
    first = install_in_a_process()
    wait_for(builds)
    second = install_in_a_process()
    assert second.stdout is not None
    waiting = second.stdout.readline()
    assert waiting.startswith(f"Another setup is building the tools (process {first.pid}, since ")
    assert waiting.endswith("): waiting for it.\n")
    go_on.touch()
    assert "building tiny 1.2.3: done in" in first.communicate(timeout=20)[0]
    assert second.communicate(timeout=20)[0] == ""
    assert (first.returncode, second.returncode) == (0, 0)
    assert builds.read_text() == ".\n"
    assert survey([tiny])[1] == []


def test_the_build_sees_nothing_of_the_users_own_go_settings_that_would_change_it(
    tiny: Tool,
    tmp_path: Path,
    home: Path,
    fake_go: FakeGo,
    telling: PlainReporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = tmp_path / "seen"
    for name in ("GOFLAGS", "GOOS", "GOROOT", "GOWORK", "GOEXPERIMENT"):
        monkeypatch.setenv(name, "of-the-user")
    monkeypatch.setenv("GOPROXY", "https://modules.example")
    fake_go(f"env > {seen}; exit 1")
    with pytest.raises(BuildFailed):
        install_missing(telling, [tiny])
    environment = dict(line.split("=", 1) for line in seen.read_text().splitlines() if "=" in line)
    assert environment["GOFLAGS"] == "-mod=readonly -trimpath -buildvcs=false -modcacherw"
    assert environment["CGO_ENABLED"] == "0"
    assert environment["GOWORK"] == "off"
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOPROXY"] == "https://modules.example"
    assert not {"GOOS", "GOROOT", "GOEXPERIMENT"} & set(environment)
    for name in ("GOCACHE", "GOMODCACHE", "GOPATH", "GOTMPDIR", "TMPDIR"):
        assert environment[name].startswith(f"{home}{os.sep}scratch{os.sep}")


def test_a_home_that_cannot_be_made_is_a_message(
    tiny: Tool, tmp_path: Path, telling: PlainReporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GROUNDWORK_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(ToolsError) as caught:
        install_missing(telling, [tiny])
    assert str(caught.value) == (
        f"{tmp_path}/file/home/locks: Not a directory.\n"
        "Check the permissions and the room there, or set GROUNDWORK_HOME to another folder; then run again."
    )


def test_a_go_that_is_too_old_is_not_used(
    tiny: Tool, search_path: Path, write_program: Callable[[Path, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from groundwork.sandbox.tools.golang import own_go

    write_program(search_path / "go", "#!/bin/sh\necho go1.25.9\n")
    assert own_go() is None
    write_program(search_path / "go", "#!/bin/sh\necho 'devel go1.27-abc'\n")
    assert own_go() is None
    write_program(search_path / "go", '#!/bin/sh\n[ "$GOTOOLCHAIN" = local ] && echo go1.26.0\n')
    found = own_go()
    assert found is not None
    assert found.version == "go1.26.0"


def test_a_long_step_gives_signs_of_life() -> None:
    told = io.StringIO()
    telling = PlainReporter(Console(file=told, width=200), seconds_between_lines=0.05)
    with telling.step("building tiny 1.2.3") as step:
        step.update("compiling", 431, 1900)
        time.sleep(0.2)
    lines = told.getvalue().splitlines()
    assert lines[0] == "building tiny 1.2.3 ..."
    assert lines[1] == "building tiny 1.2.3: compiling 431 of 1,900, 0 s"
    assert lines[-1] == "building tiny 1.2.3: done in 0 s"


def test_on_a_terminal_one_line_stays_of_each_step() -> None:
    told = io.StringIO()
    console = Console(file=told, width=120, force_terminal=True, color_system=None, legacy_windows=False)
    telling = reporter(console)
    with telling.step("building tiny 1.2.3") as step:
        step.update("compiling", 431, 1900)
        time.sleep(0.2)
    drawn = told.getvalue()
    assert "compiling 431 of 1,900" in drawn
    assert drawn.rstrip().endswith("✓ building tiny 1.2.3  0 s")


def test_a_step_that_fails_is_not_called_done() -> None:
    told = io.StringIO()
    telling = PlainReporter(Console(file=told, width=200))
    with pytest.raises(ValueError, match="boom"), telling.step("building tiny 1.2.3"):
        raise ValueError("boom")
    assert told.getvalue() == "building tiny 1.2.3 ...\n"
