"""Columns of one batch as numpy arrays: text as codes into a list of values, numbers as doubles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.engines import decimals, profile_kernels
from consilience.measure.reading import MAX_TEXT
from consilience.measure.values import text_of, text_of_field

MISSING_CODE = -1
FEW_INTEGERS = 64
SMALL_RANGE = 1024
"""Whole numbers that lie so near to one another are counted by their place, as the codes of classes do."""

FEW_CODES, COUNTED_BY_TURNS = 512, 4


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
    if pa.types.is_signed_integer(array.type):
        found = _near_integers(array)
        if found is not None:
            return found
    coded = array if pa.types.is_dictionary(array.type) else _dictionary(array)
    words = [_text(value, untyped=untyped) for value in _plain(coded.dictionary).to_pylist()]
    place: dict[str | None, int] = {None: MISSING_CODE}
    for word in words:
        place.setdefault(word, len(place) - 1)
    renumbered = np.array([place[word] for word in words] + [MISSING_CODE], dtype=np.int32)
    indices = np.where(_present(coded.indices), _indices(coded), len(words))
    return Texts(renumbered[indices], [word for word in place if word is not None])


def numbers(array: Any) -> Numbers:
    """The column as doubles."""
    present = _present(array)
    if pa.types.is_null(array.type):
        return Numbers(np.zeros(len(array)), present)
    values = _buffer(_as_doubles(array), np.float64)
    return Numbers(np.where(present, values, 0.0) if array.null_count else values, present)


def _bitmap(array: Any) -> tuple[NDArray[np.uint8], int]:
    """Arrow's bitmap of the rows that have a value, empty where every row has one, and the bit of the first row."""
    if not array.null_count:
        return np.zeros(0, dtype=np.uint8), 0
    bits = array.buffers()[0]
    if bits is None:  # of the type that has no values
        return np.zeros(len(array) // 8 + 1, dtype=np.uint8), 0
    return np.frombuffer(bits, dtype=np.uint8), array.offset


def raw_numbers(array: Any) -> tuple[NDArray[np.float64], NDArray[np.uint8], int]:
    """The column as doubles in place, with Arrow's bitmap of the rows that have a value and the bit of the first row.

    The bitmap is empty where every row has one. Times are microseconds since 1970; texts, as CSV fields, are read.
    """
    if pa.types.is_null(array.type):
        return np.zeros(len(array)), np.zeros(len(array) // 8 + 1, dtype=np.uint8), 0
    made = _as_doubles(array)
    return _buffer(made, np.float64), *_bitmap(made)


def finite(array: Any) -> NDArray[np.float64]:
    """The values of the column that are there and finite, as doubles; -0 is 0."""
    values, valid, offset = raw_numbers(array)
    if len(valid):
        values = values[np.unpackbits(valid, bitorder="little")[offset : offset + len(values)].astype(np.bool_)]
    return values[np.isfinite(values)] + 0.0


def dictionary(array: Any) -> Any:
    """The column as codes into different values."""
    return array if pa.types.is_dictionary(array.type) else _dictionary(array)


def code_counts(coded: Any, counted: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """How many rows have each code; rows without a value have none. `counted`: equal rows that each stands for, else 1."""
    indices, known = _indices(coded), len(coded.dictionary)
    if counted is not None:
        present = _present(coded.indices)
        made = np.zeros(known, dtype=np.int64)
        np.add.at(made, indices[present], counted[present])
        return made
    counts = np.zeros((known + 2, COUNTED_BY_TURNS if known <= FEW_CODES else 1), dtype=np.int64)
    profile_kernels.count_codes(np.ascontiguousarray(indices), *_bitmap(coded.indices), counts)
    found: NDArray[np.int64] = counts.sum(axis=1)
    if found[-1]:
        raise BadInput("value", f"{int(found[-1])} codes are not in the dictionary of the column")
    return found[:known]


def words(values: Any, used: NDArray[np.int64], *, untyped: bool) -> list[str | None]:
    """The text forms of some values of a dictionary; None for a missing one. Long ones are no error here."""
    plain = _plain(values)
    buffers = text_buffers(plain)
    if buffers is not None:
        listed: list[Any] = _decoded(*buffers, used)
        return [text_of_field(one) for one in listed] if untyped else listed
    listed = plain.to_pylist() if len(used) == len(plain) else rows_of(plain, used).to_pylist()
    return [text_of_field(one) if untyped and isinstance(one, str) else text_of(one) for one in listed]


def _decoded(places: NDArray[np.int64], data: NDArray[np.uint8], used: NDArray[np.int64]) -> list[str]:
    """The used texts of a dictionary, from its bytes: Arrow would make an object of its own of each first."""
    raw = data[places[0] : places[-1]].tobytes()
    starts, ends = (places[used] - places[0]).tolist(), (places[used + 1] - places[0]).tolist()
    if raw.isascii():
        text = raw.decode("ascii")
        return [text[start:end] for start, end in zip(starts, ends, strict=True)]
    return [raw[start:end].decode() for start, end in zip(starts, ends, strict=True)]


def rows_of(batch: Any, rows: NDArray[np.int64]) -> Any:
    """Some rows of a batch, by their places."""
    places = np.ascontiguousarray(rows, dtype=np.int64)
    return batch.take(pa.Array.from_buffers(pa.int64(), len(places), [None, pa.py_buffer(places.tobytes())]))


def text_buffers(values: Any) -> tuple[NDArray[np.int64], NDArray[np.uint8]] | None:
    """Where the texts of a dictionary begin and end in its bytes, and the bytes; None for values that are no texts."""
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)) or values.null_count:
        return None
    width = np.int32 if pa.types.is_string(values.type) else np.int64
    _, offsets, data = values.buffers()
    places = np.frombuffer(offsets, dtype=width)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    return places, np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)


