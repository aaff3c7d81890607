"""Synthetic against real: good rows, copied rows and shuffled rows each give themselves away, or nothing."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from consilience.kit.errors import BadInput
from consilience.measure.samples import neighbour_kernels
from consilience.measure.samples.neighbours import found_at, privacy
from consilience.measure.samples.relations import correlation_change, relations
from consilience.measure.samples.sampling import draw
from consilience.measure.samples.synthetic import synthetic_against_real


def real(seed: int, rows: int = 1_500) -> pa.Table:
    g = np.random.default_rng(seed)
    x = g.normal(size=(rows, 4))
    x[:, 1] += x[:, 0]
    kind = np.where(x[:, 2] > 0, "a", np.where(g.random(rows) < 0.5, "b", "c"))
    y = (g.random(rows) < 1 / (1 + np.exp(-1.5 * (x[:, 0] + x[:, 3])))).astype(int)
    return pa.table({**{f"x{number}": x[:, number] for number in range(4)}, "kind": pa.array(kind), "y": y})


def blurred(table: pa.Table, spread: float) -> pa.Table:
    g = np.random.default_rng(9)
    for number in range(4):
        moved = table[f"x{number}"].to_numpy() + g.normal(0, spread, table.num_rows)
        table = table.set_column(number, f"x{number}", pa.array(moved))
    return table


def test_rows_of_the_same_world_are_alike_useful_and_private() -> None:
    found = synthetic_against_real(real(1), real(2), real(3), label="y")
    assert found.usefulness is not None
    for half in (found.privacy.closer_to_training, found.privacy.membership_area):
        assert half.low <= 0.5 <= half.high  # type: ignore[operator]
    assert found.privacy.membership_found.low <= 0.02  # type: ignore[operator]
    assert found.usefulness.change.value == pytest.approx(0, abs=0.03)
    assert found.relations.pairs == 15
    assert found.marginals["x0"]["psi"].value < 0.05  # type: ignore[operator]
    assert "50% would give nothing away." in found.sentence()
    json.dumps(found.as_json(), allow_nan=False)


def test_copied_rows_give_away_whom_they_are_of() -> None:
    found = synthetic_against_real(blurred(real(2), 0.02), real(2), real(3), label="y")
    assert found.privacy.closer_to_training.low > 0.8  # type: ignore[operator]
    assert found.privacy.membership_area.low > 0.8  # type: ignore[operator]
    assert found.privacy.membership_found.low > 0.3  # type: ignore[operator]
    assert found.privacy.copies.value == 0
    assert "give something away" in found.sentence()
    exact = synthetic_against_real(real(2), real(2), real(3))
    assert (exact.privacy.copies.value, exact.privacy.copies_by_chance.value) == (1.0, 0.0)


def test_columns_shuffled_one_by_one_keep_their_marginals_and_lose_the_rest() -> None:
    g, table = np.random.default_rng(4), real(2)
    apart = pa.table({name: table[name].take(pa.array(g.permutation(1_500))) for name in table.column_names})
    found = synthetic_against_real(apart, table, real(3), label="y")
    assert found.marginals["x1"]["ks"].value < 0.06  # type: ignore[operator]
    assert {("x0", "x1"), ("x2", "kind")} == {pair.columns for pair in found.relations.worst[:2]}
    assert all(pair.change.high < -0.5 for pair in found.relations.worst[:2])  # type: ignore[operator]
    assert found.usefulness is not None
    assert found.usefulness.change.high < -0.1  # type: ignore[operator]


def test_relations_are_those_of_scipy() -> None:
    one, other = draw(real(1)), draw(blurred(real(5), 0.7))
    found = relations(one, other, ["x0", "x1", "x2", "kind"], seed=1)
    pair = next(pair for pair in found.worst if pair.columns == ("x0", "x1"))
    assert pair.reference == pytest.approx(stats.spearmanr(one.numbers("x0"), one.numbers("x1"))[0])
    assert pair.current == pytest.approx(stats.spearmanr(other.numbers("x0"), other.numbers("x1"))[0])
    assert pair.change.high < 0  # type: ignore[operator]


def test_the_interval_of_a_change_of_correlation_covers() -> None:
    g, covered = np.random.default_rng(6), 0
    for _ in range(300):
        sides = []
        for slope in (0.5, 0.9):
            x = g.normal(size=120)
            sides.append(stats.spearmanr(x, slope * x + (1 - slope**2) ** 0.5 * g.normal(size=120))[0])
        found = correlation_change(sides[0], 120, sides[1], 120)
        true = 6 / np.pi * (np.arcsin(0.45) - np.arcsin(0.25))  # of normal variables
        covered += found.low <= true <= found.high  # type: ignore[operator]
    assert covered >= 270


def test_the_nearest_row_is_that_of_scikit_learn() -> None:
    g = np.random.default_rng(7)
    numbers, others = g.random((80, 3)), g.random((200, 3))
    codes, of_codes = g.integers(0, 3, (80, 2)).astype(np.int32), g.integers(0, 3, (200, 2)).astype(np.int32)
    distance, place = neighbour_kernels.nearest(numbers, codes, others, of_codes)

    def hot(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values == code for code in range(3)], axis=1) / 2

    oracle = NearestNeighbors(n_neighbors=1, metric="manhattan").fit(np.column_stack([others, hot(of_codes)]))
    known, at = oracle.kneighbors(np.column_stack([numbers, hot(codes)]))
    np.testing.assert_allclose(distance, known[:, 0])
    assert (place == at[:, 0]).mean() > 0.99


def test_a_missing_number_is_near_a_missing_number_only() -> None:
    gap, no_codes = np.array([[np.nan], [0.2]]), np.zeros((2, 0), dtype=np.int32)
    distance, place = neighbour_kernels.nearest(gap, no_codes, np.array([[0.3], [np.nan]]), no_codes)
    assert (distance.tolist(), place.tolist()) == ([0.0, pytest.approx(0.1)], [1, 0])


def test_members_found_counts_ties_by_lot() -> None:
    g = np.random.default_rng(1)
    assert found_at(np.zeros(100), np.zeros(100)) == pytest.approx(0.01)
    assert found_at(g.normal(3, 1, 4_000), g.normal(0, 1, 4_000)) == pytest.approx(stats.norm.sf(2.326 - 3), abs=0.05)


def test_the_privacy_interval_covers_where_nothing_is_given_away() -> None:
    # Few real rows: each is the nearest of many synthetic ones, so these are worth less than their number.
    covered = 0
    for seed in range(50):
        sides = [draw(real(3 * seed + part, rows)) for part, rows in enumerate((100, 100, 600))]
        found = privacy(*sides, ["x0", "x1", "kind"], seed=1).closer_to_training
        covered += found.low <= 0.5 <= found.high  # type: ignore[operator]
    assert covered >= 43


def test_what_cannot_be_compared_is_left_out_or_refused() -> None:
    table = real(1, 300)
    found = synthetic_against_real(table.drop_columns(["x3"]), real(2, 300), real(3, 300))
    assert found.left_out == ("x3",)
    assert found.usefulness is None
    with pytest.raises(BadInput, match="at least 100"):
        synthetic_against_real(table.slice(0, 50), real(2, 300), real(3, 300))
    with pytest.raises(BadInput, match="in common"):
        synthetic_against_real(table.select(["x0"]), real(2, 300).select(["x1"]), real(3, 300))
