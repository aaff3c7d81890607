"""Figures for rows that repeat people: counts by person in one pass over all rows, areas on a sample of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import classes
from consilience.measure.engines import columns, profile_kernels
from consilience.measure.engines.filtered import kept_batches
from consilience.measure.engines.groups import Where, named
from consilience.measure.engines.profiling import reopenable
from consilience.measure.engines.sources import Source, Want, check_columns
from consilience.measure.pictures import sample_words as words
from consilience.measure.samples import areas, cluster_intervals, cluster_kernels, labels
from consilience.measure.samples.cluster_intervals import Clustered
from consilience.measure.samples.sampling import draw
from consilience.measure.values import text_of

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

RESAMPLES = 1_000
AREA_ROWS = 100_000
TN, FP, FN, TP = 0, 1, 2, 3


@dataclass(frozen=True)
class PersonCounts:
    """Rows of each person by label and prediction: `counts[person, 2 * label + prediction]`.

    People are in the order of the hashes of their ids. Counts of several sources add up by `merged`. `left_out` counts
    the rows without an id, a label or a prediction.
    """

    people: Hashes
    counts: Ints
    left_out: int

    def merged(self, other: PersonCounts) -> PersonCounts:
        """The counts of both sets of rows. Associative and commutative."""
        return _summed(
            np.concatenate([self.people, other.people]), np.concatenate([self.counts, other.counts]),
            self.left_out + other.left_out,
        )  # fmt: skip


@dataclass(frozen=True)
class ByPeople:
    """Figures with intervals over people. Rates are of all rows; `auc` is of a sample of people where there are many.

    `sample_rows` and `seed` are of that sample, None where there is no score.
    """

    figures: dict[str, Clustered]
    people: int
    rows: int
    left_out: int
    sample_rows: int | None
    seed: int | None

    def as_json(self) -> dict[str, Json]:
        return {
            "figures": {name: found.as_json() for name, found in self.figures.items()},
            "people": self.people,
            "rows": self.rows,
            "left_out": self.left_out,
            "sample_rows": self.sample_rows,
            "seed": self.seed,
        }

    def sentence(self) -> str:
        """The result in plain language."""
        return words.of_people(self.as_json())


def by_people(
    source: Any,
    *,
    by: str,
    label: str,
    prediction: str | None = None,
    score: str | None = None,
    threshold: float | None = None,
    positive: object = None,
    where: Where = (),
    area_rows: int = AREA_ROWS,
    progress: Progress | None = None,
) -> ByPeople:
    """Rates, accuracy, F1 and, with a score, the area under the ROC curve, with intervals over the people of column `by`.

    `where` are columns with the value that rows must have; people are those of these rows. Predictions are a column or a threshold for the score. The area is bootstrapped over people: RESAMPLES times as many
    people are drawn with replacement, each with all their rows (Field and Welsh 2007). Raises BadInput for data that
    cannot be used and WrongUse for a call that contradicts itself.
    """
    opened = reopenable(source)
    counted = person_counts(
        opened, by=by, label=label, prediction=prediction, score=score, threshold=threshold, positive=positive,
        where=where, progress=progress,
    )  # fmt: skip
    figures = _rates(counted.counts.astype(np.float64))
    sample_rows, seed = None, None
    if score is not None:
        figures["auc"], sample_rows, seed = _area(opened, by, label, score, positive, area_rows, where)
    return ByPeople(figures, len(counted.people), int(counted.counts.sum()), counted.left_out, sample_rows, seed)


def person_counts(
    source: Any,
    *,
    by: str,
    label: str,
    prediction: str | None = None,
    score: str | None = None,
    threshold: float | None = None,
    positive: object = None,
    where: Where = (),
    progress: Progress | None = None,
) -> PersonCounts:
    """The counts of every person in one pass, over the rows whose columns have the values of `where`."""
    if (prediction is None) == (threshold is None) or (threshold is not None and score is None):
        raise WrongUse("name a prediction column, or a score column with a threshold")
    opened = reopenable(source)
    wants = {name: Want.TEXT for name in (by, label, prediction) if name is not None}
    if prediction is None and score is not None:
        wants[score] = Want.NUMBER
    check_columns(opened, [*wants, *(column for column, _ in where)])
    counting = _Counting(opened, by, label, prediction, score, threshold, text_of(positive))
    for batch in kept_batches(opened, wants, where, progress):
        counting.add(batch)
    return counting.counts()


class _Counting:
    def __init__(
        self, source: Source, by: str, label: str, prediction: str | None, score: str | None, threshold: float | None,
        positive: str | None,
    ) -> None:  # fmt: skip
        self._source, self._by, self._label, self._prediction = source, by, label, prediction
        self._score, self._threshold, self._positive = score, threshold, positive
        self._seen: dict[str, set[str]] = {}
        self._parts: list[tuple[Hashes, Ints]] = []
        self._left_out, self._rows = 0, 0

    def add(self, batch: pa.RecordBatch) -> None:
        with named(self._source, f"column {self._by!r}"):
            ids = columns.texts(batch.column(self._by), untyped=self._source.untyped)
        buffers = columns.text_buffers(pa.array([*ids.values, ""], pa.string()))
        assert buffers is not None
        truth, guess = self._classes(batch, self._label), self._predictions(batch)
        kept = (ids.codes >= 0) & (truth >= 0) & (guess >= 0)
        hashes = profile_kernels.hash_texts(*buffers)[ids.codes[kept]]
        one = np.zeros((int(kept.sum()), 4), dtype=np.int64)
        one[np.arange(len(one)), 2 * truth[kept] + guess[kept]] = 1
        part = _summed(hashes, one, 0)
        self._parts.append((part.people, part.counts))
        self._rows += batch.num_rows
        self._left_out += batch.num_rows - len(one)

    def counts(self) -> PersonCounts:
        if not self._rows:
            raise BadInput(self._source.name, "has no rows")
        if self._prediction is not None:
            with named(self._source):
                classes.agree(self._seen[self._label], self._seen[self._prediction], positive=self._positive)
        people, counts = (np.concatenate([part[place] for part in self._parts]) for place in (0, 1))
        return _summed(people, counts, self._left_out)

    def _predictions(self, batch: pa.RecordBatch) -> Ints:
        if self._prediction is not None:
            return self._classes(batch, self._prediction)
        assert self._threshold is not None
        found = columns.numbers(batch.column(self._score))
        there = found.present & ~np.isnan(found.values)
        return np.where(there, found.values >= self._threshold, -1).astype(np.int64)

    def _classes(self, batch: pa.RecordBatch, name: str) -> Ints:
        """1, 0, and -1 where missing."""
        with named(self._source, f"column {name!r}"):
            found = columns.texts(batch.column(name), untyped=self._source.untyped)
        seen = self._seen.setdefault(name, set())
        used = found.used(np.ones(batch.num_rows, dtype=np.bool_))
        seen.update(found.values[code] for code in used)
        code_of = classes.codes(seen, positive=self._positive, where=f"{self._source.name}, column {name!r}")
        code = np.full(len(found.values) + 1, -1, dtype=np.int64)
        for place in used:
            code[place] = code_of[found.values[place]]
        return code[found.codes]


def _summed(people: Hashes, counts: Ints, left_out: int) -> PersonCounts:
    different, place = np.unique(people, return_inverse=True)
    made = np.zeros((len(different), 4), dtype=np.int64)
    np.add.at(made, place, counts)
    return PersonCounts(different, made, left_out)


def _rates(counts: NDArray[np.float64]) -> dict[str, Clustered]:
    tn, fp, fn, tp = counts.T
    share = cluster_intervals.share
    return {
        "positive_share": share(tp + fn, counts.sum(axis=1)),
        "selection_rate": share(tp + fp, counts.sum(axis=1)),
        "accuracy": share(tp + tn, counts.sum(axis=1)),
        "tpr": share(tp, tp + fn),
        "fpr": share(fp, fp + tn),
        "ppv": share(tp, tp + fp),
        "npv": share(tn, tn + fn),
        "f1": cluster_intervals.f1(tp, fp, fn),
    }


def _area(
    source: Source, by: str, label: str, score: str, positive: object, rows: int, where: Where
) -> tuple[Clustered, int, int]:
    sample = draw(source, rows=rows, only=[label, score], by=by, where=where)
    assert sample.people is not None
    truth, scores = labels.binary(sample, label, positive), sample.numbers(score)
    kept = np.flatnonzero(~np.isnan(truth) & ~np.isnan(scores))
    kept = kept[np.argsort(scores[kept], kind="stable")]
    is_positive = truth[kept] == 1
    if not len(kept) or is_positive.all() or not is_positive.any():
        nothing = areas.area([])
        return Clustered(nothing, nothing, None), sample.rows, sample.seed
    places = np.unique(scores[kept], return_inverse=True)[1].astype(np.int64)
    different, people = np.unique(sample.people[kept], return_inverse=True)
    naive = areas.area([areas.placements(scores[kept], is_positive)])
    generator, clusters = np.random.Generator(np.random.PCG64(sample.seed)), len(different)
    drawn = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        times = np.bincount(generator.integers(0, clusters, clusters), minlength=clusters)
        drawn[number] = cluster_kernels.weighted_area(places, is_positive, people, times)
    assert naive.value is not None
    found = cluster_intervals.bootstrapped(naive.value, drawn, naive, rows=len(kept), clusters=clusters)
    return found, sample.rows, sample.seed
