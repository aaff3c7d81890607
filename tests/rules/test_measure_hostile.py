"""What a hostile client may send as states: refused with a sentence, or harmless."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.kit.errors import BadInput
from consilience.measure.evaluate import figures, measure_states
from consilience.measure.states import scores, wire
from tests.rules.test_measure_states import a_table, counted

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # kernels compile at first use

LIMITS = {
    "log_loss": (0, 37),
    "mcc": (-1, 1),
    "cohen_kappa": (-1, 1),
    "brier_within_covariance": (-1, 1),
    "calibration_slope": (-1e3, 1e3),
    "calibration_in_the_large": (-100, 100),
}
"""The range of each figure that is not a share."""


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
                least, most = LIMITS.get(name, (0, 1))
                assert least <= figure["value"] <= most, name


@pytest.mark.parametrize(
    ("offset", "sentence"),
    [
        ("-1", "a score entry of one row cannot mix scores"),
        ("-2", "lie outside their bins"),
        (str(2**62), "lie outside their bins"),
    ],
)
def test_an_offset_that_no_scores_have_is_refused(offset: str, sentence: str) -> None:
    sent = wire.to_json(counted(a_table(60, 3), score_entries=20))
    cell = next(c for c in sent["cells"] if c["counts"] == "1")
    cell["offsets"] = offset
    with pytest.raises(BadInput, match=sentence):
        wire.from_json(sent)
