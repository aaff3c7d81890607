"""What a requirement saw, in sentences that anybody can read: each figure that its rule looked at, and what it asks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consilience.domains.evidence.plain.figure import Limit, PlainFigure
from consilience.domains.evidence.plain.found import figures
from consilience.domains.evidence.plain.meaning import Meaning
from consilience.domains.evidence.plain.telling import tell
from consilience.domains.policy.narrate import test_of
from consilience.domains.policy.outcome import Code, Outcome
from consilience.kit.canonical import Json

MOST = 4
"""Figures of one requirement that are told."""
_PATH = re.compile(r"evidence\.([a-z0-9_]+)\[(\d+)\]\.(.+)")
AGREED = frozenset({"performance_budget", "success_criteria"})
"""Kinds that say what was promised, not what was seen: they are what others are held against."""
_ENDS = ("value", "low", "high")
NO_UNITS: Mapping[str, Mapping[str, str]] = {}


class Plainly:
    """The figures of one fact document, told in one language. A record is walked once, however many rules look at it."""

    def __init__(
        self, evidence: Mapping[str, Sequence[Json]], meaning: Meaning, language: str,
        units: Mapping[str, Mapping[str, str]] = NO_UNITS,
    ) -> None:  # fmt: skip
        """`evidence` are the facts of that name: records by kind; `units` those of the kinds' fields."""
        self.meaning, self.language = meaning, language
        self._evidence, self._units = evidence, units
        self._walked: dict[tuple[str, int], dict[str, PlainFigure]] = {}

    def told(self, outcome: Outcome) -> list[str]:
        """A sentence or two for each figure that decided the outcome, the first `MOST` of them."""
        if outcome.code is Code.NOT_APPLICABLE:
            return []
        found: dict[tuple[str, int, str], Limit | None] = {}
        for path, limit in _seen(outcome.trace.get("satisfied_if") or {}):
            place = self._place(path)
            if place is not None:
                found[place] = found.get(place) or limit
        return [
            tell(self._figures(kind, at)[name], self.meaning, self.language, limit)
            for (kind, at, name), limit in list(found.items())[:MOST]
        ]

    def figure(self, figure: PlainFigure, limit: Limit | None = None) -> str:
        """One figure, with what is asked of it."""
        return tell(figure, self.meaning, self.language, limit)

    def _place(self, path: str) -> tuple[str, int, str] | None:
        """The kind, the record and the path in it of the figure that a fact's path names; None where it names none."""
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        kind, at, name = match.group(1), int(match.group(2)), match.group(3)
        if kind in AGREED or at >= len(self._evidence.get(kind) or ()):
            return None
        known = self._figures(kind, at)
        whole, _dot, end = name.rpartition(".")
        for wanted in (name, whole if end in _ENDS else name):
            if wanted in known:
                return kind, at, wanted
        return None

    def _figures(self, kind: str, at: int) -> dict[str, PlainFigure]:
        if (kind, at) not in self._walked:
            self._walked[kind, at] = figures(self._evidence[kind][at], self._units.get(kind))
        return self._walked[kind, at]


def _seen(step: Any) -> Iterator[tuple[str, Limit | None]]:
    """The paths of the facts that a trace saw, with what was asked of each."""
    if isinstance(step, list):
        for one in step:
            yield from _seen(one)
        return
    if not isinstance(step, dict):
        return
    seen = [one for one in step.get("seen", ()) if "path" in one]
    for number, one in enumerate(seen):
        yield str(one["path"]), _limit(step, str(one["path"])) if number == 0 else None
    for name in ("because", "cases"):
        yield from _seen(step.get(name))


def _limit(step: Json, path: str) -> Limit | None:
    """What a comparison asks of a figure, where it asks it of the figure as it is and not of something computed."""
    if "text" not in step or "left" in step:
        return None
    test = test_of(step)
    if test is None or test.sign not in (">=", ">", "<=", "<"):
        return None
    try:
        asked = float(test.limit)
    except (TypeError, ValueError):
        return None
    end = path.rpartition(".")[2]
    return Limit(end if end in _ENDS else "value", test.sign, asked)
