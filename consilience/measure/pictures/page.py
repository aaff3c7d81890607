"""A report as one HTML file: no network, no script, ready for print, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

from markupsafe import Markup

Cell = str | Markup


def page(title: str, *, lead: str, facts: Sequence[tuple[str, str]], sections: Iterable[Markup]) -> str:
    """The whole file."""
    style = files("consilience.measure.pictures").joinpath("report.css").read_text(encoding="utf-8")
    listed = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in facts)
    return str(
        Markup(
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width, initial-scale=1"><title>{0}</title><style>{1}</style></head><body><main>'
            "<header><h1>{0}</h1><p class=lead>{2}</p><dl class=facts>{3}</dl></header>{4}"
            "<footer>Intervals are 95 %. Measured with Consilience; nothing in this file comes from or goes to a network.</footer>"
            "</main></body></html>\n"
        ).format(
            title,
            Markup(style),  # noqa: S704 - our own file
            lead,
            listed,
            Markup("\n").join(sections),
        )
    )


def section(title: str, *parts: Cell, note: str = "", anchor: str = "") -> Markup:
    """A card with a heading."""
    return Markup('<section{}><h2>{}</h2>{}{}</section>').format(
        Markup(' id="{}"').format(anchor) if anchor else "", title,
        Markup("<p class=note>{}</p>").format(note) if note else "", Markup("").join(parts),
    )  # fmt: skip


def paragraph(text: str, kind: str = "said") -> Markup:
    """A sentence of its own."""
    return Markup('<p class="{}">{}</p>').format(kind, text)


def table(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], *, caption: str, about: str = "", numbers: Iterable[int] = ()
) -> Markup:
    """A table; the columns in `numbers` are set to the right. `about` tells tables of one caption apart for who hears them."""
    right = set(numbers)

    def cells(cell_in: Markup, row: Sequence[Cell]) -> Markup:
        return Markup("").join(
            cell_in.format(Markup(' class="num"') if place in right else "", cell) for place, cell in enumerate(row)
        )

    body = Markup("").join(Markup("<tr>{}</tr>").format(cells(Markup("<td{}>{}</td>"), row)) for row in rows)
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{3}"><table><caption>{0}</caption><thead><tr>{1}</tr></thead>'
        "<tbody>{2}</tbody></table></div>"
    ).format(caption, cells(Markup("<th{}>{}</th>"), heads), body, f"{caption}: {about}" if about else caption)


def folded(summary: str, inside: Markup) -> Markup:
    """What one opens to see; printed open."""
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, inside)


def legend(then: str, now: str) -> Markup:
    """Which colour is which."""
    return Markup('<p class="legend"><span class="key then"></span>{} <span class="key now"></span>{}</p>').format(
        then, now
    )
