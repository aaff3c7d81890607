"""What a column of predictions holds, and in which order columns stand in a row. Pure, and quick to import."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds, as a record of a batch names it."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DOUBLE = "double"
    DECIMAL = "decimal"
    INSTANT = "instant"
    LOCAL = "local_time"
    DATE = "date"
    TIME = "time_of_day"


def ordered(columns: Iterable[str]) -> list[str]:
    """Names as RFC 8785 sorts them: by UTF-16 code units."""
    return sorted(columns, key=lambda name: name.encode("utf-16-be"))
