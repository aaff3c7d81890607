"""Comparing: differences equal the peers', intervals know that rows are the same, and cover what they promise."""

from __future__ import annotations

import json
import math
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from sklearn import metrics as peers
from statsmodels.stats.contingency_tables import mcnemar as peer_mcnemar

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.comparing import compare
from consilience.measure.evaluate import evaluate
from consilience.measure.metrics.paired import PAIRED, Two, mcnemar, newcombe_paired, roc_auc

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
SCHEMA = json.loads((ROOT / "docs/schemas/compare.schema.json").read_text())

real_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the development data lies beside the checkout, in ../shared/data"
)
TWO: dict[str, Any] = {"label": "y", "score": "a", "score_other": "b", "threshold": 0.5, "threshold_other": 0.6}


def a_table(rows: int = 1_500, seed: int = 1) -> pa.Table:
    generator = np.random.default_rng(seed)
    truth = generator.normal(0, 1, rows)
    scores = [
        1 / (1 + np.exp(-truth * slope - generator.normal(0, noise, rows))) for slope, noise in ((1, 0.5), (1.3, 1))
    ]
    return pa.table(
        {
            "y": pa.array(
                (generator.random(rows) < 1 / (1 + np.exp(-truth))).astype(np.int8), mask=generator.random(rows) < 0.05
            ),
            "a": np.round(scores[0], 2),
            "b": pa.array(np.round(scores[1], 2), mask=generator.random(rows) < 0.03),
            "g": pa.array(generator.choice(["f", "m"], rows), mask=generator.random(rows) < 0.02),
        }
    )


