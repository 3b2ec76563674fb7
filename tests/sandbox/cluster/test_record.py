"""What is recorded survives, and a broken record is no reason to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.sandbox.cluster.record import PoolSize, Record, read, write


def test_a_record_is_read_as_it_was_written(record_file: Path) -> None:
    record = Record(sizes={"gpu": PoolSize(0, 2)}, pods={"ml/train": "why"}, nodes={"gpu": "no driver"})
    write(record_file, record)
    assert read(record_file) == record
    assert [file.name for file in record_file.parent.iterdir()] == [record_file.name]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"sizes": {"gpu": 3}}', '{"sizes": {}, "new": 1}'])
def test_a_record_that_cannot_be_read_counts_as_none(record_file: Path, content: str) -> None:
    record_file.write_text(content)
    assert read(record_file) == Record()


def test_no_record_is_an_empty_one(record_file: Path) -> None:
    assert read(record_file) == Record()
