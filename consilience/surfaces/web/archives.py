"""Archives of the record to take away: asked for here, made in the background, fetched while they are kept, and how to check one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.audit import takeaway
from consilience.domains.audit.export import Wanted
from consilience.domains.audit.takeaway import Made, State
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.shared import attempt, page, posted

Shown = dict[str, Any]
LOOK_AGAIN_S = 3
EVERYTHING = "*"
"""No system is called so."""
STATES = {
    State.MAKING: (gettext_lazy("Being made"), "info", "clock"),
    State.READY: (gettext_lazy("Ready"), "ok", "check"),
    State.FAILED: (gettext_lazy("Not made"), "bad", "alert"),
    State.CUT_OFF: (gettext_lazy("Cut off"), "warn", "alert"),
}


class ArchiveForm(forms.Form):
    system = forms.ChoiceField(
        label=gettext_lazy("Of what"),
        help_text=gettext_lazy("Only an archive of everything can show that nothing was left out."),
    )  # fmt: skip
    with_files = forms.BooleanField(
        label=gettext_lazy("The files themselves, not only their digests"), required=False,
        help_text=gettext_lazy("Evidence, reports, models that are held here. The archive can become large."),
    )  # fmt: skip
    private = forms.BooleanField(
        label=gettext_lazy("Names and reasons in clear"), required=False,
        help_text=gettext_lazy("Personal data. Without them it verifies just as well, and names nobody."),
    )  # fmt: skip

    def __init__(self, *args: Any, systems: list[tuple[str, str]], personal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [(EVERYTHING, _("Everything")), *systems]  # type: ignore[attr-defined]
        if not personal:
            del self.fields["private"]

    def wanted(self) -> Wanted:
        said = self.cleaned_data
        system = None if said["system"] == EVERYTHING else said["system"]
        return Wanted(system, files=said["with_files"], private=said.get("private", False))


@page(action="ledger.read")
def shown(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """What to take, what was asked for within a day, and how to check it without this server."""
    access.ensure(actor, "ledger.read", WORKSPACE, asof)
    systems = sorted((row.slug, row.body["name"]) for row in inventory.systems(actor, asof))
    personal = access.can(actor, "access.read", WORKSPACE, asof) is None
    form = ArchiveForm(posted(request), systems=systems, personal=personal)
    if request.method == "POST" and form.is_valid():
        if attempt(form, lambda: takeaway.begin(actor, form.wanted(), asof)) is not None:
            messages.success(request, _("The archive is being made. This page says when it is ready."))
            return redirect("archives")
    made = takeaway.listed(actor)
    names = dict(systems)
    context = {
        "form": form, "archives": [_archive(one, names) for one in made], "ledger_url": reverse("ledger"),
        "verify_url": reverse("verify"), "proves_url": reverse("ledger_proves"),
    }  # fmt: skip
    response = render(request, "consilience/archives.html", context, status=422 if form.errors else 200)
    if any(one.state is State.MAKING for one in made) and request.method == "GET":
        response["Refresh"] = str(LOOK_AGAIN_S)
    return response


@page(action="ledger.read")
def file(request: HttpRequest, actor: Actor, asof: AsOf, made: str) -> FileResponse:  # noqa: ARG001
    """The archive, streamed from where it lies, to whoever asked for it."""
    path = takeaway.ready(actor, made, asof)
    name = f"consilience-{asof.valid_at[:10]}-{made[:8]}.zip"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")


def _archive(one: Made, names: dict[str, str]) -> Shown:
    label, tone, icon = STATES[one.state]
    holds = [_("files")] if one.wanted.files else []
    holds += [_("names and reasons")] if one.wanted.private else []
    ready = one.state is State.READY
    return {
        "what": names.get(one.wanted.system, one.wanted.system) if one.wanted.system else _("Everything"),
        "holds": ", ".join(holds), "at": one.at, "state": label, "tone": tone, "icon": icon, "bytes": one.bytes,
        "url": reverse("archive_file", args=[one.id]) if ready else "", "head": one.head, "sha256": one.sha256,
        "problem": one.problem or (_("The server was stopped meanwhile. Ask for it again.") if one.state is State.CUT_OFF else ""),
    }  # fmt: skip
