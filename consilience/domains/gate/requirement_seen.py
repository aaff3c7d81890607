"""What one requirement says of each release that is live now, or was proposed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.gate import standing_queries
from consilience.domains.gate.queries import assess_release
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy.outcome import Outcome
from consilience.domains.release import queries as releases
from consilience.domains.release.queries import ReleaseOf
from consilience.kit.errors import CannotTell
from consilience.kit.records.models import AsOf

logger = logging.getLogger("consilience.gate")
MOST = 25
"""As many releases as are looked at for one page."""


@dataclass(frozen=True)
class Seen:
    """A live release, and what the requirement comes to there."""

    release: ReleaseOf
    outcome: Outcome
    facts: Mapping[str, Any]
    """What it was asked of."""


def seen(actor: Actor, policy: str, requirement: str, asof: AsOf, *, most: int = MOST) -> list[Seen]:
    """The live releases that the actor may know of and that the requirement is asked of, `most` of them."""
    made: list[Seen] = []
    for row in standing_queries.live_rows(actor, asof):
        if len(made) == most:
            break
        release = releases.readable(row, asof)
        if release is None:
            continue
        try:
            assessed = assess_release(release)
        except CannotTell as error:  # something that this one rests on is gone; the others are shown
            logger.warning("release %s is not shown: %s", release.reference, error)
            continue
        for one in assessed.outcomes:
            if (one.policy, one.requirement) == (policy, requirement):
                made.append(Seen(release, one, assessed.facts))
    return made
