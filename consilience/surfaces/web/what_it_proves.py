"""One honest page: what the record proves, what it does not, and how that stands in this workspace today."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.ledger import queries, rules
from consilience.domains.ledger.rules import Actor
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.kit.records.registry import by_noun
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.shared import OWN, page

Shown = dict[str, Any]
LAST = 1_000
"""Acts that are read to say how they were authenticated: reading all would take longer than a page may."""
SIGNED = frozenset({"passkey", "ssh", "robot_key"})
"""Ways to be known that leave a signature which holds without this server."""


@page(action=OWN)
def shown(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """In plain words for everybody; the state of the workspace for those who may read the record."""
    reads = access.can(actor, "ledger.read", WORKSPACE, asof) is None
    context = {
        "state": _state(asof) if reads else None,
        "keys_url": _there("/keys"),
        "witnesses_url": _there("/ledger/witnesses"),
        "ledger_url": reverse("ledger") if reads else "",
        "verify_url": reverse("verify"),
        "archives_url": reverse("archives") if reads else "",
        "checkpoint_url": reverse("checkpoint") if reads else "",
    }
    return render(request, "consilience/what_it_proves.html", context)


def _state(asof: AsOf) -> Shown:
    key = queries.log_key()
    try:
        head: rules.Checkpoint | None = rules.opened(queries.checkpoint(), key)
    except BadInput:
        head = None
    ways = _ways(asof)
    total = sum(ways.values())
    return {
        "entries": asof.known_at,
        "head": f"{head.size}:{head.root.hex()}" if head else "",
        "outside": _outside(key, head),
        "witnessed": _in_force("witness-policy", asof),
        "keys": _in_force("key", asof),
        "erasures": _in_force("erasure", asof),
        "epochs": _in_force("epoch", asof),
        "published": settings.PUBLISH_LOG,
        "looked": total,
        "signed": sum(ways[way] for way in SIGNED),
        "ways": [
            {"label": sentences.word(words.AUTHENTICATED, way), "count": count, "signed": way in SIGNED}
            for way, count in ways.most_common()
        ],
    }


def _ways(asof: AsOf) -> Counter[str]:
    """How whoever did the last acts was known."""
    rows = queries.entries().filter(position__lt=asof.known_at)[:LAST]
    return Counter(rules.read(bytes(row.exact)).authenticated_by for row in rows.iterator(chunk_size=LAST))


def _in_force(noun: str, asof: AsOf) -> int:
    """How many records of a noun are in force; none where this version has no such noun."""
    model = by_noun().get(noun)
    return model._default_manager.as_of(asof).count() if model is not None else 0


def _outside(key: str, head: rules.Checkpoint | None) -> bool:
    """Whether the head that is left outside the database is the newest one."""
    try:
        left = rules.opened(Path(settings.CHECKPOINT_FILE).read_text(encoding="utf-8"), key)
    except (OSError, UnicodeDecodeError, BadInput):
        return False
    return head is not None and left.size >= head.size


def _there(address: str) -> str:
    """The address, where something answers there."""
    try:
        resolve(address)
    except Resolver404:
        return ""
    return address
