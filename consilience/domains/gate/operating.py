"""Which version a system runs on now: what a new one has to be better than."""

from __future__ import annotations

from typing import Any

from consilience.domains.gate.standing_queries import portfolio
from consilience.domains.inventory import queries as inventory
from consilience.domains.release.queries import ReleaseOf
from consilience.domains.release.rules import Stage


def facts(release: ReleaseOf) -> dict[str, Any]:
    """The fact `operation`: the live release in the same system that went to operation last, of another version.

    `in_use` is false where there is none; then the rest is unknown.
    """
    return {"operation": release.once(_operation)}


def _operation(release: ReleaseOf) -> dict[str, Any]:
    found = portfolio(release.asof, [release.system.urn]).live.values()
    others = [one for one in found if one.stage is Stage.OPERATION and one.model_version != release.version.urn]
    if not others:
        return {"in_use": False}
    last = max(others, key=lambda one: (one.at, one.decision))
    version = inventory.version_by_urn(last.model_version, release.asof)
    return {
        "in_use": True,
        "model_version": version.urn,
        "reference": version.reference,
        "artefact": version.row.body["artefact"]["digest"],
        "since": last.at,
    }
