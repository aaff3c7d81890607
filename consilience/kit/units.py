"""The units that figures may have: a closed list, so that a comparison of two of them can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple


class Unit(NamedTuple):
    """A unit in words, and which numbers have it: whole ones, any number, or either as it is written."""

    words: str
    numbers: Literal["whole", "any", "either"]


UNITS: Mapping[str, Unit] = {
    "share": Unit("a share from 0 to 1", "any"),
    "percent": Unit("percent", "any"),
    "ratio": Unit("a ratio", "any"),
    "index": Unit("an index", "any"),
    "score": Unit("a score", "any"),
    "number": Unit("a plain number", "any"),
    "count": Unit("a count", "whole"),
    "rows": Unit("rows", "whole"),
    "people": Unit("people", "whole"),
    "requests": Unit("requests", "whole"),
    "years": Unit("years", "either"),
    "months": Unit("months", "either"),
    "days": Unit("days", "either"),
    "hours": Unit("hours", "either"),
    "minutes": Unit("minutes", "either"),
    "seconds": Unit("seconds", "either"),
    "milliseconds": Unit("milliseconds", "either"),
    "per_second": Unit("per second", "either"),
    "bytes": Unit("bytes", "either"),
    "megabytes": Unit("megabytes", "either"),
    "gigabytes": Unit("gigabytes", "either"),
    "kilowatt_hours": Unit("kilowatt hours", "either"),
    "kilograms_co2e": Unit("kilograms of CO2 equivalent", "either"),
    "points": Unit("points", "either"),
    "EUR": Unit("euro", "either"),
    "USD": Unit("US dollars", "either"),
    "GBP": Unit("pounds sterling", "either"),
    "CHF": Unit("Swiss francs", "either"),
    "CAD": Unit("Canadian dollars", "either"),
}
