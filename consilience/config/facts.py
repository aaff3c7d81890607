"""Who provides facts to the gate. A new room that decisions should know of adds its line here."""

from __future__ import annotations

from consilience.domains.gate import operating, tiering
from consilience.domains.release import queries as release
from consilience.domains.review import queries as review
from consilience.domains.review import waiver_queries as waivers

PROVIDERS = (release.facts, tiering.facts, operating.facts, review.facts, waivers.facts)
