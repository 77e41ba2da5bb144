"""When it is quiet: hours of a place on Earth as spans of time, with its summers and winters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from server.errors import Invalid
from server.protocol.notifications import QuietHours

_DAY_MS = 86_400_000


class Span(NamedTuple):
    """From a moment until another, in UTC milliseconds; the second does not belong to it."""

    start: int
    end: int


def check(hours: QuietHours) -> None:
    """Raises Invalid when there is no such time zone, or when the hours begin and end at once."""
    _zone(hours.time_zone)
    if hours.begin == hours.end:
        raise Invalid("Quiet hours end at another time than they begin.", field="quiet_hours.end")


def spans(hours: QuietHours, begin: int, end: int) -> list[Span]:
    """The spans that lie in the time from ``begin`` until ``end``, wholly or in part, in their order.

    Each begins at the hour of one day and ends at the next such hour. Where clocks are put forward over an hour, it is
    taken as they stood before; where they are put back over it, the first time counts (RFC 5545, 3.3.5).
    """
    if not hours.on:
        return []
    return [span for span in _spans(hours, begin, end) if span.end > begin and span.start < end]


def is_quiet(hours: QuietHours, at: int) -> bool:
    """Whether a moment lies in them."""
    return bool(spans(hours, at, at + 1))


def _spans(hours: QuietHours, begin: int, end: int) -> Iterator[Span]:
    zone = _zone(hours.time_zone)
    day = datetime.fromtimestamp((begin - 2 * _DAY_MS) / 1000, UTC).date()
    last = datetime.fromtimestamp((end + _DAY_MS) / 1000, UTC).date()
    starts, ends = time.fromisoformat(hours.begin), time.fromisoformat(hours.end)
    while day <= last:
        until = day if ends > starts else day + timedelta(days=1)
        yield Span(_moment(day, starts, zone), _moment(until, ends, zone))
        day += timedelta(days=1)


def _moment(day: date, hour: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, hour, zone).timestamp()) * 1000


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        # Unknown, no name at all, or one that leads out of the folder of time zones.
        raise Invalid(
            "There is no such time zone; its name is like Asia/Seoul.", field="quiet_hours.time_zone"
        ) from None
