"""Current evidence, kinds and the plan of facets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Max

from consilience.domains.access import queries as access
from consilience.domains.evidence import rules
from consilience.domains.evidence.models import Evidence, FacetPlan, Kind
from consilience.domains.evidence.plain import meaning
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import System
from consilience.domains.ledger.rules import Actor
from consilience.kit.errors import NotFound
from consilience.kit.naming import noun_of
from consilience.kit.records.models import AsOf


def kind(slug: str, asof: AsOf) -> rules.KindOf:
    row = Kind.objects.as_of(asof).filter(slug=slug).first()
    if row is None:
        raise NotFound("kind of evidence", slug)
    return _kind(row)


def kind_digests(asof: AsOf) -> tuple[str, ...]:
    """The records of the kinds in force, by digest: the key under which what follows from them can be kept."""
    return tuple(Kind.objects.as_of(asof).order_by("slug").values_list("digest", flat=True))


def kind_names(asof: AsOf) -> list[str]:
    return list(asof.once(_kind_names))


def _kind_names(asof: AsOf) -> list[str]:
    return list(Kind.objects.as_of(asof).order_by("slug").values_list("slug", flat=True))


def every_kind_name() -> frozenset[str]:
    """The names of all kinds that ever were, withdrawn ones among them."""
    return frozenset(Kind.objects.values_list("slug", flat=True))


def kinds_of(digests: Iterable[str]) -> list[rules.KindOf]:
    return [_kind(row) for row in Kind.objects.filter(digest__in=list(digests)).order_by("slug")]


def kinds(asof: AsOf) -> list[rules.KindOf]:
    """Every kind in force, by name."""
    return [_kind(row) for row in Kind.objects.as_of(asof).order_by("slug")]


def kind_titles(asof: AsOf) -> dict[str, str]:
    """What each kind in force is called, by slug."""
    return {row.slug: row.body["title"] for row in Kind.objects.as_of(asof).order_by("slug")}


def _kind(row: Kind) -> rules.KindOf:
    body = row.body
    return rules.KindOf(
        row.slug, row.version, body["title"], tuple(body["methods"]), body["fields"], body.get("units") or {}
    )


def facet_plan(asof: AsOf) -> dict[str, list[rules.Selector]]:
    return asof.once(_facet_plan)


def _facet_plan(asof: AsOf) -> dict[str, list[rules.Selector]]:
    row = FacetPlan.objects.as_of(asof).first()
    return rules.facet_plan(row.body["facets"]) if row else {}


@dataclass(frozen=True)
class Current:
    """A record of evidence that counts now, and how many attempts of its kind stand behind it."""

    row: Evidence
    attempts: int

    @property
    def body(self) -> dict[str, Any]:
        return self.row.body

    @property
    def item_digest(self) -> str:
        """What a sign-off binds to."""
        return _item_digest(self.row.digest, self.row.canonical)

    @property
    def key(self) -> str:
        return rules.item_key(self.row.kind, self.row.subject, self.row.method, self.row.dataset)


@lru_cache(maxsize=8192)
def _item_digest(digest: str, exact: str) -> str:  # noqa: ARG001 - the record's digest is the short key
    return rules.item_digest(json.loads(exact)["body"])


def current(subjects: Iterable[str], asof: AsOf) -> list[Current]:
    """Latest by position, not withdrawn, per (subject, kind, method, dataset); attempts per (subject, kind)."""
    wanted = list(subjects)
    tried = attempts(wanted, asof)
    latest: dict[str, Evidence] = {}
    for row in Evidence.objects.as_of(asof).filter(subject__in=wanted).order_by("position", "ordinal"):
        latest[rules.item_key(row.kind, row.subject, row.method, row.dataset)] = row
    return [Current(row, tried[row.subject, row.kind]) for _, row in sorted(latest.items())]


def stored_reference(version: str, asof: AsOf) -> Evidence | None:
    """The one reference profile of a version (its URN), by which everything later is counted; None where none is stored."""
    rows = Evidence.objects.as_of(asof).filter(subject=version, kind=rules.REFERENCE)
    return rows.order_by("-position", "-ordinal").first()


def earlier_references(version: str, asof: AsOf) -> list[Evidence]:
    """Reference profiles of a version that were taken back or replaced, the newest first."""
    rows = Evidence.objects.filter(subject=version, kind=rules.REFERENCE, position__lt=asof.known_at, withdrawn=True)
    return list(rows.order_by("-position", "-ordinal"))


def attempts(subjects: Collection[str], asof: AsOf) -> Counter[tuple[str, str]]:
    """How many records there are per (subject, kind), those taken back among them: a try that was withdrawn was one."""
    known = Evidence.objects.filter(subject__in=subjects, position__lt=asof.known_at, version=1)
    return Counter(known.values_list("subject", "kind"))


def evidence(urn: str, asof: AsOf) -> Evidence:
    """One record, withdrawn or not: what was relied on stays readable."""
    row: Evidence | None = Evidence.objects.filter(urn=urn, position__lt=asof.known_at).order_by("-version").first()
    if row is None:
        raise NotFound("evidence", urn)
    return row


About = inventory.VersionOf | inventory.DataVersionOf | System
"""What evidence is about; each carries who may know of it."""


def wording(subjects: Sequence[str], language: str, asof: AsOf) -> meaning.Meaning:
    """What the answers mean in words of a language: stated of the first of these subjects (URNs) that has it."""
    method = meaning.METHODS[meaning.known(language)]
    rows = Evidence.objects.as_of(asof).filter(subject__in=subjects, kind=meaning.KIND, method=method)
    stated = {row.subject: row.body["fields"] for row in rows.order_by("position", "ordinal")}
    found = next((stated[subject] for subject in subjects if subject in stated), None)
    return meaning.read(found, language)


def units(asof: AsOf) -> dict[str, Mapping[str, str]]:
    """By kind, the units of its fields."""
    return asof.once(_units)


def _units(asof: AsOf) -> dict[str, Mapping[str, str]]:
    return {row.slug: row.body.get("units") or {} for row in Kind.objects.as_of(asof)}


def subject_of(urn: str, asof: AsOf) -> About:
    """The version, dataset version or system behind a URN. Whoever asks asks `can` next."""
    noun = noun_of(urn)
    if noun == "model-version":
        return inventory.version_by_urn(urn, asof)
    if noun == "dataset-version":
        found = inventory.dataset_versions_by_urn([urn], asof)
        if not found:
            raise NotFound("dataset version", urn)
        return found[0]
    return inventory.system_by_urn(urn, asof)


def guarded(actor: Actor, action: str, urn: str, asof: AsOf) -> tuple[Evidence, About]:
    """A record and its subject, after `can`: who may not know of the subject hears that there is no such evidence."""
    row = evidence(urn, asof)
    try:
        subject = subject_of(row.subject, asof)
    except NotFound as error:
        raise NotFound("evidence", urn) from error
    access.ensure(actor, action, subject, asof, what="evidence", named=urn)
    return row, subject


def newest_positions(subjects: Collection[str], asof: AsOf) -> dict[str, int]:
    """By subject, where the newest record of evidence about it stands in the ledger."""
    rows = Evidence.objects.filter(subject__in=subjects, position__lt=asof.known_at)
    return dict(rows.values_list("subject").annotate(Max("position")))


def measured_on(subjects: Collection[str], asof: AsOf) -> dict[str, set[str]]:
    """By subject, the URNs of the dataset versions on which any evidence about it was measured."""
    rows = Evidence.objects.filter(subject__in=subjects, position__lt=asof.known_at)
    found: dict[str, set[str]] = {}
    for subject, dataset in rows.values_list("subject", "dataset").distinct():
        if dataset:
            found.setdefault(subject, set()).add(dataset)
    return found


def facet_plan_position(asof: AsOf) -> int:
    """Where the newest plan of facets stands in the ledger."""
    newest = FacetPlan.objects.filter(position__lt=asof.known_at).aggregate(newest=Max("position"))["newest"]
    return newest or 0
