"""Versions of models and of datasets: what exactly was built, from exactly which rows, on what terms."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.content import queries as contents
from consilience.domains.inventory import actions, queries, rules
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.measure.artefact import load
from consilience.surfaces.api import uploads
from consilience.surfaces.api.inventory import Correction, Listed, Revision, history, how
from consilience.surfaces.api.shared import (
    MAX_INT,
    By,
    In,
    Line,
    Moment,
    Names,
    Out,
    Page,
    Paged,
    Reference,
    Request,
    Sha256,
    Slug,
    Text,
    operation,
    paged,
    present,
    read_time,
)

router = Router(tags=["inventory"])
Ticket = Annotated[str, StringConstraints(max_length=1000)]


class FolderFileIn(In):
    path: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    upload: Ticket


class ArtefactIn(In):
    """What was built: uploaded here (one file, or the files of a folder), or named by the digest that you computed.

    Kind `declared` is a model written down as data, which the server can score by itself.
    """

    upload: Ticket | None = None
    files: list[FolderFileIn] | None = Field(None, max_length=5000)
    digest: Sha256 | None = None
    kind: Literal["file", "folder", "declared"] = "file"


class ArtefactOut(Out):
    digest: str
    kind: str
    held: bool
    computed_by: str


class VersionIn(In):
    artefact: ArtefactIn
    code_revision: Line
    parameters: dict[Line, Any] = Field(default_factory=dict, max_length=1000)
    training: list[Reference] = Field(default_factory=list, max_length=200)
    authors: Listed = Field(default_factory=list, max_length=500)
    committers: Listed = Field(default_factory=list, max_length=2000)
    triggered_by: Line | None = None
    protected_attributes: Listed = Field(default_factory=list, max_length=100)


class ImportedOut(Out):
    file: str
    """SHA-256 of the list."""
    row: int
    version: str
    """What the list calls it."""
    live_since: str | None


class VersionOut(Out):
    urn: str
    reference: str
    model: str
    number: int
    artefact: ArtefactOut
    code_revision: str
    parameters: dict[str, str]
    training: list[str]
    """Those that you may know of."""
    training_withdrawn: list[str]
    """Those of them that were taken back since."""
    authors: list[By]
    unknown_authors: int
    """How many addresses among the authors belong to nobody here."""
    protected_attributes: list[str]
    registered_at: str
    imported: ImportedOut | None = None
    """Where it was imported from a list: the file, and what the list says."""


class VersionShown(VersionOut):
    history: list[Revision]


Reason = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class ReasonIn(In):
    reason: Reason


class Withdrawn(Out):
    urn: str
    withdrawn: bool


class TermsIn(In):
    provenance: Text
    lawful_basis: Line
    consent: bool
    consent_reference: Text = ""
    agreement: Text = ""
    agreement_until: Moment | None = None
    purposes: list[Slug] = Field(default_factory=list, max_length=100)
    jurisdictions: Listed = Field(max_length=300)
    retained_until: Moment | None = None
    personal_data: bool = True

    def terms(self) -> rules.DataTerms:
        said = self.model_dump(include=set(TermsIn.model_fields))
        for name in ("agreement_until", "retained_until"):
            said[name] = read_time(said[name], end=True)
        return rules.DataTerms(**said)


class DataFileIn(In):
    """The rows: uploaded here, and then measured by the server; or named by what you measured of them."""

    upload: Ticket | None = None
    digest: Sha256 | None = None
    rows: int | None = Field(None, ge=0, le=MAX_INT)
    columns: list[tuple[Line, Line]] | None = Field(None, max_length=5000)
    name: Line
    reference: Text = ""


class DataVersionIn(TermsIn):
    file: DataFileIn


class TermsCorrection(TermsIn, Correction):
    """All terms, anew."""


class DataFileOut(Out):
    name: str
    held: bool
    reference: str
    computed_by: str


class DataVersionOut(Out):
    urn: str
    reference: str
    dataset: str
    number: int
    digest: str
    rows: int
    columns: list[tuple[str, str]]
    file: DataFileOut
    provenance: str
    lawful_basis: str
    consent: bool
    consent_reference: str
    agreement: str
    agreement_until: str | None
    purposes: list[str]
    jurisdictions: list[str]
    retained_until: str | None
    personal_data: bool
    registered_at: str


class DataVersionShown(DataVersionOut):
    history: list[Revision]


@operation(router.get, "/models/{slug}/versions", action="inventory.read")
def versions(request: Request, slug: Slug, query: Query[Page]) -> Paged[VersionOut]:
    """Versions of a model, newest first."""
    actor, asof = request.auth, present()
    of = queries.model(actor, slug, asof)
    rows = [queries.VersionOf(of, row) for row in queries.versions(of, asof)]
    return paged(rows, query, lambda chosen: [_version(actor, one, asof) for one in chosen])


@operation(router.post, "/models/{slug}/versions", action="inventory.register")
def register_version(request: Request, slug: Slug, data: VersionIn) -> VersionOut:
    """Register the next version. Authors, committers and whoever triggered the run cannot sign it off."""
    actor = request.auth
    found = actions.register_version(
        actor=actor,
        model=slug,
        artefact=_artefact(actor, data.artefact),
        **data.model_dump(exclude={"artefact"}),
        now=now(),
    )
    return _version(actor, found, present())


@operation(router.get, "/versions/{reference}", action="inventory.read")
def version(request: Request, reference: Reference) -> VersionShown:
    actor, asof = request.auth, present()
    found = queries.version(actor, reference, asof)
    return VersionShown(**_version(actor, found, asof).model_dump(), history=history(found.urn))


@operation(router.post, "/versions/{reference}/withdraw", action="inventory.correct")
def withdraw_version(request: Request, reference: Reference, data: ReasonIn) -> Withdrawn:
    """Take a wrong registration back. It stays in the history."""
    row = actions.withdraw_version(actor=request.auth, reference=reference, reason=data.reason, now=now())
    return Withdrawn(urn=row.urn, withdrawn=row.withdrawn)


@operation(router.post, "/datasets/{slug}/versions", action="inventory.register")
def register_dataset_version(request: Request, slug: Slug, data: DataVersionIn) -> DataVersionOut:
    """Register the next version of a dataset, with its terms."""
    actor, file = request.auth, data.file
    measured = _measured(actor, file)
    found = actions.register_dataset_version(
        actor=actor, dataset=slug, digest=measured.digest, rows=measured.rows, columns=measured.columns,
        file={
            "name": file.name, "held": measured.held, "reference": file.reference, "computed_by": measured.computed_by,
        },
        terms=data.terms(), now=now(),
    )  # fmt: skip
    return _data_version(found)


@operation(router.get, "/dataset-versions/{reference}", action="inventory.read")
def dataset_version(request: Request, reference: Reference) -> DataVersionShown:
    found = queries.dataset_version(request.auth, reference, present())
    return DataVersionShown(**_data_version(found).model_dump(), history=history(found.urn))


@operation(router.put, "/dataset-versions/{reference}/terms", action="inventory.correct")
def correct_terms(request: Request, reference: Reference, data: TermsCorrection) -> DataVersionOut:
    """Replace the terms of a dataset version; its rows are what they are."""
    actor = request.auth
    actions.correct_dataset_terms(actor=actor, reference=reference, terms=data.terms(), **how(data), now=now())
    return _data_version(queries.dataset_version(actor, reference, present()))


@operation(router.post, "/dataset-versions/{reference}/withdraw", action="inventory.correct")
def withdraw_dataset_version(request: Request, reference: Reference, data: ReasonIn) -> Withdrawn:
    """Take a wrong registration back. What learned from it or was measured on it says so; nothing new can use it."""
    row = actions.withdraw_dataset_version(actor=request.auth, reference=reference, reason=data.reason, now=now())
    return Withdrawn(urn=row.urn, withdrawn=row.withdrawn)


def _artefact(actor: Actor, said: ArtefactIn) -> dict[str, Any]:
    given = [name for name in ("upload", "files", "digest") if getattr(said, name) is not None]
    if len(given) != 1:
        raise BadInput("artefact", "expected exactly one of upload, files, digest")
    if said.upload is not None:
        digest = uploads.digest_of(actor, said.upload)
        if said.kind == "folder":
            raise BadInput("artefact.kind", "a folder is uploaded as files, each with its path")
        if said.kind == "declared":
            load(contents.read(digest))
        return {"digest": digest, "kind": said.kind, "held": True, "computed_by": "server"}
    if said.files is not None:
        digest = uploads.folder_of(actor, [(one.path, one.upload) for one in said.files])
        return {"digest": digest, "kind": "folder", "held": True, "computed_by": "server"}
    return {"digest": said.digest, "kind": said.kind, "held": False, "computed_by": "client"}


def _measured(actor: Actor, file: DataFileIn) -> uploads.Measured:
    if file.upload is not None:
        if (file.digest, file.rows, file.columns) != (None, None, None):
            raise BadInput("file", "the server measures what is uploaded: leave digest, rows and columns out")
        return uploads.measured(actor, file.upload, file.name)
    if file.digest is None or file.rows is None or file.columns is None:
        raise BadInput("file", "expected an upload, or digest, rows and columns")
    return uploads.Measured(file.digest, file.rows, file.columns, held=False, computed_by="client")


def _version(actor: Actor, found: queries.VersionOf, asof: AsOf) -> VersionOut:
    body = found.row.body
    names = Names(body["authors"])
    training = [
        one
        for one in queries.dataset_versions_by_urn(body["training"], asof)
        if access.can(actor, "inventory.read", one, asof) is None
    ]
    return VersionOut(
        urn=found.urn,
        reference=found.reference,
        model=found.model.slug,
        number=found.row.number,
        artefact=ArtefactOut(**body["artefact"]),
        code_revision=body["code_revision"],
        parameters=body["parameters"],
        training=[one.reference for one in training],
        training_withdrawn=[one.reference for one in training if one.withdrawn],
        authors=[names.by(urn) for urn in body["authors"]],
        unknown_authors=len(body["unknown_authors"]),
        protected_attributes=body["protected_attributes"],
        registered_at=found.row.valid_from,
        imported=ImportedOut(**body["imported"]) if "imported" in body else None,
    )


def _data_version(found: queries.DataVersionOf) -> DataVersionOut:
    body = found.row.body
    return DataVersionOut(
        **{name: body[name] for name in DataVersionOut.model_fields if name in body and name != "dataset"},
        urn=found.urn,
        dataset=found.dataset.slug,
        reference=found.reference,
        registered_at=found.row.valid_from,
    )
