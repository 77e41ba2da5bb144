"""Quiet hours are hours of a place: over midnight, and over the nights when its clocks are changed."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from server.errors import Invalid
from server.protocol.notifications import QuietHours
from server.protocol.quiet_hours import check, is_quiet, spans

DAY_MS = 86_400_000


def hours(begin: str = "22:00", end: str = "08:00", zone: str = "Asia/Seoul", *, on: bool = True) -> QuietHours:
    return QuietHours(on=on, begin=begin, end=end, time_zone=zone)


def at(text: str) -> int:
    """A moment that is written in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-11-21T12:59:59", False),  # 21:59:59 in Seoul
        ("2026-11-21T13:00:00", True),
        ("2026-11-21T15:00:00", True),  # midnight
        ("2026-11-21T22:59:59", True),
        ("2026-11-21T23:00:00", False),
    ],
)
def test_a_night_goes_over_midnight(moment: str, quiet: bool) -> None:
    assert is_quiet(hours(), at(moment)) is quiet
    assert not is_quiet(hours(on=False), at(moment))


def test_hours_of_one_day_do_not() -> None:
    lunch = hours("12:00", "13:00", "Europe/Berlin")
    assert is_quiet(lunch, at("2026-07-01T10:30:00"))
    assert not is_quiet(lunch, at("2026-07-01T11:30:00"))
    # The same hour is another moment in winter.
    assert not is_quiet(lunch, at("2026-12-01T10:30:00"))
    assert is_quiet(lunch, at("2026-12-01T11:30:00"))


def test_the_night_of_a_clock_change_is_an_hour_shorter_or_longer() -> None:
    berlin = hours(zone="Europe/Berlin")
    [spring] = spans(berlin, at("2026-03-28T22:00:00"), at("2026-03-29T05:00:00"))
    assert (spring.start, spring.end) == (at("2026-03-28T21:00:00"), at("2026-03-29T06:00:00"))
    assert spring.end - spring.start == 9 * 3_600_000
    [autumn] = spans(berlin, at("2026-10-24T22:00:00"), at("2026-10-25T05:00:00"))
    assert autumn.end - autumn.start == 11 * 3_600_000


def test_hours_that_a_clock_change_leaves_out_or_has_twice_are_taken_once() -> None:
    # 02:30 is not there on the 29th of March, and twice on the 25th of October.
    berlin = hours("02:30", "04:00", "Europe/Berlin")
    assert spans(berlin, at("2026-03-29T00:00:00"), at("2026-03-29T12:00:00")) == [
        (at("2026-03-29T01:30:00"), at("2026-03-29T02:00:00"))
    ]
    assert spans(berlin, at("2026-10-25T00:00:00"), at("2026-10-25T12:00:00")) == [
        (at("2026-10-25T00:30:00"), at("2026-10-25T03:00:00"))
    ]


def test_a_week_has_its_nights_in_order_and_the_one_that_has_begun() -> None:
    begin = at("2026-11-21T14:00:00")  # 23:00 in Seoul
    found = spans(hours(), begin, begin + 7 * DAY_MS)
    assert len(found) == 8
    assert found[0].start < begin < found[0].end
    assert found == sorted(found)
    assert all(before.end < after.start for before, after in itertools.pairwise(found))


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "Seoul", "../etc/passwd", "/etc/localtime", "Asia", " "])
def test_a_zone_that_is_none_is_refused_by_name(zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(hours(zone=zone))
    assert refused.value.field == "quiet_hours.time_zone"


def test_hours_that_never_end_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        check(hours("08:00", "08:00"))
    assert refused.value.field == "quiet_hours.end"
