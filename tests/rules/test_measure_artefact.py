"""The artefact that is scored here: strict to read, the same scores to the bit, trained again to the same bytes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from consilience.kit.errors import BadInput
from consilience.measure import artefact
from consilience.measure.artefact import Artefact, Categorical, Numeric, Unseen
from consilience.measure.evaluate import evaluate
from consilience.measure.fitting import fit_logistic


def a_table(rows: int = 500) -> pa.Table:
    generator = np.random.default_rng(4)
    age, sex = generator.integers(18, 80, rows), generator.choice(["female", "male"], rows)
    income = generator.lognormal(10, 1, rows)
    z = (age - 50) / 15 + (sex == "male") * 0.7 + (np.log(income) - 10) * 0.3
    label = (generator.random(rows) < 1 / (1 + np.exp(-z))).astype(np.int8)
    return pa.table({"age": age, "income": income, "sex": sex, "y": label})


def an_artefact(**more: Any) -> Artefact:
    parts: dict[str, Any] = {
        "output": "risk",
        "threshold": 0.5,
        "intercept": 0.25,
        "numeric": (Numeric("age", 50.0, 15.0, 1.0), Numeric("income", 30000.0, 40000.0, 0.125)),
        "categorical": (Categorical("sex", {"female": 0.0, "male": 0.75}, Unseen.REFUSE),),
    }
    return Artefact(**{**parts, **more})


def test_an_artefact_survives_its_bytes() -> None:
    made = an_artefact()
    assert artefact.load(artefact.encode(made)) == made
    assert artefact.digest(made) == hashlib.sha256(artefact.encode(made)).hexdigest()


def test_scores_are_those_of_the_formula() -> None:
    table = a_table()
    scores = artefact.score(an_artefact(), table)
    age, income = table["age"].to_numpy(), table["income"].to_numpy()
    male = np.array(table["sex"].to_pylist()) == "male"
    z = 0.25 + (age - 50) / 15 + 0.125 * (income - 30000) / 40000 + 0.75 * male
    assert scores.column_names == ["risk"]
    assert np.allclose(scores["risk"].to_numpy(), 1 / (1 + np.exp(-z)), rtol=1e-14, atol=0)


def test_the_sigmoid_is_right_and_stays_in_its_range() -> None:
    z = np.concatenate([np.linspace(-700, 745, 10_001), [-1e308, 1e308, 0.0, -0.0]])
    found = artefact.sigmoid(z)
    assert np.allclose(found[:-4], expit(z[:-4]), rtol=1e-15, atol=0)
    assert found[-4:].tolist() == [5e-324, 1.0, 0.5, 0.5]
    assert np.all(np.diff(found[:-4]) >= 0)


def test_scores_never_change_by_a_bit() -> None:
    # Made on x86-64; the same bytes are expected on every machine and with every version of the libraries.
    number = np.arange(5000)
    table = pa.table({"age": number % 90, "income": number * 137.77, "sex": np.where(number % 3, "male", "female")})
    scores = artefact.score(an_artefact(), table)["risk"].to_numpy()
    found = hashlib.sha256(scores.astype("<f8").tobytes()).hexdigest()
    assert found == "95400255924b2605942ac466b05936acab1d94109aa34d55a86df3f0753f5a5a"


def test_the_way_the_rows_are_stored_changes_no_score(tmp_path: Path) -> None:
    table = a_table()
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=7)
    pyarrow.csv.write_csv(table, tmp_path / "rows.csv")
    expected = artefact.score(an_artefact(), table)
    for name in ("rows.parquet", "rows.csv"):
        assert artefact.score(an_artefact(), tmp_path / name).equals(expected)


def test_scoring_and_counting_in_one_pass_equals_doing_one_after_the_other() -> None:
    table = a_table()
    scored = table.append_column("risk", artefact.score(an_artefact(), table)["risk"])
    found = artefact.evaluate_artefact(an_artefact(), table, label="y", protected=["sex"])
    assert found == evaluate(scored, label="y", score="risk", threshold=0.5, protected=["sex"])


def test_a_feature_can_be_a_protected_attribute_too() -> None:
    table = a_table().filter(pa.compute.field("age") < 25)
    report = artefact.evaluate_artefact(an_artefact(), table, label="y", protected=["age", "sex"])
    assert set(report["fairness"]["age"]["groups"]) == {"18", "19", "20", "21", "22", "23", "24"}


def test_one_changed_coefficient_moves_digest_scores_and_figures() -> None:
    table, first = a_table(), an_artefact()
    other = an_artefact(categorical=(Categorical("sex", {"female": 0.0, "male": 0.8}, Unseen.REFUSE),))
    assert artefact.digest(first) != artefact.digest(other)
    assert not artefact.score(first, table).equals(artefact.score(other, table))
    reports = [artefact.evaluate_artefact(a, table, label="y") for a in (first, other)]
    assert reports[0]["calibration"]["brier"] != reports[1]["calibration"]["brier"]


def test_one_changed_raw_value_moves_scores_and_figures() -> None:
    table = a_table()
    ages = table["age"].to_pylist()
    other = table.set_column(0, "age", pa.array([ages[0] + 1, *ages[1:]]))
    scores = [artefact.score(an_artefact(), rows)["risk"].to_numpy() for rows in (table, other)]
    assert np.flatnonzero(scores[0] != scores[1]).tolist() == [0]
    reports = [artefact.evaluate_artefact(an_artefact(), rows, label="y") for rows in (table, other)]
    assert reports[0]["calibration"]["brier"]["value"] != reports[1]["calibration"]["brier"]["value"]


def test_a_training_run_again_gives_the_same_bytes() -> None:
    table = a_table()
    fits = [
        fit_logistic(rows, label="y", numeric=["age", "income"], categorical=["sex"], threshold=0.5)
        for rows in (table, table.take(np.random.default_rng(1).permutation(len(table))))
    ]
    assert artefact.encode(fits[0]) == artefact.encode(fits[1])


def test_a_training_equals_that_of_scikit_learn() -> None:
    table = a_table()
    made = fit_logistic(table, label="y", numeric=["age", "income"], categorical=["sex"], l2=0.5)
    age, income = table["age"].to_numpy(), table["income"].to_numpy()
    male = np.array(table["sex"].to_pylist()) == "male"
    design = np.column_stack([(age - age.mean()) / age.std(), (income - income.mean()) / income.std(), ~male, male])
    peer = LogisticRegression(C=2.0, tol=1e-12, max_iter=1000).fit(design, table["y"].to_numpy())
    found = [feature.coefficient for feature in made.numeric] + list(made.categorical[0].levels.values())
    assert found == pytest.approx(peer.coef_[0].tolist(), abs=1e-6)
    assert made.intercept == pytest.approx(peer.intercept_[0], abs=1e-6)


def test_a_level_that_was_not_seen_is_refused_or_adds_nothing_as_stated() -> None:
    table = pa.table({"age": [50], "income": [30000.0], "sex": ["other"]})
    with pytest.raises(BadInput, match="data: row 1, column 'sex' has a level that the artefact does not know"):
        artefact.score(an_artefact(), table)
    kind = an_artefact(categorical=(Categorical("sex", {"male": 0.75}, Unseen.ZERO),))
    assert artefact.score(kind, table)["risk"][0].as_py() == pytest.approx(1 / (1 + np.exp(-0.25)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"age": [50, None]}, "data: row 2, column 'age' has no value; the artefact refuses missing values"),
        ({"income": [1.0, float("nan")]}, "row 2, column 'income' is not a finite number"),
        ({"sex": [None, "male"]}, "row 1, column 'sex' has no value"),
        ({"age": ["50", "60"]}, "column 'age' holds string; expected numbers"),
    ],
)
def test_a_raw_value_that_cannot_be_scored_is_named_with_its_row(change: dict[str, Any], sentence: str) -> None:
    rows = {"age": [50, 60], "income": [1.0, 2.0], "sex": ["male", "female"], **change}
    with pytest.raises(BadInput, match=sentence):
        artefact.score(an_artefact(), pa.table(rows))


def test_rows_that_the_filter_drops_are_not_scored() -> None:
    table = pa.table(
        {"age": [50, None], "income": [1.0, 2.0], "sex": ["male", "female"], "y": [1, 0], "use": [True, False]}
    )
    states = artefact.artefact_states(an_artefact(), table, label="y", where=[("use", True)])
    assert states.rows == 1


def test_a_missing_feature_column_is_named() -> None:
    with pytest.raises(BadInput, match="data: has no column 'income'"):
        artefact.score(an_artefact(), pa.table({"age": [1], "sex": ["male"]}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.update(schema="pickle"), "artefact.schema"),
        (lambda d: d.update(more=1), "an object with exactly schema"),
        (lambda d: d.pop("missing"), "an object with exactly schema"),
        (lambda d: d.update(missing="mean"), "a missing value is never filled in"),
        (lambda d: d.update(intercept=0.25), "a number as a string"),
        (lambda d: d.update(intercept="NaN"), "a number as a string"),
        (lambda d: d.update(intercept="0.250"), "a number as a string"),
        (lambda d: d.update(intercept="1e999"), "a number as a string"),
        (lambda d: d.update(threshold="1.5"), "artefact.threshold: is not a number from 0 to 1"),
        (lambda d: d["numeric"][0].update(scale="0"), "a scale is not above 0"),
        (lambda d: d["numeric"][0].update(code="import os"), "an object with exactly name, mean"),
        (lambda d: d["numeric"].append(d["numeric"][0]), "names a feature twice"),
        (lambda d: d["numeric"][0].update(name="sex"), "names a feature twice"),
        (lambda d: d.update(output="age"), "is also the name of a feature"),
        (lambda d: d["categorical"][0].update(levels={}), "with 1 to 10000 levels"),
        (lambda d: d["categorical"][0].update(levels=["male"]), "with 1 to 10000 levels"),
        (lambda d: d["categorical"][0].update(unseen="guess"), "'refuse' or 'zero' is expected"),
        (lambda d: d.update(numeric="age"), "a list of at most"),
    ],
)
def test_an_artefact_of_another_form_is_refused(change: Any, sentence: str) -> None:
    parts = json.loads(artefact.encode(an_artefact()))
    change(parts)
    with pytest.raises(BadInput, match=sentence):
        artefact.load(json.dumps(parts).encode())


@pytest.mark.parametrize(
    "data", [b"", b"\x80\x04K\x01.", b"[]", b'{"schema": 1, "schema": 2}', b'{"intercept": NaN}', b" " * (5 << 20)]
)
def test_bytes_that_are_no_artefact_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        artefact.load(data)


@pytest.mark.parametrize(
    ("rows", "named", "sentence"),
    [
        ({"y": [0, 1], "x": [1.0, None]}, {}, "row 2, column 'x' has no value to train on"),
        ({"y": [0, None], "x": [1.0, 2.0]}, {}, "row 2, column 'y' has no value to train on"),
        ({"y": [1, 1], "x": [1.0, 2.0]}, {}, "has only the value '1'; training needs both classes"),
        ({"y": [0, 1], "x": [1.0, 2.0]}, {"l2": 0.0}, "l2: 0.0 is not above 0"),
        ({"y": [0, 1], "x": [1.0, 2.0]}, {"categorical": ["x"]}, "named twice"),
        ({"y": pa.array([], pa.int8()), "x": pa.array([], pa.float64())}, {}, "has no rows"),
    ],
)
def test_rows_that_cannot_be_trained_on_are_refused(rows: dict[str, Any], named: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        fit_logistic(pa.table(rows), label="y", numeric=["x"], **named)
