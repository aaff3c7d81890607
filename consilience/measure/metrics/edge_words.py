"""How stretches of values are written where people read them: edges as numbers or moments, bins as ranges."""

from __future__ import annotations

import math
import sys

from consilience.measure.states.profile import Kind

FIRST_MOMENT, LAST_MOMENT = -62_135_596_800_000_000, 253_402_300_799_000_000
"""The years 1 to 9999, in microseconds since 1970: beyond, no calendar here writes a date."""


def stretch(low: float | None, high: float | None, kind: Kind) -> str:
    """The values of a bin, as people read them."""
    if low is not None and high is not None:
        if high == math.nextafter(low, math.inf):
            return written(low, kind)
        return f"{'over ' if _past(low) else ''}{written(low, kind)} to {written(high, kind)}"
    if low is None:
        return "all" if high is None else f"under {written(high, kind)}"
    return f"over {written(low, kind)}" if _past(low) else f"{written(low, kind)} and more"


def of_whole(edge: float) -> bool:
    """Whether an edge stands at a whole number, or just after one."""
    return edge == math.floor(edge) or (edge == math.nextafter(math.floor(edge), math.inf))


def whole(low: float | None, high: float | None, kind: Kind) -> str:
    """The values of a bin of a column of whole numbers."""
    first = None if low is None else math.floor(low) + 1 if low > math.floor(low) else math.floor(low)
    last = None if high is None else math.ceil(high) - 1
    if first is None or last is None or first > last:
        return stretch(None if first is None else float(first), high, kind)
    return f"{first}" if first == last else f"{first} to {last}"


def _past(edge: float) -> bool:
    """Whether an edge is the next double after a value that has a bin of its own: written alike, and not in this bin."""
    return float(f"{edge:.6g}") < edge or abs(edge) < sys.float_info.min


def written(edge: float, kind: Kind) -> str:
    """An edge as people read it: a number, or a moment."""
    if kind is Kind.NUMBER:
        return "0" if abs(edge) < sys.float_info.min else f"{edge:.6g}"
    from datetime import UTC, datetime, timedelta

    if not FIRST_MOMENT <= edge <= LAST_MOMENT:
        return f"{edge:.6g} µs"
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=edge)
    text = moment.strftime("%Y-%m-%d %H:%M")
    return f"{text} UTC" if kind is Kind.TIME else text
