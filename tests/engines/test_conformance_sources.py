"""Rows count alike however they lie: as Parquet in folders, by a glob, as CSV, in frames of pandas and polars, in a reader.

What cannot be equal stands in `NOT_ALIKE`, with the reason: the form cannot say what the table says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from consilience.measure import references
from consilience.measure.engines import arrow, learning, profiling
from consilience.measure.engines.opening import open_source
from consilience.measure.plan import make_plan
from consilience.measure.states import profile_wire, wire
from tests.harness import datasets

TOO_LARGE = {"many_categories", "tied_scores"}  # other tests read as many rows from files
NOT_ALIKE = {
    "csv": {
        "normal": {"f"},  # a CSV has no single precision: 0.1 is read as the double
        "nan_and_null": {"cube"},  # a group's text "nan" is a word in a CSV
        "texts": {"w", "cube"},  # an empty field is a missing value
        "times": {"cube"},  # a group is the text as it stands in the file
    },
    "pandas": {  # NaN is a missing value there
        "nan_and_null": {"x", "nan", "g"},
        "infinite": {"x"},
        "beyond_doubles": {"id", "cube"},  # whole numbers with a missing one become doubles
    },
}


def a_csv(table: pa.Table, folder: Path) -> Path:
    pyarrow.csv.write_csv(table, folder / "rows.csv")
    return folder / "rows.csv"


def a_partitioned_folder(table: pa.Table, folder: Path) -> Path:
    rows = max(1, table.num_rows // 3)
    for number, start in enumerate(range(0, table.num_rows, rows)):
        (folder / f"part={number}").mkdir(exist_ok=True)
        pq.write_table(table.slice(start, rows), folder / f"part={number}" / "rows.parquet")
    return folder


def a_glob(table: pa.Table, folder: Path) -> str:
    return f"{a_partitioned_folder(table, folder)}/*/*.parquet"


def a_polars_frame(table: pa.Table, _folder: Path) -> Any:
    return pytest.importorskip("polars").from_arrow(table)


FORMS: dict[str, Callable[[pa.Table, Path], Any]] = {
    "csv": a_csv,
    "partitioned folder": a_partitioned_folder,
    "glob": a_glob,
    "pandas": lambda table, _folder: table.to_pandas(),
    "polars": a_polars_frame,
    "reader": lambda table, _folder: table.to_reader(max_chunksize=13),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_rows_gives_equal_states(form: str, tmp_path: Path) -> None:
    for name, made in datasets.ALL.items():
        if name in TOO_LARGE:
            continue
        data, folder = made(), tmp_path / name
        folder.mkdir()
        unlike = NOT_ALIKE.get(form, {}).get(name, set())
        plan = learning.learn(open_source(data.table), exact_rows=600)
        expected, found = profiling.profile(data.table, plan), profiling.profile(FORMS[form](data.table, folder), plan)
        assert {one for one in expected.columns if found.columns.get(one) != expected.columns[one]} == unlike - {
            "cube"
        }, name
        if not unlike:
            assert profile_wire.encode(replace(found, types=expected.types)) == profile_wire.encode(expected), name
        if data.cube:
            wanted = make_plan(**data.cube)
            counted = wire.encode(arrow.fold(FORMS[form](data.table, folder), wanted))
            assert (counted == wire.encode(arrow.fold(data.table, wanted))) is ("cube" not in unlike), name


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_counted_alike_on_stored_edges(form: str, tmp_path: Path) -> None:
    for name in ("rounded", "integers", "small_group", "dates"):
        table, folder = datasets.ALL[name]().table, tmp_path / name
        folder.mkdir()
        kept = profile_wire.decode(profile_wire.encode(references.to_keep(table.slice(0, table.num_rows // 2))))
        expected = profiling.profile(table, kept.plan)
        found = profiling.profile(FORMS[form](table, folder), kept.plan)
        assert profile_wire.encode(replace(found, types=expected.types)) == profile_wire.encode(expected), name
