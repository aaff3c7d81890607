"""A measured figure as a page shows it: a value with its interval, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.measure.metrics.figure import SENTENCES, Reason

KNOWN = frozenset(Reason)
DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
LARGEST = 1e15  # beyond it neither a scale nor a reader can make anything of the number


class Unit(StrEnum):
    """How a number is written: as it is, or as a share of a hundred."""

    PLAIN = "plain"
    PERCENT = "percent"


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval and the number of rows behind it. No value means a reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    rows: int | None = None
    reason: str = ""

    @property
    def numbers(self) -> list[float]:
        """Whatever of it stands on a scale."""
        return [number for number in (self.value, self.low, self.high) if number is not None]

    @property
    def cases(self) -> str:
        return DASH if self.rows is None else f"{self.rows:,}"

    @property
    def has_interval(self) -> bool:
        return self.low is not None and self.high is not None


def read(source: Figure | Mapping[str, Any] | None) -> Figure:
    """A figure as evidence records it (`{"value", "low", "high", "rows", "reason"}`, numbers or decimal strings)."""
    if isinstance(source, Figure):
        return source
    if source is None:
        return Figure(None)
    rows = source.get("rows")
    return Figure(
        value=_number(source.get("value")),
        low=_number(source.get("low")),
        high=_number(source.get("high")),
        rows=rows if isinstance(rows, int) and not isinstance(rows, bool) else None,
        reason=str(source.get("reason") or ""),
    )


def _number(given: object) -> float | None:
    # Recorded figures are decimal strings; whatever cannot be drawn counts as undefined, never as 0.
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        return None
    try:
        made = float(given)
    except (ValueError, OverflowError):
        return None
    return made if math.isfinite(made) and abs(made) <= LARGEST else None


def written(value: float, *, decimals: int = 2, unit: Unit = Unit.PLAIN) -> str:
    """`0.857` as "0.86", or as "85.7 %"; a rounded zero has no sign."""
    if unit is Unit.PERCENT:
        return f"{_unsigned_zero(value * 100, max(decimals - 1, 0))} %"
    return _unsigned_zero(value, decimals)


def _unsigned_zero(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


def because(figure: Figure) -> str:
    """The words in place of an undefined value."""
    if not figure.reason:
        return _("undefined, no reason was recorded")
    if figure.reason in KNOWN:
        sentence = SENTENCES[Reason(figure.reason)].rstrip(".")
        return _("undefined: %(sentence)s") % {"sentence": sentence[:1].lower() + sentence[1:]}
    return _("undefined, because %(reason)s") % {"reason": figure.reason}


def interval(figure: Figure, *, decimals: int = 2, unit: Unit = Unit.PLAIN) -> str:
    """Both ends with a dash between them, or a dash alone where no interval was computed."""
    if figure.low is None or figure.high is None:
        return DASH
    low, high = (written(bound, decimals=decimals, unit=unit) for bound in (figure.low, figure.high))
    return f"{low} {DASH} {high}"


def html(figure: Figure, *, decimals: int = 2, unit: Unit = Unit.PLAIN) -> SafeString:
    """The figure in running text: bold value, interval in brackets; or why it is undefined."""
    if figure.value is None:
        return format_html('<span class="undef">{}</span>', because(figure))
    value = written(figure.value, decimals=decimals, unit=unit)
    if not figure.has_interval:
        return format_html('<span class="fig"><b>{}</b></span>', value)
    said = interval(figure, decimals=decimals, unit=unit)
    return format_html('<span class="fig"><b>{}</b> <span>({})</span></span>', value, said)
