"""The frame around every page: navigation, and who is here. A context processor; worked out only when it is drawn."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.gate import notices
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor, read_checkpoint
from consilience.domains.people import queries as people
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces.session import actor_of
from consilience.surfaces.web import words

_GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]], ...] = (
    ("", (
        ("home", "My decisions", "inbox", ("/decisions", "/conditions", "/objections", "/blocks")),
        ("notices", "Notices", "bell", ("/notices",)),
        ("systems", "Systems", "cube", ("/systems", "/releases")),
        ("standings", "Live releases", "flag", ("/live", "/waivers")),
        ("models", "Models", "shield", ("/models", "/versions")),
        ("datasets", "Datasets", "database", ("/datasets",)),
        ("predictions", "Predictions", "chain", ("/predictions",)),
    )),
    ("Govern", (
        ("policies", "Policy library", "book", ("/policies",)),
        ("obligations", "Obligations", "scale", ("/obligations",)),
        ("people", "People", "users", ("/people", "/delegations")),
    )),
    ("Account for", (
        ("ledger", "Record", "lock", ("/ledger",)),
        ("erasure", "Erasure", "ban", ("/erasure",)),
        ("keys", "Your keys", "key", ("/keys",)),
    )),
)  # fmt: skip


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    actor: Actor | None = getattr(request, "actor", None) or actor_of(request)
    if actor is None:
        return {"home_url": "/", "nav": [], "me": None}
    asof = ledger.present(now())
    counts = {"home": getattr(request, "waiting", None), "notices": notices.unread(actor, asof)}
    sees_record = access.can(actor, "ledger.read", WORKSPACE, asof) is None
    nav = []
    for title, items in _GROUPS:
        listed = [
            {
                "label": _(label),
                "url": reverse(name),
                "icon": icon,
                "current": request.path == reverse(name) or request.path.startswith(places),
                "count": counts.get(name),
                "hot": name in counts,
            }
            for name, label, icon, places in items
            if name not in ("ledger", "erasure") or sees_record
        ]
        if listed:
            nav.append({"title": _(title) if title else "", "items": listed})
    known: dict[str, str] = getattr(request, "known_names", {})
    return {
        "home_url": reverse("home"),
        "nav": nav,
        "me": _me(actor, asof, known.get(actor.urn)),
        "head": SimpleLazyObject(_head) if sees_record else None,  # asked only by pages that print it
    }


def _head() -> dict[str, str]:
    """The newest head of the record as a later check is held against it: `SIZE:ROOT`, and when its last entry was written."""
    said = read_checkpoint(ledger.checkpoint().partition("\n\n")[0] + "\n")
    return {"line": f"{said.size}:{said.root.hex()}", "at": ledger.entry(said.size - 1).at}


def _me(actor: Actor, asof: AsOf, name: str | None) -> dict[str, Any]:
    titles = people.functions(asof)
    holds = people.functions_of(actor.urn, asof)
    held = [code for code in titles if code in holds]
    return {
        "name": name or people.names([actor.urn]).get(actor.urn, ""),
        "note": words.and_list([titles[code] for code in held]) or _("no function"),
        "function": held[0] if held else "",
        "url": reverse("account_change_password"),
        "logout_url": reverse("account_logout"),
    }
