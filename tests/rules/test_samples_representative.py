"""Representativeness: shares against stated ones, groups nobody is of, and what rows are worth when weighted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from consilience.kit.errors import BadInput
from consilience.measure.metrics.figure import Reason
from consilience.measure.samples.representative import representativeness


def people(counts: dict[tuple[str | None, int], int]) -> pa.Table:
    rows = [key for key, count in counts.items() for _ in range(count)]
    return pa.table({"sex": pa.array([row[0] for row in rows], pa.string()), "class": [row[1] for row in rows]})


TABLE = people({("f", 1): 100, ("f", 2): 200, ("m", 1): 300, ("m", 2): 390, (None, 1): 10})


def test_ratios_and_the_distance_are_those_of_the_counts() -> None:
    found = representativeness(TABLE, {"sex": {"f": 0.5, "m": 0.5}}).attributes["sex"]
    women = found.groups["f"]
    assert (women.rows, women.ratio.value) == (300, pytest.approx(300 / 990 / 0.5))
    assert women.ratio.high is not None
    assert women.ratio.high < 1
    chi = stats.chisquare([300, 690], [495, 495])
    assert found.distance.value == pytest.approx((chi.statistic / 990) ** 0.5)
    assert found.p_value == pytest.approx(chi.pvalue)
    assert (found.without_value, found.missing_groups, found.not_stated) == (10, (), {})


def test_weighted_rows_are_worth_what_kish_says() -> None:
    found = representativeness(TABLE, {"sex": {"f": 0.5, "m": 0.5}})
    weights = np.repeat([0.5 / 300, 0.5 / 690], [300, 690])
    assert found.effective_rows == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    assert found.effective_rows == found.attributes["sex"].effective_rows


def test_raking_brings_all_attributes_to_their_shares_at_once() -> None:
    stated = {"sex": {"f": 0.5, "m": 0.5}, "class": {"1": 0.3, "2": 0.7}}
    cells = np.array([[100.0, 200.0], [300.0, 390.0]])
    weights = np.ones((2, 2))
    for _ in range(200):
        table = cells * weights
        weights *= (np.array([0.5, 0.5]) / table.sum(axis=1))[:, None]
        table = cells * weights
        weights *= np.array([0.3, 0.7]) / table.sum(axis=0)
    expected = (cells * weights).sum() ** 2 / (cells * weights**2).sum()
    assert representativeness(TABLE, stated).effective_rows == pytest.approx(expected)


def test_groups_that_nobody_is_of_and_values_that_nobody_stated_are_named() -> None:
    found = representativeness(TABLE, {"class": {"1": 0.4, "3": 0.6}})
    assert found.attributes["class"].missing_groups == ("3",)
    assert found.attributes["class"].not_stated == {"2": 590}
    assert found.sentence().startswith("Nobody is of class 3.")


def test_intersections_and_counts_can_be_stated() -> None:
    stated = {"sex x class": {"f x 1": 250, "f x 2": 250, "m x 1": 250, "m x 2": 250}}
    found = representativeness(TABLE, stated).attributes["sex x class"]
    assert {name: group.rows for name, group in found.groups.items()} == {
        "f x 1": 100, "f x 2": 200, "m x 1": 300, "m x 2": 390,
    }  # fmt: skip
    assert found.groups["m x 2"].stated == 0.25


def test_intervals_hold_for_all_groups_at_once() -> None:
    g = np.random.default_rng(1)
    shares = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    stated = {str(number): share for number, share in enumerate(shares)}
    wrong = 0
    for _ in range(200):
        found = representativeness(pa.table({"k": g.choice(5, 300, p=shares)}), {"k": stated}).attributes["k"]
        wrong += any(not group.ratio.low <= 1 <= group.ratio.high for group in found.groups.values())  # type: ignore[operator]
    assert wrong <= 19  # 10 of 200 expected at most


def test_shares_that_do_not_add_up_are_refused() -> None:
    for stated in ({"f": 0.5, "m": 0.3}, {"f": -0.5, "m": 1.5}, {}):
        with pytest.raises(BadInput, match="population"):
            representativeness(TABLE, {"sex": stated})
    with pytest.raises(BadInput, match="no column"):
        representativeness(TABLE, {"region": {"north": 1.0}})


def test_weights_that_cannot_be_are_undefined() -> None:
    contradicting = {"sex": {"f": 0.5, "m": 0.5}, "sex x class": {"f x 1": 0.9, "m x 1": 0.1}}
    assert representativeness(TABLE, contradicting).effective_rows is None


def test_rows_that_repeat_people_are_worth_as_many_as_the_people() -> None:
    once = representativeness(TABLE, {"sex": {"f": 0.5, "m": 0.5}}).attributes["sex"]
    eight = pa.concat_tables([TABLE.append_column("who", pa.array(np.arange(1_000)))] * 8)
    whole = representativeness(eight, {"sex": {"f": 0.5, "m": 0.5}}, people="who")
    found = whole.attributes["sex"]
    assert (whole.people, found.groups["f"].rows, found.groups["f"].people) == (1_000, 2_400, 300)
    assert found.design_effect == pytest.approx(8, rel=0.01)
    assert found.p_value == pytest.approx(once.p_value, rel=0.02)
    for one, other in (
        (once.distance, found.distance),
        (once.groups["f"].ratio, found.groups["f"].ratio),
        (once.groups["m"].ratio, found.groups["m"].ratio),
    ):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), rel=0.005)


def test_people_with_one_row_each_change_nothing_but_students_quantile() -> None:
    table = TABLE.append_column("who", pa.array([f"p{number}" for number in range(1_000)]))
    plain = representativeness(table, {"class": {"1": 0.3, "2": 0.6, "3": 0.1}}).attributes["class"]
    found = representativeness(table, {"class": {"1": 0.3, "2": 0.6, "3": 0.1}}, people="who").attributes["class"]
    assert found.design_effect == pytest.approx(1, abs=0.01)
    for key in ("1", "2", "3"):
        one, other = plain.groups[key].ratio, found.groups[key].ratio
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=0.002)
        assert str(other.method) == "wilson-bonferroni-clusters"
    assert plain.design_effect is None


def test_few_people_have_no_interval_and_rows_without_an_id_take_no_part() -> None:
    who = pa.array([None if number >= 900 else number % 9 for number in range(1_000)])
    found = representativeness(TABLE.append_column("who", who), {"sex": {"f": 0.5, "m": 0.5}}, people="who")
    assert (found.people, found.sample_rows, found.of_rows) == (9, 900, 1_000)
    sex = found.attributes["sex"]
    assert sex.distance.reason is Reason.FEW_CLUSTERS
    assert sex.groups["f"].ratio.reason is Reason.FEW_CLUSTERS
    assert sex.distance.value is not None
    assert sex.p_value is None
    with pytest.raises(BadInput, match="has no column 'whom'"):
        representativeness(TABLE, {"sex": {"f": 0.5, "m": 0.5}}, people="whom")
