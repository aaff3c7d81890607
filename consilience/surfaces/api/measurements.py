"""Comparisons, validations, segments and windows that the server computes: from held data, or from counts of a client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from ninja import Router
from pydantic import Field

from consilience.domains.evidence import queries
from consilience.domains.evidence.computing import comparisons, segments, validations, windows
from consilience.domains.evidence.models import Evidence
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.measure.task import Task
from consilience.surfaces.api.evaluations import Computed
from consilience.surfaces.api.evidence import show
from consilience.surfaces.api.inventory import Listed
from consilience.surfaces.api.shared import MAX_INT, In, KindName, Line, Reference, Request, Sha256, operation, present

router = Router(tags=["evidence"])
CONTRACT_LENGTH = 1_000_000


class ComparisonIn(In):
    """The version against a baseline on the same rows: both artefacts scored by the server, or both models' columns of data.

    `score`, `prediction` and `threshold` are the baseline's, those with `_other` the version's.
    """

    source: Literal["artefact", "data"] = Field(alias="from")
    baseline: Reference
    dataset: Reference
    method: KindName
    label: Line | None = None
    score: Line | None = None
    score_other: Line | None = None
    prediction: Line | None = None
    prediction_other: Line | None = None
    threshold: float | None = Field(None, ge=0, le=1)
    threshold_other: float | None = Field(None, ge=0, le=1)
    positive: Line | None = None


class PairsIn(In):
    """What two models said of rows with this digest, as `consilience.measure.states.pairs_wire` writes it."""

    baseline: Reference
    dataset: Reference
    data_digest: Sha256
    pairs: dict[str, Any]
    method: KindName


class ValidationIn(In):
    """A contract, as the text of its file, and data that the server holds."""

    dataset: Reference
    contract: str = Field(max_length=CONTRACT_LENGTH)
    as_of: Line | None = None
    """The moment that ages are counted to: now, if not given."""


class CountsIn(In):
    """A contract with counts of rows with this digest, as `consilience.measure.validation_counts` writes them."""

    dataset: Reference
    data_digest: Sha256
    counts: dict[str, Any]


class SegmentsIn(In):
    """Data that the server holds, and what the error of a row is: a column, or a label with a prediction or a score."""

    dataset: Reference
    method: KindName
    label: Line | None = None
    score: Line | None = None
    prediction: Line | None = None
    error: Line | None = None
    positive: Line | None = None
    columns: Listed = Field(default_factory=list, max_length=10_000)
    without: Listed = Field(default_factory=list, max_length=10_000)
    people: Line | None = None


class WindowsIn(In):
    """Data that the server holds, and how they are cut: by day, week or month of a time, or after so many rows.

    A `task` other than binary takes label and prediction; `rank` belongs to multiclass.
    """

    dataset: Reference
    method: KindName
    by: Literal["day", "week", "month"] | Annotated[int, Field(ge=1, le=MAX_INT)]
    time: Line | None = None
    zone: Line = "UTC"
    task: Task = Task.BINARY
    rank: Line | None = None
    label: Line | None = None
    score: Line | None = None
    prediction: Line | None = None
    threshold: float | None = Field(None, ge=0, le=1)
    positive: Line | None = None


class WindowStatesIn(In):
    """The windows of rows with this digest, as `consilience.measure.windows_wire` writes them."""

    dataset: Reference
    data_digest: Sha256
    windows: dict[str, Any]
    method: KindName


@operation(router.post, "/versions/{reference}/comparisons", action="evidence.compute")
def compare(request: Request, reference: Reference, data: ComparisonIn) -> Computed:
    """Have the version compared with a baseline on the same rows, and the comparison recorded."""
    said = data.model_dump(exclude={"source", "baseline", "dataset", "method"})
    named = {"version": reference, "baseline": data.baseline, "dataset": data.dataset, "method": data.method}
    if data.source == "data":
        return _shown(request, comparisons.from_data(actor=request.auth, now=now(), **named, **said))
    if any(value is not None for name, value in said.items() if name not in ("label", "positive")):
        raise BadInput("from", "the artefacts say how they score: leave scores, predictions and thresholds out")
    if data.label is None:
        raise BadInput("label", "name the column that holds what came true")
    rows = comparisons.from_artefacts(
        actor=request.auth, label=data.label, positive=data.positive, now=now(), **named
    )  # fmt: skip
    return _shown(request, rows)


@operation(router.post, "/versions/{reference}/comparisons/states", action="evidence.compute", signable=True)
def compare_pairs(request: Request, reference: Reference, data: PairsIn) -> Computed:
    """Have a comparison computed from counts: the rows stay where they are."""
    return _shown(
        request, comparisons.from_pairs(actor=request.auth, version=reference, now=now(), **data.model_dump())
    )


@operation(router.post, "/versions/{reference}/validations", action="evidence.compute")
def validate(request: Request, reference: Reference, data: ValidationIn) -> Computed:
    """Have data held to a contract, and the outcome recorded."""
    return _shown(request, validations.from_data(actor=request.auth, version=reference, now=now(), **data.model_dump()))


@operation(router.post, "/versions/{reference}/validations/states", action="evidence.compute", signable=True)
def validate_counts(request: Request, reference: Reference, data: CountsIn) -> Computed:
    """Have a contract judged from counts: the rows stay where they are."""
    return _shown(
        request, validations.from_counts(actor=request.auth, version=reference, now=now(), **data.model_dump())
    )


@operation(router.post, "/versions/{reference}/segments", action="evidence.compute")
def search_segments(request: Request, reference: Reference, data: SegmentsIn) -> Computed:
    """Have segments with larger errors searched on a seeded sample of held data, and recorded."""
    said = data.model_dump() | {"columns": data.columns or None}
    return _shown(request, segments.from_data(actor=request.auth, version=reference, now=now(), **said))


@operation(router.post, "/versions/{reference}/windows", action="evidence.compute")
def over_time(request: Request, reference: Reference, data: WindowsIn) -> Computed:
    """Have the windows of held data measured with alarms, and recorded."""
    return _shown(request, windows.from_data(actor=request.auth, version=reference, now=now(), **data.model_dump()))


@operation(router.post, "/versions/{reference}/windows/states", action="evidence.compute", signable=True)
def over_time_from_states(request: Request, reference: Reference, data: WindowStatesIn) -> Computed:
    """Have the windows measured from states: the rows stay where they are."""
    return _shown(request, windows.from_states(actor=request.auth, version=reference, now=now(), **data.model_dump()))


def _shown(request: Request, rows: Sequence[Evidence]) -> Computed:
    counted = [queries.Current(row, 0) for row in rows]
    return Computed(evidence=show(request.auth, counted, present(), attempts=False))
