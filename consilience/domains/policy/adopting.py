"""Adopting a starter set: what of it the library has already, so that nothing is proposed twice in silence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from consilience.domains.policy import queries
from consilience.domains.policy.starter_sets import StarterSet
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf

_SLUG = re.compile(r"^policy: *([a-z0-9-]+)", re.MULTILINE)


class Held(StrEnum):
    """What the library has under a policy's name."""

    ABSENT = "absent"
    PROPOSED = "proposed"
    PUBLISHED = "published"


@dataclass(frozen=True)
class State:
    """A policy of a set in this workspace.

    `same` says whether what is held is the set's text, byte for byte; `in_force` is false where a published version begins
    later; `urn` is the proposal's where it is proposed.
    `proposed_now` and `problem` are what came of proposing it: done, or why it could not be.
    """

    name: str
    slug: str
    held: Held
    same: bool = False
    version: int | None = None
    in_force: bool = False
    urn: str | None = None
    proposed_now: bool = False
    problem: str = ""


def states(of: StarterSet, asof: AsOf) -> list[State]:
    """Every policy of a set, in its order; what is published counts before what is proposed."""
    published = {row.slug: row for row in queries.library(asof)}
    proposed = {row.slug: row for row in reversed(queries.open_proposals(asof))}
    in_force = {row.slug for row in queries.rows_in_force(asof)}
    found: list[State] = []
    for name, text in of.policies.items():
        slug = slug_of(text)
        if slug in published:
            row = published[slug]
            found.append(State(name, slug, Held.PUBLISHED, row.body["text"] == text, row.version, slug in in_force))
        elif slug in proposed:
            draft = proposed[slug]
            found.append(State(name, slug, Held.PROPOSED, draft.body["text"] == text, urn=draft.urn))
        else:
            found.append(State(name, slug, Held.ABSENT))
    return found


def slug_of(text: str) -> str:
    """The name in addresses of a shipped policy: its file says it on a line of its own."""
    found = _SLUG.search(text)
    if found is None:
        raise BadInput("policy", "has no name")
    return found.group(1)
