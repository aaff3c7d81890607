"""Counts of pairs, contracts and windows as they travel: they add up, say what the rows say, and tell of no few rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import comparing, validation_counts, windows_wire
from consilience.measure.contract_reading import read_contract
from consilience.measure.engines.validating import validate
from consilience.measure.over_time import over_time
from consilience.measure.states import pairs, pairs_wire

TWO: dict[str, Any] = {"label": "y", "score": "a", "score_other": "b", "threshold": 0.5}
BY_DAY: dict[str, Any] = {"by": "day", "time": "at", "label": "y", "score": "a", "threshold": 0.5}
CONTRACT = """\
schema: urn:consilience:contract:1
duplicated_rows_at_most: 0.5
columns:
  a: {type: number, maximum: 0.5, warn: [maximum]}
  y: {type: integer, missing_at_most: 0.2}
  id: {type: integer, unique: true, monotone: rising}
  tags: {type: text}
rules:
  - {left: a, compare: "<=", right: b}
"""


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    rng = np.random.Generator(np.random.PCG64(11))
    score = np.round(rng.random(900), 2)
    y = [int(one) if place % 9 else None for place, one in enumerate(rng.random(900) < score)]
    start = datetime(2026, 5, 1, tzinfo=UTC)
    days = np.sort(rng.integers(0, 6, 900))
    days[-2:] = 8
    return pa.table(
        {
            "id": pa.array([*range(899), 5]),
            "y": pa.array(y, pa.int64()),
            "a": score,
            "b": np.round(np.clip(score + rng.normal(0, 0.2, 900), 0, 1), 2),
            "at": pa.array([start + timedelta(days=int(one)) for one in days]),
            "tags": pa.array([["x"]] * 900),
        }
    )


def test_pairs_of_parts_add_up_to_those_of_all_rows_in_any_order(rows: pa.Table) -> None:
    parts = [comparing.pair_states(part, **TWO) for part in (rows.slice(0, 200), rows.slice(200, 1), rows.slice(201))]
    whole = pairs_wire.encode(comparing.pair_states(rows, **TWO))
    for first, second, third in ((0, 1, 2), (2, 0, 1)):
        assert pairs_wire.encode(pairs.merge(pairs.merge(parts[first], parts[second]), parts[third])) == whole
    with pytest.raises(BadInput, match="different plans"):
        pairs.merge(parts[0], comparing.pair_states(rows, **{**TWO, "threshold": 0.6}))


def test_a_comparison_of_pairs_is_that_of_the_rows(rows: pa.Table) -> None:
    states = pairs_wire.from_json(json.loads(pairs_wire.encode(comparing.pair_states(rows, **TWO))))
    made, shown = comparing.of_pair_states(states), comparing.compare(rows, **TWO)
    assert (made["rows"], made["mcnemar"]) == (shown["rows"], shown["mcnemar"])
    assert len(states.rows) < states.together == 900
    for name, found in shown["figures"].items():  # type: ignore[union-attr]
        for side in ("one", "other", "difference"):
            for end in ("value", "low", "high"):
                said, mine = found[side][end], made["figures"][name][side][end]  # type: ignore[index,call-overload]
                assert mine == (None if said is None else pytest.approx(said, abs=1e-9)), (name, side, end)


def test_more_pairs_than_may_travel_are_refused_in_a_sentence(rows: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    states = comparing.pair_states(rows, **TWO)
    pairs_wire.refuse_too_many(states)
    monkeypatch.setattr(pairs_wire, "MOST_ENTRIES", 10)
    with pytest.raises(BadInput, match="evidence compute --what comparison"):
        pairs_wire.refuse_too_many(states)
    with pytest.raises(BadInput, match=r"pairs\.rows"):
        pairs_wire.from_json(pairs_wire.to_json(states))


def test_a_contract_judged_from_counts_is_judged_as_by_the_rows(rows: pa.Table) -> None:
    shown = validate(rows, read_contract(CONTRACT, "x"))
    counts = validation_counts.counts_of(shown, rows, contract=CONTRACT, as_of=None, minimum=1)
    made = validation_counts.of_counts(validation_counts.from_json(json.loads(validation_counts.encode(counts))))
    assert made.passed is shown.passed is False
    assert len(made.findings) == len(shown.findings) > 8
    for mine, said in zip(made.findings, shown.findings, strict=True):
        assert (mine.rule, mine.column, mine.asks, mine.severity) == (said.rule, said.column, said.asks, said.severity)
        assert (mine.passed, mine.broken, mine.violations) == (said.passed, said.broken, said.violations)
    sent = validation_counts.encode(counts).decode()
    assert '"examples"' not in sent
    few = validation_counts.counts_of(shown, rows, contract=CONTRACT, as_of=None, minimum=5)
    unique = next(one for one in few.rules if one.rule == "unique")
    assert (unique.broken, unique.rows, unique.passed) == (None, 900, False)
    with pytest.raises(WrongUse):
        validation_counts.counts_of(shown, rows, contract=CONTRACT, as_of=None, minimum=0)


def test_windows_that_travel_say_what_the_report_over_time_says(rows: pa.Table) -> None:
    shown = over_time(rows, **BY_DAY)
    made = windows_wire.windows_report(json.loads(windows_wire.encode(windows_wire.windows_to_send(rows, **BY_DAY))))
    assert [one["rows"] for one in made["windows"]] == [one["rows"] for one in shown["windows"]]  # type: ignore[union-attr,index,call-overload]
    for mine, said in zip(made["windows"][:6], shown["windows"][:6], strict=True):  # type: ignore[index]
        assert mine["labels"] == said["labels"]  # type: ignore[index,call-overload]
        assert mine["evaluation"] == said["evaluation"]  # type: ignore[index,call-overload]
        assert mine["change"] == said["change"]  # type: ignore[index,call-overload]
        assert not mine["withheld"]
    assert [one["withheld"] for one in made["windows"][6:]] == [False, False, True]
    assert made["windows"][8]["evaluation"] is None
    assert shown["windows"][8]["evaluation"] is not None  # type: ignore[index,call-overload]
    assert set(made["alarms"]["looks"]) == {one for one in shown["alarms"]["looks"] if not one.startswith("drift of")}  # type: ignore[index,call-overload]
    assert made["rows"] == 900


def test_windows_too_many_or_too_small_to_travel_are_refused(rows: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="as many rows as may be sent"):
        windows_wire.windows_report(windows_wire.windows_to_send(rows.slice(0, 5), minimum_group=50, **BY_DAY))
    monkeypatch.setattr(windows_wire, "MOST_WINDOWS", 3)
    with pytest.raises(BadInput, match="take longer ones"):
        windows_wire.windows_to_send(rows, **BY_DAY)
    with pytest.raises(WrongUse):
        windows_wire.windows_to_send(rows, minimum_group=0, **BY_DAY)
