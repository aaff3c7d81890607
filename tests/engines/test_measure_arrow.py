"""The Arrow engine: the same rows give the same states wherever they lie, and what cannot be read is said in a sentence."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import BadInput
from consilience.measure import artefact
from consilience.measure.artefact import Artefact, Numeric
from consilience.measure.engines import kernels, sources
from consilience.measure.evaluate import evaluate, measure_states
from consilience.measure.states import wire

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


def states_of(source: Any) -> bytes:
    return wire.encode(measure_states(source, **COLUMNS))


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
    table = a_table()
    expected = states_of(table)
    for rows in (1, 10, 999):
        monkeypatch.setattr(sources, "BATCH_ROWS", rows)
        pq.write_table(table, tmp_path / "rows.parquet", row_group_size=rows * 3)
        assert states_of(tmp_path / "rows.parquet") == expected
        assert states_of(table) == expected


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


# Bad input: one clear sentence each


def _file(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def _parquet(tmp_path: Path, cut: slice = slice(None)) -> Path:
    pq.write_table(a_table(), tmp_path / "whole.parquet")
    return _file(tmp_path, "rows.parquet", (tmp_path / "whole.parquet").read_bytes()[cut])


def _parquet_of_torn_pages(tmp_path: Path) -> Path:
    path = _parquet(tmp_path)
    data = bytearray(path.read_bytes())
    footer = int.from_bytes(data[-8:-4], "little") + 8
    data[4:-footer] = b"\xff" * (len(data) - footer - 4)
    path.write_bytes(data)
    return path


def _two_columns_of_one_name() -> pa.Table:
    return pa.Table.from_arrays([pa.array([1]), pa.array([0])], names=["y", "y"])


BAD: dict[str, tuple[Callable[[Path], Any], dict[str, Any], str]] = {
    "missing file": (lambda t: t / "rows.csv", {}, r"rows\.csv: was not found"),
    "a folder": (lambda t: t, {}, "is a folder; a file is expected"),
    "unknown ending": (
        lambda t: _file(t, "rows.xlsx", b"x"),
        {},
        r"has an unknown ending; expected one of \.parquet, \.csv, \.csv\.gz",
    ),
    "empty file": (lambda t: _file(t, "rows.parquet", b""), {}, "is empty"),
    "empty CSV": (lambda t: _file(t, "rows.csv", b""), {}, "is empty"),
    "no Parquet at all": (lambda t: _file(t, "rows.parquet", b"hello, world"), {}, "is not a Parquet file"),
    "cut-off Parquet": (lambda t: _parquet(t, slice(0, 2000)), {}, "is a Parquet file that was cut off before its end"),
    "damaged footer": (
        lambda t: _file(t, "rows.parquet", b"PAR1" + b"\xff" * 50 + b"PAR1"),
        {},
        "is a damaged Parquet file",
    ),
    "damaged Parquet": (_parquet_of_torn_pages, {}, "is damaged and cannot be read to its end"),
    "no gzip": (lambda t: _file(t, "rows.csv.gz", b"y,s\n0,1\n"), {}, "cannot be read"),
    "cut-off gzip": (
        lambda t: _file(t, "rows.csv.gz", gzip.compress(b"y,s\n" + os.urandom(9000).hex().encode())[:4000]),
        {},
        "cannot be read",
    ),
    "Latin-1": (
        lambda t: _file(t, "rows.csv", "y,g\n0,é\n1,a\n".encode("latin-1")),
        {"protected": ["g"]},
        r"rows\.csv: row 1, column 'g' is not text in UTF-8",
    ),
    "Latin-1 header": (lambda t: _file(t, "rows.csv", "y,é\n0,1\n".encode("latin-1")), {}, "is not text in UTF-8"),
    "semicolons": (
        lambda t: _file(t, "rows.csv", b"y;s\n0;1\n"),
        {},
        "has one column, 'y;s'; expected columns separated by commas",
    ),
    "a ragged row": (
        lambda t: _file(t, "rows.csv", b"y,s\n0,0.5\n1\n"),
        {"score": "s"},
        "row 2 has 1 fields where 2 are expected",
    ),
    "a score that is text": (
        lambda t: _file(t, "rows.csv", b"a,y,s\n0,0,0.5\n0,1,high\n"),
        {"score": "s"},
        "row 2, column 's' has 'high' where a number is expected",
    ),
    "no rows": (lambda t: _file(t, "rows.csv", b"y,s\n"), {}, "has no rows"),
    "no rows in a table": (lambda t: pa.table({"y": pa.array([], pa.int8())}), {}, "data: has no rows"),
    "no row chosen": (
        lambda t: pa.table({"y": [0], "split": ["train"]}),
        {"where": [("split", "score")]},
        "has no row with 'split' = 'score'; the values of 'split' are 'train'",
    ),
    "missing column": (
        lambda t: pa.table({"y_true": [0], "z": [1]}),
        {"label": "ytrue"},
        "has no column 'ytrue'; did you mean 'y_true'",
    ),
    "missing column, none near": (
        lambda t: pa.table({"a": [0], "b": [1]}),
        {"label": "outcome"},
        "has no column 'outcome'; it has 'a', 'b'",
    ),
    "duplicate columns": (lambda t: _two_columns_of_one_name(), {}, "has 2 columns called 'y'; names must be unique"),
    "duplicate columns in CSV": (lambda t: _file(t, "rows.csv", b"y,y\n0,1\n"), {}, "has 2 columns called 'y'"),
    "duplicate columns in pandas": (
        lambda t: pd.DataFrame([[0, 1]], columns=["y", "y"]),
        {},
        "cannot be read as Arrow",
    ),
    "nested column": (lambda t: pa.table({"y": [[0], [1]]}), {}, "column 'y' is nested"),
    "binary column": (lambda t: pa.table({"y": [b"0"]}), {}, "column 'y' holds binary; expected text, numbers"),
    "score of booleans": (
        lambda t: pa.table({"y": [0], "s": [True]}),
        {"score": "s"},
        "column 's' holds bool; expected numbers",
    ),
    "score above 1": (
        lambda t: pa.table({"y": [0, 1, 1], "s": [0.5, None, 1.5]}),
        {"score": "s"},
        "data: row 3, column 's': the score 1.5 is not a number from 0 to 1",
    ),
    "score below 0": (
        lambda t: pa.table({"y": [0], "s": [-1e-9]}),
        {"score": "s"},
        "row 1, column 's': the score -1e-09",
    ),
    "score is NaN": (
        lambda t: pa.table({"y": [0, 1], "s": [0.1, float("nan")]}),
        {"score": "s"},
        "row 2, column 's': the score nan",
    ),
    "score is infinite": (lambda t: pa.table({"y": [0], "s": [float("inf")]}), {"score": "s"}, "the score inf"),
    "three classes": (
        lambda t: pa.table({"y": ["a", "b", "c"]}),
        {},
        r"data, column 'y': two classes are expected, there are more: 'a', 'b', 'c'",
    ),
    "a class to choose": (
        lambda t: pa.table({"y": ["good", "bad"]}),
        {},
        "the values are 'bad', 'good': say which one is the positive class",
    ),
    "no such class": (
        lambda t: pa.table({"y": ["good", "bad"]}),
        {"positive": "Good"},
        "the positive class 'Good' is not among the values",
    ),
    "no label at all": (
        lambda t: pa.table({"y": pa.nulls(3), "s": [0.1, 0.2, 0.3]}),
        {"score": "s"},
        "data, column 'y': has no value in any row; leave it out",
    ),
    "no group at all": (
        lambda t: pa.table({"y": [0], "g": pa.nulls(1, pa.string())}),
        {"protected": ["g"]},
        "data, column 'g': has no value in any row",
    ),
    "too many groups": (
        lambda t: pa.table({"y": [0] * 50_000, "g": range(50_000)}),
        {"protected": ["g"]},
        "data, column 'g': has more than 1000 different values; a protected attribute needs groups",
    ),
    "too many crossed groups": (
        lambda t: pa.table(
            {"y": [0] * 40_000, "g": [n // 200 for n in range(40_000)], "h": [n % 200 for n in range(40_000)]}
        ),
        {"protected": ["g", "h"]},
        "together make more than 10000 groups",
    ),
    "a very long value": (
        lambda t: pa.table({"y": [0], "g": ["g" * 501]}),
        {"protected": ["g"]},
        "column 'g': .* is longer than 500 characters",
    ),
    "label and protected": (
        lambda t: pa.table({"y": [0]}),
        {"protected": ["y"]},
        "named both as label and as protected attribute",
    ),
    "no source": (lambda t: 7, {}, "a int cannot be read; give a path, an Arrow table or a data frame"),
    "a list of values": (lambda t: [1, 2], {}, "a list cannot be read"),
    "mixed types in pandas": (
        lambda t: pd.DataFrame({"y": [0, "a", b"b"]}, dtype=object),
        {},
        "cannot be read as Arrow",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_sentence(case: str, tmp_path: Path) -> None:
    make, more, sentence = BAD[case]
    with pytest.raises(BadInput, match=sentence) as caught:
        evaluate(make(tmp_path), **{"label": "y", **more})
    assert "\n" not in str(caught.value)
    assert not re.search(r"Traceback|pyarrow|arrow::", str(caught.value))


def test_a_row_is_counted_from_the_start_of_the_file_and_not_of_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BATCH_ROWS", 7)
    table = pa.table({"s": [0.5] * 19 + [2.0], "x": [1.0] * 19 + [None]})
    with pytest.raises(BadInput, match="row 20, column 's'"):
        measure_states(table, score="s")
    model = Artefact("risk", None, 0.0, (Numeric("x", 0.0, 1.0, 1.0),), ())
    for call in (lambda: artefact.score(model, table), lambda: artefact.artefact_states(model, table, label=None)):
        with pytest.raises(BadInput, match="row 20, column 'x' has no value"):
            call()


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
