"""What a change does: two sets of outcomes over the facts of one release, held against each other. Pure.

The change may be another policy, a requirement that comes into force, a fact, or nothing but time that passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from consilience.domains.gate.rules import PASSES, Verdict
from consilience.domains.policy.language.types import ListType, Schema, StructType, Type
from consilience.domains.policy.outcome import Code, Outcome, Severity
from consilience.kit.canonical import Json

MOST_STEPS = 3
"""As many steps of an explanation as are told; the whole trace is in the decision."""
_INDEX = re.compile(r"\[\d+\]")
_IDENTITIES = (("method", "dataset", "about_this_version"), ("function", "person"), ("urn", "id"))
"""What tells items of a list apart: evidence by what it measured, verdicts by who gave them, all else by name."""
_NAMES = ("function", "title", "reference", "slug", "name", "method")
"""Fields by which people name an item, the best first."""
_PARTICULARS = ("urn", "recorded_at", "signed_at")
"""Fields that differ between any two records of one thing."""
_PASSING = ("now",)
"""Facts that differ whenever time has passed, so that their difference explains nothing by itself."""


class Nature(StrEnum):
    """How much a changed outcome means."""

    FLIP = "flip"
    """The requirement really comes out otherwise."""
    LACKING = "lacking"
    """It asks for something that the stored facts could not hold, since nobody recorded it then."""
    QUIET = "quiet"
    """It came or went, and was met: nobody has to act."""


@dataclass(frozen=True)
class Step:
    """A step that decided: the rule's words, and the facts it looked at, as (path or words, value)."""

    rule: str
    seen: tuple[tuple[str, Json], ...]


@dataclass(frozen=True)
class Changed:
    """A requirement that comes out otherwise; None is a requirement that was or is not asked."""

    nature: Nature
    before: Outcome | None
    after: Outcome | None

    @property
    def outcome(self) -> Outcome:
        """The later one, for all that both share: policy, requirement, owner."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a changed requirement was asked before or is asked after")
        return found

    @property
    def name(self) -> str:
        return f"{self.outcome.policy}/{self.outcome.requirement}"

    @property
    def worse(self) -> bool:
        """Whether it was met, or not asked, and is not met now."""
        return _met(self.before) and not _met(self.after)

    @property
    def decides(self) -> bool:
        """Whether it can open or shut the gate on either side."""
        return any(one is not None and one.severity is Severity.BLOCK for one in (self.before, self.after))


@dataclass(frozen=True)
class Effect:
    """What becomes of one decision or release."""

    before: Verdict
    after: Verdict
    changed: tuple[Changed, ...]

    def of(self, nature: Nature) -> tuple[Changed, ...]:
        return tuple(one for one in self.changed if one.nature is nature)

    @property
    def flips(self) -> bool:
        """Whether something really comes out otherwise, be it a single requirement."""
        return bool(self.of(Nature.FLIP))

    @property
    def verdict_flips(self) -> bool:
        return self.before.allowed != self.after.allowed

    @property
    def only_lacking(self) -> bool:
        return not self.flips and bool(self.of(Nature.LACKING))


def effect(
    before: tuple[Sequence[Outcome], Verdict], after: tuple[Sequence[Outcome], Verdict], lacks: Callable[[str], bool]
) -> Effect:
    """What differs between two answers; `lacks` says of a fact's path that the facts had no place for it."""
    old = {(one.policy, one.requirement): one for one in before[0]}
    new = {(one.policy, one.requirement): one for one in after[0]}
    changed = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is None or now is None or differ(was, now):
            changed.append(Changed(_nature(was, now, lacks), was, now))
    return Effect(before[1], after[1], tuple(changed))


def differ(was: Outcome, now: Outcome) -> bool:
    """Whether a requirement comes out otherwise: its answer, or whether that decides."""
    return was.code is not now.code or was.severity is not now.severity


def _nature(before: Outcome | None, after: Outcome | None, lacks: Callable[[str], bool]) -> Nature:
    if after is not None and after.code is Code.NO_EVIDENCE and any(lacks(one["path"]) for one in after.reasons):
        return Nature.LACKING
    if before is not None and after is not None:
        return Nature.FLIP
    return Nature.QUIET if _met(before) and _met(after) else Nature.FLIP


def _met(one: Outcome | None) -> bool:
    """A requirement that is not asked is not in anybody's way."""
    return one is None or one.code in PASSES


# Which facts a schema has a place for


