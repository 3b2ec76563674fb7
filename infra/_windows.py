"""When AWS may back up and maintain a server: hours of the day and of the week, in UTC."""

from __future__ import annotations

import re

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_DAILY = re.compile(f"{_TIME}-{_TIME}")
_WEEKLY = re.compile(f"({'|'.join(_DAYS)}):{_TIME}-({'|'.join(_DAYS)}):{_TIME}")


def daily(window: str) -> str:
    """Return a window of each day, such as "02:00-03:00".

    Raises:
        ValueError: where it is none, or shorter than half an hour.
    """
    found = _DAILY.fullmatch(window)
    if found is None:
        raise ValueError(f"{window!r} is no window of a day in UTC; an example is 02:00-03:00")
    start, end = _daily(window)
    if end - start < 30:
        raise ValueError(f"{window} has {end - start} minutes: AWS needs at least 30")
    return window


def weekly(window: str) -> str:
    """Return a window of each week, such as "sun:04:00-sun:05:00".

    Raises:
        ValueError: where it is none, or not between one hour and one day.
    """
    found = _WEEKLY.fullmatch(window)
    if found is None:
        raise ValueError(f"{window!r} is no window of a week in UTC; an example is sun:04:00-sun:05:00")
    start, end = _weekly(window)
    if not 60 <= end - start <= _DAY:
        raise ValueError(f"{window} has {end - start} minutes: it must have 60 to 1440")
    return window


def overlap(day: str, week: str) -> bool:
    """Tell whether a window of each day and one of each week have a minute in common: AWS refuses that."""
    (start, end), (first, last) = _daily(day), _weekly(week)
    # A week window may go on in the next week, and the day's of the Sunday before too.
    days = [(start + n * _DAY, end + n * _DAY) for n in range(-1, 15)]
    return any(begin < last and first < stop for begin, stop in days)


def _daily(window: str) -> tuple[int, int]:
    hours = [int(part[:2]) * 60 + int(part[3:]) for part in window.split("-")]
    return hours[0], hours[1] if hours[1] > hours[0] else hours[1] + _DAY


def _weekly(window: str) -> tuple[int, int]:
    begin, end = window.split("-")
    first, last = (_DAYS.index(text[:3]) * _DAY + int(text[4:6]) * 60 + int(text[7:]) for text in (begin, end))
    return first, last if last > first else last + _WEEK
