"""How much one thing is above another, by measure or segment: bars from zero with their intervals, and a table of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.web.charts import rows, tables
from consilience.surfaces.web.charts.figures import Figure, Unit, because, interval, written
from consilience.surfaces.web.charts.scales import scale

DECIMALS = 3


@dataclass(frozen=True)
class Difference:
    """What is compared, how far it is from zero, and what its line of the table says besides."""

    name: str
    figure: Figure
    cells: Sequence[str] = ()


def bars(lines: Sequence[Difference], *, title: str, first: str, heads: Sequence[str]) -> SafeString:
    """A bar for each from zero; below it the table, `heads` over the cells of each line."""
    if not lines:
        return format_html('<p class="undef">{}</p>', _("Nothing was compared."))
    marks = [rows.Mark(line.name, line.figure, start=0.0) for line in lines]
    known = [number for line in lines for number in line.figure.numbers]
    style = rows.Style(scale=scale([0.0, *known]), reference=0.0, decimals=DECIMALS)
    legend = rows.key(
        reference=_("no difference"), has_intervals=any(line.figure.has_interval for line in lines)
    )  # fmt: skip
    titles = [first, *heads, _("Difference"), _("95 % interval"), _("Cases")]
    table = tables.plain(title, titles, [_line(line) for line in lines])
    return format_html("{}{}", rows.chart(marks, style, title=title, key=legend), tables.folded(table))


def signed(value: float) -> str:
    """A difference with its sign."""
    text = written(value, decimals=DECIMALS)
    return f"+{text}" if value > 0 and float(text.replace(",", "")) else text


def of_cells(figure: Figure, *, unit: Unit = Unit.PLAIN) -> str:
    """A figure in a cell: its value, or why there is none."""
    return because(figure) if figure.value is None else written(figure.value, decimals=DECIMALS, unit=unit)


def _line(line: Difference) -> SafeString:
    value = because(line.figure) if line.figure.value is None else signed(line.figure.value)
    cells = [*line.cells, value, interval(line.figure, decimals=DECIMALS), line.figure.cases]
    return format_html(
        '<th scope="row">{}</th>{}', line.name, format_html_join("", "<td>{}</td>", ((cell,) for cell in cells))
    )
