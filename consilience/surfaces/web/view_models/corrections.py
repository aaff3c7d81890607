"""What a registration said before it was corrected: who changed what, field by field, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.inventory import queries
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger import rules as entries
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.review.rules import differences
from consilience.kit.naming import is_urn
from consilience.kit.records.models import AsOf, Record
from consilience.surfaces import sentences
from consilience.surfaces.changes import written
from consilience.surfaces.sentences import Words
from consilience.surfaces.web import words
from consilience.surfaces.web.view_models.texts import shown as shown_texts

Shown = dict[str, Any]
_LABELS: Mapping[str, Words] = {
    "tier": gettext_lazy("Risk"),
    "use": gettext_lazy("Used for"),
    "autonomy": gettext_lazy("What is left to people"),
    "people_affected": gettext_lazy("People affected in a year"),
    "data_categories": gettext_lazy("What its data tell of whom"),
    "line_of_business": gettext_lazy("Line of business"),
    "agreement_until": gettext_lazy("Last day of the agreement"),
    "retained_until": gettext_lazy("Last day kept"),
    "personal_data": gettext_lazy("It describes people"),
}
_LAST_DAYS = frozenset({"agreement_until", "retained_until"})
_UNSAID = frozenset({"withdrawn", "reason"})


def of(
    actor: Actor, urns: Iterable[str], asof: AsOf, *, withdrawn: Mapping[str, str] = MappingProxyType({})
) -> list[Shown]:
    """Every correction of these things, newest first, for somebody who may know of them.

    `withdrawn` are names, by URN, of versions of theirs that were taken back; those are told with the reason.

    Systems that the reader may not know of are told neither as they were nor as they are.
    """
    pairs = [pair for urn in (*urns, *withdrawn) for pair in _pairs(urn, asof)]
    if not pairs:
        return []
    acts = {
        row.position: row for row in ledger.entries().filter(position__in=[after.position for _before, after in pairs])
    }
    said = {position: entries.read(bytes(row.exact)) for position, row in acts.items()}
    systems = {row.urn: str(row.body["name"]) for row in queries.systems(actor, asof)}
    names = people.names({one.actor for one in said.values()} | {urn for pair in pairs for urn in _people(*pair)})
    reasons = shown_texts(after.body["reason"] for _before, after in pairs if after.withdrawn)
    made = [
        {
            "about": withdrawn.get(after.urn, "") if after.withdrawn else "",
            "quote": _reason(after, reasons),
            "who": names.get(said[after.position].actor, ""),
            "what": words.act(said[after.position]),
            "at": said[after.position].at,
            "from_the_start": not after.withdrawn and after.valid_from == before.valid_from,
            "changes": _changes(before, after, {**names, **systems}, systems),
        }
        for before, after in pairs
    ]
    return sorted(made, key=lambda one: str(one["at"]), reverse=True)


def _pairs(urn: str, asof: AsOf) -> list[tuple[Record, Record]]:
    """Each recorded version but the first, behind the one that it replaced."""
    rows = [row for row in queries.histories(urn) if row.position < asof.known_at]
    return list(pairwise(rows))


def _reason(row: Record, opened: Mapping[str, str]) -> str:
    if not row.withdrawn:
        return ""
    return opened.get(row.body["reason"]["commitment"]) or _("The text was erased.")


def _people(*rows: Record) -> list[str]:
    return [value for row in rows for value in row.body.values() if isinstance(value, str) and is_urn(value, "person")]


def _changes(before: Record, after: Record, names: Mapping[str, str], systems: Mapping[str, str]) -> list[Shown]:
    made = []
    for field, old, new in differences(before.body, after.body):
        if field in _UNSAID:
            continue
        label = str(_LABELS[field]) if field in _LABELS else words.attribute(field).capitalize()
        shown = {"label": label, "old": _said(field, old, names, systems), "new": _said(field, new, names, systems)}
        if shown["old"] != shown["new"]:
            made.append(shown)
    return made


def _said(field: str, value: Any, names: Mapping[str, str], systems: Mapping[str, str]) -> str:
    if field == "systems":
        value = [urn for urn in value if urn in systems]
    if field in _LAST_DAYS and value:
        return words.last_day(value)
    if field == "lawful_basis":
        return sentences.word(words.LAWFUL_BASES, value)
    return written(value, names) or ""
