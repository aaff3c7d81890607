"""The exact bytes of a prediction row: canonical JSON of one row of a table (docs/formats/predictions.md).

`written` makes the bytes of a whole batch of rows column by column. Every column of a batch stands in every row, also
where the value is missing, so that a row cannot be told from another one by what it leaves out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from consilience.domains.monitor.kinds import Kind, ordered
from consilience.kit import canonical
from consilience.kit.errors import BadInput

ESCAPED = r'[\x00-\x1f"\\]'
"""What RFC 8785 writes otherwise than it stands, within a JSON string."""
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31 as days since 1970-01-01: outside them a date has no four digits of a year."""
DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def kind_of(column: str, type_: pa.DataType) -> Kind:
    """The kind of an Arrow type; BadInput where a row of it has no defined bytes."""
    kind = type_.value_type if pa.types.is_dictionary(type_) else type_
    tests: Sequence[tuple[Callable[[Any], bool], Kind]] = (
        (pa.types.is_string, Kind.TEXT),
        (pa.types.is_large_string, Kind.TEXT),
        (pa.types.is_string_view, Kind.TEXT),
        (pa.types.is_null, Kind.TEXT),
        (pa.types.is_boolean, Kind.BOOLEAN),
        (pa.types.is_integer, Kind.INTEGER),
        (pa.types.is_floating, Kind.DOUBLE),
        (pa.types.is_decimal, Kind.DECIMAL),
        (pa.types.is_date, Kind.DATE),
        (pa.types.is_time, Kind.TIME),
    )
    if pa.types.is_timestamp(kind):
        return Kind.LOCAL if kind.tz is None else Kind.INSTANT
    for test, found in tests:
        if test(kind):
            return found
    raise BadInput(f"column {column!r}", f"holds {kind}; expected text, numbers, booleans, dates or times")


def written(batch: pa.RecordBatch, kinds: Mapping[str, Kind]) -> list[bytes]:
    """The bytes of each row of this batch. `kinds` names the columns that a row has, and what they hold."""
    parts: list[str | pa.Array] = ["{"]
    for place, name in enumerate(ordered(kinds)):
        _check_kind(name, batch.column(name).type, kinds[name])
        key = canonical.encode(name).decode()
        parts += _member(f"{',' if place else ''}{key}:", name, batch.column(name), kinds[name])
    parts.append("}")
    if all(isinstance(part, str) for part in parts):
        return ["".join(parts).encode()] * batch.num_rows
    joined = pc.binary_join_element_wise(*_merged(parts), "")
    found: list[bytes] = joined.cast(pa.binary()).to_pylist()
    return found


def holding(column: str, kind: Kind, value: str) -> set[bytes]:
    """The bytes that a row of this column alone has where it holds this value, as its bytes say it. None is no value."""
    said = {canonical.encode(value).decode()}
    if kind in _BARE and value != "null":
        said.add(value)
    return {f"{{{canonical.encode(column).decode()}:{one}}}".encode() for one in said}


def _check_kind(name: str, type_: pa.DataType, kind: Kind) -> None:
    """A column without any value fits every kind; all others are what the first file says."""
    if not pa.types.is_null(type_) and kind_of(name, type_) is not kind:
        raise BadInput(f"column {name!r}", f"holds {type_}, but {kind} in the first file")


def _member(key: str, name: str, values: Any, kind: Kind) -> list[str | pa.Array]:
    """What a column gives to each row: texts that are the same in all rows, and an array of those that are not."""
    if pa.types.is_null(values.type):
        return [f"{key}null"]
    if pa.types.is_dictionary(values.type):
        if len(values.dictionary) == 0:
            return [f"{key}null"]
        whole = pc.binary_join_element_wise(*_merged(_member(key, name, values.dictionary, kind)), "")
        return [whole.take(values.indices).fill_null(f"{key}null")]
    texts, quote = _WRITERS[kind](name, values), "" if kind in _BARE else '"'
    if not values.null_count:
        return [f"{key}{quote}", texts, quote]
    whole = pc.binary_join_element_wise(pa.scalar(quote), texts, pa.scalar(quote), "")
    return [key, whole.fill_null("null")]


def _merged(parts: Iterable[str | pa.Array]) -> Iterator[Any]:
    """Texts that follow one another as one."""
    for same, group in groupby(parts, key=lambda part: isinstance(part, str)):
        if same:
            yield pa.scalar("".join(map(str, group)))
        else:
            yield from group


