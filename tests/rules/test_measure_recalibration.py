"""Calibration beyond one number: slope, shift, Murphy's parts, the error without its bias and the smooth one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import statsmodels.api as sm

from consilience.measure.evaluate import evaluate, figures, measure_states
from consilience.measure.metrics import intervals

SMOOTH_ERROR_OF_RELPLOT = 0.05645606471556869  # relplot 1.0.3 on `equidistributed`


def equidistributed(rows: int = 400) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Scores and labels that need no generator, for figures recorded elsewhere."""
    k = np.arange(1, rows + 1)
    score = np.round(((k * 0.6180339887498949) % 1) ** 1.7, 4)
    return ((k * 0.7548776662466927) % 1 < score**1.3).astype(int), score


def drawn(rows: int, seed: int, bend: float = 1.0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    generator = np.random.default_rng(seed)
    score = np.round(1 / (1 + np.exp(-1.5 * generator.normal(size=rows) + 1)), 4)
    return (generator.random(rows) < score**bend).astype(int), score


def calibration(y: Any, s: Any, **named: Any) -> dict[str, Any]:
    report: Any = figures(measure_states(pa.table({"y": y, "s": s}), label="y", score="s", **named))
    return {**report["calibration"], "bins": report["reliability"]}


def test_slope_and_shift_equal_logistic_regressions_of_statsmodels() -> None:
    y, s = drawn(2000, 3, bend=1.4)
    odds = np.log(s / (1 - s))
    line = sm.Logit(y, sm.add_constant(odds)).fit(disp=0, tol=1e-12)
    shift = sm.GLM(y, np.ones(len(y)), family=sm.families.Binomial(), offset=odds).fit(tol=1e-14)
    found = calibration(y, s)
    for name, value, limits in (
        ("calibration_slope", line.params[1], line.conf_int()[1]),
        ("calibration_in_the_large", shift.params[0], shift.conf_int()[0]),
    ):
        assert found[name]["value"] == pytest.approx(value, abs=1e-9)
        assert [found[name]["low"], found[name]["high"]] == pytest.approx(list(limits), abs=1e-7)
        assert found[name]["method"] == "wald"


@pytest.mark.parametrize("entries", [30, 100, 400])
def test_exact_slope_and_shift_lie_in_the_brackets_of_the_binned_ones(entries: int) -> None:
    y, s = drawn(1500, 4)
    exact, binned = calibration(y, s), calibration(y, s, score_entries=entries)
    for name in ("calibration_slope", "calibration_in_the_large"):
        assert binned[name]["method"] == "wald+bracket"
        assert binned[name]["low"] <= exact[name]["low"] + 0.01
        half = (exact[name]["high"] - exact[name]["low"]) / 2
        bracket = (binned[name]["high"] - binned[name]["low"]) / 2 - half
        assert abs(binned[name]["value"] - exact[name]["value"]) <= bracket + 0.02 * half


def test_classes_that_are_apart_have_no_slope_and_one_score_has_none() -> None:
    apart = calibration([0] * 30 + [1] * 30, [0.1] * 15 + [0.3] * 15 + [0.6] * 15 + [0.9] * 15)
    assert apart["calibration_slope"]["reason"] == "not_estimable"
    alike = calibration([0, 1] * 30, [0.3] * 60)
    assert alike["calibration_slope"]["reason"] == "not_estimable"
    assert alike["calibration_in_the_large"]["value"] == pytest.approx(math.log(7 / 3), abs=1e-9)
    assert calibration([1] * 30, [0.3, 0.6] * 15)["calibration_slope"]["reason"] == "no_negatives"


def test_scores_of_0_and_1_are_clipped_and_still_give_a_slope() -> None:
    y, s = drawn(300, 5)
    found = calibration([*y, 0, 1], [*s, 1.0, 0.0])
    assert 0 < found["calibration_slope"]["value"] < 1


def test_murphys_parts_add_up_to_the_brier_score() -> None:
    for rows, seed in ((30, 1), (500, 2), (5000, 3)):
        found = calibration(*drawn(rows, seed))
        parts = {name: found[f"brier_{name}"]["value"] for name in
                 ("reliability", "resolution", "uncertainty", "within_variance", "within_covariance")}  # fmt: skip
        together = (
            parts["reliability"] - parts["resolution"] + parts["uncertainty"]
            + parts["within_variance"] - parts["within_covariance"]
        )  # fmt: skip
        assert together == pytest.approx(found["brier"]["value"], abs=1e-10)


def test_murphys_parts_of_scores_in_the_middle_of_bins_are_the_classic_three() -> None:
    y, s = drawn(800, 6)
    s = np.floor(s * 10) / 10 + 0.05
    found = calibration(y, s)
    rates = {value: y[s == value].mean() for value in np.unique(s)}
    assert found["brier_reliability"]["value"] == pytest.approx(np.mean([(v - rates[v]) ** 2 for v in s]), abs=1e-10)
    assert found["brier_resolution"]["value"] == pytest.approx(
        np.mean([(rates[v] - y.mean()) ** 2 for v in s]), abs=1e-10
    )
    assert found["brier_within_variance"]["value"] == pytest.approx(0, abs=1e-10)


def test_the_debiased_error_is_the_one_that_kumar_draws() -> None:
    y, s = drawn(400, 7)
    found = calibration(y, s)
    generator, excess = np.random.default_rng(0), []
    rows, mean, rate = (np.array([one[name] for one in found["bins"]]) for name in ("rows", "mean_score", "rate"))
    for _ in range(20_000):
        again = generator.normal(rate, np.sqrt(rate * (1 - rate) / rows))
        excess.append(rows @ np.abs(again - mean) / rows.sum() - found["ece"]["value"])
    assert found["ece_debiased"]["value"] == pytest.approx(found["ece"]["value"] - np.mean(excess), abs=4e-4)


def test_the_debiased_error_of_calibrated_scores_is_nearer_to_0() -> None:
    both = [calibration(*drawn(200, seed)) for seed in range(60)]
    plain, debiased = (np.mean([one[name]["value"] for one in both]) for name in ("ece", "ece_debiased"))
    assert debiased < 0.65 * plain


def test_the_smooth_error_is_the_one_of_relplot() -> None:
    assert calibration(*equidistributed())["smece"]["value"] == pytest.approx(SMOOTH_ERROR_OF_RELPLOT, abs=1e-3)
    assert calibration([0] * 40 + [1] * 40, [0.0] * 40 + [1.0] * 40)["smece"]["value"] == pytest.approx(0, abs=1e-3)
    assert calibration([1] * 40, [0.0] * 40)["smece"]["value"] == pytest.approx(1, abs=0.01)


def test_the_reliability_bins_hold_every_row_once() -> None:
    y, s = drawn(700, 8)
    bins = calibration(y, s)["bins"]
    assert sum(one["rows"] for one in bins) == 700
    for one in bins:
        inside = (s >= one["from"]) & (s < one["to"])
        assert one["mean_score"] == pytest.approx(s[inside].mean(), abs=1e-9)
        assert one["rate"] == pytest.approx(y[inside].mean(), abs=1e-12)
        assert one["low"] <= one["rate"] <= one["high"]
    assert evaluate(pa.table({"y": [0, 1]}), label="y")["reliability"] == []


def test_a_group_has_the_calibration_that_it_has_alone() -> None:
    y, s = drawn(900, 9)
    g = np.arange(900) % 3
    report: Any = evaluate(pa.table({"y": y, "s": s, "g": g}), label="y", score="s", protected=["g"])
    alone = calibration(y[g == 1], s[g == 1])
    group = report["fairness"]["g"]["groups"]["1"]
    for name, found in group["calibration"].items():
        assert found["value"] == pytest.approx(alone[name]["value"], abs=1e-12), name
    assert group["reliability"] == alone["bins"]


def test_smooth_error_and_squared_parts_may_be_0_where_scores_are_honest_and_not_where_they_lie() -> None:
    honest, lying = calibration(*drawn(1_500, 6)), calibration(*drawn(1_500, 6, bend=3.0))
    assert honest["smece"]["low"] == 0
    assert honest["brier_reliability"]["low"] == 0
    for name in ("smece", "brier_reliability"):
        assert 0 < honest[name]["value"] < honest[name]["high"] < lying[name]["low"] < lying[name]["high"] < 0.5
    assert lying["smece"]["method"] == "smooth-inversion"
    assert lying["brier_reliability"]["method"] == "squares-inversion"
    assert honest["brier_resolution"]["low"] > 0.02


def test_uncertainty_is_wilsons_interval_carried_over_and_few_rows_have_no_interval() -> None:
    found = calibration([0] * 60 + [1] * 40, [0.4] * 100)
    low, high = intervals.wilson(40, 100)
    assert found["brier_uncertainty"]["low"] == pytest.approx(low * (1 - low), abs=1e-8)
    assert found["brier_uncertainty"]["high"] == pytest.approx(high * (1 - high), abs=1e-8)
    assert found["brier_within_variance"]["value"] == pytest.approx(0, abs=1e-12)
    few = calibration([0, 1] * 9, [0.2, 0.7] * 9)
    assert few["smece"]["reason"] == "few_rows"
    assert few["brier_resolution"]["reason"] == "few_of_a_class"
    none = calibration([0] * 40 + [1] * 40, [0.0] * 40 + [1.0] * 40)
    assert (none["smece"]["low"], none["smece"]["high"]) == (0, 0)


def test_a_group_has_the_values_and_says_that_intervals_are_of_all_rows() -> None:
    y, s = drawn(600, 7)
    report: Any = evaluate(pa.table({"y": y, "s": s, "g": ["a", "b"] * 300}), label="y", score="s", protected=["g"])
    of_group = report["fairness"]["g"]["groups"]["a"]["calibration"]
    alone = calibration(y[::2], s[::2])
    for name, reason in (("smece", "no_interval_known"), ("brier_resolution", "part_of_the_brier_score")):
        assert of_group[name]["value"] == alone[name]["value"]
        assert (of_group[name]["low"], of_group[name]["reason"]) == (None, reason)
        assert alone[name]["low"] is not None


def test_more_rows_make_the_intervals_narrower_and_the_same_rows_the_same() -> None:
    small, large = calibration(*drawn(500, 8, bend=1.5)), calibration(*drawn(8_000, 8, bend=1.5))
    for name in ("smece", "brier_reliability", "brier_resolution", "brier_within_covariance"):
        assert large[name]["high"] - large[name]["low"] < 0.6 * (small[name]["high"] - small[name]["low"])
    assert calibration(*drawn(500, 8, bend=1.5)) == small
