"""The ways in which somebody can sign on a page, the strongest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.keys import queries
from consilience.domains.keys.models import OneTime
from consilience.domains.ledger.rules import Actor
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.passkey_site import site_of
from consilience.surfaces.web.view_models import bound_keys

TOTP, SESSION = "totp", "session"
CODE_FIELD = {"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}
_ONE_DEVICE = gettext_lazy("Passkey “%(label)s”, of one device")
_SYNCED = gettext_lazy("Passkey “%(label)s”, synced between devices")


@dataclass(frozen=True)
class Ways:
    """What a form offers: passkeys that this site can use, one-time codes where they are set up, and the session."""

    passkeys: dict[str, Any]
    """By key URN, what the script needs: label, credential, transports, rp_id."""
    choices: list[tuple[str, str]]
    onetime: bool

    @property
    def chosen(self) -> bool:
        return len(self.choices) > 1

    @property
    def keys_url(self) -> str:
        return reverse("keys")


def ways_of(request: HttpRequest, actor: Actor, asof: AsOf) -> Ways:
    site = site_of(request)
    rows = queries.passkeys_at(actor.urn, site, asof) if site else []
    found = bound_keys.choices(rows)
    passkeys = {
        one["urn"]: {
            "label": one["label"], "credential": one["credential"], "transports": one["transports"],
            "rp_id": site.rp_id if site else "",
        }
        for one in found
    }  # fmt: skip
    choices = [(one["urn"], (_SYNCED if one["synced"] else _ONE_DEVICE) % one) for one in found]
    onetime = OneTime.objects.filter(person=actor.urn).exists()
    if onetime:
        choices.append((TOTP, _("Password and one-time code: weaker, no signature")))
    choices.append((SESSION, _("Not signed: known by the log-in alone")))
    return Ways(passkeys, choices, onetime)
