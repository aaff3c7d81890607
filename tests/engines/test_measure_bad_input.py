"""Data that cannot be used: one clear sentence that says where, what is wrong and what was expected."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import BadInput
from consilience.measure import artefact
from consilience.measure.artefact import Artefact, Numeric
from consilience.measure.engines import sources
from consilience.measure.engines.profiling import profile
from consilience.measure.evaluate import evaluate, measure_states
from consilience.measure.samples.sampling import draw
from tests.engines.test_measure_arrow import a_table


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


@pytest.mark.parametrize("read", [profile, draw])
def test_two_columns_of_one_name_cannot_be_profiled_or_sampled(read: Callable[[Any], object], tmp_path: Path) -> None:
    twice = _two_columns_of_one_name()
    pq.write_table(twice, tmp_path / "rows.parquet")
    for source in (twice, tmp_path / "rows.parquet", _file(tmp_path, "rows.csv", b"y,y\n0,1\n")):
        with pytest.raises(BadInput, match="has 2 columns called 'y'; names must be unique"):
            read(source)


def _two_columns_of_one_name() -> pa.Table:
    return pa.Table.from_arrays([pa.array([1]), pa.array([0])], names=["y", "y"])


BAD: dict[str, tuple[Callable[[Path], Any], dict[str, Any], str]] = {
    "missing file": (lambda t: t / "rows.csv", {}, r"rows\.csv: was not found"),
    "an empty folder": (lambda t: t, {}, "is a folder without a file that ends in .parquet"),
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
    "classes that look alike": (
        lambda t: pa.table({"y": [">50K", "<=50K", ">50K."]}),
        {"positive": ">50K"},
        r"more: '<=50K', '>50K', '>50K.' \('>50K.' looks like '>50K': write a class alike in all rows\)",
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
