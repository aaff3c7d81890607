"""The `slices` report: in which segments of the rows a model errs more than elsewhere, on a seeded sample."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from consilience.kit.canonical import Json
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.report import Report
from consilience.measure.report import report as named_report

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

SCHEMA = "urn:consilience:slices:1"
ROWS = 40_000


def slices(
    source: Any,
    *,
    label: str | None = None,
    score: str | None = None,
    prediction: str | None = None,
    error: str | None = None,
    positive: object = None,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    people: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """The `slices` report: the weakest segments of the rows of a source, found on one half of a sample and tested on the other.

    What the error of a row is, and what `columns` are, says `samples.slices.weak_segments`; `without` are columns that no segment may
    be made of. With `people`, an id column, people lie whole in one half. Raises BadInput for data that cannot be used and
    WrongUse for a call that contradicts itself.
    """
    from consilience.measure.samples.sampling import draw
    from consilience.measure.samples.slices import check_roles, weak_segments

    check_roles(error=error, label=label, prediction=prediction, score=score)
    roles = [name for name in (error, label, prediction, score) if name is not None]
    sample = draw(
        source, rows=ROWS, only=None if columns is None else {*columns, *roles},
        without=[name for name in without if name not in roles], by=people, progress=progress,
    )  # fmt: skip
    found = weak_segments(sample, error=error, label=label, prediction=prediction, score=score, positive=positive)
    content: dict[str, Json] = {
        "schema": SCHEMA,
        "rows": sample.of_rows,
        "label": label,
        "score": score,
        "prediction": prediction,
        "error_column": error,
        "people": people,
    }
    return named_report(content | found.as_json(), source)


def as_evidence(report: Mapping[str, Any], *, minimum: int = USUAL_MINIMUM) -> dict[str, Any]:
    """The report as it leaves the place where the rows lie: no row, and no segment of fewer tested rows than a minimum."""
    return {
        **{name: report[name] for name in ("rows", "sample_rows", "error")},
        "seed": str(report["seed"]),
        "searched": report["looked_at"],
        "segments": [
            {"conditions": one["predicate"]}
            | {name: one[name] for name in ("columns", "rows", "error", "difference", "p_value", "confirmed")}
            for one in report["segments"]
            if one["rows"] >= minimum
        ],
    }
