"""One panel beside every act that somebody may have to prove: its entry, the head over it, and how to check both elsewhere."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.ledger import queries, rules
from consilience.domains.ledger.rules import Actor, LedgerUnavailable
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.records.models import AsOf

Shown = dict[str, Any]


def of(actor: Actor, position: int, asof: AsOf, *, system: str = "") -> Shown:
    """What `parts/proof_panel.html` shows of an entry. `system` (a slug) names whose archive tells the whole story.

    Whoever may not read the record sees where the act stands and that it holds, and nothing to download.
    """
    shown: Shown = {"position": position, "system": system, "holds": False, "size": None, "root": "", "may_read": False}
    shown |= {
        "about_url": reverse("ledger_proves"),
        "bytes": f"entry-{position}.json",
        "file": f"entry-{position}.tlog-proof",
    }
    try:
        found, key = queries.proof(position), queries.log_key()
        head = rules.opened(found.note, key)
        shown |= {"holds": found.holds(key), "size": head.size, "root": head.root.hex(), "log_key": key}
    except (BadInput, NotFound, LedgerUnavailable):
        return shown
    if access.can(actor, "ledger.read", WORKSPACE, asof) is None:
        shown |= {
            "may_read": True,
            "url": reverse("ledger_entry", args=[position]),
            "statement_url": reverse("ledger_statement", args=[position]),
            "proof_url": reverse("ledger_proof", args=[position]),
            "archives_url": reverse("archives"),
        }
    return shown