def both(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    return frame[frame.b.notna() & frame.y.notna()]


def test_values_and_differences_are_what_scikit_learn_says() -> None:
    frame, found = both(a_table()), compare(a_table(), **TWO)
    said = {"one": (frame.a, frame.a >= 0.5), "other": (frame.b, frame.b >= 0.6)}
    peer = {
        "accuracy": lambda s, p: peers.accuracy_score(frame.y, p), "precision": lambda s, p: peers.precision_score(frame.y, p),
        "recall": lambda s, p: peers.recall_score(frame.y, p), "f1": lambda s, p: peers.f1_score(frame.y, p),
        "roc_auc": lambda s, p: peers.roc_auc_score(frame.y, s), "brier": lambda s, p: peers.brier_score_loss(frame.y, s),
        "log_loss": lambda s, p: peers.log_loss(frame.y, s), "fpr": lambda s, p: p[frame.y == 0].mean(),
    }  # fmt: skip
    for name, metric in peer.items():
        one, other = metric(*said["one"]), metric(*said["other"])
        figures = found["figures"][name]
        assert figures["one"]["value"] == pytest.approx(one, abs=1e-9), name
        assert figures["other"]["value"] == pytest.approx(other, abs=1e-9), name
        assert figures["difference"]["value"] == pytest.approx(other - one, abs=1e-9), name
        assert figures["difference"]["low"] < other - one < figures["difference"]["high"]
    assert found["rows"] + found["left_out"] == a_table().num_rows
    assert found["left_out"] == a_table()["b"].null_count


def test_mcnemar_is_that_of_statsmodels() -> None:
    frame, found = both(a_table()), compare(a_table(), **TWO)["mcnemar"]
    right = [(frame.a >= 0.5) == frame.y, (frame.b >= 0.6) == frame.y]
    table = pd.crosstab(right[0], right[1]).to_numpy()
    assert (found["only_one_right"], found["only_other_right"]) == (table[1, 0], table[0, 1])
    assert found["p_value"] == pytest.approx(peer_mcnemar(table, exact=True).pvalue, rel=1e-9)
    assert mcnemar(0, 0) == 1.0


def two_scores(rows: int, generator: np.random.Generator, step: float) -> Two:
    y = (generator.random(rows) < 0.4).astype(np.int32)
    shared = y + generator.normal(0, 1, rows)
    a, b = (np.round(shared + generator.normal(0, 0.7, rows), 1) for _ in range(2))
    return Two(y, (a, b + step), ((a > 0.5).astype(np.int32), (b > 0.5).astype(np.int32)), True, True, True)


def test_the_variance_of_two_areas_is_delongs_pair_by_pair() -> None:
    two = two_scores(120, np.random.default_rng(4), 0.0)
    parts = []
    for score in two.score:
        positive, negative = score[two.label == 1][:, None], score[two.label == 0][None, :]
        wins = (positive > negative) + 0.5 * (positive == negative)
        parts.append((wins.mean(axis=1), wins.mean(axis=0)))
    (a10, a01), (b10, b01) = parts
    covariance = [np.cov(a10, b10) / len(a10), np.cov(a01, b01) / len(a01)]
    variance = sum(c[0, 0] + c[1, 1] - 2 * c[0, 1] for c in covariance)
    found = roc_auc(two)
    assert found.value == pytest.approx(b10.mean() - a10.mean(), abs=1e-12)
    assert found.high - found.low == pytest.approx(2 * 1.959963984540054 * math.sqrt(variance), abs=1e-8)  # type: ignore[operator]


def test_the_paired_interval_of_shares_keeps_its_promises() -> None:
    for both_right, only_one, only_other, neither in product((0, 3, 20), repeat=4):
        if both_right + only_one + only_other + neither == 0:
            continue
        n = both_right + only_one + only_other + neither
        low, high = newcombe_paired(both_right, only_one, only_other, neither)
        back = newcombe_paired(both_right, only_other, only_one, neither)
        assert -1 - 1e-9 <= low <= (only_other - only_one) / n <= high <= 1 + 1e-9
        assert (low, high) == pytest.approx((-back[1], -back[0])), "the other way round it is the same interval"


def test_intervals_of_paired_differences_cover_about_as_often_as_they_say() -> None:
    generator, tries, rows = np.random.default_rng(9), 400, 150
    hits = dict.fromkeys(["accuracy", "roc_auc", "precision", "f1", "recall", "selection_rate"], 0)
    for _ in range(tries):
        two = two_scores(rows, generator, 0.0)  # the same model twice over: no true difference
        for name in hits:
            found = PAIRED[name](two)
            hits[name] += found.low is not None and found.high is not None and found.low <= 0 <= found.high
    assert all(0.92 * tries <= hit <= 0.99 * tries for hit in hits.values()), hits


def test_pairing_makes_the_interval_shorter_than_two_files_do(tmp_path: Path) -> None:
    table = a_table()
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=100)
    paired = compare(tmp_path / "a.parquet", **TWO)
    apart = compare(table, tmp_path / "a.parquet", **TWO)
    for name in ("accuracy", "roc_auc", "brier"):
        widths = [
            one["figures"][name]["difference"]["high"] - one["figures"][name]["difference"]["low"]
            for one in (paired, apart)
        ]
        assert widths[0] < 0.8 * widths[1]


def test_parts_of_a_file_change_nothing(tmp_path: Path) -> None:
    pq.write_table(a_table(), tmp_path / "a.parquet", row_group_size=97)
    assert compare(tmp_path / "a.parquet", protected=["g"], **TWO) == compare(a_table(), protected=["g"], **TWO)


def test_two_sources_are_compared_side_by_side() -> None:
    one, other = a_table(seed=1), a_table(seed=2)
    named: dict[str, Any] = {"label": "y", "score": "a", "threshold": 0.5}
    found = compare(one, other, protected=["g"], **named)
    for side, table in (("one", one), ("other", other)):
        performance = evaluate(table, **named)["performance"]
        assert found["figures"]["roc_auc"][side] == performance["roc_auc"]
    assert found["figures"]["accuracy"]["difference"]["method"] == "newcombe"
    assert set(found["groups"]["g"]) == {"f", "m", "(missing)"}
    assert not found["paired"]


