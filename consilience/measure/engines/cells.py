"""A column of one batch as a contract looks at it: which rows have a value, of the right type, in which order."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.measure.contract import NUMBERS, TIMES, Type
from consilience.measure.engines import buffers, columns
from consilience.measure.engines import profile_kernels as kernels
from consilience.measure.engines.parsing import matching, parsed
from consilience.measure.engines.sources import is_string
from consilience.measure.states.categories import hash_of

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

DAY = 86_400_000_000
SHOWN = 80
MISSING_KEY = np.uint64(0x9E3779B97F4A7C15)
_NAN_BITS = struct.unpack("<q", struct.pack("<d", float("nan")))[0]


class Cells:
    """One column of one batch. `untyped` fields are read as the type says; typed values must be of it already."""

    def __init__(self, array: Any, type_: Type | None, *, untyped: bool) -> None:
        if pa.types.is_dictionary(array.type) and not is_text(array.type):
            array = array.dictionary_decode()
        self._array, self._type, self._untyped = array, type_, untyped and is_text(array.type)
        self._text = is_text(array.type)

    def __len__(self) -> int:
        return len(self._array)

    @cached_property
    def present(self) -> Mask:
        """Rows with a value. NaN is one; an empty field of a CSV file is none."""
        if self._text:
            return self._codes >= 0
        return buffers.present(self._array)

    @cached_property
    def right(self) -> Mask:
        """Rows with a value of the type."""
        if self._type is None:
            return self.present
        if self._untyped:
            return self.ordered
        if not _holds(self._array.type, self._type):
            return np.zeros(len(self), dtype=np.bool_)
        right = self.present
        if self._type is Type.INTEGER and self.order.dtype == np.float64:
            right = right & np.isfinite(self.order) & (self.order == np.floor(self.order))
        if self._type is Type.DATE:
            right = right & (self.order % DAY == 0)
        return right

    @cached_property
    def ordered(self) -> Mask:
        """Rows whose value can be compared as the type says, whether it is stored so or as a text that can be read."""
        return self.present & self._read[1]

    @property
    def order(self) -> NDArray[Any]:
        """Numbers, or microseconds since 1970; any where a row is not `ordered`. Integers are exact to 64 bits."""
        return self._read[0]

    @cached_property
    def words(self) -> tuple[NDArray[np.int32], list[str | None]]:
        """The values as text, by their places in a list; -1 for a row without one. NaN is in the list as None."""
        coded = self._coded
        used = np.arange(len(coded.dictionary), dtype=np.int64)
        return self._codes, columns.words(coded.dictionary, used, untyped=self._untyped)

    def keys(self) -> Keys:
        """64 bits for each value: texts are hashed, numbers and times keep all of their bits, so they never collide."""
        if self._text or pa.types.is_decimal(self._array.type):
            made = np.append(_hashes(self._coded.dictionary), MISSING_KEY)[self._codes]
        elif pa.types.is_floating(self._array.type):
            values = columns.doubles(self._array) + 0.0
            made = mixed(np.where(np.isnan(values), _NAN_BITS, values.view(np.int64)))
        else:
            made = mixed(columns.integers(self._array))
        return np.where(self.present, made, MISSING_KEY)

    def fitting(self, pattern: str) -> Mask:
        """Rows whose whole text fits an RE2 expression."""
        fit = matching(self._coded.dictionary, rf"\A(?:{pattern})\z") if self._text else np.zeros(0, dtype=np.bool_)
        return np.append(fit, False)[self._codes] if self._text else np.zeros(len(self), dtype=np.bool_)

    def shown(self, row: int) -> str:
        """The value of a row for a person, cut where it is long."""
        if not self.present[row]:
            return "(missing)"
        if self._text:
            (word,) = columns.words(self._coded.dictionary, self._codes[row : row + 1].astype(np.int64), untyped=False)
        else:
            (word,) = columns.words(self._array, np.array([row], dtype=np.int64), untyped=False)
        said = "NaN" if word is None else word
        return said if len(said) <= SHOWN else f"{said[: SHOWN - 1]}…"

    @cached_property
    def _coded(self) -> Any:
        return columns.dictionary(self._array)

    @cached_property
    def _codes(self) -> NDArray[np.int32]:
        return columns.codes(self._coded)

    @cached_property
    def _read(self) -> tuple[NDArray[Any], Mask]:
        kind, rows = self._array.type, len(self)
        if self._text and self._type is not None:
            values, fit = parsed(_strings(self._coded.dictionary), self._type)
            return np.append(values, values.dtype.type(0))[self._codes], np.append(fit, False)[self._codes]
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            values = columns.doubles(self._array)
            return values, _all(rows) if self._type in NUMBERS else ~_all(rows)
        if pa.types.is_integer(kind):
            wide = pa.types.is_uint64(kind)
            values = columns.doubles(self._array) if wide else columns.integers(self._array)
            return values, _all(rows) if self._type in NUMBERS else ~_all(rows)
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            zoned = pa.types.is_timestamp(kind) and kind.tz is not None
            same = self._type in TIMES and zoned == (self._type is Type.TIME)
            return columns.integers(self._array), _all(rows) if same else ~_all(rows)
        return np.zeros(rows, dtype=np.int64), ~_all(rows)


class Batch:
    """The columns of one batch, each read once."""

    def __init__(self, batch: pa.RecordBatch, types: Mapping[str, Type | None], *, untyped: bool) -> None:
        self._batch, self._types, self._untyped = batch, types, untyped
        self._cells: dict[str, Cells] = {}
        self.rows = int(batch.num_rows)

    def __getitem__(self, column: str) -> Cells:
        if column not in self._cells:
            array = self._batch.column(column)
            self._cells[column] = Cells(array, self._types.get(column), untyped=self._untyped)
        return self._cells[column]


def readable(kind: pa.DataType) -> bool:
    """Whether rules can look at values of this type: one plain value a row."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    plain = is_text(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    dated = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
    return plain or dated or pa.types.is_decimal(kind) or pa.types.is_null(kind)


