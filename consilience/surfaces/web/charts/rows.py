"""The drawing that interval charts and gap bars share: one row per name, label and value as text, marks as SVG.

Places along a row are percentages, so a chart fits any width without scaling its letters, and long names wrap. Each
shape has its colour as an attribute (for print and PDF) and a class (for the stylesheet, light and dark).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.web.charts.figures import Figure, Unit, because, written
from consilience.surfaces.web.charts.scales import Range, Scale

EMPTY = SafeString("")
OUTSIDE = SafeString(  # a warning sign beside the value: being outside is never told by colour alone
    '<svg viewBox="0 0 24 24" aria-hidden="true">'
    '<path fill="none" stroke="#a8201a" d="M12 9v5M12 17.5v.1M12 3L2 21h20z"/></svg>'
)


@dataclass(frozen=True)
class Mark:
    """One row: its name, its figure, where its bar starts (None: a point only) and what was agreed for it."""

    name: str
    figure: Figure
    agreed: Range | None = None
    start: float | None = None
    is_reference: bool = False

    @property
    def is_outside(self) -> bool:
        return self.figure.value is not None and self.agreed is not None and not self.agreed.holds(self.figure.value)


@dataclass(frozen=True)
class Style:
    """What all rows of a chart have in common."""

    scale: Scale
    reference: float | None = None
    decimals: int = 2
    unit: Unit = Unit.PLAIN

    def text(self, value: float) -> str:
        return written(value, decimals=self.decimals, unit=self.unit)


def chart(marks: Sequence[Mark], style: Style, *, title: str, key: SafeString = EMPTY) -> SafeString:
    """The rows with their scale below, announced as one picture; the table that follows it holds the digits."""
    rows = format_html_join("", "{}", ((_row(mark, style),) for mark in marks))
    return format_html(
        '<div class="plot" role="img" aria-label="{}">{}{}{}</div>',
        summary(marks, style, title),
        key,
        rows,
        _axis(style),
    )


def summary(marks: Sequence[Mark], style: Style, title: str) -> str:
    """The picture in one or two sentences."""
    said = [title.rstrip(".") + "."]
    outside = [f"{mark.name} ({style.text(mark.figure.value or 0.0)})" for mark in marks if mark.is_outside]
    if outside:
        said.append(_("Outside the agreed range: %(names)s.") % {"names": ", ".join(outside)})
    elif any(mark.agreed is not None and mark.figure.value is not None for mark in marks):
        said.append(_("All defined values are inside the agreed range."))
    undefined = [mark.name for mark in marks if mark.figure.value is None]
    if undefined:
        said.append(_("Undefined: %(names)s.") % {"names": ", ".join(undefined)})
    return " ".join(said)


def key(*, agreed: str = "", reference: str = "", has_intervals: bool = False) -> SafeString:
    """The legend: only what the chart really shows."""
    parts = []
    if agreed:
        parts.append(
            (SafeString('<rect class="c-band" width="18" height="12" fill="#e6f5ec" stroke="#0f6b3f"/>'), agreed)
        )
    if reference:
        line = '<path class="c-ref" d="M9 -1v14" stroke="#5a6473" stroke-dasharray="3 3" fill="none"/>'
        parts.append((SafeString(line), reference))
    if has_intervals:
        whisker = '<path class="c-ci" d="M0 6h18M.5 2v8M17.5 2v8" stroke="#11151c" stroke-width="1.5" fill="none"/>'
        parts.append((SafeString(whisker), _("95 % interval")))
    if not parts:
        return EMPTY
    inside = format_html_join("", '<span><svg aria-hidden="true">{}</svg>{}</span>', parts)
    return format_html('<div class="plot-key">{}</div>', inside)


def _row(mark: Mark, style: Style) -> SafeString:
    name = format_html('<div class="plot-lab">{}</div>', mark.name)
    if mark.figure.value is None:
        return format_html('<div class="plot-row">{}<div class="plot-none">{}</div></div>', name, because(mark.figure))
    said = _("reference") if mark.is_reference else style.text(mark.figure.value)
    return format_html(
        '<div class="plot-row">{}<div class="plot-track"><svg aria-hidden="true">{}{}</svg></div>'
        '<div class="plot-val{}">{}{}</div></div>',
        name,
        _ground(mark, style),
        _shapes(mark, style, mark.figure.value),
        " out" if mark.is_outside else " ref" if mark.is_reference else "",
        OUTSIDE if mark.is_outside else EMPTY,
        said,
    )


def _ground(mark: Mark, style: Style) -> SafeString:
    """The agreed range, the lines of the scale and the reference, behind the marks of one row."""
    drawn = []
    if mark.agreed is not None:
        left = 0.0 if mark.agreed.low is None else style.scale.percent(mark.agreed.low)
        right = 100.0 if mark.agreed.high is None else style.scale.percent(mark.agreed.high)
        shape = '<rect class="c-band" x="{}%" y="0" width="{}%" height="100%" fill="#e6f5ec"/>'
        drawn.append(format_html(shape, f"{left:g}", f"{max(right - left, 0):g}"))
    drawn += [_line("c-axis", style.scale.text(at), "#e3e7ed") for at in style.scale.marks]
    if style.reference is not None:
        drawn.append(_line("c-ref", style.scale.text(style.reference), "#5a6473"))
    return format_html_join("", "{}", ((shape,) for shape in drawn))


def _line(kind: str, place: str, colour: str) -> SafeString:
    shape = '<line class="{}" x1="{}" x2="{}" y1="0" y2="100%" stroke="{}"/>'
    return format_html(shape, kind, place, place, colour)


def _shapes(mark: Mark, style: Style, value: float) -> SafeString:
    """Bar, interval and point. The inner svg moves the zero of the heights to the middle of the row."""
    at, out = style.scale.text(value), " out" if mark.is_outside else ""
    drawn = []
    if mark.start is not None and not mark.is_reference:
        bar = '<line class="c-bar{}" x1="{}" x2="{}" y1="0" y2="0" stroke="{}" stroke-width="15"/>'
        drawn.append(format_html(bar, out, style.scale.text(mark.start), at, "#dd8272" if out else "#8fa9d9"))
    if mark.figure.low is not None and mark.figure.high is not None and not mark.is_reference:
        low, high = style.scale.text(mark.figure.low), style.scale.text(mark.figure.high)
        for x1, x2, y in ((low, high, 0), (low, low, 4), (high, high, 4)):
            stroke = '<line class="c-ci" x1="{}" x2="{}" y1="{}" y2="{}" stroke="#11151c" stroke-width="1.6"/>'
            drawn.append(format_html(stroke, x1, x2, -y, y))
    open_ = " open" if mark.is_reference else out
    point = '<circle class="c-pt{}" cx="{}" cy="0" r="4" fill="{}" stroke="{}" stroke-width="1.2"/>'
    colours = ("#ffffff", "#11151c") if mark.is_reference else ("#a8201a" if out else "#11151c", "#ffffff")
    drawn.append(format_html(point, open_, at, *colours))
    inside = format_html_join("", "{}", ((shape,) for shape in drawn))
    return format_html('<svg y="50%" overflow="visible">{}</svg>', inside)


def _axis(style: Style) -> SafeString:
    # Where there is little room the stylesheet leaves out every second label, never that of zero or one.
    marks, at_zero = style.scale.marks, style.reference or 0.0
    kept = next((n for n, at in enumerate(marks) if at == at_zero), 0)
    spare = ["" if len(marks) < 4 or (n - kept) % 2 == 0 else " spare" for n in range(len(marks))]
    labels = format_html_join(
        "",
        '<text class="c-text{}" x="{}" y="16" text-anchor="middle" font-size="12" fill="#5a6473">{}</text>',
        (
            (kind, style.scale.text(at), written(at, decimals=style.scale.decimals, unit=Unit.PLAIN))
            if style.unit is Unit.PLAIN
            else (kind, style.scale.text(at), f"{written(at * 100, decimals=max(style.scale.decimals - 2, 0))} %")
            for kind, at in zip(spare, marks, strict=True)
        ),
    )
    track = format_html('<div class="plot-track"><svg aria-hidden="true">{}</svg></div>', labels)
    return format_html('<div class="plot-row plot-axis"><div></div>{}<div></div></div>', track)
