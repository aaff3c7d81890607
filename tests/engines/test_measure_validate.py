"""Validation: what breaks a rule is counted as pandas counts it; parts, threads and order change nothing but the order's own rule."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.contract import (
    ColumnRules,
    Compare,
    Condition,
    Contract,
    Monotone,
    Others,
    RowRule,
    Severity,
    Type,
)
from consilience.measure.contract_learning import learn_contract
from consilience.measure.contract_reading import read_contract
from consilience.measure.contract_writing import write_contract
from consilience.measure.engines.profiling import profile
from consilience.measure.engines.tallies import RepeatTally
from consilience.measure.engines.validating import validate
from consilience.measure.metrics.figure import Reason
from consilience.measure.metrics.intervals import wilson
from consilience.measure.validation import Finding, Validation

ROWS = 5_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def a_table(seed: int = 1) -> pa.Table:
    generator = np.random.default_rng(seed)
    number = generator.normal(0, 1, ROWS)
    number[:5] = [math.nan, math.inf, -math.inf, 0.0, -0.0]
    at = (np.arange(ROWS) * 60 + generator.integers(0, 90, ROWS)) * 1_000_000
    return pa.table(
        {
            "number": pa.array(number, mask=generator.random(ROWS) < 0.1),
            "whole": generator.integers(-5, 50, ROWS),
            "word": pa.array(np.array(["a", "b", "cc", "d d"])[generator.integers(0, 4, ROWS)], mask=generator.random(ROWS) < 0.1),
            "id": generator.integers(0, 3 * ROWS, ROWS),
            "at": pa.array(at).cast(pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip


CONTRACT = Contract(
    columns=(
        ColumnRules("number", Type.NUMBER, missing_at_most=0.05, finite=True, minimum="-2", maximum="1.5"),
        ColumnRules("whole", Type.INTEGER, minimum="0", maximum="40", unique=True),
        ColumnRules("word", Type.TEXT, values=("a", "b", "cc"), pattern="[a-c]+", missing_at_most=0.2),
        ColumnRules("id", Type.INTEGER, unique=True),
        ColumnRules("at", Type.TIME, monotone=Monotone.RISING, fresh_within=timedelta(hours=1)),
    ),
    rows=(
        RowRule(Condition("number", Compare.LESS, right="whole")),
        RowRule(Condition("whole", Compare.AT_LEAST, value="10"), Condition("word", Compare.EQUAL, value="a")),
        RowRule(Condition("number", Compare.PRESENT), severity=Severity.WARN),
    ),
    rows_at_least=ROWS,
    duplicated_rows_at_most=0.0,
)
AS_OF = START


def held(source: Any, contract: Contract = CONTRACT, **named: Any) -> Validation:
    return validate(source, contract, **{"as_of": AS_OF, **named})


def one(found: Validation, rule: str, column: str | None = None, at: int = 0) -> Finding:
    return [finding for finding in found.findings if (finding.rule, finding.column) == (rule, column)][at]


def of(table: Any, **rules: Any) -> Callable[[str], Finding]:
    """The findings of one column called x, by rule."""
    source = table if isinstance(table, Path) else pa.table({"x": table})
    found = held(source, Contract((ColumnRules("x", **rules),)))
    return lambda rule: one(found, rule, "x")


def a_csv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_rule_counts_what_pandas_counts() -> None:
    table = a_table()
    frame, found = table.to_pandas(), held(table)
    number = pd.Series(table["number"].to_pylist(), dtype=object)
    known = number[number.notna() | number.map(lambda value: isinstance(value, float) and math.isnan(value))]
    missing = table["number"].null_count
    values = np.array([value for value in table["number"].to_pylist() if value is not None])
    expected: dict[tuple[str, str | None], tuple[int, int]] = {
        ("missing_at_most", "number"): (missing, ROWS),
        ("finite", "number"): (int((~np.isfinite(values)).sum()), len(values)),
        ("minimum", "number"): (int((values < -2).sum()), int((~np.isnan(values)).sum())),
        ("maximum", "number"): (int((values > 1.5).sum()), int((~np.isnan(values)).sum())),
        ("minimum", "whole"): (int((frame["whole"] < 0).sum()), ROWS),
        ("maximum", "whole"): (int((frame["whole"] > 40).sum()), ROWS),
        ("unique", "whole"): (int(frame["whole"].duplicated().sum()), ROWS),
        ("unique", "id"): (int(frame["id"].duplicated().sum()), ROWS),
        ("values", "word"): (int((frame["word"] == "d d").sum()), int(frame["word"].notna().sum())),
        ("pattern", "word"): (int((frame["word"] == "d d").sum()), int(frame["word"].notna().sum())),
        ("monotone", "at"): (int((frame["at"].diff().dt.total_seconds() <= 0).sum()), ROWS),
        ("duplicated_rows_at_most", None): (int(frame.duplicated().sum()), ROWS),
    }
    assert len(known) == len(values)
    for (rule, column), (broken, rows) in expected.items():
        finding = one(found, rule, column)
        assert (finding.broken, finding.violations.rows) == (broken, rows), (rule, column)
        low, high = wilson(broken, rows)
        assert finding.violations.value == broken / rows
        assert (finding.violations.low, finding.violations.high) == (
            pytest.approx(low, abs=1e-9),
            pytest.approx(high, abs=1e-9),
        )
    both = frame["number"].notna()
    less = one(found, "row_rule")
    assert (less.broken, less.violations.rows) == (
        int((both & ~(frame["number"] < frame["whole"])).sum()),
        int(both.sum()),
    )
    guarded, a = one(found, "row_rule", at=1), frame["word"] == "a"
    assert (guarded.broken, guarded.violations.rows) == (int((a & (frame["whole"] < 10)).sum()), int(a.sum()))
    assert one(found, "row_rule", at=2).broken == missing
    first = frame.index[frame["id"].duplicated()][:5] + 1
    assert [example.row for example in one(found, "unique", "id").examples] == list(first)
    assert not one(found, "missing_at_most", "number").passed
    assert one(found, "missing_at_most", "word").passed, "0.1 is at most 0.2"


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("group", [37, 700, ROWS])
def test_parts_and_threads_change_nothing(group: int, threads: int, tmp_path: Path) -> None:
    table = a_table()
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=group)
    expected = held(table).as_json() | {"source": ""}
    assert held(tmp_path / "rows.parquet", threads=threads).as_json() | {"source": ""} == expected


def test_files_of_one_folder_are_one_table_in_the_order_of_their_names(tmp_path: Path) -> None:
    table = a_table()
    for name, start, end in (("a", 0, 1_200), ("b", 1_200, 1_201), ("c", 1_201, ROWS)):
        pc.write_csv(table.slice(start, end - start), tmp_path / f"{name}.csv")
    expected, found = held(table), held(tmp_path)
    for then, now in zip(expected.findings, found.findings, strict=True):
        assert (now.rule, now.broken, now.violations) == (then.rule, then.broken, then.violations)
        assert [example.row for example in now.examples] == [example.row for example in then.examples]


def test_another_order_changes_only_the_rule_about_order() -> None:
    table = a_table()
    places = list(range(ROWS))
    random.Random(3).shuffle(places)
    for then, now in zip(held(table).findings, held(table.take(places)).findings, strict=True):
        assert (then.rule == "monotone") == (then.broken != now.broken), then.rule


def test_a_cell_that_is_no_number_breaks_the_rule_and_stops_nothing(tmp_path: Path) -> None:
    rows = [str(number) for number in range(200_000)]
    rows[150_000], rows[199_999] = "NA", "1,5"
    path = a_csv(tmp_path / "x.csv", "x,y", *(f'"{row}",1' for row in rows))
    found = of(path, type=Type.INTEGER, maximum="10")
    assert (found("type").broken, found("type").violations.rows) == (2, 200_000)
    assert [(example.row, example.value) for example in found("type").examples] == [(150_001, "NA"), (200_000, "1,5")]
    assert found("maximum").broken == 200_000 - 2 - 11, "what is no number is neither above nor below"


def test_what_fields_of_a_csv_are(tmp_path: Path) -> None:
    fields = ["1", "1.0", "1.5", "nan", "inf", "", "true", "TRUE", "2026-01-31", "2026-02-30", "2026-01-31T10:00:00",
              "2026-01-31 10:00:00.123456789Z", "2026-01-31T10:00:00+02:00", " 7 ", "1_000", "9223372036854775808"]  # fmt: skip
    path = a_csv(tmp_path / "x.csv", "x,y", *(f'"{field}",1' for field in fields))
    right = {
        Type.INTEGER: {"1", "1.0", " 7 "},
        Type.NUMBER: {"1", "1.0", "1.5", "nan", "inf", " 7 ", "9223372036854775808"},
        Type.BOOLEAN: {"true", "TRUE"},
        Type.DATE: {"2026-01-31"},
        Type.LOCAL_TIME: {"2026-01-31", "2026-01-31T10:00:00"},
        Type.TIME: {"2026-01-31 10:00:00.123456789Z", "2026-01-31T10:00:00+02:00"},
        Type.TEXT: set(fields),
    }
    for type_, expected in right.items():
        found = held(path, Contract((ColumnRules("x", type_),)), examples=20)
        wrong = {fields[example.row - 1] for example in one(found, "type", "x").examples}
        assert wrong == set(fields) - expected - {""}, type_


@pytest.mark.parametrize(
    ("array", "type_", "broken"),
    [
        (pa.array([1, 2]), Type.NUMBER, 0),
        (pa.array([1.0, 2.5, math.nan]), Type.INTEGER, 2),
        (pa.array([Decimal("1.00"), Decimal("2.50")]), Type.INTEGER, 1),
        (pa.array(["1", "2"]), Type.INTEGER, 2),
        (pa.array([True, False]), Type.INTEGER, 2),
        (pa.array([0, 1]), Type.BOOLEAN, 2),
        (pa.array([1, 2]), Type.TEXT, 2),
        (pa.array(["a", None]).dictionary_encode(), Type.TEXT, 0),
        (pa.array([0, 1]).cast(pa.timestamp("us")), Type.TIME, 2),
        (pa.array([0, 1]).cast(pa.timestamp("us", "UTC")), Type.LOCAL_TIME, 2),
        (pa.array([0, 1]).cast(pa.timestamp("ns", "UTC")), Type.TIME, 0),
        (pa.array([0, 86_400]).cast(pa.timestamp("s")), Type.DATE, 0),
        (pa.array([0, 1]).cast(pa.timestamp("s")), Type.DATE, 1),
        (pa.array([0, 1], pa.int32()).cast(pa.date32()), Type.LOCAL_TIME, 0),
        (pa.nulls(2), Type.NUMBER, 0),
        (pa.array([[1], [2]]), Type.NUMBER, None),
    ],
)
def test_typed_values_must_be_of_the_type(array: pa.Array, type_: Type, broken: int | None) -> None:
    finding = of(array, type=type_)("type")
    assert finding.broken == broken
    assert finding.passed == (broken == 0)


def test_integers_are_exact_beyond_what_doubles_tell_apart(tmp_path: Path) -> None:
    edge = 2**53
    path = a_csv(tmp_path / "x.csv", "x,y", f"{edge + 1},1", f"{edge},1", f"{edge + 2},1")
    for source in (path, pa.array([edge + 1, edge, edge + 2])):
        found = of(source, type=Type.INTEGER, minimum=str(edge + 1), unique=True, monotone=Monotone.RISING)
        assert [example.row for example in found("minimum").examples] == [2]
        assert found("unique").broken == 0, "2^53 and 2^53 + 1 are two values"
        assert [example.row for example in found("monotone").examples] == [2]


def test_nan_is_not_missing_and_has_no_place_in_an_order() -> None:
    found = of(
        pa.array([1.0, math.nan, None, 0.5, 2.0]), type=Type.NUMBER, missing_at_most=0.0, finite=True, minimum="0",
        monotone=Monotone.NOT_FALLING, unique=True,
    )  # fmt: skip
    assert [found(rule).broken for rule in ("missing_at_most", "finite", "minimum", "monotone", "unique")] == [
        1,
        1,
        0,
        1,
        0,
    ]
    assert found("finite").examples[0].value == "NaN"
    assert found("monotone").examples[0].row == 4, "0.5 is held against 1.0, not against NaN"


def test_zeros_of_both_signs_are_one_value_and_so_are_nans() -> None:
    found = of(pa.array([0.0, -0.0, math.nan, -math.nan]), type=Type.NUMBER, unique=True)
    assert found("unique").broken == 2


def test_a_list_is_closed_and_a_near_spelling_is_said_not_guessed() -> None:
    found = of(pa.array([">50K", ">50K.", "<=50K", None]), type=Type.TEXT, values=(">50K", "<=50K"))("values")
    assert (found.broken, found.violations.rows, found.passed) == (1, 3, False)
    assert [(example.row, example.value) for example in found.examples] == [(2, ">50K.")]
    assert "not taken for one another" in found.notes[0]


def test_labels_are_compared_as_text_whatever_they_are_stored_as() -> None:
    for array in (pa.array([0, 1]), pa.array([0.0, 1.0]), pa.array(["0", "1"])):
        assert of(array, values=("0", "1"))("values").passed
    assert of(pa.array([True, False]), values=("true", "false"))("values").passed
    assert not of(pa.array([True, False]), values=("0", "1"))("values").passed


def test_protected_values_are_in_no_example_note_or_observation() -> None:
    table = pa.table(
        {"sex": ["f", "m", "F"], "age": [1, 2, 300], "at": pa.array([0, 1, 2]).cast(pa.timestamp("s", "UTC"))}
    )
    contract = Contract(
        (
            ColumnRules("sex", Type.TEXT, values=("f", "m"), pattern="[fm]"),
            ColumnRules("age", Type.INTEGER, maximum="100", monotone=Monotone.RISING),
            ColumnRules("at", Type.TIME, fresh_within=timedelta(hours=1)),
        ),
        (RowRule(Condition("age", Compare.LESS, value="3")), RowRule(Condition("sex", Compare.DIFFERENT, value="F"))),
    )
    found = held(table, contract, protected=["sex", "at"])
    assert [example.value for finding in found.findings for example in finding.examples if finding.column == "sex"] == [
        None,
        None,
    ]
    assert not one(found, "values", "sex").notes
    assert one(found, "row_rule", at=1).examples[0].value is None
    assert one(found, "maximum", "age").examples[0].value == "300"
    assert "1970" not in str(one(found, "fresh_within", "at").observed)


def test_order_is_held_across_parts_read_by_different_threads(tmp_path: Path) -> None:
    values = [*range(10), 9, *range(10, 19)]
    for group in (1, 3, 7, 20):
        pq.write_table(pa.table({"x": values}), tmp_path / "x.parquet", row_group_size=group)
        rising = held(
            tmp_path / "x.parquet", Contract((ColumnRules("x", Type.INTEGER, monotone=Monotone.RISING),)), threads=2
        )
        assert [example.row for example in one(rising, "monotone", "x").examples] == [11]
        level = held(tmp_path / "x.parquet", Contract((ColumnRules("x", Type.INTEGER, monotone=Monotone.NOT_FALLING),)))
        assert one(level, "monotone", "x").passed


def test_repetition_beyond_memory_is_looked_for_among_a_share_of_all_values() -> None:
    generator = np.random.default_rng(5)
    keys = generator.integers(0, 2**63, 4_000, dtype=np.uint64) * np.uint64(2)
    rows = np.concatenate([keys, keys[:1_000]])
    whole = RepeatTally(5)
    whole.add(rows, np.arange(5_000))
    assert (whole.together([]).broken, whole.together([]).rows, whole.shift) == (1_000, 5_000, 0)

    def tallied(cuts: list[int]) -> tuple[int, int, int]:
        tallies = [RepeatTally(5, most=600) for _ in cuts]
        for tally, part in zip(tallies, np.split(np.arange(5_000), cuts[1:]), strict=True):
            tally.add(rows[part], part)
        found = tallies[0].together(tallies[1:])
        return found.shift, found.rows, found.broken

    once = tallied([0])
    assert once[0] > 0
    assert 0 < once[2] < 1_000
    assert abs(once[2] / once[1] - 0.2) < 0.06, "about the share that repeats"
    assert tallied([0, 100, 3_000]) == once == tallied([0, 4_999])


def test_one_value_in_every_row_takes_no_memory_and_is_counted() -> None:
    tally = RepeatTally(5, most=10)
    tally.add(np.zeros(1_000, dtype=np.uint64), np.arange(1_000))
    found = tally.together([])
    assert (found.broken, found.rows, found.shift, found.repeats) == (999, 1_000, 0, [1, 2, 3, 4, 5])


def test_how_old_data_are_is_counted_to_the_moment_and_what_is_later_says_nothing() -> None:
    at = pa.array([0, 3600, 10_000_000_000]).cast(pa.timestamp("s", "UTC"))
    contract = Contract((ColumnRules("x", Type.TIME, fresh_within=timedelta(hours=1)),))

    def found(as_of: datetime) -> Finding:
        return one(held(pa.table({"x": at}), contract, as_of=as_of), "fresh_within", "x")

    assert found(datetime(1970, 1, 1, 2, tzinfo=UTC)).passed
    assert found(datetime(1970, 1, 1, 4, tzinfo=timezone(timedelta(hours=2)))).passed
    stale = found(datetime(1970, 1, 1, 2, 0, 1, tzinfo=UTC))
    assert not stale.passed
    assert (stale.violations.value, stale.violations.reason) == (None, Reason.ABOUT_ALL_ROWS)
    assert "1 rows have a later time" in stale.notes[0]
    assert not one(held(pa.table({"x": at.slice(0, 0)}), contract), "fresh_within", "x").passed, "no value is not fresh"
    local = pa.table({"x": at.cast(pa.timestamp("s"))})
    with pytest.raises(WrongUse, match="without a zone"):
        held(local, Contract((ColumnRules("x", Type.LOCAL_TIME, fresh_within=timedelta(hours=1)),)))
    with pytest.raises(WrongUse, match="with a zone"):
        held(pa.table({"x": at}), contract, as_of=datetime(1970, 1, 1))  # noqa: DTZ001


def test_columns_that_are_absent_or_not_in_the_contract() -> None:
    contract = Contract(
        (ColumnRules("gone", Type.TEXT), ColumnRules("maybe", Type.TEXT, required=False)),
        (RowRule(Condition("gone", Compare.PRESENT)), RowRule(Condition("maybe", Compare.PRESENT))),
        other_columns=Others.WARN,
    )
    found = held(pa.table({"x": [1]}), contract)
    assert [(one.rule, one.column, one.severity.value) for one in found.findings] == [
        ("required", "gone", "fail"), ("other_columns", "x", "warn"), ("row_rule", "gone", "fail"), ("row_rule", "maybe", "warn"),
    ]  # fmt: skip
    assert not any(one.passed for one in found.findings)
    assert found.rows == 1


def test_what_cannot_be_compared_is_refused_before_a_row_is_read() -> None:
    table = pa.table(
        {
            "n": [1],
            "t": ["a"],
            "z": pa.array([0]).cast(pa.timestamp("s", "UTC")),
            "l": pa.array([0]).cast(pa.timestamp("s")),
        }
    )
    for condition, said in (
        (Condition("t", Compare.LESS, value="b"), "has no order"),
        (Condition("n", Compare.LESS, right="t"), "cannot be compared"),
        (Condition("z", Compare.LESS, right="l"), "times with a zone"),
        (Condition("n", Compare.LESS, value="x"), "is not of the type"),
    ):
        with pytest.raises(BadInput, match=said):
            held(table, Contract(rows=(RowRule(condition),)))


def test_texts_and_booleans_are_compared_with_columns_and_constants() -> None:
    table = pa.table({"a": ["x", "y", None, "z"], "b": ["x", "q", "r", None], "flag": [True, False, True, None]})

    def broken(condition: Condition) -> tuple[int | None, int]:
        finding = one(held(table, Contract(rows=(RowRule(condition),))), "row_rule")
        return finding.broken, finding.violations.rows

    assert broken(Condition("a", Compare.EQUAL, right="b")) == (1, 2)
    assert broken(Condition("a", Compare.DIFFERENT, value="x")) == (1, 3)
    assert broken(Condition("flag", Compare.EQUAL, value="true")) == (1, 3)
    assert broken(Condition("a", Compare.MISSING)) == (3, 4)


def test_the_rows_that_a_contract_was_learned_from_keep_it(tmp_path: Path) -> None:
    table = a_table()
    contract = learn_contract(profile(table))
    assert read_contract(write_contract(contract), "c.yaml") == contract
    found = held(table, contract)
    assert not [one.rule for one in found.findings if not one.passed]
    other = table.set_column(1, "whole", pa.array(np.full(ROWS, 1_000)))
    assert [(one.rule, one.column) for one in held(other, contract).warned] == [("maximum", "whole")]
    assert held(other, contract).passed, "a new extreme only warns"
    pc.write_csv(table.drop_columns(["number"]), tmp_path / "rows.csv")
    fewer = replace(contract, columns=contract.columns[1:])
    assert held(tmp_path / "rows.csv", fewer).passed


def test_rows_that_cannot_be_told_apart_from_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="3 fields where 2 are expected"):
        held(a_csv(tmp_path / "x.csv", "x,y", "1,2", "1,2,3"), Contract((ColumnRules("x", Type.INTEGER),)))
    with pytest.raises(BadInput, match="2 columns called 'x'"):
        held(a_csv(tmp_path / "y.csv", "x,x", "1,2"), Contract((ColumnRules("x", Type.INTEGER),)))


def test_no_rows_break_no_rule_of_rows_and_no_figure_is_made_up() -> None:
    found = held(a_table().slice(0, 0))
    assert {one.violations.reason for one in found.findings} <= {Reason.NO_ROWS, Reason.ABOUT_ALL_ROWS}
    assert {one.rule for one in found.failed} == {"rows_at_least", "fresh_within"}


def test_no_rows_are_no_way_to_keep_a_contract_that_asks_for_no_number() -> None:
    contract = Contract((ColumnRules("x", Type.INTEGER),))
    table = pa.table({"x": pa.array([1], pa.int64())})
    (finding,) = held(table.slice(0, 0), contract).failed
    assert (finding.rule, finding.asks, finding.observed) == ("rows_at_least", "at least 1 row", "0 rows")
    assert held(table, contract).passed
    assert "rows_at_least" not in {one.rule for one in held(table, contract).findings}
    assert held(table.slice(0, 0), replace(contract, rows_at_least=0)).passed


@pytest.mark.parametrize("storage", ["dictionary", "large", "view", "dictionary of numbers"])
def test_how_values_are_stored_changes_nothing(storage: str) -> None:
    words, numbers = pa.array(["a", "b", None, "a"]), pa.array([1, 2, None, 1])
    stored = {
        "dictionary": words.dictionary_encode(),
        "large": words.cast(pa.large_string()),
        "view": words.cast(pa.string_view()),
        "dictionary of numbers": numbers.dictionary_encode(),
    }[storage]
    type_ = Type.INTEGER if storage.endswith("numbers") else Type.TEXT
    rules: dict[str, Any] = {"type": type_, "values": ("a", "1"), "unique": True, "missing_at_most": 0.0}
    found = of(stored, **rules)
    assert [found(rule).broken for rule in ("type", "values", "unique", "missing_at_most")] == [0, 1, 1, 1]


def test_what_no_rule_can_look_at_is_left_alone_unless_it_is_asked(tmp_path: Path) -> None:
    table = pa.table({"x": [1, 2], "lists": [[1], [2]], "clock": pa.array([1, 2], pa.int32()).cast(pa.time32("s"))})
    assert held(table, learn_contract(profile(table))).passed
    asked = held(table, Contract((ColumnRules("lists", Type.TEXT),), (RowRule(Condition("clock", Compare.PRESENT)),)))
    assert [one.passed for one in asked.findings] == [True, False, False]
    path = a_csv(tmp_path / "x.csv", "x,clock", "1,10:00:00", "2,10:00:00")
    found = held(path, Contract((ColumnRules("clock", Type.TEXT, unique=True),)))
    assert one(found, "unique", "clock").broken == 1, "in a CSV file a time of day is a text"
    assert held(path, learn_contract(profile(path))).passed


def test_unsigned_integers_beyond_64_bits_with_a_sign_are_told_apart() -> None:
    found = of(pa.array([2**64 - 1, 2**64 - 2, 2**64 - 1], pa.uint64()), type=Type.INTEGER, unique=True, minimum="0")
    assert [found(rule).broken for rule in ("type", "unique", "minimum")] == [0, 1, 0]


def test_a_contract_that_asks_of_no_column_still_counts_rows() -> None:
    assert held(a_table(), Contract(rows_at_least=ROWS)).rows == ROWS
    assert not held(a_table(), Contract(rows_at_least=ROWS + 1)).passed


def test_a_column_of_texts_that_are_nearly_numbers_or_times_is_read_in_bearable_time(tmp_path: Path) -> None:
    rows = 100_000
    path = tmp_path / "x.csv"
    pc.write_csv(
        pa.table({
            "long": [str(10**20 + number) for number in range(rows)],
            "late": [f"2026-01-01T25:{number % 60:02}:{number // 60 % 60:02}.{number}Z" for number in range(rows)],
        }),
        path,
    )  # fmt: skip
    began = time.process_time()
    found = held(path, Contract((ColumnRules("long", Type.INTEGER), ColumnRules("late", Type.TIME))))
    assert [one(found, "type", name).broken for name in ("long", "late")] == [rows, rows]
    assert time.process_time() - began < 5
