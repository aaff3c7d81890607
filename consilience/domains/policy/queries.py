"""Policies in force."""

from __future__ import annotations

from consilience.domains.policy.models import Policy
from consilience.kit import canonical
from consilience.kit.records.models import AsOf


def rows_in_force(asof: AsOf) -> list[Policy]:
    return list(Policy.objects.as_of(asof).order_by("slug"))


def set_digest(asof: AsOf) -> str:
    """The digest of the set of policies in force: [[slug, record digest], ...] by slug."""
    return canonical.digest([[row.slug, row.digest] for row in rows_in_force(asof)])
