"""Evidence of what data hold: the one reference profile of a version, and profiles of any data, counted here or by a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.content import actions as content
from consilience.domains.content import queries as content_queries
from consilience.domains.evidence import queries
from consilience.domains.evidence.actions import Said, Subject, record_computed, store_reference
from consilience.domains.evidence.held import held_file, same_bytes, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import REFERENCE, Grade
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import Refused, refusal
from consilience.measure import profiling_evidence, references
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.states import profile_wire
from consilience.measure.states.profile import Profile

KIND = "data_profile"
METHODS = {REFERENCE: "learned", KIND: "counted"}
FILE = "profile.json"


def from_data(
    *, actor: Actor, version: str, dataset: str, kind: str, columns: Sequence[str] = (), without: Sequence[str] = (),
    reason: str | None = None, now: Instant,
) -> list[Evidence]:  # fmt: skip
    """Profile a held dataset: "recomputed from data". What is kept is what may travel. `reason` is for another reference."""
    of, data = version_and_data(actor, version, dataset, now)
    with held_file(data) as path:
        counted = references.to_keep(path, columns=columns or None, without=without)
    return _record(actor, of, data, kind, counted, USUAL_MINIMUM, Grade.RECOMPUTED_FROM_DATA, reason, now)


def from_profile(
    *, actor: Actor, version: str, dataset: str, kind: str, data_digest: str, profile: Mapping[str, Any],
    minimum_group: int, reason: str | None = None, now: Instant,
) -> list[Evidence]:  # fmt: skip
    """Record a profile that a client counted where the data lie: "recomputed from states"."""
    of, data = version_and_data(actor, version, dataset, now)
    same_bytes(data, data_digest)
    counted = profile_wire.from_json(dict(profile))
    profiling_evidence.check(counted, minimum=minimum_group)
    return _record(actor, of, data, kind, counted, minimum_group, Grade.RECOMPUTED_FROM_STATES, reason, now)


def stored(of: inventory.VersionOf, now: Instant) -> tuple[Evidence, Profile]:
    """The reference that is stored for a version, read and hashed again. Refused where there is none."""
    row = queries.stored_reference(of.urn, ledger.present(now))
    if row is None:
        raise Refused(refusal("reference_missing", version=of.reference))
    return row, profile_wire.decode(content_queries.read(row.body["fields"]["profile"]))


def record_of(actor: Actor, version: str, now: Instant) -> Evidence | None:
    """The record of a version's reference, for whoever may read its evidence; None where none is stored."""
    asof = ledger.present(now)
    of = inventory.version(actor, version, asof)
    access.ensure(actor, "evidence.read", of, asof, named=version)
    return queries.stored_reference(of.urn, asof)


def _record(
    actor: Actor,
    of: inventory.VersionOf,
    data: inventory.DataVersionOf,
    kind: str,
    profile: Profile,
    minimum: int,
    grade: Grade,
    reason: str | None,
    now: Instant,
) -> list[Evidence]:
    kept = content.put(profile_wire.encode(profile), now=now)
    fields = profiling_evidence.fields(profile, minimum=minimum)
    said = Said(kind, METHODS[kind], fields, dataset=data.urn, files=[(FILE, kept)])
    inputs = {"dataset": data.row.body["digest"], "profile": kept}
    subject = Subject(of.urn, of)
    if kind != REFERENCE:
        return record_computed(actor=actor, subject=subject, said=[said], grade=grade, inputs=inputs, now=now)
    return [
        store_reference(
            actor=actor, subject=subject, version=of.reference, said=said, grade=grade, inputs=inputs, reason=reason, now=now
        )
    ]  # fmt: skip
