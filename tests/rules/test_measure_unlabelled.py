"""Performance without labels equals nannyml's, and its interval holds when the labels come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics as sklearn

from consilience.measure.evaluate import figures, measure_states
from tests.rules.test_measure_recalibration import equidistributed

NANNYML = {  # nannyml 0.13.1 on the scores of `equidistributed`, predicted positive from 0.4 on
    "accuracy": 0.78048975,
    "precision": 0.6814395209580838,
    "recall": 0.7668237369520817,
    "f1": 0.7216146610277773,
    "roc_auc": 0.864729392866725,
}


def promised(table: pa.Table, **named: Any) -> dict[str, Any]:
    report: Any = figures(measure_states(table, **named))
    made: dict[str, Any] = report["without_labels"]
    return made


def test_estimates_equal_those_of_nannyml() -> None:
    _, s = equidistributed()
    found = promised(pa.table({"s": s}), score="s", threshold=0.4)
    assert {name: found[name]["value"] for name in NANNYML} == pytest.approx(NANNYML, abs=1e-9)
    assert found["brier"]["value"] == pytest.approx(np.mean(s * (1 - s)), abs=1e-12)
    assert found["labels_to_come"] == 400
    assert sum(found["confusion"].values()) == pytest.approx(400)


def test_the_interval_holds_for_the_labels_that_come() -> None:
    _, s = equidistributed()
    found = promised(pa.table({"s": s}), score="s", threshold=0.4)
    generator, p, inside = np.random.default_rng(1), s >= 0.4, dict.fromkeys([*NANNYML, "brier"], 0)
    for _ in range(500):
        y = (generator.random(len(s)) < s).astype(int)
        true = {
            "accuracy": (y == p).mean(), "precision": y[p].mean(), "recall": p[y == 1].mean(),
            "f1": sklearn.f1_score(y, p), "roc_auc": sklearn.roc_auc_score(y, s), "brier": ((s - y) ** 2).mean(),
        }  # fmt: skip
        for name, value in true.items():
            inside[name] += found[name]["low"] <= value <= found[name]["high"]
    assert all(0.92 <= count / 500 <= 0.98 for count in inside.values()), inside


def test_only_rows_without_a_label_are_estimated() -> None:
    y, s = equidistributed()
    mixed = pa.table({"y": pa.array(y, mask=np.arange(400) < 150), "s": s})
    found = promised(mixed, label="y", score="s", threshold=0.4)
    alone = promised(pa.table({"s": s[:150]}), score="s", threshold=0.4)
    assert found["labels_to_come"] == 150
    assert {name: found[name]["value"] for name in NANNYML} == {name: alone[name]["value"] for name in NANNYML}


def test_what_cannot_be_estimated_says_why() -> None:
    y, s = equidistributed()
    known = promised(pa.table({"y": y, "s": s}), label="y", score="s", threshold=0.4)
    assert (known["labels_to_come"], known["accuracy"]["reason"]) == (0, "every_row_has_its_label")
    undecided = promised(pa.table({"s": s}), score="s")
    assert undecided["accuracy"]["reason"] == "no_prediction"
    assert undecided["roc_auc"]["value"] == pytest.approx(NANNYML["roc_auc"], abs=1e-9)
    assert promised(pa.table({"y": y}), label="y")["brier"]["reason"] == "no_score"
    nobody = promised(pa.table({"s": s * 0.3}), score="s", threshold=0.4)
    assert nobody["precision"]["reason"] == "none_predicted_positive"


@pytest.mark.parametrize("entries", [5, 50])
def test_exact_estimates_lie_in_the_brackets_of_the_binned_ones(entries: int) -> None:
    _, s = equidistributed()
    exact = promised(pa.table({"s": s}), score="s")
    binned = promised(pa.table({"s": s}), score="s", score_entries=entries)
    for name in ("roc_auc", "brier"):
        assert binned[name]["method"] == "poisson-binomial+bracket"
        assert binned[name]["low"] <= exact[name]["value"] <= binned[name]["high"]
