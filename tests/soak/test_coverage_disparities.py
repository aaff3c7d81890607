"""How often the intervals over several groups hold the truth; the manual's table is printed from here."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from consilience.measure.metrics import disparities
from consilience.measure.metrics.fairness import SAME_AS
from tests.rules.test_measure_disparities import sampled

RUNS = 1000
SIZES = (30, 100, 1000)
METRICS = ("selection_rate", "tpr", "fpr", "precision", "f1")
Floats = np.ndarray[Any, np.dtype[np.float64]]


def a_world(base: list[float], tpr: list[float], fpr: list[float]) -> Floats:
    """For each group the probabilities of true negative, false positive, false negative, true positive."""
    return np.array(
        [[(1 - b) * (1 - f), (1 - b) * f, b * (1 - t), b * t] for b, t, f in zip(base, tpr, fpr, strict=True)]
    )


WORLDS = {
    "two alike": a_world([0.4] * 2, [0.7] * 2, [0.2] * 2),
    "two unlike": a_world([0.4, 0.3], [0.7, 0.5], [0.2, 0.1]),
    "five alike": a_world([0.4] * 5, [0.7] * 5, [0.2] * 5),
    "five": a_world([0.3, 0.3, 0.4, 0.4, 0.5], [0.7] * 5, [0.1, 0.2, 0.2, 0.2, 0.2]),
    "eight of two kinds": a_world([0.4] * 8, [0.7, 0.5] * 4, [0.2, 0.1] * 4),
    "four, rare": a_world([0.05] * 4, [0.3] * 4, [0.02, 0.02, 0.03, 0.05]),
}


def truth(cells: Floats) -> dict[str, float]:
    tn, fp, fn, tp = cells
    return {
        "selection_rate": fp + tp,
        "tpr": tp / (tp + fn),
        "fpr": fp / (fp + tn),
        "precision": tp / (tp + fp),
        "f1": 2 * tp / (2 * tp + fp + fn),
    }


def test_intervals_over_groups_hold_the_truth() -> None:
    inside: dict[tuple[str, str, str, int], list[bool]] = defaultdict(list)
    generator = np.random.default_rng(20261123)
    for world, cells in WORLDS.items():
        true = [truth(of) for of in cells]
        for size in SIZES:
            for _ in range(RUNS):
                compared = sampled(generator, cells, size)
                ratios, at_once = disparities.ratios(compared), {}
                at_once = disparities.simultaneous(compared, [str(n) for n in range(len(cells))])
                for metric in METRICS:
                    values = [of[metric] for of in true]
                    ratio = ratios[SAME_AS.get(metric, metric)]
                    if ratio.low is not None and ratio.high is not None:
                        share = min(values) / max(values)
                        key = ("ratio of alike" if share > 1 - 1e-9 else "ratio of unlike", world, metric, size)
                        inside[key].append(ratio.low <= share + 1e-9 and share <= ratio.high)
                    limits = at_once[metric]
                    if len(limits) == len(cells):
                        inside["simultaneous", world, metric, size].append(
                            all(limits[str(n)][0] <= value <= limits[str(n)][1] for n, value in enumerate(values))
                        )
    print("\n| interval | rows a group | mean | least | most |\n| --- | --- | --- | --- | --- |")
    for kind in ("ratio of alike", "ratio of unlike", "simultaneous"):
        for size in SIZES:
            found = {key: 100 * float(np.mean(of)) for key, of in inside.items() if key[0] == kind and key[3] == size}
            least = min(found, key=lambda key: found[key])
            print(
                f"| {kind} | {size:,} | {np.mean(list(found.values())):.1f} % | {found[least]:.1f} %"
                f" ({least[2]}, {least[1]}) | {max(found.values()):.1f} % |"
            )
    common = [np.mean(of) for key, of in inside.items() if key[1] != "four, rare"]
    assert min(common) > 0.9
