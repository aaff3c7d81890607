"""Windows of predicted numbers and of several classes: what evaluations of their rows say, late labels, alarms."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
import yaml

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.multiclass import evaluate_classes
from consilience.measure.over_time import measure_over_time, over_time
from consilience.measure.regression import evaluate_regression
from consilience.measure.regression import figures as regression_figures

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
SCHEMA = json.loads((ROOT / "docs/schemas/over-time.schema.json").read_text())
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAYS, A_DAY = 6, 800

real_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the development data lies beside the checkout, in ../shared/data"
)


def a_log(*, worse_from: int = 4, late_from: int = DAYS) -> pa.Table:
    """Six days of predicted amounts and of guessed animals; errors grow on a day, and from a day on labels are missing."""
    generator = np.random.default_rng(3)
    day = np.repeat(np.arange(DAYS), A_DAY)
    bad, late = day >= worse_from, day >= late_from
    amount = generator.gamma(4, 25, len(day))
    animal = generator.choice(["cat", "dog", "hen"], len(day), p=[0.5, 0.3, 0.2])
    right = generator.random(len(day)) < np.where(bad, 0.6, 0.9)
    return pa.table(
        {
            "at": pa.array([START + timedelta(days=int(one)) for one in day], pa.timestamp("us", "UTC")),
            "amount": pa.array(amount, mask=late),
            "predicted": amount + generator.normal(0, 1, len(day)) * np.where(bad, 25, 10) + np.where(bad, 12, 0),
            "animal": pa.array(animal, mask=late),
            "guess": np.where(right, animal, generator.choice(["cat", "dog", "hen"], len(day))),
            "place": generator.integers(1, 4, len(day)),
            "sex": generator.choice(["f", "m"], len(day)),
        }
    )


NUMBERS: dict[str, Any] = {"task": "regression", "label": "amount", "prediction": "predicted", "protected": ["sex"]}
CLASSES: dict[str, Any] = {"task": "multiclass", "label": "animal", "prediction": "guess", "protected": ["sex"]}
DAILY: dict[str, Any] = {"by": "day", "time": "at"}


def valid(report: Any) -> Any:
    """The report, which fits the schema."""
    found = json.loads(json.dumps(report, allow_nan=False))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_windows_of_numbers_say_what_an_evaluation_of_their_rows_says() -> None:
    table = a_log()
    measured = measure_over_time(table, **DAILY, **NUMBERS)
    found = valid(over_time(table, **DAILY, **NUMBERS))
    scale = measured.windows[0].states.plan.scale
    for number, window in enumerate(found["windows"]):
        part = table.slice(number * A_DAY, A_DAY)
        alone = evaluate_regression(part, label="amount", prediction="predicted", protected=["sex"], scale=scale)
        assert window["evaluation"]["performance"] == alone["performance"]
        assert window["evaluation"]["residuals"] == alone["residuals"]
        assert window["gaps"]["sex"] == alone["fairness"]["sex"]["gaps"]
    error = np.abs(table["predicted"].to_numpy() - table["amount"].to_numpy())
    assert found["windows"][5]["evaluation"]["performance"]["mae"]["value"] == pytest.approx(
        error[5 * A_DAY :].mean(), rel=1e-9
    )
    together = measured.between("2026-03-01", "2026-03-03").states
    both = evaluate_regression(table.slice(0, 2 * A_DAY), label="amount", prediction="predicted", scale=scale)
    assert regression_figures(together)["performance"] == both["performance"]


def test_errors_that_grow_sound_an_alarm_and_those_that_do_not_are_quiet() -> None:
    found = over_time(a_log(), **DAILY, **NUMBERS)
    looks: Any = found["alarms"]["looks"]
    assert {name: looks[name][-1]["since"] for name in ("mae", "mean_error")} == {
        "mae": "2026-03-05", "mean_error": "2026-03-05"
    }  # fmt: skip
    assert not looks["mae"][2]["alarm"]
    last: Any = found["windows"][-1]
    assert last["change"]["mae"]["worse"] is True
    assert last["change"]["r2"]["worse"] is True
    assert "worse" not in last["change"]["mean_error"], "a mean error that moves is not worse by itself"
    quiet: Any = over_time(a_log(worse_from=DAYS), **DAILY, **NUMBERS)["alarms"]["looks"]
    assert not any(one["alarm"] for name in ("mae", "mean_error") for one in quiet[name])


def test_numbers_whose_labels_are_late_say_so_even_in_the_first_window() -> None:
    late = valid(over_time(a_log(late_from=3), **DAILY, **NUMBERS))["windows"][-1]
    assert late["labels"] == {"known": 0, "to_come": A_DAY}
    assert {one["reason"] for one in late["evaluation"]["performance"].values()} == {"labels_to_come"}
    assert late["change"]["mae"]["reason"] == "labels_to_come"
    table = a_log()
    unknown = pa.array(table["amount"].to_numpy(), mask=np.arange(table.num_rows) < A_DAY)
    found = valid(over_time(table.set_column(1, "amount", unknown), **DAILY, **NUMBERS))
    assert found["windows"][0]["evaluation"]["performance"]["mae"]["reason"] == "labels_to_come"
    error = np.abs(table["predicted"].to_numpy() - table["amount"].to_numpy())[A_DAY : 2 * A_DAY]
    assert found["windows"][1]["evaluation"]["performance"]["mae"]["value"] == pytest.approx(error.mean(), rel=1e-9)


def test_windows_of_classes_say_what_an_evaluation_of_their_rows_says() -> None:
    table = a_log()
    found = valid(over_time(table, **DAILY, **CLASSES, rank="place", without=["place"]))
    for number, window in enumerate(found["windows"]):
        part = table.slice(number * A_DAY, A_DAY)
        alone: Any = evaluate_classes(part, label="animal", prediction="guess", protected=["sex"], rank="place")
        evaluation = window["evaluation"]
        assert evaluation["performance"] == alone["performance"]
        assert evaluation["of_classes"]["recall of hen"] == alone["per_class"]["hen"]["recall"]
        assert evaluation["of_classes"]["selection_rate of cat"] == alone["per_class"]["cat"]["selection_rate"]
        assert evaluation["top_k"]["top_3"] == alone["top_k"]["3"]
        assert window["gaps"]["sex"]["accuracy"] == alone["fairness"]["sex"]["gaps"]["accuracy"]
    looks = found["alarms"]["looks"]
    assert looks["accuracy"][-1]["since"] == "2026-03-05"
    assert {"recall of cat", "selection_rate of dog", "drift of guess"} <= set(looks)
    assert found["windows"][-1]["change"]["accuracy"]["worse"] is True
    assert "worse" not in found["windows"][-1]["change"]["selection_rate of cat"]


def test_a_class_that_comes_or_goes_is_in_every_window() -> None:
    table = a_log()
    guess = np.where(np.arange(table.num_rows) >= 5 * A_DAY, "ox", np.array(table["guess"].to_pylist()))
    found = valid(over_time(table.set_column(4, "guess", pa.array(guess)), **DAILY, **CLASSES))
    first, last = found["windows"][0], found["windows"][-1]
    assert first["evaluation"]["of_classes"]["selection_rate of ox"]["value"] == 0
    assert last["change"]["selection_rate of ox"]["value"] == 1
    assert last["evaluation"]["of_classes"]["recall of ox"]["reason"] is not None
    assert found["alarms"]["looks"]["selection_rate of ox"][-1]["alarm"]
    late = valid(over_time(a_log(late_from=4), **DAILY, **CLASSES))["windows"][-1]
    assert late["labels"] == {"known": 0, "to_come": A_DAY}
    assert late["evaluation"]["performance"]["accuracy"]["reason"] == "labels_to_come"


@pytest.mark.parametrize("named", [NUMBERS, CLASSES])
def test_a_reference_of_its_own_and_windows_without_rows(named: dict[str, Any]) -> None:
    table = a_log()
    kept = pa.concat_tables([table.slice(0, A_DAY), table.slice(3 * A_DAY)])
    found = valid(over_time(kept, **DAILY, **named, reference=table.slice(0, 2 * A_DAY), where=[("sex", "f")]))
    assert found["reference"]["rows"] == 2 * A_DAY
    assert [one["rows"] > 0 for one in found["windows"]] == [True, False, False, True, True, True]
    assert found["windows"][1]["evaluation"] is None


def test_roles_that_do_not_belong_to_a_task_are_refused() -> None:
    table = a_log()
    for named, said in (
        ({**NUMBERS, "score": "place"}, "score: only for two classes"),
        ({**NUMBERS, "rank": "place"}, "a rank belongs to the task multiclass"),
        ({**CLASSES, "prediction": None}, "needs label and prediction"),
        ({**CLASSES, "task": "ranking"}, "'ranking' is no task"),
    ):
        with pytest.raises(WrongUse, match=said):
            over_time(table, **DAILY, **named)
    with pytest.raises(TypeError, match="protcted"):
        over_time(table, **DAILY, **{**NUMBERS, "protcted": ["sex"]})
    with pytest.raises(BadInput, match="did you mean 'amount'"):
        over_time(table, **DAILY, **{**NUMBERS, "label": "amuont"})


@real_data
def test_bicycle_hire_month_by_month() -> None:
    expected = yaml.safe_load((DATA / "dev_expected.yaml").read_text())["values"]["bikeshare"]
    found = valid(
        over_time(
            DATA / "bikeshare/bikeshare_scored.csv.gz", by="month", time="timestamp", task="regression", label="y_true",
            prediction="y_pred",
        )
    )  # fmt: skip
    assert [one["start"][:7] for one in found["windows"]] == list(expected)
    for window, values in zip(found["windows"], expected.values(), strict=True):
        for name in ("mae", "rmse", "r2"):
            assert window["evaluation"]["performance"][name]["value"] == pytest.approx(values[name], abs=1e-6)
