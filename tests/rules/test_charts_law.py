"""The pictures of the law: one line of days, one bar of states."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

from consilience.surfaces.web.charts import dates, shares
from consilience.surfaces.web.charts.dates import Day

TODAY = date(2026, 11, 23)


def circles(picture: str) -> list[tuple[float, float]]:
    return [(float(x), float(r)) for x, r in re.findall(r'<circle[^>]* cx="([\d.]+)"[^>]* r="([\d.]+)"', picture)]


def test_days_stand_in_their_order_and_no_dot_covers_another() -> None:
    days = [Day(date(2026, 8, 2), ("b",) * 20), Day(date(2026, 7, 27), ("a",)), Day(date(2027, 12, 2), ("c", "d"))]
    placed = circles(dates.axis(days, today=TODAY, chosen=TODAY, title="When"))
    assert [x for x, _r in placed] == sorted(x for x, _r in placed)
    for (one, small), (other, large) in pairwise(placed):
        assert other - one >= small + large


def test_what_lies_ahead_is_marked_by_the_day_that_is_looked_at() -> None:
    days = [Day(date(2026, 8, 2), ("a",)), Day(date(2027, 12, 2), ("b",))]
    now = dates.axis(days, today=TODAY, chosen=TODAY, title="When")
    assert (now.count("w-dot past"), now.count("w-dot next"), "what if" in now) == (1, 1, False)
    then = dates.axis(days, today=TODAY, chosen=date(2026, 7, 26), title="When")
    assert (then.count("w-dot past"), then.count("w-dot next"), "what if" in then) == (0, 2, True)
    assert "When: 1 on 2 August 2026, 1 on 2 December 2027." in now


def test_the_picture_is_as_high_as_its_labels_need() -> None:
    def height(*days: Day) -> int:
        found = re.search(r'viewBox="0 0 \d+ (\d+)"', dates.axis(days, today=TODAY, chosen=TODAY, title="When"))
        assert found is not None
        return int(found[1])

    far, near = Day(date(2020, 1, 1), ("a",)), Day(date(2026, 8, 2), ("b",))
    assert height(far, near) < height(far, near, Day(date(2026, 8, 9), ("c",)))


def test_a_bar_says_its_parts_in_words_and_leaves_out_what_is_none() -> None:
    parts = [
        shares.Part("met", "#000", "Met", 3),
        shares.Part("open", "#111", "Open <b>", 1),
        shares.Part("unknown", "#222", "?", 0),
    ]
    shown = shares.bar(parts, title="Law")
    assert 'aria-label="Law. Met: 3, Open &lt;b&gt;: 1."' in shown
    assert 'width="75.00"' in shown
    assert "p-unknown" not in shown
    assert shares.bar(parts[2:], title="Law") == ""
