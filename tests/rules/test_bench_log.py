"""What the benches' prediction log promises, since every measured figure rests on it."""

from __future__ import annotations

import importlib
from itertools import combinations
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
ROWS = 60_000


@pytest.fixture(scope="module")
def prediction_log() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCH)
        return importlib.import_module("prediction_log")


@pytest.fixture(scope="module")
def log_columns() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCH)
        return importlib.import_module("peers.log_columns")


@pytest.fixture(scope="module")
def log(prediction_log: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    return written(prediction_log, tmp_path_factory.mktemp("log"), seed=1)


def written(prediction_log: ModuleType, folder: Path, *, rows: int = ROWS, **asked: float) -> pa.Table:
    prediction_log.write(folder / "log.parquet", rows, **asked)
    return pq.read_table(folder / "log.parquet")


def test_the_same_seed_writes_the_same_bytes_and_another_seed_other_rows(
    prediction_log: ModuleType, tmp_path: Path
) -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        prediction_log.write(tmp_path / name, 5_000, seed=seed, shift=0.5)
    first = (tmp_path / "first").read_bytes()
    assert (tmp_path / "again").read_bytes() == first
    assert not pq.read_table(tmp_path / "other")["n00"].equals(pq.read_table(tmp_path / "first")["n00"])


def test_seven_groupings_make_eighty_nine_groups(
    prediction_log: ModuleType, log_columns: ModuleType, log: pa.Table
) -> None:
    names = prediction_log.PROTECTED
    groupings = [chosen for size in (1, 2, 3) for chosen in combinations(names, size)]
    found = [log.select(list(chosen)).group_by(list(chosen)).aggregate([]).num_rows for chosen in groupings]
    assert found == [2, 5, 4, 10, 8, 20, 40]
    assert sum(found) == 89
    assert names == log_columns.PROTECTED
    assert list(log_columns.GROUPINGS) == groupings


def test_categories_have_the_stated_numbers_of_values(prediction_log: ModuleType, log: pa.Table) -> None:
    sizes = [pc.count_distinct(log[f"c{number:02}"], mode="only_valid").as_py() for number in range(10)]
    assert sizes == list(prediction_log.CARDINALITIES)
    assert (min(sizes), max(sizes)) == (2, 2_000)


def test_values_are_missing_in_a_third_of_the_columns_and_nowhere_else(log_columns: ModuleType, log: pa.Table) -> None:
    shares = {name: log[name].null_count / ROWS for name in log.column_names}
    expected = dict.fromkeys(log_columns.NUMBERS[::3], 0.05) | dict.fromkeys(log_columns.CATEGORIES[::3], 0.03)
    for name, share in shares.items():
        assert share == pytest.approx(expected.get(name, 0), abs=0.004), name
    assert all(shares[name] > 0 for name in expected)


def test_the_peers_are_told_the_columns_that_the_log_has(log_columns: ModuleType, log: pa.Table) -> None:
    model = [log_columns.LABEL, log_columns.SCORE, log_columns.PREDICTION, log_columns.MOMENT, log_columns.LATENCY]
    assert {*log_columns.FEATURES, *log_columns.PROTECTED, *model} == set(log.column_names)
    assert all(pa.types.is_floating(log.schema.field(name).type) for name in log_columns.NUMBERS)
    assert all(pa.types.is_string(log.schema.field(name).type) for name in log_columns.CATEGORIES)
    assert len(log_columns.FEATURES) == 30


def test_numbers_are_zero_inflated_rounded_or_counts(log: pa.Table) -> None:
    zeros = log["n02"].to_numpy()
    assert (zeros == 0).mean() == pytest.approx(0.6, abs=0.01)
    rounded = log["n08"].to_numpy()
    assert (rounded == np.round(rounded)).all()
    assert len(np.unique(rounded)) < ROWS / 20
    assert len(np.unique(log["n04"].to_numpy())) < 30


def test_the_score_is_the_chance_of_the_label_and_the_prediction_its_half(log: pa.Table) -> None:
    score, label = log["y_score"].to_numpy(), log["y_true"].to_numpy()
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 1.0)):
        chosen = (score >= low) & (score < high)
        assert label[chosen].mean() == pytest.approx(score[chosen].mean(), abs=0.02)
    assert (log["y_pred"].to_numpy() == (score >= 0.5)).all()


def test_moments_run_through_thirty_days_in_order_whatever_the_row_groups(
    prediction_log: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_log, "ROW_GROUP", 1_000)
    table = written(prediction_log, tmp_path, rows=2_500, seed=1)
    file = pq.ParquetFile(tmp_path / "log.parquet")
    assert [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)] == [1_000, 1_000, 500]
    moments = table["ts"].cast(pa.int64()).to_numpy()
    assert (np.diff(moments) > 0).all()
    days = np.bincount((moments - moments[0]) // 86_400_000_000)
    assert len(days) == 30
    assert days.max() - days.min() <= 1
    assert table.schema.field("ts").type == pa.timestamp("us", "UTC")


def test_a_shift_moves_the_columns_it_names_and_leaves_the_others(
    prediction_log: ModuleType, log: pa.Table, tmp_path: Path
) -> None:
    later = written(prediction_log, tmp_path, seed=2, shift=0.5)

    def mean(table: pa.Table, name: str) -> float:
        return float(pc.mean(table[name]).as_py())

    assert mean(later, "n00") - mean(log, "n00") == pytest.approx(7.5, abs=0.4)
    assert mean(later, "n01") / mean(log, "n01") == pytest.approx(1.5, abs=0.05)
    assert mean(later, "n04") - mean(log, "n04") == pytest.approx(0.5, abs=0.1)
    assert mean(later, "n05") == pytest.approx(mean(log, "n05"), abs=0.4)
    first = [pc.mean(pc.equal(table["c02"], "c2-0")).as_py() for table in (log, later)]
    assert first[1] == pytest.approx(first[0] + 0.2 * (1 - first[0]), abs=0.01)


def test_more_columns_are_more_numbers(prediction_log: ModuleType, tmp_path: Path) -> None:
    wide = written(prediction_log, tmp_path, rows=100, seed=1, columns=120)
    assert [name for name in wide.column_names if name.startswith("n")] == [f"n{number:02}" for number in range(120)]
