"""A requirement across the versions of its policy: since when it is asked, and what became of it since. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consilience.domains.policy.changes import TextChange, differences
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.kit.clock import Instant


@dataclass(frozen=True, slots=True)
class Edition:
    """A published version: its number, from when it is in force, and what it says."""

    number: int
    begins: Instant
    policy: Policy


@dataclass(frozen=True, slots=True)
class Chapter:
    """A version in which a requirement came, or was changed: `changes` are empty where it came."""

    edition: Edition
    changes: tuple[TextChange, ...]


def requirement_of(policy: Policy, name: str) -> Requirement | None:
    return next((one for one in policy.requirements if one.id == name), None)


def story(editions: Sequence[Edition], name: str) -> list[Chapter]:
    """The versions in which this requirement came or changed, the first first; it begins anew where it had gone."""
    found: list[Chapter] = []
    before: Policy | None = None
    for one in editions:
        if requirement_of(one.policy, name) is None:
            found = []
        elif not found:
            found = [Chapter(one, ())]
        else:
            changes = tuple(each for each in differences(before, one.policy) if each.requirement == name)
            found += [Chapter(one, changes)] if changes else []
        before = one.policy
    return found


def since(editions: Sequence[Edition], name: str) -> Instant | None:
    """Since when it is asked: from the version that brought it, or from its own date where that is later."""
    told = story(editions, name)
    if not told:
        return None
    asked = requirement_of(told[0].edition.policy, name)
    start = asked.effective.start if asked else None
    return max(told[0].edition.begins, start) if start else told[0].edition.begins
