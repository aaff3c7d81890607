"""Agreement, average precision, thresholds and costs equal the peers' figures, and say so where bins hide something."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn
from statsmodels.stats.inter_rater import cohens_kappa

from consilience.kit.errors import BadInput
from consilience.measure.evaluate import evaluate, figures, measure_states
from consilience.measure.metrics import agreement
from consilience.measure.metrics.thresholds import KINDS

RELAXED = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def some_rows(rows: int, seed: int, decimals: int = 3) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    generator = np.random.default_rng(seed)
    score = np.round(generator.random(rows), decimals)
    return (generator.random(rows) < score**1.3).astype(np.int8), score


def a_report(y: Any, s: Any, threshold: float = 0.4, **named: Any) -> dict[str, Any]:
    return evaluate(pa.table({"y": y, "s": s}), label="y", score="s", threshold=threshold, **named)


@RELAXED
@given(st.integers(2, 300), st.integers(0, 10_000), st.integers(1, 4))
def test_agreement_and_average_precision_equal_scikit_learn(rows: int, seed: int, decimals: int) -> None:
    y, s = some_rows(rows, seed, decimals)
    p = (s >= 0.4).astype(np.int8)
    found = a_report(y, s)["performance"]
    if len(set(y)) < 2:
        assert found["balanced_accuracy"]["value"] is None
        return
    assert found["balanced_accuracy"]["value"] == pytest.approx(sklearn.balanced_accuracy_score(y, p), abs=1e-12)
    assert found["cohen_kappa"]["value"] == pytest.approx(sklearn.cohen_kappa_score(y, p), abs=1e-12)
    assert found["average_precision"]["value"] == pytest.approx(sklearn.average_precision_score(y, s), abs=1e-12)
    if len(set(p)) == 2:
        assert found["mcc"]["value"] == pytest.approx(sklearn.matthews_corrcoef(y, p), abs=1e-12)
    else:
        assert found["mcc"]["reason"] in ("none_predicted_positive", "none_predicted_negative")


def test_the_variance_of_kappa_is_the_one_of_statsmodels() -> None:
    table = np.array([40.0, 9.0, 7.0, 23.0])
    error = np.sqrt(agreement.variance(agreement._kappa, table))
    assert error == pytest.approx(cohens_kappa(table.reshape(2, 2)).std_kappa, rel=1e-10)


def test_intervals_of_agreement_cover_the_truth() -> None:
    generator = np.random.default_rng(8)
    truth = np.array([0.5, 0.1, 0.12, 0.28])
    tn, fp, fn, tp = truth
    true = {
        "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        "mcc": (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
        "cohen_kappa": float(np.real(agreement._kappa(truth.astype(complex)))),
    }
    inside = dict.fromkeys(true, 0)
    for _ in range(300):
        cells = generator.multinomial(80, truth)
        y, p = np.repeat([0, 0, 1, 1], cells), np.repeat([0, 1, 0, 1], cells)
        found = evaluate(pa.table({"y": y, "p": p}), label="y", prediction="p")["performance"]
        for name, value in true.items():
            inside[name] += found[name]["low"] <= value <= found[name]["high"]
    assert all(0.92 <= count / 300 <= 0.985 for count in inside.values()), inside


def test_the_interval_of_average_precision_covers_the_truth() -> None:
    y, s = some_rows(400_000, 1)
    true = sklearn.average_precision_score(y, s)
    inside = 0
    for seed in range(200):
        found = a_report(*some_rows(300, seed + 7))["performance"]["average_precision"]
        inside += found["low"] <= true <= found["high"]
    assert 0.91 <= inside / 200 <= 0.99


@RELAXED
@given(st.integers(100, 500), st.integers(0, 10_000), st.integers(2, 60))
def test_the_exact_average_precision_lies_in_the_bracket_of_the_binned_one(rows: int, seed: int, entries: int) -> None:
    y, s = some_rows(rows, seed, 6)
    states = measure_states(pa.table({"y": y, "s": s}), label="y", score="s", score_entries=entries)
    found: Any = figures(states)["performance"]
    binned = found["average_precision"]
    assert binned["method"] == "wald-logit+bracket"
    assert binned["low"] <= sklearn.average_precision_score(y, s) <= binned["high"]


def test_every_threshold_has_the_confusion_that_counting_gives() -> None:
    y, s = some_rows(500, 3, 2)
    table = a_report(y, s, threshold=0.335)["thresholds"]
    assert len(table) == 102
    for row in table:
        p = s >= row["threshold"]
        assert [row[kind] for kind in KINDS] == [
            int((p & (y == 1)).sum()), int((p & (y == 0)).sum()), int((~p & (y == 0)).sum()), int((~p & (y == 1)).sum()),
        ]  # fmt: skip
        assert row["unsure"] == 0
        assert row["precision"] == (pytest.approx(y[p].mean()) if p.any() else None)
        assert row["selection_rate"] == pytest.approx(p.mean())
    assert [row["threshold"] for row in table if row["own"]] == [0.335]
    assert a_report(y, s, threshold=0.5)["thresholds"][50]["own"]


def test_rows_in_bins_that_a_threshold_cuts_are_counted_as_unsure() -> None:
    y, s = some_rows(500, 3, 6)
    states = measure_states(pa.table({"y": y, "s": s}), label="y", score="s", threshold=0.335, score_entries=40)
    table: Any = figures(states)["thresholds"]
    assert any(row["unsure"] for row in table)
    for row in table:
        exact = int(((s >= row["threshold"]) & (y == 1)).sum())
        assert abs(row["tp"] - exact) <= row["unsure"]
        if row["own"]:
            assert (row["tp"], row["unsure"]) == (exact, 0)


def test_costs_are_their_mean_and_the_least_cost_is_the_least_of_all_thresholds() -> None:
    y, s = some_rows(600, 9, 3)
    report = a_report(y, s, costs={"fp": 1, "fn": 5})
    p = s >= 0.4
    assert report["performance"]["cost"]["value"] == pytest.approx(np.mean((p & (y == 0)) + 5 * (~p & (y == 1))))
    assert report["performance"]["cost"]["low"] < report["performance"]["cost"]["value"]

    def spent(threshold: float) -> float:
        chosen = s >= threshold
        return float(np.mean((chosen & (y == 0)) + 5.0 * (~chosen & (y == 1))))

    best = report["least_cost"]
    assert best["cost"] == pytest.approx(min(spent(t) for t in [*np.unique(s), 2.0]))
    assert best["cost"] == pytest.approx(spent(best["threshold"]))
    assert best["warning"] == "picked_on_the_same_rows"


def test_where_selecting_anybody_costs_more_than_it_saves_none_is_selected() -> None:
    y, s = some_rows(200, 2)
    y[s == s.max()] = 0
    assert a_report(y, s, costs={"fp": 1000, "fn": 0.5})["least_cost"]["threshold"] is None
    assert a_report(y, s)["least_cost"] is None


@pytest.mark.parametrize(
    "costs", [{"fp": 1}, {"fp": 1, "fn": -1}, {"fp": 1, "fn": float("nan")}, {"fp": 1, "fn": 1, "x": 1}]
)
def test_costs_that_cannot_be_are_refused(costs: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        a_report(*some_rows(50, 2), costs=costs)