def is_text(kind: pa.DataType) -> bool:
    """Whether values are texts, however they are stored."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return is_string(kind) or bool(pa.types.is_string_view(kind))


def mixed(values: Ints) -> Keys:
    """64 bits for 64 bits, one to one, such that every bit matters (MurmurHash3's finaliser)."""
    state = values.astype(np.int64).view(np.uint64)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return state ^ (state >> np.uint64(33))


def row_keys(batch: Batch, names: tuple[str, ...]) -> Keys:
    """64 bits for each row over these columns; the order of the columns matters."""
    made = np.zeros(batch.rows, dtype=np.uint64)
    for name in names:
        made = mixed((made * np.uint64(0x100000001B3) ^ batch[name].keys()).view(np.int64))
    return made


def _hashes(words: Any) -> Keys:
    found = columns.text_buffers(words)
    if found is not None:
        return kernels.hash_texts(*found) if len(words) else np.zeros(0, dtype=np.uint64)
    used = np.arange(len(words), dtype=np.int64)
    return np.array([hash_of(word or "") for word in columns.words(words, used, untyped=False)], dtype=np.uint64)


def _strings(words: Any) -> Any:
    return words.cast(pa.string()) if pa.types.is_string_view(words.type) else words


def _holds(kind: pa.DataType, type_: Type) -> bool:
    """Whether typed values may be of this type; for integers and dates each value is looked at as well."""
    if pa.types.is_null(kind):
        return True
    if type_ in NUMBERS:
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
    if type_ is Type.TIME:
        return bool(pa.types.is_timestamp(kind) and kind.tz is not None)
    if type_ in TIMES:
        return bool(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None))
    return bool(pa.types.is_boolean(kind)) if type_ is Type.BOOLEAN else is_text(kind)


def _all(rows: int) -> Mask:
    return np.ones(rows, dtype=np.bool_)