def starting_with(
    mark: str, places: NDArray[np.int64], data: NDArray[np.uint8], used: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of the used texts begin with this ASCII character."""
    first = np.minimum(places[used], max(len(data) - 1, 0))
    some = places[used + 1] > places[used]
    return some & (data[first] == ord(mark)) if len(data) else np.zeros(len(used), dtype=np.bool_)


def longer_than(length: int, places: NDArray[np.int64], used: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the used texts have more bytes than this."""
    return places[used + 1] - places[used] > length


def int64s(array: Any) -> NDArray[np.int64]:
    """A column of 64-bit integers, none of which is missing."""
    return _buffer(array, np.int64)


def _as_doubles(array: Any) -> Any:
    kind = array.type
    if pa.types.is_dictionary(kind):
        values = array.dictionary
        if pa.types.is_null(values.type):
            values = values.cast(pa.float64())
        return _as_doubles(values).take(array.indices)
    if pa.types.is_float64(kind):
        return array
    if pa.types.is_decimal(kind) and not pa.types.is_decimal256(kind):
        return decimals.doubles(array)
    if pa.types.is_date(kind):
        array = array.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(array.type):
        array = array if array.type.unit == "us" else array.cast(pa.timestamp("us", array.type.tz), safe=False)
        array = array.view(pa.int64())
    if pa.types.is_integer(array.type) and not array.null_count:
        return _arrow(_stored(array).astype(np.float64), pa.float64())
    try:
        return array.cast(pa.float64(), safe=False)
    except pa.ArrowInvalid as error:
        raise BadInput("value", f"is no number ({str(error).splitlines()[0][:120]})") from error


def _present(array: Any) -> NDArray[np.bool_]:
    rows = len(array)
    if not array.null_count:
        return np.ones(rows, dtype=np.bool_)
    bits = array.buffers()[0]
    if bits is None:  # of the type that has no values
        return np.zeros(rows, dtype=np.bool_)
    valid = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), bitorder="little", count=array.offset + rows)
    return valid[array.offset :].astype(np.bool_)


