"""What synthetic rows give away of the rows that they were made from: distances to the nearest record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.measure.metrics import intervals
from consilience.measure.metrics.figure import Figure, Method, figure
from consilience.measure.samples import areas, neighbour_kernels
from consilience.measure.samples.sampling import CategoryColumn, NumberColumn, Sample

Floats = NDArray[np.float64]

MOST_REAL = 5_000
MOST_SYNTHETIC = 5_000
RESAMPLES = 1_000
FALSE_ALARMS = 0.01


@dataclass(frozen=True)
class Privacy:
    """Distances of synthetic rows to training rows and to as many held-out rows, which the generator never saw.

    `closer_to_training` is the share of synthetic rows whose nearest real row is a training row: 0.5 where nothing is
    given away. `copies` is the share that equals a training row, `copies_by_chance` that equals a held-out row.
    `membership_area` and `membership_found` are of an attacker who guesses that a person was in the training data by how near
    a synthetic row is: the area under the ROC curve (0.5 is a coin), and the share of members found while 1 of 100 others
    is taken for one (0.01 is a coin).
    """

    closer_to_training: Figure
    copies: Figure
    copies_by_chance: Figure
    membership_area: Figure
    membership_found: Figure
    real_rows: int
    synthetic_rows: int

    def as_json(self) -> dict[str, Json]:
        return {
            "closer_to_training": self.closer_to_training.as_json(),
            "copies": self.copies.as_json(),
            "copies_by_chance": self.copies_by_chance.as_json(),
            "membership_area": self.membership_area.as_json(),
            "membership_found": self.membership_found.as_json(),
            "sample_rows": {"training": self.real_rows, "held_out": self.real_rows, "synthetic": self.synthetic_rows},
        }


def privacy(training: Sample, held_out: Sample, synthetic: Sample, names: list[str], *, seed: int) -> Privacy:
    """The privacy figures by these columns. As many training rows as held-out rows take part, or fewer of both.

    Numbers are compared by their place among the real values, so that no unit weighs more than another; a category that
    differs counts as much as the whole range of a number.
    """
    real, made = min(training.rows, held_out.rows, MOST_REAL), min(synthetic.rows, MOST_SYNTHETIC)
    parts = [one.part(np.arange(rows)) for one, rows in ((training, real), (held_out, real), (synthetic, made))]
    (train, train_codes), (held, held_codes), (new, new_codes) = _encoded(parts, names)
    to_train, at_train = neighbour_kernels.nearest(new, new_codes, train, train_codes)
    to_held, at_held = neighbour_kernels.nearest(new, new_codes, held, held_codes)
    from_train, _ = neighbour_kernels.nearest(train, train_codes, new, new_codes)
    from_held, _ = neighbour_kernels.nearest(held, held_codes, new, new_codes)
    member = np.repeat([True, False], [real, real])
    nearness = -np.concatenate([from_train, from_held])
    return Privacy(
        _closer(to_train, to_held, np.where(to_train <= to_held, at_train, real + at_held)),
        _share(to_train == 0),
        _share(to_held == 0),
        areas.area([areas.placements(nearness, member)]),
        _found(-from_train, -from_held, seed),
        real,
        made,
    )


def found_at(members: Floats, others: Floats, false_alarms: float = FALSE_ALARMS) -> float:
    """The share of members above the score that at most so large a share of the others exceeds; ties by lot, on average."""
    ordered = np.sort(others)[::-1]
    allowed = false_alarms * len(others)
    limit = ordered[min(int(allowed), len(ordered) - 1)]
    above, tied = float((others > limit).sum()), float((others == limit).sum())
    part = (allowed - above) / tied
    return float((members > limit).mean() + part * (members == limit).mean())


def _closer(to_train: Floats, to_held: Floats, nearest: NDArray[np.int64]) -> Figure:
    """The share nearer to training, ties half; synthetic rows that share their nearest record are one observation."""
    closer = np.where(to_train < to_held, 1.0, np.where(to_train > to_held, 0.0, 0.5))
    rows, value = len(closer), float(closer.mean())
    # Who is in training and who was held out is a matter of lot, so the chance lies in the records, not in the rows.
    _, record = np.unique(nearest, return_inverse=True)
    by_record = np.bincount(record, weights=closer - 0.5)
    variance = float((by_record**2).sum()) / rows**2
    worth = min(0.25 / variance, float(rows)) if variance > 0 else float(rows)
    low, high = intervals.wilson(value * worth, worth)
    return figure(value, low, high, method=Method.CLUSTERED_WILSON, rows=rows)


def _share(which: NDArray[np.bool_]) -> Figure:
    low, high = intervals.wilson(int(which.sum()), len(which))
    return figure(float(which.mean()), low, high, method=Method.WILSON, rows=len(which))


def _found(members: Floats, others: Floats, seed: int) -> Figure:
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = [
        found_at(generator.choice(members, len(members)), generator.choice(others, len(others)))
        for _ in range(RESAMPLES)
    ]
    low, high = (float(limit) for limit in np.quantile(drawn, (0.025, 0.975)))
    value = found_at(members, others)
    return figure(value, low, high, method=Method.BOOTSTRAP, rows=len(members) + len(others))


def _encoded(samples: list[Sample], names: list[str]) -> list[tuple[Floats, NDArray[np.int32]]]:
    """Each sample as places of numbers from 0 to 1, NaN where missing, and codes of categories, alike in all samples."""
    made: list[tuple[list[Floats], list[NDArray[np.int32]]]] = [([], []) for _ in samples]
    for name in names:
        columns = [sample.column(name) for sample in samples]
        numbers = [column for column in columns if isinstance(column, NumberColumn)]
        if len(numbers) == len(columns):
            real = np.sort(np.concatenate([column.values for column in numbers[:2]]))
            real = real[~np.isnan(real)]
            for (places, _), column in zip(made, numbers, strict=True):
                places.append(_places(column.values, real))
            continue
        categories = [column for column in columns if isinstance(column, CategoryColumn)]
        values = sorted({value for column in categories for value in column.values})
        number = {value: place for place, value in enumerate(values)}
        for (_, codes), category in zip(made, categories, strict=True):
            codes.append(np.array([*(number[value] for value in category.values), -1], dtype=np.int32)[category.codes])
    return [
        (_beside(places, sample.rows, np.float64), _beside(codes, sample.rows, np.int32))
        for (places, codes), sample in zip(made, samples, strict=True)
    ]


def _places(values: Floats, real: Floats) -> Floats:
    """The place of each value among the real ones, from 0 to 1, in the middle of those that are equal."""
    if not len(real):
        return np.where(np.isnan(values), np.nan, 0.0)
    middle = (np.searchsorted(real, values, side="left") + np.searchsorted(real, values, side="right")) / 2
    return np.where(np.isnan(values), np.nan, middle / len(real))


def _beside(
    arrays: list[NDArray[np.generic]] | list[Floats] | list[NDArray[np.int32]], rows: int, kind: type
) -> NDArray:  # type: ignore[type-arg]
    return np.ascontiguousarray(np.column_stack(arrays), dtype=kind) if arrays else np.zeros((rows, 0), dtype=kind)
