"""Drift against the reference that is stored for a version: no reference rows are read, and no edges are learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consilience.domains.evidence.compute import DriftOf, drift_sides, record_drift
from consilience.domains.evidence.computing.profiles import stored
from consilience.domains.evidence.held import held_file, same_bytes, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import Grade
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import Refused, refusal
from consilience.measure import references
from consilience.measure.states import stored as on_stored
from consilience.measure.states.profile import Profile


def from_data(
    *, actor: Actor, version: str, dataset: str, columns: Sequence[str], without: Sequence[str], method: str, now: Instant
) -> list[Evidence]:  # fmt: skip
    """Count a held dataset on the stored edges: "recomputed from data"."""
    of, data = version_and_data(actor, version, dataset, now)
    row, reference = stored(of, now)
    with held_file(data) as path:
        sides = references.to_send(path, reference, columns=columns or None, without=without)
    return record_drift(actor, of, data, _of(row, *sides), Grade.RECOMPUTED_FROM_DATA, method, now)


def from_profiles(
    *, actor: Actor, version: str, dataset: str, data_digest: str, reference_profile: str, profiles: Mapping[str, Any],
    method: str, now: Instant,
) -> list[Evidence]:  # fmt: skip
    """Recompute drift from counts of a client: "recomputed from states".

    Refused where the client counted other bytes, or on the edges of another reference than the stored one, which
    `reference_profile` names by its digest. BadInput where what was sent does not lie on exactly these edges.
    """
    of, data = version_and_data(actor, version, dataset, now)
    same_bytes(data, data_digest)
    row, reference = stored(of, now)
    known = row.body["fields"]["profile"]
    if reference_profile != known:
        raise Refused(
            refusal("other_reference", version=of.reference, seen=reference_profile[:12], digest=known[:12])
        )  # fmt: skip
    then, current = drift_sides(profiles)
    on_stored.check_on(reference, then, current)
    return record_drift(actor, of, data, _of(row, then, current), Grade.RECOMPUTED_FROM_STATES, method, now)


def _of(row: Evidence, then: Profile, current: Profile) -> DriftOf:
    known = row.body["fields"]["profile"]
    return DriftOf(str(row.dataset), then, current, {"stored_reference": known}, known)
