"""Rows that repeat people: counts by person, and intervals that are right where the ordinary ones are too narrow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import accuracy_score, f1_score, recall_score, roc_auc_score

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.metrics.figure import Reason
from consilience.measure.samples import cluster_intervals
from consilience.measure.samples.clusters import by_people, person_counts

PANEL = Path(__file__).resolve().parents[3] / "shared/data/credit_tw_panel/credit_tw_panel.parquet"


def a_panel(seed: int, people: int = 200, months: int = 6) -> pa.Table:
    """Everybody has a leaning of their own, which all of their rows share."""
    g = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), months)
    leaning = g.normal(size=people)[person]
    score = 1 / (1 + np.exp(-(leaning + 0.5 * g.normal(size=len(person)))))
    label = (leaning + g.normal(size=len(person)) > 0).astype(int)
    return pa.table({"who": pa.array([f"p{number}" for number in person]), "y": label, "s": score})


def test_values_are_those_of_scikit_learn() -> None:
    table = a_panel(1)
    y, s = table["y"].to_numpy(), table["s"].to_numpy()
    found = by_people(table, by="who", label="y", score="s", threshold=0.5)
    for name, known in {
        "accuracy": accuracy_score(y, s >= 0.5), "tpr": recall_score(y, s >= 0.5), "f1": f1_score(y, s >= 0.5),
        "auc": roc_auc_score(y, s), "positive_share": y.mean(),
    }.items():  # fmt: skip
        assert found.figures[name].figure.value == pytest.approx(known, abs=1e-12), name
    assert (found.people, found.rows, found.left_out, found.sample_rows) == (200, 1_200, 0, 1_200)
    assert "times too narrow" in found.sentence()


def test_the_cluster_interval_covers_where_the_ordinary_one_does_not() -> None:
    true, covered, naive = 0.5, 0, 0
    for seed in range(300):
        y = a_panel(seed, 80)["y"].to_numpy().reshape(80, 6).sum(axis=1).astype(np.float64)
        found = cluster_intervals.share(y, np.full(80, 6.0))
        covered += found.figure.low <= true <= found.figure.high  # type: ignore[operator]
        naive += found.naive.low <= true <= found.naive.high  # type: ignore[operator]
    assert covered >= 276  # 285 expected; the ordinary one covers about 4 of 5
    assert naive <= 255


def test_a_filter_leaves_the_figures_of_a_file_of_those_rows(tmp_path: Path) -> None:
    table = a_panel(4).append_column("split", pa.array(["train", "score", "score"] * 400))
    asked = {"by": "who", "label": "y", "score": "s", "threshold": 0.5}
    alone = by_people(table.filter(pa.array([one != "train" for one in table["split"].to_pylist()])), **asked)
    assert by_people(table, **asked, where=[("split", "score")]).as_json() == alone.as_json()
    assert alone.rows == 800
    table.to_pandas().to_csv(tmp_path / "panel.csv", index=False)
    assert by_people(tmp_path / "panel.csv", **asked, where=[("split", "score")]).as_json() == alone.as_json()
    some = by_people(tmp_path / "panel.csv", **asked, where=[("y", 1), ("who", "p7")])
    assert (some.people, some.figures["tpr"].figure.rows) == (1, some.rows)
    with pytest.raises(BadInput, match="the values of 'split' are"):
        by_people(table, **asked, where=[("split", "holdout")])
    with pytest.raises(BadInput, match="did you mean 'split'"):
        by_people(table, **asked, where=[("splt", "score")])


def test_people_with_one_row_each_have_the_ordinary_interval() -> None:
    table = a_panel(2, 1_000, 1)
    found = by_people(table, by="who", label="y", score="s", threshold=0.5)
    for name in ("accuracy", "tpr", "f1", "auc"):
        one = found.figures[name]
        assert one.design_effect == pytest.approx(1, abs=0.15), name
        assert one.figure.low == pytest.approx(one.naive.low, abs=4e-3), name


def test_copying_every_row_changes_no_interval() -> None:
    table = a_panel(3, 400, 1)
    one = by_people(table, by="who", label="y", score="s", threshold=0.5)
    four = by_people(pa.concat_tables([table] * 4), by="who", label="y", score="s", threshold=0.5)
    assert four.figures["accuracy"].design_effect == pytest.approx(4, rel=0.01)
    for name in ("accuracy", "tpr", "f1"):
        assert four.figures[name].figure.low == pytest.approx(one.figures[name].figure.low, abs=1e-3)
    # The same people with the same scores: what is drawn differs by lot only.
    assert four.figures["auc"].figure.low == pytest.approx(one.figures["auc"].figure.low, abs=6e-3)


def test_the_bootstrap_over_people_agrees_with_the_clustered_variance_of_obuchowski() -> None:
    table = a_panel(4, 300)
    found = by_people(table, by="who", label="y", score="s", threshold=0.5).figures["auc"].figure
    y, s = table["y"].to_numpy() == 1, table["s"].to_numpy()
    below = np.array([(s[~y] < score).mean() for score in s])
    above = np.array([(s[y] > score).mean() for score in s])
    area = below[y].mean()
    away = np.where(y, (below - area) / y.sum(), (above - area) / (~y).sum()).reshape(300, 6).sum(axis=1)
    error = (300 / 299 * (away**2).sum()) ** 0.5
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.12)  # type: ignore[operator]


def test_counts_of_parts_add_up_in_any_order() -> None:
    table = a_panel(5)
    shuffled = table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows)))
    parts = [
        person_counts(shuffled.slice(start, 400), by="who", label="y", score="s", threshold=0.5)
        for start in (0, 400, 800)
    ]
    whole = person_counts(table, by="who", label="y", score="s", threshold=0.5)
    for merged in (parts[0].merged(parts[1]).merged(parts[2]), parts[2].merged(parts[0].merged(parts[1]))):
        np.testing.assert_array_equal(merged.people, whole.people)
        np.testing.assert_array_equal(merged.counts, whole.counts)


def test_rows_that_cannot_be_counted_are_said() -> None:
    table = pa.table({"who": ["a", None, "b", "b"], "y": [1, 0, None, 0], "p": [1, 1, 1, None]})
    found = person_counts(table, by="who", label="y", prediction="p")
    assert (found.left_out, found.counts.sum()) == (3, 1)


def test_few_people_have_no_interval() -> None:
    found = by_people(a_panel(6, 6), by="who", label="y", score="s", threshold=0.5)
    for name in ("accuracy", "f1", "auc"):
        one = found.figures[name]
        assert (one.figure.low, one.figure.reason) == (None, Reason.FEW_CLUSTERS), name
        assert one.figure.value is not None
    assert cluster_intervals.share(np.zeros(3), np.zeros(3)).figure.reason is Reason.NO_ROWS


def test_where_all_succeed_the_rows_are_worth_as_many_as_there_are_people() -> None:
    found = cluster_intervals.share(np.full(30, 5.0), np.full(30, 5.0)).figure
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(30 / (30 + 1.96**2), abs=1e-4)


def test_calls_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(WrongUse, match="prediction column"):
        by_people(a_panel(1), by="who", label="y")
    with pytest.raises(BadInput, match="no column"):
        by_people(a_panel(1), by="person", label="y", score="s", threshold=0.5)
    with pytest.raises(BadInput, match="no rows"):
        by_people(a_panel(1).slice(0, 0), by="who", label="y", score="s", threshold=0.5)
    words = pa.table({"who": ["a"] * 4, "y": ["good", "bad"] * 2, "p": ["yes", "no"] * 2})
    with pytest.raises(BadInput, match="positive class"):
        by_people(words, by="who", label="y", prediction="p", positive="good")


@pytest.mark.skipif(not PANEL.exists(), reason="the credit panel is not on this machine")
def test_the_credit_panel_repeats_its_customers() -> None:
    panel = pq.read_table(PANEL, columns=["customer_id", "y_true", "y_pred", "y_score"])
    found = by_people(panel, by="customer_id", label="y_true", prediction="y_pred", score="y_score", area_rows=20_000)
    assert (found.people, found.rows, found.left_out) == (30_000, 150_000, 30_000)
    assert found.figures["positive_share"].design_effect == pytest.approx(2.99, abs=0.01)
    assert found.figures["accuracy"].figure.value == pytest.approx(0.91881, abs=1e-5)
    auc = found.figures["auc"].figure
    assert found.sample_rows is not None
    assert 19_000 < found.sample_rows <= 20_000
    assert auc.low < 0.8668 < auc.high  # type: ignore[operator] # of all rows
