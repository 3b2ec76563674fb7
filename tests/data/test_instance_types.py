"""The table of instance types: every cell is read, and what is wrong is named."""

from __future__ import annotations

import pytest

from groundwork.data.instance_types import (
    Accelerator,
    UnknownInstanceTypeError,
    instance_type,
    instance_types,
    parse,
)

_HEADER = (
    "instance_type,usd_per_hour,vcpus,memory_gib,architecture,accelerator,accelerator_count,"
    "accelerator_memory_gib,efa\n"
)


def test_every_row_of_the_table_is_read() -> None:
    """One unreadable cell would make every plan fail, so all are read here."""
    kinds = instance_types()
    assert len(kinds) > 1300
    assert all(kind.usd_per_hour > 0 for kind in kinds.values())
    shaped = [kind for kind in kinds.values() if kind.vcpus is not None]
    assert len(shaped) > 1300
    assert all(kind.vcpus and kind.memory_gib and kind.architecture for kind in shaped)


def test_a_gpu_type_says_model_count_and_memory() -> None:
    """Pools are chosen by accelerator: vendor, model, count and memory must be exact."""
    kind = instance_type("g6.12xlarge")
    assert kind.accelerator == Accelerator("nvidia", "L4", 4, 22.3515625)
    assert kind.accelerator.name == "nvidia-l4"
    assert (kind.vcpus, kind.memory_gib, kind.gpus) == (48, 192.0, 4)


@pytest.mark.parametrize(
    ("name", "gpus", "why"),
    [
        ("m7i.large", 0, "no accelerator"),
        ("g6f.large", 0, "a share of a GPU is no whole one"),
        ("inf2.xlarge", 0, "an accelerator of another vendor"),
        ("p5.48xlarge", 8, "eight whole ones"),
    ],
)
def test_only_whole_nvidia_gpus_count_as_gpus(name: str, gpus: int, why: str) -> None:
    assert instance_type(name).gpus == gpus, why


def test_an_unknown_type_names_the_ones_that_may_have_been_meant() -> None:
    with pytest.raises(UnknownInstanceTypeError) as caught:
        instance_type("g6.xlarg")
    assert str(caught.value).startswith("'g6.xlarg' is not one of the ")
    assert "did you mean g6.xlarge" in str(caught.value)


def test_a_type_that_resembles_nothing_gets_an_example() -> None:
    with pytest.raises(UnknownInstanceTypeError, match=r"an example is m7i\.large"):
        instance_type("????")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x.large,free,2,8.0,x86_64,,,,False", "x.large: could not convert string to float: 'free'"),
        ("x.large,1,2,8.0,sparc,,,,False", "x.large: unknown architecture 'sparc'"),
        ("x.large,1,2,8.0,arm64,amd MI300,1,,False", "x.large: unknown accelerator vendor 'amd'"),
    ],
)
def test_a_broken_cell_is_told_with_its_type(row: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^ec2-instance-types\.csv, ") as caught:
        parse(_HEADER + row)
    assert str(caught.value).endswith(message)
