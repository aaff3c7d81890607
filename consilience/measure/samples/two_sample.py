"""Whether two sets of rows can be told apart at all, by all their columns together, and by which of them."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure.engines.opening import open_source
from consilience.measure.metrics.figure import Figure
from consilience.measure.pictures import sample_words as words
from consilience.measure.samples import areas, trees
from consilience.measure.samples.areas import Placements
from consilience.measure.samples.binning import Binning, Codes, learn_bins, same_kind
from consilience.measure.samples.hash_kernels import mixed
from consilience.measure.samples.sampling import Sample, draw, present
from consilience.measure.samples.trees import Trees

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

ROWS = 10_000
BLOCKS = 6
FITTED_ONLY = 2
LEAST_ROWS = 100
REPEATS = 3
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class TwoSample:
    """What a classifier finds that is asked whether a row is of the reference or of now.

    `area` is its area under the ROC curve on rows that it never saw, 0.5 where nothing tells them apart; `p_value` is the chance of an
    area so large where both are samples of one population. `columns` is how much of the area is lost without what a
    column says. `by_permutation` says that the chance was found by permuting, and not by the normal limit.
    """

    area: Figure
    p_value: float
    by_permutation: bool
    columns: dict[str, Figure]
    left_out: tuple[str, ...]
    reference_rows: int
    current_rows: int
    seed: int

    def as_json(self) -> dict[str, Json]:
        return {
            "area": self.area.as_json(),
            "p_value": self.p_value,
            "by_permutation": self.by_permutation,
            "columns": {name: found.as_json() for name, found in self.columns.items()},
            "left_out": list(self.left_out),
            "sample_rows": {"reference": self.reference_rows, "current": self.current_rows},
            "seed": self.seed,
        }

    def sentence(self) -> str:
        """The result in plain language."""
        return words.of_two_sample(self.as_json())


def two_sample(
    reference: Any,
    current: Any,
    *,
    columns: Collection[str] | None = None,
    rows: int = ROWS,
    permutations: int = 0,
) -> TwoSample:
    """The classifier two-sample test (Lopez-Paz and Oquab 2017) by the area under the ROC curve, on samples of both.

    The rows lie in BLOCKS blocks. Each block from the third on is scored by a model of all blocks
    before it, and the area is the mean of theirs. So no block is ever scored by a model that another block's score
    depends on, as in cross-validation, whose areas rise and fall together where nothing is to be found. Columns that
    only one side has, or as another kind, are left out. `permutations` (e.g. 199) repeats the test with the two sides mixed at random,
    for a p-value that takes nothing for granted; the normal limit is the default. Raises BadInput for fewer than
    LEAST_ROWS rows on a side, and where no column can be compared.
    """
    then = reference if isinstance(reference, Sample) else draw(reference, rows=rows, only=columns, salt="reference")
    now = current if isinstance(current, Sample) else draw(current, rows=rows, only=columns, salt="current")
    names, left_out = same_kind(then, now)
    for side in (then, now):
        if side.rows < LEAST_ROWS:
            raise BadInput(side.name, f"has {side.rows} rows; at least {LEAST_ROWS} on each side are needed")
    if not names:
        raise BadInput("columns", "have nothing in common that could be compared")
    seed = (then.seed * 31 + now.seed) % 2**53
    test = _Test(then, now, names, seed)
    found = test.areas(test.is_current)
    chance, by_permutation = test.chance(found, permutations), permutations > 0
    losses = test.columns(names)
    ranked = sorted(losses, key=lambda name: (-(losses[name].value or 0.0), name))
    return TwoSample(
        areas.area(found), chance, by_permutation, {name: losses[name] for name in ranked}, tuple(left_out), then.rows,
        now.rows, seed,
    )  # fmt: skip


def told_apart(
    reference: Any,
    current: Any,
    *,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
) -> TwoSample:
    """The test on the columns that a drift report is about: those of the reference, or some; one may be gone by now."""
    then = draw(reference, rows=ROWS, only=columns, without=without, salt="reference", progress=progress)
    opened = open_source(current)
    now = draw(
        opened, rows=ROWS, only=present(opened, columns), without=present(opened, without) or (), salt="current",
        progress=progress,
    )  # fmt: skip
    return two_sample(then, now)


def normal_tail(distance: float) -> float:
    """The chance that a standard normal variable is above this."""
    return math.erfc(distance / math.sqrt(2)) / 2


class _Test:
    """The rows of both sides, binned alike, in blocks."""

    def __init__(self, then: Sample, now: Sample, names: list[str], seed: int) -> None:
        self._seed = seed
        self._binning: Binning = learn_bins([then, now], names)
        self._codes: Codes = np.concatenate([self._binning.codes(then), self._binning.codes(now)])
        self.is_current: Bools = np.repeat([False, True], [then.rows, now.rows])
        self._block = np.concatenate([_blocks(then), _blocks(now)])
        self._models: list[Trees] = []

    def areas(self, is_current: Bools) -> list[Placements]:
        """The placements of each block that is scored."""
        self._models = [self._fitted(number, is_current) for number in range(FITTED_ONLY, BLOCKS)]
        return [
            areas.placements(model.scores(self._codes[self._block == number]), is_current[self._block == number])
            for number, model in enumerate(self._models, start=FITTED_ONLY)
        ]

    def chance(self, found: list[Placements], permutations: int) -> float:
        """The p-value of areas, one-sided."""
        mean = sum(block.area for block in found) / len(found)
        if not permutations:
            return normal_tail((mean - 0.5) / areas.chance_error(found))
        generator, as_large, models = np.random.Generator(np.random.PCG64(self._seed)), 0, self._models
        for _ in range(permutations):
            by_lot = self.areas(generator.permutation(self.is_current))
            as_large += sum(block.area for block in by_lot) / len(by_lot) >= mean
        self._models = models
        return (as_large + 1) / (permutations + 1)

    def columns(self, names: list[str]) -> dict[str, Figure]:
        """How much of the area is lost when the values of a column are given out at random among the rows of a block."""
        generator = np.random.Generator(np.random.PCG64(self._seed + 1))
        lost: dict[str, list[Placements]] = {name: [] for name in names}
        for number, model in enumerate(self._models, start=FITTED_ONLY):
            codes, truth = self._codes[self._block == number].copy(), self.is_current[self._block == number]
            whole = areas.placements(model.scores(codes), truth)
            for place, name in enumerate(names):
                kept = codes[:, place].copy()
                without = []
                for _ in range(REPEATS):
                    codes[:, place] = generator.permutation(kept)
                    without.append(areas.placements(model.scores(codes), truth))
                codes[:, place] = kept
                lost[name].append(whole.less(_mean(without)))
        return {name: areas.difference(blocks) for name, blocks in lost.items()}

    def _fitted(self, number: int, is_current: Bools) -> Trees:
        rows = self._block < number
        target = is_current[rows].astype(np.float64)
        return trees.fit(self._codes[rows], target, self._binning, seed=self._seed + number)


def _blocks(sample: Sample) -> NDArray[np.int64]:
    """Blocks of about equal size; rows of one person in the same.

    A row that is on both sides is in the same block on both: else a model would know it as a row of the other side. A row
    that repeats on one side is spread, by its hash and how often it was met.
    """
    if sample.people is not None:
        return sample.people % BLOCKS
    order = np.argsort(sample.hashes, kind="stable")
    ordered = sample.hashes[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    met = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    made = np.empty(len(ordered), dtype=np.int64)
    made[order] = mixed(ordered + met.astype(np.uint64)) % np.uint64(BLOCKS)
    return made


def _mean(several: list[Placements]) -> Placements:
    return Placements(
        np.mean([one.of_positives for one in several], axis=0), np.mean([one.of_negatives for one in several], axis=0)
    )
