"""What the law asks, as data: a pack of dated obligations and of the clocks that they start.

A day is `YYYY-MM-DD`, so that text order is time order; the law knows days, and no zone. An end is the last day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NewType

from consilience.domains.policy.language.expression import Expression
from consilience.kit.clock import Instant, moment
from consilience.kit.errors import BadInput

Day = NewType("Day", str)
Words = Mapping[str, str]
"""Text by language; English is always there."""

ANY_ROLE = "any"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Status(StrEnum):
    """How an obligation stood on the day of the edition. Whether it is in force on another day follows from its dates."""

    IN_FORCE = "in_force"
    ENACTED = "enacted_not_yet_applied"
    PENDING = "pending"
    """Proposed, and no law."""
    SUPERSEDED = "superseded"
    VOLUNTARY = "voluntary"


class Checked(StrEnum):
    """How the author of a pack knows."""

    TEXT = "text"
    """Read in a copy of the text."""
    DIGEST = "digest"
    """Article-level digests or several notes by law firms agree."""
    MEMORY = "memory"
    """Well known, and not read again for this edition."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """When something applies: the expression as it was written, and with the pack's definitions put in."""

    text: str
    expression: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a wording means: the only one, or one of the two or more that are held where the law is disputed.

    It asks from `starts` to `ends`; None leaves that side open. `rules` must all hold: that of the pack, its own.
    """

    id: str
    text: Words
    starts: Day | None
    ends: Day | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """What the law said since a day, until the next wording takes its place."""

    since: Day
    text: Words
    applies_to: tuple[str, ...]
    readings: tuple[Reading, ...]
    note: Words | None

    @property
    def disputed(self) -> bool:
        return len(self.readings) > 1


@dataclass(frozen=True, eq=False)
class Obligation:
    """One thing that the law asks. The id is never reused; `aliases` are other names that requirements may cite."""

    pack: str
    id: str
    aliases: tuple[str, ...]
    title: Words
    article: str
    signs: tuple[str, ...]
    evidence: tuple[str, ...]
    clocks: tuple[str, ...]
    threshold: str
    status: Status
    checked: Checked
    source: str
    wordings: tuple[Wording, ...]

    def on(self, day: Day) -> Wording | None:
        """The wording that was law on a day; None before the first."""
        return next((one for one in reversed(self.wordings) if one.since <= day), None)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id, *self.aliases)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long: a number of hours, days, business_days, weeks, months or years, counted as `count` says."""

    amount: int
    unit: str
    count: str


@dataclass(frozen=True, slots=True)
class Clock:
    """What starts to run, for whom, towards whom, and for how long. `limit` None: at once, or a rule in words."""

    id: str
    law: str
    who: str
    to: str
    start: str
    rule: Words
    limit: Limit | None
    starts: Day | None
    checked: Checked
    note: str


@dataclass(frozen=True, eq=False)
class Pack:
    """An edition of a body of law: what it asks, as it was known on the day of the edition."""

    slug: str
    title: Words
    edition: Day
    summary: Words
    source: str
    roles: tuple[str, ...]
    definitions: Mapping[str, Words]
    """What each name in its expressions means, in words."""
    obligations: tuple[Obligation, ...]
    clocks: tuple[Clock, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Obligation]:
        """Every obligation under its id and each of its aliases."""
        return {name: one for one in self.obligations for name in one.names}


def day(text: object, where: str) -> Day:
    """A day of the calendar."""
    if not isinstance(text, str) or not _DAY.fullmatch(text) or not _exists(text):
        raise BadInput(where, f"{text!r} is no day such as 2026-11-23")
    return Day(text)


def _exists(text: str) -> bool:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def today(at: Instant, zone: str) -> Day:
    """The day that it is at this moment, in the workspace's zone."""
    from zoneinfo import ZoneInfo

    return Day(moment(at).astimezone(ZoneInfo(zone)).date().isoformat())


def said(words: Words, language: str = "en") -> str:
    return words.get(language, words["en"])
