"""How often the 95 % intervals of predicted numbers, several classes, lists and paired models hold the truth.

Run with `make soak`, or alone with `pytest tests/soak/test_coverage_tasks.py`; it prints the table of the manual. The truth of a
world is that of a set of a million rows (half of them for lists), so it is known to a hundredth of an interval of 1,000 rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from consilience.measure.comparing import compare
from consilience.measure.evaluate import evaluate
from consilience.measure.multiclass import evaluate_classes
from consilience.measure.regression import evaluate_regression
from tests.soak.test_coverage_measure import Tally

SETS = 300
ROWS = (30, 100, 1000)
POPULATION = 1_000_000
NOMINAL = (0.93, 0.97)
FLOOR, ENOUGH = 0.70, 250

Draw = Callable[[np.random.Generator, int], dict[str, Any]]
Found = dict[str, dict[str, Any]]
"""Figures by name."""


def of_numbers(error: Callable[[np.random.Generator, np.ndarray[Any, Any]], Any]) -> Draw:
    def draw(generator: np.random.Generator, rows: int) -> dict[str, Any]:
        y = generator.gamma(4, 10, rows) + 1
        group = np.arange(rows) % 2
        return {"y": y, "p": y + error(generator, y) + group * 2.0, "g": group}

    return draw


NUMBERS: dict[str, Draw] = {
    "errors normal": of_numbers(lambda generator, y: generator.normal(0, 5, len(y))),
    "errors grow with the label": of_numbers(lambda generator, y: y * generator.normal(0, 0.2, len(y))),
    "errors skewed": of_numbers(lambda generator, y: generator.exponential(5, len(y)) - 5),
    "errors with heavy tails (t, 5)": of_numbers(lambda generator, y: 3 * generator.standard_t(5, len(y))),
    "nine of ten right": of_numbers(
        lambda generator, y: np.where(generator.random(len(y)) < 0.9, 0, generator.normal(0, 9, len(y)))
    ),
}


def of_classes(shares: tuple[float, ...], right: float) -> Draw:
    def draw(generator: np.random.Generator, rows: int) -> dict[str, Any]:
        names = np.array(list("abcdefgh"))
        y = generator.choice(len(shares), rows, p=shares)
        other = generator.choice(len(shares), rows, p=shares)
        return {"y": names[y], "p": names[np.where(generator.random(rows) < right, y, other)]}

    return draw


CLASSES: dict[str, Draw] = {
    "three alike, often right": of_classes((0.34, 0.33, 0.33), 0.7),
    "three, nearly always right": of_classes((0.34, 0.33, 0.33), 0.95),
    "four, one rare": of_classes((0.5, 0.3, 0.15, 0.05), 0.6),
    "five, no better than chance": of_classes((0.2,) * 5, 0.0),
}


def of_scores(a: float, b: float, alike: float) -> Draw:
    """Two models whose scores are as much alike; the first is calibrated. Both predict by the mean of its scores."""

    def draw(generator: np.random.Generator, rows: int) -> dict[str, Any]:
        score = np.clip(generator.beta(a, b, rows), 1e-6, 1 - 1e-6)
        other = np.clip(alike * score + (1 - alike) * generator.beta(a, b, rows), 1e-6, 1 - 1e-6)
        label = (generator.random(rows) < score).astype(np.int8)
        return {"y": label, "s": score, "t": other, "threshold": round(a / (a + b), 2)}

    return draw


SCORES: dict[str, Draw] = {
    "scores in the middle, alike": of_scores(2, 2, 0.8),
    "scores in the middle, unlike": of_scores(2, 2, 0.2),
    "sure scores, alike": of_scores(0.5, 0.5, 0.8),
    "positives rare, alike": of_scores(1, 6, 0.8),
}


def regression(rows: dict[str, Any]) -> Found:
    report: Any = evaluate_regression(pa.table(rows), label="y", prediction="p", protected=["g"])
    gaps = {f"gap of {name}": one for name, one in report["fairness"]["g"]["gaps"].items()}
    quantiles = {f"residual {name}": one for name, one in report["residuals"].items()}
    return {**report["performance"], **quantiles, **gaps}


def multiclass(rows: dict[str, Any]) -> Found:
    report: Any = evaluate_classes(pa.table(rows), label="y", prediction="p")
    return {name: one for name, one in report["performance"].items() if not name.startswith("micro")} | {
        f"{name} of a": one for name, one in report["per_class"]["a"].items()
    }


def ranking(rows: dict[str, Any]) -> Found:
    report: Any = evaluate(
        pa.table({"y": rows["y"], "s": rows["s"]}), label="y", score="s", threshold=0.5, top=[10, 20]
    )
    return dict(report["ranking"])


def paired(rows: dict[str, Any]) -> Found:
    table = pa.table({name: rows[name] for name in ("y", "s", "t")})
    report: Any = compare(table, label="y", score="s", score_other="t", threshold=rows["threshold"])
    return {name: one["difference"] for name, one in report["figures"].items()}


TASKS: dict[str, tuple[dict[str, Draw], Callable[[dict[str, Any]], Found]]] = {
    "regression": (NUMBERS, regression),
    "multiclass": (CLASSES, multiclass),
    "ranking": (SCORES, ranking),
    "paired": (SCORES, paired),
}
Key = tuple[str, str, str, str, int]  # task, method, figure, world, rows


def truth_of(figures: Callable[[dict[str, Any]], Found], rows: dict[str, Any]) -> dict[str, float | None]:
    """The values in many rows; of quantiles, which the report brackets, those of the rows themselves."""
    truth = {name: one["value"] for name, one in figures(rows).items()}
    if figures is regression:
        residual = rows["p"] - rows["y"]
        shares = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
        truth |= {f"residual {name}": float(np.quantile(residual, share)) for name, share in shares.items()}
        truth["median_absolute_error"] = float(np.median(np.abs(residual)))
    return truth


def simulate() -> Iterator[tuple[Key, Tally]]:
    for task, (worlds, figures) in TASKS.items():
        for number, (world, draw) in enumerate(worlds.items()):
            generator = np.random.default_rng([20261123, number])
            truth = truth_of(figures, draw(generator, POPULATION))
            seen: dict[Key, Tally] = defaultdict(Tally)
            for rows in ROWS:
                for _ in range(SETS):
                    for name, one in figures(draw(generator, rows)).items():
                        key = (task, one["method"] or "no interval", name, world, rows)
                        value = truth[name]
                        if value is not None:
                            seen[key].see(value, one["low"], one["high"])
            yield from ((key, tally) for key, tally in seen.items() if tally.sets)


@pytest.fixture(scope="module")
def seen() -> dict[Key, Tally]:
    return dict(simulate())


def test_each_task_covers_what_it_promises(seen: dict[Key, Tally], capsys: pytest.CaptureFixture[str]) -> None:
    by_method: dict[tuple[str, str, int], list[tuple[Tally, str]]] = defaultdict(list)
    for (task, method, figure, world, rows), tally in seen.items():
        by_method[task, method, rows].append((tally, f"{figure}, {world}"))
    with capsys.disabled():
        for (task, method, rows), found in sorted(by_method.items()):
            whole = sum((tally for tally, _ in found), Tally())
            single = sorted((tally.coverage, name) for tally, name in found if tally.sets >= ENOUGH)
            ends = f"{single[0][0]:.1%} ({single[0][1]}) | {single[-1][0]:.1%}" if single else "|"
            print(f"\n| {task} | {method} | {rows:,} | {whole.coverage:.1%} | {ends} |", end="")
        print()
    most = {key: sum((tally for tally, _ in found), Tally()) for key, found in by_method.items() if key[2] == max(ROWS)}
    for key, whole in most.items():
        assert whole.coverage >= NOMINAL[0], (key, whole)


def test_no_single_figure_falls_far_short(seen: dict[Key, Tally], capsys: pytest.CaptureFixture[str]) -> None:
    counted = {key: tally for key, tally in seen.items() if tally.sets >= ENOUGH}
    outside = {key: tally for key, tally in counted.items() if not NOMINAL[0] <= tally.coverage <= NOMINAL[1]}
    with capsys.disabled():
        print(f"\n{len(outside)} of {len(counted)} figures outside {NOMINAL}, the lowest first:")
        for (task, method, figure, world, rows), tally in sorted(outside.items(), key=lambda item: item[1].coverage):
            print(f"{tally.coverage:6.3f}  {task:11}{method:22}{figure:24}{rows:5} rows, {tally.sets:4} sets  {world}")
    assert min(tally.coverage for tally in counted.values()) >= FLOOR
