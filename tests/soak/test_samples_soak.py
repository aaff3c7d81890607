"""What is measured on samples, over many simulated sets: false alarms, power, and how often intervals hold the truth.

Run with `make soak`, or alone with `pytest -s tests/soak/test_samples_soak.py`; it prints the tables of the manual.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from consilience.measure.metrics.figure import Figure
from consilience.measure.samples import cluster_intervals, stated_shares
from consilience.measure.samples.clusters import by_people
from consilience.measure.samples.slices import weak_segments
from consilience.measure.samples.two_sample import two_sample

Floats = NDArray[np.float64]
SETS = 1_000


def correlated(g: np.random.Generator, rows: int, correlation: float, noise: int, *, shift: float = 0.0) -> pa.Table:
    x = g.normal(size=rows)
    y = shift + correlation * x + np.sqrt(1 - correlation**2) * g.normal(size=rows)
    others = {f"noise{number}": g.normal(size=rows) for number in range(noise)}
    return pa.table({"x": x, "y": y, **others, "kind": pa.array(np.array(list("abcd"))[g.integers(0, 4, rows)])})


@pytest.mark.parametrize(("rows", "noise", "sets"), [(200, 0, SETS), (1_000, 5, SETS), (500, 25, 400)])
def test_two_samples_of_one_population_alarm_in_five_of_a_hundred(rows: int, noise: int, sets: int) -> None:
    g = np.random.default_rng(rows + noise)
    alarms, covered = 0, 0
    for _ in range(sets):
        found = two_sample(correlated(g, rows, 0.3, noise), correlated(g, rows, 0.3, noise))
        alarms += found.p_value < 0.05
        covered += found.area.low <= 0.5 <= found.area.high  # type: ignore[operator]
    print(
        f"null, {rows} rows a side, {noise + 3} columns: alarms {alarms / sets:.1%}, interval holds 0.5 in {covered / sets:.1%}"
    )
    assert alarms / sets < 0.05 + 3 * (0.05 * 0.95 / sets) ** 0.5
    assert covered / sets > 0.95 - 3 * (0.05 * 0.95 / sets) ** 0.5


@pytest.mark.parametrize("rows", [500, 1_000, 2_000, 5_000])
@pytest.mark.parametrize("noise", [5, 25])
def test_power_against_shifts(rows: int, noise: int) -> None:
    g = np.random.default_rng(rows + noise)
    sets, found = 40, defaultdict(int)
    for _ in range(sets):
        then = correlated(g, rows, 0.0, noise)
        found["mean of one column by 0.2 sd"] += (
            two_sample(then, correlated(g, rows, 0.0, noise, shift=0.2)).p_value < 0.05
        )
        found["correlation of two from 0 to 0.5"] += two_sample(then, correlated(g, rows, 0.5, noise)).p_value < 0.05
    print(
        f"power, {rows} rows a side, {noise + 3} columns: "
        + ", ".join(f"{name} {n / sets:.0%}" for name, n in found.items())
    )
    if rows == 5_000:
        assert min(found.values()) / sets > 0.8


def test_segments_that_are_not_there_are_confirmed_in_at_most_five_of_a_hundred() -> None:
    g = np.random.default_rng(3)
    confirmed = 0
    for _ in range(SETS):
        table = pa.table(
            {f"x{number}": g.normal(size=3_000) for number in range(6)}
            | {"e": (g.random(3_000) < 0.15).astype(np.float64)}
        )
        confirmed += any(segment.confirmed for segment in weak_segments(table, error="e").segments)
    print(f"segments without any: some confirmed in {confirmed / SETS:.1%} of sets")
    assert confirmed / SETS < 0.07


def a_panel(g: np.random.Generator, people: int, most_months: int, lean: float) -> pa.Table:
    months = g.integers(1, most_months + 1, people)
    person = np.repeat(np.arange(people), months)
    leaning = lean * g.normal(size=people)[person]
    score = 1 / (1 + np.exp(-(leaning + 0.7 * g.normal(size=len(person)) - 0.5)))
    label = (leaning + g.normal(size=len(person)) > 0.7).astype(int)
    return pa.table({"who": person, "y": label, "s": score})


@pytest.mark.parametrize("people", [20, 50, 200])
@pytest.mark.parametrize("lean", [0.5, 2.0])
def test_intervals_over_people_hold_the_truth(people: int, lean: float) -> None:
    g = np.random.default_rng(people)
    world = by_people(a_panel(g, 150_000, 9, lean), by="who", label="y", score="s", threshold=0.5, area_rows=400_000)
    held, naive, sets = defaultdict(int), defaultdict(int), defaultdict(int)
    for _ in range(SETS // 2):
        found = by_people(a_panel(g, people, 9, lean), by="who", label="y", score="s", threshold=0.5)
        for name, one in found.figures.items():
            if one.figure.low is None or one.naive.low is None:
                continue
            true = world.figures[name].figure.value
            sets[name] += 1
            held[name] += one.figure.low <= true <= one.figure.high  # type: ignore[operator]
            naive[name] += one.naive.low <= true <= one.naive.high  # type: ignore[operator]
    for name, count in sets.items():
        print(
            f"{people} people, leaning {lean}: {name} {held[name] / count:.1%} (ordinary {naive[name] / count:.1%}) of {count}"
        )
    for name, count in sets.items():
        assert held[name] / count > (0.89 if people < 50 else 0.92), name


def test_shares_by_cluster_hold_the_truth_in_large_samples() -> None:
    g, held = np.random.default_rng(5), 0
    for _ in range(4_000):
        size = g.integers(1, 12, 100).astype(np.float64)
        own = g.beta(2, 6, 100)
        held += (
            (found := cluster_intervals.share(g.binomial(size.astype(int), own) * 1.0, size).figure).low
            <= 0.25
            <= found.high
        )  # type: ignore[operator]
    print(f"shares of 100 people: {held / 4_000:.1%}")
    assert 0.94 < held / 4_000 < 0.965


@pytest.mark.parametrize("truth", [(0.4, 0.3, 0.15, 0.1, 0.05), (0.5, 0.3, 0.1, 0.05, 0.05)])
@pytest.mark.parametrize("people", [30, 100, 300])
@pytest.mark.parametrize("stays", [1.0, 0.7])
def test_shares_of_rows_that_repeat_people_hold_the_truth(people: int, stays: float, truth: tuple[float, ...]) -> None:
    """People with 1 to 9 rows are in one group, and each row with chance 1 - `stays` in another; stated are 40, 30, 15, 10, 5 %."""
    g, stated, shares = np.random.default_rng(people), np.array([0.4, 0.3, 0.15, 0.1, 0.05]), np.array(truth)
    far = float(np.sqrt(((shares - stated) ** 2 / stated).sum()))
    held, plain, near, alarms, sets = 0, 0, 0, 0, 2 * SETS
    for _ in range(sets):
        person = np.repeat(np.arange(people), g.integers(1, 10, people))
        own = g.choice(5, people, p=shares)[person]
        group = np.where(g.random(len(person)) < stays, own, g.choice(5, len(person), p=shares))
        counts = np.bincount(group, minlength=5)
        found = stated_shares.repeated(group, person, 5)
        held += _all_hold(stated_shares.ratios(counts, stated, found), shares / stated)
        plain += _all_hold(stated_shares.ratios(counts, stated), shares / stated)
        distance, p_value, _ = stated_shares.distance(counts, stated, found)
        near += distance.low <= far + 1e-9 <= distance.high + 2e-9  # type: ignore[operator]
        alarms += p_value < 0.05  # type: ignore[operator]
    print(
        f"{people} people, {stays:.0%} stay, distance {far:.2f}: all ratios {held / sets:.1%} (ordinary {plain / sets:.1%}), "
        f"distance {near / sets:.1%}, p below 0.05 in {alarms / sets:.1%}"
    )
    assert held / sets > 0.89
    assert near / sets > 0.91


def _all_hold(found: list[Figure], truth: Floats) -> bool:
    return all(one.low <= true <= one.high for one, true in zip(found, truth, strict=True))  # type: ignore[operator]
