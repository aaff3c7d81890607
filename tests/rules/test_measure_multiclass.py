"""Several classes: figures equal scikit-learn's, states add up to the same bytes, and states that lie are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn import metrics as peers

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.evaluate import evaluate
from consilience.measure.metrics.multiclass import MULTICLASS, kappa
from consilience.measure.multiclass import evaluate_classes, figures, measure_classes
from consilience.measure.states import classes_wire as wire
from consilience.measure.states.classes_cube import merge

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/evaluate-multiclass.schema.json").read_text())
NAMED: dict[str, Any] = {"label": "y", "prediction": "p", "rank": "r", "protected": ["g", "h"]}


def a_table(rows: int = 2_000, seed: int = 1, right: float = 0.6) -> pa.Table:
    generator = np.random.default_rng(seed)
    classes = np.array(["ham", "eggs", "spam", "10"])
    y = generator.choice(4, rows, p=[0.5, 0.3, 0.15, 0.05])
    p = np.where(generator.random(rows) < right, y, generator.integers(0, 4, rows))
    rank = np.where(p == y, 1, generator.integers(2, 5, rows))
    return pa.table(
        {
            "y": pa.array(classes[y], mask=generator.random(rows) < 0.05),
            "p": pa.array(classes[p], mask=generator.random(rows) < 0.03),
            "r": rank,
            "g": pa.array(generator.choice(["a", "b"], rows), mask=generator.random(rows) < 0.01),
            "h": generator.choice([1, 2, 3], rows),
        }
    )


def both(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas().dropna(subset=["y", "p"])


PEERS: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": peers.accuracy_score, "balanced_accuracy": peers.balanced_accuracy_score, "kappa": peers.cohen_kappa_score,
    "mcc": peers.matthews_corrcoef,
    **{
        f"{how}_{name}": lambda y, p, how=how, metric=metric: metric(y, p, average=how)
        for how in ("macro", "micro", "weighted")
        for name, metric in (("precision", peers.precision_score), ("recall", peers.recall_score), ("f1", peers.f1_score))
    },
}  # fmt: skip


def test_every_figure_is_what_scikit_learn_says() -> None:
    frame, found = both(a_table()), evaluate_classes(a_table(), label="y", prediction="p")
    assert set(PEERS) == set(MULTICLASS)
    for name, metric in PEERS.items():
        one, value = found["performance"][name], metric(frame.y, frame.p)
        assert one["value"] == pytest.approx(value, abs=1e-12), name
        assert one["low"] < value < one["high"]
    assert found["confusion"] == peers.confusion_matrix(frame.y, frame.p, labels=found["classes"]).tolist()
    each = peers.precision_recall_fscore_support(frame.y, frame.p, labels=found["classes"])
    for place, name in enumerate(found["classes"]):
        for one, values in zip(("precision", "recall", "f1"), each, strict=False):
            assert found["per_class"][name][one]["value"] == pytest.approx(values[place], abs=1e-12)


def test_two_classes_give_the_figures_of_two_classes() -> None:
    generator = np.random.default_rng(4)
    y = generator.integers(0, 2, 500)
    table = pa.table({"y": y, "p": np.where(generator.random(500) < 0.7, y, 1 - y)})
    several, two = evaluate_classes(table, label="y", prediction="p"), evaluate(table, label="y", prediction="p")
    for name in ("precision", "recall", "f1"):
        assert several["per_class"]["1"][name] == two["performance"][name]
    assert several["performance"]["accuracy"] == two["performance"]["accuracy"]


def test_top_k_is_counted_from_ranks() -> None:
    table = a_table()
    frame = table.to_pandas().dropna(subset=["y"])
    found = evaluate_classes(table, label="y", prediction="p", rank="r")["top_k"]
    assert found["3"]["value"] == pytest.approx((frame.r <= 3).mean(), abs=1e-12)
    assert found["5"]["value"] == 1.0
    assert evaluate_classes(table, label="y", prediction="p")["top_k"] is None
    for wrong in (0.0, 1.5):
        with pytest.raises(BadInput, match=r"row 1, column 'r'.*no rank"):
            evaluate_classes(pa.table({"y": ["a"], "p": ["a"], "r": [wrong]}), label="y", prediction="p", rank="r")


def test_groups_have_their_own_figures_and_gaps() -> None:
    frame, found = a_table().to_pandas(), evaluate_classes(a_table(), **NAMED)["fairness"]
    assert set(found) == {"g", "h", "g x h"}
    rows = frame[(frame.g == "a") & frame.p.notna()]
    spam = found["g"]["groups"]["a"]["classes"]["spam"]
    assert spam["selection_rate"]["value"] == pytest.approx((rows.p == "spam").mean(), abs=1e-12)
    there = rows[rows.y == "spam"]
    assert spam["tpr"]["value"] == pytest.approx((there.p == "spam").mean(), abs=1e-12)
    rates = [one["classes"]["spam"]["tpr"]["value"] for one in found["h"]["groups"].values()]
    gap = found["h"]["gaps"]["classes"]["spam"]["tpr"]
    assert gap["value"] == pytest.approx(max(rates) - min(rates))
    assert gap["low"] <= gap["value"] <= gap["high"]


@pytest.mark.parametrize("named", [NAMED, {"label": "y", "prediction": "p"}])
def test_every_report_follows_the_published_schema(named: dict[str, Any]) -> None:
    for rows in (2_000, 12):
        report = evaluate_classes(a_table(rows), **named)
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(report, allow_nan=False)))


def test_parts_and_order_change_no_byte(tmp_path: Path) -> None:
    table = a_table()
    whole = measure_classes(table, **NAMED)
    pq.write_table(table, tmp_path / "small.parquet", row_group_size=97)
    assert wire.encode(measure_classes(tmp_path / "small.parquet", **NAMED)) == wire.encode(whole)
    shuffled = table.take(pa.array(np.random.default_rng(2).permutation(table.num_rows)))
    assert wire.encode(measure_classes(shuffled, **NAMED)) == wire.encode(whole)
    one, two, three = (measure_classes(table.slice(a, b - a), **NAMED) for a, b in pairwise((0, 500, 600, 2_000)))
    assert (
        wire.encode(merge(merge(one, two), three)) == wire.encode(merge(three, merge(two, one))) == wire.encode(whole)
    )
    assert figures(wire.decode(wire.encode(whole))) == figures(whole)


def test_where_there_is_nothing_to_divide_by_the_figure_says_so() -> None:
    never = pa.table({"y": ["a"] * 20 + ["b"] * 20 + ["c"] * 5, "p": ["a"] * 20 + ["b"] * 15 + ["a"] * 10})
    found = evaluate_classes(never, label="y", prediction="p")
    assert found["performance"]["macro_precision"]["reason"] == "class_never_predicted"
    assert found["per_class"]["c"]["precision"]["reason"] == "class_never_predicted"
    assert found["performance"]["macro_f1"]["value"] == pytest.approx(
        peers.f1_score(never["y"], never["p"], average="macro")
    )
    swapped = evaluate_classes(never.rename_columns(["p", "y"]), label="y", prediction="p")
    assert swapped["performance"]["macro_recall"]["reason"] == "class_absent"
    assert swapped["performance"]["balanced_accuracy"]["value"] is not None
    one = evaluate_classes(pa.table({"y": ["a"] * 30, "p": ["a"] * 30}), label="y", prediction="p")["performance"]
    assert (one["kappa"]["reason"], one["mcc"]["reason"]) == ("constant", "constant")
    few = evaluate_classes(a_table(12), label="y", prediction="p")["performance"]["kappa"]
    assert few["value"] is not None
    assert few["reason"] == "few_rows"


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    big = evaluate_classes(a_table(400_000, seed=99), label="y", prediction="p")["performance"]
    tries, hits = 250, dict.fromkeys(MULTICLASS, 0)
    for seed in range(tries):
        found = evaluate_classes(a_table(600, seed=seed), label="y", prediction="p")["performance"]
        for name in hits:
            hits[name] += found[name]["low"] <= big[name]["value"] <= found[name]["high"]
    assert all(0.91 * tries <= hit <= 0.99 * tries for hit in hits.values()), hits


def test_agreement_with_rare_classes_and_next_to_no_errors_is_covered() -> None:
    generator, tries = np.random.default_rng(6), 150
    shares = np.array([0.6, 0.3, 0.1])
    cells = np.diag(0.96 * shares) + 0.02 * (1 - np.eye(3)) * shares[:, None]
    chance = float(cells.sum(axis=0) @ cells.sum(axis=1))
    truth = (float(cells.trace()) - chance) / (1 - chance)
    inside = 0
    for _ in range(tries):
        found = kappa(generator.multinomial(40, cells.ravel()).reshape(3, 3))
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= truth <= found.high
    assert inside >= 0.9 * tries


def test_the_same_table_gives_the_same_interval_and_all_right_is_not_certain() -> None:
    right = np.diag([20, 10, 5]).astype(np.int64)
    one, other = kappa(right), kappa(right.copy(order="F"))
    assert one == other
    assert one.low is not None
    assert (one.value, one.high) == (1.0, 1.0)
    assert 0.6 < one.low < 1
    assert kappa(np.full((100, 100), 1, dtype=np.int64)).rows == 10_000


def test_means_of_few_rows_a_class_cover_the_truth() -> None:
    generator, tries = np.random.default_rng(5), 400
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    cells = 0.4 * np.outer(shares, shares) + np.diag(0.6 * shares)
    truth = float((cells.diagonal() / shares).mean())  # the table is symmetric: precisions are recalls
    inside = {"balanced_accuracy": 0, "macro_precision": 0}
    for _ in range(tries):
        matrix = generator.multinomial(30, cells.ravel()).reshape(4, 4)
        for name in inside:
            found = MULTICLASS[name](matrix)
            inside[name] += found.low is None or (found.high is not None and found.low <= truth <= found.high)
    assert all(0.90 * tries <= hits <= 0.98 * tries for hits in inside.values()), inside


@pytest.mark.parametrize(
    ("label", "prediction", "said"),
    [
        (
            [">50K", "<=50K"],
            [">50K.", "<=50K."],
            "labels say '<=50K' and predictions '<=50K.': write a class alike in both",
        ),
        (["red", "green", "blue"], ["Red", "green", "blue"], "labels say 'red' and predictions 'Red'"),
        (["cat", "dog"], ["0", "1"], "no class in common: labels say 'cat', 'dog', predictions '0', '1'"),
    ],
)
def test_classes_that_are_spelled_otherwise_are_said_and_not_guessed(
    label: list[str], prediction: list[str], said: str
) -> None:
    table = pa.table({"y": label * 10, "p": prediction * 10})
    with pytest.raises(BadInput, match=re.escape(said)):
        evaluate_classes(table, label="y", prediction="p")


def test_a_model_that_is_wrong_in_its_only_row_is_measured() -> None:
    found = evaluate_classes(pa.table({"y": ["a"], "p": ["b"]}), label="y", prediction="p")
    assert found["performance"]["accuracy"]["value"] == 0.0


def test_what_cannot_be_counted_is_refused() -> None:
    many = pa.table({"y": [str(n) for n in range(101)], "p": ["0"] * 101})
    with pytest.raises(BadInput, match="101 different classes together; at most 100"):
        evaluate_classes(many, label="y", prediction="p")
    assert len(evaluate_classes(many.slice(0, 100), label="y", prediction="p")["classes"]) == 100
    with pytest.raises(WrongUse, match="columns of their own"):
        evaluate_classes(a_table(), label="y", prediction="y")
    with pytest.raises(BadInput, match="has no value in any row"):
        evaluate_classes(pa.table({"y": pa.nulls(3, pa.string()), "p": ["a"] * 3}), label="y", prediction="p")
    with pytest.raises(BadInput, match=r"there are more: .* \(`--task multiclass` takes them\)"):
        evaluate(a_table(), label="y")


@pytest.mark.parametrize(
    "change",
    [
        lambda g: g["pairs"].reverse(), lambda g: g["pairs"].append(g["pairs"][-1]), lambda g: g["pairs"][0].__setitem__(2, 0),
        lambda g: g.__setitem__("ranks", g["ranks"] + " 1"), lambda g: g.__setitem__("ranks", "9" + g["ranks"]),
        lambda g: g.__setitem__("values", []), lambda g: g["pairs"][0].append(1), lambda g: g.__setitem__("more", 1),
        lambda g: g["pairs"][0].__setitem__(2, -5), lambda g: g["pairs"].clear(),
    ],
)  # fmt: skip
def test_states_that_contradict_themselves_are_refused(change: Callable[[Any], None]) -> None:
    given = wire.to_json(measure_classes(a_table(), **NAMED))
    change(given["groups"][0])
    with pytest.raises(BadInput):
        wire.from_json(given)
