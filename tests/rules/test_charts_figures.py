"""What a page says about a figure: its value and interval, or why there is none."""

from __future__ import annotations

import pytest
from django.conf import settings

from consilience.surfaces.web.charts import figures
from consilience.surfaces.web.charts.figures import Figure, Unit
from consilience.surfaces.web.charts.scales import Range, scale

if not settings.configured:  # the words of a page are translated, and translation asks for settings
    settings.configure(USE_I18N=False)


def test_a_recorded_figure_is_read_from_decimal_strings() -> None:
    read = figures.read({"value": "0.857", "low": "0.79", "high": 0.93, "level": "0.95", "rows": 4210, "reason": None})
    assert read == Figure(0.857, 0.79, 0.93, 4210, "")


def test_a_figure_without_a_value_says_why_and_never_zero() -> None:
    said = figures.html(figures.read({"value": None, "reason": "no positive case in this group"}))
    assert "undefined, because no positive case in this group" in said
    assert "0" not in said


def test_a_missing_reason_is_said_to_be_missing() -> None:
    assert figures.because(figures.read(None)) == "undefined, no reason was recorded"


@pytest.mark.parametrize("given", ["", "n/a", "NaN", "inf", "1e400", "1e99", True, [], {}])
def test_what_cannot_be_drawn_is_undefined(given: object) -> None:
    assert figures.read({"value": given}).value is None


def test_a_zero_that_was_measured_is_shown_as_zero() -> None:
    assert "<b>0.00</b>" in figures.html(Figure(0.0))


def test_a_rounded_zero_has_no_sign() -> None:
    assert figures.written(-0.0001) == "0.00"
    assert figures.written(-0.5) == "\N{MINUS SIGN}0.50"


def test_percent_shifts_the_places() -> None:
    assert figures.written(0.8571, unit=Unit.PERCENT) == "85.7 %"


def test_a_hostile_reason_is_escaped() -> None:
    assert "<script" not in figures.html(Figure(None, reason="<script>alert(1)</script>"))


def test_a_range_holds_its_ends_and_an_open_side_holds_all() -> None:
    assert Range(low=0.8).holds(0.8)
    assert Range(low=0.8).holds(99.0)
    assert not Range(low=0.8, high=1.25).holds(1.26)


def test_a_scale_has_round_marks_that_hold_all_values() -> None:
    made = scale([0.67, 1.01, 0.8])
    assert made.marks == (0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
    assert made.decimals == 1
    assert made.percent(0.6) == 0
    assert made.percent(1.1) == 100


@pytest.mark.parametrize("values", [[], [0.5], [0.0, 0.0], [1e9], [-3.0], [1e-9, 2e-9], [float("nan")], [1e15, -1e15]])
def test_a_scale_is_never_of_zero_width(values: list[float]) -> None:
    made = scale(values)
    assert made.start < made.end
    assert 2 <= len(made.marks) <= 12


def test_a_quarter_needs_two_places() -> None:
    assert scale([0.0, 1.0]).decimals == 2
