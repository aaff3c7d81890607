"""Evidence: attaching, computing, listing what counts now, taking back; its files; its kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from django.http import FileResponse
from ninja import Query, Router
from pydantic import Field

from consilience.domains.access import queries as access
from consilience.domains.content import queries as contents
from consilience.domains.evidence import actions, queries
from consilience.domains.evidence.rules import KindOf
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import System
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.naming import noun_of
from consilience.kit.records.models import AsOf
from consilience.surfaces.api import uploads
from consilience.surfaces.api.shared import (
    OURS,
    By,
    In,
    KindName,
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
    UrnText,
    operation,
    paged,
    present,
    read_time,
)
from consilience.surfaces.api.versions import ReasonIn, Ticket, Withdrawn

router = Router(tags=["evidence"])
Noun = Literal["model-version", "system", "dataset-version"]


class SubjectIn(In):
    """What evidence is about: a model version (credit-risk@3), a system (lending) or a dataset version (panel@1)."""

    noun: Noun
    reference: Line


class SubjectOut(Out):
    urn: str
    noun: str
    reference: str


class EvidenceFileIn(In):
    name: Line
    upload: Ticket


class EvidenceFileOut(Out):
    name: str
    digest: str


class EvidenceIn(In):
    kind: KindName
    method: KindName
    subject: SubjectIn
    dataset: Reference | None = None
    fields: dict[str, Any] = Field(default_factory=dict, max_length=1000)
    files: list[EvidenceFileIn] = Field(default_factory=list, max_length=100)
    expires_at: Moment | None = None


class EvidenceOut(Out):
    urn: str
    kind: str
    kind_version: int
    subject: SubjectOut
    method: str
    dataset: str | None
    dataset_withdrawn: bool
    """Whether the data that it was measured on were taken back since."""
    grade: str
    fields: dict[str, Any]
    """Numbers that are not integers are strings in their shortest decimal form, as they are recorded."""
    files: list[EvidenceFileOut]
    by: By
    at: str
    expires_at: str | None
    expired: bool
    withdrawn: bool
    digest: str
    attempts: int | None
    """How many records of this kind there are about the subject, over every method and dataset; in lists only."""


class KindIn(In):
    kind: KindName
    title: Line
    methods: list[KindName] = Field(min_length=1, max_length=100)
    fields: dict[str, Any] = Field(max_length=500)


class KindOut(Out):
    kind: str
    version: int
    title: str
    methods: list[str]
    fields: dict[str, Any]


class AboutQuery(Page):
    """Exactly one of the three says what the evidence is about."""

    version: Reference | None = None
    system: Slug | None = None
    dataset_version: Reference | None = None
    kind: KindName | None = None


@operation(router.post, "/evidence", action="evidence.attach", signable=True)
def attach(request: Request, data: EvidenceIn) -> EvidenceOut:
    """Attach what somebody states. Its grade is "stated", whatever the fields say."""
    actor, asof = request.auth, present()
    subject = subject_of(actor, data.subject.noun, data.subject.reference, asof)
    row = actions.attach(
        actor=actor,
        subject=actions.Subject(subject.urn, subject),
        said=actions.Said(
            kind=data.kind,
            method=data.method,
            fields=data.fields,
            dataset=inventory.dataset_version(actor, data.dataset, asof).urn if data.dataset else None,
            files=[(file.name, uploads.digest_of(actor, file.upload)) for file in data.files],
            expires_at=read_time(data.expires_at, end=True),
        ),
        now=now(),
    )
    return show(actor, [queries.Current(row, 0)], present(), attempts=False)[0]


@operation(router.get, "/evidence", action="evidence.read")
def evidence(request: Request, query: Query[AboutQuery]) -> Paged[EvidenceOut]:
    """What counts now about a version, a system or a dataset version, with the attempts behind it."""
    actor, asof = request.auth, present()
    named: list[tuple[Noun, str | None]] = [
        ("model-version", query.version), ("system", query.system), ("dataset-version", query.dataset_version),
    ]  # fmt: skip
    given = [(noun, reference) for noun, reference in named if reference]
    if len(given) != 1:
        raise BadInput("query", "expected exactly one of version, system, dataset_version")
    noun, reference = given[0]
    subject = subject_of(actor, noun, reference, asof)
    access.ensure(actor, "evidence.read", subject, asof, what=noun.replace("-", " "), named=reference)
    rows = [one for one in queries.current([subject.urn], asof) if query.kind in (None, one.row.kind)]
    return paged(rows, query, lambda chosen: show(actor, chosen, asof))


@operation(router.get, "/evidence/{urn}", action="evidence.read")
def one(request: Request, urn: UrnText) -> EvidenceOut:
    """One record, withdrawn or not: what was relied on stays readable."""
    actor, asof = request.auth, present()
    row, _ = queries.guarded(actor, "evidence.read", urn, asof)
    return show(actor, [queries.Current(row, 0)], asof, attempts=False)[0]


@operation(router.post, "/evidence/{urn}/withdraw", action="evidence.attach", signable=True)
def withdraw(request: Request, urn: UrnText, data: ReasonIn) -> Withdrawn:
    """Take evidence back; only whoever produced it may."""
    row = actions.withdraw(actor=request.auth, urn=urn, reason=data.reason, now=now())
    return Withdrawn(urn=row.urn, withdrawn=row.withdrawn)


@operation(router.get, "/evidence/{urn}/files/{digest}", action="evidence.download")
def download(request: Request, urn: UrnText, digest: Sha256) -> FileResponse:
    """A file of the evidence, byte for byte; always as an attachment, never shown by the browser.

    The digest of a personal file covers a salt before it, which the header `Consilience-Salt` gives.
    """
    actor, asof = request.auth, present()
    row, _ = queries.guarded(actor, "evidence.download", urn, asof)
    names = [file["name"] for file in row.body["files"] if file["digest"] == digest]
    if not names:
        raise NotFound("file", digest)
    response = FileResponse(
        contents.stream(digest), as_attachment=True, filename=names[0], content_type="application/octet-stream"
    )
    response["Content-Length"] = str(contents.size_of(digest))
    if (salt := contents.salt_of(digest)) is not None:
        response["Consilience-Salt"] = salt.hex()
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store"
    response[OURS] = "1"
    return response


@operation(router.get, "/kinds", action="evidence.read")
def kinds(request: Request, query: Query[Page]) -> Paged[KindOut]:
    asof = present()
    access.ensure(request.auth, "evidence.read", actions.KINDS, asof)
    return paged(queries.kinds(asof), query, lambda rows: [_kind(row) for row in rows])


@operation(router.post, "/kinds", action="evidence.define")
def define(request: Request, data: KindIn) -> KindOut:
    """Add a kind of evidence, or a version of one that only adds fields or methods."""
    row = actions.define_kind(actor=request.auth, said=data.model_dump(), now=now())
    return _kind(queries.kind(row.slug, present()))


def subject_of(actor: Actor, noun: Noun, reference: str, asof: AsOf) -> queries.About:
    """The version, system or dataset version that a reference names, if the actor may know of it."""
    if noun == "model-version":
        return inventory.version(actor, reference, asof)
    if noun == "dataset-version":
        return inventory.dataset_version(actor, reference, asof)
    return inventory.system(actor, reference, asof)


def show(actor: Actor, rows: Sequence[queries.Current], asof: AsOf, *, attempts: bool = True) -> list[EvidenceOut]:
    """Records as the API says them. Whoever calls has asked `can` about their subjects."""
    names = Names(one.body["producer"] for one in rows)
    subjects = {urn: _subject_out(urn, asof) for urn in {one.row.subject for one in rows}}
    data = inventory.dataset_versions_by_urn(sorted({one.row.dataset for one in rows if one.row.dataset}), asof)
    datasets = {
        found.urn: found.reference for found in data if access.can(actor, "inventory.read", found, asof) is None
    }
    gone = {found.urn for found in data if found.withdrawn}
    return [
        EvidenceOut(
            **{name: one.body[name] for name in ("kind", "kind_version", "method", "grade", "fields", "expires_at")},
            urn=one.row.urn,
            subject=subjects[one.row.subject],
            dataset=datasets.get(one.row.dataset, one.row.dataset) if one.row.dataset else None,
            dataset_withdrawn=one.row.dataset in gone,
            files=[EvidenceFileOut(**file) for file in one.body["files"]],
            by=names.by(one.body["producer"]),
            at=one.body["produced_at"],
            expired=one.body["expires_at"] is not None and one.body["expires_at"] <= asof.valid_at,
            withdrawn=one.row.withdrawn,
            digest=one.row.digest,
            attempts=one.attempts if attempts else None,
        )
        for one in rows
    ]


def _subject_out(urn: str, asof: AsOf) -> SubjectOut:
    found = queries.subject_of(urn, asof)
    reference = found.slug if isinstance(found, System) else found.reference
    return SubjectOut(urn=urn, noun=noun_of(urn), reference=reference)


def _kind(row: KindOf) -> KindOut:
    return KindOut(
        kind=row.slug, version=row.version, title=row.title, methods=list(row.methods), fields=dict(row.fields)
    )
