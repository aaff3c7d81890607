"""Keeping standings true: live releases are looked at again when a fact changes and when time asks for it.

The ledger is the outbox: `look` reads it from its own cursor on. Whatever is cut off is done again by the next look; a
change of standing is recorded, with its notices, in one transaction that first makes sure that it is still a change, so
nothing is told twice however many look at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.content import actions as content
from consilience.domains.gate import effects, open_law, open_obligations, standing, watch
from consilience.domains.gate import standing_queries as queries
from consilience.domains.gate.models import Cursor, Looked, Notice, Standing
from consilience.domains.gate.standing import State
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy.language.types import schema_to_json
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.kit import canonical
from consilience.kit.clock import Instant, shift
from consilience.kit.records.models import AsOf

MISFIT_AGAIN_H = 1
"""When a release is tried again that this program could not read."""
INPUTS = ("facts", "policies", "schema", "explanation")


class _NothingNew(Exception):
    """Under the lock it turned out that this change is recorded already, or is none any more."""


@dataclass(frozen=True)
class Look:
    """What one look at the releases found."""

    looked_at: int
    changed: tuple[Standing, ...]


def look(*, actor: Actor, now: Instant) -> Look:
    """Look at every live release that the ledger or the clock asks for; record and tell what changed.

    1. Releases whose facts may have changed since the cursor, and those that are due.
    2. Those that are live no more: their standing ends.
    3. The cursor moves on last: what was cut off is looked at again.
    """
    asof = ledger.present(now)
    found = queries.portfolio(asof)
    rows = list(Release.objects.as_of(asof).filter(urn__in=found.live).order_by("position", "ordinal"))
    due = watch.due_now(rows, now)
    asked = watch.touched(rows, asof, since=watch.cursor()) | due.keys()
    ahead = watch.boundaries(asof) if asked else []
    changed = [_looked(actor, row, due.get(row.urn), ahead, asof) for row in rows if row.urn in asked]
    changed += [_ended(actor, row, asof) for row in queries.gone(found, asof)]
    _moved_on(asof.known_at)
    return Look(len(asked), tuple(one for one in changed if one is not None))


def _looked(actor: Actor, row: Release, asked_by: Instant | None, ahead: list[Instant], asof: AsOf) -> Standing | None:
    found = queries.answer(row, asof)
    known = queries.newest(row.urn)
    made = None
    if (
        found.misfit
    ):  # a program older than the workspace, or a fault of ours: somebody has to look, the release did nothing
        _look_again_at(row, asof, shift(asof.valid_at, hours=MISFIT_AGAIN_H))
        return None
    if known is None or queries.told(known) != found.told:
        made = _record(actor, row.urn, row.system, _flipped_at(row, asked_by, found, asof), asof.valid_at)
    _look_again_at(row, asof, watch.due(found.assessment, asof, ahead))
    return made


def _look_again_at(row: Release, asof: AsOf, due: Instant) -> None:
    Looked.objects.update_or_create(release=row.urn, defaults={"looked_at": asof.valid_at, "due_at": due})


def _flipped_at(row: Release, asked_by: Instant | None, found: queries.Answer, asof: AsOf) -> Instant | None:
    """The moment that asked for the look, or the day of a law since then, from which on the release stood so.

    Nobody may have looked at that time.
    """
    if asked_by is None or asked_by >= asof.valid_at:
        return None
    days = open_law.beginnings(found.obligations, after=asked_by, until=asof.valid_at)
    moments = (at for at in (asked_by, *days) if queries.answer(row, AsOf(at, asof.known_at)).state is found.state)
    return next(moments, None)


def _record(actor: Actor, release: str, system: str, flipped_at: Instant | None, now: Instant) -> Standing | None:
    """Record how a live release stands under the lock, where that is a change, and tell whom it concerns."""
    try:
        with act(actor, verb="gate.standing_changed", at=now) as opened:
            passed = queries.portfolio(opened.asof, [system]).live.get(release)
            row = Release.objects.as_of(opened.asof).filter(urn=release).first()
            known = queries.newest(release)
            found = queries.answer(row, opened.asof) if row and passed else None
            if (
                passed is None
                or found is None
                or found.misfit
                or (known is not None and queries.told(known) == found.told)
            ):
                raise _NothingNew
            since = queries.since(found.state, known, passed, opened.asof, noticed=flipped_at)
            body = _body(passed, found, known, since, opened)
            return _told(opened, body, known)
    except _NothingNew:
        return None


def _body(
    passed: standing.Passed, found: queries.Answer, known: Standing | None, since: Instant, opened: Act
) -> dict[str, Any]:
    against = queries.compared_with(passed, known)
    changed = queries.changed_since(against, found)
    return {
        **_about(passed),
        "state": str(found.state),
        "since": since,
        "ending": None,
        "valid_at": opened.asof.valid_at,
        "known_at": opened.asof.known_at,
        "allowed": found.verdict.allowed,
        "ground": found.ground,
        "unmet": list(found.verdict.unmet),
        "changes": [_codes(one) for one in changed],
        "asked": queries.asked_about(found, changed),
        **_law(found, known),
        "compared_with": against,
        **_stored(found, opened.at),
    }


def _law(found: queries.Answer, known: Standing | None) -> dict[str, Any]:
    """The obligations that are open, those that came (with the cause) and those that went since the last record."""
    if known is None:
        return {"obligations": [one.as_json() for one in found.obligations], "came": {}, "went": []}
    came, went = open_obligations.came_and_went(queries.obligations(known), found.obligations)
    last = AsOf(Instant(known.body["valid_at"]), known.body["known_at"])
    causes = open_law.causes(came, found.assessment.release, last) if found.assessment else {}
    return {
        "obligations": [one.as_json() for one in found.obligations],
        "came": {name: str(cause) for name, cause in causes.items()},
        "went": [one.as_json() for one in went],
    }


def _about(passed: standing.Passed) -> dict[str, Any]:
    return {
        "release": passed.release,
        "system": passed.system,
        "model_version": passed.model_version,
        "stage": str(passed.stage),
        "decision": passed.decision,
    }


def _codes(one: effects.Changed) -> list[str | None]:
    """[policy, requirement, function, outcome before, outcome after]"""
    said = one.outcome
    before, after = (str(each.code) if each else None for each in (one.before, one.after))
    return [said.policy, said.requirement, said.owner, before, after]


def _stored(found: queries.Answer, at: Instant) -> dict[str, str | None]:
    """The inputs and the explanation, by digest, as a decision stores them."""
    if found.assessment is None:
        return dict.fromkeys(INPUTS)
    data = {**found.assessment.inputs(), "explanation": found.assessment.explanation()}
    for one in found.assessment.policies:
        content.put(canonical.encode(schema_to_json(one.loaded.schema)), now=at)
    return {name: content.put(data[name], now=at) for name in INPUTS}


def _ended(actor: Actor, row: Standing, asof: AsOf) -> Standing | None:
    """Record that a release is looked at no more, and why."""
    try:
        with act(actor, verb="gate.standing_changed", at=asof.valid_at) as opened:
            now = queries.portfolio(opened.asof, [row.system])
            known = queries.newest(row.release)
            if known is None or known.state == State.ENDED or row.release in now.live:
                raise _NothingNew
            why = now.ending(row.release)
            body = {
                **known.body, "state": str(State.ENDED), "since": opened.at, "ending": str(why),
                "valid_at": opened.asof.valid_at, "known_at": opened.asof.known_at, "ground": str(why), "unmet": [],
                "changes": [], "asked": [], "obligations": [], "came": {}, "went": [], "compared_with": None, **dict.fromkeys(INPUTS),
            }  # fmt: skip
            return _told(opened, body, known)
    except _NothingNew:
        return None


def _told(opened: Act, body: dict[str, Any], known: Standing | None) -> Standing:
    """The record of a change, and a notice for everybody whom it concerns. What begins well concerns nobody yet."""
    made = opened.record(Standing, body=body, replaces=known)
    reference = releases.references([made.release], opened.asof)[made.release]
    opened.note(release=reference, stage=body["stage"], state=made.state, was=known.state if known else None)
    if known is None and made.state == State.COMPLIANT and not body["obligations"]:
        return made
    system = inventory.system_ever(made.system)
    functions = {each[2] for each in body["changes"]} | _signing(body, known)
    people_told = standing.told_to(system.body["owner"], system.body["sponsor"], functions, people.holders(opened.asof))
    Notice.objects.bulk_create(
        [Notice(person=one, about=made.name, system=made.system, made_at=opened.at) for one in people_told],
        ignore_conflicts=True,
    )
    return made


def _signing(body: Mapping[str, Any], known: Standing | None) -> set[str]:
    """The functions that sign for obligations that came or went; for all that are open where nothing was recorded before."""
    listed = [one for one in body["obligations"] if known is None or one["obligation"] in body["came"]]
    return {function for one in (*listed, *body["went"]) for function in one["signs"]}


def _moved_on(position: int) -> None:
    """Move the cursor forward, never back: another worker may have read further."""
    Cursor.objects.get_or_create(name=watch.CURSOR, defaults={"position": 0})
    Cursor.objects.filter(name=watch.CURSOR, position__lt=position).update(position=position)


def mark_read(*, actor: Actor, notices: Collection[int] | None, now: Instant) -> int:
    """Mark somebody's own notices as read, these or (None) all. Returns how many were not read before."""
    rows = Notice.objects.filter(person=actor.urn, read_at=None)
    return int((rows if notices is None else rows.filter(id__in=notices)).update(read_at=now))