@pytest.mark.parametrize("other", [None, a_table(seed=3)])
def test_every_report_follows_the_published_schema(other: pa.Table | None) -> None:
    for named in (
        TWO,
        {"label": "y", "score": "a", "score_other": "b"},
        {"score": "a", "threshold": 0.3, "threshold_other": 0.4},
    ):
        report = compare(a_table(), other, protected=["g"], **named)
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(report, allow_nan=False)))


def test_what_cannot_be_compared_says_why() -> None:
    same = compare(a_table(), label="y", score="a", threshold=0.3, threshold_other=0.4)["figures"]
    assert same["roc_auc"]["difference"]["reason"] == "no_difference_at_all"
    assert same["recall"]["difference"]["value"] < 0
    unlabelled = compare(a_table(), score="a", threshold=0.3, threshold_other=0.4)["figures"]
    assert unlabelled["accuracy"]["difference"]["reason"] == "no_label"
    assert unlabelled["selection_rate"]["difference"]["low"] is not None
    few = compare(a_table(rows=15), **TWO)["figures"]
    assert few["brier"]["difference"]["reason"] == "few_rows"


def test_a_call_that_compares_a_model_with_itself_is_refused() -> None:
    with pytest.raises(WrongUse, match="name what to compare with"):
        compare(a_table(), label="y", score="a")
    with pytest.raises(WrongUse, match="both are the same model"):
        compare(a_table(), label="y", score="a", score_other="a")
    with pytest.raises(WrongUse, match="not both"):
        compare(a_table(), label="y", score="a", prediction_other="b", threshold_other=0.5)


def test_bad_rows_are_refused() -> None:
    table = a_table(rows=30)
    with pytest.raises(BadInput, match="row 3, column 'b'"):
        compare(table.set_column(2, "b", pa.array([0.1, 0.2, 1.2] + [0.5] * 27)), **TWO)
    with pytest.raises(BadInput, match="both models say something"):
        compare(table.set_column(2, "b", pa.nulls(30, pa.float64())), **TWO)
    with pytest.raises(BadInput, match="two classes are expected"):
        compare(table.set_column(0, "y", pa.array([0, 1, 2] * 10)), **TWO)


@real_data
def test_both_models_of_the_census_have_the_peers_figures() -> None:
    expected = yaml.safe_load((DATA / "dev_expected.yaml").read_text())["values"]["acs_ma_employment"]["2018"]
    found = compare(
        DATA / "acs_ma_employment/acs_ma_employment.parquet", label="y_true", score="y_score", prediction="y_pred",
        score_other="y_score_lgbm", prediction_other="y_pred_lgbm", where=[("split", "score"), ("year", 2018)],
    )  # fmt: skip
    for name in ("accuracy", "precision", "recall", "f1", "roc_auc", "brier", "log_loss", "selection_rate"):
        assert found["figures"][name]["one"]["value"] == pytest.approx(expected["model"][name], abs=1e-6)
        assert found["figures"][name]["other"]["value"] == pytest.approx(expected["lgbm"][name], abs=1e-6)


def test_a_second_model_takes_no_score_and_no_predictions_of_the_first() -> None:
    table = a_table().append_column(
        "guess", pa.array([0, 1] * (a_table().num_rows // 2) + [0] * (a_table().num_rows % 2))
    )
    by_guess = compare(table, label="y", score="a", threshold=0.5, prediction_other="guess")
    assert by_guess["sides"][1]["score"] is None  # type: ignore[index,call-overload]
    area = by_guess.figure("figures", "roc_auc", "other")
    assert (area.value, area.reason) == (None, "no_score")
    assert by_guess.figure("figures", "accuracy", "difference").value is not None
    by_score = compare(table, label="y", score="a", prediction="guess", score_other="b")
    assert by_score["sides"][1]["prediction"] is None  # type: ignore[index,call-overload]
    assert by_score.figure("figures", "accuracy", "other").value is None
    assert by_score.figure("figures", "roc_auc", "difference").value is not None
