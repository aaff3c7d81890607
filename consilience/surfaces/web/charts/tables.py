"""The same figures as a table, folded under each chart: for a screen reader, for copying, for whoever wants digits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.web.charts.figures import Figure, Unit, because, interval, written


@dataclass(frozen=True)
class Line:
    """One line of a table: its name and its figure."""

    name: str
    figure: Figure
    note: str = ""


def folded(inside: SafeString) -> SafeString:
    """Content behind "Show as table"."""
    return format_html(
        '<details class="data"><summary>{}</summary><div class="scroll">{}</div></details>', _("Show as table"), inside
    )


def table(lines: Sequence[Line], *, caption: str, first: str, decimals: int = 2, unit: Unit = Unit.PLAIN) -> SafeString:
    """Name, value, interval and number of cases; an undefined figure says why in place of its value."""
    cells = [_cells(line, decimals=decimals, unit=unit) for line in lines]
    return plain(caption, [first, _("Value"), _("95 % interval"), _("Cases")], cells)


def plain(caption: str, heads: Sequence[str], rows: Iterable[SafeString]) -> SafeString:
    head = format_html_join("", '<th scope="col">{}</th>', ((text,) for text in heads))
    body = format_html_join("", "<tr>{}</tr>", ((row,) for row in rows))
    return format_html(
        '<table class="plain"><caption class="vh">{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        caption,
        head,
        body,
    )


def _cells(line: Line, *, decimals: int, unit: Unit) -> SafeString:
    if line.figure.value is None:
        return format_html(
            '<th scope="row">{}</th><td colspan="2" class="why">{}</td><td>{}</td>',
            line.name,
            because(line.figure),
            line.figure.cases,
        )
    value = written(line.figure.value, decimals=decimals, unit=unit)
    return format_html(
        '<th scope="row">{}</th><td>{}{}</td><td class="nowrap">{}</td><td>{}</td>',
        line.name,
        value,
        f" ({line.note})" if line.note else "",
        interval(line.figure, decimals=decimals, unit=unit),
        line.figure.cases,
    )
