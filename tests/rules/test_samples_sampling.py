"""Samples of rows: the same in any order, as common as in the source, whole people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from consilience.kit.errors import BadInput
from consilience.measure.samples.sampling import CategoryColumn, NumberColumn, draw


def a_table(rows: int = 5_000, seed: int = 1) -> pa.Table:
    g = np.random.default_rng(seed)
    missing = g.random(rows) < 0.1
    return pa.table(
        {
            "amount": pa.array(np.round(g.exponential(100, rows), 2), mask=missing),
            "kind": pa.array(np.array(["a", "b", "c"])[g.integers(0, 3, rows)]).dictionary_encode(),
            "person": g.integers(0, 700, rows),
            "ratio": np.where(g.random(rows) < 0.05, np.nan, g.normal(size=rows)),
        }
    )


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    order = np.random.default_rng(seed).permutation(table.num_rows)
    return pa.concat_tables([table.take(pa.array(part)) for part in np.array_split(order, 7)])


@pytest.mark.parametrize("by", [None, "person"])
def test_the_order_of_rows_does_not_change_the_sample(by: str | None) -> None:
    one, other = (draw(table, rows=400, by=by) for table in (a_table(), shuffled(a_table(), 3)))
    assert repr(one.table.to_pydict()) == repr(other.table.to_pydict())
    assert (one.seed, one.of_rows) == (other.seed, other.of_rows) == (one.seed, 5_000)
    for name, column in one.columns.items():
        for part in vars(column):
            np.testing.assert_array_equal(getattr(column, part), getattr(other.columns[name], part))


def test_another_value_in_any_row_gives_another_seed() -> None:
    table = a_table()
    changed = table.set_column(2, "person", pa.array([*table["person"].to_pylist()[:-1], 9_999]))
    assert draw(table, rows=50).seed != draw(changed, rows=50).seed


def test_the_order_of_columns_does_not_change_which_rows_are_drawn() -> None:
    table = a_table()
    one, other = draw(table, rows=100), draw(table.select(["ratio", "person", "kind", "amount"]), rows=100)
    assert one.hashes.tolist() == other.hashes.tolist()


def test_a_few_rows_are_all_in_the_sample() -> None:
    sample = draw(a_table(50), rows=50)
    assert sorted(sample.table["person"].to_pylist()) == sorted(a_table(50)["person"].to_pylist())


def test_a_row_that_repeats_is_as_common_in_the_sample() -> None:
    # Four different rows, one of them in 70 of 100 cases: by the hash of the row alone, all or none of it would be drawn.
    g = np.random.default_rng(5)
    table = pa.table({"x": np.array([1.0, 2.0, 3.0, 4.0])[np.searchsorted([0.7, 0.8, 0.9], g.random(200_000))]})
    sample = draw(table, rows=10_000)
    share = float((sample.numbers("x") == 1.0).mean())
    assert abs(share - 0.7) < 4 * (0.7 * 0.3 / 10_000) ** 0.5


def test_a_sample_is_a_fair_one() -> None:
    g = np.random.default_rng(6)
    values = g.normal(size=100_000)
    drawn = draw(pa.table({"x": values}), rows=5_000).numbers("x")
    assert abs(drawn.mean() - values.mean()) < 4 / 5_000**0.5
    assert abs((drawn > 1).mean() - (values > 1).mean()) < 4 * (0.16 * 0.84 / 5_000) ** 0.5


def test_salts_draw_independently() -> None:
    table = pa.table({"x": np.arange(20_000.0)})
    one, other = (set(draw(table, rows=2_000, salt=salt).numbers("x").tolist()) for salt in ("one", "other"))
    assert abs(len(one & other) - 200) < 60


def test_people_are_drawn_whole() -> None:
    table = a_table()
    sample = draw(table, rows=400, by="person")
    rows = dict(zip(*np.unique(table["person"].to_numpy(), return_counts=True), strict=True))
    whole = draw(table.append_column("who", table["person"]), rows=400, by="person")
    for person, count in zip(*np.unique(whole.numbers("who"), return_counts=True), strict=True):
        assert count == rows[person]
    assert 380 < sample.rows <= 400
    assert sample.people is not None
    assert "person" not in sample.columns


def test_a_person_with_more_rows_than_wanted_is_drawn_whole() -> None:
    table = pa.table({"id": [7] * 30, "x": range(30)})
    assert draw(table, rows=10, by="id").rows == 30


def test_rows_without_an_id_are_left_out() -> None:
    assert draw(pa.table({"id": ["a", None, "b"], "x": [1, 2, 3]}), by="id").rows == 2
    with pytest.raises(BadInput, match="no value"):
        draw(pa.table({"id": pa.nulls(3, pa.string()), "x": [1, 2, 3]}), by="id")


def test_missing_nan_and_categories_stay_apart() -> None:
    table = pa.table({"x": pa.array([1.0, None, float("nan")]), "c": pa.array(["b", "a", None])})
    sample = draw(table)
    x, c = sample.columns["x"], sample.columns["c"]
    assert isinstance(x, NumberColumn)
    assert isinstance(c, CategoryColumn)
    assert (int(x.missing.sum()), int(np.isnan(x.values).sum())) == (1, 2)
    assert c.values == ("a", "b")
    assert sorted(c.codes.tolist()) == [-1, 0, 1]


def test_times_and_csv_are_read(tmp_path: Path) -> None:
    moments = pa.array([0, 1_000_000, None], pa.timestamp("us"))
    assert np.nanmax(draw(pa.table({"t": moments})).numbers("t")) == 1_000_000
    path = tmp_path / "rows.csv"
    pyarrow.csv.write_csv(a_table(300).drop_columns(["ratio"]), str(path))
    sample = draw(str(path), rows=100)
    assert sample.rows == 100
    assert isinstance(sample.columns["amount"], NumberColumn)


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (pa.table({"x": pa.array([], pa.float64())}), {}, "no rows"),
        (pa.table({"x": [1]}), {"rows": 0}, "not a number of rows"),
        (pa.table({"x": [1]}), {"only": ["y"]}, "no column 'y'"),
        (pa.table({"x": [1]}), {"by": "y"}, "no column 'y'"),
    ],
)
def test_what_cannot_be_sampled_is_refused(table: pa.Table, options: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        draw(table, **options)  # type: ignore[arg-type]
