"""Fit the logistic artefact from rows, so that a training can be run again and give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure import classes
from consilience.measure.artefact import Artefact, Categorical, Numeric, Unseen
from consilience.measure.engines import columns
from consilience.measure.engines.columns import Numbers, Texts
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.sources import Want, batches, check_columns
from consilience.measure.values import text_of

DIGITS = 9
STEPS = 100
DONE = 1e-11

Floats = NDArray[np.float64]


def fit_logistic(
    source: Any,
    *,
    label: str,
    numeric: Iterable[str] = (),
    categorical: Iterable[str] = (),
    positive: object = None,
    l2: float = 1.0,
    threshold: float | None = None,
    output: str = "y_score",
    unseen: Unseen = Unseen.REFUSE,
) -> Artefact:
    """The logistic regression that minimises the sum of log losses plus l2 / 2 times the squared coefficients.

    Numeric features are standardised, categorical ones get a coefficient for every level, the intercept is not
    penalised. Newton's method from 0. Every number is rounded to nine significant digits, far coarser than what
    libraries and machines differ by, so that the same rows give the same bytes. Raises BadInput for missing values,
    a single class, or an l2 that is not above 0.
    """
    if not l2 > 0:
        raise BadInput(
            "l2", f"{l2!r} is not above 0; without a penalty a level that tells all has no finite coefficient"
        )
    numbers, texts, target = _read(source, label, list(numeric), list(categorical), text_of(positive))
    scaled = {name: (_rounded(float(x.mean())), _rounded(float(x.std())) or 1.0) for name, x in numbers.items()}
    levels = {name: sorted(found.values[code] for code in np.unique(found.codes)) for name, found in texts.items()}
    parts = [np.ones(len(target))]
    parts += [(numbers[name] - mean) / scale for name, (mean, scale) in scaled.items()]
    for name, found in texts.items():
        place = np.array([levels[name].index(word) if word in levels[name] else -1 for word in found.values])
        parts += [(place[found.codes] == position).astype(np.float64) for position in range(len(levels[name]))]
    fitted = iter([_rounded(float(c)) for c in _newton(np.column_stack(parts), target, l2)])
    return Artefact(
        output=output,
        threshold=threshold,
        intercept=next(fitted),
        numeric=tuple(Numeric(name, mean, scale, next(fitted)) for name, (mean, scale) in scaled.items()),
        categorical=tuple(
            Categorical(name, {level: next(fitted) for level in listed}, unseen) for name, listed in levels.items()
        ),
    )


def _newton(design: Floats, target: Floats, l2: float) -> Floats:
    penalty = np.full(design.shape[1], l2)
    penalty[0] = 0.0
    weights = np.zeros(design.shape[1])
    loss = _loss(design, target, penalty, weights)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (chance - target) + penalty * weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        share = 1.0
        while _loss(design, target, penalty, weights - share * step) > loss + 1e-12 * abs(loss) and share > 1e-6:
            share /= 2
        weights = weights - share * step
        loss = _loss(design, target, penalty, weights)
        if np.abs(step).max() < DONE:
            return weights
    raise BadInput("training", f"did not settle in {STEPS} steps; a larger l2 helps")


def _loss(design: Floats, target: Floats, penalty: Floats, weights: Floats) -> float:
    z = design @ weights
    return float(np.logaddexp(0, z).sum() - target @ z + (penalty * weights * weights).sum() / 2)


def _read(
    source: Any, label: str, numeric: Sequence[str], categorical: Sequence[str], positive: str | None
) -> tuple[dict[str, Floats], dict[str, Texts], Floats]:
    opened = open_source(source)
    wanted = {label: Want.TEXT, **dict.fromkeys(categorical, Want.TEXT), **dict.fromkeys(numeric, Want.NUMBER)}
    if len(wanted) < 1 + len(numeric) + len(categorical):
        raise BadInput("features", "a column is named twice, or is the label as well")
    check_columns(opened, wanted)
    rows = list(batches(opened, wanted))
    if not sum(batch.num_rows for batch in rows):
        raise BadInput(opened.name, "has no rows")

    def texts(name: str) -> Texts:
        return _joined([columns.texts(batch.column(name), untyped=opened.untyped) for batch in rows])

    def refuse(wrong: NDArray[np.bool_], name: str) -> None:
        if wrong.any():
            raise BadInput(opened.name, f"row {int(np.argmax(wrong)) + 1}, column {name!r} has no value to train on")

    labels = texts(label)
    refuse(labels.codes < 0, label)
    used = [labels.values[code] for code in np.unique(labels.codes)]
    code_of = classes.codes(used, positive=positive, where=f"{opened.name}, column {label!r}")
    if len(set(code_of.values())) < 2:
        raise BadInput(
            f"{opened.name}, column {label!r}", f"has only the value {classes.shown(used)}; training needs both classes"
        )
    target = np.array([code_of.get(word, 0) for word in labels.values], dtype=np.float64)[labels.codes]
    read: dict[str, Floats] = {}
    for name in numeric:
        parts: list[Numbers] = [columns.numbers(batch.column(name)) for batch in rows]
        read[name] = np.concatenate([part.values for part in parts])
        refuse(~(np.concatenate([part.present for part in parts]) & np.isfinite(read[name])), name)
    categories = {name: texts(name) for name in categorical}
    for name, found in categories.items():
        refuse(found.codes < 0, name)
    return read, categories, target


def _joined(parts: Sequence[Texts]) -> Texts:
    values = sorted({word for part in parts for word in part.values})
    place = {word: number for number, word in enumerate(values)}
    moved = [np.array([place[word] for word in part.values] + [-1], dtype=np.int32)[part.codes] for part in parts]
    return Texts(np.concatenate(moved), values)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
