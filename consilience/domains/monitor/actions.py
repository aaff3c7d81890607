"""Logging a batch of predictions."""

from __future__ import annotations

from consilience.domains.access import queries as access
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor
from consilience.domains.monitor import rules
from consilience.domains.monitor.models import PredictionBatch
from consilience.kit.clock import Instant


def log_batch(*, actor: Actor, version: str, said: rules.Said, now: Instant) -> PredictionBatch:
    """Record the root over rows that stay where they are. The entry itself says root and count, so that it proves alone."""
    rules.check(said)
    with act(actor, verb="predictions.batch_logged", at=now) as opened:
        found = inventory.version(actor, version, opened.asof)
        access.ensure(actor, "predictions.log", found, opened.asof, what="model version", named=version)
        files = [opened.private(digest) for digest in said.files]
        body = rules.body(found.urn, said, files=files, secret=opened.private(said.secret))
        opened.note(model_version=found.urn, rows=said.rows, root=said.root)
        return opened.record(PredictionBatch, body=body)
