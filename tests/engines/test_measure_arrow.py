"""The Arrow engine: the same rows give the same states wherever they lie."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from consilience.measure.engines import columns, kernels, profiling, sources
from consilience.measure.evaluate import evaluate, measure_states
from consilience.measure.states import wire
from consilience.measure.states.profile import ColumnPlan, Kind, ProfilePlan

COLUMNS = {"label": "y", "score": "s", "prediction": "p", "protected": ["sex", "age", "flag"]}


def a_table(rows: int = 1000) -> pa.Table:
    generator = np.random.default_rng(7)
    score = np.round(generator.random(rows), 6)

    def holes(values: np.ndarray) -> pa.Array:
        return pa.array(values, mask=generator.random(rows) < 0.05)

    return pa.table(
        {
            "sex": holes(generator.choice(["female", "male", 'says "x", and\nmore'], rows)),
            "age": holes(generator.integers(18, 22, rows)),
            "flag": pa.array(generator.random(rows) < 0.5),
            "y": holes((generator.random(rows) < score).astype(np.int8)),
            "s": holes(score),
            "p": pa.array((score > 0.5).astype(np.int64)),
        }
    )


def states_of(source: Any, score_entries: int = 131_072) -> bytes:
    return wire.encode(measure_states(source, **COLUMNS, score_entries=score_entries))


def test_parquet_csv_tables_readers_and_frames_give_equal_states(tmp_path: Path) -> None:
    table = a_table()
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=97)
    pyarrow.csv.write_csv(table, tmp_path / "rows.csv")
    table.to_pandas().to_csv(tmp_path / "pandas.csv", index=False)
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress((tmp_path / "rows.csv").read_bytes()))
    expected = states_of(table)
    for name in ("rows.parquet", "rows.csv", "pandas.csv", "rows.csv.gz"):
        assert states_of(tmp_path / name) == expected, name
        assert states_of(str(tmp_path / name)) == expected, name
    assert states_of(table.to_pandas()) == expected
    assert states_of(table.to_reader(max_chunksize=13)) == expected
    assert states_of(table.combine_chunks().to_batches()[0]) == expected


def test_the_size_of_batches_and_row_groups_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, path = a_table(), tmp_path / "rows.parquet"
    limits = (131_072, 300)  # with 300 entries the histogram has to coarsen between batches
    expected = {limit: states_of(table, limit) for limit in limits}
    for rows, limit in product((3, 10, 999), limits):
        monkeypatch.setattr(sources, "BATCH_ROWS", rows)
        pq.write_table(table, path, row_group_size=rows * 3)
        assert states_of(path, limit) == expected[limit]
        assert states_of(table, limit) == expected[limit]


def test_dictionaries_that_differ_by_row_group_are_one_group(tmp_path: Path) -> None:
    kind = pa.dictionary(pa.int8(), pa.string())
    first = pa.table({"g": pa.array(["b", "a"]).cast(kind), "p": [1, 0]})
    second = pa.table({"g": pa.array(["a", "c", None]).cast(kind), "p": [1, 1, 1]})
    with pq.ParquetWriter(tmp_path / "rows.parquet", first.schema) as writer:
        writer.write_table(first)
        writer.write_table(second)
    groups = evaluate(tmp_path / "rows.parquet", prediction="p", protected=["g"])["fairness"]["g"]["groups"]
    assert {key: group["rows"] for key, group in groups.items()} == {"(missing)": 1, "a": 2, "b": 1, "c": 1}
    assert [group["values"] for group in groups.values()] == [[None], ["a"], ["b"], ["c"]]


def test_an_unused_category_is_neither_a_group_nor_a_class() -> None:
    frame = pd.DataFrame(
        {
            "y": pd.Categorical(["no", "yes"], categories=["no", "perhaps", "yes"]),
            "g": pd.Categorical(["a", "a"], categories=["a", "b"]),
        }
    )
    report = evaluate(frame, label="y", prediction=None, positive="yes", protected=["g"])
    assert list(report["fairness"]["g"]["groups"]) == ["a"]


def test_anything_that_speaks_the_arrow_stream_interface_can_be_read() -> None:
    class Frame:  # as polars and duckdb have it
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return a_table().__arrow_c_stream__(requested_schema)

    assert states_of(Frame()) == states_of(a_table())


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        (pa.array([1.0, 1.5, float("nan"), None]), ["(missing)", "1", "1.5"]),
        (pa.array([True, False, None, None]), ["(missing)", "false", "true"]),
        (pa.array([date(2020, 1, 2), None, None, None]), ["(missing)", "2020-01-02"]),
        (pa.array([1, 2, 3, 4], pa.timestamp("ns")), ["1970-01-01T00:00:00"]),
        (pa.array(["(missing)", None, "", "x"]), ["", "((missing))", "(missing)", "x"]),
        (pa.array(["a", "a", "b", None], pa.large_string()), ["(missing)", "a", "b"]),
        (pa.array(["a", "a", "b", None], pa.string_view()), ["(missing)", "a", "b"]),
        (pa.array([1, 2, None, 2]).cast(pa.decimal128(22, 2)), ["(missing)", "1", "2"]),
        (
            pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), pa.array(["a", None, "b"])),
            ["(missing)", "a", "b"],
        ),
    ],
)
def test_protected_values_of_any_plain_type_make_groups(values: pa.Array, keys: list[str]) -> None:
    report = evaluate(pa.table({"g": values, "p": [0, 1, 0, 1]}), prediction="p", protected=["g"])
    assert sorted(report["fairness"]["g"]["groups"]) == sorted(keys)


def test_labels_as_booleans_floats_text_or_with_nan_are_the_same_labels() -> None:
    expected = None
    for label in (
        pa.array([0, 1, None, 1]),
        pa.array([0.0, 1.0, float("nan"), 1.0]),
        pa.array([0.0, 1.0, None, 1.0]),
        pa.array(["0", "1", None, "1"]),
        pa.array([False, True, None, True]),
    ):
        report = evaluate(pa.table({"y": label, "p": [0, 1, 1, 0]}), label="y", prediction="p")
        expected = expected or report
        assert report == expected


def test_a_filter_keeps_the_rows_that_have_the_values() -> None:
    table = pa.table(
        {
            "split": ["train", "score", "score", "score"],
            "year": pa.array([2015, 2015, 2016, 2015], pa.int16()),
            "at": pa.array([datetime(2020, 1, 1), datetime(2020, 1, 1), None, datetime(2020, 1, 1, 5)]),  # noqa: DTZ001
            "s": [7.0, 0.5, 0.6, 0.7],  # a score of 7 in a row that is not chosen is nobody's business
        }
    )
    for where, rows in (
        ([("split", "score")], 3),
        ([("split", "score"), ("year", 2015)], 2),
        ([("split", "score"), ("year", "2015"), ("at", "2020-01-01")], 1),
        ([("at", "2020-01-01T05:00:00")], 1),
    ):
        assert measure_states(table, score="s", where=where).rows == rows


def test_a_threshold_predicts_positive_from_the_threshold_on() -> None:
    report = evaluate(pa.table({"y": [0, 1, 1], "s": [0.4, 0.5, 0.6]}), label="y", score="s", threshold=0.5)
    assert report["confusion"] == {"tn": 1, "fp": 0, "fn": 0, "tp": 2}
    assert report["threshold"] == 0.5


def test_the_logarithm_is_right_to_the_last_digits() -> None:
    values = np.concatenate([np.random.default_rng(2).random(20_000), [2.0**-52, 1 - 2.0**-52, 0.5, 1.0, 1e-9]])
    values = np.clip(values, 2.0**-52, 1)
    found = np.array([kernels.natural_log(value) for value in values])
    assert np.allclose(found, np.log(values), rtol=4e-16, atol=4e-16)


def test_measuring_imports_no_framework_and_reads_states_without_numba() -> None:
    code = (
        "import sys, consilience.measure.evaluate, consilience.measure.states.wire;"
        "from consilience.measure.evaluate import measure_states;"
        "early = {'numba', 'pyarrow', 'scipy'} & set(sys.modules);"
        "assert not early, early;"
        f"measure_states({str(Path(__file__).parent / 'no.csv')!r} if 0 else __import__('pyarrow').table({{'y': __import__('pyarrow').nulls(2).cast('int8')}}), label='y');"
        "late = {'django', 'httpx', 'pandas'} & set(sys.modules);"
        "assert not late, late"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_kernels_compile_where_no_cache_can_be_written() -> None:
    from consilience.measure.kernels import compiled

    scope: dict[str, Any] = {}
    exec("def twice(x):\n    return 2 * x\n", scope)  # no file, so numba finds no place for a cache
    assert compiled(scope["twice"])(21) == 42


def test_a_decimal_is_the_same_number_as_in_a_csv() -> None:
    # Arrow's own cast gives 59416.130000000005 for the first.
    written = ["59416.13", "-20299.67", "0.07", "12345678901234567890.123456789", None]
    for kind in (pa.decimal128(38, 9), pa.decimal128(38, 15)):
        array = pa.array([None if one is None else Decimal(one) for one in ["0", *written]], kind).slice(1)
        found = columns.numbers(array)
        assert found.values.tolist() == [float(one or 0) for one in written]
        assert found.present.tolist() == [True] * 4 + [False]
        assert columns.finite(array).tolist() == [float(one) for one in written if one is not None]
    assert columns.finite(pa.array([Decimal("4.1"), Decimal("0.7")], pa.decimal64(18, 1))).tolist() == [4.1, 0.7]
    assert columns.finite(pa.array([Decimal(1200)], pa.decimal128(5, -2))).tolist() == [1200.0]


def test_long_texts_in_one_batch_keep_the_same_values_as_in_many() -> None:
    # The bound below which values are kept came from the texts' hashes, but long ones are counted by their keys' hashes.
    table = pa.table({"g": [f"{number} {'ß' * 150}" for number in range(6000)]})
    plan = ProfilePlan((ColumnPlan("g", Kind.CATEGORY),))
    whole = profiling.profile(table, plan)
    assert profiling.profile(table.to_reader(max_chunksize=500), plan) == whole
    state = whole.category("g")
    assert state is not None
    assert (len(state.counts), state.other) == (4096, 6000 - 4096)


@pytest.mark.parametrize("kind", [pa.int8(), pa.int64()])
def test_classes_that_are_whole_numbers_are_coded_as_arrow_codes_them(kind: pa.DataType) -> None:
    for given in ([3, -1, 3, 100, -128, 0], [5], [None, 2, 2, None]):
        array = pa.array([9, *given], kind).slice(1)
        coded, wanted = columns.dictionary(array), array.dictionary_encode()
        assert (coded.indices.to_pylist(), coded.dictionary) == (wanted.indices.to_pylist(), wanted.dictionary)
    far = pa.array([2**62, -(2**62), 0])  # too far apart for a place each
    assert columns.dictionary(far).dictionary.to_pylist() == far.to_pylist()


def test_who_has_a_value_is_read_from_any_place_in_a_column() -> None:
    array = pa.array([1, None, 3, None, None, 6, 7, 8, None, 10, 11])
    for start in range(len(array)):
        part = array.slice(start, 5)
        assert columns.present(part).tolist() == [one is not None for one in part.to_pylist()]
    assert columns.present(pa.nulls(3)).tolist() == [False] * 3
