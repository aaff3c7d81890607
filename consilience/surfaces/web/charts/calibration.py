"""Do scores mean what they say? Bins of the score against how often the outcome really came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.web.charts import tables
from consilience.surfaces.web.charts.figures import Figure, because, interval, written

SIDE, LEFT, TOP, FOOT = 200, 34, 6, 40


@dataclass(frozen=True)
class Bin:
    """A stretch of the score: its mean score and the observed rate in it, both from 0 to 1."""

    name: str
    mean_score: float | None
    observed: Figure


def reliability(bins: Sequence[Bin], *, title: str) -> SafeString:
    """Mean score against observed rate; on the diagonal a score of 0.7 came true 7 times in 10."""
    drawn = [found for found in bins if found.mean_score is not None and found.observed.value is not None]
    if not drawn:
        reason = because(bins[0].observed) if bins else _("undefined, because no score was measured")
        return format_html('<p class="undef">{}</p>', reason)
    picture = format_html(
        '<div class="square"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg></div>',
        LEFT + SIDE + 8,
        TOP + SIDE + FOOT,
        _summary(drawn, len(bins) - len(drawn), title),
        _frame(),
        format_html_join("", "{}", ((_point(found),) for found in drawn)),
    )
    heads = [_("Score"), _("Mean score"), _("Observed rate"), _("95 % interval"), _("Cases")]
    table = tables.plain(title, heads, [_cells(found) for found in bins])
    return format_html("{}{}", picture, tables.folded(table))


def _x(value: float) -> str:
    return f"{LEFT + SIDE * min(max(value, 0.0), 1.0):.1f}"


def _y(value: float) -> str:
    return f"{TOP + SIDE * (1 - min(max(value, 0.0), 1.0)):.1f}"


def _frame() -> SafeString:
    below = TOP + SIDE + 16
    lines = format_html_join(
        "",
        '<path class="c-axis" d="M{} {}H{}M{} {}V{}" stroke="#e3e7ed" fill="none"/>'
        '<text class="c-text" x="{}" y="{}" text-anchor="middle" font-size="12" fill="#5a6473">{}</text>'
        '<text class="c-text" x="{}" y="{}" dy="4" text-anchor="end" font-size="12" fill="#5a6473">{}</text>',
        (
            (LEFT, _y(at), LEFT + SIDE, _x(at), TOP, TOP + SIDE, _x(at), below, f"{at:g}", LEFT - 7, _y(at), f"{at:g}")
            for at in (0.0, 0.25, 0.5, 0.75, 1.0)
        ),
    )
    return format_html(
        '{}<path class="c-ref" d="M{} {}L{} {}" stroke="#5a6473" stroke-dasharray="3 3" fill="none"/>'
        '<text class="c-text" x="{}" y="{}" text-anchor="middle" font-size="12" fill="#5a6473">{}</text>',
        lines,
        _x(0),
        _y(0),
        _x(1),
        _y(1),
        _x(0.5),
        TOP + SIDE + 34,
        _("mean score; upwards: observed rate"),
    )


def _point(found: Bin) -> SafeString:
    x, figure = _x(found.mean_score or 0.0), found.observed
    whisker = SafeString("")
    if figure.low is not None and figure.high is not None:
        shape = '<path class="c-ci" d="M{} {}V{}" stroke="#11151c" stroke-width="1.4" fill="none"/>'
        whisker = format_html(shape, x, _y(figure.low), _y(figure.high))
    dot = '{}<circle class="c-dot dark" cx="{}" cy="{}" r="3" fill="#11151c"/>'
    return format_html(dot, whisker, x, _y(figure.value or 0.0))


def _summary(drawn: Sequence[Bin], empty: int, title: str) -> str:
    worst = max(drawn, key=lambda found: abs((found.mean_score or 0.0) - (found.observed.value or 0.0)))
    said = _("%(title)s. Farthest from the diagonal: score %(score)s, observed %(rate)s.") % {
        "title": title.rstrip("."),
        "score": written(worst.mean_score or 0.0),
        "rate": written(worst.observed.value or 0.0),
    }
    return f"{said} {_('Bins without a rate: %(count)s.') % {'count': empty}}" if empty else said


def _cells(found: Bin) -> SafeString:
    if found.mean_score is None or found.observed.value is None:
        return format_html(
            '<th scope="row">{}</th><td colspan="3" class="why">{}</td><td>{}</td>',
            found.name,
            because(found.observed),
            found.observed.cases,
        )
    cells = '<th scope="row">{}</th><td>{}</td><td>{}</td><td class="nowrap">{}</td><td>{}</td>'
    mean, rate = written(found.mean_score), written(found.observed.value)
    return format_html(cells, found.name, mean, rate, interval(found.observed), found.observed.cases)
