"""Attaching, computing and withdrawing evidence; defining kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.access.queries import Carries
from consilience.domains.access.rules import Guarded
from consilience.domains.content import queries as content
from consilience.domains.evidence import definitions, queries, rules
from consilience.domains.evidence.models import Evidence, FacetPlan, Kind
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, NotFound, Refused, refusal, require
from consilience.kit.naming import is_urn
from consilience.kit.records.models import AsOf

KINDS = Guarded("kind")


@dataclass(frozen=True)
class Subject:
    """What evidence is about: its URN, and who may know of it."""

    urn: str
    target: Carries


@dataclass(frozen=True)
class Said:
    """What a record of evidence says, before the server adds who, when and how far it computed it itself."""

    kind: str
    method: str
    fields: Mapping[str, Any]
    dataset: str | None = None
    files: Sequence[tuple[str, str]] = ()
    """(name, digest) of files in the content store"""
    expires_at: Instant | None = None


def found_kinds(*, actor: Actor, now: Instant) -> None:
    """The kinds and the facet plan that every workspace begins with."""
    with act(actor, verb="evidence.kinds_founded", at=now) as opened:
        for body in definitions.kinds():
            opened.record(Kind, body=body)
        opened.record(FacetPlan, body={"facets": definitions.facets()})


def add_shipped_kinds(*, actor: Actor, now: Instant) -> None:
    """Record the kinds that were shipped or have grown since the workspace began, and the facet plan with the new ones.

    Nothing where none is new. Facets are digests of items, so no sign-off goes stale until evidence of such a kind is
    attached.
    """
    present = ledger.present(now)
    if _newly_shipped(present) == ([], None) and not _grown(present):
        return
    with act(actor, verb="evidence.kinds_shipped", at=now) as opened:
        (kinds, facets), more = _newly_shipped(opened.asof), _grown(opened.asof)
        for body in kinds:
            opened.record(Kind, body=body)
        for body, before in more:
            opened.record(Kind, body=body, replaces=before)
        if facets is not None:
            row = FacetPlan.objects.as_of(opened.asof).get()
            opened.record(FacetPlan, body={"facets": facets}, replaces=row)
        opened.note(kinds=[body["slug"] for body in [*kinds, *(body for body, _row in more)]])


def _grown(asof: AsOf) -> list[tuple[Mapping[str, Any], Kind]]:
    """The next version of each kind that a shipped one only adds to, with the row that it replaces."""
    rows = {row.slug: row for row in Kind.objects.as_of(asof)}
    more = rules.grown(definitions.kinds(), {slug: row.body for slug, row in rows.items()})
    return [(body, rows[body["slug"]]) for body in more]


def _newly_shipped(asof: AsOf) -> tuple[list[Mapping[str, Any]], rules.Plan | None]:
    row = FacetPlan.objects.as_of(asof).first()
    plan = row.body["facets"] if row else {}
    known = queries.every_kind_name()
    return rules.newly_shipped(definitions.kinds(), definitions.facets(), known=known, plan=plan)


def define_kind(*, actor: Actor, said: Mapping[str, Any], now: Instant) -> Kind:
    """Add a kind, or a version of one that only adds to it. A kind that no facet selects is refused."""
    body = rules.kind_body(said)
    with act(actor, verb="evidence.kind_defined", at=now) as opened:
        access.ensure(actor, "evidence.define", KINDS, opened.asof)
        plan = queries.facet_plan(opened.asof)
        for method in body["methods"]:
            if not rules.fits_a_facet(body["slug"], method, plan):
                raise Refused(refusal("in_no_facet", kind=body["slug"], method=method))
        row = Kind.objects.as_of(opened.asof).filter(slug=body["slug"]).first()
        if row is None:
            return opened.record(Kind, body=body)
        rules.only_adds(row.body, body)
        return opened.record(Kind, body=body, replaces=row)


def attach(*, actor: Actor, subject: Subject, said: Said, now: Instant) -> Evidence:
    """Record what somebody states. Its grade is "stated", whatever they say of it."""
    with act(actor, verb="evidence.attached", at=now) as opened:
        access.ensure(actor, "evidence.attach", subject.target, opened.asof)
        if said.kind in rules.NEVER_STATED:
            raise Refused(refusal("never_stated", kind=said.kind))
        if not said.fields and not said.files:
            raise BadInput("evidence", f"says nothing: give at least one field of {said.kind}, or a file")
        return _record(opened, subject, said, rules.Grade.STATED)


def record_computed(
    *, actor: Actor, subject: Subject, said: Sequence[Said], grade: rules.Grade, inputs: Mapping[str, Any], now: Instant
) -> list[Evidence]:
    """Record figures that the server computed itself; `inputs` names by digest what it computed them from."""
    with act(actor, verb="evidence.computed", at=now) as opened:
        access.ensure(actor, "evidence.compute", subject.target, opened.asof)
        opened.note(grade=str(grade), inputs=dict(inputs))
        return [_record(opened, subject, one, grade) for one in said]


def store_reference(
    *, actor: Actor, subject: Subject, version: str, said: Said, grade: rules.Grade, inputs: Mapping[str, Any],
    reason: str | None, now: Instant,
) -> Evidence:  # fmt: skip
    """Record the one reference of a version; where one stands, it is taken back with the reason and this takes its place."""
    with act(actor, verb="evidence.computed", at=now) as opened:
        access.ensure(actor, "evidence.compute", subject.target, opened.asof)
        standing = queries.stored_reference(subject.urn, opened.asof)
        require(rules.may_store(None if standing is None else standing.body["fields"]["profile"], reason, version))
        if standing is None and reason is not None:
            raise BadInput(
                "reason", f"{version} has no reference profile that another could take the place of; leave it out"
            )
        opened.note(grade=str(grade), inputs=dict(inputs))
        if standing is not None:
            opened.note(replaces=standing.urn)
            opened.withdraw(standing, reason=opened.private(str(reason)))
        return _record(opened, subject, said, grade)


def withdraw(*, actor: Actor, urn: str, reason: str, now: Instant) -> Evidence:
    """Take evidence back: from now on it does not count. Only whoever produced it may, with a reason."""
    with act(actor, verb="evidence.withdrawn", at=now) as opened:
        row, _subject = queries.guarded(actor, "evidence.attach", urn, opened.asof)
        if row.withdrawn:
            raise NotFound("evidence", urn)
        if row.body["producer"] != actor.urn:
            raise Refused(refusal("not_its_producer"))
        return opened.withdraw(row, reason=opened.private(reason))


def _record(opened: Act, subject: Subject, said: Said, grade: rules.Grade) -> Evidence:
    kind = queries.kind(said.kind, opened.asof)
    if said.method not in kind.methods:
        raise BadInput("method", f"{said.method!r} is no method of {kind.slug}; expected {', '.join(kind.methods)}")
    if not rules.fits_a_facet(kind.slug, said.method, queries.facet_plan(opened.asof)):
        raise Refused(refusal("in_no_facet", kind=kind.slug, method=said.method))
    if said.dataset is not None and not is_urn(said.dataset, "dataset-version"):
        raise BadInput("dataset", f"{said.dataset!r} is no URN of a dataset version")
    for name, digest in said.files:
        if not content.has(digest):
            raise BadInput(f"file {name}", f"{digest[:12]}… is not in the content store")
    if said.expires_at is not None and said.expires_at <= opened.at:
        raise BadInput("expires at", f"{said.expires_at} is past")
    body = {
        "kind": kind.slug,
        "kind_version": kind.version,
        "subject": subject.urn,
        "method": said.method,
        "dataset": said.dataset,
        "grade": str(grade),
        "fields": rules.checked_fields(kind, said.fields),
        "files": [{"name": name, "digest": digest} for name, digest in said.files],
        "producer": opened.actor.urn,
        "produced_at": opened.at,
        "expires_at": said.expires_at,
    }
    return opened.record(Evidence, body=body)
