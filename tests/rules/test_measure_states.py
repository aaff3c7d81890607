"""States add up: in any order, to the same bytes; and what a hostile client sends is refused."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
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


# What a hostile client sends


def _sent() -> dict[str, Any]:
    table = pa.table({"y": [0, 1, 1, 0, 1], "s": [0.1, 0.9, 0.5, 0.5, 0.25], "a": ["u", "u", "v", "v", "v"]})
    sent: dict[str, Any] = wire.to_json(measure_states(table, label="y", score="s", threshold=0.5, protected=["a"]))
    return sent


def _set(*path: Any) -> Callable[[dict[str, Any]], None]:
    """Put the last argument at the path made of the others."""

    def change(sent: dict[str, Any]) -> None:
        inner: Any = sent
        for step in path[:-2]:
            inner = inner[step]
        inner[path[-2]] = path[-1]

    return change


def _scale_rows(sent: dict[str, Any]) -> None:
    sent["cells"][0]["rows"] = sent["cells"][0]["rows"] + 1


def _swap(sent: dict[str, Any]) -> None:
    sent["cells"].reverse()


def _twice(sent: dict[str, Any]) -> None:
    sent["cells"].insert(0, copy.deepcopy(sent["cells"][0]))


def _no_score(sent: dict[str, Any]) -> None:
    sent["cells"][0]["bins"] = str((scores.TOP_KEY - 2) >> sent["zeros"])  # 1 - 1e-323 is no double


def _fewer_zeros(sent: dict[str, Any]) -> None:
    sent["zeros"] = 0


def _another_spelling(sent: dict[str, Any]) -> None:
    sent["zeros"] -= 1
    for cell in sent["cells"]:
        cell["bins"] = " ".join(str(2 * int(step)) for step in cell["bins"].split(" "))


LIES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "no object": (_set("cells", 0, []), "an object with exactly values"),
    "another schema": (_set("schema", "urn:consilience:states:2"), "states.schema"),
    "an extra key": (_set("more", 1), "an object with exactly schema"),
    "an extra key in a cell": (_set("cells", 0, "more", 1), "an object with exactly values"),
    "no cells": (_set("cells", []), "there is no row"),
    "a negative count": (_set("cells", 0, "rows", -1), "an integer from 0"),
    "a boolean count": (_set("cells", 0, "rows", True), "an integer from 0"),
    "a huge count": (_set("cells", 0, "rows", 2**60), "an integer from 0"),
    "a count as a float": (_set("cells", 0, "rows", 1.0), "an integer from 0"),
    "a count as text": (_set("cells", 0, "rows", "1"), "an integer from 0"),
    "rows that disagree with the bins": (_scale_rows, "with a threshold, a row has a prediction exactly if"),
    "no rows in a cell": (_set("cells", 0, "rows", 0), "are none, or fewer"),
    "bins that disagree with the entries": (_set("cells", 0, "counts", "2"), "disagree on the rows with a score"),
    "too few bins": (_set("cells", 0, "bin_rows", [1]), "10 bins are expected"),
    "a sum that no scores have": (_set("cells", 0, "bin_scores", ["0"] * 10), "bin_scores: does not follow"),
    "a sum as an integer": (_set("cells", 0, "squared", 1), "a string of decimal digits"),
    "a sum of a million digits": (_set("cells", 0, "squared", "9" * 1_000_000), "a string of decimal digits"),
    "a sum with a leading zero": (_set("cells", 0, "squared", "01"), "a string of decimal digits"),
    "a sum in other digits": (_set("cells", 0, "squared", "\u0661"), "a string of decimal digits"),
    "a loss that does not follow": (_set("cells", 0, "squared", "20995116278"), "squared: does not follow"),
    "a log loss that does not follow": (_set("cells", 0, "log_loss", str(2**46)), "log_loss: does not follow"),
    "a sum that does not follow": (_set("cells", 0, "bin_scores", 1, str(2**40 // 9)), "bin_scores: does not follow"),
    "bins that do not follow": (_set("cells", 0, "bin_rows", [0, 0, 1, *[0] * 7]), "bin_rows: does not follow"),
    "another threshold": (_set("plan", "threshold", "0.6"), "predictions that do not follow"),
    "a loss without a label": (_set("cells", -1, "label", None), "has losses without a label"),
    "a label of 2": (_set("cells", 0, "label", 2), "an integer from 0 to 1"),
    "a label that is true": (_set("cells", 0, "label", True), "an integer from 0 to 1"),
    "a class that was not seen": (_set("seen", "label", ["0"]), "does not name the classes that the cells have"),
    "classes out of order": (_set("seen", "label", ["1", "0"]), "is not sorted"),
    "three classes": (_set("seen", "label", ["0", "1", "2"]), "a list of at most 2"),
    "classes that need a choice": (_set("seen", "label", ["a", "b"]), "say which one is the positive class"),
    "cells out of order": (_swap, "not in rising order"),
    "a cell twice": (_twice, "one stands there twice"),
    "too many values": (_set("cells", 0, "values", ["u", "v"]), "need 1 values"),
    "a value that is no text": (_set("cells", 0, "values", [1]), "a text of at most"),
    "a value that is too long": (_set("cells", 0, "values", ["u" * 501]), "a text of at most"),
    "a value with half a character": (_set("cells", 0, "values", ["\ud800"]), "a text of at most"),
    "entries that are no integers": (_set("cells", 0, "counts", "1.5"), "integers with one space between"),
    "entries of nothing": (_set("cells", 0, "counts", "0"), "at least"),
    "an entry below 0": (_set("cells", 0, "bins", "-1"), "outside the scores"),
    "an entry above 1": (_set("cells", 0, "bins", "9205357638345293825"), "outside the scores"),
    "an entry of many digits": (_set("cells", 0, "bins", "9" * 5000), "integers with one space between"),
    "an entry that is no score": (_no_score, "stands for no score"),
    "a shift without offsets": (_set("shift", 3), "offsets are expected"),
    "a shift that is too large": (_set("shift", 63), "an integer from 0 to 62"),
    "zeros that hide": (_fewer_zeros, "not follow"),
    "the same scores in another spelling": (_another_spelling, "are not in their canonical form"),
    "a threshold above 1": (_set("plan", "threshold", "2"), "is not a number from 0 to 1"),
    "a threshold as a float": (_set("plan", "threshold", 0.5), "a number as a string"),
    "a threshold that is no number": (_set("plan", "threshold", "NaN"), "a number as a string"),
    "a threshold beside a prediction": (_set("plan", "prediction", "p"), "not both"),
    "no columns": (
        _set(
            "plan",
            {
                "label": None,
                "score": None,
                "prediction": None,
                "positive": None,
                "protected": ["a"],
                "threshold": None,
                "score_entries": 5,
            },
        ),
        "nothing to measure",
    ),
    "an attribute with a cross": (_set("plan", "protected", ["a x b"]), "may not contain ' x '"),
    "more entries than the plan allows": (_set("plan", "score_entries", 1), "more than 1 score entries"),
    "scores without a score column": (
        _set(
            "plan",
            {
                "label": "y",
                "score": None,
                "prediction": "p",
                "positive": None,
                "protected": ["a"],
                "threshold": None,
                "score_entries": 5,
            },
        ),
        "has scores|does not name the classes",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_hostile_states_are_refused_with_a_sentence(lie: str) -> None:
    change, sentence = LIES[lie]
    sent = _sent()
    wire.from_json(copy.deepcopy(sent))
    change(sent)
    with pytest.raises(BadInput, match=sentence):
        wire.from_json(sent)


@pytest.mark.parametrize("text", ["", "[]", "null", "1", "{", '{"schema": NaN}', '{"a": 1, "a": 2}', "[" * 100_000])
def test_text_that_is_no_states_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        wire.decode(text)


@settings(RELAXED, max_examples=150)
@given(st.data())
def test_no_change_of_a_single_value_gets_through_or_crashes(data: st.DataObject) -> None:
    sent = wire.to_json(counted(a_table(30, 3), score_entries=data.draw(st.sampled_from([5, 131_072]))))
    inner: Any = sent
    while True:
        step = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if not isinstance(inner[step], (dict, list)) or not inner[step]:
            break
        inner = inner[step]
    inner[step] = data.draw(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=4)
        | st.integers().map(str)
        | st.lists(st.integers(), max_size=2)
    )
    try:
        states = wire.from_json(sent)
    except BadInput:
        return
    report = figures(states)  # a consistent lie may pass; its figures are still figures
    for part in ("performance", "calibration", "rates"):
        for name, figure in report[part].items():
            if figure["value"] is not None:
                assert 0 <= figure["value"] <= (37 if name == "log_loss" else 1)
