"""Values of facts and how they are written: moments and lengths of time are whole microseconds, doubles binary64."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from consilience.domains.policy.language.types import DOUBLE, DURATION, INT, TIMESTAMP, ListType, StructType, Type
from consilience.kit import canonical
from consilience.kit.canonical import Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
TIMESTAMP_MIN = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
TIMESTAMP_MAX = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - _EPOCH) // _MICROSECOND
DURATION_MAX = (2**63 - 1) // 1000
"""CEL computes durations in 64-bit nanoseconds: about 292 years either way."""

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_DURATION = re.compile(r"([+-]?)((?:\d+(?:\.\d+)?(?:h|ms|us|m|s))+)", re.ASCII)
_PART = re.compile(r"(\d+)(?:\.(\d+))?(h|ms|us|m|s)", re.ASCII)
_UNIT = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
SHOWN_ITEMS = 20


@lru_cache(maxsize=8192)
def read_instant(text: str) -> int | None:
    """Microseconds since 1970 of a canonical instant; None when the text is none."""
    return _microseconds(text) if _INSTANT.fullmatch(text) else None


def read_rfc3339(text: str) -> int | None:
    """Microseconds since 1970 of a moment with a time and a zone; None when the text is none."""
    return _microseconds(text.upper()) if _RFC3339.fullmatch(text) else None


def read_duration(text: str) -> int | None:
    """Microseconds of a length of time such as `1h30m`, `-1.5s` or `0`; None when the text is none."""
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    total = 0
    for whole, fraction, unit in _PART.findall(match.group(2)):
        scaled = int(whole + fraction) * _UNIT[unit]
        quotient, rest = divmod(scaled, 10 ** len(fraction))
        if rest:
            return None  # finer than a microsecond
        total += quotient
    return (-total if match.group(1) == "-" else total) if total <= DURATION_MAX else None


@lru_cache(maxsize=8192)
def read_double(text: str) -> float | None:
    """The binary64 value of a decimal; None when the text is none, or none that binary64 can hold."""
    if not _DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


@lru_cache(maxsize=8192)
def write_instant(microseconds: int) -> str:
    """The canonical instant."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def write_duration(microseconds: int) -> str:
    """Seconds, as CEL writes them: `5400s`, `1.5s`."""
    seconds, rest = divmod(abs(microseconds), 1_000_000)
    fraction = f".{rest:06d}".rstrip("0") if rest else ""
    return f"{'-' if microseconds < 0 else ''}{seconds}{fraction}s"


@lru_cache(maxsize=8192)
def write_double(value: float) -> str:
    """The shortest decimal that reads back as the same number, or `NaN`, `Infinity`, `-Infinity`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return canonical.number(value)


def writer(kind: Type) -> Callable[[Any], Json] | None:
    """How values of this type are written in traces; None: as they are. Long lists are told by their size."""
    if kind == DOUBLE:
        return write_double
    if kind == TIMESTAMP:
        return write_instant
    if kind == DURATION:
        return write_duration
    if kind == INT:
        return _write_integer
    if isinstance(kind, StructType):
        name = kind.name
        return lambda _value: {"record": name}
    if not isinstance(kind, ListType):
        return None
    if isinstance(kind.item, (StructType, ListType)):
        return lambda items: {"items": len(items)}
    item = writer(kind.item) or _as_it_is
    return lambda items: {"items": len(items)} if len(items) > SHOWN_ITEMS else [item(one) for one in items]


def _as_it_is(value: Any) -> Json:
    return value


def _write_integer(value: int) -> Json:
    return value if -canonical.MAX_INTEGER <= value <= canonical.MAX_INTEGER else str(value)


def _microseconds(text: str) -> int | None:
    try:
        # Offsets can carry the moment out of the years 1 to 9999, which is no moment either.
        return (datetime.fromisoformat(text).astimezone(UTC) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None
