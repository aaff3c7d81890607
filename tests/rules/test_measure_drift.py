"""Drift: the figures are those of scipy and of the published definitions; brackets hold; intervals find what is there."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml
from scipy import stats
from scipy.spatial.distance import jensenshannon
from scipy.special import chndtrinc

from consilience.kit.errors import BadInput
from consilience.measure.drifting import drift as drift_report
from consilience.measure.drifting import profile_report
from consilience.measure.engines.learning import learn
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.profiling import profile
from consilience.measure.metrics import distance, divergence, drift
from consilience.measure.metrics.figure import Figure, Reason
from consilience.measure.pictures import words
from consilience.measure.states.profile import ProfilePlan

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
Ints = np.ndarray[Any, np.dtype[np.int64]]


def counts(seed: int, bins: int = 12, rows: int = 3_000, tilt: float = 0.3) -> tuple[Ints, Ints]:
    generator = np.random.default_rng(seed)
    base = generator.dirichlet(np.ones(bins))
    other = base * np.exp(tilt * generator.normal(size=bins))
    return generator.multinomial(rows, base), generator.multinomial(rows // 2, other / other.sum())


@pytest.mark.parametrize("freedom", [1, 2, 9, 30, 59, 60, 800])
def test_noncentralities_are_those_of_scipy(freedom: int) -> None:
    for statistic in (1e-4, 0.5, 3.0, 20.0, freedom + 2.0, 1.5 * freedom, 700.0, 4e4, 3e6):
        wanted = [float(chndtrinc(statistic, freedom, tail)) for tail in divergence.LEVEL_TAILS]
        assert divergence.noncentrality(statistic, freedom) == pytest.approx(wanted, rel=1e-11, abs=1e-9), statistic
    assert divergence.noncentrality(0.0, freedom) == (0.0, 0.0)


def test_far_out_the_normal_limit_continues_the_noncentral_distribution() -> None:
    near, far = (divergence.noncentrality(divergence.FAR * side, 9) for side in (1.0, 1 + 1e-12))
    assert far == pytest.approx(near, rel=1e-8)


def of_columns(then: Any, now: Any, *, exact_rows: int = 131_072) -> dict[str, Figure]:
    plan = learn(open_source(pa.table({"x": then})), exact_rows=exact_rows)
    return drift.drift(profile(pa.table({"x": then}), plan), profile(pa.table({"x": now}), plan))["x"]


@pytest.mark.parametrize("seed", range(6))
def test_divergences_are_those_of_scipy(seed: int) -> None:
    then, now = counts(seed)
    p, q = then / then.sum(), now / now.sum()
    assert divergence.jensen_shannon(then, now).value == pytest.approx(jensenshannon(p, q, base=2), abs=1e-12)
    assert divergence.hellinger(then, now).value == pytest.approx(math.sqrt(1 - np.sqrt(p * q).sum()), abs=1e-9)
    assert divergence.total_variation(then, now).value == pytest.approx(np.abs(p - q).sum() / 2)
    clipped = np.clip(p, 1e-4, None), np.clip(q, 1e-4, None)
    assert divergence.psi(then, now).value == pytest.approx(
        ((clipped[1] - clipped[0]) * np.log(clipped[1] / clipped[0])).sum()
    )
    table = np.array([then, now])[:, then + now > 0]
    expected = stats.chi2_contingency(table, correction=False)
    statistic, freedom = divergence.chi_square(then, now)
    assert (statistic, freedom) == (pytest.approx(expected.statistic), expected.dof)
    assert divergence.cramers_v(then, now).value == pytest.approx(stats.contingency.association(table, method="cramer"))


def test_no_row_is_undefined_with_its_reason() -> None:
    none, some = np.zeros(3, dtype=np.int64), np.array([1, 2, 3])
    for metric in (
        divergence.psi,
        divergence.jensen_shannon,
        divergence.hellinger,
        divergence.total_variation,
        divergence.cramers_v,
    ):
        found = metric(some, none)
        assert (found.value, found.reason) == (None, Reason.NO_ROWS)


@pytest.mark.parametrize("name", ["psi", "jensen_shannon", "hellinger"])
@pytest.mark.parametrize("tilt", [0.0, 0.05, 0.4])
def test_intervals_of_divergences_hold_the_truth(name: str, tilt: float) -> None:
    """The long simulation is in the manual; this one sees a broken interval."""
    generator = np.random.default_rng(11)
    base = np.full(10, 0.1)
    other = base * np.exp(tilt * np.linspace(-1, 1, 10))
    other /= other.sum()
    metric = getattr(divergence, name)
    exact = metric((base * 1e9).astype(np.int64), (other * 1e9).astype(np.int64)).value
    covered = [
        (found.low or 0.0) - 1e-9 <= exact <= (found.high or 0.0) + 1e-9
        for found in (
            metric(generator.multinomial(4_000, base), generator.multinomial(4_000, other)) for _ in range(400)
        )
    ]
    assert np.mean(covered) >= 0.92


def test_an_unchanged_column_is_not_called_shifted() -> None:
    generator = np.random.default_rng(2)
    for _ in range(20):
        found = of_columns(generator.normal(size=2_000), generator.normal(size=2_000))
        assert words.size_of_shift(found["psi"].as_json())[0] in ("no shift seen", "small shift")


@pytest.mark.parametrize("seed", range(5))
def test_exact_distances_are_those_of_scipy(seed: int) -> None:
    generator = np.random.default_rng(seed)
    then, now = generator.gamma(2, 3, 1_500), np.round(generator.gamma(2.2, 3, 900), 1)
    found = of_columns(then, now)
    assert found["ks"].value == pytest.approx(stats.ks_2samp(then, now).statistic, abs=1e-12)
    assert found["wasserstein"].value == pytest.approx(stats.wasserstein_distance(then, now), rel=1e-12)
    assert found["mean_shift"].value == pytest.approx(now.mean() - then.mean(), abs=1e-7)
    assert "bracket" not in str(found["ks"].method)


@pytest.mark.parametrize("seed", range(8))
def test_what_comes_from_bins_lies_in_its_bracket(seed: int) -> None:
    generator = np.random.default_rng(100 + seed)
    shapes = [generator.normal(0, 1, 5_000), np.where(generator.random(5_000) < 0.5, 0.0, generator.gamma(1, 9, 5_000)),
              generator.poisson(3, 5_000).astype(float), np.round(generator.lognormal(2, 1, 5_000), 1)]  # fmt: skip
    for then in shapes:
        now = then[generator.integers(0, len(then), 4_000)] * generator.choice([1.0, 1.03, 1.3]) + generator.choice(
            [0.0, 0.4]
        )
        plan = learn(open_source(pa.table({"x": then})), exact_rows=0)
        states = [profile(pa.table({"x": rows}), plan).number("x") for rows in (then, now)]
        scale = plan.column("x").scale
        assert states[0] is not None
        assert states[1] is not None
        assert scale is not None
        ks = distance.ks(states[0], states[1], scale)
        area = distance.area_between(states[0], states[1], scale)
        assert ks.low - 1e-12 <= stats.ks_2samp(then, now).statistic <= ks.high + 1e-12
        assert area.low - 1e-9 <= stats.wasserstein_distance(then, now) <= area.high + 1e-9
        assert ks.low <= ks.value <= ks.high
        assert area.low <= area.value <= area.high


def test_the_bracket_of_whole_numbers_is_closed() -> None:
    generator = np.random.default_rng(1)
    then, now = generator.poisson(4, 5_000), generator.poisson(5, 5_000)
    found = of_columns(then, now, exact_rows=0)
    assert found["ks"].value == pytest.approx(stats.ks_2samp(then, now).statistic, abs=1e-12)


def test_a_code_that_appears_is_seen_though_the_tenths_hide_it() -> None:
    then = np.array([0] * 700 + [2] * 300)
    now = np.array([0] * 600 + [1] * 150 + [2] * 250)
    found = of_columns(then, now)
    assert (found["psi"].value or 0) < 0.05
    assert (found["psi_by_value"].value or 0) > 0.5
    report = drift_report(pa.table({"code": now}), pa.table({"code": then}))
    assert words.shift(report["features"]["code"], report["bins"]["code"]).startswith(
        "The share of “1” rose from 0 % to 15 %"
    )


def test_categories_never_seen_and_shares_that_moved() -> None:
    then = ["a"] * 80 + ["b"] * 20
    now = ["a"] * 50 + ["b"] * 30 + ["new"] * 20
    found = of_columns(then, now)
    assert found["unseen"].value == pytest.approx(0.2)
    assert found["largest_share_shift"].value == pytest.approx(-0.3)


def test_two_columns_of_identifiers_are_compared_on_the_same_values() -> None:
    ids = [f"id{number}" for number in range(30_000)]
    same = of_columns(ids, ids[::-1])
    assert same["psi"].value == pytest.approx(0, abs=1e-9)
    assert same["unseen"].reason is Reason.TOO_MANY_VALUES
    other = of_columns(ids, [f"other{number}" for number in range(30_000)])
    assert (other["total_variation"].value or 0) > 0.1, "none of the listed values is there any more"


def test_missing_values_have_a_figure_of_their_own() -> None:
    found = of_columns([1.0, 2.0, 3.0, None] * 100, [1.0, None, None, None] * 100)
    assert found["missing_shift"].value == pytest.approx(0.5)
    assert (found["missing_shift"].low or 0) > 0.4


def test_a_constant_reference_and_values_without_bounds() -> None:
    found = of_columns([5.0] * 50, [5.0] * 40 + [7.0] * 10)
    assert found["wasserstein_scaled"].reason is Reason.CONSTANT
    assert found["ks"].value == pytest.approx(0.2)
    huge = of_columns([1.0, 2.0, 3.0] * 30, [1.0, 2.0, 1e308] * 30)
    assert huge["mean_shift"].reason is Reason.BEYOND_SCALE


def test_values_farther_apart_than_a_double_can_say_have_no_distance_but_a_reason() -> None:
    table = pa.table({"x": [1e308, 1.5e308, -1e308, 1e307, 2e307, 3e307, 0.0]})
    figures = drift_report(table, table)["features"]["x"]
    for name in ("wasserstein", "wasserstein_scaled"):
        assert (figures[name]["value"], figures[name]["reason"]) == (None, "beyond_scale")
    assert figures["ks"]["value"] == 0


def test_profiles_of_two_plans_are_not_compared() -> None:
    one, other = (profile(pa.table({"x": np.random.default_rng(seed).normal(size=50)})) for seed in (1, 2))
    with pytest.raises(BadInput, match="different plans"):
        drift.drift(one, other)


def test_a_window_without_rows_is_undefined_not_an_error() -> None:
    table = pa.table({"x": [1.0, 2.0, 3.0], "w": ["a", "b", "a"]})
    report = drift_report(table.slice(0, 0), table)
    assert report["rows"] == 0
    assert {figures["psi"]["reason"] for figures in report["features"].values()} == {"no_rows"}


def test_the_report_is_the_same_from_states_that_travelled() -> None:
    from consilience.measure.drifting import report
    from consilience.measure.states import profile_wire

    table = pa.table({"x": np.random.default_rng(3).normal(size=500), "w": ["a", "b"] * 250})
    plan = ProfilePlan(learn(open_source(table)).columns, exact_rows=0)
    sides = [profile(part, plan) for part in (table.slice(0, 300), table.slice(300))]
    travelled = [profile_wire.decode(profile_wire.encode(side)) for side in sides]
    assert report(*sides) == report(*travelled)


def test_a_profile_says_what_is_there() -> None:
    said = profile_report(
        profile(pa.table({"x": [1.0, 2.0, None, 4.0], "w": ["a", "a", "b", None], "l": [[1], [2], [3], [4]]}))
    )
    assert said["columns"]["x"]["mean"] == pytest.approx(7 / 3)
    assert said["columns"]["x"]["missing"] == 1
    assert said["columns"]["w"]["values"] == [{"value": "a", "rows": 2}, {"value": "b", "rows": 1}]
    assert said["not_counted"] == ["l"]


@pytest.mark.skipif(
    not (SHARED / "dev_expected.yaml").exists(), reason="the shared development data are not on this machine"
)
def test_the_figures_of_the_development_data_reproduce() -> None:
    expected = yaml.safe_load((SHARED / "dev_expected.yaml").read_text())["values"]
    compared = 0
    for name, period, reference, key, columns in (
        ("acs_ma_employment", "year", "2015", "drift_vs_2015", ["age", "y_score"]),
        ("credit_tw_panel", "timestamp", "2005-04-30", "drift_vs_2005-04", ["bill_amt", "pay_amt", "y_score"]),
    ):
        table = pq.read_table(SHARED / name / f"{name}.parquet")
        table = table.filter(pc.equal(table["split"], "score"))
        when = (
            pc.cast(table[period], pa.string()) if period == "year" else pc.strftime(table[period], format="%Y-%m-%d")
        )
        then = profile(table.filter(pc.equal(when, reference)).select(columns))
        for window, figures in expected[name].items():
            found = drift.drift(then, profile(table.filter(pc.equal(when, window)).select(columns), then.plan))
            for column, wanted in figures[key].items():
                assert found[column]["ks"].value == pytest.approx(wanted["ks"], abs=1e-6)
                assert found[column]["psi"].value == pytest.approx(wanted["psi_refdeciles_clip1e-4"], abs=1e-6)
                assert found[column]["wasserstein"].value == pytest.approx(wanted["wasserstein"], abs=1e-6)
                compared += 3
    assert compared == 78


@pytest.mark.skipif(
    not (SHARED / "dev_expected.yaml").exists(), reason="the shared development data are not on this machine"
)
def test_the_figures_of_the_electricity_market_reproduce() -> None:
    expected = yaml.safe_load((SHARED / "dev_expected.yaml").read_text())["values"]["elec2"]
    table = pq.read_table(SHARED / "elec2" / "elec2_scored.parquet")
    columns = ["nswprice", "nswdemand", "transfer", "y_score"]
    then = profile(table.filter(pc.equal(table["split"], "train")).select(columns))
    scored = table.filter(pc.equal(table["split"], "score"))
    rows = scored["row"].to_pylist()
    for window in expected:
        start, end = (rows.index(row) for row in window["rows"])
        found = drift.drift(then, profile(scored.slice(start, end - start + 1).select(columns), then.plan))
        for column, wanted in window["drift_vs_train"].items():
            assert found[column]["ks"].value == pytest.approx(wanted["ks"], abs=1e-6)
            assert found[column]["psi"].value == pytest.approx(wanted["psi_refdeciles_clip1e-4"], abs=1e-6)
            assert found[column]["wasserstein"].value == pytest.approx(wanted["wasserstein"], abs=1e-6)
    assert len(expected) == 10


def test_a_printed_report_opens_what_is_folded() -> None:
    table = pa.table({"x": [1.0, 2.0, 3.0]})
    page = drift_report(table, table).html()
    assert "<details>" in page
    printed = page[page.index("@media print") :]
    assert (
        "details::details-content { content-visibility: visible;" in printed
    )  # Chromium 131 folds the contents otherwise