def widest(schemas: Iterable[Schema]) -> Schema | None:
    """The schema among these that extends all others; None where two grew apart."""
    listed = list(schemas)
    return next((one for one in listed if all(one.extends(other) for other in listed)), None)


def lacking_in(then: Schema, now: Schema) -> Callable[[str], bool]:
    """Whether a fact's path has a place in today's schema and had none in the one that was stored."""
    if then.digest == now.digest:
        return lambda _path: False
    return lambda path: _has_place(now.root, path) and not _has_place(then.root, path)


def _has_place(root: Type, path: str) -> bool:
    kind: Type = root
    for name in _INDEX.sub("", path).split("."):
        while isinstance(kind, ListType):
            kind = kind.item
        if not isinstance(kind, StructType) or name not in kind.fields:
            return False
        kind = kind.fields[name]
    return True


# Why


def steps(outcome: Outcome | None) -> tuple[Step, ...]:
    """The steps that decided an outcome, the bounds among them: what failed, or what held."""
    if outcome is None:
        return ()
    rule = outcome.trace.get("satisfied_if") or outcome.trace.get("applies_if")
    wanted = {Code.UNSATISFIED: "false", Code.NO_EVIDENCE: "unknown", Code.ERROR: "error"}.get(outcome.code, "true")
    found: list[Step] = []
    for step in _leaves(rule):
        told = Step(step["text"], tuple((one.get("path", one["text"]), one["value"]) for one in step["seen"]))
        if step["result"] == wanted and told not in found:
            found.append(told)
    return tuple(found[:MOST_STEPS])


def _leaves(trace: Json) -> Iterator[Json]:
    """The steps of a trace that looked at facts, those that explain another first."""
    if not isinstance(trace, Mapping):
        return
    because = trace.get("because")
    for inner in because if isinstance(because, list) else [because]:
        yield from _leaves(inner)
    for case in trace.get("cases", ()):
        yield from _leaves(case["because"])
    if trace.get("seen"):
        yield trace


def missing(outcome: Outcome | None) -> tuple[str, ...]:
    """The facts for want of which there is no evidence."""
    return () if outcome is None else tuple(dict.fromkeys(str(one["path"]) for one in outcome.reasons))


@dataclass(frozen=True)
class FactChange:
    """A fact that is no longer what it was; None is a fact that was or is not there."""

    path: str
    before: Json
    after: Json
    about: str = ""
    """The name of the item of a list that it belongs to: a function, a method, a title; empty where it has none."""


def fact_changes(before: Json, after: Json, about: Iterable[str]) -> list[FactChange]:
    """The facts under these paths (`training_datasets`, `evidence.load_test`) that differ.

    Items of lists are recognised by what they are about, so that one that came or went moves no other, and a newer
    record of evidence is held against the one whose place it took.
    """
    found: list[FactChange] = []
    for path in dict.fromkeys(about):
        if path not in _PASSING:
            found += _differing(path, _at(before, path), _at(after, path))
    return found


def _at(document: Json, path: str) -> Json:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _differing(path: str, before: Json, after: Json) -> Iterator[FactChange]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            if name not in _PARTICULARS:
                yield from _differing(f"{path}.{name}", before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and _records(before) and _records(after):
        old, new = _by_identity(before), _by_identity(after)
        for name in dict.fromkeys([*old, *new]):
            at = new[name][0] if name in new else old[name][0]
            items = [side[name][1] if name in side else None for side in (old, new)]
            about = _named(items[1] or items[0])
            for one in _differing(f"{path}[{at}]", *items):
                yield one if one.about else replace(one, about=about)
    else:
        yield FactChange(path, before, after)


def _named(item: Json) -> str:
    """What people call an item."""
    said = (item.get(field) for field in _NAMES) if isinstance(item, Mapping) else ()
    return next((one for one in said if isinstance(one, str)), "")


def _records(items: Sequence[Json]) -> bool:
    return all(isinstance(item, Mapping) and any(name in item for name in _IDENTITIES[-1]) for item in items)


def _by_identity(items: Sequence[Mapping[str, Json]]) -> dict[tuple[Json, ...], tuple[int, Json]]:
    """Items by the first identity that tells them all apart; what an item has no such field for is None."""
    for fields in _IDENTITIES:
        found = {tuple(str(item.get(name)) for name in fields): (at, item) for at, item in enumerate(items)}
        if len(found) == len(items) and all(name in item for item in items for name in fields[:1]):
            return found
    return {(at,): (at, item) for at, item in enumerate(items)}
