"""What every stand-in remembers survives a kill: creates that the engine may not know of, and marks."""

from __future__ import annotations

import threading
from pathlib import Path

from groundwork.sandbox.standins.journal import Journal
from groundwork.sandbox.standins.ledger import Entry, Ledger
from groundwork.sandbox.standins.values import UNKNOWN, conceal, has_unknown, reveal, secret_paths, to_python, to_struct

URN = "urn:pulumi:dev::p::aws:ec2/vpc:Vpc::main"


def test_a_create_is_offered_to_the_next_process_until_the_engine_shows_its_id(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal").create(URN) as attempt:
        attempt.made("vpc-1", {"cidr": "a"}, region="eu-west-1")
    again = Journal(tmp_path / "journal")
    with again.create(URN) as attempt:
        assert attempt.earlier is not None
        assert (attempt.earlier.id, attempt.earlier.facts) == ("vpc-1", {"region": "eu-west-1"})
    again.seen(URN, "another-id")
    assert [made.id for made in again.unseen()] == ["vpc-1"]
    again.seen(URN, "vpc-1")
    assert Journal(tmp_path / "journal").unseen() == []


def test_a_second_create_of_a_urn_waits_for_the_one_under_way(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    order: list[str] = []

    def second() -> None:
        with journal.create(URN) as attempt:
            order.append(f"second finds {attempt.earlier.id if attempt.earlier else None}")

    with journal.create(URN) as attempt:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.1)
        order.append("first")
        attempt.made("vpc-1", {})
    thread.join(5)
    assert order == ["first", "second finds vpc-1"]


def test_a_line_cut_short_by_a_kill_is_dropped(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.mark(URN, "executed", "on moto")
    with (tmp_path / "ledger").open("a") as file:
        file.write('{"urn": "urn:half')
    assert Ledger(tmp_path / "ledger").entries() == {URN: Entry("executed", "on moto")}


def test_files_are_readable_by_the_owner_only(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger").mark(URN, "recorded")
    Ledger(tmp_path / "ledger")
    assert (tmp_path / "ledger").stat().st_mode & 0o077 == 0


def test_values_survive_the_wire() -> None:
    values = {"count": 3, "share": 0.5, "on": True, "list": [1, {"x": None}], "later": UNKNOWN}
    assert to_python(to_struct(values)) == values
    assert has_unknown(values)
    secret = {"a": {"b": [conceal("s")]}}
    assert list(secret_paths(secret)) == [("a", "b", "0")]
    assert reveal(secret) == {"a": {"b": ["s"]}}
