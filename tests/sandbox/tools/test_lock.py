"""Rule: one process at a time; a lock dies with its process."""

from __future__ import annotations

import subprocess
import sys
import threading

from groundwork.sandbox.tools.lock import exclusive, is_held

_HOLD = """
import sys
from groundwork.sandbox.tools.lock import exclusive
with exclusive("x", print):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold() -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_free_lock_is_taken_without_a_word_and_given_back() -> None:
    said: list[str] = []
    assert not is_held("x")
    with exclusive("x", said.append):
        assert is_held("x")
    assert not is_held("x")
    assert said == []


def test_whoever_waits_is_told_who_holds_the_lock_and_gets_it_then() -> None:
    holder = hold()
    said: list[str] = []
    told, got = threading.Event(), threading.Event()

    def waiting(who: str) -> None:
        said.append(who)
        told.set()

    def take() -> None:
        with exclusive("x", waiting):
            got.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert told.wait(10)
    assert said[0].startswith(f"process {holder.pid}, since ")
    assert not got.is_set()
    holder.communicate()
    assert got.wait(10)
    thread.join()


def test_the_lock_of_a_killed_process_is_free() -> None:
    holder = hold()
    assert is_held("x")
    holder.kill()
    holder.communicate()
    said: list[str] = []
    with exclusive("x", said.append):
        pass
    assert said == []
