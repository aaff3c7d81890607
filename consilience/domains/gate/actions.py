"""Deciding: the gate's answer, recorded with everything it was drawn from."""

from __future__ import annotations

from consilience.domains.access import queries as access
from consilience.domains.content import actions as content
from consilience.domains.gate import queries
from consilience.domains.gate.models import Decision
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy.language.expression import LANGUAGES
from consilience.domains.policy.language.types import schema_to_json
from consilience.domains.release import queries as releases
from consilience.kit import canonical
from consilience.kit.clock import Instant


def decide(*, actor: Actor, system: str, version: str, stage: str, now: Instant) -> Decision:
    """Ask the gate and record its answer: facts, policies, schema and result, each by digest."""
    with act(actor, verb="gate.decided", at=now) as opened:
        release = releases.release(actor, system, version, stage, opened.asof)
        access.ensure(actor, "gate.decide", release, opened.asof)
        found = queries.assess_release(release)
        for one in found.policies:
            content.put(canonical.encode(schema_to_json(one.loaded.schema)), now=opened.at)
        blobs = {**found.inputs(), "result": found.result(), "explanation": found.explanation()}
        body = {
            "release": release.urn,
            "system": release.system.urn,
            "stage": release.row.stage,
            "valid_at": opened.asof.valid_at,
            "known_at": opened.asof.known_at,
            "language": max((one.loaded.language for one in found.policies), default=LANGUAGES[0]),
            "dossier": release.dossier.whole,
            "allowed": found.verdict.allowed,
            "ground": str(found.verdict.ground),
            "exit_code": int(found.verdict.exit_code),
            "unmet": list(found.verdict.unmet),
            **{name: content.put(data, now=opened.at) for name, data in blobs.items()},
        }
        opened.note(
            release=release.reference,
            stage=release.row.stage,
            allowed=found.verdict.allowed,
            ground=str(found.verdict.ground),
        )
        return opened.record(Decision, body=body)
