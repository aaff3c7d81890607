"""Weak segments: in which parts of the data a model errs more than elsewhere, found on one half and tested on the other."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import classes
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure
from consilience.measure.metrics.intervals import student
from consilience.measure.pictures import sample_words as words
from consilience.measure.samples import labels
from consilience.measure.samples.binning import Binning, learn_bins
from consilience.measure.samples.sampling import Sample, sampled
from consilience.measure.samples.slice_search import Predicates, search
from consilience.measure.samples.two_sample import normal_tail

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DEPTH = 3
WANTED = 10
WEIGHT = 0.98
"""How much a larger error counts against fewer rows: a slice of 2 % of the rows must err twice as much to be listed."""
STEPS = 10
LEAST_SHARE = 0.01
LEAST_ROWS = 32
FEW = 10
"""Rows of a slice in the second half below which its difference has no interval."""


@dataclass(frozen=True)
class Segment:
    """A slice: what its rows have in common, and its figures on the half that it was not found on.

    `difference` is the mean error of its rows less that of all others. `p_value` (one-sided, Welch) is adjusted for the
    number of slices tested (Holm 1979); `confirmed` says that it is at most 0.05.
    """

    predicate: str
    columns: tuple[str, ...]
    score: float
    found_rows: int
    rows: int
    error: Figure
    difference: Figure
    p_value: float
    confirmed: bool

    def as_json(self) -> dict[str, Json]:
        return {
            "predicate": self.predicate,
            "columns": list(self.columns),
            "score": self.score,
            "found_rows": self.found_rows,
            "rows": self.rows,
            "error": self.error.as_json(),
            "difference": self.difference.as_json(),
            "p_value": self.p_value,
            "confirmed": self.confirmed,
        }


@dataclass(frozen=True)
class WeakSegments:
    """The slices with the highest scores of one half, best first; `looked_at` is how many slices were counted for them."""

    segments: tuple[Segment, ...]
    error: Figure
    looked_at: int
    sample_rows: int
    seed: int

    def as_json(self) -> dict[str, Json]:
        return {
            "segments": [segment.as_json() for segment in self.segments],
            "error": self.error.as_json(),
            "looked_at": self.looked_at,
            "sample_rows": self.sample_rows,
            "seed": self.seed,
        }

    def sentence(self) -> str:
        """The result in plain language."""
        return words.of_slices(self.as_json())


def weak_segments(
    source: Any,
    *,
    error: str | None = None,
    label: str | None = None,
    prediction: str | None = None,
    score: str | None = None,
    positive: object = None,
    columns: Collection[str] | None = None,
    depth: int = DEPTH,
    wanted: int = WANTED,
    weight: float = WEIGHT,
    steps: int = STEPS,
    rows: int = 40_000,
    by: str | None = None,
) -> WeakSegments:
    """The weakest segments of a sample. The error of a row is one of three:

    the column `error`, from 0; whether `prediction` differs from `label`; or the squared distance of `score` to `label`
    (1 where it is `positive`, else 0). Rows without it are left out. `columns` are those that segments may be made of, by default all
    others; numbers are in `steps` bins of equal rows. Half of the rows (half of the people, with `by`) are searched, the other half tests
    what was found. Raises BadInput for data that cannot be used and WrongUse for a call that contradicts itself.
    """
    roles = [name for name in (error, label, prediction, score) if name is not None]
    only = None if columns is None else {*columns, *roles}
    sample = sampled(source, rows=rows, only=only, by=by)
    errors = row_errors(sample, error=error, label=label, prediction=prediction, score=score, positive=positive)
    known = np.flatnonzero(np.isfinite(errors))
    sample, errors = sample.part(known), errors[known]
    if sample.rows < 4 * LEAST_ROWS:
        raise BadInput(sample.name, f"has {sample.rows} rows with an error; at least {4 * LEAST_ROWS} are needed")
    if errors.min() < 0:
        raise BadInput(sample.name, f"has an error of {errors.min():.6g}; errors are from 0")
    names = [name for name in sample.columns if name not in roles]
    if not names:
        raise BadInput(sample.name, "has no other column that segments could be made of")
    first = _first_half(sample)
    binning = learn_bins([sample], names, steps=steps)
    codes = binning.codes(sample)
    least = max(LEAST_ROWS, math.ceil(LEAST_SHARE * int(first.sum())))
    found = search(codes[first], errors[first], depth=depth, least=least, weight=weight, wanted=wanted)
    people = None if sample.people is None else sample.people[~first]
    tested = [
        _tested(slice_.predicates, slice_.score, slice_.rows, binning, codes[~first], errors[~first], people)
        for slice_ in found.best
    ]
    return WeakSegments(_adjusted(tested), mean(errors, sample.people), found.looked_at, sample.rows, sample.seed)


def row_errors(
    sample: Sample,
    *,
    error: str | None,
    label: str | None,
    prediction: str | None,
    score: str | None,
    positive: object = None,
) -> Floats:
    """The error of each row, NaN where it cannot be told."""
    check_roles(error=error, label=label, prediction=prediction, score=score)
    if error is not None:
        return sample.numbers(error)
    if prediction is not None:
        (truth, of_truth), (guess, of_guess) = (labels.words(sample, str(name)) for name in (label, prediction))
        if classes.are_plain(of_truth) and classes.are_plain(of_guess):  # 1 and true are one class
            return np.abs(labels.binary(sample, str(label)) - labels.binary(sample, prediction))
        classes.same_words(of_truth, of_guess, where=f"{sample.name}, columns {label!r} and {prediction!r}")
        same = np.array([[one == other for other in [*of_guess, ""]] for one in [*of_truth, ""]])
        return np.where((truth < 0) | (guess < 0), np.nan, 1.0 - same[truth, guess])
    truth_or_not = labels.binary(sample, str(label), positive)
    scores = sample.numbers(str(score))
    wrong = scores[(scores < 0) | (scores > 1)]  # NaN is a missing score here
    if len(wrong):
        raise BadInput(f"{sample.name}, column {score!r}", f"the score {wrong[0]} is not a number from 0 to 1")
    return np.asarray((scores - truth_or_not) ** 2, dtype=np.float64)


def check_roles(*, error: str | None, label: str | None, prediction: str | None, score: str | None) -> None:
    """Raise WrongUse where the columns named do not say what the error of a row is, or say it twice."""
    given = (error is not None, label is not None, prediction is not None, score is not None)
    if given not in {(True, False, False, False), (False, True, True, False), (False, True, False, True)}:
        raise WrongUse("name an error column, or a label with a prediction, or a label with a score")


def mean(errors: Floats, people: Ints | None = None) -> Figure:
    """The mean with Student's interval; where rows repeat people by what each of them adds."""
    rows = len(errors)
    value = float(errors.mean())
    variance, units = _variance(errors - value, people)
    if units < FEW:
        return bare(value, rows=rows, reason=Reason.FEW_ROWS)
    half = student(units - 1) * math.sqrt(variance)
    return figure(value, value - half, value + half, method=Method.STUDENT, rows=rows)


