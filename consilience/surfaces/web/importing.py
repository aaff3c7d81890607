"""Importing an inventory: a file, what it would register and what stands against it, then part by part with its progress."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.content import actions as content
from consilience.domains.content import queries as contents
from consilience.domains.inventory.importing import actions, queries
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import now
from consilience.kit.csv_out import csv_text
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces import import_words
from consilience.surfaces.web.import_forms import ImportForm
from consilience.surfaces.web.shared import attempt, page, posted, uploaded

Shown = dict[str, Any]
SALT = "consilience.web.import"
DAY_S = 24 * 3600
AT_ONCE_S = 4.0
"""How long one answer may take before the page shows how far it is."""
SHOWN = 200
"""As many findings as the page lists; all of them are in the table to download."""


@page(action="inventory.register")
def import_(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """The form; sent with a file, what stands in it; sent with a checked plan, its next parts."""
    access.ensure(actor, "inventory.register", WORKSPACE, asof)
    if request.POST.get("plan") and request.POST.get("step") == "import":
        return _carried_on(request, actor)
    form = ImportForm(posted(request), uploaded(request))
    found = attempt(form, lambda: _checked(actor, form, asof)) if form.is_bound and form.is_valid() else None
    if found is not None and request.POST.get("step") == "report":
        return _report(found)
    context: Shown = {
        "form": form,
        "systems_url": reverse("systems"),
        "found": None,
        "address": reverse("system_import"),
    }
    if found is not None:
        context["found"] = _shown(found)
        context["upload"] = form.ticket
        context["form"] = form.again(found.mapped)
        context["plan"] = _plan(actor, found, form.digest)
    return render(request, "consilience/import.html", context, status=422 if form.errors else 200)


def _checked(actor: Actor, form: ImportForm, asof: AsOf) -> queries.Checked:
    said = form.cleaned_data
    file = said["file"]
    if file is not None:
        form.digest = content.put_stream(file.chunks(), now=now(), limit=form.limit)
        form.name = str(file.name)
        form.ticket = signing.dumps({"digest": form.digest, "name": form.name, "by": actor.urn}, salt=SALT)
    else:
        form.ticket = said["upload"]
        kept = _kept(actor, form.ticket)
        form.digest, form.name = str(kept["digest"]), str(kept["name"])
    return queries.check(actor, contents.read(form.digest), form.name, form.asked(), asof)


def _kept(actor: Actor, ticket: str) -> Shown:
    """What this actor's ticket names; BadInput for one that is old, foreign or made up."""
    try:
        said: Shown = signing.loads(ticket, salt=SALT, max_age=DAY_S)
    except signing.BadSignature as error:
        raise BadInput("file", _("has to be chosen again: it was sent more than a day ago")) from error
    if said["by"] != actor.urn:
        raise BadInput("file", _("was sent by somebody else"))
    return said


def _plan(actor: Actor, found: queries.Checked, file: str) -> str:
    """The ticket to import with; "" while errors stand against it, or where nothing is new."""
    if found.plan.errors or not found.plan.things:
        return ""
    digest = content.put(queries.written(found.plan, file=file), now=now())
    return signing.dumps({"digest": digest, "by": actor.urn, "name": "plan"}, salt=SALT)


def _carried_on(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The next parts, as many as a few seconds allow; then the list of systems, or how far it is."""
    ticket, offset = request.POST["plan"], request.POST.get("offset", "0")
    kept = _kept(actor, ticket)
    if kept["name"] != "plan" or not (offset.isdecimal() and len(offset) < 8):
        raise BadInput("plan", _("is no plan of an import"))
    file, things = queries.read_plan(contents.read(str(kept["digest"])))
    begin, until = int(offset), time.monotonic() + AT_ONCE_S
    while begin < len(things):
        begin = actions.import_part(actor=actor, things=things, file=file, begin=begin, now=now()).done
        if time.monotonic() > until:
            break
    if begin >= len(things):
        versions = sum(one.noun == "version" for one in things)
        messages.success(request, _("The inventory is imported: %(n)s versions.") % {"n": versions})
        return redirect("systems")
    context = {
        "done": begin,
        "total": len(things),
        "plan": ticket,
        "address": reverse("system_import"),
        "systems_url": reverse("systems"),
    }
    return render(request, "consilience/import_going.html", context)


def _shown(found: queries.Checked) -> Shown:
    plan, mapped = found.plan, found.mapped
    return {
        "sheet": found.sheet.name,
        "others": list(found.sheet.others),
        "headings_row": mapped.row,
        "rows": plan.rows,
        "columns": [{"field": str(import_words.FIELDS[one]), "heading": mapped.heading(one)} for one in mapped.columns],
        "unused": mapped.unused,
        "systems": plan.count("system"),
        "models": plan.count("model"),
        "versions": plan.count("version"),
        "errors": plan.errors,
        "findings": [
            {"row": one.row, "column": one.column, "sentence": import_words.sentence(one), "error": one.error}
            for one in plan.findings[:SHOWN]
        ],
        "more": max(0, len(plan.findings) - SHOWN),
    }  # fmt: skip


def _report(found: queries.Checked) -> HttpResponse:
    """Every finding as a table for the program that the list came from."""
    lines = [
        (one.row, one.column, "error" if one.error else "note", import_words.sentence(one))
        for one in found.plan.findings
    ]
    response = HttpResponse(
        csv_text([("row", "column", "kind", "finding"), *lines]), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="import-findings.csv"'
    return response
