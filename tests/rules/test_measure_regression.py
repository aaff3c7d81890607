"""Regression: figures equal the peers', states add up to the same bytes, and states that lie are refused."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from scipy import stats
from sklearn import metrics as peers

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.engines.residuals import scale_of
from consilience.measure.regression import evaluate_regression, figures, measure_residuals
from consilience.measure.states import residuals_wire as wire
from consilience.measure.states.residuals import SUMS, merge

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
SCHEMA = json.loads((ROOT / "docs/schemas/evaluate-regression.schema.json").read_text())

real_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the development data lies beside the checkout, in ../shared/data"
)


def a_table(rows: int = 3_000, seed: int = 1) -> pa.Table:
    generator = np.random.default_rng(seed)
    y = generator.gamma(2, 40, rows)
    p = 0.7 * y + generator.normal(20, 15, rows)
    return pa.table(
        {
            "y": pa.array(y, mask=generator.random(rows) < 0.05),
            "p": p,
            "g": pa.array(generator.choice(["a", "b", "c"], rows), mask=generator.random(rows) < 0.01),
            "h": generator.choice([1, 2], rows),
        }
    )


def both(table: pa.Table) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    frame = table.to_pandas().dropna(subset=["y", "p"])
    return frame.y.to_numpy(), frame.p.to_numpy()


def test_every_mean_is_what_scikit_learn_says() -> None:
    table = a_table()
    y, p = both(table)
    found = evaluate_regression(table, label="y", prediction="p")["performance"]
    expected = {
        "mae": peers.mean_absolute_error(y, p), "rmse": peers.root_mean_squared_error(y, p), "r2": peers.r2_score(y, p),
        "mean_error": (p - y).mean(), "mape": peers.mean_absolute_percentage_error(y, p),
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name]["value"] == pytest.approx(value, rel=1e-9), name
        assert found[name]["low"] < value < found[name]["high"]
    median = found["median_absolute_error"]
    assert median["low"] <= peers.median_absolute_error(y, p) <= median["high"]
    assert median["method"] == "order-statistics+bracket"


def test_residual_quantiles_bracket_those_of_numpy() -> None:
    table = a_table()
    y, p = both(table)
    found = evaluate_regression(table, label="y", prediction="p")["residuals"]
    for name, share in {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}.items():
        exact = np.quantile(p - y, share)
        assert found[name]["low"] <= exact <= found[name]["high"]
        assert found[name]["value"] == pytest.approx(exact, abs=1.0)


def test_a_report_follows_the_published_schema() -> None:
    report = evaluate_regression(a_table(), label="y", prediction="p", protected=["g", "h"])
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(report, allow_nan=False)))


def test_parts_and_order_change_no_byte(tmp_path: Path) -> None:
    table = a_table()
    scale = scale_of(*both(table))
    how: dict[str, Any] = {"label": "y", "prediction": "p", "protected": ["g", "h"], "scale": scale}
    whole = measure_residuals(table, **how)
    pq.write_table(table, tmp_path / "small.parquet", row_group_size=97)
    assert wire.encode(measure_residuals(tmp_path / "small.parquet", **how)) == wire.encode(whole)
    one, two, three = (measure_residuals(table.slice(a, b - a), **how) for a, b in pairwise((0, 700, 2_100, 3_000)))
    assert merge(merge(one, two), three) == merge(three, merge(two, one)) == whole
    assert figures(wire.decode(wire.encode(whole))) == figures(whole)


def test_large_values_far_from_zero_lose_nothing() -> None:
    generator = np.random.default_rng(3)
    y = 1e9 + generator.normal(0, 1, 2_000)
    p = y + generator.normal(0, 0.1, 2_000)
    found = evaluate_regression(pa.table({"y": y, "p": p}), label="y", prediction="p")["performance"]
    assert found["r2"]["value"] == pytest.approx(peers.r2_score(y, p), abs=1e-9)
    assert found["rmse"]["value"] == pytest.approx(peers.root_mean_squared_error(y, p), rel=1e-9)


@pytest.mark.parametrize("size", [1e-200, 1e-9, 1e9, 1e300])
def test_the_size_of_the_numbers_does_not_matter(size: float) -> None:
    generator = np.random.default_rng(3)
    y, p = generator.normal(0, 1, 500), generator.normal(0, 1, 500)
    plain = evaluate_regression(pa.table({"y": y, "p": p}), label="y", prediction="p")["performance"]
    found = evaluate_regression(pa.table({"y": y * size, "p": p * size}), label="y", prediction="p")["performance"]
    for name, one in plain.items():
        factor = 1.0 if name in ("r2", "mape") else size
        for end in ("value", "low", "high"):
            # Limits, and what is bracketed, depend a little on where the learned bins end.
            tolerance = 1e-2 if "median" in name else 1e-9 if end == "value" else 1e-3
            assert found[name][end] / factor == pytest.approx(one[end], rel=tolerance), (name, end)


def test_integers_that_doubles_cannot_hold_are_refused() -> None:
    with pytest.raises(BadInput, match="beyond 2\\^53"):
        evaluate_regression(pa.table({"y": [2**53 + 2] * 30, "p": [1.0] * 30}), label="y", prediction="p")
    large = pa.array([Decimal(10) ** 30 + place for place in range(30)], pa.decimal128(38, 0))
    with pytest.raises(BadInput, match="beyond 2\\^53"):
        evaluate_regression(pa.table({"y": large, "p": [1.0] * 30}), label="y", prediction="p")


def test_a_value_beyond_the_scale_makes_means_undefined_and_is_counted() -> None:
    table = a_table()
    scale = scale_of(*both(table))
    far = pa.table({"y": [1.0, 2.0], "p": [1.0, 1e12]})
    report = figures(measure_residuals(far, label="y", prediction="p", scale=scale))
    assert report["beyond_scale"] == 1
    assert {report["performance"][name]["reason"] for name in ("mae", "median_absolute_error")} == {"beyond_scale"}
    assert report["residuals"]["p50"]["reason"] == "beyond_scale"


def mostly_right() -> pa.Table:
    """Predictions that are exactly right, but for five rows that are far off."""
    y = np.random.default_rng(0).lognormal(0, 2, 500)
    return pa.table({"y": y, "p": y + np.where(np.arange(500) < 5, 50 * np.quantile(y, 0.995), 0.0)})


def one_far_off() -> pa.Table:
    """Predictions that are right to a ten-millionth, but for one."""
    generator = np.random.default_rng(1)
    y = generator.normal(0, 1, 500)
    return pa.table({"y": y, "p": y + np.where(np.arange(500) == 3, 30.0, generator.normal(0, 1e-7, 500))})


@pytest.mark.parametrize("table", [mostly_right(), one_far_off()], ids=["mostly right", "one far off"])
def test_a_few_large_errors_among_tiny_ones_are_counted(table: pa.Table) -> None:
    y, p = both(table)
    report = evaluate_regression(table, label="y", prediction="p")
    assert report["beyond_scale"] == 0
    found = report["performance"]
    assert found["mae"]["value"] == pytest.approx(peers.mean_absolute_error(y, p), rel=1e-9)
    assert found["r2"]["value"] == pytest.approx(peers.r2_score(y, p), rel=1e-9)
    lost = peers.mean_squared_error(y, p) / y.var()
    influence = (lost * (y - y.mean()) ** 2 - (y - p) ** 2) / y.var()
    error = stats.t.ppf(0.975, len(y) - 1) * influence.std() / math.sqrt(len(y) - 2)
    for end, sign in (("low", 1), ("high", -1)):
        assert 1 - found["r2"][end] == pytest.approx(lost * math.exp(sign * error / lost), rel=1e-3)


def test_a_gap_in_tiny_units_keeps_its_interval() -> None:
    table = a_table()
    expected: Any = evaluate_regression(table, label="y", prediction="p", protected=["h"])
    tiny = {name: table[name].to_pandas() * 2.0**-60 for name in ("y", "p")}
    report: Any = evaluate_regression(pa.table({**tiny, "h": table["h"]}), label="y", prediction="p", protected=["h"])
    for name in ("mean_error", "mae"):
        of, gap = (one["fairness"]["h"]["gaps"][name] for one in (expected, report))
        for end in ("value", "low", "high"):
            assert gap[end] == pytest.approx(of[end] * 2.0**-60, rel=1e-9, abs=0.0)


def test_undefined_figures_say_why() -> None:
    late = pa.table({"y": pa.nulls(20, pa.float64()), "p": np.arange(20.0)})
    report = evaluate_regression(late, label="y", prediction="p")
    assert {one["reason"] for one in report["performance"].values()} == {"labels_to_come"}
    assert report["missing"] == {"label": 20, "prediction": 0}
    same = evaluate_regression(pa.table({"y": [3.0] * 20, "p": np.arange(20.0)}), label="y", prediction="p")
    assert same["performance"]["r2"]["reason"] == "constant"
    zero = evaluate_regression(pa.table({"y": np.arange(20.0), "p": np.ones(20)}), label="y", prediction="p")
    assert zero["performance"]["mape"]["reason"] == "zero_labels"
    few = evaluate_regression(pa.table({"y": [1.0, 2.0], "p": [1.0, 1.0]}), label="y", prediction="p")
    assert (few["performance"]["mae"]["value"], few["performance"]["mae"]["reason"]) == (0.5, "few_rows")


def test_a_gap_is_the_distance_of_mean_errors_with_an_interval_that_can_begin_at_zero() -> None:
    table = a_table()
    frame = table.to_pandas().dropna(subset=["y"])
    frame["e"] = frame.p - frame.y
    report = evaluate_regression(table, label="y", prediction="p", protected=["g"])["fairness"]["g"]
    means = frame.groupby("g", dropna=False).e.mean()
    gap = report["gaps"]["mean_error"]
    assert gap["value"] == pytest.approx(means.max() - means.min(), rel=1e-9)
    assert gap["low"] == 0.0
    apart = frame.assign(p=frame.p + np.where(frame.g == "a", 30.0, 0.0))[["y", "p", "g"]]
    gap = evaluate_regression(apart, label="y", prediction="p", protected=["g"])["fairness"]["g"]["gaps"]["mean_error"]
    assert 20 < gap["low"] < 30 < gap["high"]


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    generator, inside, tries = np.random.default_rng(7), {"mae": 0, "rmse": 0, "r2": 0, "mean_error": 0}, 300
    truth = {"mae": math.sqrt(2 / math.pi), "rmse": 1.0, "r2": 0.8, "mean_error": 0.0}
    for _ in range(tries):
        y = generator.normal(0, math.sqrt(5), 200)
        table = pa.table({"y": y, "p": y + generator.normal(0, 1, 200)})
        found = evaluate_regression(table, label="y", prediction="p")["performance"]
        for name in inside:
            inside[name] += found[name]["low"] <= truth[name] <= found[name]["high"]
    assert all(0.91 * tries <= hits <= 0.985 * tries for hits in inside.values()), inside


@pytest.mark.parametrize(("column", "value"), [("p", math.nan), ("p", math.inf), ("y", -math.inf)])
def test_what_is_no_number_is_refused_with_its_row(column: str, value: float) -> None:
    table = {"y": [1.0, 2.0, 3.0], "p": [1.0, 2.0, 3.0]}
    table[column][1] = value
    with pytest.raises(BadInput, match=f"row 2, column '{column}'"):
        evaluate_regression(pa.table(table), label="y", prediction="p")


def test_a_call_that_cannot_be_meant_is_refused() -> None:
    with pytest.raises(WrongUse, match="columns of their own"):
        evaluate_regression(a_table(), label="y", prediction="p", protected=["p"])
    with pytest.raises(BadInput, match="has no row with 'g' = 'z'"):
        evaluate_regression(a_table(), label="y", prediction="p", where=[("g", "z")])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("rows", lambda n: n + 1), ("yy", lambda n: "1"), ("size", lambda n: str(int(n) * 3)), ("p", lambda n: str(int(n) * 9)),
        ("most_over", lambda n: "1"), ("zeros", lambda n: 10**6), ("ratio2", lambda n: "0"), ("no_label", lambda n: 10**5),
        ("eey2", lambda n: str(int(n) * 10**6)), ("over", lambda n: n + " 1"), ("size", lambda n: "0" + n),
    ],
)  # fmt: skip
def test_states_that_contradict_themselves_are_refused(name: str, change: Any) -> None:
    given = wire.to_json(measure_residuals(a_table(), label="y", prediction="p", protected=["h"]))
    given["groups"][0][name] = change(given["groups"][0][name])
    with pytest.raises(BadInput):
        wire.from_json(given)


def forged(**changed: Any) -> Any:
    """The JSON of states of one group, some of its sums as numbers said otherwise."""
    given: Any = wire.to_json(measure_residuals(a_table(), label="y", prediction="p"))
    group = given["groups"][0]
    for name, change in changed.items():
        group[name] = str(change({name: int(group[name]) for name in SUMS}))
    return given


FORGED: dict[str, dict[str, Any]] = {
    "labels spread four times as wide, squared residuals the same": {
        "yy": lambda of: of["yy"] * 4, "yp": lambda of: of["yp"] + of["yy"] * 3 // 2,
    },
    "labels and predictions that are correlated beyond 1": {
        "pp": lambda of: of["pp"] + 2 * 10**27, "yp": lambda of: of["yp"] + 10**27,
    },
    "sizes that the sums of both sides do not give": {"size": lambda of: of["size"] + 1},
    "squares that are even where the numbers are odd": {"yy": lambda of: of["yy"] + 1, "pp": lambda of: of["pp"] - 1},
    "fourth powers of residuals beyond their bins": {"ee4": lambda of: of["ee4"] * 30},
    "fourth powers of labels below those of the squares": {"y4": lambda of: of["y4"] // 4},
    "fourth powers of labels beyond the sum of squares": {"y4": lambda of: of["y4"] * 10**6},
    "third powers that labels with these squares cannot have": {"y3": lambda of: -of["y3"]},
    "squared residuals that go with labels by more than they are": {"eey": lambda of: of["eey"] * 100},
    "squares that do not go with one another": {"eey2": lambda of: of["eey2"] // 100},
    "no ratio where there are residuals": {"ratio": lambda of: 0, "ratio2": lambda of: 0},
    "ratios smaller than residuals and labels give": {
        "ratio": lambda of: of["ratio"] // 64 * 2, "ratio2": lambda of: of["ratio2"] // 2048 * 2,
    },
    "ratios that are larger than their squares": {"ratio2": lambda of: of["ratio"] - 1},
}  # fmt: skip


@pytest.mark.parametrize("changed", FORGED.values(), ids=FORGED)
def test_sums_that_do_not_go_together_are_refused(changed: dict[str, Any]) -> None:
    assert wire.from_json(forged()).rows == 3_000
    with pytest.raises(BadInput):
        wire.from_json(forged(**changed))


def test_a_scale_beyond_doubles_and_more_rows_than_can_be_counted_are_refused() -> None:
    given = forged()
    given["plan"]["scale"]["unit"] = 1000
    with pytest.raises(BadInput, match=r"plan\.scale\.unit"):
        wire.from_json(given)
    late = pa.table({"y": pa.nulls(2, pa.float64()), "p": [1.0, 2.0], "g": ["a", "b"]})
    given = wire.to_json(measure_residuals(late, label="y", prediction="p", protected=["g"]))
    for group in given["groups"]:
        group |= {"rows": 2**53 - 1, "no_label": 2**53 - 1}
    with pytest.raises(BadInput, match="more rows than can be counted"):
        wire.from_json(given)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_rows_give_is_accepted_again(seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = int(generator.choice([1, 2, 3, 10, 200]))
    size, origin = 10.0 ** generator.uniform(-12, 12), 10.0 ** generator.uniform(-6, 12) * generator.choice([-1, 0, 1])
    kinds = [
        lambda: generator.standard_t(1, rows), lambda: np.round(generator.normal(0, 2, rows)), lambda: np.zeros(rows),
        lambda: generator.choice([0.0, 1.0], rows), lambda: generator.lognormal(0, 3, rows),
    ]  # fmt: skip
    y = origin + size * kinds[seed % 5]()
    p = y if seed % 3 == 0 else y + size * 10.0 ** generator.uniform(-9, 3) * kinds[seed // 5 % 5]()
    states = measure_residuals(
        pa.table({"y": pa.array(y, mask=generator.random(rows) < 0.1), "p": p}), label="y", prediction="p",
        scale=scale_of(y[: rows // 2], p[: rows // 2]),
    )  # fmt: skip
    assert wire.encode(wire.decode(wire.encode(states))) == wire.encode(states)
    json.dumps(figures(states), allow_nan=False)


@real_data
def test_the_peers_figures_of_bicycle_hire_are_reproduced() -> None:
    frame = pd.read_csv(DATA / "bikeshare/bikeshare_scored.csv.gz")
    values = yaml.safe_load((DATA / "dev_expected.yaml").read_text())["values"]["bikeshare"]
    for month, expected in values.items():
        rows = frame[frame.timestamp.str.startswith(month)][["y_true", "y_pred"]]
        report = evaluate_regression(rows, label="y_true", prediction="y_pred")
        assert report["rows"] == expected["n"]
        for name in ("mae", "rmse", "r2"):
            assert report["performance"][name]["value"] == pytest.approx(expected[name], abs=1e-6)
