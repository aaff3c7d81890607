"""Figures equal those of scikit-learn and fairlearn; intervals those of statsmodels, or of the definition written plainly."""

from __future__ import annotations

import math
from typing import Any

import fairlearn.metrics as fairlearn
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sklearn
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from consilience.measure.evaluate import evaluate, figures, measure_states
from consilience.measure.metrics import fairness, intervals, inversion, range_kernels
from consilience.measure.metrics.figure import SENTENCES, Figure, Reason, figure
from consilience.measure.metrics.ranks import Ranks, area

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # kernels compile at first use
Floats = NDArray[np.float64]
SCORES = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.999, 1.0]) | st.floats(0, 1)
ROW = st.tuples(
    st.sampled_from([0, 1, 1, None]),
    SCORES | st.none(),
    st.sampled_from([0, 1, None]),
    st.sampled_from(["a", "b", None]),
)


def a_report(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    columns = list(zip(*rows, strict=True))
    types = [pa.int8(), pa.float64(), pa.int8(), pa.string()]
    table = pa.table({n: pa.array(c, t) for n, c, t in zip("yspg", columns, types, strict=True)})
    return figures(measure_states(table, label="y", score="s", prediction="p", protected=["g"]))


def expected(y: Floats, p: Floats, both: Floats, s: Floats) -> dict[str, float | None]:
    """The peers' figures: y and p of rows that have both; `both` and s of rows with label and score."""
    tn, fp, fn, tp = sklearn.confusion_matrix(y, p, labels=[0, 1]).ravel() if len(y) else (0, 0, 0, 0)

    def share(part: int, whole: int) -> float | None:
        return part / whole if whole else None

    made = {
        "accuracy": sklearn.accuracy_score(y, p) if len(y) else None,
        "precision": sklearn.precision_score(y, p) if tp + fp else None,
        "recall": sklearn.recall_score(y, p) if tp + fn else None,
        "f1": sklearn.f1_score(y, p) if tp + fp + fn else None,
        "tpr": fairlearn.true_positive_rate(y, p, pos_label=1) if tp + fn else None,
        "fnr": fairlearn.false_negative_rate(y, p, pos_label=1) if tp + fn else None,
        "fpr": fairlearn.false_positive_rate(y, p, pos_label=1) if fp + tn else None,
        "tnr": fairlearn.true_negative_rate(y, p, pos_label=1) if fp + tn else None,
        "ppv": share(tp, tp + fp),
        "npv": share(tn, tn + fn),
        "roc_auc": sklearn.roc_auc_score(both, s) if len(set(both)) == 2 else None,
        "brier": sklearn.brier_score_loss(both, s) if len(both) else None,
        "log_loss": sklearn.log_loss(both, s, labels=[0, 1]) if len(both) else None,
        "ece": None,
    }
    if len(both):
        bins = [int(np.searchsorted([i / 10 for i in range(1, 10)], v, side="right")) for v in s]
        parts = [[i for i, b in enumerate(bins) if b == number] for number in range(10)]
        made["ece"] = sum(abs(s[i].mean() - both[i].mean()) * len(i) for i in parts if i) / len(s)
    return made


@settings(RELAXED, max_examples=60)
@given(st.lists(ROW, min_size=1, max_size=60))
def test_figures_equal_those_of_scikit_learn_and_fairlearn(rows: list[tuple[Any, ...]]) -> None:
    report = a_report(rows)
    assert_equal_to_peers({**report["performance"], **report["calibration"], **report["rates"]}, rows)
    for group in report["fairness"]["g"]["groups"].values():
        assert_equal_to_peers(group, [row for row in rows if [row[3]] == group["values"]])


def assert_equal_to_peers(found: dict[str, Any], rows: list[tuple[Any, ...]]) -> None:
    classes = np.array([(y, p) for y, _, p, _ in rows if y is not None and p is not None], dtype=float).reshape(-1, 2)
    scored = np.array([(y, s) for y, s, _, _ in rows if y is not None and s is not None], dtype=float).reshape(-1, 2)
    predicted = [p for _, _, p, _ in rows if p is not None]
    peers = expected(*classes.T, *scored.T) | {"selection_rate": np.mean(predicted) if predicted else None}
    for metric, value in peers.items():
        if value is None:
            assert found[metric]["value"] is None, metric
            assert Reason(found[metric]["reason"]) in SENTENCES
        else:
            assert found[metric]["value"] == pytest.approx(value, abs=1e-9), metric
        if found[metric]["low"] is not None:
            assert found[metric]["low"] <= found[metric]["value"] <= found[metric]["high"]


def test_gaps_equal_the_differences_of_fairlearn() -> None:
    generator = np.random.default_rng(5)
    y, p, g = generator.integers(0, 2, 500), generator.integers(0, 2, 500), generator.choice(list("abc"), 500)
    report = evaluate(pa.table({"y": y, "p": p, "g": g}), label="y", prediction="p", protected=["g"])
    gaps = {name: found["value"] for name, found in report["fairness"]["g"]["gaps"].items()}
    peers = {"y_true": y, "y_pred": p, "sensitive_features": g}
    assert gaps["selection_rate"] == pytest.approx(fairlearn.demographic_parity_difference(**peers), abs=1e-12)
    assert max(gaps["tpr"], gaps["fpr"]) == pytest.approx(fairlearn.equalized_odds_difference(**peers), abs=1e-12)
    frame = fairlearn.MetricFrame(metrics=sklearn.accuracy_score, **peers)
    assert gaps["accuracy"] == pytest.approx(frame.difference(), abs=1e-12)


@settings(RELAXED, max_examples=40)
@given(st.integers(20, 400), st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 3))
def test_the_exact_area_lies_in_the_bracket_of_the_binned_one(
    rows: int, seed: int, entries: int, decimals: int
) -> None:
    generator = np.random.default_rng(seed)
    score = np.where(generator.random(rows) < 0.3, 0.4, np.round(generator.random(rows), decimals * 2))
    y = (generator.random(rows) < score).astype(np.int8)
    states = measure_states(pa.table({"y": y, "s": score}), label="y", score="s", score_entries=entries)
    if len(set(y)) < 2:
        return
    from consilience.measure.metrics.counts import RollUp

    (counts,) = RollUp(states).groups(()).values()
    found, exact = area(counts.ranks), sklearn.roc_auc_score(y, score)
    assert abs(found.value - exact) <= found.bracket + 1e-12
    if states.scores.shift == 0:
        assert found.bracket == 0
    named = figures(states)["performance"]["roc_auc"]["method"]
    assert named.endswith("+bracket") == (found.bracket > 0)


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


