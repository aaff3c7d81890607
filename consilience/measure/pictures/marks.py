"""Charts as SVG text: drawn here, so that they work in print, in mail, without scripts and with a screen reader.

Every shape has its colour as an attribute, which printers read, and a class, by which a page in the dark repaints it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

THEN, NOW, LINE, TEXT, GOOD = "#8a97a8", "#4338ca", "#cdd4de", "#5a6473", "#0f6b3f"
WIDTH = 560
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Row:
    """A named value with its interval, for `intervals`; no value is a reason."""

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Point:
    """A point of a curve, with the interval around it where there is one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


def paired_bars(labels: Sequence[str], then: Sequence[float], now: Sequence[float], *, said: str) -> Markup:
    """Shares of the reference (grey) and of now (coloured), bar beside bar; `said` is the picture in words."""
    height, foot, left = 150, 44, 36
    most = nice(0.0, max([*then, *now, 1e-9]))[1]
    step = (WIDTH - left) / max(len(labels), 1)
    bar = min(step * 0.36, 26)
    parts = [_grid(most, left, height)]
    for place, (label, before, after) in enumerate(zip(labels, then, now, strict=True)):
        middle = left + step * (place + 0.5)
        parts.append(_bar(middle - bar, before / most * height, bar, height, "then", THEN))
        parts.append(_bar(middle, after / most * height, bar, height, "now", NOW))
        parts.append(
            Markup('<text class="t" x="{:.1f}" y="{}" text-anchor="middle" font-size="11" fill="{}">{}</text>').format(
                middle, height + 16, TEXT, _short(label, max(int(step / 6.2), 3))
            )
        )
    return _picture(WIDTH, height + foot - 16, said, parts)


def spark(then: Sequence[float], now: Sequence[float], *, said: str) -> Markup:
    """The same pair as a picture of a line's height."""
    width, height = 132, 28
    most = max([*then, *now, 1e-9])
    step = width / max(len(then), 1)
    parts = []
    for place, (before, after) in enumerate(zip(then, now, strict=True)):
        parts.append(_bar(step * place, before / most * height, step * 0.45, height, "then", THEN))
        parts.append(_bar(step * (place + 0.45), after / most * height, step * 0.45, height, "now", NOW))
    return _picture(width, height, said, parts, small=True)


def steps(rows: Sequence[float], *, said: str) -> Markup:
    """A histogram of a line's height."""
    width, height = 132, 28
    most, step = max([*rows, 1e-9]), width / max(len(rows), 1)
    parts = [_bar(step * n, one / most * height, step * 0.9, height, "now", NOW) for n, one in enumerate(rows)]
    return _picture(width, height, said, parts, small=True)


def intervals(
    rows: Sequence[Row], *, said: str, low: float | None = None, high: float | None = None, level: float | None = None
) -> Markup:
    """Each value as a point with its interval on one scale; a dashed line at `level`, where nothing would be amiss."""
    known = [one for row in rows for one in (row.value, row.low, row.high) if one is not None and math.isfinite(one)]
    if not known:
        return Markup("")
    known += [] if level is None else [level]
    start, end = (min(known) if low is None else low), (max(known) if high is None else high)
    start, end, ticks = nice(start, end)
    left, right, line = 170, 76, 26
    width = WIDTH + 60

    def x(value: float) -> float:
        return left + (value - start) / (end - start) * (width - left - right)

    foot = line * len(rows) + 8
    parts = [
        Markup(
            '<path class="l" d="M{0:.1f} 0V{1}" stroke="{2}"/><text class="t" x="{0:.1f}" y="{3}" text-anchor="middle" '
            'font-size="11" fill="{4}">{5}</text>'
        ).format(x(tick), foot, LINE, foot + 14, TEXT, written(tick))
        for tick in ticks
    ]
    if level is not None:
        parts.append(_dashed(f"M{x(level):.1f} 0V{foot}"))
    for place, row in enumerate(rows):
        middle = line * place + line / 2 + 2
        parts.append(
            Markup(
                '<text class="n" x="{}" y="{:.1f}" text-anchor="end" font-size="12.5" fill="#11151c">{}</text>'
            ).format(left - 12, middle + 4, _short(row.name, 24))
        )
        parts.append(_mark(row, x, middle, width))
    return _picture(width, foot + 20, said, parts)


