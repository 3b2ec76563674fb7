"""Rule: the environment is what uv.lock says, is left alone while nothing changed, and is mended when cut off."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from groundwork.sandbox.tools import pins
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.index import chosen_index
from groundwork.sandbox.tools.machine import this_machine
from groundwork.sandbox.tools.python_env import commands, ensure_environment, environment
from groundwork.sandbox.tools.stamp import is_current

WriteProgram = Callable[[Path, str], Path]

DEFAULT = chosen_index({}, [])
MIRROR = chosen_index({"PIP_INDEX_URL": "https://me:secret@mirror.example/simple"}, [])

MAKES_A_VENV = """#!/bin/sh
echo "$@" >> calls
mkdir -p .venv/bin
echo "home = /usr" > .venv/pyvenv.cfg
printf '#!/bin/sh\\n' > .venv/bin/python
chmod 755 .venv/bin/python
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\n")
    (folder / "uv.lock").write_text("version = 1\n")
    return folder


@pytest.fixture
def uv(home: Path, write_program: WriteProgram, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program in uv's place."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    program = home / "tools" / f"uv-{pins.UV[this_machine()].version}" / "bin" / "uv"

    def put(text: str) -> None:
        write_program(program, text)

    return put


def calls(checkout: Path) -> list[str]:
    return (checkout / "calls").read_text().splitlines()


def test_it_is_made_once_from_the_lock(checkout: Path, uv: Callable[[str], None]) -> None:
    uv(MAKES_A_VENV)
    said: list[str] = []
    assert not is_current(checkout)
    ensure_environment(checkout, said.append)
    assert is_current(checkout)
    ensure_environment(checkout, said.append)
    assert said == ["installing the Python packages of uv.lock"]
    assert calls(checkout) == [f"sync --locked --python {sys.executable} --quiet"]


@pytest.mark.parametrize("file", ["pyproject.toml", "uv.lock", ".venv/pyvenv.cfg"])
def test_it_is_brought_up_to_date_when_what_it_depends_on_changed(
    checkout: Path, uv: Callable[[str], None], file: str
) -> None:
    uv(MAKES_A_VENV)
    ensure_environment(checkout, lambda what: None)
    with (checkout / file).open("a") as changed:
        changed.write("# changed\n")
    assert not is_current(checkout)
    ensure_environment(checkout, lambda what: None)
    assert is_current(checkout)
    # The user's own Python is kept: it is named only for an environment that is not there.
    assert calls(checkout)[1] == "sync --locked --quiet"


def test_text_that_moves_from_one_file_to_the_next_is_a_change(checkout: Path, uv: Callable[[str], None]) -> None:
    uv(MAKES_A_VENV)
    ensure_environment(checkout, lambda what: None)
    (checkout / "pyproject.toml").write_text("[project]\nversion = 1\n")
    (checkout / "uv.lock").write_text("")
    assert not is_current(checkout)


def test_in_a_checkout_that_was_moved_it_is_made_anew(
    checkout: Path, tmp_path: Path, uv: Callable[[str], None]
) -> None:
    uv(MAKES_A_VENV)
    ensure_environment(checkout, lambda what: None)
    (checkout / ".venv" / "bin" / "groundwork").write_text(f"#!{checkout}/.venv/bin/python\n")
    moved = checkout.rename(tmp_path / "moved")
    assert not is_current(moved)
    ensure_environment(moved, lambda what: None)
    assert is_current(moved)
    assert not (moved / ".venv" / "bin" / "groundwork").exists()


def test_it_is_made_again_when_its_python_is_gone(checkout: Path, uv: Callable[[str], None]) -> None:
    uv(MAKES_A_VENV)
    ensure_environment(checkout, lambda what: None)
    (checkout / ".venv" / "bin" / "python").unlink()
    assert not is_current(checkout)
    ensure_environment(checkout, lambda what: None)
    assert calls(checkout)[1] == f"sync --locked --python {sys.executable} --quiet"


def test_after_an_installation_that_was_cut_off_everything_is_installed_anew(
    checkout: Path, uv: Callable[[str], None]
) -> None:
    uv("#!/bin/sh\nexit 2\n")
    with pytest.raises(ToolsError) as caught:
        ensure_environment(checkout, lambda what: None)
    assert str(caught.value) == (
        "uv could not install the Python packages: `uv sync` ended with 2, see above.\n"
        "Check the network, PIP_INDEX_URL and the room on the disk; then run again."
    )
    assert not is_current(checkout)
    uv(MAKES_A_VENV)
    ensure_environment(checkout, lambda what: None)
    assert calls(checkout) == [f"sync --locked --reinstall --python {sys.executable} --quiet"]
    (checkout / "uv.lock").write_text("version = 2\n")
    ensure_environment(checkout, lambda what: None)
    assert calls(checkout)[1] == "sync --locked --quiet"


def test_without_room_nothing_is_begun(
    checkout: Path, uv: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwork.sandbox.tools.disk.free_at", lambda folder: 300_000_000)
    with pytest.raises(ToolsError) as caught:
        ensure_environment(checkout, lambda what: None)
    assert str(caught.value) == (
        f"No room on the disk: installing the Python packages needs 1.1 GB in {checkout}, and 0.3 GB are free.\n"
        "Free some, or move the checkout; then run again."
    )


def test_from_a_mirror_the_locked_versions_are_installed_by_digest(checkout: Path) -> None:
    venv = checkout / ".venv"
    python = ("--python", str(venv / "bin" / "python"))
    wanted = str(venv / "groundwork-requirements.txt")
    assert commands(checkout, MIRROR) == [
        ("venv", "--allow-existing", "--python", sys.executable, str(venv)),
        ("export", "--frozen", "--no-emit-project", "--output-file", wanted),
        ("pip", "sync", "--require-hashes", *python, wanted),
        ("pip", "install", "--no-deps", *python, "--editable", "."),
    ]


def test_the_password_of_a_mirror_is_in_no_argument(checkout: Path) -> None:
    assert "secret" not in str(commands(checkout, MIRROR))
    assert environment(MIRROR)["UV_DEFAULT_INDEX"] == "https://me:secret@mirror.example/simple"


def test_uv_downloads_no_python_and_is_not_drawn_to_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere/else")
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "/somewhere/else")
    told = environment(DEFAULT)
    assert told["UV_PYTHON_DOWNLOADS"] == "never"
    assert told["UV_PROJECT_ENVIRONMENT"] == ".venv"
    assert "VIRTUAL_ENV" not in told
    assert "UV_DEFAULT_INDEX" not in told