def _first_half(sample: Sample) -> Bools:
    """Half of the rows by lot, or half of the people."""
    units = np.arange(sample.rows) if sample.people is None else np.unique(sample.people, return_inverse=True)[1]
    sides = np.random.Generator(np.random.PCG64(sample.seed)).permutation(np.arange(int(units.max()) + 1) % 2)
    return np.asarray(sides[units] == 0)


def _variance(away: Floats, people: Ints | None) -> tuple[float, int]:
    """The variance of the mean of what lies away from its mean, and of how many independent units it is."""
    if people is not None:
        away = np.bincount(np.unique(people, return_inverse=True)[1], weights=away).astype(np.float64)
    units = len(away)
    if units < 2:
        return math.nan, units
    rows = units if people is None else len(people)
    return float((away * away).sum()) * units / (units - 1) / rows**2, units


def _tested(
    predicates: Predicates, score: float, found_rows: int, binning: Binning, codes: NDArray[np.uint8], errors: Floats,
    people: Ints | None,
) -> Segment:  # fmt: skip
    """A slice on the half that it was not found on; its p-value is not adjusted yet."""
    names = list(binning.columns)
    inside = np.all([codes[:, column] == code for column, code in predicates], axis=0)
    said = " and ".join(binning.columns[names[column]].said(names[column], code) for column, code in predicates)
    rows = int(inside.sum())
    columns = tuple(names[column] for column, _ in predicates)
    if rows == 0 or rows == len(errors):
        nothing = Figure(None, None, None, None, rows, Reason.NO_ROWS)
        return Segment(said, columns, score, found_rows, rows, nothing, nothing, 1.0, confirmed=False)
    here, there = float(errors[inside].mean()), float(errors[~inside].mean())
    value = here - there
    # What each row adds to the difference; summed by person where rows repeat people.
    share = rows / len(errors)
    away = np.where(inside, (errors - here) / share, -(errors - there) / (1 - share))
    variance, _ = _variance(away, people)
    of_slice = mean(errors[inside], None if people is None else people[inside])
    if of_slice.low is None or not variance > 0:
        difference = bare(value, rows=rows, reason=Reason.FEW_ROWS)
        return Segment(said, columns, score, found_rows, rows, of_slice, difference, 1.0, confirmed=False)
    spread = math.sqrt(variance)
    difference = figure(value, value - Z * spread, value + Z * spread, method=Method.WELCH, rows=rows)
    return Segment(
        said, columns, score, found_rows, rows, of_slice, difference, normal_tail(value / spread), confirmed=False
    )


def _adjusted(segments: list[Segment]) -> tuple[Segment, ...]:
    """The p-values by Holm's step-down method."""
    order = sorted(range(len(segments)), key=lambda place: segments[place].p_value)
    made, running = list(segments), 0.0
    for step, place in enumerate(order):
        running = max(running, min(1.0, segments[place].p_value * (len(segments) - step)))
        made[place] = replace(segments[place], p_value=running, confirmed=running <= 0.05)
    return tuple(made)
