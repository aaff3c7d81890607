"""Which records belong to the archive of one system: its own, and what they rest on (docs/formats/archive.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from consilience.domains.ledger.models import Entry
from consilience.kit import canonical
from consilience.kit.records.models import Record
from consilience.kit.records.registry import by_noun

FOLLOWERS = (
    "release", "sign-off", "proof", "answer", "block-end", "decision", "standing", "grandfathering", "evidence", "prediction-batch", "waiver",
)  # fmt: skip
"""Nouns that belong because they speak of something that does."""
COMMON = (
    "workspace", "function", "kind", "facet-plan", "panel", "policy", "policy-proposal",
    "obligation-pack", "obligation-pack-proposal", "witness-policy", "erasure", "epoch",
)  # fmt: skip
"""Nouns of the workspace itself that everything is judged by."""
PEOPLE = ("person", "robot")
RIGHTS = {"holding": "person", "grant": "principal", "key": "holder", "delegation": "to"}
_URN = re.compile(r"urn:consilience:[0-9a-f-]{36}:([a-z-]+):[0-9a-f-]{36}")


def urns_of_system(system: str) -> frozenset[str]:
    """The URNs of everything that belongs to a system's archive. Memory goes with what belongs, not with the workspace."""
    chosen = {system} | {urn for noun in COMMON if noun in by_noun() for urn in _urns(noun)}
    followed = {system}  # what followers may speak of: nothing that the workspace shares with other systems
    while True:
        before = len(chosen)
        for row in _rows(*FOLLOWERS):
            if row.urn not in chosen and _of(row, system) and followed & _mentioned(row):
                chosen.add(row.urn)
        _add_mentioned(chosen, system)
        followed |= {urn for urn in chosen if _noun(urn) in (*FOLLOWERS, "model-version", "dataset-version")}
        if len(chosen) == before:
            break
    return frozenset(chosen | _people(chosen, system))


def _add_mentioned(chosen: set[str], system: str) -> None:
    """What the chosen mention, as far as it belongs to no other system."""
    reached = set(chosen)
    while reached:
        mentioned: set[str] = set()
        for row in _rows(*sorted({_noun(urn) for urn in reached} - {*COMMON, *PEOPLE})):
            if row.urn in reached:
                mentioned |= _mentioned(row)
        reached = {urn for urn in mentioned - chosen if _noun(urn) not in ("system", *COMMON)}
        reached -= {row.urn for row in _rows(*sorted({_noun(urn) for urn in reached})) if not _of(row, system)}
        chosen |= reached


def _people(chosen: set[str], system: str) -> set[str]:
    """Whoever acts in an entry that is there, with the functions and the grants that count in this system."""
    positions = {row.position for row in _rows(*by_noun()) if row.urn in chosen}
    known = {urn for urn in chosen if _noun(urn) in PEOPLE}
    for position, actor in Entry.objects.values_list("position", "actor").iterator(chunk_size=2000):
        if position in positions:
            known.add(actor)
    rights = {
        row.urn
        for noun, whose in RIGHTS.items()
        for row in _rows(noun)
        if row.body.get(whose) in known and row.body.get("system") in (None, system)
    }
    # Who gave these rights acted too, and is judged by rights of their own.
    granted_at = {row.position for row in _rows(*RIGHTS) if row.urn in rights}
    givers = {
        actor
        for position, actor in Entry.objects.values_list("position", "actor").iterator(chunk_size=2000)
        if position in granted_at
    }
    if givers - known:
        return _people(chosen | known | givers | rights, system)
    return known | rights


def _rows(*nouns: str) -> Iterator[Record]:
    models = by_noun()
    for noun in nouns:
        if noun in models:
            yield from models[noun]._default_manager.order_by("position", "ordinal").iterator(chunk_size=2000)


def _urns(noun: str) -> set[str]:
    return set(by_noun()[noun]._default_manager.values_list("urn", flat=True))


def _of(row: Record, system: str) -> bool:
    """Whether a record is not another system's."""
    said: Any = canonical.decode(row.canonical)["body"].get("system", system)
    return said in (None, system)


def _mentioned(row: Record) -> set[str]:
    return {found.group(0) for found in _URN.finditer(row.canonical)} - {row.urn}


def _noun(urn: str) -> str:
    return urn.split(":")[3]
