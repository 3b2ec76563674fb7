"""Rule: the bootstrap runs on bare Python, says what is wrong in a line or two, and becomes the command."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from groundwork.sandbox import bootstrap
from groundwork.sandbox.tools.stamp import STAMP, stamp

REPOSITORY = Path(bootstrap.__file__).resolve().parents[2]

WriteProgram = Callable[[Path, str], Path]


@pytest.fixture
def checkout(tmp_path: Path, write_program: WriteProgram) -> Path:
    """A checkout whose environment is in place, and has one command."""
    folder = tmp_path / "checkout"
    sandbox = folder / "groundwork" / "sandbox"
    sandbox.mkdir(parents=True)
    for package in (folder / "groundwork", sandbox):
        shutil.copy(REPOSITORY / package.relative_to(folder) / "__init__.py", package)
    for file in ("bootstrap.py", "home.py"):
        shutil.copy(REPOSITORY / "groundwork" / "sandbox" / file, sandbox)
    shutil.copytree(REPOSITORY / "groundwork" / "sandbox" / "tools", sandbox / "tools")
    (folder / "pyproject.toml").write_text("[project]\n")
    (folder / "uv.lock").write_text("version = 1\n")
    write_program(folder / ".venv" / "bin" / "python", "#!/bin/sh\n")
    write_program(folder / ".venv" / "bin" / "greet", '#!/bin/sh\necho "hello $@"; exit 7\n')
    (folder / ".venv" / STAMP).write_text(stamp(folder))
    return folder


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # -I and -S: nothing but the standard library, as on a fresh machine.
    script = checkout / "groundwork" / "sandbox" / "bootstrap.py"
    command = [sys.executable, "-I", "-S", str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def test_it_becomes_the_command_with_its_arguments_and_exit_code(checkout: Path) -> None:
    done = run(checkout, "greet", "dev", "--all")
    assert (done.stdout, done.stderr, done.returncode) == ("hello dev --all\n", "", 7)


def test_an_unknown_command_is_named(checkout: Path) -> None:
    done = run(checkout, "nosuch")
    assert done.stderr == f"There is no command 'nosuch' in {checkout}/.venv/bin.\n"
    assert done.returncode == 127


def test_without_a_command_it_tells_its_usage(checkout: Path) -> None:
    done = run(checkout)
    assert (done.stderr, done.returncode) == ("Usage: bootstrap.py COMMAND [ARGUMENT ...]\n", 2)


def test_a_set_up_that_fails_is_a_message_and_no_traceback(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "uv.lock").write_text("version = 2\n")
    monkeypatch.setenv("PIP_INDEX_URL", "ftp://index.example")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    done = run(checkout, "greet")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "The package index 'ftp://index.example' is no http or https address: set PIP_INDEX_URL to one that is."
    )
    assert "Traceback" not in done.stderr


def test_setting_up_needs_nothing_but_the_standard_library(checkout: Path) -> None:
    code = "import groundwork.sandbox.tools.python_env"
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(checkout)!r}); {code}"]
    subprocess.run(command, check=True)


def test_a_python_that_is_too_old_can_read_the_script_and_is_told(tmp_path: Path) -> None:
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 7))
    assert bootstrap.too_old((3, 9), "/usr/bin/python3") == (
        "Groundwork needs Python 3.11 or newer, and /usr/bin/python3 is Python 3.9.\n"
        "Install one, so that python3 or python3.11 is found on PATH; then run again."
    )


def test_a_newer_python_beside_an_old_one_is_found(
    search_path: Path, write_program: WriteProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(search_path))
    assert bootstrap.fitting_python() is None
    write_program(search_path / "python3.10", "#!/bin/sh\n")
    assert bootstrap.fitting_python() is None
    newer = write_program(search_path / "python3.13", "#!/bin/sh\n")
    assert bootstrap.fitting_python() == str(newer)


def test_the_lock_names_no_registry_but_the_default() -> None:
    lock = (REPOSITORY / "uv.lock").read_text()
    hosts = {line.split("://")[1].split("/")[0] for line in lock.split('"') if "://" in line}
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
