"""The addresses of the gallery: each page of `pages`, and the account pages with allauth's own forms."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from allauth.account import forms as account
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import include, path

from tests.browser.gallery.contexts.common import SHELL, Context
from tests.browser.gallery.pages import PAGES


class Setup(forms.Form):
    name = forms.CharField(label="Your name")
    email = forms.EmailField(label="E-mail")
    password = forms.CharField(label="Password", widget=forms.PasswordInput, help_text="At least 12 characters.")


class Plain(forms.Form):
    """Stands for the forms of allauth that cannot be made without an account."""

    oldpassword = forms.CharField(label="Current password", widget=forms.PasswordInput)
    password1 = forms.CharField(label="New password", widget=forms.PasswordInput, help_text="At least 12 characters.")


class Address(forms.Form):
    email = forms.EmailField(label="E-mail")


def refused_login() -> forms.Form:
    form: forms.Form = account.LoginForm({"login": "edda@example.org", "password": ""})
    form.fields["login"].error_messages["required"] = "This field is required."
    form.full_clean()
    return form


EMAILS = [
    {"email": "edda.roth@example.org", "verified": True, "primary": True},
    {"email": "er@example.net", "verified": False, "primary": False},
]
ACCOUNT: dict[str, tuple[str, Callable[[], Context]]] = {
    "setup": ("consilience/setup.html", lambda: {"form": Setup(), "invited": False, "refused": ""}),
    "setup-invited": ("consilience/setup.html", lambda: {"form": Setup(), "invited": True, "refused": ""}),
    "account-login": ("account/login.html", lambda: {"form": account.LoginForm(), "redirect_field": ""}),
    "account-login-refused": ("account/login.html", lambda: {"form": refused_login(), "redirect_field": ""}),
    "account-logout": ("account/logout.html", lambda: {"redirect_field": ""}),
    "account-password-change": ("account/password_change.html", lambda: {"form": Plain(), "redirect_field": ""}),
    "account-password-set": ("account/password_set.html", lambda: {"form": Plain(), "redirect_field": ""}),
    "account-password-reset": ("account/password_reset.html", lambda: {"form": Address(), "redirect_field": ""}),
    "account-reset-done": ("account/password_reset_done.html", dict),
    "account-reset-key": (
        "account/password_reset_from_key.html",
        lambda: {"form": Plain(), "action_url": "/", "token_fail": False, "redirect_field": ""},
    ),
    "account-reset-key-fail": ("account/password_reset_from_key.html", lambda: {"token_fail": True}),
    "account-reset-key-done": ("account/password_reset_from_key_done.html", dict),
    "account-email": (
        "account/email.html",
        lambda: {
            "emailaddresses": EMAILS,
            "emailaddress_radios": [
                {"id": f"email_{n}", "checked": n == 0, "emailaddress": found} for n, found in enumerate(EMAILS)
            ],
            "can_add_email": True,
            "form": Address(),
        },
    ),
    "account-email-change": (
        "account/email_change.html",
        lambda: {"form": Address(), "current_emailaddress": EMAILS[0], "new_emailaddress": EMAILS[1]},
    ),
    "account-email-confirm": ("account/email_confirm.html", lambda: {"confirmation": None}),
    "account-verification-sent": ("account/verification_sent.html", dict),
    "account-verified-required": ("account/verified_email_required.html", dict),
    "account-reauthenticate": (
        "account/reauthenticate.html",
        lambda: {
            "form": account.ReauthenticateForm(user=None),
            "redirect_field": "",
            "reauthentication_alternatives": [],
        },
    ),
    "account-inactive": ("account/account_inactive.html", dict),
    "account-signup-closed": ("account/signup_closed.html", dict),
}
NAMES = [*PAGES, *ACCOUNT]


def shell(request: HttpRequest) -> Context:
    """The side bar, with the present page marked."""
    made = copy.deepcopy(SHELL)
    here = "/" + request.path.strip("/").split("-")[0]
    for group in made["nav"]:
        for item in group["items"]:
            item.setdefault("count", None)
            item.setdefault("hot", False)
            item["current"] = item["url"] == here
    return {"shell": made}


def page(request: HttpRequest, name: str) -> HttpResponse:
    if name in {"500", "503"}:  # Django renders it without a context and without a request
        return HttpResponse(get_template(f"{name}.html").render())
    if name == "ledger-empty":
        messages.success(request, "Your decision was recorded as entry 18,204.")
        messages.error(request, "The second one was refused: the content changed while you were reading.")
    if request.method == "POST":  # what a form would send, so that a test can read it
        return JsonResponse(dict(request.POST.lists()))
    if name in ACCOUNT:
        template, context = ACCOUNT[name]
        return render(request, template, context())
    found = PAGES[name]
    return render(request, found.template, found.context)


def page_view(name: str) -> Callable[..., HttpResponseBase]:
    def view(request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        return page(request, name)

    return view


urlpatterns = [
    *(path(name, page_view(name)) for name in NAMES),
    path("accounts/", include("allauth.account.urls")),
]