def curve(
    lines: Sequence[tuple[str, Sequence[Point]]], *, said: str, across: str, up: str, diagonal: bool = False
) -> Markup:
    """Points joined in order, from 0 to 1 both ways; intervals as thin strokes. A diagonal where perfection lies on it."""
    side, left, top = 260, 40, 8

    def place(point: tuple[float, float]) -> str:
        return f"{left + point[0] * side:.1f} {top + (1 - point[1]) * side:.1f}"

    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            Markup(
                '<path class="l" d="M{}L{}M{}L{}" stroke="{}"/><text class="t" x="{:.1f}" y="{}" text-anchor="middle" '
                'font-size="11" fill="{}">{}</text><text class="t" x="{}" y="{:.1f}" text-anchor="end" font-size="11" fill="{}">{}</text>'
            ).format(
                place((0, tick)),
                place((1, tick)),
                place((tick, 0)),
                place((tick, 1)),
                LINE,
                left + tick * side,
                top + side + 16,
                TEXT,
                f"{tick:g}",
                left - 6,
                top + (1 - tick) * side + 4,
                TEXT,
                f"{tick:g}",
            )  # fmt: skip
        )
    if diagonal:
        parts.append(_dashed(f"M{place((0, 0))}L{place((1, 1))}"))
    for number, (_, points) in enumerate(lines):
        kind, colour = ("now", NOW) if number == 0 else ("then", THEN)
        track = "L".join(place((point.x, point.y)) for point in points)
        parts.append(
            Markup('<path class="s-{}" d="M{}" stroke="{}" stroke-width="1.8" fill="none"/>').format(
                kind, track, colour
            )
        )
        for point in points:
            if point.low is not None and point.high is not None:
                parts.append(
                    Markup('<path class="s-{}" d="M{}L{}" stroke="{}"/>').format(
                        kind, place((point.x, point.low)), place((point.x, point.high)), colour
                    )
                )
    parts.append(
        Markup(
            '<text class="t" x="{}" y="{}" text-anchor="middle" font-size="11.5" fill="{}">{}; upwards: {}</text>'
        ).format(left + side / 2, top + side + 34, TEXT, across, up)
    )
    return _picture(left + side + 12, top + side + 42, said, parts, square=True)


def over_time(rows: Sequence[Row], *, said: str, level: float | None = None, since: str | None = None) -> Markup:
    """A line through the windows with their intervals; `level` is the reference, `since` the window an alarm began with.

    The line breaks where a window has no value. Empty where none has one.
    """
    known = [
        one for row in rows for one in (row.value, row.low, row.high, level) if one is not None and math.isfinite(one)
    ]
    if all(row.value is None for row in rows):
        return Markup("")
    start, end, ticks = nice(min(known), max(known))
    left, right, height = 60, WIDTH - 16, 170
    step = (right - left) / max(len(rows) - 1, 1)

    def y(value: float) -> float:
        return 8 + (end - value) / (end - start) * (height - 8)

    parts = [
        Markup(
            '<path class="l" d="M{} {:.1f}H{}" stroke="{}"/><text class="t" x="{}" y="{:.1f}" text-anchor="end" '
            'font-size="11" fill="{}">{}</text>'
        ).format(left, y(tick), right, LINE, left - 6, y(tick) + 4, TEXT, written(tick))
        for tick in ticks
    ]
    if level is not None:
        parts.append(_dashed(f"M{left} {y(level):.1f}H{right}"))
    track, before = "", False
    for place, row in enumerate(rows):
        x = left + step * place
        if row.name == since:
            parts.append(_dashed(f"M{x:.1f} 8V{height}"))
        if row.value is not None:
            track += f"{'L' if before else 'M'}{x:.1f} {y(row.value):.1f}"
            parts.append(
                _dot(x, y(row.value), None if row.low is None or row.high is None else (y(row.low), y(row.high)))
            )
        before = row.value is not None
        if place % max(math.ceil(len(rows) / 6), 1) == 0:
            parts.append(
                Markup(
                    '<text class="t" x="{:.1f}" y="{}" text-anchor="middle" font-size="11" fill="{}">{}</text>'
                ).format(x, height + 18, TEXT, _short(row.name, 12))
            )
    parts.append(Markup('<path class="s-now" d="{}" stroke="{}" stroke-width="1.8" fill="none"/>').format(track, NOW))
    return _picture(WIDTH, height + 26, said, parts)


