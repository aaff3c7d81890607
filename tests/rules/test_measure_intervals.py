"""Intervals equal those of statsmodels and scipy, or of the definition written plainly; how well they cover is in tests/soak."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from consilience.measure.evaluate import evaluate
from consilience.measure.metrics import fairness, intervals, inversion, range_kernels
from consilience.measure.metrics.figure import Figure, figure


def test_wilson_equals_statsmodels() -> None:
    for n in (1, 2, 30, 1000, 10**9):
        for k in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            assert intervals.wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)


def test_the_gap_of_two_rates_equals_newcombes_interval_in_statsmodels() -> None:
    for k1, n1, k2, n2 in ((20, 30, 10, 30), (5, 50, 30, 60), (50, 100, 49, 100), (0, 10, 10, 10)):
        low, high = confint_proportions_2indep(k1, n1, k2, n2, method="newcomb")
        folded = (low, high) if low > 0 else (-high, -low) if high < 0 else (0.0, max(-low, high))
        rates = [figure(k / n, *intervals.wilson(k, n), method="wilson", rows=n) for k, n in ((k1, n1), (k2, n2))]
        found = fairness.gap("tpr", rates)
        assert (found.low, found.high) == (
            pytest.approx(folded[0], abs=2e-8),
            pytest.approx(min(folded[1], 1), abs=2e-8),
        )


def test_the_interval_of_f1_is_that_of_its_jaccard_share() -> None:
    low, high = proportion_confint(30, 45, method="wilson")
    assert intervals.f1_from_jaccard(30, 10, 5) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))


def test_delong_equals_its_definition_over_all_pairs() -> None:
    generator = np.random.default_rng(9)
    for digits in (1, 15):
        up = np.round(generator.beta(3, 2, 70), digits)
        down = np.round(generator.beta(2, 3, 90), digits)
        pairs = (up[:, None] > down[None, :]) + 0.5 * (up[:, None] == down[None, :])
        variance = pairs.mean(axis=1).var(ddof=1) / len(up) + pairs.mean(axis=0).var(ddof=1) / len(down)
        label = np.concatenate([np.ones(70), np.zeros(90)])
        report = evaluate(pa.table({"y": label, "s": np.concatenate([up, down])}), label="y", score="s")
        found = report["performance"]["roc_auc"]
        auc, spread = pairs.mean(), math.sqrt(variance)
        logit = math.log(auc / (1 - auc)) + np.array([-1, 1]) * stats.norm.ppf(0.975) * spread / (auc * (1 - auc))
        assert found["value"] == pytest.approx(auc, abs=1e-12)
        assert [found["low"], found["high"]] == pytest.approx(list(1 / (1 + np.exp(-logit))), abs=2e-9)
        assert found["method"] == "delong-logit"


def test_a_perfect_order_has_an_interval_below_1() -> None:
    table = pa.table({"y": [0] * 15 + [1] * 15, "s": np.linspace(0.01, 0.99, 30)})
    found = evaluate(table, label="y", score="s")["performance"]["roc_auc"]
    assert (found["value"], found["high"], found["method"]) == (1.0, 1.0, "newcombe-5")
    assert 0.8 < found["low"] < 0.9


def test_newcombes_limits_are_z_standard_errors_away() -> None:
    low, high = intervals.newcombe_area(0.8, 12, 18)
    for limit in (low, high):
        shape = 1 + 14 * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        error = math.sqrt(limit * (1 - limit) * shape / (12 * 18))
        assert abs(0.8 - limit) == pytest.approx(stats.norm.ppf(0.975) * error, rel=1e-9)


def test_the_quantile_of_student_is_that_of_scipy() -> None:
    for freedom in (9, 19, 29, 1e6):
        assert intervals.student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=2e-5)


def test_the_mean_of_a_symmetric_loss_has_the_interval_of_student() -> None:
    losses, weights = np.array([0.1, 0.2, 0.3]), np.array([10.0, 20.0, 10.0])
    rows = np.repeat(losses, [10, 20, 10])
    expected_ = stats.t.interval(0.95, 39, rows.mean(), stats.sem(rows))
    assert intervals.skewed_t(0.2, losses, weights) == pytest.approx(expected_, abs=1e-6)


def test_a_loss_skewed_to_the_right_has_a_longer_right_arm() -> None:
    losses, weights = np.array([0.0, 1.0]), np.array([95.0, 5.0])
    low, high = intervals.skewed_t(0.05, losses, weights)
    assert high - 0.05 > 1.3 * (0.05 - low)


def test_the_interval_of_a_calibration_error_reaches_0_where_chance_explains_it() -> None:
    rows, scores = np.full(10, 50.0), np.full(10, 50.0) * np.arange(0.05, 1, 0.1)
    low, high = inversion.calibration_error(rows, np.round(scores), scores)
    assert low == 0
    assert high < 0.05
    low, high = inversion.calibration_error(rows, np.round(scores * 0.5), scores)
    assert 0.15 < low < 0.25 < high < 0.35


def test_a_bin_where_every_score_came_true_does_not_break_the_calibration_error() -> None:
    report = evaluate(pa.table({"y": [0] * 30 + [1] * 30, "s": [0.0] * 30 + [1.0] * 30}), label="y", score="s")
    found = report["calibration"]["ece"]
    assert (found["value"], found["low"], found["high"]) == (0, 0, 0)


def test_the_distribution_of_a_range_equals_its_simulation() -> None:
    size = np.array([8, 30, 100])
    true = np.array([0.3, 0.4, 0.5])
    drawn = np.random.default_rng(3).binomial(size, true, (200_000, 3)) / size
    spread = drawn.max(axis=1) - drawn.min(axis=1)
    angle, error = np.arcsin(np.sqrt(true)), 0.5 / np.sqrt(size + 0.5)
    for distance in (0.1, 0.2, 0.3, 0.5):
        found = range_kernels.within(
            distance, angle, error, np.where(size <= range_kernels.SMALL, size, 0), range_kernels.SHARE
        )
        assert found == pytest.approx((spread <= distance).mean(), abs=0.02)


def test_at_the_limits_of_a_range_the_observed_gap_is_as_surprising_as_the_tails_say() -> None:
    size = np.array([60, 80, 100, 120])
    centre, error = np.arcsin(np.sqrt([0.25, 0.4, 0.5, 0.6])), 0.5 / np.sqrt(size + 0.5)
    kind, none = range_kernels.SHARE, np.zeros(4, dtype=np.int64)
    low, high = range_kernels.invert(0.35, centre, error, none, kind, 1.0)
    equal = range_kernels.nearest(0.0, centre, error, kind)
    usual = next(d for d in np.linspace(0, 1, 2000) if range_kernels.within(d, equal, error, none, kind) >= 0.95)
    at_low = range_kernels.within(0.35, range_kernels.nearest(low, centre, error, kind), error, none, kind)
    at_high = range_kernels.within(0.35, range_kernels.nearest(high, centre, error, kind), error, none, kind)
    assert 1 - at_low == pytest.approx(0.05 - inversion.lower_tail(low, usual), abs=1e-3)
    assert at_high == pytest.approx(inversion.lower_tail(high, usual), abs=1e-3)


def test_a_range_of_equal_rates_may_be_0_and_one_of_unlike_rates_may_not() -> None:
    def rates(*shares: float) -> list[Figure]:
        return [figure(share, *intervals.wilson(share * 200, 200), method="wilson", rows=200) for share in shares]

    alike, unlike = fairness.gap("tpr", rates(0.5, 0.52, 0.48)), fairness.gap("tpr", rates(0.3, 0.5, 0.7))
    assert (alike.low, alike.method) == (0.0, "range-inversion")
    assert unlike.low is not None
    assert 0.25 < unlike.low < 0.4 < (unlike.high or 0) < 0.55


def test_few_rows_of_a_class_give_a_value_without_an_interval() -> None:
    table = pa.table({"y": [1] * 2 + [0] * 28, "s": np.linspace(0.9, 0.1, 30)})
    brier = evaluate(table, label="y", score="s")["calibration"]["brier"]
    assert brier["value"] is not None
    assert (brier["low"], brier["high"], brier["method"], brier["reason"]) == (None, None, None, "few_of_a_class")


def test_a_gap_has_no_interval_where_none_would_be_honest() -> None:
    small = figure(0.2, 0.1, 0.3, method="hall-t", rows=10)
    assert fairness.gap("brier", [small, small]).reason == "a_group_is_small"
    assert (
        fairness.gap("ece", [figure(0.2, 0.1, 0.3, method="ece-inversion", rows=99)] * 2).reason
        == "bias_depends_on_size"
    )
    assert fairness.gap("tpr", [small]).reason == "fewer_than_two_groups"
    assert fairness.gap("tpr", [figure(0.5, 0.4, 0.6, method="wilson", rows=90)] * 201).reason == "too_many_groups"


def test_the_noise_of_a_calibration_error_has_the_covariance_of_shared_rows() -> None:
    delta, second = np.array([0.05, -0.1, 0.02]), np.array([0.04, 0.08, 0.01])
    noise = inversion._noise(delta, second, 50.0)
    assert np.cov(noise.T) * 50 == pytest.approx(np.diag(second) - np.outer(delta, delta), abs=2e-3)
