"""The obligations that are open for a live release on a day: in force, and no requirement that cites them is met. Pure.

What the law asks never changes a decision of the gate, which asks requirements; it changes how a live release stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.domains.gate.standing import State as Standing
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.obligations.pack import Day, Obligation, Words
from consilience.domains.policy.obligations.rules import Cited, Line, State, Why, lines
from consilience.domains.policy.obligations.terms import InUse, WhenOpen, bound
from consilience.domains.policy.outcome import Code, Outcome
from consilience.domains.policy.requirement import Requirement

_OPEN = (State.OPEN, State.NO_REQUIREMENT)
_TOLD = (*_OPEN, State.UNKNOWN)
_WITHOUT_EVIDENCE = (Code.NO_EVIDENCE, Code.ERROR)


@dataclass(frozen=True)
class Finding:
    """An obligation that is open for a release, or of which nobody can tell whether it applies.

    `state` is open, no_requirement, disputed (one reading binds now) or unknown; `since` is the day from which it binds, None
    where it always did.
    """

    pack: str
    obligation: str
    title: Words
    article: str
    state: State
    why: Why | None
    since: Day | None
    weight: WhenOpen
    signs: tuple[str, ...]
    requirements: tuple[str, ...]
    """Those that cite it, as policy/requirement."""
    shown: bool = True
    """Whether something shows that it is not met: false where evidence alone is missing."""

    @property
    def name(self) -> tuple[str, str]:
        return self.pack, self.obligation

    @property
    def decides(self) -> bool:
        """Whether the release does not comply while it is open: the law is settled, and requirements could say it is met.

        Where requirements cite it and none is asked at this stage, it was met before, or is to be met later.
        """
        return self.weight is WhenOpen.BLOCK and self.state in _OPEN and self.why is not Why.NOT_ASKED_YET

    def as_json(self) -> dict[str, Any]:
        """As a standing stores it."""
        return {
            "pack": self.pack, "obligation": self.obligation, "title": dict(self.title), "article": self.article,
            "state": str(self.state), "why": str(self.why) if self.why else None, "since": self.since,
            "weight": str(self.weight), "signs": list(self.signs), "requirements": list(self.requirements),
            "shown": self.shown,
        }  # fmt: skip


def from_json(said: dict[str, Any]) -> Finding:
    return Finding(
        said["pack"], said["obligation"], said["title"], said["article"], State(said["state"]),
        Why(said["why"]) if said["why"] else None, said["since"], WhenOpen(said["weight"]), tuple(said["signs"]),
        tuple(said["requirements"]), said["shown"],
    )  # fmt: skip


def findings(
    used: Sequence[InUse], system: str, facts: Facts, day: Day, cited: Mapping[str, Sequence[Cited]]
) -> tuple[Finding, ...]:
    """What is open for a release of a system (URN), by what the requirements that cite it came to (`cited_for`)."""
    weights = {one.pack.slug: one.terms for one in used}
    found = []
    for line in lines(bound(used, system), facts, day, cited):
        weight = weights[line.obligation.pack].weight(line.obligation)
        if weight is not WhenOpen.SILENT and is_open(line):
            found.append(_finding(line, weight))
    return tuple(found)


def is_open(line: Line) -> bool:
    """Whether some reading of it binds now and is not met, or nobody can tell whether it applies."""
    return any(one.state in _TOLD for one in line.consequences)


def _finding(line: Line, weight: WhenOpen) -> Finding:
    one: Obligation = line.obligation
    binding = [each.reading for each in line.consequences if each.state in _TOLD]
    starts = [each.starts for each in binding]
    since = None if None in starts else min((each for each in starts if each), default=None)
    codes = [code for each in line.cited for code in each.outcomes.values()]
    wanting = [code for code in codes if code not in (Code.SATISFIED, Code.NOT_APPLICABLE)]
    shown = not wanting or any(code not in _WITHOUT_EVIDENCE for code in wanting)
    why = line.why if line.answer in _OPEN else None
    return Finding(
        one.pack, one.id, one.title, one.article, line.state, why, since, weight, one.signs,
        tuple(sorted(each.name for each in line.cited)), shown,
    )  # fmt: skip


def cited_for(requirements: Iterable[Requirement], outcomes: Iterable[Outcome]) -> dict[str, list[Cited]]:
    """By cited name, the requirements that one release is asked and what each came to."""
    codes = {(one.policy, one.requirement): one.code for one in outcomes}
    found: dict[str, list[Cited]] = defaultdict(list)
    for asked in requirements:
        code = codes.get((asked.policy, asked.id))
        cited = Cited(asked.policy, asked.id, asked.title, asked.owner, {"": code} if code is not None else {})
        for name in asked.obligations:
            found[name].append(cited)
    return found


def standing(base: Standing, listed: Iterable[Finding]) -> Standing:
    """How a release stands with what the law asks beside its requirements.

    1. An open obligation that decides, and of which something shows that it is not met: not compliant.
    2. One for which evidence alone is missing, or of which nobody can tell whether it applies: it cannot be told.
    """
    found = list(listed)
    if base is Standing.NOT_COMPLIANT or any(one.decides and one.shown for one in found):
        return Standing.NOT_COMPLIANT
    wanting = any(one.decides or (one.weight is WhenOpen.BLOCK and one.state is State.UNKNOWN) for one in found)
    return Standing.CANNOT_TELL if wanting else base


def came_and_went(
    before: Iterable[Finding], after: Iterable[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What is open now and was not, or in another way; and what was open and is not any more."""
    then, now = ({one.name: one for one in side} for side in (before, after))
    came = tuple(one for name, one in now.items() if name not in then or _said(then[name]) != _said(one))
    return came, tuple(one for name, one in then.items() if name not in now)


def _said(one: Finding) -> tuple[object, ...]:
    return one.state, one.why, one.weight, one.since


def told(listed: Iterable[Finding]) -> tuple[tuple[str, ...], ...]:
    """What is worth telling: when this differs, the standing has changed."""
    return tuple(sorted((*one.name, str(one.state), str(one.weight)) for one in listed))