def nice(low: float, high: float) -> tuple[float, float, list[float]]:
    """A scale with round ends around these values, and at most six round places on it."""
    if high <= low:
        low, high = low - (abs(low) or 1) * 0.05, high + (abs(high) or 1) * 0.05
    raw = (high - low) / 5
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(one * size for one in (1, 2, 2.5, 5, 10) if one * size >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(place * step, 12) for place in range(first, last + 1)]
    return ticks[0], ticks[-1], ticks


def written(value: float) -> str:
    """A number as a person reads it: four significant digits, with thin thousands."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    text = f"{value:.4g}"
    return text if "e" not in text else f"{value:.2e}"


def _mark(row: Row, place: Callable[[float], float], middle: float, width: int) -> Markup:
    if row.value is None:
        return Markup('<text class="t" x="{}" y="{:.1f}" font-size="12" fill="{}">{}</text>').format(
            178, middle + 4, TEXT, row.note or "undefined"
        )
    made = Markup('<circle class="f-now" cx="{:.1f}" cy="{:.1f}" r="4" fill="{}"/>').format(
        place(row.value), middle, NOW
    )
    if row.low is not None and row.high is not None:
        stroke = Markup('<path class="s-now" d="M{:.1f} {:.1f}H{:.1f}" stroke="{}" stroke-width="2"/>').format(
            place(row.low), middle, place(row.high), NOW
        )
        made = stroke + made
    return made + Markup(
        '<text class="n" x="{}" y="{:.1f}" text-anchor="end" font-size="12.5" fill="#11151c">{}</text>'
    ).format(width - 2, middle + 4, written(row.value))


def _dashed(track: str) -> Markup:
    return Markup('<path class="t" d="{}" stroke="{}" stroke-dasharray="4 4" fill="none"/>').format(track, TEXT)


def _dot(x: float, y: float, interval: tuple[float, float] | None) -> Markup:
    made = Markup('<circle class="f-now" cx="{:.1f}" cy="{:.1f}" r="2.6" fill="{}"/>').format(x, y, NOW)
    if interval is None:
        return made
    stroke = Markup('<path class="s-now" d="M{:.1f} {:.1f}V{:.1f}" stroke="{}" stroke-opacity="0.55"/>')
    return stroke.format(x, *interval, NOW) + made


def _grid(most: float, left: int, height: int) -> Markup:
    ticks = nice(0.0, most)[2]
    return Markup("").join(
        Markup(
            '<path class="l" d="M{} {:.1f}H{}" stroke="{}"/><text class="t" x="{}" y="{:.1f}" text-anchor="end" font-size="11" '
            'fill="{}">{:.0f} %</text>'
        ).format(left, y, WIDTH, LINE, left - 4, y + 4, TEXT, tick * 100)
        for tick in ticks
        if tick <= most and (y := height - tick / most * height) >= 6
    )


def _bar(x: float, size: float, width: float, height: float, kind: str, colour: str) -> Markup:
    return Markup('<rect class="f-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1" fill="{}"/>').format(
        kind, x, height - size, width, size, colour
    )


def _picture(
    width: float, height: float, said: str, parts: Sequence[Markup], *, small: bool = False, square: bool = False
) -> Markup:
    return Markup('<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}"{}>{}</svg>').format(
        width,
        height,
        said,
        Markup(' class="spark"') if small else Markup(' class="square"') if square else "",
        Markup("").join(parts),
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
