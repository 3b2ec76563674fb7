"""Several engines at once, with a stand-in of the CLI: who is begun when, and what an interrupt does."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.engine.run import Engine, Task
from tests.sandbox.waiting import until

# Writes down when it runs; ends with the code that its stack is named after, or after an interrupt.
_CLI = """#!/bin/sh
trap 'echo "interrupted $3" >> {journal}; exit 8' INT
echo "begin $3" >> {journal}
echo "said by $3"
sleep {seconds} & wait $!
echo "end $3" >> {journal}
exit ${{3#code}}
"""


def _engine(folder: Path, seconds: float) -> tuple[Engine, Path]:
    journal, cli = folder / "journal", folder / "pulumi"
    cli.write_text(_CLI.format(journal=journal, seconds=seconds))
    cli.chmod(0o755)
    return Engine(cli, folder, dict(os.environ), folder), journal


def test_each_has_its_own_outcome_and_no_more_run_than_asked_for(tmp_path: Path) -> None:
    engine, journal = _engine(tmp_path, 0.2)
    tasks = [Task("preview", stack) for stack in ("code0", "code4", "code5")]
    outcomes = engine.side_by_side(tasks, at_once=2)
    assert [outcome.code for outcome in outcomes] == [0, 4, 5]
    assert [outcome.output for outcome in outcomes] == ["said by code0", "said by code4", "said by code5"]
    lines = journal.read_text().split("\n")
    assert {*lines[:2]} == {"begin code0", "begin code4"}, "two at once"
    assert lines.index("begin code5") > 2, "the third waits for one to end"


def test_an_interrupt_ends_all_that_run_and_begins_no_more(tmp_path: Path) -> None:
    engine, journal = _engine(tmp_path, 30)
    tasks = [Task("preview", stack) for stack in ("code0", "code1", "code2")]

    def interrupt() -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not (journal.exists() and journal.read_text().count("begin") == 2):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        engine.side_by_side(tasks, at_once=2)
    assert {*journal.read_text().split("\n")} == {
        "begin code0",
        "begin code1",
        "interrupted code0",
        "interrupted code1",
        "",
    }


class _Interrupted(Engine):
    """An engine that is interrupted while it starts a run."""

    @contextlib.contextmanager
    def _started(self, task: Task) -> Iterator[Any]:
        with super()._started(task) as run:
            until(lambda: (self.project / "journal").exists())
            os.kill(os.getpid(), signal.SIGINT)
            yield run


def test_an_interrupt_ends_what_is_just_being_started(tmp_path: Path) -> None:
    engine, journal = _engine(tmp_path, 30)
    with pytest.raises(KeyboardInterrupt):
        _Interrupted(engine.pulumi, engine.project, engine.environ, engine.logs).run("preview", "code0")
    assert journal.read_text() == "begin code0\ninterrupted code0\n"
