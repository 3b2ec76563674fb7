"""What is wrong with the tools and the environment, for `groundwork doctor`."""

from __future__ import annotations

from pathlib import Path

from groundwork.sandbox.finding import Finding, Severity
from groundwork.sandbox.home import tools_dir
from groundwork.sandbox.tools import pins
from groundwork.sandbox.tools.definitions import TOOLS
from groundwork.sandbox.tools.disk import gigabytes
from groundwork.sandbox.tools.ensure import LOCK
from groundwork.sandbox.tools.locate import REMEDY, survey
from groundwork.sandbox.tools.lock import is_held
from groundwork.sandbox.tools.machine import this_machine
from groundwork.sandbox.tools.scratch import leftovers, size_of
from groundwork.sandbox.tools.stamp import is_current

CHECKOUT = Path(__file__).resolve().parents[3]


def check() -> list[Finding]:
    """Return everything that is missing, broken, stale or left over, each with the command that mends it."""
    return [*_missing(), *_environment(), *_left_over(), *_outdated()]


def _missing() -> list[Finding]:
    _, missing = survey()
    return [Finding(each.tool.label, each.why, REMEDY) for each in missing]


def _environment() -> list[Finding]:
    if is_current(CHECKOUT):
        return []
    problem = "is not known to be what pyproject.toml and uv.lock say now"
    return [Finding("Python packages in .venv", problem, REMEDY, Severity.WARNING)]


def _left_over() -> list[Finding]:
    # A build that is going on has its folder by right.
    if is_held(LOCK):
        return []
    return [
        Finding(str(folder), f"was left by a killed build ({gigabytes(size_of(folder))})", REMEDY, Severity.WARNING)
        for folder in leftovers()
    ]


def _outdated() -> list[Finding]:
    present = {tool.folder for tool in TOOLS}
    present |= {f"uv-{pins.UV[this_machine()].version}"} if this_machine() in pins.UV else set()
    return [
        Finding(
            str(folder),
            "is of another version than this checkout uses; another checkout may",
            f"rm -r {folder}",
            Severity.NOTE,
        )
        for folder in sorted(tools_dir().glob("*-*"))
        if folder.name not in present
    ]
