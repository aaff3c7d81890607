"""A figure over time in the space of a word: a line that breaks where nothing could be measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.web.charts import tables
from consilience.surfaces.web.charts.figures import Figure, because, written

WIDTH, HEIGHT, EDGE = 120.0, 30.0, 4.0


@dataclass(frozen=True)
class Moment:
    """When, in words or as a date, and the figure then."""

    name: str
    figure: Figure


def line(moments: Sequence[Moment], *, title: str, decimals: int = 2) -> SafeString:
    """The line with a dot at the last defined value, and its table."""
    defined = [(index, moment.figure.value) for index, moment in enumerate(moments) if moment.figure.value is not None]
    if not defined:
        reason = because(moments[-1].figure) if moments else _("undefined, because nothing was measured yet")
        return format_html('<p class="undef">{}</p>', reason)
    table = tables.table(
        [tables.Line(moment.name, moment.figure) for moment in moments],
        caption=title,
        first=_("When"),
        decimals=decimals,
    )
    return format_html(
        '<div class="spark"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
        '<b aria-hidden="true">{}</b></div>{}',
        f"{WIDTH:g}",
        f"{HEIGHT:g}",
        _summary(moments, defined, title, decimals),
        _drawn(defined, len(moments)),
        written(defined[-1][1], decimals=decimals),
        tables.folded(table),
    )


def _drawn(defined: Sequence[tuple[int, float]], count: int) -> SafeString:
    low, high = min(value for _index, value in defined), max(value for _index, value in defined)
    wide, tall = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE

    def place(index: int, value: float) -> tuple[str, str]:
        across = 0.5 if count == 1 else index / (count - 1)
        up = 0.5 if high == low else (value - low) / (high - low)
        return f"{EDGE + wide * across:.1f}", f"{EDGE + tall * (1 - up):.1f}"

    path = ""
    before: int | None = None
    for index, value in defined:
        x, y = place(index, value)
        path += f"{'L' if before == index - 1 else 'M'}{x} {y}"
        before = index
    alone = [
        place(index, value)
        for index, value in defined
        if not any(other in (index - 1, index + 1) for other, _value in defined)
    ]
    dots = '<circle class="c-dot" cx="{}" cy="{}" r="{}" fill="#4338ca"/>'
    single = format_html_join("", dots, ((x, y, "1.5") for x, y in alone))
    last = format_html(dots, *place(*defined[-1]), "2.8")
    shape = '<path class="c-line" d="{}" fill="none" stroke="#4338ca" stroke-width="1.6" stroke-linejoin="round"/>{}{}'
    return format_html(shape, path, single, last)


def _summary(moments: Sequence[Moment], defined: Sequence[tuple[int, float]], title: str, decimals: int) -> str:
    first, last = (written(value, decimals=decimals) for value in (defined[0][1], defined[-1][1]))
    said = _("%(title)s: from %(first)s to %(last)s, %(count)s values.") % {
        "title": title.rstrip("."),
        "first": first,
        "last": last,
        "count": len(defined),
    }
    missing = len(moments) - len(defined)
    return f"{said} {_('Undefined: %(count)s.') % {'count': missing}}" if missing else said
