"""Weak segments: the search against looking at every slice and against published code, and the test on the other half."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.samples.binning import Codes
from consilience.measure.samples.slice_search import Terms, search
from consilience.measure.samples.slices import weak_segments

Floats = NDArray[np.float64]


def every_slice(codes: Codes, errors: Floats, *, depth: int, least: int, weight: float) -> list[tuple[float, object]]:
    terms = Terms(len(errors), float(errors.sum()), weight, least)
    found = []
    for size in range(1, depth + 1):
        for columns in itertools.combinations(range(codes.shape[1]), size):
            for bins in itertools.product(*(np.unique(codes[:, column]) for column in columns)):
                inside = np.all([codes[:, c] == b for c, b in zip(columns, bins, strict=True)], axis=0)
                if inside.sum() >= least and (score := terms.score(inside.sum(), errors[inside].sum())) > 0:
                    found.append((score, tuple(zip(columns, map(int, bins), strict=True))))
    return sorted(found, key=lambda item: (-round(item[0], 9), len(item[1]), item[1]))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weight", [0.5, 0.9, 0.99])
def test_the_search_finds_what_looking_at_every_slice_finds(seed: int, weight: float) -> None:
    g = np.random.default_rng(seed)
    codes = g.integers(2, 6, (500, 5)).astype(np.uint8)
    errors = (
        g.exponential(size=500) if seed % 2 else (g.random(500) < 0.2 + 0.3 * (codes[:, 0] == 3)).astype(np.float64)
    )
    expected = every_slice(codes, errors, depth=3, least=6, weight=weight)[:8]
    found = search(codes, errors, depth=3, least=6, weight=weight, wanted=8)
    assert [one.score for one in found.best] == pytest.approx([score for score, _ in expected], abs=1e-9)
    assert {one.predicates for one in found.best[:3]} == {predicates for _, predicates in expected[:3]}


def test_slices_that_cannot_be_better_are_not_looked_at() -> None:
    g = np.random.default_rng(7)
    codes = g.integers(2, 8, (3_000, 8)).astype(np.uint8)
    errors = (g.random(3_000) < 0.1 + 0.5 * ((codes[:, 1] == 4) & (codes[:, 2] == 3))).astype(np.float64)
    found = search(codes, errors, depth=3, least=30, weight=0.95, wanted=3)
    assert found.best[0].predicates == ((1, 4), (2, 3))
    assert found.looked_at < 0.1 * sum(6**k * len(list(itertools.combinations(range(8), k))) for k in (1, 2, 3))


# What the package sliceline 0.3.0 says of the data made here: its top_slices_ and top_slices_statistics_, with
# Slicefinder(alpha, k=5, max_l=3, min_sup=20).
PUBLISHED = {
    0.9: [({0: 1, 3: 2}, 0.26877702537325643, 103, 41), ({0: 1}, 0.11065714988924458, 478, 84)],
    0.95: [
        ({0: 1, 3: 2}, 1.306902178347066, 103, 41),
        ({0: 1}, 0.2936992370169824, 478, 84),
        ({3: 2}, 0.14402815893091528, 493, 77),
        ({0: 1, 4: 0}, 0.1437508336667993, 126, 29),
        ({5: 3}, 0.014483440434997608, 493, 69),
    ],
    0.98: [
        ({0: 1, 3: 2}, 1.9297772701313534, 103, 41),
        ({0: 1, 2: 1, 3: 2}, 1.9203245436105463, 29, 15),
        ({0: 1, 3: 2, 4: 0}, 1.2186492374727655, 27, 12),
        ({0: 1, 3: 2, 5: 1}, 1.1478431372549005, 24, 11),
        ({0: 1, 3: 2, 5: 0}, 1.1355882352941167, 32, 13),
    ],
}


@pytest.mark.parametrize("weight", PUBLISHED)
def test_the_slices_are_those_of_sliceline(weight: float) -> None:
    g = np.random.default_rng(11)
    x = g.integers(0, 4, (2_000, 6))
    errors = (g.random(2_000) < 0.1 + 0.3 * ((x[:, 0] == 1) & (x[:, 3] == 2))).astype(np.float64)
    found = search((x + 2).astype(np.uint8), errors, depth=3, least=20, weight=weight, wanted=5)
    said = [({column: code - 2 for column, code in one.predicates}, one.rows, one.error) for one in found.best]
    assert said == [(predicates, rows, error) for predicates, _, rows, error in PUBLISHED[weight]]
    assert [one.score for one in found.best] == pytest.approx(
        [score for _, score, _, _ in PUBLISHED[weight]], abs=1e-12
    )


def a_log(seed: int, rows: int = 8_000, worse: float = 0.3) -> pa.Table:
    g = np.random.default_rng(seed)
    region = np.array(["north", "south", "east"])[g.integers(0, 3, rows)]
    age = g.integers(18, 80, rows)
    label = g.integers(0, 2, rows)
    wrong = g.random(rows) < 0.1 + worse * ((region == "north") & (age >= 66))
    return pa.table(
        {
            "region": pa.array(region), "age": age, "noise": g.normal(size=rows), "label": label,
            "guess": np.where(wrong, 1 - label, label),
        }
    )  # fmt: skip


def test_a_weak_segment_is_found_and_confirmed_in_words() -> None:
    found = weak_segments(a_log(1), label="label", prediction="guess")
    worst = found.segments[0]
    assert worst.confirmed
    assert "region is north" in worst.predicate
    assert "age" in worst.columns
    assert worst.difference.low is not None
    assert 0.15 < worst.difference.low < 0.3 < worst.difference.high  # type: ignore[operator]
    assert found.sample_rows == 8_000
    assert "region is north" in found.sentence()
    assert found.as_json()["looked_at"] == found.looked_at


def test_where_errors_are_alike_everywhere_nothing_is_confirmed() -> None:
    # Ten slices are always found; without the second half nearly every one of these sets would have a "significant" one.
    confirmed = [
        any(one.confirmed for one in weak_segments(a_log(seed, 3_000, 0.0), label="label", prediction="guess").segments)
        for seed in range(40)
    ]
    assert sum(confirmed) <= 6


def test_missing_values_and_scores_make_segments_too() -> None:
    g = np.random.default_rng(3)
    gone = g.random(4_000) < 0.2
    label = g.integers(0, 2, 4_000)
    score = np.where(gone, 0.5, np.where(label == 1, 0.9, 0.1))
    table = pa.table({"income": pa.array(g.normal(size=4_000), mask=gone), "y": label, "s": score})
    found = weak_segments(table, label="y", score="s")
    assert found.segments[0].predicate == "income is missing"
    assert found.segments[0].difference.value == pytest.approx(0.24)


def test_rows_of_one_person_lie_in_one_half() -> None:
    # A person's error is the same in each of 20 rows: halves by row would confirm what only single people are.
    g = np.random.default_rng(8)
    confirmed = 0
    for _ in range(25):
        person = np.repeat(np.arange(150), 20)
        wrong, home = g.random(150) < 0.2, g.integers(0, 8, 150)
        table = pa.table({"id": person, "home": pa.array([f"h{home[p]}" for p in person]), "e": wrong[person] * 1.0})
        confirmed += any(one.confirmed for one in weak_segments(table, error="e", by="id").segments)
    assert confirmed <= 5


def test_what_cannot_be_searched_is_refused() -> None:
    table = a_log(1, 500)
    with pytest.raises(WrongUse, match="error column"):
        weak_segments(table, label="label")
    with pytest.raises(BadInput, match="errors are from 0"):
        weak_segments(table, error="noise")
    with pytest.raises(BadInput, match="at least"):
        weak_segments(table.slice(0, 90), label="label", prediction="guess")
    assert weak_segments(table.append_column("e", pa.array([0.0] * 500)), error="e").segments == ()


def test_true_is_one_and_other_words_are_refused() -> None:
    generator = np.random.default_rng(0)
    y, wrong = generator.integers(0, 2, 400), generator.random(400) < 0.1
    guess = np.where(wrong, 1 - y, y)
    table = pa.table(
        {"y": y, "p": guess == 1, "q": np.where(guess == 1, "yes", "no"), "x": generator.normal(0, 1, 400)}
    )
    found = weak_segments(table.drop_columns("q"), label="y", prediction="p", rows=400)
    assert found.error.value == pytest.approx(wrong.mean())
    with pytest.raises(BadInput, match="no class in common"):
        weak_segments(table.drop_columns("p"), label="y", prediction="q")


def test_a_score_that_is_none_is_refused() -> None:
    table = pa.table({"y": [0, 1] * 100, "s": [0.5, 1.5] * 100, "x": list(range(200))})
    with pytest.raises(BadInput, match="column 's': the score 1.5 is not a number from 0 to 1"):
        weak_segments(table, label="y", score="s")
