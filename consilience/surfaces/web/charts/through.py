"""A figure through the windows of time: a line with its intervals that breaks where there is no value. The drawing is that of the printed reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.measure.pictures import marks
from consilience.surfaces.web.charts import tables
from consilience.surfaces.web.charts.figures import Figure, Unit

DASHED = (
    '<span><svg viewBox="0 0 18 12" aria-hidden="true"><path class="c-ref" d="M0 6h18" stroke="#5a6473" '
    'stroke-dasharray="3 3" fill="none"/></svg>{}</span>'
)


@dataclass(frozen=True)
class Point:
    """When a window begins, and the figure in it."""

    start: str
    figure: Figure


def line(
    points: Sequence[Point], *, title: str, said: str, level: float | None = None, since: str | None = None
) -> SafeString:
    """The picture with its table; `level` is the reference, `since` where an alarm began, `said` the picture in words."""
    drawn = [marks.Row(one.start, one.figure.value, one.figure.low, one.figure.high) for one in points]
    picture = marks.over_time(drawn, said=f"{title}. {said}".strip(), level=level, since=since)
    shown = ((_("reference"), level is not None), (_("upright: the alarm began"), since is not None))
    key = format_html_join("", DASHED, ((text,) for text, is_drawn in shown if is_drawn))
    table = tables.table(
        [tables.Line(one.start, one.figure) for one in points], caption=title, first=_("From"), decimals=3, unit=Unit.PLAIN
    )  # fmt: skip
    return format_html(
        '<div class="plot-key">{}</div><div class="bars scroll" tabindex="0" role="group" aria-label="{}">{}</div>{}',
        key, title, picture, tables.folded(table),
    )  # fmt: skip
