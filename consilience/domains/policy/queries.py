"""The library: proposals, published policies, what is in force, and what it says about facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from consilience.domains.content import queries as content
from consilience.domains.evidence import queries as evidence
from consilience.domains.ledger import queries as ledger
from consilience.domains.people import queries as people
from consilience.domains.policy import document, layers, report, rules
from consilience.domains.policy.language.types import Schema, schema_from_json
from consilience.domains.policy.layers import Layer, SetAside
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.scope import Bound, Scope
from consilience.domains.policy.tables.document import load_table
from consilience.domains.policy.tables.table import Table
from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.kit.strict_yaml import read_yaml


def rows_in_force(asof: AsOf) -> list[Policy]:
    """The published policies in force, by name."""
    return list(asof.once(_rows_in_force))


def _rows_in_force(asof: AsOf) -> list[Policy]:
    return list(Policy.objects.as_of(asof).order_by("slug"))


def set_digest(asof: AsOf) -> str:
    """The digest of the set of policies in force: [[slug, record digest], ...] by slug."""
    return canonical.digest(sorted([row.slug, row.digest] for row in rows_in_force(asof)))


def schema(asof: AsOf) -> Schema:
    """The fact schema over the kinds in force."""
    return _schema(asof.once(evidence.kind_digests))


@lru_cache(maxsize=16)
def _schema(kinds: tuple[str, ...]) -> Schema:
    return fact_schema([kind.as_json() for kind in evidence.kinds_of(kinds)])


@dataclass(frozen=True)
class InForce:
    """A policy as the gate asks it: its record's digest, and the loaded document."""

    slug: str
    digest: str
    text: str
    functions: tuple[str, ...]
    zone: str
    loaded: Loaded
    published_as: frozenset[str] | None = None
    """The functions that whoever published a loosening held then; None of a draft."""

    @property
    def layer(self) -> Layer:
        return Layer(self.loaded, self.published_as)


def in_force(asof: AsOf, system: Bound | None = None) -> list[InForce]:
    """The policies in force, loaded under the language and schema stored with each; with `system` those that bind it."""
    found = list(asof.once(_in_force))
    return found if system is None else [one for one in found if one.loaded.scope.covers(system)]


def _in_force(asof: AsOf) -> list[InForce]:
    return [as_asked(row) for row in rows_in_force(asof)]


def set_aside(policies: Iterable[InForce], system: Bound) -> dict[str, SetAside]:
    """By `policy/requirement`, what these policies, which bind a system, do not ask of it."""
    return layers.set_aside((one.layer for one in policies), system)


def as_asked(row: Policy) -> InForce:
    """A published version, loaded under the language, schema, functions and zone that were stored with it.

    It binds whom the first version of its name bound: one that says otherwise was let through by no rule of ours.
    """
    body, functions = row.body, tuple(row.body["functions"])
    found = published(body["text"], body["schema"], functions, body["zone"])
    if row.version > 1:
        found = _bound_to(found, _first_scope(row.urn))
    held = _published_as(row) if found.loosens else frozenset()
    return InForce(row.slug, row.digest, body["text"], functions, body["zone"], found, held)


def first_scope(slug: str) -> Scope | None:
    """Whom the first version of a name bound; None where there is none."""
    row = Policy.objects.filter(slug=slug, version=1).first()
    return _first_scope(row.urn) if row else None


@lru_cache(maxsize=256)
def _first_scope(urn: str) -> Scope:
    row = Policy.objects.get(urn=urn, version=1)
    return published(row.body["text"], row.body["schema"], tuple(row.body["functions"]), row.body["zone"]).scope


def _bound_to(policy: Loaded, scope: Scope) -> Loaded:
    if policy.scope == scope:
        return policy
    return replace(policy, scope=scope, requirements=tuple(replace(one, scope=scope) for one in policy.requirements))


def _published_as(row: Policy) -> frozenset[str]:
    """The functions that the publisher of a version held when it was recorded."""
    then = AsOf(Instant(ledger.entry(row.position).at), row.position)
    return frozenset(people.functions_of(row.body["published_by"], then))


def loaded(row: Policy) -> Loaded:
    """A published version as it means under what was stored with it."""
    return as_asked(row).loaded


@lru_cache(maxsize=256)
def published(text: str, schema_digest: str, functions: tuple[str, ...], zone: str) -> Loaded:
    """A published text under the schema (by digest), functions and zone that were stored with it."""
    return document.load_published(text, schema=_stored_schema(schema_digest), functions=functions, zone=zone)


