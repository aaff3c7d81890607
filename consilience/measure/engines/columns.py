"""Columns of one batch as numpy arrays: text as codes into a list of values, numbers as doubles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.reading import MAX_TEXT
from consilience.measure.values import text_of, text_of_field

MISSING_CODE = -1


@dataclass(frozen=True)
class Texts:
    """A column of groups or classes: `values[codes[row]]`, MISSING_CODE where the row has no value.

    `values` may hold some that no row has, as dictionaries of categories do.
    """

    codes: NDArray[np.int32]
    values: list[str]

    def used(self, rows: NDArray[np.bool_]) -> list[int]:
        """The codes that these rows really have, the missing one left out."""
        counts = np.bincount(self.codes[rows] + 1, minlength=len(self.values) + 1)
        return [int(code) for code in np.flatnonzero(counts[1:])]


@dataclass(frozen=True)
class Numbers:
    """A column of numbers; `present` is false where the row has none. A stored NaN is present: it is no missing value."""

    values: NDArray[np.float64]
    present: NDArray[np.bool_]


def texts(array: Any, *, untyped: bool) -> Texts:
    """The column as text. Raises BadInput for values that have no text form; NaN is missing."""
    coded = array if pa.types.is_dictionary(array.type) else _dictionary(array)
    words = [_text(value, untyped=untyped) for value in _plain(coded.dictionary).to_pylist()]
    place: dict[str | None, int] = {None: MISSING_CODE}
    for word in words:
        place.setdefault(word, len(place) - 1)
    renumbered = np.array([place[word] for word in words] + [MISSING_CODE], dtype=np.int32)
    indices = np.where(_present(coded.indices), _buffer(coded.indices.cast(pa.int32()), np.int32), len(words))
    return Texts(renumbered[indices], [word for word in place if word is not None])


def numbers(array: Any) -> Numbers:
    """The column as doubles."""
    present = _present(array)
    if pa.types.is_null(array.type):
        return Numbers(np.zeros(len(array)), present)
    return Numbers(np.where(present, _buffer(array.cast(pa.float64(), safe=False), np.float64), 0.0), present)


def _present(array: Any) -> NDArray[np.bool_]:
    return _buffer(array.is_valid().cast(pa.uint8()), np.uint8).astype(np.bool_)


def _buffer(array: Any, dtype: type[Any]) -> NDArray[Any]:
    # Straight from Arrow's memory: `to_numpy`, `fill_null` and `pa.scalar` would import pandas where it is installed.
    if not len(array):
        return np.zeros(0, dtype=dtype)
    return np.frombuffer(array.buffers()[1], dtype=dtype)[array.offset : array.offset + len(array)]


def _dictionary(array: Any) -> Any:
    if pa.types.is_null(array.type):
        array = array.cast(pa.string())
    return _plain(array).dictionary_encode()


def _plain(array: Any) -> Any:
    # Python has no nanoseconds; without pandas Arrow cannot give them out.
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        return array.cast(pa.timestamp("us", array.type.tz), safe=False)
    if pa.types.is_string_view(array.type):
        return array.cast(pa.string())
    return array


def _text(value: object, *, untyped: bool) -> str | None:
    text = text_of_field(value) if untyped and isinstance(value, str) else text_of(value)
    if text is not None and len(text) > MAX_TEXT:
        raise BadInput(
            "value", f"{text[:40]!r}... is longer than {MAX_TEXT} characters; groups and classes have short names"
        )
    return text
