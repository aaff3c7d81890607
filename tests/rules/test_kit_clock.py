"""Instants, and what a bare date means in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.kit.clock import Instant, instant, is_instant, moment, read_instant, shift
from consilience.kit.errors import BadInput


def first_instant(day: date, zone: str) -> datetime:
    """The oracle: walks through time until some clock in the zone shows that day, or a later one."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
    while at.astimezone(ZoneInfo(zone)).date() < day:
        at += timedelta(minutes=15)
    return at


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000000Z"),  # summer time begins during the day
        ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00.000000Z"),  # after the day of 25 hours
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000000Z"),  # there was no midnight
        ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00.000000Z"),  # the same
        ("America/Havana", "2024-11-03", "2024-11-03T04:00:00.000000Z"),  # midnight came twice
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000000Z"),  # the day itself was left out
        ("Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00.000000Z"),
        ("UTC", "2024-02-29", "2024-02-29T00:00:00.000000Z"),
    ],
)
def test_a_date_begins_with_the_days_first_instant(zone: str, day: str, expected: str) -> None:
    assert read_instant(day, zone=zone) == expected
    assert moment(Instant(expected)) == first_instant(date.fromisoformat(day), zone)


def test_a_day_that_was_left_out_is_an_empty_interval() -> None:
    day, zone = "2011-12-30", "Pacific/Apia"
    assert read_instant(day, zone=zone) == read_instant(day, zone=zone, end=True)


@given(
    st.sampled_from(sorted(available_timezones())),
    st.dates(min_value=date(1990, 1, 1), max_value=date(2037, 12, 30)),
)
@settings(max_examples=150, deadline=None)
def test_a_date_begins_where_the_zones_clocks_begin_it_and_ends_where_the_next_begins(zone: str, day: date) -> None:
    start = read_instant(day.isoformat(), zone=zone)
    assert moment(start) == first_instant(day, zone)
    following = (day + timedelta(days=1)).isoformat()
    assert read_instant(day.isoformat(), zone=zone, end=True) == read_instant(following, zone=zone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T10:15:00Z", "2026-11-23T10:15:00.000000Z"),
        ("2026-11-23T10:15:00.5+01:00", "2026-11-23T09:15:00.500000Z"),
        ("2026-11-23T10:15:00.123456Z", "2026-11-23T10:15:00.123456Z"),
        ("0999-06-01", "0999-06-01T00:00:00.000000Z"),
    ],
)
def test_a_moment_with_a_zone_means_itself(text: str, expected: str) -> None:
    assert read_instant(text, zone="UTC") == expected
    assert is_instant(expected)


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-13-01", "2026-02-30", "2026-11-23T10:15:00", "2026-11-23T25:00:00Z", "9999-12-31"],
)
def test_what_is_no_moment_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match="moment|time zone"):
        read_instant(text, zone="UTC", end=True)


def test_a_moment_before_the_year_1_is_refused() -> None:
    with pytest.raises(BadInput, match="is not a moment"):
        read_instant("0001-01-01", zone="Pacific/Auckland")


ARABIC_DIGITS = "٢٠٢٦-11-23T10:15:00.000000Z"


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-23T10:15:00Z", "2026-11-23T10:15:00.000000", "2026-02-30T00:00:00.000000Z", ARABIC_DIGITS],
)
def test_one_spelling_is_an_instant(text: str) -> None:
    assert not is_instant(text)


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=20))
def test_text_order_is_time_order(moments: list[datetime]) -> None:
    in_time = [instant(one) for one in sorted(moments)]
    assert in_time == sorted(in_time)
    assert [moment(one) for one in in_time] == sorted(moments)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(BadInput, match="no time zone"):
        instant(datetime(2026, 11, 23))  # noqa: DTZ001 - that is the point


def test_a_shift_is_a_length_and_not_a_calendar() -> None:
    before = read_instant("2026-10-25", zone="Europe/Berlin")
    after = read_instant("2026-10-26", zone="Europe/Berlin")
    assert shift(before, days=1) < after  # that day had 25 hours
    assert shift(before, hours=25) == after


def test_instants_in_any_zone_are_written_in_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=45))
    times = [datetime(2026, 1, 1, hour, tzinfo=east) for hour in range(24)]
    written = [instant(one) for one in times]
    assert all(earlier < following for earlier, following in pairwise(written))
    assert all(text.endswith("Z") for text in written)
