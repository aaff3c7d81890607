"""One reading of one or several sources: a few columns at a time where that can be, and no figure knows of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import BadInput
from consilience.measure.engines import scan as scanning
from consilience.measure.engines.arrow import CubeFolder
from consilience.measure.engines.learning import learn
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.profiling import ProfileFolder, profile
from consilience.measure.engines.scan import Reading, scan, scan_all
from consilience.measure.plan import make_plan

ROWS, WIDE = 2_000, 3 * scanning.COLUMNS_AT_ONCE + 1


def wide(folder: Path, name: str = "wide.parquet", **changed: pa.Array) -> Path:
    """A file of three row groups with more columns than are read at once, a label and a score."""
    generator = np.random.default_rng(3)
    columns = {f"x{number}": pa.array(generator.normal(number, 1, ROWS)) for number in range(WIDE)}
    columns |= {"y": pa.array(generator.integers(0, 2, ROWS)), "s": pa.array(generator.random(ROWS))}
    pq.write_table(pa.table(columns | changed), folder / name, row_group_size=700)
    return folder / name


@pytest.mark.parametrize("threads", [1, 3])
def test_columns_read_a_few_at_a_time_are_counted_like_those_of_a_stream(tmp_path: Path, threads: int) -> None:
    file = wide(tmp_path)
    plan = learn(open_source(file))
    stream = pq.read_table(file).to_reader()
    assert not open_source(stream).by_column
    assert profile(file, plan, threads=threads) == profile(pq.read_table(file).to_reader(), plan)


def test_no_more_columns_are_in_memory_than_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(wide(tmp_path))
    asked: list[int] = []
    parts = source.parts
    monkeypatch.setattr(source, "parts", lambda wanted: (asked.append(len(wanted)), parts(wanted))[1])
    folders = [CubeFolder(make_plan(label="y", score="s"), source), ProfileFolder(learn(source), source)]
    asked.clear()
    scan(source, folders, threads=1)
    assert asked == [
        WIDE + 2,
        2,
        8,
        8,
        8,
        1,
    ]  # first all, to refuse what cannot be read; then the cube's, then the others


def test_rows_are_told_once_however_many_columns_they_have(tmp_path: Path) -> None:
    told: list[int] = []
    source = open_source(wide(tmp_path))
    scan(source, [ProfileFolder(learn(source), source)], progress=told.append)
    assert sum(told) == ROWS


def test_what_is_wrong_in_the_first_of_two_sources_is_said(tmp_path: Path) -> None:
    scores = np.full(ROWS, 0.5)
    wrong = []
    for name, row in (("one.parquet", ROWS - 1), ("two.parquet", 0)):
        bad = scores.copy()
        bad[row] = 7.0
        wrong.append(open_source(wide(tmp_path, name, s=pa.array(bad))))
    plan = make_plan(label="y", score="s")
    for _ in range(3):
        with pytest.raises(BadInput, match=rf"one\.parquet: row {ROWS}, column 's'"):
            scan_all([Reading(one, [CubeFolder(plan, one)]) for one in wrong], threads=3)


def test_two_sources_at_once_give_what_each_gives_alone(tmp_path: Path) -> None:
    files = [open_source(wide(tmp_path, "one.parquet")), open_source(wide(tmp_path, "two.parquet", x0=pa.nulls(ROWS)))]
    folders = [ProfileFolder(learn(one), one) for one in files]
    found = scan_all([Reading(one, [folder]) for one, folder in zip(files, folders, strict=True)], threads=2)
    for one, folder, (countings,) in zip(files, folders, found, strict=True):
        assert folder.states(countings) == profile(one, folder.plan)


def test_rows_are_told_once_where_no_planned_column_is_there(tmp_path: Path) -> None:
    """All that the reference had is lost: its profile counts the rows, and not once for every few columns beside it."""
    source = open_source(wide(tmp_path))
    gone = learn(open_source(pa.table({"gone": pa.array([1.0, 2.0, 3.0])})))
    for beside in (CubeFolder(make_plan(label="y", score="s"), source), ProfileFolder(learn(source), source)):
        lost = ProfileFolder(gone, source)
        _, counted = scan(source, [beside, lost])
        assert lost.states(counted).rows == ROWS