def _buffer(array: Any, dtype: type[Any]) -> NDArray[Any]:
    # Straight from Arrow's memory: `to_numpy`, `fill_null` and `pa.scalar` would import pandas where it is installed.
    if not len(array):
        return np.zeros(0, dtype=dtype)
    return np.frombuffer(array.buffers()[1], dtype=dtype)[array.offset : array.offset + len(array)]


# Arrow's own casts and dictionaries are left to what is rare: the first of them imports `pyarrow.compute`, a twentieth of
# a second.


def _arrow(values: NDArray[Any], kind: pa.DataType) -> Any:
    """Numbers without missing ones, as Arrow's."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _near_integers(array: Any) -> Texts | None:
    """Whole numbers that lie near to one another: each is coded by its place; None where they do not."""
    values, there = _stored(array), _present(array) if array.null_count else None
    known = values if there is None else values[there]
    if not len(known):
        return None
    low, high = int(known.min()), int(known.max())
    if high - low >= FEW_INTEGERS:
        return None
    places = values.astype(np.int64) - low
    if there is not None:
        places = np.where(there, places, FEW_INTEGERS)
    used = np.flatnonzero(np.bincount(places, minlength=FEW_INTEGERS)[:FEW_INTEGERS])
    code = np.full(FEW_INTEGERS + 1, MISSING_CODE, dtype=np.int32)
    code[used] = np.arange(len(used))
    return Texts(code[places], [str(low + place) for place in used.tolist()])


def _stored(array: Any) -> NDArray[Any]:
    """The numbers of a column as they are stored, any where a row has none."""
    return _buffer(array, array.type.to_pandas_dtype())


def _indices(coded: Any) -> NDArray[np.int32]:
    return _stored(coded.indices).astype(np.int32, copy=False)


def _dictionary(array: Any) -> Any:
    if pa.types.is_null(array.type):
        array = array.cast(pa.string())
    if pa.types.is_signed_integer(array.type) and len(array) and not array.null_count:
        values = _stored(array)
        low, high = int(values.min()), int(values.max())
        if high - low < SMALL_RANGE:
            return _coded(values.astype(np.int64) - low, low, array.type)
    return _plain(array).dictionary_encode()


def _coded(above: NDArray[np.int64], low: int, kind: pa.DataType) -> Any:
    """Whole numbers `low + above` as codes into the different ones, in the order in which they come."""
    rows = len(above)
    first = np.full(SMALL_RANGE, rows)
    first[above[::-1]] = np.arange(rows)[::-1]  # of those assigned to one place the last stays
    used = np.argsort(first, kind="stable")[: np.count_nonzero(first < rows)]
    code = np.zeros(SMALL_RANGE, dtype=np.int32)
    code[used] = np.arange(len(used))
    values = _arrow((used + low).astype(kind.to_pandas_dtype()), kind)
    return pa.DictionaryArray.from_arrays(_arrow(code[above], pa.int32()), values)


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


def present(array: Any) -> NDArray[np.bool_]:
    """Which rows have a value; a stored NaN is one."""
    return _present(array)


def truths(array: Any) -> NDArray[np.bool_]:
    """A column of booleans without missing values."""
    return _buffer(array.cast(pa.uint8()), np.uint8).astype(np.bool_)


def integers(array: Any) -> NDArray[np.int64]:
    """A column of integers, booleans or times as 64-bit integers, any where a row has none; times in microseconds.

    Unsigned integers beyond them keep their bits, not their value.
    """
    if pa.types.is_date(array.type):
        array = array.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp("us", array.type.tz), safe=False)
    return _buffer(array.cast(pa.int64(), safe=False), np.int64)


def doubles(array: Any) -> NDArray[np.float64]:
    """A column of numbers as doubles, any where a row has none."""
    return _buffer(array.cast(pa.float64(), safe=False), np.float64)


def codes(coded: Any) -> NDArray[np.int32]:
    """The place of each row's value in the dictionary, MISSING_CODE where it has none."""
    return np.where(_present(coded.indices), _indices(coded), np.int32(MISSING_CODE))
