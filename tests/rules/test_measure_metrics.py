"""Figures equal those of scikit-learn and fairlearn, and what cannot be calculated says why."""

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
from sklearn import metrics as sklearn

from consilience.measure.evaluate import evaluate, figures, measure_states
from consilience.measure.metrics.figure import SENTENCES, Reason
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


def test_the_calibration_bins_are_closed_below_and_the_last_one_above() -> None:
    edges = [number / 10 for number in range(11)]
    below = [math.nextafter(edge, 0) for edge in edges[1:]]
    table = pa.table({"y": [0] * 21, "s": edges + below})
    (only,) = measure_states(table, label="y", score="s").cells
    assert only[1].bin_rows == (2, 2, 2, 2, 2, 2, 2, 2, 2, 3)


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


def test_a_second_run_gives_the_same_figures_to_the_last_bit() -> None:
    generator = np.random.default_rng(1)
    score = generator.random(3000)
    table = pa.table({"y": generator.random(3000) < score, "s": score, "g": generator.integers(0, 5, 3000)})
    reports = [evaluate(table, label="y", score="s", threshold=0.4, protected=["g"]) for _ in range(2)]
    assert repr(reports[0]) == repr(reports[1])


def test_scores_next_to_0_that_all_come_true_have_figures_in_every_group() -> None:
    generator = np.random.default_rng(385)
    tiny = pa.table({"y": [0] * 400, "s": generator.random(400) * 1e-300, "g": generator.integers(0, 4, 400)})
    report = evaluate(tiny, label="y", score="s", threshold=0.5, protected=["g"])
    assert report["fairness"]["g"]["gaps"]["brier"]["value"] == 0
    assert report["calibration"]["ece"]["high"] < 1e-9
    few = tiny.set_column(0, "y", pa.array([0, 0, 0, 1] * 100))
    assert evaluate(few, label="y", score="s", protected=["g"])["fairness"]["g"]["gaps"]["log_loss"]["value"] > 0


def test_ranks_without_rows_are_empty() -> None:
    assert (Ranks.none().positives, Ranks.none().negatives) == (0, 0)
