"""The evaluate report: its schema, its record form, and the peers' figures on real data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from consilience.kit import canonical
from consilience.measure.evaluate import MORE_PERFORMANCE, as_record, evaluate, figures, measure_states
from consilience.measure.groups import CALIBRATION_FIGURES
from consilience.measure.metrics.fairness import CALIBRATION, OF_GROUPS, PERFORMANCE, RATES
from consilience.measure.metrics.figure import SENTENCES, Method, Reason
from consilience.measure.states import cube, wire

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
SCHEMA = json.loads((ROOT / "docs/schemas/evaluate.schema.json").read_text())

real_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the development data lies beside the checkout, in ../shared/data"
)


def a_table(rows: int = 400) -> pa.Table:
    generator = np.random.default_rng(11)
    score = generator.random(rows)
    return pa.table(
        {
            "y": pa.array((generator.random(rows) < score).astype(np.int8), mask=generator.random(rows) < 0.1),
            "s": score,
            "sex": generator.choice(["f", "m"], rows),
            "region": pa.array(generator.choice(["n", "e", "s", "w"], rows), mask=generator.random(rows) < 0.02),
        }
    )


@pytest.mark.parametrize(
    "named",
    [
        {"label": "y", "score": "s", "threshold": 0.4, "protected": ["sex", "region"]},
        {"label": "y", "score": "s"},
        {"score": "s", "threshold": 0.4, "protected": ["sex"]},
        {"label": "y", "protected": ["sex"]},
        {"label": "y", "score": "s", "threshold": 0.4, "costs": {"fp": 1, "fn": 5}},
        {"label": "y", "score": "s", "threshold": 0.4, "protected": ["sex", "region"], "minimum_group": 5},
    ],
)
def test_every_report_follows_the_published_schema(named: dict[str, Any]) -> None:
    report = evaluate(a_table(), **named)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(report, allow_nan=False)))


def test_the_schema_knows_every_metric_method_and_reason() -> None:
    figure = SCHEMA["$defs"]["figure"]["properties"]
    methods = set(figure["method"]["anyOf"][0]["enum"])
    assert {method.value for method in Method} == {name.removesuffix("+bracket") for name in methods}
    assert (
        {reason.value for reason in Reason} == set(figure["reason"]["anyOf"][0]["enum"]) == {r.value for r in SENTENCES}
    )
    parts = SCHEMA["properties"]
    performance = {*PERFORMANCE, *MORE_PERFORMANCE, "cost"}
    calibration = {*CALIBRATION, *CALIBRATION_FIGURES}
    for part, metrics in (("performance", performance), ("calibration", calibration), ("rates", RATES)):
        assert set(parts[part]["properties"]) == set(metrics)
    of_sets = parts["fairness"]["additionalProperties"]["properties"]
    assert set(of_sets["ratios"]["properties"]) == set(OF_GROUPS)
    assert set(parts["fairness"]["additionalProperties"]["properties"]["gaps"]["properties"]) == set(OF_GROUPS)


def test_a_report_with_a_hidden_reason_does_not_follow_the_schema() -> None:
    report = evaluate(a_table(), label="y")
    report["performance"]["accuracy"]["reason"] = None
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA)


def test_groups_are_each_attribute_and_each_pair_of_them() -> None:
    fairness = evaluate(a_table(), label="y", score="s", threshold=0.4, protected=["sex", "region"])["fairness"]
    assert {name: part["attributes"] for name, part in fairness.items()} == {
        "sex": ["sex"],
        "region": ["region"],
        "sex x region": ["sex", "region"],
    }
    assert fairness["sex x region"]["groups"]["f x (missing)"]["values"] == ["f", None]
    for part in fairness.values():
        assert sum(group["rows"] for group in part["groups"].values()) == 400


def test_figures_from_states_that_travelled_are_the_same_figures() -> None:
    named = {"label": "y", "score": "s", "threshold": 0.4, "protected": ["sex", "region"]}
    sent = wire.encode(measure_states(a_table(), **named))
    assert figures(wire.decode(sent)) == evaluate(a_table(), **named)


def test_figures_of_merged_windows_are_the_figures_of_all_rows() -> None:
    named = {"label": "y", "score": "s", "threshold": 0.4, "protected": ["sex"]}
    parts = [measure_states(a_table().slice(start, 100), **named) for start in (300, 0, 200, 100)]
    assert figures(cube.merge_all(parts)) == evaluate(a_table(), **named)


def test_a_report_is_recorded_with_its_numbers_as_strings() -> None:
    report = evaluate(a_table(), label="y", score="s", threshold=0.4, protected=["sex"])
    recorded = as_record(report)
    assert canonical.is_canonical(canonical.encode(recorded))
    accuracy = report["performance"]["accuracy"]
    assert recorded["performance"]["accuracy"] == {
        **accuracy,
        "value": canonical.number(accuracy["value"]),
        "low": canonical.number(accuracy["low"]),
        "high": canonical.number(accuracy["high"]),
        "level": "0.95",
    }
    assert recorded["threshold"] == "0.4"
    assert recorded["rows"] == 400


# The figures of scikit-learn and fairlearn on the development data


def _values() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((DATA / "dev_expected.yaml").read_text())["values"]
    return values


def _assert_model(report: dict[str, Any], expected: dict[str, Any]) -> None:
    assert report["rows"] == expected["n"]
    assert report["confusion"] == {cell: expected[cell] for cell in ("tn", "fp", "fn", "tp")}
    found = {**report["performance"], **report["calibration"], **report["rates"]}
    for name in ("accuracy", "precision", "recall", "f1", "roc_auc", "brier", "log_loss", "selection_rate"):
        assert found[name]["value"] == pytest.approx(expected[name], abs=6e-7), name
    assert found["roc_auc"]["method"] == "delong-logit", "the area is exact here"


def _assert_fair(part: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, peers in expected["by_group"].items():
        group = part["groups"][name]
        assert group["rows"] == peers["count"]
        for metric in ("selection_rate", "tpr", "fpr"):
            if group[metric]["value"] is None:  # fairlearn says 0 where there is nothing to divide by
                assert (group[metric]["rows"], peers[metric]) == (0, 0)
            else:
                assert group[metric]["value"] == pytest.approx(peers[metric], abs=6e-7)
    gaps = part["gaps"]
    assert gaps["selection_rate"]["value"] == pytest.approx(expected["demographic_parity_difference"], abs=6e-7)
    odds = max(gaps["tpr"]["value"], gaps["fpr"]["value"])
    assert odds == pytest.approx(expected["equalized_odds_difference"], abs=6e-7)
    named = part["disparities"]
    for name in ("demographic_parity_difference", "demographic_parity_ratio", "equalized_odds_difference"):
        assert named[name]["value"] == pytest.approx(expected[name], abs=6e-7), name


@real_data
@pytest.mark.parametrize("year", ["2015", "2016", "2017", "2018"])
def test_census_figures_of_both_models_equal_the_peers(year: str) -> None:
    expected = _values()["acs_ma_employment"][year]
    path, chosen = DATA / "acs_ma_employment/acs_ma_employment.parquet", [("split", "score"), ("year", year)]
    first = evaluate(
        path, label="y_true", score="y_score", prediction="y_pred", protected=["sex", "race"], where=chosen
    )
    _assert_model(first, expected["model"])
    _assert_fair(first["fairness"]["sex"], expected["fair_sex"])
    _assert_fair(first["fairness"]["race"], expected["fair_race"])
    second = evaluate(path, label="y_true", score="y_score_lgbm", prediction="y_pred_lgbm", where=chosen)
    _assert_model(second, expected["lgbm"])


@real_data
def test_credit_figures_equal_the_peers_month_by_month_and_wait_for_labels() -> None:
    path = DATA / "credit_tw_panel/credit_tw_panel.parquet"
    for month, expected in _values()["credit_tw_panel"].items():
        chosen = [("split", "score"), ("timestamp", month)]
        known = "labels" not in expected["model"]
        report = evaluate(
            path,
            label="y_true" if known else None,
            score="y_score",
            prediction="y_pred",
            protected=["sex"],
            where=chosen,
        )
        if known:
            _assert_model(report, expected["model"])
            _assert_fair(report["fairness"]["sex"], expected["fair_sex"])
        else:
            assert report["rates"]["selection_rate"]["value"] == pytest.approx(
                expected["model"]["selection_rate"], abs=6e-7
            )
            assert report["performance"]["accuracy"]["reason"] == "no_label"


@real_data
def test_electricity_figures_equal_the_peers_window_by_window() -> None:
    table = pq.read_table(DATA / "elec2/elec2_scored.parquet")
    for expected in _values()["elec2"]:
        first, last = expected["rows"]
        window = table.filter((pc.field("row") >= first) & (pc.field("row") <= last))
        report = evaluate(window, label="y_true", score="y_score", prediction="y_pred", where=[("split", "score")])
        _assert_model(report, expected["model"])
