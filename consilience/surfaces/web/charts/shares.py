"""One bar cut into parts, and the parts with their words, icons and numbers below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Part:
    """A part of the whole: its class in the stylesheet, its colour in print, its words and how many."""

    kind: str
    colour: str
    words: str
    count: int


def bar(parts: Sequence[Part], *, title: str) -> SafeString:
    """The bar as one picture; parts of nothing are left out. The list below says the same in words."""
    shown = [one for one in parts if one.count]
    whole = sum(one.count for one in shown)
    if not whole:
        return SafeString("")
    cells, x = [], 0.0
    for one in shown:
        width = 100 * one.count / whole
        cells.append((one.kind, f"{x:.2f}", f"{width:.2f}", one.colour))
        x += width
    rects = format_html_join("", '<rect class="p-{}" x="{}" y="0" width="{}" height="10" fill="{}"/>', cells)
    said = ", ".join(f"{one.words}: {one.count}" for one in shown)
    keys = format_html_join(
        "",
        '<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="p-{}" width="12" height="12" rx="3" fill="{}"/></svg>{} <b>{}</b></li>',
        ((one.kind, one.colour, one.words, one.count) for one in shown),
    )
    return format_html(
        '<div class="shares"><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg><ul>{}</ul></div>',
        f"{title}. {said}.", rects, keys,
    )  # fmt: skip
