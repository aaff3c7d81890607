"""The classifier two-sample test, its learner and its areas, held against scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from consilience.kit.errors import BadInput
from consilience.measure.metrics.figure import Method
from consilience.measure.samples import areas, trees
from consilience.measure.samples.binning import learn_bins
from consilience.measure.samples.sampling import draw
from consilience.measure.samples.two_sample import two_sample


def correlated(seed: int, rows: int = 3_000, correlation: float = 0.0, noise: int = 6) -> pa.Table:
    """Standard normal columns, of which x and y correlate: whatever the correlation, each alone is the same."""
    g = np.random.default_rng(seed)
    x = g.normal(size=rows)
    y = correlation * x + np.sqrt(1 - correlation**2) * g.normal(size=rows)
    others = {f"noise{number}": g.normal(size=rows) for number in range(noise)}
    return pa.table({"x": x, "y": y, **others, "kind": pa.array(np.array(list("abcd"))[g.integers(0, 4, rows)])})


def test_two_samples_of_one_population_are_not_told_apart() -> None:
    found = [two_sample(correlated(2 * seed, 800), correlated(2 * seed + 1, 800)) for seed in range(30)]
    assert sum(one.p_value < 0.05 for one in found) <= 5  # 1.5 expected; more than 5 in 1 of 300
    assert abs(np.mean([one.area.value for one in found]) - 0.5) < 0.012
    covers = [one.area.low <= 0.5 <= one.area.high for one in found if one.area.low is not None]
    assert sum(covers) >= 25


def test_a_shift_of_the_correlation_alone_is_found_and_its_columns_named() -> None:
    found = two_sample(correlated(1), correlated(2, correlation=0.6))
    assert found.p_value < 1e-6
    assert found.area.value is not None
    assert found.area.value > 0.58
    assert set(list(found.columns)[:2]) == {"x", "y"}
    assert all(found.columns[name].low > 0 for name in ("x", "y"))  # type: ignore[operator]
    assert "tells the rows of now from the reference" in found.sentence()
    assert "x and y" in found.sentence() or "y and x" in found.sentence()


def test_a_category_and_missing_values_are_seen() -> None:
    then, now = correlated(1, 1_500), correlated(2, 1_500)
    g = np.random.default_rng(3)
    with_gaps = now.set_column(0, "x", pa.array(now["x"].to_numpy(), mask=g.random(1_500) < 0.2))
    assert next(iter(two_sample(then, with_gaps).columns)) == "x"
    kinds = np.where(g.random(1_500) < 0.3, "d", now["kind"].to_numpy(zero_copy_only=False))
    moved = now.set_column(now.column_names.index("kind"), "kind", pa.array(kinds))
    assert next(iter(two_sample(then, moved).columns)) == "kind"


def test_the_order_of_rows_does_not_change_a_digit() -> None:
    then, now = correlated(1, 500), correlated(2, 500, 0.5)
    order = pa.array(np.random.default_rng(1).permutation(500))
    one, other = two_sample(then, now), two_sample(then.take(order), now.take(order))
    assert json.dumps(one.as_json()) == json.dumps(other.as_json())


def test_equal_rows_on_both_sides_tell_nothing() -> None:
    # The same file twice: a model that knows a row from the other side would do worse than a coin.
    table = correlated(1, 1_000)
    found = two_sample(table, table)
    assert found.area.value is not None
    assert abs(found.area.value - 0.5) < 0.05


def test_rows_of_a_few_kinds_only_are_compared_too() -> None:
    then, now = correlated(1, 1_000).select(["kind"]), correlated(2, 1_000).select(["kind"])
    assert two_sample(then, now).p_value > 0.01
    more_a = pa.table({"kind": pa.array(["a"] * 200 + now["kind"].to_pylist()[200:])})
    assert two_sample(then, more_a).p_value < 1e-3


def test_the_p_value_by_permutation_agrees_with_the_normal_one() -> None:
    same = two_sample(correlated(1, 400, noise=1), correlated(2, 400, noise=1), permutations=39)
    assert same.by_permutation
    assert same.p_value > 0.025
    moved = two_sample(correlated(1, 400, noise=1), correlated(2, 400, 0.8, noise=1), permutations=39)
    assert moved.p_value == 1 / 40


def test_columns_that_cannot_be_compared_are_left_out() -> None:
    then, now = correlated(1, 300), correlated(2, 300).drop_columns(["noise0"])
    now = now.set_column(0, "x", pa.array([str(value) for value in now["x"].to_pylist()]))
    assert two_sample(then, now).left_out == ("noise0", "x")
    with pytest.raises(BadInput, match="nothing in common"):
        two_sample(then.select(["y"]), now.select(["x"]))
    with pytest.raises(BadInput, match="at least 100"):
        two_sample(then.slice(0, 60), now)


def test_the_learner_is_nearly_as_good_as_a_known_one() -> None:
    g = np.random.default_rng(4)
    x = g.normal(size=(8_000, 6))
    chance = 1 / (1 + np.exp(-(x[:, 0] + np.abs(x[:, 1]) * 1.5 - x[:, 2] * x[:, 3])))
    truth = (g.random(8_000) < chance).astype(np.float64)
    table = pa.table({f"x{number}": x[:, number] for number in range(6)} | {"y": truth})
    fitted, tested = draw(table.slice(0, 4_000)), draw(table.slice(4_000))
    names = [f"x{number}" for number in range(6)]
    binning = learn_bins([fitted], names)
    model = trees.fit(binning.codes(fitted), fitted.numbers("y"), binning, seed=1)
    ours = roc_auc_score(tested.numbers("y"), model.scores(binning.codes(tested)))
    known = GradientBoostingClassifier(n_estimators=60, max_depth=4, subsample=0.5, random_state=0).fit(
        x[:4_000], truth[:4_000]
    )
    assert ours > roc_auc_score(truth[4_000:], known.predict_proba(x[4_000:])[:, 1]) - 0.02


def test_areas_are_those_of_scikit_learn_and_differences_have_their_variance() -> None:
    g = np.random.default_rng(5)
    truth = g.random(600) < 0.4
    one, other = np.round(g.normal(size=600) + truth, 1), np.round(g.normal(size=600) + truth * 0.5, 1)
    a, b = areas.placements(one, truth), areas.placements(other, truth)
    assert a.area == pytest.approx(roc_auc_score(truth, one), abs=1e-12)
    assert areas.difference([a.less(b)]).value == pytest.approx(roc_auc_score(truth, one) - roc_auc_score(truth, other))
    # By resampling rows, the variance is what it is.
    drawn = []
    for _ in range(1_500):
        rows = np.concatenate(
            [g.choice(np.flatnonzero(truth == kind), (truth == kind).sum()) for kind in (True, False)]
        )
        drawn.append(areas.placements(one[rows], truth[rows]).area - areas.placements(other[rows], truth[rows]).area)
    assert a.less(b).variance == pytest.approx(np.var(drawn), rel=0.15)


def test_few_rows_of_a_class_have_newcombes_interval() -> None:
    found = areas.area([areas.placements(np.arange(12.0), np.arange(12) >= 9)])
    assert (found.value, found.high, found.method) == (1.0, 1.0, Method.NEWCOMBE_RANK)
