"""What another edition of the law, or another day, changes for a system: gained, lost or changed, and from when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consilience.domains.policy.obligations.pack import Day, Obligation, Reading, Wording
from consilience.domains.policy.obligations.rules import ASLEEP, Line


class How(StrEnum):
    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of an obligation that reads otherwise."""

    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """An obligation that a system gains, loses, or has in another form; `begins` is None where it is so at once."""

    how: How
    obligation: Obligation
    before: Line | None
    after: Line | None
    begins: Day | None
    differences: tuple[Difference, ...]


def changes(before: Iterable[Line], after: Iterable[Line]) -> list[Change]:
    """Obligation by obligation, in the order of the pack; what is lost comes last."""
    then = {line.obligation.id: line for line in before if line.state not in ASLEEP}
    now = {line.obligation.id: line for line in after if line.state not in ASLEEP}
    found = []
    for name in [*now, *(one for one in then if one not in now)]:
        one = change(then.get(name), now.get(name))
        if one is not None:
            found.append(one)
    return found


def change(before: Line | None, after: Line | None) -> Change | None:
    """None where a system has it before and after, word for word."""
    if before is None:
        assert after is not None
        return Change(How.GAINED, after.obligation, None, after, after.in_force_from, ())
    if after is None:
        return Change(How.LOST, before.obligation, before, None, None, ())
    found = differences(before, after)
    return Change(How.CHANGED, after.obligation, before, after, after.in_force_from, found) if found else None


def differences(before: Line, after: Line) -> tuple[Difference, ...]:
    """Which parts read otherwise: of the obligation, of its wording, and how it stands."""
    then, now = _parts(before), _parts(after)
    return tuple(Difference(part, then[part], now[part]) for part in now if then[part] != now[part])


def _parts(line: Line) -> Mapping[str, str]:
    one, wording = line.obligation, line.wording
    parts: dict[str, Any] = {
        "state": str(line.state),
        "from": _dates(wording, "starts"),
        "until": _dates(wording, "ends"),
        "text": wording.text["en"],
        "readings": " / ".join(each.text["en"] for each in wording.readings) if wording.disputed else "",
        "title": one.title["en"],
        "article": one.article,
        "addressed": ", ".join(wording.applies_to),
        "applies_if": "; ".join(dict.fromkeys(_rules(each) for each in wording.readings)),
        "signs": ", ".join(one.signs),
        "evidence": ", ".join(one.evidence),
        "clocks": ", ".join(one.clocks),
        "threshold": one.threshold,
    }
    return parts


def _rules(reading: Reading) -> str:
    return " && ".join(rule.text for rule in reading.rules)


def _dates(wording: Wording, end: str) -> str:
    return "; ".join(dict.fromkeys(getattr(each, end) or "" for each in wording.readings)).strip("; ")
