from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from groundwork.sandbox.language_host import zygote_command
from groundwork.sandbox.language_host.host import InterpreterMissingError, interpreter
from tests.sandbox.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def _has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _descendants_gone(marker: Path) -> None:
    pid = int(marker.read_text())
    until(lambda: _has_ended(pid), seconds=5)


def test_program_runs_with_its_configuration_arguments_and_outputs(bench: Any) -> None:
    bench.write(
        "import os, pulumi\n"
        "print('said by the program')\n"
        "pulumi.export('colour', pulumi.Config().require('colour'))\n"
        "pulumi.export('folder', os.getcwd())\n"
        "pulumi.export('given', os.environ['GIVEN'])\n"
        "pulumi.export('path', any(p.endswith('extra') for p in __import__('sys').path))\n"
    )
    assert bench.run("config", "set", "colour", "red").returncode == 0
    up = bench.run("up", "--yes", "--skip-preview", GIVEN="by the shell", PYTHONPATH="/extra")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "said by the program" in up.stdout
    outputs = bench.run("stack", "output", "--shell").stdout
    assert "colour=red" in outputs
    assert f"folder={bench.project}" in outputs
    assert "given='by the shell'" in outputs
    assert "path=true" in outputs


def test_no_warning_about_the_host_when_it_lies_beside_the_engine(bench: Any) -> None:
    preview = bench.run("preview")
    assert "from $PATH" not in preview.stdout + preview.stderr


def test_secret_configuration_is_in_no_argument_list_and_no_environment(bench: Any) -> None:
    bench.write(
        "import os, pathlib, pulumi\n"
        "def check(key):\n"
        "    for p in pathlib.Path('/proc').glob('[0-9]*'):\n"
        "        for part in ('cmdline', 'environ'):\n"
        "            try: text = (p / part).read_bytes()\n"
        "            except OSError: continue\n"
        "            if key.encode() in text: raise pulumi.RunError(f'{part} of {p.name}')\n"
        "    print('checked', len(key))\n"
        "pulumi.export('key', pulumi.Config().require_secret('key').apply(check))\n"
    )
    # Given on standard input: on a command line it would be found in the shell's own.
    subprocess.run(
        [bench.pulumi, "config", "set", "--secret", "key"],
        cwd=bench.project,
        env=bench.environ,
        input="very-secret-value",
        text=True,
        check=True,
        capture_output=True,
    )
    up = bench.run("up", "--yes", "--skip-preview")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "checked 17" in up.stdout
    assert "very-secret-value" not in up.stdout


def test_a_run_error_is_shown_as_it_is_without_a_traceback(bench: Any) -> None:
    bench.write("import pulumi\nraise pulumi.RunError('- first problem\\n- second problem')\n")
    preview = bench.run("preview")
    assert preview.returncode != 0
    assert "- first problem\n    - second problem" in preview.stdout
    assert "Traceback" not in preview.stdout
    assert "non-zero exit code" not in preview.stdout


def test_a_stack_file_that_is_refused_registers_nothing(bench: Any) -> None:
    """Not even what components before the refusing one asked for."""
    bench.write(
        "import pathlib, pulumi\n"
        "from groundwork.core import program\n"
        "from groundwork.core.errors import StackError\n"
        "def run(root):\n"
        "    pulumi.ComponentResource('demo:index:Early', 'early')\n"
        "    raise StackError(['late: refused', 'later: refused too'])\n"
        "program.run = run\n"
        "program.main(pathlib.Path())\n"
    )
    up = bench.run("up", "--yes", "--skip-preview")
    assert up.returncode != 0
    assert "- late: refused\n    - later: refused too" in up.stdout
    assert "Traceback" not in up.stdout
    assert "non-zero exit code" not in up.stdout
    assert "early" not in bench.run("stack", "export").stdout


def test_the_traceback_of_a_bug_begins_in_the_users_program(bench: Any) -> None:
    bench.write("def divide():\n    return 1 / 0\n\ndivide()\n")
    preview = bench.run("preview")
    assert preview.returncode != 0
    assert "Program failed with an unhandled exception:" in preview.stdout
    assert "ZeroDivisionError: division by zero" in preview.stdout
    assert "language_host" not in preview.stdout
    assert "runpy" not in preview.stdout


