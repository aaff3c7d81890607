"""Fields of files without types, read as what a contract says they are: the value of each, and whether it has one.

What a reader of typed columns would refuse is no error here: it is a field that is not of its type.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.contract import NUMBERS, Type
from consilience.measure.engines import buffers, columns
from consilience.measure.engines.sources import short

EXACT_INTEGER = 2.0**53
_INTEGER = r"^[+-]?0*[0-9]{1,19}$"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$|^[+-]?(?i:nan|inf|infinity)$"
_DAY = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"[ T](?:[01][0-9]|2[0-3])(?::[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?"
_ZONE = r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
# Narrow enough that hardly a text that fits is none: what is left costs a cast for each.
_TRUTH = r"^(?:true|false|True|False|TRUE|FALSE)$"

Parsed = tuple[NDArray[Any], NDArray[np.bool_]]


def parsed(words: Any, type_: Type) -> Parsed:
    """The value of each text, and which texts have one of this type. Times are microseconds since 1970.

    Integers are exact to 64 bits. Space around a field is no part of it.
    """
    trimmed = pc.utf8_trim_whitespace(words)
    if type_ is Type.INTEGER:
        return _integers(trimmed)
    if type_ is Type.NUMBER:
        return _cast(trimmed, _NUMBER, pa.float64())
    if type_ is Type.TIME:
        return _cast(_to_micros(trimmed), f"^{_DAY}{_CLOCK}{_ZONE}$", pa.timestamp("us", "UTC"))
    if type_ is Type.LOCAL_TIME:
        return _cast(_to_micros(trimmed), f"^{_DAY}(?:{_CLOCK})?$", pa.timestamp("us"))
    if type_ is Type.DATE:
        return _cast(trimmed, f"^{_DAY}$", pa.date32())
    if type_ is Type.BOOLEAN:
        fit = matching(trimmed, _TRUTH)
        return matching(trimmed, "^(?i:true)$").astype(np.int64), fit
    return np.zeros(len(words), dtype=np.int64), np.ones(len(words), dtype=np.bool_)


def constant(said: str, type_: Type) -> int | float | None:
    """A constant of a rule as what values of this type are compared as; None where it is not of the type.

    A day is a local time as well as a date; for a column of integers any number will do.
    """
    values, fit = parsed(pa.array([said]), Type.INTEGER if type_ in NUMBERS else type_)
    if not fit[0] and type_ in NUMBERS:
        values, fit = parsed(pa.array([said]), Type.NUMBER)
        fit &= np.isfinite(values)
    found: int | float = values[0].item()
    return found if fit[0] else None


def matching(words: Any, pattern: str) -> NDArray[np.bool_]:
    """Which texts an RE2 expression is found in; texts that are missing are not among them."""
    try:
        found = pc.match_substring_regex(words, pattern)
    except pa.ArrowInvalid as error:
        raise BadInput("pattern", f"is no RE2 expression ({short(error)})") from error
    made = np.zeros(len(found), dtype=np.bool_)
    made[buffers.present(found)] = columns.truths(found.drop_null())
    return made


def _to_micros(words: Any) -> Any:
    return pc.replace_substring_regex(words, pattern=r"(\.[0-9]{6})[0-9]+", replacement=r"\1")


def _integers(words: Any) -> Parsed:
    values, fit = _cast(words, _INTEGER, pa.int64())
    rest = np.flatnonzero(~fit)
    if len(rest):
        # "5.0" and "1e3" are whole numbers; as doubles they are exact up to 2^53.
        doubles, numbers = _cast(_taken(words, rest), _NUMBER, pa.float64())
        with np.errstate(invalid="ignore"):
            whole = numbers & (np.abs(doubles) <= EXACT_INTEGER) & (doubles == np.floor(doubles))
        values = values.copy()
        values[rest[whole]] = doubles[whole].astype(np.int64)
        fit[rest[whole]] = True
    return values, fit


def _cast(words: Any, pattern: str, kind: Any) -> Parsed:
    """Cast the texts that look like this type; of those the few that are still none (a 30th of February) are found by halves."""
    likely = np.flatnonzero(matching(words, pattern))
    values = np.zeros(len(words), dtype=np.float64 if pa.types.is_floating(kind) else np.int64)
    fit = np.zeros(len(words), dtype=np.bool_)
    waiting = [likely]
    while waiting:
        rows = waiting.pop()
        if not len(rows):
            continue
        try:
            made = _taken(words, rows).cast(kind)
        except pa.ArrowInvalid:
            if len(rows) > 1:
                waiting += [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
            continue
        values[rows] = columns.doubles(made) if pa.types.is_floating(kind) else columns.integers(made)
        fit[rows] = True
    return values, fit


def _taken(array: Any, rows: NDArray[np.int64]) -> Any:
    if len(rows) == len(array):
        return array
    return array.take(pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(np.ascontiguousarray(rows))]))
