"""The bytes of a prediction row: written column by column, and held against a slow reading of the definition."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.domains.monitor import rows
from consilience.domains.monitor.kinds import Kind
from consilience.domains.monitor.sealing import Predictions, digests
from consilience.kit import canonical
from consilience.kit.errors import BadInput


def slowly(table: pa.Table) -> list[bytes]:
    """What docs/formats/predictions.md says, value by value."""
    return [canonical.encode({name: said(value) for name, value in row.items()}) for row in table.to_pylist()]


def said(value: Any) -> Any:
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) < 2**53 else str(value)
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case float():
            return canonical.number(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            zone = "Z" if value.tzinfo else ""
            plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return plain.isoformat(timespec="microseconds") + zone
        case date():
            return value.isoformat()
        case time():
            return value.isoformat(timespec="microseconds")
    raise AssertionError(value)


def written(table: pa.Table) -> list[bytes]:
    kinds = {field.name: rows.kind_of(field.name, field.type) for field in table.schema}
    return [row for batch in table.to_batches() for row in rows.written(batch, kinds)]


def one(value: Any, type_: pa.DataType) -> str:
    (row,) = written(pa.table({"x": pa.array([value], type_)}))
    return row.decode()


MOMENT = datetime(2026, 11, 23, 10, 15, 0, 120, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (0.1, pa.float64(), '"0.1"'),
        (1.0, pa.float64(), '"1"'),
        (-0.0, pa.float64(), '"0"'),
        (1e20, pa.float64(), '"100000000000000000000"'),
        (1e21, pa.float64(), '"1e+21"'),
        (1e-7, pa.float64(), '"1e-7"'),
        (123456789012345680.0, pa.float64(), '"123456789012345680"'),
        (0.1, pa.float32(), '"0.10000000149011612"'),
        (float("nan"), pa.float64(), '"NaN"'),
        (float("inf"), pa.float64(), '"Infinity"'),
        (float("-inf"), pa.float32(), '"-Infinity"'),
        (None, pa.float64(), "null"),
        (None, pa.string(), "null"),
        (None, pa.null(), "null"),
        (2**53 - 1, pa.int64(), "9007199254740991"),
        (2**53, pa.int64(), '"9007199254740992"'),
        (-(2**53) - 1, pa.int64(), '"-9007199254740993"'),
        (2**64 - 1, pa.uint64(), '"18446744073709551615"'),
        (7, pa.int8(), "7"),
        (True, pa.bool_(), "true"),
        (Decimal("1.50"), pa.decimal128(10, 2), '"1.50"'),
        (Decimal("0.00000001"), pa.decimal128(10, 8), '"0.00000001"'),
        ('say "a\\b"\n\u0007é', pa.string(), r'"say \"a\\b\"\n\u0007é"'),
        ("", pa.string(), '""'),
        (MOMENT, pa.timestamp("us", "Europe/Athens"), '"2026-11-23T08:15:00.000120Z"'),
        (MOMENT.replace(tzinfo=None, microsecond=0), pa.timestamp("s"), '"2026-11-23T10:15:00.000000"'),
        (1, pa.timestamp("ns", "UTC"), '"1970-01-01T00:00:00.000000001Z"'),
        (date(1, 1, 1), pa.date32(), '"0001-01-01"'),
        (date(9999, 12, 31), pa.date64(), '"9999-12-31"'),
        (time(1, 2, 3), pa.time32("s"), '"01:02:03.000000"'),
    ],
)
def test_each_value_has_one_way_to_be_written(value: Any, type_: pa.DataType, expected: str) -> None:
    assert one(value, type_) == f'{{"x":{expected}}}'
    assert canonical.is_canonical(one(value, type_).encode())


COLUMNS = {
    "double": (st.none() | st.floats(), pa.float64()),
    "single": (st.none() | st.floats(width=32), pa.float32()),
    "whole": (st.none() | st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "big": (st.integers(0, 2**64 - 1), pa.uint64()),
    "text": (st.none() | st.text(), pa.string()),
    "coded": (st.none() | st.sampled_from(["a", 'b"', ""]), pa.dictionary(pa.int32(), pa.string())),
    "yes": (st.none() | st.booleans(), pa.bool_()),
    "money": (st.none() | st.decimals(-9999, 9999, places=3), pa.decimal128(9, 3)),
    "at": (st.none() | st.datetimes(timezones=st.just(UTC)), pa.timestamp("us", "UTC")),
    "local": (st.datetimes(), pa.timestamp("us")),
    "day": (st.none() | st.dates(), pa.date32()),
    "Ä \U0001f600 ﬀ": (st.times(), pa.time64("us")),
}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(*(values for values, _ in COLUMNS.values())), min_size=1, max_size=8))
def test_columns_are_written_as_the_definition_says(made: list[tuple[Any, ...]]) -> None:
    arrays = {
        name: pa.array([row[nth] for row in made], type_) for nth, (name, (_, type_)) in enumerate(COLUMNS.items())
    }
    table = pa.table(arrays)
    assert written(table) == slowly(table)


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (pa.array([b"\xff"], pa.binary()), "holds binary"),
        (pa.array([timedelta(1)], pa.duration("us")), "holds duration"),
        (pa.array([253402300800], pa.timestamp("s")), "outside the years 0001 to 9999"),
        (pa.array([2_932_897], pa.int32()).cast(pa.date32()), "outside the years 0001 to 9999"),
    ],
)
def test_what_has_no_defined_bytes_is_refused(array: pa.Array, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        written(pa.table({"x": array}))


def test_text_that_is_not_utf_8_is_refused() -> None:
    broken = pa.array([b"a\xff"], pa.binary()).view(pa.string())
    with pytest.raises(BadInput, match="not UTF-8"):
        written(pa.table({"x": broken}))


def test_a_csv_field_is_text_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text('id,score,at\n007,0.10,2026-11-23\n,"1e3",""\n')
    found = Predictions(str(file))
    assert set(found.kinds.values()) == {Kind.TEXT}
    proof = found.prove(b"x" * 32, 0)
    assert proof.row == b'{"at":"2026-11-23","id":"007","score":"0.10"}'
    assert found.prove(b"x" * 32, 1).row == b'{"at":null,"id":null,"score":"1e3"}'


def test_the_same_rows_in_other_row_groups_or_files_give_the_same_root(tmp_path: Path) -> None:
    table = pa.table({"id": pa.array(range(1000)), "score": pa.array([n / 7 for n in range(1000)])})
    pq.write_table(table, tmp_path / "whole.parquet", row_group_size=1000)
    pq.write_table(table, tmp_path / "groups.parquet", row_group_size=33)
    folder = tmp_path / "two"
    folder.mkdir()
    pq.write_table(table.slice(0, 400), folder / "a.parquet")
    pq.write_table(table.slice(400), folder / "b.parquet")
    roots = {Predictions(str(tmp_path / name)).seal(b"s" * 32) for name in ("whole.parquet", "groups.parquet", "two")}
    assert len(roots) == 1
    assert len(digests(str(folder / "*.parquet"))) == 2


def test_another_secret_another_order_and_another_column_give_other_roots(tmp_path: Path) -> None:
    table = pa.table({"id": pa.array([1, 2, 3]), "score": pa.array([0.1, 0.2, 0.3])})
    pq.write_table(table, tmp_path / "one.parquet")
    pq.write_table(table.take([2, 1, 0]), tmp_path / "other.parquet")
    first = str(tmp_path / "one.parquet")
    roots = {
        Predictions(first).seal(b"s" * 32).root,
        Predictions(first).seal(b"t" * 32).root,
        Predictions(first, ["score"]).seal(b"s" * 32).root,
        Predictions(str(tmp_path / "other.parquet")).seal(b"s" * 32).root,
    }
    assert len(roots) == 4


def test_a_row_is_found_by_what_names_it(tmp_path: Path) -> None:
    table = pa.table({"id": pa.array(['a"b', "twice", "twice", None]), "n": pa.array([1, 2, 3, 2**60])})
    pq.write_table(table, tmp_path / "one.parquet")
    found = Predictions(str(tmp_path / "one.parquet"))
    assert found.index_of("id", 'a"b') == 0
    assert found.index_of("n", "3") == 2
    assert found.index_of("n", str(2**60)) == 3
    for value, problem in (("twice", "2 rows, such as 1 and 2"), ("none", "no row"), ("null", "no row")):
        with pytest.raises(BadInput, match=problem):
            found.index_of("id", value)


def test_a_column_that_changes_its_kind_between_files_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.nulls(2)}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": pa.array([1, 2])}), tmp_path / "b.parquet")
    with pytest.raises(BadInput, match="integer|int64"):
        Predictions(str(tmp_path / "*.parquet")).seal(b"s" * 32)


def test_files_without_rows_and_mixed_files_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([], pa.int64())}), tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="no rows"):
        Predictions(str(tmp_path / "a.parquet")).seal(b"s" * 32)
    (tmp_path / "b.csv").write_text("x\n1\n")
    with pytest.raises(BadInput, match="mixes CSV"):
        Predictions(str(tmp_path))
