"""Quantiles and the top of a list, from counts: exact where values are kept, and surely inside their brackets where not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sklearn import metrics as peers

from consilience.kit.errors import BadInput
from consilience.measure.engines.learning import learn
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.profiling import profile
from consilience.measure.evaluate import measure_states
from consilience.measure.metrics.counts import Counts, RollUp
from consilience.measure.metrics.latency import QUANTILES, latency
from consilience.measure.metrics.quantiles import quantile, ranks
from consilience.measure.metrics.ranking import TOPS, lift_at, ndcg, precision_at, ranking, recall_at
from consilience.measure.over_time import over_time
from consilience.measure.states.profile import ProfilePlan, merge


def durations(rows: int = 20_000, seed: int = 1) -> pa.Table:
    generator = np.random.default_rng(seed)
    return pa.table({"ms": generator.gamma(2, 20, rows) + (generator.random(rows) < 0.02) * 500})


def test_quantiles_are_those_of_numpy_while_values_are_kept() -> None:
    table = durations()
    for name, found in latency(profile(table), "ms").items():
        exact = float(np.quantile(table["ms"].to_numpy(), QUANTILES[name]))
        assert found.value == pytest.approx(exact, rel=1e-12)
        assert found.method == "order-statistics"
        assert found.low < exact < found.high  # type: ignore[operator]


def test_quantiles_lie_in_their_bracket_where_values_are_not_kept() -> None:
    table = durations()
    plan = ProfilePlan(learn(open_source(table)).columns, exact_rows=0)
    halves = [profile(table.slice(start, 10_000), plan) for start in (0, 10_000)]
    for name, found in latency(merge(*halves), "ms").items():
        exact = latency(profile(table), "ms")[name]
        assert found.method == "order-statistics+bracket"
        assert found.low <= exact.low + 1e-6  # type: ignore[operator]
        assert exact.high - 1e-6 <= found.high  # type: ignore[operator]
        assert found.value == pytest.approx(exact.value, rel=0.05)


@pytest.mark.parametrize("rows", [20, 100, 1_000])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.99])
def test_the_ranks_cover_the_quantile_by_the_binomial_distribution(rows: int, share: float) -> None:
    low, high = ranks(rows, share)
    law = stats.binom(rows, share)
    assert low is None or law.cdf(low) <= 0.025, "the low rank, counted from 0, is rarely beyond the quantile"
    assert low is None or law.cdf(low + 1) > 0.025, "and it is the highest such rank"
    assert high is None or law.sf(high - 1) <= 0.025 or law.cdf(high) >= 0.975
    if low is not None and high is not None:
        assert law.cdf(high) - law.cdf(low) >= 0.95 - 1e-12
    else:
        assert law.pmf(rows) > 0.025 or law.pmf(0) > 0.025


def test_few_rows_have_a_quantile_without_an_interval() -> None:
    found = quantile([(float(n), float(n), 1) for n in range(50)], 0.99)
    assert (found.value, found.low, found.reason) == (pytest.approx(48.51), None, "few_rows")
    assert quantile([], 0.5).reason == "no_rows"


def test_latency_needs_a_column_of_numbers() -> None:
    with pytest.raises(BadInput, match="no column of numbers"):
        latency(profile(pa.table({"ms": ["a", "b"]})), "ms")


def test_windows_say_how_long_predictions_took() -> None:
    table = durations(3_000).append_column("y", pa.array([0, 1] * 1_500))
    found = over_time(table, by=1_000, label="y", latency="ms")
    for number, window in enumerate(found["windows"]):
        rows = table["ms"].to_numpy()[number * 1_000 : (number + 1) * 1_000]
        assert window["latency"]["p95"]["value"] == pytest.approx(np.quantile(rows, 0.95), rel=1e-12)


def scored(rows: int = 1_000, *, digits: int = 9, seed: int = 3) -> pa.Table:
    generator = np.random.default_rng(seed)
    score = np.round(generator.beta(1, 3, rows), digits)
    return pa.table({"y": (generator.random(rows) < score).astype(np.int8), "s": score})


def counts(table: pa.Table, **how: Any) -> Counts:
    (found,) = RollUp(measure_states(table, label="y", score="s", **how)).groups(()).values()
    return found


def best(table: pa.Table, per_cent: float) -> tuple[Any, int]:
    order = np.argsort(-table["s"].to_numpy(), kind="stable")
    rows = math.ceil(table.num_rows * per_cent / 100)
    return table["y"].to_numpy()[order][:rows], rows


def test_the_top_of_the_list_is_what_sorting_gives() -> None:
    table = scored()
    y = table["y"].to_numpy()
    for per_cent in TOPS:
        top, rows = best(table, per_cent)
        precision, recall, lift = (one(counts(table), per_cent) for one in (precision_at, recall_at, lift_at))
        assert precision.value == pytest.approx(top.mean())
        assert recall.value == pytest.approx(top.sum() / y.sum())
        assert (precision.rows, recall.rows, precision.method) == (rows, y.sum(), "wilson")
        assert lift.value is None or lift.value == pytest.approx(top.mean() / y.mean())


@pytest.mark.parametrize(("digits", "how"), [(1, {}), (9, {"score_entries": 20}), (2, {"score_entries": 64})])
def test_among_ties_and_in_bins_the_figures_are_bracketed(digits: int, how: dict[str, int]) -> None:
    table = scored(digits=digits)
    for per_cent in TOPS:
        found = precision_at(counts(table, **how), per_cent)
        top, _ = best(table, per_cent)
        assert found.low <= top.mean() <= found.high  # type: ignore[operator]
    assert precision_at(counts(table, **how), 5).method == "wilson+bracket"


@pytest.mark.parametrize("digits", [9, 1])
def test_ndcg_is_that_of_scikit_learn(digits: int) -> None:
    table = scored(digits=digits)
    exact = peers.ndcg_score([table["y"].to_numpy()], [table["s"].to_numpy()])
    found = ndcg(counts(table))
    assert found.value == pytest.approx(exact, abs=1e-9)
    assert found.reason == "one_list"
    binned = ndcg(counts(table, score_entries=12)) if digits == 9 else None
    if binned is not None:
        assert binned.method == "bracket"
        assert binned.low <= exact <= binned.high  # type: ignore[operator]


def test_lift_of_chance_is_one_and_its_interval_covers_it() -> None:
    generator, hits, tries = np.random.default_rng(5), 0, 150
    for _ in range(tries):
        table = pa.table({"y": (generator.random(800) < 0.3).astype(np.int8), "s": generator.random(800)})
        found = lift_at(counts(table), 10)
        hits += found.low <= 1 <= found.high  # type: ignore[operator]
    assert 0.9 * tries <= hits <= 0.99 * tries


def test_without_labels_scores_or_positives_the_reason_is_said() -> None:
    none = counts(pa.table({"y": [0] * 30, "s": np.linspace(0, 1, 30)}))
    assert recall_at(none, 10).reason == "no_positives"
    assert ndcg(none).reason == "no_positives"
    assert precision_at(none, 10).value == 0.0
    (bare,) = RollUp(measure_states(scored(), label="y")).groups(()).values()
    assert {one.reason for one in ranking(bare).values()} == {"no_score"}