@lru_cache(maxsize=16)
def _stored_schema(digest: str) -> Schema:
    return schema_from_json(canonical.decode(content.read(digest)))


def draft(text: str, asof: AsOf) -> InForce:
    """A text checked by every load rule, under the present kinds, functions and zone. BadInput says what is off."""
    functions, zone = tuple(people.functions(asof)), ledger.zone()
    loaded = document.load(text, schema=schema(asof), functions=functions, zone=zone)
    return InForce(loaded.slug, canonical.sha256(text.encode()), text, functions, zone, loaded)


@dataclass(frozen=True)
class _Asked:
    """A text to be looked at: what makes it the same one, and the policy that it means."""

    text: str
    schema: str
    zone: str
    loaded: Loaded = field(compare=False)


def checked(text: str, zone: str, loaded: Loaded) -> Json:
    """What the examples of a policy notice and what it may cost; see `report.check`. The same text is looked at once."""
    return _checked(_Asked(text, loaded.schema.digest, zone, loaded))


def checked_row(row: Policy) -> Json:
    """The same for a published version."""
    body = row.body
    loaded = published(body["text"], body["schema"], tuple(body["functions"]), body["zone"])
    return checked(body["text"], body["zone"], loaded)


@lru_cache(maxsize=64)
def _checked(asked: _Asked) -> Json:
    return report.check(asked.loaded)


def outcomes(
    loaded: Iterable[Loaded],
    facts: Mapping[str, Any],
    under: Schema,
    at: Instant,
    set_aside: Mapping[str, SetAside] | None = None,
) -> list[Outcome]:
    """What every requirement in force at `at` comes to, over one fact document; `set_aside` by `policy/requirement`."""
    requirements = [one for policy in loaded for one in policy.requirements]
    found, aside = rules.evaluate(requirements, dict(facts), under, at), set_aside or {}
    names = [f"{one.policy}/{one.requirement}" for one in found]
    return [layers.waived(one, aside[name]) if name in aside else one for name, one in zip(names, found, strict=True)]


def proposal(urn: str, asof: AsOf) -> PolicyProposal:
    row = PolicyProposal.objects.as_of(asof).filter(urn=urn).first()
    if row is None:
        raise NotFound("policy proposal", urn)
    return row


def open_proposals(asof: AsOf) -> list[PolicyProposal]:
    """Proposals that have not been published yet, newest first."""
    published = {row.body["proposal"] for row in Policy.objects.filter(position__lt=asof.known_at)}
    rows = PolicyProposal.objects.as_of(asof).order_by("-position")
    return [row for row in rows if row.urn not in published]


def library(asof: AsOf) -> Sequence[Policy]:
    """The newest published version of each policy, in force or still to come."""
    newest: dict[str, Policy] = {}
    for row in Policy.objects.filter(position__lt=asof.known_at).order_by("version"):
        newest[row.urn] = row
    return sorted(newest.values(), key=lambda row: row.slug)


def policy(slug: str, asof: AsOf) -> Policy:
    for row in library(asof):
        if row.slug == slug:
            return row
    raise NotFound("policy", slug)


def scheduled(slug: str, asof: AsOf) -> list[Policy]:
    """The versions that will come into force after this moment, the first to begin first.

    Of two that begin at one moment the last published is meant: it is the one in force from then on.
    """
    rows = Policy.objects.filter(slug=slug, position__lt=asof.known_at, valid_from__gt=asof.valid_at)
    return list({row.valid_from: row for row in rows.order_by("valid_from", "position")}.values())


def history(slug: str) -> list[Policy]:
    return list(Policy.objects.filter(slug=slug).order_by("version"))


def written_tables(text: str, asof: AsOf) -> tuple[Table, ...]:
    """The tables of a text: a policy document, or one table alone. Whether they are whole is not asked."""
    under = schema(asof)
    written, _lines = read_yaml(text, "table")
    if isinstance(written, dict) and "policy" in written:
        return document.load_published(text, schema=under, zone=ledger.zone(), name="policy").tables
    return (load_table(text, schema=under, checked=False),)


def tables_in_force(asof: AsOf) -> list[tuple[str, Table]]:
    """The tables of the policies in force, with the policy's name."""
    return [(one.slug, table) for one in in_force(asof) for table in one.loaded.tables]
