"""The model card of a version: to read, to print, as Markdown."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from consilience.domains.access import queries as access
from consilience.domains.assess import queries, rules
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.shared import asked, page

_HEADING = re.compile(r"(?m)^#+ +(.*)$")


def _paragraphs(text: str) -> list[str]:
    """Paragraphs of a text that may be Markdown; a heading is one of its own."""
    return [part.strip() for part in _HEADING.sub(r"\1\n", text).split("\n\n") if part.strip()]


@page(action="evidence.read")
def shown(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    """Its sections; `?form=markdown` is the file with the front matter that Hugging Face reads."""
    found = queries.card(actor, reference, asof)
    if asked(request, "form") == "markdown":
        response = HttpResponse(rules.markdown(found).encode(), content_type="text/markdown; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{reference.replace("@", "-")}-card.md"'
        return response
    titles = people.functions(asof)
    of = inventory.version(actor, reference, asof)
    may_write = access.can(actor, "evidence.attach", of, asof) is None
    context = {
        "version": {"label": reference, "url": reverse("version", args=[reference])},
        "name": found.name, "description": found.description,
        "written": len(found.sections) - len(found.missing), "all": len(found.sections),
        "write_url": reverse("version_attach", args=[reference]) + f"?kind={rules.KIND}" if may_write else "",
        "sections": [
            {
                "code": one.code, "title": one.title, "hint": rules.SECTIONS[one.code][1],
                "functions": [titles.get(code, code) for code in one.owners],
                "paragraphs": _paragraphs(one.text or ""), "drawn": list(one.drawn),
            }
            for one in found.sections
        ],
    }  # fmt: skip
    return render(request, "consilience/card.html", context)
