"""Charts are pictures with words: nothing undefined is drawn, nothing hostile gets out, nothing needs inline style."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.utils.safestring import SafeString

from consilience.surfaces.web.charts import calibration, gaps, intervals, sparkline
from consilience.surfaces.web.charts.calibration import Bin
from consilience.surfaces.web.charts.figures import Figure
from consilience.surfaces.web.charts.gaps import Gap
from consilience.surfaces.web.charts.intervals import Group
from consilience.surfaces.web.charts.scales import Range
from consilience.surfaces.web.charts.sparkline import Moment

if not settings.configured:
    settings.configure(USE_I18N=False)

MEASURED = Figure(0.74, 0.67, 0.81, 2961)
UNDEFINED = Figure(None, rows=0, reason="the group has no rows")
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)> {0} %s &amp;'

Draw = Callable[[str, Figure], SafeString]


def draw_points(name: str, figure: Figure) -> SafeString:
    return intervals.points([Group(name, figure)], title=name, reference=0.8, reference_name=name)


def draw_ratios(name: str, figure: Figure) -> SafeString:
    return intervals.ratios([Group(name, figure)], title=name, agreed=Range(low=0.8))


def draw_gaps(name: str, figure: Figure) -> SafeString:
    return gaps.bars([Gap(name, figure, 0.1)], title=name)


def draw_reliability(name: str, figure: Figure) -> SafeString:
    return calibration.reliability([Bin(name, 0.5, figure)], title=name)


def draw_line(name: str, figure: Figure) -> SafeString:
    return sparkline.line([Moment(name, figure)], title=name)


every_chart = pytest.mark.parametrize("draw", [draw_points, draw_ratios, draw_gaps, draw_reliability, draw_line])


@every_chart
@pytest.mark.parametrize("figure", [MEASURED, UNDEFINED, Figure(None, reason=HOSTILE)])
def test_hostile_names_and_reasons_are_escaped(draw: Draw, figure: Figure) -> None:
    drawn = draw(HOSTILE, figure)
    assert isinstance(drawn, SafeString)
    assert "<script" not in drawn
    assert "<img" not in drawn
    parsed(drawn)


@every_chart
def test_no_chart_needs_inline_style_or_script(draw: Draw) -> None:
    for element in parsed(draw("Age 65+", MEASURED)).iter():
        assert element.tag != "script"
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


@every_chart
def test_every_shape_carries_its_colour(draw: Draw) -> None:
    for element in parsed(draw("Age 65+", MEASURED)).iter():
        if element.tag in {"rect", "line", "path", "circle", "text"}:
            assert "fill" in element.attrib or "stroke" in element.attrib


@every_chart
def test_undefined_is_said_and_never_drawn(draw: Draw) -> None:
    drawn = draw("Age 65+", UNDEFINED)
    assert "undefined, because the group has no rows" in drawn
    assert not [shape for shape in parsed(drawn).iter() if shape.tag == "circle" or "c-bar" in shape.get("class", "")]
    assert "plot-val" not in drawn
    assert "<td>0.00" not in drawn


@every_chart
def test_every_chart_has_words_for_who_cannot_see_it(draw: Draw) -> None:
    page = parsed(draw("Age 65+", MEASURED))
    pictures = [element for element in page.iter() if element.get("role") == "img"]
    assert len(pictures) == 1
    assert "Age 65+" in (pictures[0].get("aria-label") or "")
    assert page.find(".//details//table/caption") is not None


def test_a_value_outside_the_agreed_range_is_told_by_sign_and_by_word() -> None:
    drawn = draw_ratios("Age 65+", MEASURED)
    assert "Outside the agreed range: Age 65+ (0.74)." in drawn
    assert 'class="plot-val out"><svg' in drawn


def test_the_reference_group_is_named_and_has_no_bar() -> None:
    drawn = intervals.ratios([Group("Age 26-45", Figure(1.0), is_reference=True)], title="Ratios")
    assert "c-bar" not in drawn
    assert ">reference</div>" in drawn


def test_bars_of_gaps_start_at_a_zero_that_is_on_the_scale() -> None:
    drawn = gaps.bars([Gap("Selection rate", Figure(0.31, 0.28, 0.34), 0.1)], title="Gaps")
    assert 'class="c-bar out" x1="0%"' in drawn


def test_a_line_breaks_where_nothing_was_measured() -> None:
    moments = [Moment(f"week {week}", Figure(value)) for week, value in enumerate([0.7, 0.71, None, 0.73, 0.74])]
    drawn = sparkline.line(moments, title="Accuracy")
    path = next(element for element in parsed(drawn).iter() if element.get("class") == "c-line")
    assert (path.get("d") or "").count("M") == 2
    assert "Undefined: 1." in drawn


def test_an_empty_chart_says_so() -> None:
    assert "no group was measured" in intervals.points([], title="Rates")
    assert "no gap was measured" in gaps.bars([], title="Gaps")
    assert "no score was measured" in calibration.reliability([], title="Calibration")
    assert "nothing was measured yet" in sparkline.line([], title="Accuracy")


def test_a_bin_without_a_rate_is_counted_and_kept_in_the_table() -> None:
    bins = [Bin("0.0 to 0.1", 0.05, Figure(0.06, 0.04, 0.08, 900)), Bin("0.9 to 1.0", None, UNDEFINED)]
    drawn = calibration.reliability(bins, title="Calibration")
    assert "Bins without a rate: 1." in drawn
    assert "undefined, because the group has no rows" in drawn


def parsed(drawn: SafeString) -> ET.Element:
    """The drawing as a tree; it fails when a hostile text broke out of its place."""
    return ET.fromstring(f"<main>{drawn}</main>")
