"""How often the 95 % intervals hold the truth, by method, over simulated sets from worlds whose truth is known.

Run with `make soak`, or alone with `pytest tests/soak/test_coverage_measure.py`; it prints the table of the manual.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from consilience.measure.evaluate import figures, measure_states
from consilience.measure.states.cube import EDGES

Floats = NDArray[np.float64]
SETS = 1000
POPULATION = 400_000
NOMINAL = (0.93, 0.97)
FLOOR, ENOUGH = 0.90, 300  # no single figure of a world below this, where that many sets had an interval


@dataclass(frozen=True)
class World:
    """Groups with their sizes; each draws scores, and labels with the chance that its score has."""

    name: str
    sizes: tuple[int, ...]
    draw: tuple[Callable[[np.random.Generator, int], Floats], ...]
    chance: tuple[Callable[[Floats], Floats], ...]
    threshold: float = 0.5


def beta(a: float, b: float) -> Callable[[np.random.Generator, int], Floats]:
    return lambda generator, n: generator.beta(a, b, n)


def honest(score: Floats) -> Floats:
    return score


def bold(score: Floats) -> Floats:
    return 0.2 + 0.6 * score


def high(score: Floats) -> Floats:
    return np.clip(score - 0.1, 0, 1)


def in_tenths(generator: np.random.Generator, n: int) -> Floats:
    return generator.integers(1, 10, n) / 10


WORLDS = [
    World("one group of 30, scores in the middle", (30,), (beta(2, 2),), (honest,)),
    World("one group of 30, sure scores", (30,), (beta(0.5, 0.5),), (honest,)),
    World("one group of 30, too bold", (30,), (beta(0.6, 0.6),), (bold,)),
    World("one group of 30, positives are rare", (30,), (beta(1, 6),), (honest,), 0.3),
    World("one group of 30, too high", (30,), (beta(2, 2),), (high,), 0.4),
    World("two groups of 30, alike", (30, 30), (beta(2, 2),) * 2, (honest,) * 2),
    World("two groups of 30, unlike", (30, 30), (beta(2, 2), beta(2, 3)), (honest, high)),
    World("four groups of 30, alike", (30,) * 4, (beta(1, 1),) * 4, (honest,) * 4),
    World("eight groups of 30, four of them unlike", (30,) * 8, (beta(2, 2),) * 4 + (beta(2, 3),) * 4, (honest,) * 8),
    World(
        "30, 100, 300 and 1,000, unlike",
        (30, 100, 300, 1000),
        (beta(2, 2), beta(1, 1)) * 2,
        (honest, bold, honest, high),
    ),
    World("100 and 1,000, sure scores", (100, 1000), (beta(0.5, 0.5), beta(0.6, 0.4)), (honest, bold)),
    World("three of 300, positives are rare", (300,) * 3, (beta(1, 6), beta(1, 9), beta(1, 6)), (honest,) * 3, 0.2),
    World("5, 30 and 200", (5, 30, 200), (beta(2, 2), beta(2, 2), beta(2, 3)), (honest, honest, high)),
    World("30, 30 and 300, scores in tenths", (30, 30, 300), (in_tenths,) * 3, (honest, bold, honest)),
]


def weighted_area(score: Floats, chance: Floats) -> float:
    order = np.argsort(score, kind="stable")
    score, up, down = score[order], chance[order], 1 - chance[order]
    _, first = np.unique(score, return_index=True)
    up, down = np.add.reduceat(up, first), np.add.reduceat(down, first)
    return float((up * (np.cumsum(down) - down / 2)).sum() / (up.sum() * down.sum()))


def truth_of(score: Floats, chance: Floats, threshold: float) -> dict[str, float]:
    """The figures of a population, from the chances themselves and not from labels drawn with them."""
    chosen = score >= threshold
    up, down = chance, 1 - chance
    tp, fn = up[chosen].sum(), up[~chosen].sum()
    fp, tn = down[chosen].sum(), down[~chosen].sum()
    place = np.digitize(score, EDGES[1:-1])
    return {
        "accuracy": (tp + tn) / len(score),
        "precision": tp / (tp + fp),
        "ppv": tp / (tp + fp),
        "npv": tn / (tn + fn),
        "recall": tp / (tp + fn),
        "tpr": tp / (tp + fn),
        "fnr": fn / (tp + fn),
        "fpr": fp / (fp + tn),
        "tnr": tn / (fp + tn),
        "f1": 2 * tp / (2 * tp + fp + fn),
        "selection_rate": float(chosen.mean()),
        "roc_auc": weighted_area(score, chance),
        "brier": float((up * (1 - score) ** 2 + down * score**2).mean()),
        "log_loss": float(-(up * np.log(score) + down * np.log1p(-score)).mean()),
        "ece": float(np.abs(np.bincount(place, score - chance, len(EDGES) - 1)).sum() / len(score)),
    }


@dataclass
class Tally:
    """Sets in which a figure had an interval, and those whose interval lay above or below the truth."""

    sets: int = 0
    above: int = 0
    below: int = 0

    def see(self, truth: float, low: float | None, high_: float | None) -> None:
        if low is None or high_ is None:
            return
        self.sets += 1
        self.above += low > truth + 1e-9
        self.below += high_ < truth - 1e-9

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.sets + other.sets, self.above + other.above, self.below + other.below)

    @property
    def coverage(self) -> float:
        return 1 - (self.above + self.below) / self.sets


Key = tuple[str, str, str, int]  # world, method, figure, rows of the (smallest) group


def simulate(world: World) -> dict[Key, Tally]:
    generator = np.random.default_rng(20261123)
    population = [np.clip(draw(generator, POPULATION), 1e-6, 1 - 1e-6) for draw in world.draw]
    truths = [truth_of(s, c(s), world.threshold) for s, c in zip(population, world.chance, strict=True)]
    gaps = {m: max(t[m] for t in truths) - min(t[m] for t in truths) for m in truths[0]}
    seen: dict[Key, Tally] = defaultdict(Tally)
    for _ in range(SETS):
        scores = [np.clip(draw(generator, n), 1e-6, 1 - 1e-6) for draw, n in zip(world.draw, world.sizes, strict=True)]
        labels = [(generator.random(len(s)) < c(s)).astype(np.int8) for s, c in zip(scores, world.chance, strict=True)]
        group = np.repeat(np.arange(len(world.sizes)), world.sizes)
        table = pa.table({"y": np.concatenate(labels), "s": np.concatenate(scores), "g": group})
        report = figures(measure_states(table, label="y", score="s", threshold=world.threshold, protected=["g"]))
        part = report["fairness"]["g"]
        rows = [(size, part["groups"][str(n)], truths[n], "") for n, size in enumerate(world.sizes)]
        rows += [(min(world.sizes), part["gaps"], gaps, "gap of ")] if len(truths) > 1 else []
        for size, found, truth, prefix in rows:
            for metric, value in truth.items():
                figure = found[metric]
                key = (world.name, figure["method"] or "no interval", prefix + metric, size)
                seen[key].see(value, figure["low"], figure["high"])
    return seen


@pytest.fixture(scope="module")
def seen() -> dict[Key, Tally]:
    together: dict[Key, Tally] = {}
    for world in WORLDS:
        together |= simulate(world)
    return {key: tally for key, tally in together.items() if tally.sets}


def test_each_method_covers_what_it_promises(seen: dict[Key, Tally], capsys: pytest.CaptureFixture[str]) -> None:
    by_method: dict[tuple[str, int], list[Tally]] = defaultdict(list)
    for (_, method, _, rows), tally in seen.items():
        by_method[method, rows].append(tally)
    with capsys.disabled():
        print(f"\n{'method':18}{'rows':>6}{'sets':>9}{'coverage':>10}{'least':>8}{'most':>7}")
        for (method, rows), tallies in sorted(by_method.items()):
            single = [tally.coverage for tally in tallies if tally.sets >= ENOUGH] or [float("nan")]
            whole = sum(tallies, Tally())
            print(f"{method:18}{rows:6}{whole.sets:9}{whole.coverage:10.3f}{min(single):8.3f}{max(single):7.3f}")
    for method in {method for method, _ in by_method}:
        whole = sum((tally for (name, _), tallies in by_method.items() if name == method for tally in tallies), Tally())
        assert NOMINAL[0] <= whole.coverage <= NOMINAL[1], (method, whole)


def test_no_single_figure_falls_far_short(seen: dict[Key, Tally], capsys: pytest.CaptureFixture[str]) -> None:
    counted = {key: tally for key, tally in seen.items() if tally.sets >= ENOUGH}
    with capsys.disabled():
        outside = {key: tally for key, tally in counted.items() if not NOMINAL[0] <= tally.coverage <= NOMINAL[1]}
        print(f"\n{len(outside)} of {len(counted)} figures outside {NOMINAL}, the lowest first:")
        for (world, method, figure, rows), tally in sorted(outside.items(), key=lambda item: item[1].coverage):
            print(f"{tally.coverage:6.3f}  {method:18}{figure:22}{rows:5} rows, {tally.sets:5} sets  {world}")
    assert min(tally.coverage for tally in counted.values()) >= FLOOR
