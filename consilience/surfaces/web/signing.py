"""Doing what a page records as its person wants to be known for it: by a key's signature, by password and code, by the log-in.

Where a key signs, the page is sent twice, as an operation of the API is: first to be told what is to be signed, which records
nothing, then with the signature. The page itself knows nothing of it: it does its act with the actor that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.keys import actions as keys
from consilience.domains.keys import onetime_actions
from consilience.domains.ledger.rules import Actor
from consilience.domains.ledger.seals import Prepared
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, NotFound, Refused, refusal
from consilience.kit.naming import is_urn
from consilience.kit.records.models import AsOf
from consilience.surfaces import sheets, waiting
from consilience.surfaces.web.signing_ways import CODE_FIELD, SESSION, TOTP, Ways, ways_of

View = Callable[[Actor], HttpResponseBase]


@dataclass(frozen=True)
class Signs:
    """What a page records that can be signed: by which verbs, and which of its fields are texts that the record keeps word for word."""

    verbs: tuple[str, ...]
    texts: tuple[str, ...] = ()


class WayForm(forms.Form):
    """How somebody wants to be known for what the form beside it records."""

    way = forms.ChoiceField(
        label=gettext_lazy("How you sign"), required=False,
        error_messages={"invalid_choice": gettext_lazy("That key no longer signs here: it was revoked, or belongs to another address. Choose another way.")},
    )  # fmt: skip
    signature = forms.CharField(required=False, max_length=waiting.MAX_SIGNATURE)
    password = forms.CharField(
        label=gettext_lazy("Password"), required=False, strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    code = forms.CharField(
        label=gettext_lazy("One-time code"), required=False, max_length=20, widget=forms.TextInput(attrs=CODE_FIELD),
        help_text=gettext_lazy("The six digits of your app, or a recovery code."),
    )  # fmt: skip

    def __init__(self, *args: Any, ways: Ways, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["way"].choices = ways.choices  # type: ignore[attr-defined]
        self.fields["way"].initial = ways.choices[0][0]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for name in ("password", "code"):
            if said.get("way") == TOTP and not said.get(name) and name not in self.errors:
                self.add_error(name, _("This way of signing needs it."))
        return said

    def wrong(self) -> BadInput:
        """The first thing that does not fit, for the form beside this one: its fields may not be drawn any more."""
        name, said = next(iter(self.errors.items()))
        return BadInput(str(self.fields[name].label or name), str(said[0]))


@dataclass
class Signing:
    """What a page that can be signed offers, and what its script holds the statement against. Asked of nobody until it is drawn."""

    request: HttpRequest
    actor: Actor
    asof: AsOf
    signs: Signs
    mentions: list[str]
    """URNs in the page's address: the statement, or the text that it names, speaks of each."""
    fields: dict[str, str] = field(default_factory=dict)
    """What must stand in the statement, by the name of its field."""
    typed: dict[str, str] = field(default_factory=dict)
    """Fields of the statement, by the form's field that says what must stand there."""

    @cached_property
    def ways(self) -> Ways:
        return ways_of(self.request, self.actor, self.asof)

    @cached_property
    def form(self) -> WayForm:
        return WayForm(self.request.POST if self.request.method == "POST" else None, ways=self.ways)

    @property
    def asked(self) -> Mapping[str, Any]:
        """For the page's script."""
        return {
            "verbs": self.signs.verbs, "mentions": self.mentions, "texts": self.signs.texts,
            "fields": self.fields, "typed": self.typed,
        }  # fmt: skip


def of(request: HttpRequest) -> Signing | None:
    """How this page can be signed; None where it records nothing that could be."""
    return getattr(request, "signing", None)


def holds(request: HttpRequest, *, typed: Mapping[str, str] | None = None, **fields: str) -> None:
    """Have the page's script hold the statement against this, too."""
    signing = of(request)
    if signing is None:
        raise TypeError("this page is not declared as one that can be signed")
    signing.fields |= fields
    signing.typed |= dict(typed or {})


def unsigned(request: HttpRequest) -> None:
    """This step of a page that can be signed records nothing."""
    request.signing = None  # type: ignore[attr-defined]


def through(
    request: HttpRequest, actor: Actor, asof: AsOf, signs: Signs, named: Mapping[str, Any], view: View
) -> HttpResponseBase:
    """What the page answers, done in the way that its form says. A way that fails is refused where the act would record."""
    mentions = [one for one in named.values() if isinstance(one, str) and is_urn(one)]
    signing = Signing(request, actor, asof, signs, mentions)
    request.signing = signing  # type: ignore[attr-defined]
    if request.method != "POST":
        return view(actor)
    if not request.POST.get("way") and waiting.SIGN_WITH not in request.headers:
        return view(actor)
    if not signing.form.is_valid():
        return view(keys.refusing(actor, signing.form.wrong()))
    said = signing.form.cleaned_data
    if (
        request.headers.get(waiting.SIGN_WITH, said["way"]) != said["way"]
    ):  # whoever asks what a key would sign records nothing
        return view(keys.refusing(actor, BadInput("way", _("the form says another one than asks what to sign"))))
    if said["way"] == SESSION:
        return view(actor)
    if said["way"] == TOTP:
        return _with_code(request, actor, view, said)
    if said["signature"]:
        return view(_signing(actor, said["signature"]))
    return _to_be_signed(request, actor, view, said["way"])


class _Ready(Exception):
    """Everything about a form is right, up to the recording."""


def _with_code(request: HttpRequest, actor: Actor, view: View, said: Mapping[str, Any]) -> HttpResponseBase:
    """By password and code, which are only used up once nothing else is wrong with the form."""
    try:
        return view(keys.refusing(actor, _Ready()))
    except _Ready:
        _rewind(request)
    try:
        known = onetime_actions.again(actor=actor, password=said["password"], code=said["code"], now=now())
    except Refused as error:
        known = keys.refusing(actor, error)
    return view(known)


def _signing(actor: Actor, given: str) -> Actor:
    try:
        nonce, signature = waiting.read_signature(given)
        return keys.sealed(actor=actor, nonce=nonce, signature=signature, now=now())
    except (Refused, NotFound, BadInput) as error:
        return keys.refusing(actor, error)


def _to_be_signed(request: HttpRequest, actor: Actor, view: View, key: str) -> HttpResponseBase:
    """What a key would sign, for the script that asked for it; without a script a sentence. Nothing is recorded."""
    if waiting.SIGN_WITH not in request.headers:
        return view(keys.refusing(actor, Refused(refusal("signing_takes_script"))))
    asking = keys.asking(actor=actor, key=key, show=sheets.written, now=now())
    try:
        return view(asking)  # the form says why there is nothing to sign
    except Prepared as found:
        return JsonResponse(waiting.as_json(keys.keep(asking, found, now=now())), status=202)


def _rewind(request: HttpRequest) -> None:
    """The form is read once more."""
    for _name, files in request.FILES.lists():
        for one in files:
            one.seek(0)
