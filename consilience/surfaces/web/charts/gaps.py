"""How far groups lie apart: one bar for each measure, from zero to the largest difference between two groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.web.charts import rows, tables
from consilience.surfaces.web.charts.figures import Figure, written
from consilience.surfaces.web.charts.scales import Range, scale


@dataclass(frozen=True)
class Gap:
    """A measure, the largest difference between two groups in it, and the largest that was agreed, if any."""

    name: str
    figure: Figure
    limit: float | None = None


def bars(gaps: Sequence[Gap], *, title: str, decimals: int = 2) -> SafeString:
    """A bar for each gap; the green ground is what was agreed. Zero always stands on the scale."""
    if not gaps:
        return format_html('<p class="undef">{}</p>', _("Undefined, because no gap was measured."))
    marks = [
        rows.Mark(gap.name, gap.figure, None if gap.limit is None else Range(high=gap.limit), start=0.0) for gap in gaps
    ]
    known = [number for gap in gaps for number in gap.figure.numbers]
    limits = [gap.limit for gap in gaps if gap.limit is not None]
    style = rows.Style(scale=scale([0.0, *known, *limits]), decimals=decimals)
    legend = rows.key(agreed=_agreed(limits, decimals), has_intervals=any(gap.figure.has_interval for gap in gaps))
    lines = [tables.Line(gap.name, gap.figure, _limit(gap, decimals)) for gap in gaps]
    return format_html(
        "{}{}",
        rows.chart(marks, style, title=title, key=legend),
        tables.folded(tables.table(lines, caption=title, first=_("Measure"), decimals=decimals)),
    )


def _agreed(limits: Sequence[float], decimals: int) -> str:
    if not limits:
        return ""
    if len(set(limits)) > 1:
        return _("Agreed range")
    return _("Agreed: %(high)s or less") % {"high": written(limits[0], decimals=decimals)}


def _limit(gap: Gap, decimals: int) -> str:
    return "" if gap.limit is None else _("agreed %(limit)s") % {"limit": written(gap.limit, decimals=decimals)}