def _mapped(values: Any, say: Callable[[Any], str]) -> Any:
    """Values one by one: for what Arrow writes otherwise than is defined."""
    return pa.array([None if value is None else say(value) for value in values.to_pylist()], pa.string())


def _where(values: Any, odd: Any, texts: Any, say: Callable[[Any], str]) -> Any:
    """`texts`, and what `say` makes of the values that are odd."""
    mask = odd.fill_null(False)
    if not mask.true_count:
        return texts
    return pc.replace_with_mask(texts, mask, _mapped(values.filter(mask), say))


def _text(name: str, values: Any) -> Any:
    texts = values.cast(pa.string())
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid as error:
        raise BadInput(f"column {name!r}", "holds text that is not UTF-8") from error
    if pc.any(pc.match_substring_regex(texts, ESCAPED)).as_py():
        return _mapped(texts, _escaped)
    return texts


def _escaped(text: str) -> str:
    """What stands between the quotes."""
    return json.encoder.encode_basestring(text)[1:-1]


def _boolean(_name: str, values: Any) -> Any:
    return values.cast(pa.string())


def _integer(_name: str, values: Any) -> Any:
    """A number below 2^53 in magnitude, else a string of its digits."""
    texts = values.cast(pa.string())
    if values.type.bit_width < 64:
        return texts
    large = pc.greater(values, pa.scalar(canonical.MAX_INTEGER, values.type))
    if pa.types.is_signed_integer(values.type):
        large = pc.or_(large, pc.less(values, pa.scalar(-canonical.MAX_INTEGER, values.type)))
    return _where(values, large, texts, lambda value: f'"{value}"')


def _double(_name: str, values: Any) -> Any:
    """The shortest decimal that reads back as the same binary64, as ECMAScript writes it.

    Arrow writes the same, but for minus nothing, what is not finite, and 10^10 to 10^21, which ECMAScript writes out.
    """
    wide = values.cast(pa.float64())
    magnitude, texts = pc.abs(wide), wide.cast(pa.string())
    usual = pc.and_(pc.greater(magnitude, 0.0), pc.less(magnitude, 1e10))
    return _where(wide, pc.invert(pc.or_(usual, pc.equal(texts, "0"))), texts, _number)


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - what is not a number equals nothing
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return canonical.number(value)


def _decimal(_name: str, values: Any) -> Any:
    """All digits that the type has behind the point, and no exponent."""
    return _mapped(values, lambda value: format(value, "f"))


def _timestamp(name: str, values: Any) -> Any:
    unit = values.type.unit
    _within(name, values.cast(pa.int64()), DAY[unit])
    utc = values.cast(pa.timestamp(unit)) if values.type.tz else values  # Arrow keeps moments in UTC
    fine = utc.cast(pa.timestamp("ns" if unit == "ns" else "us"))
    return pc.binary_replace_slice(fine.cast(pa.string()), 10, 11, "T")


def _instant(name: str, values: Any) -> Any:
    return pc.binary_join_element_wise(_timestamp(name, values), pa.scalar("Z"), "")


def _date(name: str, values: Any) -> Any:
    days = values.cast(pa.date32())
    _within(name, days.cast(pa.int32()), 1)
    return days.cast(pa.string())


def _time(_name: str, values: Any) -> Any:
    return values.cast(pa.time64("ns" if values.type.unit == "ns" else "us")).cast(pa.string())


def _within(name: str, values: Any, day: int) -> None:
    """Refuse moments whose year has not four digits. `day`: how many of the values' units a day has."""
    found = pc.min_max(values).as_py()
    if found["min"] is not None and not FIRST_DAY * day <= found["min"] <= found["max"] < (LAST_DAY + 1) * day:
        raise BadInput(f"column {name!r}", "holds a time outside the years 0001 to 9999")


_BARE = frozenset({Kind.BOOLEAN, Kind.INTEGER})
"""Kinds that stand without quotes; what needs some brings them."""
_WRITERS: Mapping[Kind, Callable[[str, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.DOUBLE: _double,
    Kind.DECIMAL: _decimal,
    Kind.INSTANT: _instant,
    Kind.LOCAL: _timestamp,
    Kind.DATE: _date,
    Kind.TIME: _time,
}
