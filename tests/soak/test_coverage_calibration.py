"""How often the intervals of the smooth calibration error and of the parts of the Brier score hold the truth.

Run with `make soak`, or alone; it prints the table of the manual.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from consilience.measure.evaluate import measure_states
from consilience.measure.metrics.counts import RollUp
from consilience.measure.metrics.murphy_intervals import murphy_with_intervals
from consilience.measure.metrics.reliability import PARTS
from consilience.measure.metrics.smooth_ece import smece, smoothed_error
from consilience.measure.states.cube import EDGES
from tests.soak.test_coverage_measure import beta, bold, high, honest, in_tenths

Floats = NDArray[np.float64]
SETS, POPULATION = 400, 1_000_000
WORLDS = {
    "calibrated": (beta(2, 2), honest),
    "calibrated, sure": (beta(0.5, 0.5), honest),
    "calibrated, rare": (beta(1, 6), honest),
    "calibrated, tenths": (in_tenths, honest),
    "too bold": (beta(0.6, 0.6), bold),
    "too high": (beta(2, 2), high),
    "a little too high": (beta(2, 2), lambda score: np.clip(score - 0.03, 0, 1)),
    "wavy": (beta(1.5, 1.5), lambda score: np.clip(score + 0.08 * np.sin(12 * score), 0, 1)),
}


def truth_of(score: Floats, chance: Floats) -> dict[str, float]:
    """The figures of a population, from the chances themselves."""
    place, bins = np.digitize(score, EDGES[1:-1]), len(EDGES) - 1
    rows = np.maximum(np.bincount(place, minlength=bins), 1)
    mean, rate = np.bincount(place, score, bins) / rows, np.bincount(place, chance, bins) / rows
    base, share = float(chance.mean()), rows / len(score)
    away = score - mean[place]
    found = (
        float(share @ (mean - rate) ** 2), float(share @ (rate - base) ** 2), base * (1 - base), float((away**2).mean()),
        float(2 * (away * chance).mean()),
    )  # fmt: skip
    return {**dict(zip(PARTS, found, strict=True)), "smece": smoothed_error(score, (score - chance) / len(score))}


@pytest.mark.parametrize("rows", [100, 1_000, 10_000])
def test_intervals_of_calibration_hold_the_truth(rows: int, capsys: pytest.CaptureFixture[str]) -> None:
    held: dict[str, dict[str, float]] = defaultdict(dict)
    for world, (draw, chance) in WORLDS.items():
        generator = np.random.default_rng(20261123)
        population = np.clip(draw(generator, POPULATION), 1e-6, 1 - 1e-6)
        truth = truth_of(population, chance(population))
        inside: dict[str, int] = defaultdict(int)
        sets: dict[str, int] = defaultdict(int)
        for _ in range(SETS):
            score = np.clip(draw(generator, rows), 1e-6, 1 - 1e-6)
            label = (generator.random(rows) < chance(score)).astype(np.int8)
            states = measure_states(pa.table({"y": label, "s": score}), label="y", score="s")
            (counts,) = RollUp(states).groups(()).values()
            found = {**murphy_with_intervals(counts), "smece": smece(counts)}
            for name, true in truth.items():
                one = found[name]
                if one.low is not None and one.high is not None:
                    sets[name] += 1
                    inside[name] += one.low - 1e-4 <= true <= one.high + 1e-4
        for name in truth:
            held[name][world] = inside[name] / max(sets[name], 1)
    with capsys.disabled():
        print()
        for name, by_world in held.items():
            least = min(by_world, key=lambda world: by_world[world])
            mean = sum(by_world.values()) / len(by_world)
            print(
                f"{name:24}{rows:7} mean {mean:.1%}, least {by_world[least]:.1%} ({least}), most {max(by_world.values()):.1%}"
            )
    for by_world in held.values():
        assert min(by_world.values()) > 0.83
