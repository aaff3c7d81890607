"""Evidence that the server computes: from the artefact, from the data, or from states that a client counted."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Router
from pydantic import Field

from consilience.domains.evidence import compute, queries
from consilience.domains.evidence.computing import drifts, tasks
from consilience.domains.evidence.models import Evidence
from consilience.domains.inventory import queries as inventory
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.measure import task_states
from consilience.measure.task import Task
from consilience.surfaces.api.evidence import EvidenceOut, show
from consilience.surfaces.api.inventory import Listed
from consilience.surfaces.api.shared import In, KindName, Line, Out, Reference, Request, Sha256, operation, present

router = Router(tags=["evidence"])


class EvaluationIn(In):
    """From the artefact: the server scores the rows itself. From data: scores or predictions stand in columns.

    A `task` other than binary takes label and prediction, from data; `rank` belongs to multiclass.
    """

    source: Literal["artefact", "data"] = Field(alias="from")
    task: Task = Task.BINARY
    dataset: Reference
    label: Line | None = None
    protected: Listed = Field(default_factory=list, max_length=20)
    method: KindName
    score: Line | None = None
    prediction: Line | None = None
    threshold: float | None = Field(None, ge=0, le=1)
    positive: Line | None = None
    """The positive class as text; it need not be said where the classes are 0 and 1, or false and true."""
    rank: Line | None = None
    """With several classes: the column of the place, from 1, at which the model had the true class."""


class StatesIn(In):
    """Counts that a client made of rows with this digest, as `consilience.measure.states.wire` writes them.

    States of predicted numbers and of several classes are as `consilience.measure.task_states` writes them.
    """

    dataset: Reference
    data_digest: Sha256
    states: dict[str, Any]
    method: KindName


class DriftIn(In):
    """Two registered datasets whose files the server holds: the rows of now and those they are compared with."""

    dataset: Reference
    reference_dataset: Reference | None = None
    """Without one the reference is the profile that is stored for the version."""
    columns: Listed = Field(default_factory=list, max_length=10_000)
    """Only these; all that can be counted where none is named."""
    without: Listed = Field(default_factory=list, max_length=10_000)
    method: KindName


class ProfilesIn(In):
    """The profiles of both, counted by one plan, as `consilience.measure.states.profile_wire` writes them."""

    reference: dict[str, Any]
    current: dict[str, Any]


class DriftStatesIn(In):
    """Profiles that a client counted of rows with these digests, or on the edges of the reference that is stored.

    Either `reference_dataset` and `reference_digest` are given, or `reference_profile`.
    """

    dataset: Reference
    reference_dataset: Reference | None = None
    data_digest: Sha256
    reference_digest: Sha256 | None = None
    reference_profile: Sha256 | None = None
    """The digest of the stored reference on whose edges the rows were counted."""
    profiles: ProfilesIn
    method: KindName


class Computed(Out):
    evidence: list[EvidenceOut]


@operation(router.post, "/versions/{reference}/evaluations", action="evidence.compute")
def evaluate(request: Request, reference: Reference, data: EvaluationIn) -> Computed:
    """Have performance, calibration and fairness computed from rows that the server holds, and recorded."""
    actor = request.auth
    if data.task is not Task.BINARY or data.rank is not None:
        rows = _of_task(request, reference, data)
    elif data.source == "artefact":
        if any(one is not None for one in (data.score, data.prediction, data.threshold, data.positive)):
            raise BadInput(
                "from", "the artefact says how it scores: leave score, prediction, threshold and positive out"
            )
        if data.label is None:
            raise BadInput("label", "name the column that holds what came true")
        rows = compute.from_artefact(
            actor=actor, version=reference, dataset=data.dataset, label=data.label,
            protected=data.protected, method=data.method, now=now(),
        )  # fmt: skip
    else:
        rows = compute.from_data(
            actor=actor, version=reference, dataset=data.dataset, label=data.label, score=data.score,
            prediction=data.prediction, protected=data.protected, method=data.method, threshold=data.threshold,
            positive=data.positive, now=now(),
        )  # fmt: skip
    return Computed(evidence=show(actor, [queries.Current(row, 0) for row in rows], present(), attempts=False))


def _of_task(request: Request, reference: str, data: EvaluationIn) -> list[Evidence]:
    """Predictions of a number, or of one of several classes, that stand in a column."""
    if data.source == "artefact":
        raise BadInput("from", "artefacts are scored for two classes; predictions of another task stand in data")
    if data.rank is not None and data.task is not Task.MULTICLASS:
        raise BadInput("rank", f"belongs to the task {Task.MULTICLASS}")
    beside = [name for name in ("score", "threshold", "positive") if getattr(data, name) is not None]
    if beside:
        raise BadInput(beside[0], f"is for two classes; the task {data.task} takes label and prediction")
    for name in ("label", "prediction"):
        if getattr(data, name) is None:
            raise BadInput(name, f"the task {data.task} needs it")
    return tasks.from_data(
        actor=request.auth, version=reference, dataset=data.dataset, task=data.task, label=str(data.label),
        prediction=str(data.prediction), protected=data.protected, rank=data.rank, method=data.method, now=now(),
    )  # fmt: skip


@operation(router.post, "/versions/{reference}/evaluations/states", action="evidence.compute", signable=True)
def from_states(request: Request, reference: Reference, data: StatesIn) -> Computed:
    """Have the figures computed from states: the rows stay where they are."""
    actor = request.auth
    inventory.version(actor, reference, present())
    recompute = tasks.from_states if task_states.is_of_task(data.states) else compute.from_states
    rows = recompute(
        actor=actor, version=reference, dataset=data.dataset, data_digest=data.data_digest,
        states=data.states, method=data.method, now=now(),
    )  # fmt: skip
    return Computed(evidence=show(actor, [queries.Current(row, 0) for row in rows], present(), attempts=False))


@operation(router.post, "/versions/{reference}/drift", action="evidence.compute")
def drift(request: Request, reference: Reference, data: DriftIn) -> Computed:
    """Have drift computed from two datasets that the server holds, and recorded."""
    actor = request.auth
    said: dict[str, Any] = {
        "dataset": data.dataset,
        "columns": data.columns,
        "without": data.without,
        "method": data.method,
    }
    if data.reference_dataset is None:
        rows = drifts.from_data(actor=actor, version=reference, now=now(), **said)
    else:
        said |= {"reference_dataset": data.reference_dataset}
        rows = compute.drift_from_data(actor=actor, version=reference, now=now(), **said)
    return Computed(evidence=show(actor, [queries.Current(row, 0) for row in rows], present(), attempts=False))


@operation(router.post, "/versions/{reference}/drift/states", action="evidence.compute", signable=True)
def drift_from_states(request: Request, reference: Reference, data: DriftStatesIn) -> Computed:
    """Have drift computed from profiles: the rows stay where they are."""
    actor = request.auth
    learned: dict[str, Any] = {"reference_dataset": data.reference_dataset, "reference_digest": data.reference_digest}
    stored: dict[str, Any] = {"reference_profile": data.reference_profile}
    said: dict[str, Any] = {
        "dataset": data.dataset, "data_digest": data.data_digest, "profiles": data.profiles.model_dump(), "method": data.method,
    }  # fmt: skip
    if None not in learned.values() and data.reference_profile is None:
        rows = compute.drift_from_profiles(actor=actor, version=reference, now=now(), **said, **learned)
    elif set(learned.values()) == {None} and data.reference_profile is not None:
        rows = drifts.from_profiles(actor=actor, version=reference, now=now(), **said, **stored)
    else:
        raise BadInput(
            "reference",
            "expected reference_dataset with reference_digest, or reference_profile: the digest of the stored one",
        )
    return Computed(evidence=show(actor, [queries.Current(row, 0) for row in rows], present(), attempts=False))
