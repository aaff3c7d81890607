"""Trying a rule before it is anybody's: what a draft would say of the releases there are. Nothing is recorded."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from consilience.domains.gate import waivers
from consilience.domains.gate.facts import facts as collected
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy import queries as policy
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.scope import Bound
from consilience.domains.release import queries as releases
from consilience.domains.release.queries import ReleaseOf, system_facts
from consilience.kit.errors import CannotTell, NotFound
from consilience.kit.records.models import AsOf

logger = logging.getLogger("consilience.gate")
MOST_RELEASES = 25


@dataclass(frozen=True)
class Tried:
    """What the requirements of a draft come to for one release."""

    release: ReleaseOf
    outcomes: tuple[Outcome, ...]


def tried(actor: Actor, text: str, asof: AsOf, *, most: int = MOST_RELEASES) -> list[Tried]:
    """What a draft's requirements say of the releases that this person may know of, the newest first, `most` of them.

    BadInput when the draft does not load.
    """
    loaded, schema = policy.draft(text, asof).loaded, policy.schema(asof)
    made: list[Tried] = []
    for row in releases.releases(actor, asof):
        if len(made) == most:
            break
        try:
            release = releases.read(row, asof)
        except NotFound:  # its version was withdrawn: the proposal leads nowhere
            continue
        if not loaded.scope.covers(Bound.of(system_facts(release.system))):
            continue
        try:
            facts = collected(release)
        except CannotTell as error:  # something that this one rests on is gone; the others are tried
            logger.warning("release %s is not tried: %s", release.reference, error)
            continue
        outcomes = waivers.applied(policy.outcomes([loaded], facts, schema, asof.valid_at), [loaded], facts)
        made.append(Tried(release, tuple(outcomes)))
    return made
