"""What is wrong with the tools and the environment, for `groundwork doctor`."""

from __future__ import annotations

import os
from pathlib import Path

from groundwork.sandbox.finding import Finding, Severity
from groundwork.sandbox.home import home, tools_dir
from groundwork.sandbox.tools import pins
from groundwork.sandbox.tools.definitions import TOOLS
from groundwork.sandbox.tools.disk import GIGABYTE, free_at, gigabytes
from groundwork.sandbox.tools.ensure import LOCK
from groundwork.sandbox.tools.locate import REMEDY, survey
from groundwork.sandbox.tools.lock import is_held
from groundwork.sandbox.tools.machine import this_machine
from groundwork.sandbox.tools.scratch import leftovers, size_of
from groundwork.sandbox.tools.stamp import is_current

# A sandbox of production takes 0.3 GB, with its logs and what Helm keeps; some room beside it.
NEEDED = GIGABYTE // 2
CHECKOUT = Path(__file__).resolve().parents[3]


def check() -> list[Finding]:
    """Return everything that is missing, broken, stale or left over, each with the command that mends it."""
    return [*_missing(), *_environment(), *_room(), *_left_over(), *_outdated()]


def _missing() -> list[Finding]:
    _, missing = survey()
    return [Finding(each.tool.label, each.why, REMEDY) for each in missing]


def _environment() -> list[Finding]:
    if is_current(CHECKOUT):
        return []
    problem = "is not known to be what pyproject.toml and uv.lock say now"
    return [Finding("Python packages in .venv", problem, REMEDY, Severity.WARNING)]


def _room() -> list[Finding]:
    folder, free = home(), free_at(home())
    remedy = "export GROUNDWORK_HOME=..., a folder on another disk; or make room: the sandboxes below can go, too"
    if not os.access(_nearest(folder), os.W_OK) or os.statvfs(_nearest(folder)).f_flag & os.ST_RDONLY:
        return [Finding(str(folder), "cannot be written", "export GROUNDWORK_HOME=..., a folder that can be")]
    if free < NEEDED:
        problem = f"has {gigabytes(free)} free; a sandbox takes up to {gigabytes(NEEDED)}"
        return [Finding(str(folder), problem, remedy, Severity.WARNING)]
    return []


def _nearest(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


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
    known = {folder.rpartition("-")[0] for folder in present}
    return [
        Finding(
            str(folder),
            "is of another version than this checkout uses; another checkout may",
            f"rm -r {folder}",
            Severity.NOTE,
        )
        for folder in sorted(tools_dir().glob("*-*"))
        # What else tests put there is not of another version.
        if folder.name not in present and folder.name.rpartition("-")[0] in known
    ]
