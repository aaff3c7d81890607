"""Obligations that are open for a live release, as the API shows them."""

from __future__ import annotations

from typing import Any

from consilience.domains.gate.law_effect import LawEffect, Moved
from consilience.domains.gate.models import Standing
from consilience.domains.gate.open_obligations import Finding
from consilience.surfaces import law, law_open
from consilience.surfaces.api.shared import Out


class OpenOut(Out):
    """An obligation in force of which no requirement that cites it is met."""

    pack: str
    obligation: str
    title: str
    article: str
    state: str
    """`open`, `no_requirement`, `disputed` or `unknown`, where nobody can tell whether it applies"""
    since: str | None
    """The day from which it binds; null where it always did."""
    weight: str
    """`warn` or `block`, as the organisation put the pack in use"""
    decides: bool
    """Whether the release does not comply, or cannot be told to, while it is open."""
    requirements: list[str]
    signs: list[str]
    sentence: str


class CameOut(OpenOut):
    cause: str


class LawMovedOut(Out):
    """A live release, or a decision that let one through, for which an obligation comes to be open or is open no more."""

    release: str
    reference: str
    stage: str
    decision: str | None
    """The URN of a stored decision; null for a live release."""
    at: str
    before: str
    """How a live release stands; of a decision, how it would have stood by what its requirements came to then."""
    after: str
    flips: bool
    came: list[OpenOut]
    went: list[OpenOut]


class LawReplayOut(Out):
    """What becomes of live releases and of decisions that let one through; only those in which something differs."""

    live: list[LawMovedOut]
    looked_at: int
    decided: list[LawMovedOut]
    decisions_looked_at: int
    """The newest."""
    decisions: int
    unreadable: int


def moved(one: Moved) -> LawMovedOut:
    return LawMovedOut(
        release=one.release, reference=one.reference, stage=one.stage, decision=one.decision, at=one.at,
        before=str(one.before), after=str(one.after), flips=one.flips, came=[out(each) for each in one.came],
        went=[out(each) for each in one.went],
    )  # fmt: skip


def replay(found: LawEffect) -> LawReplayOut:
    return LawReplayOut(
        live=[moved(one) for one in found.live], looked_at=found.looked_at,
        decided=[moved(one) for one in found.decided], decisions_looked_at=found.decisions_looked_at,
        decisions=found.decisions, unreadable=found.unreadable,
    )  # fmt: skip


def out(one: Finding) -> OpenOut:
    return OpenOut(**_fields(one))


def came(row: Standing) -> list[CameOut]:
    """What a change of standing says of the law."""
    return [CameOut(**_fields(one), cause=cause) for one, cause in law_open.told(row)]


def went(row: Standing) -> list[OpenOut]:
    return [out(one) for one in law_open.went(row)]


def _fields(one: Finding) -> dict[str, Any]:
    return {
        "pack": one.pack, "obligation": one.obligation, "title": law.text(one.title), "article": one.article,
        "state": str(one.state), "since": one.since, "weight": str(one.weight), "decides": one.decides,
        "requirements": list(one.requirements), "signs": list(one.signs), "sentence": law_open.sentence(one),
    }  # fmt: skip
