"""What an erasure would take away, what stands against one, and what was erased."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from consilience.domains.content import queries as content
from consilience.domains.content.erasure import rules
from consilience.domains.content.erasure.rules import Item, Kind, Plan
from consilience.domains.content.models import Blob, Erasure, Hold
from consilience.domains.ledger import rules as ledger_rules
from consilience.domains.ledger.models import Entry, Workspace
from consilience.domains.ledger.signing import dsse
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf, Private, Record
from consilience.kit.records.registry import by_noun, record_models

_COMMITMENT = re.compile(r'\{"commitment":"([0-9a-f]{64})"\}')
CHUNK = 500
MOST_FOUND, FEWEST = 50, 3
"""Texts that a search gives at most, and characters that it takes at least."""
RECORDED = "recorded"
"""What a workspace's record says of erasures from its beginning on: each is an entry."""


def plan(texts: Collection[str], files: Collection[str]) -> Plan:
    """These texts and files, as far as they are there. NotFound for one that no record knows and the store never held."""
    rules.named(sorted(texts), files)
    items = [*_texts(texts), *_files({*files, *_sheets_with(texts)})]
    return Plan(tuple(items), gone_before=gone_before())


def texts_with(words: str) -> list[Item]:
    """Texts in which these words stand, at most MOST_FOUND: what others wrote of somebody is found in no other way."""
    said = words.strip()
    if len(said) < FEWEST:
        raise BadInput("words", f"expected at least {FEWEST} characters")
    codes = Private.objects.filter(value__icontains=said).order_by("commitment").values_list("commitment", flat=True)
    return list(_texts(list(codes[:MOST_FOUND]), known=True))


def plan_of_person(person: str, *, written: bool, log_in: bool) -> Plan:
    """Name and address of a person, whatever else is exactly that, and (`written`) every text of acts that they did."""
    model = by_noun()["person"]
    versions = list(model._default_manager.filter(urn=person).order_by("version"))
    if not versions:
        raise NotFound("person", person)
    codes = {code for row in versions for code in _COMMITMENT.findall(row.canonical)}
    said = set(commitments.opened({"commitment": code} for code in codes).values())
    codes |= set(Private.objects.filter(value__in=said).values_list("commitment", flat=True))
    if written:
        codes |= _written_by(person)
    items = [*_texts(codes, known=True), *_files(_sheets_with(codes) | _sheets_naming(person))]
    return Plan(tuple(items), person=person, gone_before=gone_before(), log_in=log_in)


def _written_by(person: str) -> set[str]:
    """Commitments in the records of every act of this person."""
    positions = list(Entry.objects.filter(actor=person).order_by("position").values_list("position", flat=True))
    found: set[str] = set()
    for at in range(0, len(positions), CHUNK):
        for model in record_models():
            rows = model._default_manager.filter(
                position__in=positions[at : at + CHUNK], canonical__contains='"commitment"'
            )
            for text in rows.values_list("canonical", flat=True):
                found.update(_COMMITMENT.findall(text))
    return found


def _sheets_with(codes: Collection[str]) -> set[str]:
    """What signers were shown of acts that hold one of these texts: it repeats them in clear."""
    return _sheets({row.position for rows in _holders(codes).values() for row in rows})


def _sheets_naming(person: str) -> set[str]:
    """What signers were shown of acts that mention this person, whom it calls by name."""
    positions: set[int] = set()
    for model in record_models():
        rows = model._default_manager.filter(canonical__contains=person)
        positions.update(rows.values_list("position", flat=True))
    return _sheets(positions)


def _sheets(positions: Collection[int]) -> set[str]:
    """Digests of what the signers of these entries were shown, where somebody signed and it is still here."""
    found: set[str] = set()
    for at in range(0, len(listed := sorted(positions)), CHUNK):
        for exact in Entry.objects.filter(position__in=listed[at : at + CHUNK]).values_list("exact", flat=True):
            if bytes(exact).startswith(dsse.BEGINS):
                found.add(str(ledger_rules.read(bytes(exact)).predicate["shown"]))
    return set(Blob.objects.filter(digest__in=found).values_list("digest", flat=True))