def test_the_calibration_bins_are_closed_below_and_the_last_one_above() -> None:
    edges = [number / 10 for number in range(11)]
    below = [math.nextafter(edge, 0) for edge in edges[1:]]
    table = pa.table({"y": [0] * 21, "s": edges + below})
    (only,) = measure_states(table, label="y", score="s").cells
    assert only[1].bin_rows == (2, 2, 2, 2, 2, 2, 2, 2, 2, 3)


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


def test_a_range_of_equal_rates_may_be_0_and_one_of_unlike_rates_may_not() -> None:
    def rates(*shares: float) -> list[Figure]:
        return [figure(share, *intervals.wilson(share * 200, 200), method="wilson", rows=200) for share in shares]

    alike, unlike = fairness.gap("tpr", rates(0.5, 0.52, 0.48)), fairness.gap("tpr", rates(0.3, 0.5, 0.7))
    assert (alike.low, alike.method) == (0.0, "range-inversion")
    assert unlike.low is not None
    assert 0.25 < unlike.low < 0.4 < (unlike.high or 0) < 0.55


def test_what_cannot_be_calculated_is_null_with_a_reason_and_never_0() -> None:
    empty = evaluate(pa.table({"y": [0, 0], "p": [0, 0]}), label="y", prediction="p")
    assert {name: empty["rates"][name]["reason"] for name in ("tpr", "ppv", "npv")} == {
        "tpr": "no_positives",
        "ppv": "none_predicted_positive",
        "npv": None,
    }
    assert empty["performance"]["f1"]["reason"] == "no_positives_at_all"
    assert empty["performance"]["roc_auc"]["reason"] == "no_score"
    only_label = evaluate(pa.table({"y": [0, 1]}), label="y")
    assert only_label["performance"]["accuracy"]["reason"] == "no_prediction"
    only_score = evaluate(pa.table({"s": [0.2, 0.7]}), score="s", threshold=0.5)
    assert only_score["performance"]["roc_auc"]["reason"] == "no_label"
    assert only_score["rates"]["selection_rate"]["value"] == 0.5
    without_threshold = evaluate(pa.table({"y": [0, 1], "s": [0.2, 0.7]}), label="y", score="s")
    assert without_threshold["rates"]["selection_rate"]["reason"] == "no_prediction"
    assert without_threshold["confusion"] is None
    sides = evaluate(pa.table({"y": [0, 0], "s": [0.2, 0.7]}), label="y", score="s")
    assert sides["performance"]["roc_auc"]["reason"] == "no_positives"


def test_rows_without_both_values_are_left_out_and_counted() -> None:
    table = pa.table({"y": [0, 1, None, 1], "s": [0.1, None, 0.3, 0.9], "p": [0, 1, 1, None]})
    report = evaluate(table, label="y", score="s", prediction="p")
    assert report["rows"] == 4
    assert report["missing"] == {"label": 1, "score": 1, "prediction": 1}
    assert report["performance"]["accuracy"]["rows"] == 2
    assert report["calibration"]["brier"]["rows"] == 2
    assert report["rates"]["selection_rate"]["rows"] == 3
    nowhere = figures(
        measure_states(pa.table({"y": [0, None], "p": pa.array([None, 1], pa.int8())}), label="y", prediction="p")
    )
    assert nowhere["performance"]["accuracy"]["reason"] == "no_rows"


def test_a_figure_is_over_its_denominator() -> None:
    report = evaluate(pa.table({"y": [1, 1, 1, 0, 0], "p": [1, 0, 1, 1, 0]}), label="y", prediction="p")
    rows = {name: report["rates"][name]["rows"] for name in report["rates"]}
    assert rows == {"selection_rate": 5, "tpr": 3, "fnr": 3, "fpr": 2, "tnr": 2, "ppv": 3, "npv": 2}


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


def test_a_second_run_gives_the_same_figures_to_the_last_bit() -> None:
    generator = np.random.default_rng(1)
    score = generator.random(3000)
    table = pa.table({"y": generator.random(3000) < score, "s": score, "g": generator.integers(0, 5, 3000)})
    reports = [evaluate(table, label="y", score="s", threshold=0.4, protected=["g"]) for _ in range(2)]
    assert repr(reports[0]) == repr(reports[1])


def test_ranks_without_rows_are_empty() -> None:
    assert (Ranks.none().positives, Ranks.none().negatives) == (0, 0)
