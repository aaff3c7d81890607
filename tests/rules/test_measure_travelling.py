"""What leaves a machine: no single value, nothing about few rows, and figures that stay those of the same option."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import drifting, evaluate
from consilience.measure.states import profile_wire, wire
from consilience.measure.states.cube import States
from consilience.measure.states.masking import WITHHELD, masked
from consilience.measure.states.travelling import POOLED

MINIMUM = 5


def a_table(rows: int, seed: int, *, shift: float = 0.0) -> pa.Table:
    rng = np.random.Generator(np.random.PCG64(seed))
    return pa.table(
        {
            "income": rng.normal(30_000 + shift, 7_000, rows) + 0.123456,
            "age": rng.integers(18, 80, rows),
            "late": rng.poisson(0.4, rows),
            "town": rng.choice(["Bonn", "Ulm", "Hof"], rows, p=[0.7, 0.28, 0.02]),
            "email": [f"{number}@example.org" for number in range(rows)],
        }
    )


@pytest.mark.parametrize(("then", "now"), [(40, 37), (300, 210), (5000, 2400)])
def test_no_bin_and_no_value_tells_of_fewer_rows_than_the_minimum(then: int, now: int) -> None:
    sides = drifting.profiles_to_send(a_table(now, 2, shift=900), a_table(then, 1), minimum_group=MINIMUM)
    for side in sides:
        assert set(side.columns) == {"income", "age", "late", "town"}
        for column in ("income", "age", "late"):
            state = side.number(column)
            assert state is not None
            assert state.values is None
            assert len(state.hashes) == 1
            assert all(rows == 0 or rows >= MINIMUM for rows in state.bins), column
        town = side.category("town")
        assert town is not None
        assert all(rows >= MINIMUM for rows in town.counts.values())


def test_no_value_of_a_row_travels() -> None:
    then, now = a_table(300, 1), a_table(210, 2, shift=900)
    sent = b"".join(profile_wire.encode(one) for one in drifting.profiles_to_send(now, then, minimum_group=MINIMUM))
    plan = json.loads(profile_wire.encode(drifting.profiles_to_send(now, then, minimum_group=MINIMUM)[0]))["plan"]
    edges = {
        float(edge) for column in plan["columns"] if column["name"] == "income" for edge in column["scale"]["edges"]
    }
    told = edges | {float(column["scale"]["origin"]) for column in plan["columns"] if "scale" in column}
    assert edges
    for table in (then, now):
        values = set(table["income"].to_pylist())
        assert not values & told
        assert not any(f'"{value!r}"'.encode() in sent for value in values)
        assert b"@example.org" not in sent


def test_the_profiles_are_accepted_and_give_the_report_that_the_sender_sees() -> None:
    sides = drifting.profiles_to_send(a_table(2400, 2, shift=3000), a_table(5000, 1), minimum_group=MINIMUM)
    arrived = [profile_wire.decode(profile_wire.encode(one)) for one in sides]
    assert drifting.report(*arrived) == drifting.report(*sides)
    whole = drifting.drift(a_table(2400, 2, shift=3000), a_table(5000, 1))["features"]
    features = drifting.report(*sides)["features"]
    assert isinstance(features, dict)
    for column in ("income", "age", "late", "town"):
        assert features[column]["psi"]["value"] == pytest.approx(whole[column]["psi"]["value"], abs=0.01), column
        assert features[column]["psi"]["value"] > 0.1 if column == "income" else True


def test_a_pool_of_rare_categories_is_not_itself_too_small() -> None:
    then = pa.table({"town": ["Bonn"] * 50 + ["Ulm"] * 7 + ["Hof"] * 2})
    now = pa.table({"town": ["Bonn"] * 60 + ["Ulm"] * 9 + ["Selb"] * 20})
    before, after = drifting.profiles_to_send(now, then, minimum_group=MINIMUM)
    assert before.category("town").counts == {"Bonn": 50, POOLED: 9}  # type: ignore[union-attr]
    assert after.category("town").counts == {"Bonn": 60, POOLED: 9, "Selb": 20}  # type: ignore[union-attr]


def test_data_of_which_nothing_is_left_are_refused() -> None:
    with pytest.raises(BadInput, match="no column"):
        drifting.profiles_to_send(pa.table({"x": [1.0, 2.0]}), pa.table({"x": [1.0, 2.0]}))
    with pytest.raises(WrongUse):
        drifting.profiles_to_send(pa.table({"x": [1.0]}), pa.table({"x": [1.0]}), minimum_group=0)


@pytest.mark.parametrize(
    "values",
    [
        [5e-324, 1e-310, 0.0, -0.0, 1.0] * 40,
        [1e308, -1e308, 1.7e308, 0.0] * 40,
        [float(2**53 - 1 - one) for one in range(200)],
        [7.0] * 50,
        [-3.5] * 30 + [-1e-9] * 30 + list(np.linspace(-9, -1, 140)),
    ],
)
def test_odd_columns_travel_in_a_form_that_is_accepted(values: list[float]) -> None:
    table = pa.table({"x": values})
    for one in drifting.profiles_to_send(table, table):
        assert profile_wire.decode(profile_wire.encode(one)) == one


def some_states(rows: int = 600, seed: int = 1) -> States:
    rng = np.random.Generator(np.random.PCG64(seed))
    score = rng.random(rows)
    table = pa.table(
        {
            "y": (rng.random(rows) < score).astype(int),
            "s": score,
            "sex": rng.choice(["f", "m"], rows),
            "town": rng.choice(["Bonn", "Ulm", "Hof", "Selb"], rows, p=[0.8, 0.17, 0.02, 0.01]),
            "age": rng.choice(["18", "40", "80"], rows, p=[0.5, 0.48, 0.02]),
        }
    )
    return evaluate.measure_states(table, label="y", score="s", threshold=0.5, protected=["sex", "town", "age"])


def test_no_group_of_masked_states_is_small_and_no_difference_of_groups_is() -> None:
    states = some_states()
    sent = masked(states, minimum=MINIMUM)
    rows = Counter[tuple[str | None, ...]]()
    for key, tally in sent.cells:
        rows[key.values] += tally.rows
    assert min(rows.values()) >= MINIMUM
    assert any(WITHHELD in values for values in rows)
    for depth in (1, 2):
        for chosen in combinations(range(3), depth):
            rolled = Counter[tuple[str | None, ...]]()
            for values, size in rows.items():
                rolled[tuple(values[place] for place in chosen)] += size
            for values, size in rows.items():
                rest = rolled[tuple(values[place] for place in chosen)] - size
                assert rest == 0 or rest >= MINIMUM


def test_masked_states_are_accepted_and_all_rows_have_the_figures_they_had() -> None:
    states = some_states()
    sent = wire.decode(wire.encode(masked(states, minimum=MINIMUM)))
    assert wire.encode(sent) == wire.encode(masked(states, minimum=MINIMUM))
    figures, whole = evaluate.figures(sent), evaluate.figures(states)
    for part in ("rows", "confusion", "performance", "rates", "reliability"):
        assert figures[part] == whole[part], part
    assert figures["fairness"]["sex"]["groups"] == whole["fairness"]["sex"]["groups"]  # type: ignore[index,call-overload]


def test_a_minimum_of_one_and_groups_that_are_large_enough_change_nothing() -> None:
    states = some_states()
    assert masked(states, minimum=1) is states
    large = evaluate.measure_states(
        pa.table({"y": [0, 1] * 10, "p": [0, 1] * 10, "g": ["a", "b"] * 10}), label="y", prediction="p", protected=["g"]
    )
    assert masked(large, minimum=MINIMUM) is large
    tiny = masked(large, minimum=50)
    assert {key.values for key, _ in tiny.cells} == {(WITHHELD,)}


@pytest.mark.parametrize("kind", ["time", "local_time", "number"])
@pytest.mark.parametrize("unit", [0, 1023, 1100, -1100])
def test_what_a_hostile_sender_makes_up_gives_a_report(kind: str, unit: int) -> None:
    scale = {"edges": ["-1e+300", "0", "1e+308"], "deciles": ["0"], "origin": "1e+308", "unit": unit}
    state = {
        "missing": 0, "nan": 0, "low_infinite": 0, "high_infinite": 0, "beyond": 0, "total": str(2**45),
        "squares": str(2**90), "bins": "0 5 5 0", "minimum": "-1e+300", "maximum": "1e+307", "hashes": "0",
    }  # fmt: skip
    made = {
        "schema": profile_wire.SCHEMA, "plan": {"exact_rows": 0, "columns": [{"name": "x", "kind": kind, "scale": scale}]},
        "rows": 10, "types": {"x": "double"}, "columns": {"x": state},
    }  # fmt: skip
    arrived = profile_wire.from_json(made)
    assert drifting.report(arrived, arrived)["rows"] == 10