def test_an_exit_code_and_a_signal_are_told(bench: Any) -> None:
    bench.write("import sys\nsys.exit(3)\n")
    assert "Program exited with non-zero exit code: 3" in bench.run("preview").stdout
    bench.write("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert "Program was ended by signal 9" in bench.run("preview").stdout


def test_output_is_passed_on_while_the_program_runs(bench: Any) -> None:
    bench.write("import time\nprint('early')\ntime.sleep(60)\n")
    engine = bench.start("preview")
    for line in engine.stdout:
        if "early" in line:
            break
    assert engine.poll() is None
    engine.kill()
    engine.wait()


def test_nothing_outlives_an_engine_that_is_killed(bench: Any, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    bench.write(
        f"import os, pathlib, time\npathlib.Path({str(marker)!r}).write_text(str(os.getpid()))\ntime.sleep(60)\n"
    )
    engine = bench.start("preview")
    until(lambda: marker.exists() and marker.read_text())
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    _descendants_gone(marker)


def test_policy_pack_reports_and_the_run_ends_at_once(bench: Any) -> None:
    """A host that does not end on SIGINT costs five seconds in each run."""
    bench.write(
        "import pulumi\n"
        "class Part(pulumi.ComponentResource):\n"
        "    def __init__(self, name): super().__init__('demo:index:Part', name)\n"
        "Part('good'); Part('bad')\n"
    )
    bench.write("runtime: python\n", "rules/PulumiPolicy.yaml")
    bench.write(
        "import pulumi_policy as p\n"
        "def rule(args, report):\n"
        "    if args.name == 'bad': report('named bad')\n"
        "p.PolicyPack('rules', policies=[p.ResourceValidationPolicy(name='names', description='Names are good.', "
        "validate=rule, enforcement_level=p.EnforcementLevel.MANDATORY)])\n",
        "rules/__main__.py",
    )
    started = time.monotonic()
    preview = bench.run("preview", "--policy-pack", "rules")
    seconds = time.monotonic() - started
    assert preview.returncode != 0
    assert "named bad" in preview.stdout
    assert seconds < 8, f"the run took {seconds:.1f} s"


def test_a_policy_pack_that_fails_to_start_says_why(bench: Any) -> None:
    bench.write("runtime: python\n", "rules/PulumiPolicy.yaml")
    bench.write("raise ValueError('broken rule')\n", "rules/__main__.py")
    preview = bench.run("preview", "--policy-pack", "rules")
    assert preview.returncode != 0
    assert "broken rule" in preview.stdout + preview.stderr


def test_a_missing_virtual_environment_is_named(bench: Any) -> None:
    bench.write("name: demo\nruntime:\n  name: python\n  options: {virtualenv: nowhere}\n", "Pulumi.yaml")
    preview = bench.run("preview")
    assert preview.returncode != 0
    assert "The 'virtualenv' option in Pulumi.yaml is set to 'nowhere'" in preview.stdout + preview.stderr


def test_the_interpreter_is_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    python = tmp_path / "venv" / "bin" / "python"
    python.symlink_to(sys.executable)
    assert interpreter(tmp_path, {"virtualenv": "venv"}) == python
    assert interpreter(tmp_path, {}) == Path(sys.executable)
    (tmp_path / "same").symlink_to(Path(sys.executable).parents[1])
    assert interpreter(tmp_path, {"virtualenv": "same"}) == Path(sys.executable)
    with pytest.raises(InterpreterMissingError):
        interpreter(tmp_path, {"virtualenv": "gone"})


def test_zygote_starts_anew_when_a_library_was_installed(tmp_path: Path) -> None:
    """Else a program would run with a mixture of the old and the new version."""
    path = tmp_path / "z.sock"
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "changing.py").write_text("VALUE = 1\n")
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    zygote = subprocess.Popen([*zygote_command(path), "changing"], env=environ, start_new_session=True)
    program = tmp_path / "program.py"
    program.write_text("import changing\nprint(changing.VALUE)\nraise SystemExit(0)\n")
    try:
        assert _ask(path, program, tmp_path) == "1\n"
        (folder / "changing.py").write_text("VALUE = 22\n")
        (folder / "another.py").write_text("")
        assert _ask(path, program, tmp_path) == "22\n"
    finally:
        zygote.kill()
        zygote.wait()


def test_zygote_learns_what_programs_import(bench: Any) -> None:
    """The SDKs import lazily: without this each program would import the same modules again, for seconds."""
    bench.write(
        "import sys\n"
        "known = 'pulumi_kubernetes.coordination.v1' in sys.modules\n"
        "import pulumi_kubernetes.coordination.v1\n"
        "print('known' if known else 'new')\n"
    )
    assert "new" in bench.run("preview").stdout
    if bench.socket is not None:
        until(lambda: "known" in bench.run("preview").stdout)


def _ask(path: Path, program: Path, folder: Path) -> str:
    from groundwork.sandbox.language_host.processes import Zygote

    end = time.monotonic() + 20
    while True:
        try:
            zygote = Zygote.connect(str(path))
            break
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)
    out, out_end = os.pipe()
    request = {
        "kind": "plugin",
        "plugin": "resource",
        "folder": str(folder),
        "path": str(program),
        "args": [],
        "env": dict(os.environ),
    }
    run = zygote.start(request, out_end, 2)
    os.close(out_end)
    with os.fdopen(out) as said:
        text = said.read()
    assert run.wait() == 0
    return text
