"""One-time codes: setting them up with an authenticator app, and taking them away."""

from __future__ import annotations

import base64
import json
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.keys import onetime, onetime_actions
from consilience.domains.keys.models import OneTime
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.passkey_site import ask_password, gave_password_recently
from consilience.surfaces.web.shared import OWN, Nothing, attempt, form_page, page, posted
from consilience.surfaces.web.signing_ways import CODE_FIELD

SECRET = "onetime_secret"  # noqa: S105 - the name under which a session keeps one that is not confirmed yet


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=20, widget=forms.TextInput(attrs=CODE_FIELD),
        help_text=gettext_lazy("The six digits that the app shows now."),
    )  # fmt: skip


def shown(actor: Actor) -> dict[str, Any]:
    """Whether this person has one-time codes, and how many recovery codes are left."""
    row = OneTime.objects.filter(person=actor.urn).first()
    addresses = {"new_url": reverse("onetime_new"), "end_url": reverse("onetime_end")}
    left = len(json.loads(row.recovery)) if row else 0
    return {"enrolled": row is not None, "recovery_left": left, **addresses}


@page(action=OWN)
def set_up(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:  # noqa: ARG001 - every page has it
    """A new secret for the person's app; it is kept once a code shows that the app has it."""
    if not gave_password_recently(request):
        return ask_password(request)
    if SECRET not in request.session:
        request.session[SECRET] = base64.b64encode(onetime.new_secret()).decode()
    secret = base64.b64decode(request.session[SECRET])
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        codes = attempt(form, lambda: onetime_actions.set_up(
            actor=actor, secret=secret, code=form.cleaned_data["code"], now=now(),
        ))  # fmt: skip
        if codes is not None:
            del request.session[SECRET]
            return render(request, "consilience/recovery_codes.html", {"codes": codes, "keys_url": reverse("keys")})
    account = people.addresses([actor.urn]).get(actor.urn, "")
    drawn = segno.make(onetime.address(secret, account), error="m").svg_inline(
        scale=5, border=3, dark="#000", light="#fff"
    )
    text = onetime.as_text(secret)
    context = {
        "form": form,
        "qr": mark_safe(drawn),  # noqa: S308 - drawn by us from our own text; it holds paths only
        "keys_url": reverse("keys"),
        "secret": " ".join(text[start : start + 4] for start in range(0, len(text), 4)),
    }
    return render(request, "consilience/onetime_new.html", context, status=422 if form.errors else 200)


@page(action=OWN)
def end(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:  # noqa: ARG001 - every page has it
    if not gave_password_recently(request):
        return ask_password(request)
    if request.method == "POST":
        onetime_actions.take_away(actor=actor)
        messages.success(request, _("The one-time codes are taken away."))
        return redirect("keys")
    return form_page(
        request, Nothing(posted(request)), title=_("Take the one-time codes away"), submit=_("Take them away"), danger=True,
        cancel=reverse("keys"), crumbs=[{"label": _("Your keys"), "url": reverse("keys")}],
        lead=_("Codes of your app and recovery codes are worth nothing then. Decisions that you gave with them stand."),
    )  # fmt: skip
