"""The record: every act, newest first; one entry with its proof; the signed checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import proofs, queries, rules, search
from consilience.domains.ledger.models import Entry
from consilience.domains.ledger.rules import Actor
from consilience.domains.ledger.signing.known import of_entry
from consilience.domains.people import queries as people
from consilience.domains.witness import queries as witness
from consilience.kit import canonical
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.naming import is_urn, noun_of
from consilience.kit.records.models import AsOf
from consilience.kit.records.registry import by_noun, record_models
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.shared import PAGE, asked, day, page
from consilience.surfaces.web.view_models import about_system, activity, proof_panel

Shown = dict[str, Any]
MOST_SUBJECTS = 3
MOST_BODIES = 20
"""Records of one entry that are shown whole; the others by their digests."""
MOST_OF_A_BODY = 20_000
"""Characters."""


FILTERS = ("verb", "actor", "system", "object", "since", "until")


@page(action="ledger.read")
def entries(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """The entries that fit the filter. A page is found by position, so the millionth costs what the first does."""
    access.ensure(actor, "ledger.read", WORKSPACE, asof)
    wanted_entry = _number(asked(request, "entry"))
    if wanted_entry is not None and wanted_entry < asof.known_at:
        return redirect("ledger_entry", wanted_entry)
    said = {name: asked(request, name) for name in FILTERS}
    before = _number(asked(request, "before"))
    listed, problem = _found(actor, said, before, asof)
    context = {
        "checkpoint": _checkpoint(),
        "witnesses_url": reverse("witnesses"),
        "filter": {
            **said,
            "entry": asked(request, "entry"),
            "problem": problem or (_("There is no such entry yet.") if asked(request, "entry") else ""),
            "verbs": [{"value": verb, "label": str(label).capitalize()} for verb, label in sorted(words.ACTS.items())],
            "systems": [{"value": row.slug, "label": row.body["name"]} for row in inventory.systems(actor, asof)],
            "active": any(said.values()),
            "clear_url": reverse("ledger"),
        },
        "entries": _shown(listed[:PAGE]),
        "paging": _paging(request, listed, before),
        "proves_url": reverse("ledger_proves"),
        "archives_url": reverse("archives"),
    }
    return render(request, "consilience/ledger.html", context)


def _found(actor: Actor, said: Mapping[str, str], before: int | None, asof: AsOf) -> tuple[list[Entry], str]:
    """The entries of a page and one more, and what is wrong with the filter, in a sentence."""
    try:
        wanted = search.Wanted(
            verb=said["verb"],
            actors=_actors(said["actor"], asof) if said["actor"] else None,
            since=day(said["since"]),
            until=day(said["until"], end=True),
            wrote=_wrote(actor, said, asof),
        )
    except (BadInput, NotFound) as error:
        return [], sentences.of_error(error).sentence
    top = asof.known_at if before is None else min(before, asof.known_at)
    return search.newest(wanted, before=top, limit=PAGE + 1), ""


def _wrote(actor: Actor, said: Mapping[str, str], asof: AsOf) -> list[QuerySet[Any]] | None:
    """Rows of what the filter is about; None where it is about nothing."""
    if said["object"]:
        urns = list(_objects(actor, said["object"], asof))
        rows: list[QuerySet[Any]] = [model._default_manager.filter(urn__in=urns) for model in record_models()]
        if said["system"]:
            of_system = about_system.rows_about(actor, said["system"], asof)
            return [one.filter(urn__in=urns) for one in of_system]
        return rows
    return about_system.rows_about(actor, said["system"], asof) if said["system"] else None


def _number(text: str) -> int | None:
    """A position as somebody wrote it: `1,024` and `#1024`, too."""
    digits = text.removeprefix("#").replace(",", "")
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) < 10 else None


@page(action="ledger.read")
def entry(request: HttpRequest, actor: Actor, asof: AsOf, position: int) -> HttpResponse:
    """One entry: what it says, its exact bytes, and the proof that it stands in the tree."""
    access.ensure(actor, "ledger.read", WORKSPACE, asof, what="ledger entry", named=str(position))
    row = queries.entry(position)
    exact = bytes(row.exact)
    said = rules.read(exact)
    subjects = [
        {"label": _label(name), "urn": name, "digest": digest, "url": _url(name)} | _record(name, digest, shown)
        for shown, (name, digest) in enumerate(said.subjects)
    ]
    shown = _shown([row])[0] | {
        "bytes": len(exact),
        "pretty": json.dumps(_readable(exact, said), indent=2, ensure_ascii=False),
        "leaf_hash": bytes(row.leaf).hex(),
        "subjects": subjects,
        "download_url": reverse("ledger_statement", args=[position]),
    }
    context = {
        "entry": shown,
        "proof": _proof(position),
        "panel": proof_panel.of(actor, position, asof),
        "newer_url": reverse("ledger_entry", args=[position + 1]) if position + 1 < asof.known_at else "",
        "older_url": reverse("ledger_entry", args=[position - 1]) if position else "",
        "ledger_url": reverse("ledger"),
    }
    return render(request, "consilience/ledger_entry.html", context)


def _record(name: str, digest: str, place: int) -> Shown:
    """What an act recorded, as it lies in the database, and whether that is still what the entry names."""
    urn, _colon, version = name.rpartition(":")
    model = by_noun().get(noun_of(name))
    row = model._default_manager.filter(urn=urn, version=int(version)).first() if model is not None else None
    if row is None:
        return {"body": "", "cut": False, "fits": False}
    pretty = json.dumps(row.body, indent=2, ensure_ascii=False) if place < MOST_BODIES else ""
    fits = canonical.sha256(row.canonical.encode()) == digest
    url = {"url": found} if (found := _slug_url(row)) else {}
    return {"body": pretty[:MOST_OF_A_BODY], "cut": len(pretty) > MOST_OF_A_BODY, "fits": fits, **url}


def _slug_url(row: Any) -> str:
    """Where a thing can be read whose address is its name."""
    page_of = {"system": "system", "model": "model", "policy": "policy", "obligation-pack": "pack"}.get(row.noun)
    return reverse(page_of, args=[row.slug]) if page_of else ""


@page(action="ledger.read")
def statement(request: HttpRequest, actor: Actor, asof: AsOf, position: int) -> HttpResponse:  # noqa: ARG001
    """The exact bytes of an entry, over which its leaf hash is taken."""
    access.ensure(actor, "ledger.read", WORKSPACE, asof, what="ledger entry", named=str(position))
    return _file(bytes(queries.entry(position).exact), "application/json", f"entry-{position}.json")


@page(action="ledger.read")
def proof(request: HttpRequest, actor: Actor, asof: AsOf, position: int) -> HttpResponse:  # noqa: ARG001
    """The proof of an entry as a file that holds on its own: a C2SP tlog-proof."""
    access.ensure(actor, "ledger.read", WORKSPACE, asof, what="ledger entry", named=str(position))
    found = queries.proof(position, witness.head_for(position))
    note = witness.with_cosignatures(found.size, found.note)
    text = proofs.write_inclusion(proofs.InclusionProof(found.position, found.path, note))
    return _file(text.encode(), "text/plain; charset=utf-8", f"entry-{position}.tlog-proof")


def _file(data: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page(action="ledger.read")
def checkpoint(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:  # noqa: ARG001 - every page has it
    """The newest signed head as a file: a C2SP signed note."""
    access.ensure(actor, "ledger.read", WORKSPACE, asof)
    return _file(queries.checkpoint().encode(), "text/plain; charset=utf-8", "checkpoint.txt")


def _checkpoint() -> Shown:
    """The newest head. Its signature is checked here; hashing every entry again is what `consilience verify` does."""
    note, key = queries.checkpoint(), queries.log_key()
    newest = queries.entries().first()
    try:
        head = rules.opened(note, key)
    except BadInput as error:
        return {"origin": "", "root": "", "size": 0, "at": None, "verified": False, "url": reverse("checkpoint"),
                "text": _("The checkpoint cannot be relied on: it %(problem)s.") % {"problem": error.problem}}  # fmt: skip
    text = _(
        "Its signature by the log's key was checked just now. The command “consilience ledger verify” hashes every entry again."
    )
    return {
        "origin": head.origin,
        "root": head.root.hex(),
        "size": head.size,
        "at": newest.at if newest else None,
        "verified": True,
        "text": text,
        "url": reverse("checkpoint"),
    }


def _proof(position: int) -> Shown | None:
    found = queries.proof(position)
    try:
        holds, head = found.holds(queries.log_key()), rules.opened(found.note, queries.log_key())
    except BadInput as error:
        return {"size": found.size, "root": "", "path": [], "verified": False, "text": str(error), "url": ""}
    return {
        "url": reverse("ledger_proof", args=[position]),
        "size": found.size,
        "root": head.root.hex(),
        "path": [{"side": side, "hash": one.hex()}
                 for side, one in zip(_sides(position, found.size, len(found.path)), found.path, strict=True)],
        "verified": holds,
        "text": _("Hashing this entry with these neighbours gives the root of the checkpoint, so it stands in it unchanged.")
        if holds else _("These hashes do not give the root of the checkpoint: the record was tampered with, or is damaged."),
    }  # fmt: skip


def _sides(position: int, size: int, count: int) -> list[str]:
    """On which side of the running hash each neighbour of a proof stands (RFC 9162, section 2.1.3.2)."""
    sides = []
    node, last = position, size - 1
    for _nth in range(count):
        if node % 2 or node == last:
            sides.append("left")
            while node and not node % 2:
                node, last = node >> 1, last >> 1
        else:
            sides.append("right")
        node, last = node >> 1, last >> 1
    return sides


def _shown(rows: Sequence[Entry]) -> list[Shown]:
    read = [(row, rules.read(bytes(row.exact))) for row in rows]
    names = people.names(said.actor for _row, said in read)
    return [
        {
            "position": row.position,
            "at": said.at,
            "actor": names.get(said.actor, said.actor),
            "function": activity.function_of(said),
            "verb": said.verb,
            "sentence": words.act(said),
            "authenticated_by": _known_by(row, said),
            "url": reverse("ledger_entry", args=[row.position]),
            "subjects": _subjects(said.subjects),
        }
        for row, said in read
    ]


def _readable(exact: bytes, said: rules.Entry) -> Any:
    """The entry as JSON; of a signed one the statement in its place in the envelope, instead of base64."""
    document = canonical.decode(exact)
    return document if said.envelope is None else document | {"payload": canonical.decode(said.envelope.payload)}


def _known_by(row: Entry, said: rules.Entry) -> str:
    """How the actor was known; of a signature what kind of key made it."""
    if said.envelope is None:
        return sentences.word(words.AUTHENTICATED, said.authenticated_by)
    return sentences.word(words.AUTHENTICATED, of_entry(bytes(row.exact)).grade)


def _subjects(subjects: Sequence[rules.Subject]) -> list[Shown]:
    made = [{"label": _label(name), "url": _url(name)} for name, _digest in subjects[:MOST_SUBJECTS]]
    if len(subjects) > MOST_SUBJECTS:
        made.append({"label": _("and %(n)s more") % {"n": len(subjects) - MOST_SUBJECTS}, "url": ""})
    return made


def _label(name: str) -> str:
    return sentences.word(words.NOUNS, noun_of(name))


def _url(name: str) -> str:
    """Where a recorded thing can be read, for those whose address is their URN."""
    urn = name.rpartition(":")[0]
    pages = {
        "evidence": "evidence",
        "decision": "decision",
        "prediction-batch": "prediction_batch",
        "person": "person",
        "robot": "person",
        "policy-proposal": "proposal",
        "obligation-pack-proposal": "pack_proposal",
    }
    found = pages.get(noun_of(name))
    return reverse(found, args=[urn]) if found else ""


def _paging(request: HttpRequest, listed: Sequence[Entry], before: int | None) -> Shown:
    query = request.GET.copy()
    query.pop("before", None)
    newest = f"?{query.urlencode()}" if before is not None else ""
    older = ""
    if len(listed) > PAGE:
        query["before"] = str(listed[PAGE - 1].position)
        older = f"?{query.urlencode()}"
    return {"text": _("%(n)s entries on a page") % {"n": PAGE}, "newer": newest, "older": older}


def _actors(text: str, asof: AsOf) -> list[str]:
    """Whoever is meant: a URN, a log-in address, or part of a name."""
    if is_urn(text):
        return [text]
    if "@" in text:
        return list(people.by_email([text]).values())
    urns = [row.urn for row in people.persons(asof)] + [row.urn for row in people.robots(asof)]
    names = people.names([*urns, str(queries.workspace().body["operator"])])
    return [urn for urn, name in names.items() if text.lower() in name.lower()]


def _objects(actor: Actor, text: str, asof: AsOf) -> Iterable[str]:
    """What is meant: a URN, `credit-risk@3`, or the name of a system, model or dataset."""
    if is_urn(text):
        return [text if len(text.split(":")) == 5 else text.rpartition(":")[0]]
    readers = (inventory.version, inventory.dataset_version) if "@" in text else (
        inventory.system, inventory.model, inventory.dataset,
    )  # fmt: skip
    found = []
    for read in readers:
        try:
            found.append(read(actor, text, asof).urn)
        except (NotFound, BadInput):
            continue
    return found
