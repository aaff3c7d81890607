"""One figure for each group, with its 95 % interval: as points, or as bars that grow from the reference group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.web.charts import rows, tables
from consilience.surfaces.web.charts.figures import Figure, Unit, written
from consilience.surfaces.web.charts.scales import Range, scale


@dataclass(frozen=True)
class Group:
    """A group of people, its figure, and whether the others are compared with it."""

    name: str
    figure: Figure
    is_reference: bool = False


def points(
    groups: Sequence[Group],
    *,
    title: str,
    reference: float | None = None,
    reference_name: str = "",
    agreed: Range | None = None,
    decimals: int = 2,
    unit: Unit = Unit.PLAIN,
) -> SafeString:
    """Each group as a point with its interval, for rates and errors; `reference` is for instance the rate of all."""
    marks = [rows.Mark(group.name, group.figure, agreed) for group in groups]
    return _figure(marks, title, reference, reference_name, agreed, decimals, unit)


def ratios(
    groups: Sequence[Group],
    *,
    title: str,
    reference: float = 1.0,
    reference_name: str = "",
    agreed: Range | None = None,
    decimals: int = 2,
) -> SafeString:
    """Each group as a bar from the reference (1 for a ratio, 0 for a difference) to its value, with its interval."""
    marks = [
        rows.Mark(group.name, group.figure, agreed, start=reference, is_reference=group.is_reference)
        for group in groups
    ]
    return _figure(marks, title, reference, reference_name, agreed, decimals, Unit.PLAIN)


def range_in_words(agreed: Range, *, decimals: int = 2, unit: Unit = Unit.PLAIN) -> str:
    """`Agreed: 0.80 or more`."""
    low = "" if agreed.low is None else written(agreed.low, decimals=decimals, unit=unit)
    high = "" if agreed.high is None else written(agreed.high, decimals=decimals, unit=unit)
    if low and high:
        return _("Agreed: %(low)s to %(high)s") % {"low": low, "high": high}
    if low:
        return _("Agreed: %(low)s or more") % {"low": low}
    return _("Agreed: %(high)s or less") % {"high": high} if high else ""


def _figure(
    marks: Sequence[rows.Mark],
    title: str,
    reference: float | None,
    reference_name: str,
    agreed: Range | None,
    decimals: int,
    unit: Unit,
) -> SafeString:
    if not marks:
        return format_html('<p class="undef">{}</p>', _("Undefined, because no group was measured."))
    shown = [mark.figure for mark in marks]
    known = [number for figure in shown for number in figure.numbers]
    bounds = [] if agreed is None else [bound for bound in (agreed.low, agreed.high) if bound is not None]
    style = rows.Style(
        scale=scale([*known, *bounds, *([] if reference is None else [reference])]),
        reference=reference,
        decimals=decimals,
        unit=unit,
    )
    legend = rows.key(
        agreed="" if agreed is None else range_in_words(agreed, decimals=decimals, unit=unit),
        reference="" if reference is None else _reference(reference_name, style.text(reference)),
        has_intervals=any(figure.has_interval for figure in shown),
    )
    lines = [tables.Line(mark.name, mark.figure, _("reference") if mark.is_reference else "") for mark in marks]
    return format_html(
        "{}{}",
        rows.chart(marks, style, title=title, key=legend),
        tables.folded(tables.table(lines, caption=title, first=_("Group"), decimals=decimals, unit=unit)),
    )


def _reference(name: str, value: str) -> str:
    return f"{name}: {value}" if name else _("Reference: %(value)s") % {"value": value}
