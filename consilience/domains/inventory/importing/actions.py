"""Registering what an organisation has already, from its own list: one act for each part of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.inventory import rules as inventory
from consilience.domains.inventory.importing.rules import Thing
from consilience.domains.inventory.models import ModelVersion, RegisteredModel, System
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound, Refused, refusal

PART = 500
"""Registrations of one act: while it is written nobody else can act, so it takes about half a second."""


@dataclass(frozen=True)
class Done:
    """How far an import is, and what this part of it registered."""

    done: int
    total: int
    systems: int
    models: int
    versions: int


def import_part(
    *, actor: Actor, things: Sequence[Thing], file: str, begin: int, now: Instant, size: int = PART
) -> Done:
    """Register the next part of a plan, from its thing number `begin` (from 0) on, in one act.

    What is there by now is passed over, so that an import that was cut off is finished by the next one.
    """
    part = things[begin : begin + size]
    made: list[str] = []
    with suppress(_NothingLeft), act(actor, verb="inventory.imported", at=now) as opened:
        access.ensure(actor, "inventory.register", WORKSPACE, opened.asof)
        left = _Left(part)
        if not left.things:
            raise _NothingLeft
        registering = _Registering(actor, file, opened, left)
        for thing in left.things:
            registering.register(thing)
        rows = [thing.row for thing in left.things]
        opened.note(file=file, first_row=min(rows), last_row=max(rows))
        made = [thing.noun for thing in left.things]
    counts = (made.count(noun) for noun in ("system", "model", "version"))
    return Done(begin + len(part), len(things), *counts)


class _NothingLeft(Exception):
    """Under the lock it turned out that all of this part is registered."""


class _Left:
    """What of a part is not registered yet, and the URNs of all systems and models that it names."""

    def __init__(self, part: Sequence[Thing]) -> None:
        named = {"system": set[str](), "model": set[str]()}
        for one in part:
            facts = one.facts
            named["system"] |= set(facts.get("systems", ())) | ({facts["slug"]} if one.noun == "system" else set())
            named["model"] |= (
                {facts["slug"]} if one.noun == "model" else {facts["model"]} if one.noun == "version" else set()
            )
        self.systems = _urns(System, named["system"])
        self.models = _urns(RegisteredModel, named["model"])
        rows = ModelVersion.objects.filter(model__in=self.models.values(), version=1)
        self.numbers: dict[str, int] = {}
        imported = set()
        for row in rows:
            self.numbers[row.model] = self.numbers.get(row.model, 0) + 1
            if "imported" in row.body:
                imported.add((row.model, row.body["imported"]["version"]))
        self.things = [one for one in part if not self._there(one, imported)]

    def _there(self, one: Thing, imported: set[tuple[str, str]]) -> bool:
        match one.noun:
            case "system":
                return one.facts["slug"] in self.systems
            case "model":
                return one.facts["slug"] in self.models
        return (self.models.get(one.facts["model"], ""), one.facts["version"]) in imported


class _Registering:
    def __init__(self, actor: Actor, file: str, opened: Act, left: _Left) -> None:
        self._file, self._opened, self._left = file, opened, left
        self._importer = actor.urn if people.person(actor.urn, opened.asof) is not None else None
        wanted = {urn for one in left.things for urn in (one.facts.get("owner"), one.facts.get("sponsor")) if urn}
        for urn in sorted(wanted):
            if people.person(urn, opened.asof) is None:
                raise NotFound("person", urn)

    def register(self, thing: Thing) -> None:
        match thing.noun:
            case "system":
                row = self._opened.record(System, body=inventory.SystemFacts(**thing.facts).body())
                self._left.systems[row.slug] = row.urn
            case "model":
                urns = sorted(self._left.systems[slug] for slug in thing.facts["systems"])
                model = self._opened.record(RegisteredModel, body={**thing.facts, "systems": urns})
                self._left.models[model.slug] = model.urn
            case _:
                self._version(thing)

    def _version(self, thing: Thing) -> None:
        said = thing.facts
        model = self._left.models[said["model"]]
        number = self._left.numbers[model] = self._left.numbers.get(model, 0) + 1
        known, unknown = self._authors(said["authors"])
        imported = {"file": self._file, "row": thing.row, "version": said["version"], "live_since": said["live_since"]}
        self._opened.record(ModelVersion, body={
            "model": model, "number": number, "artefact": _artefact(said, imported), "code_revision": said["code_revision"],
            "parameters": {}, "training": [], "authors": known, "unknown_authors": unknown, "protected_attributes": [],
            "imported": imported,
        })  # fmt: skip

    def _authors(self, named: Sequence[str]) -> tuple[list[str], list[Any]]:
        """Persons by URN and commitments of addresses that nobody here has. Whoever imports had it in hand, too."""
        urns = {one for one in named if one.startswith("urn:")}
        others = [one.casefold() for one in named if one not in urns]
        matched = people.by_email(others)
        known = urns | set(matched.values()) | ({self._importer} if self._importer else set())
        if not known:
            raise Refused(refusal("no_human_author", unknown=len(others)))
        return sorted(known), [self._opened.private(one) for one in sorted(set(others) - matched.keys())]


def _artefact(said: Mapping[str, Any], imported: Mapping[str, Any]) -> dict[str, Any]:
    """What the file names; where it names no digest, that of the row itself, so that no other artefact can pass for it."""
    if said["artefact"]:
        return {"digest": said["artefact"], "kind": "file", "held": False, "computed_by": "client"}
    digest = canonical.sha256(canonical.encode({"model": said["model"], **imported}))
    return {"digest": digest, "kind": "not_named", "held": False, "computed_by": "server"}


def _urns(kind: type[System | RegisteredModel], slugs: set[str]) -> dict[str, str]:
    return dict(kind._default_manager.filter(slug__in=slugs, version=1).values_list("slug", "urn"))
