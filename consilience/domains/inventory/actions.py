"""Registering and correcting what the organisation has. A wrong registration is superseded, never deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE, Guarded
from consilience.domains.inventory import queries, rules, uses
from consilience.domains.inventory.models import Dataset, DatasetVersion, ModelVersion, RegisteredModel, System
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, NotFound, Refused, refusal, require
from consilience.kit.naming import slug as checked_slug
from consilience.kit.records.models import Record


def register_system(*, actor: Actor, facts: rules.SystemFacts, now: Instant) -> System:
    """Register a system. Takes a workspace-wide grant: until it exists, nobody can be entitled to it."""
    with act(actor, verb="inventory.system_registered", at=now) as opened:
        access.ensure(actor, "inventory.register", WORKSPACE, opened.asof)
        _free(System, facts.slug)
        _people_exist([facts.owner, *filter(None, [facts.sponsor])], opened)
        return opened.record(System, body=facts.body())


def correct_system(
    *, actor: Actor, facts: rules.SystemFacts, wrong_from_the_start: bool, now: Instant, seen: str | None = None
) -> System:
    """Replace what is said of a system: a correction repeats the old row's start, a change begins now.

    `seen`, here and below, is the digest of the row that was shown: where another stands now, nothing is corrected.
    """
    with act(actor, verb="inventory.system_corrected", at=now) as opened:
        row = queries.system(actor, facts.slug, opened.asof)
        access.ensure(actor, "inventory.correct", row, opened.asof)
        require(rules.same_registration(System.noun, seen, row.digest, row.version))
        require(rules.same_slug(row.slug, facts.slug))
        _people_exist([facts.owner, *filter(None, [facts.sponsor])], opened)
        return opened.record(
            System, body=facts.body(), replaces=row, valid_from=_start(row, wrong_from_the_start, opened)
        )


def register_model(
    *, actor: Actor, slug: str, name: str, description: str, systems: Sequence[str], now: Instant
) -> RegisteredModel:
    """Register a model by name for the systems (slugs) that it serves."""
    with act(actor, verb="inventory.model_registered", at=now) as opened:
        urns = _systems(actor, systems, opened)
        access.ensure(actor, "inventory.register", Guarded("model", frozenset(urns)), opened.asof)
        _free(RegisteredModel, slug)
        body = {"slug": checked_slug(slug, "model"), "name": name, "description": description, "systems": urns}
        return opened.record(RegisteredModel, body=body)


def correct_model(
    *,
    actor: Actor,
    slug: str,
    facts: rules.NamedFacts,
    wrong_from_the_start: bool,
    now: Instant,
    seen: str | None = None,
) -> RegisteredModel:
    """Replace what is said of a model. It keeps the systems in which a release of it is proposed."""
    with act(actor, verb="inventory.model_corrected", at=now) as opened:
        row = queries.model(actor, slug, opened.asof)
        urns = _corrected_systems(actor, row, facts.systems, seen, opened)
        dropped = {urn: queries.system_by_urn(urn, opened.asof).slug for urn in set(row.body["systems"]) - urns}
        require(rules.stays_where_proposed(slug, dropped, uses.proposed_in(row.urn, opened.asof)))
        return opened.record(
            RegisteredModel, body=facts.body(slug, urns), replaces=row,
            valid_from=_start(row, wrong_from_the_start, opened),
        )  # fmt: skip


def register_version(
    *,
    actor: Actor,
    model: str,
    artefact: Mapping[str, Any],
    code_revision: str,
    parameters: Mapping[str, object],
    training: Sequence[str],
    authors: Iterable[str],
    committers: Iterable[str],
    triggered_by: str | None,
    protected_attributes: Sequence[str],
    now: Instant,
) -> queries.VersionOf:
    """Register the next version of a model.

    `artefact` is {digest, kind: file|folder|declared, held: bool, computed_by: client|server}; authors are the declared
    ones, the committers since the last version and whoever triggered the run, by log-in address or person URN. A
    robot is no author: with no human one the version is refused.
    """
    with act(actor, verb="inventory.version_registered", at=now) as opened:
        of = queries.model(actor, model, opened.asof)
        access.ensure(actor, "inventory.register", of, opened.asof)
        authorship = _authorship([*authors, *committers, *([triggered_by] if triggered_by else [])], actor, opened)
        require(rules.has_human_author(authorship))
        number = ModelVersion.objects.filter(model=of.urn, version=1).count() + 1
        body = {
            "model": of.urn,
            "number": number,
            "artefact": {**artefact, "digest": rules.sha256(artefact["digest"], "artefact digest")},
            "code_revision": code_revision,
            "parameters": rules.parameters(parameters),
            "training": [queries.dataset_version(actor, ref, opened.asof).urn for ref in training],
            "authors": sorted(authorship.known),
            "unknown_authors": [opened.private(address) for address in authorship.unknown],
            "protected_attributes": list(protected_attributes),
        }
        opened.note(model=of.slug, number=number)
        return queries.VersionOf(of, opened.record(ModelVersion, body=body))


def withdraw_version(*, actor: Actor, reference: str, reason: str, now: Instant) -> ModelVersion:
    """Take a wrong registration back. It stays to be seen in the history."""
    with act(actor, verb="inventory.version_withdrawn", at=now) as opened:
        found = queries.version(actor, reference, opened.asof)
        access.ensure(actor, "inventory.correct", found, opened.asof)
        return opened.withdraw(found.row, reason=opened.private(reason))


def register_dataset(
    *, actor: Actor, slug: str, name: str, description: str, systems: Sequence[str], now: Instant
) -> Dataset:
    """Register data by name for the systems (slugs) whose members may know of it."""
    with act(actor, verb="inventory.dataset_registered", at=now) as opened:
        urns = _systems(actor, systems, opened)
        access.ensure(actor, "inventory.register", Guarded("dataset", frozenset(urns)), opened.asof)
        _free(Dataset, slug)
        body = {"slug": checked_slug(slug, "dataset"), "name": name, "description": description, "systems": urns}
        return opened.record(Dataset, body=body)


def correct_dataset(
    *,
    actor: Actor,
    slug: str,
    facts: rules.NamedFacts,
    wrong_from_the_start: bool,
    now: Instant,
    seen: str | None = None,
) -> Dataset:
    """Replace what is said of a dataset; its versions stay as they are."""
    with act(actor, verb="inventory.dataset_corrected", at=now) as opened:
        row = queries.dataset(actor, slug, opened.asof)
        urns = _corrected_systems(actor, row, facts.systems, seen, opened)
        return opened.record(
            Dataset, body=facts.body(slug, urns), replaces=row, valid_from=_start(row, wrong_from_the_start, opened)
        )


def register_dataset_version(
    *,
    actor: Actor,
    dataset: str,
    digest: str,
    rows: int,
    columns: Sequence[tuple[str, str]],
    file: Mapping[str, Any],
    terms: rules.DataTerms,
    now: Instant,
) -> queries.DataVersionOf:
    """Register the next version of a dataset: what its file says (digest, rows, columns) and its terms.

    `file` is {name, held: bool, reference, computed_by: client|server}: whether the server holds and measured the bytes.
    """
    with act(actor, verb="inventory.dataset_version_registered", at=now) as opened:
        of = queries.dataset(actor, dataset, opened.asof)
        access.ensure(actor, "inventory.register", of, opened.asof)
        number = DatasetVersion.objects.filter(dataset=of.urn, version=1).count() + 1
        body = {
            "dataset": of.urn,
            "number": number,
            "digest": rules.sha256(digest, "dataset digest"),
            "rows": rows,
            "columns": [list(column) for column in columns],
            "file": dict(file),
            **terms.body(),
        }
        opened.note(dataset=of.slug, number=number)
        return queries.DataVersionOf(of, opened.record(DatasetVersion, body=body))


def correct_dataset_terms(
    *,
    actor: Actor,
    reference: str,
    terms: rules.DataTerms,
    wrong_from_the_start: bool,
    now: Instant,
    seen: str | None = None,
) -> DatasetVersion:
    """Replace the terms of a dataset version; its rows are what they are."""
    with act(actor, verb="inventory.dataset_terms_corrected", at=now) as opened:
        found = queries.dataset_version(actor, reference, opened.asof)
        access.ensure(actor, "inventory.correct", found, opened.asof)
        row = found.row
        require(rules.same_registration(DatasetVersion.noun, seen, row.digest, row.version))
        return opened.record(
            DatasetVersion, body={**row.body, **terms.body()}, replaces=row,
            valid_from=_start(row, wrong_from_the_start, opened),
        )  # fmt: skip


def withdraw_dataset_version(*, actor: Actor, reference: str, reason: str, now: Instant) -> DatasetVersion:
    """Take a wrong registration back. What learned from it or was measured on it says so; nothing new can use it."""
    with act(actor, verb="inventory.dataset_version_withdrawn", at=now) as opened:
        found = queries.dataset_version(actor, reference, opened.asof)
        access.ensure(actor, "inventory.correct", found, opened.asof)
        opened.note(dataset=found.dataset.slug, number=found.row.number)
        return opened.withdraw(found.row, reason=opened.private(reason))


def _start(row: Record, wrong_from_the_start: bool, opened: Act) -> Instant:
    """Since when a correction holds: as long as what it replaces, or from now on."""
    return Instant(row.valid_from) if wrong_from_the_start else opened.at


def _corrected_systems(
    actor: Actor, row: RegisteredModel | Dataset, slugs: Sequence[str], seen: str | None, opened: Act
) -> set[str]:
    """URNs of the systems that a corrected thing belongs to, once it is clear that this actor may correct it.

    Systems that the actor may not know of stay: nobody drops what they cannot see. The right to correct is asked of
    the systems before and of those after, so that nobody hands a thing to where they have no say.
    """
    access.ensure(actor, "inventory.correct", row, opened.asof)
    require(rules.same_registration(row.noun, seen, row.digest, row.version))
    known = {one.urn for one in queries.systems(actor, opened.asof)}
    urns = {*_systems(actor, slugs, opened), *(set(row.body["systems"]) - known)}
    access.ensure(actor, "inventory.correct", Guarded(row.noun, frozenset(urns)), opened.asof, named=row.slug)
    return urns


def _free(model: type[System | RegisteredModel | Dataset], slug: str) -> None:
    if model.objects.filter(slug=slug).exists():
        raise Refused(refusal("name_taken", noun=model.noun, name=slug))


def _systems(actor: Actor, slugs: Sequence[str], opened: Act) -> list[str]:
    return sorted({queries.system(actor, slug, opened.asof).urn for slug in slugs})


def _people_exist(urns: Iterable[str], opened: Act) -> None:
    for urn in urns:
        if people.person(urn, opened.asof) is None:
            raise NotFound("person", urn)


def _authorship(named: Iterable[str], actor: Actor, opened: Act) -> rules.Authorship:
    """Persons by URN or address; the acting person too, since whoever registers a version had it in hand.

    A robot that is known here may be named and is no author; BadInput on a URN that is nobody's.
    """
    listed = sorted({item.strip() for item in named if item.strip()})
    urns = {item for item in listed if item.startswith("urn:")}
    for urn in sorted(urns):
        if people.principal(urn, opened.asof) is None:
            raise BadInput("authors", f"{urn} is nobody here")
    addresses = [item.lower() for item in listed if item not in urns]
    matched = people.by_email(addresses)
    known = {urn for urn in urns | {actor.urn} if people.person(urn, opened.asof) is not None} | set(matched.values())
    return rules.Authorship(frozenset(known), tuple(sorted(set(addresses) - matched.keys())))
