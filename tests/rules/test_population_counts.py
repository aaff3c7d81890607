"""Rows by group that travel: nothing of few rows, the figures of the report, and strict reading."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from consilience.kit import canonical
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import population_counts
from consilience.measure.representative import represent
from consilience.measure.states.travelling import POOLED

SHARES = {"region": {"north": 0.4, "south": 0.3, "west": 0.2, "isle": 0.06, "reef": 0.04}}


def a_table(rows: int = 400, *, isle: int = 3, reef: int = 1) -> pa.Table:
    rng = np.random.Generator(np.random.PCG64(4))
    region = rng.choice(["north", "south", "west"], rows, p=[0.5, 0.3, 0.2]).tolist()
    region[: isle + reef] = ["isle"] * isle + ["reef"] * reef
    region[-7:] = [None] * 5 + ["abroad"] * 2
    return pa.table({"region": region, "sex": rng.choice(["f", "m"], rows), "who": [n // 4 for n in range(rows)]})


def counted(**how: Any) -> dict[str, Any]:
    return population_counts.to_json(population_counts.counts_of(represent(a_table(**how), SHARES)))


def test_without_few_rows_the_figures_are_those_of_the_report() -> None:
    report: Any = represent(a_table(isle=30, reef=12), SHARES)
    (made,) = population_counts.fields(population_counts.counts_of(report))["attributes"]
    whole = report["attributes"]["region"]
    assert made["distance"] == whole["distance"]
    assert made["p_value"] == whole["p_value"]
    assert made["effective_rows"] == pytest.approx(whole["effective_rows"], rel=1e-9)
    assert made["apart"] == 7
    for group in made["groups"]:
        assert group["ratio"] == whole["groups"][group["key"]]["ratio"]
        assert group["share"] == whole["groups"][group["key"]]["share"]


def test_groups_of_few_rows_are_one_and_take_the_next_along() -> None:
    (attribute,) = counted()["attributes"]
    groups = {one["key"]: one["rows"] for one in attribute["groups"]}
    assert set(groups) == {"north", "south", POOLED}
    assert groups[POOLED] > 50
    assert sum(groups.values()) + attribute["apart"] == 400
    assert sum(float(one["stated"]) for one in attribute["groups"]) == pytest.approx(1.0)
    (five,) = counted(isle=4, reef=2)["attributes"]
    assert {one["key"]: one["rows"] for one in five["groups"]}[POOLED] == 6


def test_combinations_are_taken_only_alone_and_people_never() -> None:
    both = {"sex": {"f": 0.5, "m": 0.5}, "sex x region": {"f x north": 0.5, "m x north": 0.5}}
    with pytest.raises(BadInput, match="by itself"):
        population_counts.counts_of(represent(a_table(), both))
    alone = {"sex x region": {"f x north": 0.5, "m x north": 0.5}}
    assert population_counts.counts_of(represent(a_table(), alone)).attributes[0].name == "sex x region"
    with pytest.raises(WrongUse, match="people"):
        population_counts.counts_of(represent(a_table(), SHARES, people="who"))
    with pytest.raises(BadInput, match="fewer than 5 rows"):
        population_counts.stated_fields(represent(a_table(), SHARES, people="who"))
    with pytest.raises(BadInput, match="no attribute is left"):
        population_counts.counts_of(represent(a_table(20), SHARES), minimum=50)


def test_what_was_written_is_read_and_nothing_else_is() -> None:
    sent = counted(isle=30, reef=12)
    assert population_counts.to_json(population_counts.from_json(canonical.decode(canonical.encode(sent)))) == sent
    changes: list[Any] = [
        lambda one: one.update(schema="urn:x"),
        lambda one: one.update(sample_rows=one["of_rows"] + 1),
        lambda one: one.update(minimum=0),
        lambda one: one.update(minimum=20),
        lambda one: one.update(seed="007"),
        lambda one: one.update(more=1),
        lambda one: one["attributes"].append(one["attributes"][0]),
        lambda one: one["attributes"][0].update(apart=8),
        lambda one: one["attributes"][0]["groups"][0].update(rows=1),
        lambda one: one["attributes"][0]["groups"][0].update(stated="0.9"),
        lambda one: one["attributes"][0]["groups"][0].update(key="south"),
        lambda one: one["attributes"][0]["groups"][0].update(stated="0.40"),
        lambda one: one.update(attributes=[]),
    ]
    for number, change in enumerate(changes):
        forged = copy.deepcopy(sent)
        change(forged)
        with pytest.raises(BadInput, match="counts"):
            population_counts.from_json(forged)
        assert forged != sent, number
