"""States add up: in any order, to the same bytes; and what a hostile client sends is refused."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.kit.errors import BadInput
from consilience.measure.evaluate import figures, measure_states
from consilience.measure.states import cube, scores, wire
from consilience.measure.states.cube import States

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # kernels compile at first use
SCORES = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 0.5, 0.25, 1e-300, 5e-324, 1 - 2**-53, 0.1, 0.3])


def a_table(rows: int, seed: int = 1) -> pa.Table:
    """Rows with two attributes, ties, and missing values everywhere."""
    generator = np.random.default_rng(seed)

    def gaps(values: np.ndarray) -> pa.Array:
        return pa.array(values, mask=generator.random(rows) < 0.1)

    score = np.round(generator.beta(0.5, 0.5, rows), generator.integers(1, 18))
    return pa.table(
        {
            "y": gaps((generator.random(rows) < score).astype(np.int8)),
            "s": gaps(score),
            "p": gaps((score > 0.4).astype(np.int8)),
            "a": gaps(generator.choice(["u", "v", "w"], rows)),
            "b": gaps(generator.integers(0, 3, rows)),
        }
    )


def counted(table: pa.Table, **more: Any) -> States:
    return measure_states(table, label="y", score="s", prediction="p", protected=["a", "b"], **more)


@RELAXED
@given(st.lists(SCORES, min_size=1, max_size=40))
def test_every_double_from_0_to_1_has_a_key_in_the_same_order(values: list[float]) -> None:
    array = np.array(values)
    keys = scores.keys_of(array)
    assert np.array_equal(scores.scores_of(keys), array)
    assert np.array_equal(np.argsort(keys, kind="stable"), np.argsort(array, kind="stable"))
    assert keys.min() >= 0
    assert keys.max() <= scores.TOP_KEY


@settings(RELAXED, max_examples=25)
@given(
    st.integers(1, 400), st.integers(0, 10_000), st.sampled_from([1, 7, 60, 131_072]), st.randoms(use_true_random=False)
)
def test_states_merge_to_the_same_bytes_in_any_order_and_grouping(
    rows: int, seed: int, entries: int, chance: random.Random
) -> None:
    table = a_table(rows, seed)
    whole = wire.encode(counted(table, score_entries=entries))
    cuts = sorted(chance.randint(0, rows) for _ in range(3))
    parts = [
        counted(table.slice(start, end - start), score_entries=entries)
        for start, end in zip([0, *cuts], [*cuts, rows], strict=True)
        if end > start
    ]
    chance.shuffle(parts)
    while len(parts) > 1:  # a random tree of merges
        one, other = parts.pop(chance.randrange(len(parts))), parts.pop(chance.randrange(len(parts)))
        parts.insert(chance.randint(0, len(parts)), cube.merge(one, other))
    assert wire.encode(parts[0]) == whole


@settings(RELAXED, max_examples=25)
@given(st.integers(1, 300), st.integers(0, 10_000), st.sampled_from([1, 5, 50, 131_072]))
def test_states_survive_their_json_form(rows: int, seed: int, entries: int) -> None:
    states = counted(a_table(rows, seed), score_entries=entries)
    again = wire.decode(wire.encode(states))
    assert wire.digest(again) == wire.digest(states)


def test_scores_of_32_bit_floats_take_less_room_and_lose_nothing() -> None:
    table = a_table(300)
    narrow = table.set_column(1, "s", table["s"].cast(pa.float32()))
    as_doubles = narrow.set_column(1, "s", narrow["s"].cast(pa.float64()))
    assert wire.to_json(counted(narrow))["zeros"] >= 29
    assert wire.encode(counted(narrow)) == wire.encode(counted(as_doubles))


def test_a_tie_of_both_classes_stays_exact_however_coarse_the_bins_are() -> None:
    low, high = np.linspace(0.01, 0.2, 400), np.linspace(0.6, 0.99, 400)
    table = pa.table({"y": [0] * 400 + [1] * 400 + [0, 1] * 300, "s": np.concatenate([low, high, [0.3] * 600])})
    states = measure_states(table, label="y", score="s", score_entries=60)
    assert states.scores.shift > 0
    figure = figures(states)["performance"]["roc_auc"]
    exact = (400 * 700 + 300 * 400 + 300 * 300 / 2) / 700**2
    assert (figure["value"], figure["method"]) == (pytest.approx(exact, abs=1e-15), "delong-logit")


def test_the_scores_coarsen_as_little_as_the_limit_allows() -> None:
    table = pa.table({"y": [0] * 1000, "s": np.linspace(0, 1, 1000)})
    for limit in (1, 10, 100, 999, 1000):
        kept = measure_states(table, label="y", score="s", score_entries=limit).scores
        assert len(kept) <= max(limit, 2)  # at the coarsest shift two bins are left
        exact = measure_states(table, label="y", score="s").scores
        if 0 < kept.shift < scores.MAX_SHIFT:
            assert len(scores.coarsen(exact, kept.shift - 1)) > limit


def test_states_of_different_plans_are_not_added() -> None:
    table = a_table(20)
    one = counted(table)
    other = measure_states(table, label="y", score="s", prediction="p", protected=["a"])
    with pytest.raises(BadInput, match=r"cannot be added: protected is \('a', 'b'\) in one and \('a',\) in the other"):
        cube.merge(one, other)


def test_states_that_together_have_three_classes_are_not_added() -> None:
    one = measure_states(pa.table({"y": ["no", "yes"]}), label="y", positive="yes")
    other = measure_states(pa.table({"y": ["maybe"]}), label="y", positive="yes")
    with pytest.raises(BadInput, match="two classes are expected, there are more: 'maybe', 'no', 'yes'"):
        cube.merge(one, other)


def test_windows_of_one_year_each_add_up_to_all_years() -> None:
    table = a_table(200).append_column("year", pa.array([2015, 2016] * 100))
    parts = [counted(table, where=[("year", year)]) for year in (2015, 2016)]
    assert wire.encode(cube.merge_all(parts)) == wire.encode(counted(table))


def test_a_wide_sum_does_not_overflow() -> None:
    key, tally = counted(pa.table({"y": [1], "s": [1.0], "p": [1], "a": ["u"], "b": [0]})).cells[0]
    assert key.values == ("u", "0")
    states = counted(a_table(50))
    for _ in range(45):
        states = cube.merge(states, states)
    assert states.rows == 50 * 2**45
    assert wire.decode(wire.encode(states)).rows == states.rows
    assert tally.bin_scores[9] == cube.UNIT


def test_the_bytes_of_states_never_change() -> None:
    # States are evidence that is kept: these digests are of the first format, and stay.
    number = np.arange(3000)
    score = (number * 7919 % 997) / 997
    table = pa.table(
        {
            "y": pa.array((number * 31 % 100 < score * 100).astype(np.int8), mask=number % 50 == 0),
            "s": pa.array(score, mask=number % 70 == 0),
            "p": (score > 0.5).astype(np.int8),
            "a": np.where(number % 3, "u", "v"),
            "b": number % 4,
        }
    )
    found = [wire.digest(counted(table, score_entries=entries)) for entries in (131_072, 100)]
    assert found == [
        "d31e05ec2d00a57f356ddd3130d1123d37fb7c4a6271a9d753bfeb35cd654229",
        "89967387e50c78c92ec96468422181594ecff4710ba7947468ebf0a055088a48",
    ]