def _texts(codes: Collection[str], *, known: bool = False) -> Iterator[Item]:
    there = Private.objects.in_bulk(sorted(codes))
    holders = _holders(codes)
    for code in sorted(codes):
        if code in there:
            yield _item(Kind.TEXT, code, holders.get(code, []), text=there[code].value)
        elif not known and code not in holders:
            raise NotFound("text", code)


def _files(digests: Collection[str]) -> Iterator[Item]:
    holders = _holders(digests)
    sizes = dict(Blob.objects.filter(digest__in=digests).values_list("digest", "size"))
    for digest in sorted(digests):
        if digest not in sizes:
            raise NotFound("file", digest)
        if content.has(digest) or content.key_of(digest) is not None:
            yield _item(Kind.FILE, digest, holders.get(digest, []), size=sizes[digest])


def _item(kind: Kind, what: str, rows: list[Record], *, text: str | None = None, size: int = 0) -> Item:
    systems = {urn for row in rows for urn in _systems(row)}
    return Item(kind, what, tuple(sorted({row.name for row in rows})), frozenset(systems), text, size)


def _systems(row: Record) -> Iterator[str]:
    for said in (row.body.get("system"), row.body.get("systems"), row.urn if row.noun == "system" else None):
        if isinstance(said, str):
            yield said
        elif isinstance(said, list):
            yield from (one for one in said if isinstance(one, str))


def _holders(wanted: Collection[str]) -> dict[str, list[Record]]:
    """The record versions that name each of these; erasures name what is gone, and hold nothing."""
    found: dict[str, list[Record]] = {}
    few = sorted(wanted) if len(wanted) <= CHUNK // 10 else []
    for model in record_models():
        if model is Erasure:
            continue
        rows = model._default_manager.order_by("position", "ordinal")
        for row in (row for one in few for row in rows.filter(canonical__contains=one)) if few else rows.iterator():
            for what in {*re.findall(r'"([0-9a-f]{64})"', row.canonical)} & set(wanted):
                if row not in found.setdefault(what, []):
                    found[what].append(row)
    return found


def gone_before() -> tuple[str, ...]:
    """Texts that are gone though no erasure was ever recorded here: what earlier versions did without an entry."""
    if is_recorded():
        return ()
    codes: set[str] = set()
    for model in record_models():
        for text in (
            model._default_manager.filter(canonical__contains='"commitment"')
            .values_list("canonical", flat=True)
            .iterator()
        ):
            codes.update(_COMMITMENT.findall(text))
    return tuple(sorted(codes - set(Private.objects.values_list("commitment", flat=True))))


def is_recorded() -> bool:
    """Whether the log says that every erasure is an entry: from its first record on, or since the first erasure."""
    first = Workspace.objects.order_by("version").first()
    return (first is not None and first.body.get("erasures") == RECORDED) or Erasure.objects.exists()


def holds(asof: AsOf) -> list[rules.Held]:
    """Legal holds in force, the newest first."""
    rows = list(Hold.objects.as_of(asof).order_by("-position", "-ordinal"))
    return [rules.Held(row.urn, row.about, row.valid_from, _reason(row)) for row in rows]


@dataclass(frozen=True)
class Done:
    """An erasure that was recorded."""

    row: Erasure
    by: str
    at: str
    reason: str | None


def erasures() -> list[Done]:
    """Every erasure, the newest first."""
    rows = list(Erasure.objects.order_by("-position"))
    entries = Entry.objects.in_bulk([row.position for row in rows])
    return [Done(row, entries[row.position].actor, entries[row.position].at, _reason(row)) for row in rows]


def _reason(row: Erasure | Hold) -> str | None:
    return commitments.text(row.body.get("reason"))
