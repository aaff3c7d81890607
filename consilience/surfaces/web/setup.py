"""One-time links: the first administrator, and the password of somebody who was invited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor, AuthenticatedBy, LedgerUnavailable
from consilience.domains.people import actions, queries
from consilience.kit.clock import now
from consilience.surfaces.web.shared import attempt, posted

_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Password"), widget=_PASSWORD, strip=False, max_length=200,
        help_text=gettext_lazy("At least 12 characters, none that everybody uses."),
    )  # fmt: skip

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class AdministratorForm(PasswordForm):
    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    e_mail = forms.EmailField(label=gettext_lazy("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    field_order = ("name", "e_mail", "password")


@never_cache
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """Use a one-time link. Whoever holds it needs no account: that is what it is for."""
    try:
        found = queries.setup_link(secret, at=now())
        operator = Actor(str(ledger.workspace().body["operator"]), AuthenticatedBy.OPERATOR)
        used = found is None or (found.person is None and not queries.nobody_yet())
    except (LedgerUnavailable, DatabaseError):
        return HttpResponse(render_to_string("503.html"), status=503)
    if found is None or used:
        refused = _("It was used before, or it has expired. Ask whoever gave it to you for another one.")
        return render(
            request, "consilience/setup.html", {"form": None, "refused": refused, "invited": False}, status=410
        )
    invited = found.person is not None
    form = (PasswordForm if invited else AdministratorForm)(posted(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        done: Any = attempt(form, lambda: actions.choose_password(secret=secret, password=said["password"], now=now())
                            if invited else actions.become_first_administrator(
                                operator=operator, secret=secret, name=said["name"], email=said["e_mail"],
                                password=said["password"], now=now()))  # fmt: skip
        if done is not None:
            messages.success(request, _("Your password is set. Log in with it."))
            return redirect("account_login")
    context = {"form": form, "refused": "", "invited": invited}
    return render(request, "consilience/setup.html", context, status=422 if form.errors else 200)
