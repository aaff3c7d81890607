"""What comes into force when: one axis of time, a dot for each day with the number of obligations that begin."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

WIDTH, AXIS, EDGE, LABEL, ROWS = 640, 34, 34, 74, 3
"""In units of the picture: its width, where the axis lies, the free edge, the width of a label, rows of labels."""


@dataclass(frozen=True)
class Day:
    """A day, and the names of what begins on it."""

    on: date
    names: tuple[str, ...]


def axis(days: Sequence[Day], *, today: date, chosen: date, title: str) -> SafeString:
    """The picture. `chosen` is the day of the law that is looked at; a second line stands for it where it is not today."""
    listed = sorted(days, key=lambda one: one.on)
    place = _scale([one.on for one in listed], today, chosen)
    lines = [_line(place(today), "now", _("today"))]
    if chosen != today:
        lines.append(_line(place(chosen), "chosen", _("what if")))
    dots, used = _dots(listed, place, chosen)
    height = AXIS + 20 + 15 * used
    return format_html(
        '<div class="when scroll" tabindex="0" role="group" aria-label="{}"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<path class="w-axis" d="M{} {}H{}" stroke="#cdd4de"/>{}{}</svg></div>',
        title, WIDTH, height, said(listed, title), EDGE / 2, AXIS, WIDTH - EDGE / 2,
        format_html_join("", "{}", ((line,) for line in lines)), dots,
    )  # fmt: skip


def said(days: Sequence[Day], title: str) -> str:
    """The picture in words."""
    parts = [
        ngettext("%(n)s on %(day)s", "%(n)s on %(day)s", len(one.names))
        % {"n": len(one.names), "day": date_format(one.on, "j F Y")}
        for one in days
    ]
    return f"{title}: {', '.join(parts)}." if parts else title


def _scale(days: Sequence[date], today: date, chosen: date) -> Callable[[date], float]:
    first = min([*days, today, chosen]) - timedelta(days=30)
    last = max([*days, today, chosen]) + timedelta(days=30)
    span = (last - first).days

    def place(day: date) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * (day - first).days / span, 1)

    return place


def _line(x: float, kind: str, words: str) -> SafeString:
    return format_html(
        '<path class="w-{}" d="M{} 14V{}" stroke="#4338ca"{}/><text class="w-t" x="{}" y="10" text-anchor="middle" font-size="11" fill="#5a6473">{}</text>',
        kind, x, AXIS + 14, SafeString(' stroke-dasharray="3 3"') if kind == "chosen" else "", x, words,
    )  # fmt: skip


def _dots(days: Sequence[Day], place: Callable[[date], float], chosen: date) -> tuple[SafeString, int]:
    """The dots with their labels, and how many rows the labels take."""
    ends, free = [-math.inf] * ROWS, -math.inf
    leads, made = [], []
    for one in days:
        radius = min(6 + 1.6 * math.sqrt(len(one.names)), 14)
        # A few days are less than a dot apart: the later one moves aside, its label says the day.
        x = round(max(place(one.on), free + radius + 1), 1)
        free = x + radius
        left = min(max(x - LABEL / 2, 0), WIDTH - LABEL)
        row = next((at for at, end in enumerate(ends) if end <= left), ROWS - 1)
        ends[row] = left + LABEL
        y = AXIS + 26 + 15 * row
        leads.append((x, AXIS, y - 10))
        made.append(
            format_html(
                '<circle class="w-dot {}" cx="{}" cy="{}" r="{}" fill="{}"/>'
                '<text class="w-n" x="{}" y="{}" text-anchor="middle" font-size="11" fill="#ffffff">{}</text>'
                '<text class="w-t" x="{}" y="{}" text-anchor="middle" font-size="11" fill="#5a6473">{}</text>',
                "past" if one.on <= chosen else "next", x, AXIS, f"{radius:.1f}",
                "#5a6473" if one.on <= chosen else "#4338ca", x, AXIS + 4, len(one.names),
                left + LABEL / 2, y, date_format(one.on, "j M Y"),
            )
        )  # fmt: skip
    # All leads come first, so that they lie behind the labels of other days.
    behind = format_html_join("", '<path class="w-lead" d="M{} {}V{}" stroke="#cdd4de"/>', leads)
    drawn = format_html("{}{}", behind, format_html_join("", "{}", ((one,) for one in made)))
    return drawn, sum(end > -math.inf for end in ends)
