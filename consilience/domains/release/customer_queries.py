"""What the figures of a release mean for the people whom it judges."""

from __future__ import annotations

from consilience.domains.evidence import queries as evidence
from consilience.domains.evidence.plain.meaning import Meaning
from consilience.domains.release import customers as composing
from consilience.domains.release.queries import ReleaseOf


def meaning(release: ReleaseOf, language: str) -> Meaning:
    """The words of a language that somebody stated of the version, else of the system, else neutral ones."""
    return evidence.wording([release.version.urn, release.system.urn], language, release.asof)


def customers(release: ReleaseOf, language: str) -> composing.Customers:
    """What it means for everybody and for each customer group, from the newest evidence about this version."""
    about = [one.row for one in release.evidence if one.row.subject == release.version.urn]
    newest = sorted(about, key=lambda row: (row.position, row.ordinal), reverse=True)
    overall, by_group = (
        [row.body["fields"] for row in newest if row.kind == kind] for kind in (composing.OVERALL, composing.BY_GROUP)
    )
    return composing.customers(overall, by_group, meaning(release, language), language)
