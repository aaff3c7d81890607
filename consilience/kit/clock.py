"""Instants: UTC, microseconds, always written the same way, so that text order is time order."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NewType
from zoneinfo import ZoneInfo

from consilience.kit.errors import BadInput

Instant = NewType("Instant", str)
"""`YYYY-MM-DDTHH:MM:SS.ffffffZ`. Comparing two of them as strings compares the moments."""

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def now() -> Instant:
    """The present moment. Only surfaces call this; everything below takes an instant as an argument."""
    return instant(datetime.now(UTC))


def instant(moment: datetime) -> Instant:
    """An aware datetime as an instant. A naive one is refused: nobody knows which moment it means."""
    if moment.tzinfo is None:
        raise BadInput("time", f"{moment.isoformat()} has no time zone")
    # Not strftime: glibc writes the year 999 in three digits, and text order would no longer be time order.
    return Instant(moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z")


def moment(at: Instant) -> datetime:
    """An instant as an aware datetime in UTC."""
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def is_instant(text: str) -> bool:
    """Whether a clock can show this text: a form with the 31st of February in it is no instant."""
    if not _INSTANT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)  # twenty times as fast as strptime: verifiers ask this of every entry
    except ValueError:
        return False
    return True


def read_instant(text: str, *, zone: str, end: bool = False) -> Instant:
    """What a person or program meant by `text`: an instant, any RFC 3339 time with a zone, or a bare date.

    A bare date as a start is that day's first instant in the workspace zone; as an end (`end=True`) it is the next
    day's first instant, since every interval is half-open.
    """
    if is_instant(text):
        return Instant(text)
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            return instant(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))
        return instant(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise BadInput("time", f"{text!r} is not a moment: expected 2026-11-23, or 2026-11-23T10:15:00Z") from error


def shift(at: Instant, **delta: float) -> Instant:
    """`shift(at, days=30)`: an instant moved by a fixed length."""
    return instant(moment(at) + timedelta(**delta))
