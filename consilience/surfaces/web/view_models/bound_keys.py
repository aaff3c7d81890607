"""Keys as pages show them: what each is, since when it counts, when it signed last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.keys import queries
from consilience.domains.keys.models import Key
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf

Shown = dict[str, Any]


def keys_of(holder: str, asof: AsOf, *, may_revoke: bool) -> list[Shown]:
    """Every key that was ever bound to this person or robot, those in force first."""
    rows = queries.ever_of(holder, asof)
    texts = commitments.opened(row.body["label"] for row in rows)
    bound, used = queries.bindings([row.urn for row in rows]), queries.last_used(holder, asof)
    made = []
    for row in rows:
        first, state = bound[row.urn], queries.state(row, asof)
        made.append({
            "label": texts.get(row.body["label"]["commitment"], "") or _("A key without a name"),
            "kind": kind_in_words(row),
            "note": note(row),
            "fingerprint": row.fingerprint,
            "bound_at": first.valid_from,
            "bound_by": first.position,
            "bound_url": reverse("ledger_entry", args=[first.position]),
            "used_at": used.get(row.urn),
            "state": state,
            "ended_at": row.valid_from if row.withdrawn else row.body["until"],
            "revoke_url": reverse("key_revoke", args=[row.urn]) if may_revoke and state == "active" else "",
        })  # fmt: skip
    return sorted(made, key=lambda one: str(one["state"]) != "active")


def kind_in_words(row: Key) -> str:
    """What kind of key it is, and whether it can leave its device."""
    if row.kind == KeyKind.SSH:
        return _("SSH key on a security key") if row.body["algorithm"].startswith("sk-") else _("SSH key")
    if row.kind == KeyKind.ED25519:
        return _("Key of a robot")
    return _("Synced passkey") if row.body["webauthn"].get("backup_eligible") else _("Passkey of one device")


def note(row: Key) -> str:
    """What follows from its kind, for somebody who has to choose."""
    if row.kind != KeyKind.PASSKEY:
        return ""
    said = row.body["webauthn"]
    if said.get("backup_eligible"):
        return _("It can be on every device of the account that keeps it. Made for %(site)s.") % {"site": said["rp_id"]}
    return _("It cannot leave its device. Made for %(site)s.") % {"site": said["rp_id"]}


def choices(rows: Sequence[Key]) -> list[Shown]:
    """Passkeys to choose from when signing."""
    texts = commitments.opened(row.body["label"] for row in rows)
    return [
        {
            "urn": row.urn,
            "label": texts.get(row.body["label"]["commitment"], "") or row.fingerprint[:12],
            "synced": bool(row.body["webauthn"].get("backup_eligible")),
            "credential": row.body["webauthn"]["credential_id"],
            "transports": ",".join(row.body["webauthn"].get("transports") or ()),
        }
        for row in rows
    ]
