"""What has an end of life, before and after it."""

from __future__ import annotations

import datetime

import pytest

from groundwork.core.catalogue import Catalogue, Chart, Image, end_of
from groundwork.core.errors import StackError

DAY = datetime.date(2026, 6, 15)


def catalogue(end: datetime.date, keep_until: datetime.date | None = None) -> Catalogue:
    facts = {"licence": "Apache-2.0", "end_of_life": end, "keep_until": keep_until}
    chart = Chart(chart="keda", version="2.0.0", app_version="2", repository="https://example.com", **facts)
    return Catalogue(
        charts={"keda": chart},
        images={"postgres": Image(image="docker.io/library/postgres", tag="9.6", **facts)},
        kubernetes=("1.35",),
    )


@pytest.mark.parametrize(
    ("days", "expired", "ending"),
    [
        (-1, ["keda: 2.0.0 has had no fixes since 2026-06-14", "postgres: 9.6 has had no fixes since 2026-06-14"], []),
        (
            0,
            [],
            [
                "keda: 2.0.0 gets no fixes after 2026-06-15, in 0 days",
                "postgres: 9.6 gets no fixes after 2026-06-15, in 0 days",
            ],
        ),
        (
            60,
            [],
            [
                "keda: 2.0.0 gets no fixes after 2026-08-14, in 60 days",
                "postgres: 9.6 gets no fixes after 2026-08-14, in 60 days",
            ],
        ),
        (61, [], []),
    ],
)
def test_an_end_is_told_before_it_comes_and_after(days: int, expired: list[str], ending: list[str]) -> None:
    given = catalogue(DAY + datetime.timedelta(days=days))
    assert given.expired(DAY) == expired
    assert given.ending(DAY) == ending


def test_what_is_past_its_end_is_not_installed() -> None:
    """Found when a component asks for it: before the first resource."""
    old = catalogue(datetime.date(2020, 1, 1))
    remedy = "raise it in platform/catalogue.yaml, or set keepUntil there and say in its note why"
    with pytest.raises(StackError) as chart:
        old.chart("keda")
    assert chart.value.problems == (f"keda: 2.0.0 has had no fixes since 2020-01-01: {remedy}",)
    with pytest.raises(StackError) as image:
        old.image("postgres")
    assert image.value.problems == (f"postgres: 9.6 has had no fixes since 2020-01-01: {remedy}",)


def test_what_is_kept_past_its_end_is_installed() -> None:
    kept = catalogue(datetime.date(2020, 1, 1), keep_until=datetime.date(2999, 1, 1))
    assert kept.chart("keda").version == "2.0.0"
    assert kept.expired(DAY) == []
    assert catalogue(DAY - datetime.timedelta(days=9), keep_until=DAY - datetime.timedelta(days=1)).expired(DAY)


def test_in_a_table_what_has_ended_is_told_from_what_will() -> None:
    """With the day until which it is kept all the same, while that is not over either."""
    day = datetime.timedelta(days=1)
    assert end_of(catalogue(DAY).charts["keda"], DAY) == "2026-06-15"
    assert end_of(catalogue(DAY).charts["keda"], DAY + day) == "ended 2026-06-15"
    kept = catalogue(DAY, DAY + day).charts["keda"]
    assert end_of(kept, DAY) == "2026-06-15"
    assert end_of(kept, DAY + day) == "ended 2026-06-15, kept until 2026-06-16"
    assert end_of(kept, DAY + 2 * day) == "ended 2026-06-15"
    assert end_of(kept.model_copy(update={"end_of_life": None}), DAY) == ""
