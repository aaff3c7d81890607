"""Storing what witnesses signed about a head, however it came: by the network or by file."""

from __future__ import annotations

from consilience.domains.ledger import notes
from consilience.domains.witness import cosignatures, queries
from consilience.domains.witness.models import Cosignature


def keep(note: notes.Note, size: int) -> list[Cosignature]:
    """Store what the policy's witnesses signed in this note; BadInput where one of their lines does not hold."""
    policy = queries.policy()
    kept = []
    for witness in policy.witnesses if policy else ():
        found = cosignatures.latest(note, cosignatures.read_key(witness.key))
        if found is not None:
            said = {"at_s": found[0], "line": found[1]}
            kept.append(Cosignature.objects.update_or_create(size=size, key=witness.key, defaults=said)[0])
    return kept
