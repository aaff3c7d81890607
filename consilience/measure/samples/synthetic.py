"""Synthetic rows held against the real ones that they were made from: are they alike, useful, and private?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.sources import check_columns
from consilience.measure.metrics.figure import Figure
from consilience.measure.pictures import sample_words as words
from consilience.measure.samples import areas, labels, trees
from consilience.measure.samples.areas import Placements
from consilience.measure.samples.binning import learn_bins, same_kind
from consilience.measure.samples.neighbours import Privacy, privacy
from consilience.measure.samples.relations import Relations, relations
from consilience.measure.samples.sampling import Sample, draw, present

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

SCHEMA = "urn:consilience:synthetic:1"
ROWS = 10_000
LEAST_ROWS = 100


@dataclass(frozen=True)
class Usefulness:
    """How well a model does on held-out real rows when it is fitted to synthetic rows, and when to real ones.

    Areas under the ROC curve of the same learner, on the same rows. `change` is the synthetic one less the real one.
    """

    synthetic_area: Figure
    real_area: Figure
    change: Figure

    def as_json(self) -> dict[str, Json]:
        return {
            "synthetic_area": self.synthetic_area.as_json(),
            "real_area": self.real_area.as_json(),
            "change": self.change.as_json(),
        }


@dataclass(frozen=True)
class Synthetic:
    """All of it. `marginals` are the drift figures of each column, `usefulness` is None where no label was named."""

    marginals: dict[str, dict[str, Figure]]
    relations: Relations
    usefulness: Usefulness | None
    privacy: Privacy
    left_out: tuple[str, ...]
    sample_rows: dict[str, int]
    seed: int

    def as_json(self) -> dict[str, Json]:
        return {
            "schema": SCHEMA,
            "marginals": {
                name: {metric: found.as_json() for metric, found in figures.items()}
                for name, figures in self.marginals.items()
            },
            "relations": self.relations.as_json(),
            "usefulness": None if self.usefulness is None else self.usefulness.as_json(),
            "privacy": self.privacy.as_json(),
            "left_out": list(self.left_out),
            "sample_rows": dict(self.sample_rows),
            "seed": self.seed,
        }

    def sentence(self) -> str:
        """The result in plain language."""
        return words.of_synthetic(self.as_json())


def synthetic_against_real(
    synthetic: Any,
    training: Any,
    held_out: Any,
    *,
    label: str | None = None,
    positive: object = None,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    rows: int = ROWS,
    progress: Progress | None = None,
) -> Synthetic:
    """Synthetic rows against the real rows that they were made from and real rows that were held out, on samples of each.

    With a binary `label` their use for training is measured too (train on synthetic, test on real: Esteban, Hyland and
    Rätsch 2017). `held_out` must have taken no part in making the synthetic rows. Columns that are not in all three, in
    one kind, are left out, as are those of `without`. Raises BadInput for fewer than LEAST_ROWS rows of one of them.
    """
    made, real, held = (
        one if isinstance(one, Sample) else _drawn(one, rows, columns, without, salt, progress)
        for one, salt in ((synthetic, "synthetic"), (training, "training"), (held_out, "held-out"))
    )
    for side in (made, real, held):
        if side.rows < LEAST_ROWS:
            raise BadInput(side.name, f"has {side.rows} rows; at least {LEAST_ROWS} of each are needed")
    common, _ = same_kind(real, made)
    names = [name for name in same_kind(real, held)[0] if name in common]
    if not names:
        raise BadInput("columns", "have nothing in common that could be compared")
    everywhere = {*made.columns, *real.columns, *held.columns}
    seed = (made.seed * 961 + real.seed * 31 + held.seed) % 2**53
    return Synthetic(
        _marginals(real, made, names),
        relations(real, made, names, seed=seed),
        None if label is None else usefulness(made, real, held, names, label, positive, seed=seed),
        privacy(real, held, made, names, seed=seed),
        tuple(sorted(everywhere - set(names))),
        {"synthetic": made.rows, "training": real.rows, "held_out": held.rows},
        seed,
    )


def _drawn(
    source: Any,
    rows: int,
    columns: Collection[str] | None,
    without: Collection[str],
    salt: str,
    progress: Progress | None,
) -> Sample:
    opened = open_source(source)
    if salt == "training":
        check_columns(opened, [*(columns or ()), *without])
    return draw(
        opened, rows=rows, only=present(opened, columns), without=present(opened, without) or (), salt=salt,
        progress=progress,
    )  # fmt: skip


def usefulness(
    made: Sample, real: Sample, held: Sample, names: list[str], label: str, positive: object, *, seed: int
) -> Usefulness:
    """The learner on as many synthetic as real rows, tested on the held-out ones."""
    features = [name for name in names if name != label]
    if not features:
        raise BadInput("columns", f"have no feature beside the label {label!r}")
    binning = learn_bins([real], features)
    truth = {id(side): labels.binary(side, label, positive) for side in (made, real, held)}
    equal = min(int((~np.isnan(truth[id(side)])).sum()) for side in (made, real))
    test = np.flatnonzero(~np.isnan(truth[id(held)]))
    is_positive = truth[id(held)][test] == 1
    if is_positive.all() or not is_positive.any():
        raise BadInput(f"{held.name}, column {label!r}", "has one class only in the held-out rows")
    codes = binning.codes(held)[test]

    def tested(side: Sample) -> Placements:
        rows = np.flatnonzero(~np.isnan(truth[id(side)]))[:equal]
        model = trees.fit(binning.codes(side)[rows], truth[id(side)][rows], binning, seed=seed)
        return areas.placements(model.scores(codes), is_positive)

    by_made, by_real = tested(made), tested(real)
    return Usefulness(areas.area([by_made]), areas.area([by_real]), areas.difference([by_made.less(by_real)]))


def _marginals(real: Sample, made: Sample, names: list[str]) -> dict[str, dict[str, Figure]]:
    from consilience.measure.drifting import reference_profile
    from consilience.measure.engines.profiling import profile
    from consilience.measure.metrics.drift import drift

    then = reference_profile(real.table, columns=names)
    return drift(then, profile(made.table.select(names), then.plan))
