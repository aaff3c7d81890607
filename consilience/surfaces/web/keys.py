"""Your keys: what you sign with, adding one, ending one."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.keys import actions, passkeys, proving, queries, rules
from consilience.domains.keys.models import Key
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.ledger.signing import sshsig
from consilience.domains.people import queries as people
from consilience.kit.clock import Instant, now, shift
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces.web import onetime
from consilience.surfaces.web.keys_forms import PasskeyForm, RevokeForm, SshKeyForm
from consilience.surfaces.web.passkey_site import ask_password, gave_password_recently, local_address, site_of
from consilience.surfaces.web.shared import OWN, attempt, form_page, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import bound_keys

CHALLENGE = "passkey_challenge"
"""Where the session keeps the challenge of a passkey that is being added, until it is answered."""


@page(action=OWN)
def mine(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """What you sign with."""
    context = {
        "keys": bound_keys.keys_of(actor.urn, asof, may_revoke=True),
        "onetime": onetime.shown(actor),
        "ssh_url": reverse("key_ssh_new"),
        "passkey_url": reverse("key_passkey_new") if site_of(request) else "",
        "local_url": local_address(request),
        "record_visible": access.can(actor, "ledger.read", WORKSPACE, asof) is None,
    }
    return render(request, "consilience/keys.html", context)


@page(action=OWN)
def add_passkey(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Make a passkey on this device, or on another that the browser asks."""
    site = site_of(request)
    if site is None:
        return redirect("keys")
    if request.method == "GET" and not gave_password_recently(request):  # only after it was given is there a challenge
        return ask_password(request)
    form = PasskeyForm(posted(request))
    challenge, made_at = _challenge(request)  # used up, whatever comes of it
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: _bound(actor, form.cleaned_data, challenge, made_at, site))
        if row is not None:
            messages.success(request, _("The passkey is bound to you as entry #%(n)s. You can sign with it from now on.")
                             % {"n": f"{row.position:,}"})  # fmt: skip
            return redirect("keys")
    return render(
        request, "consilience/passkey_new.html",
        {"form": form, "options": _options(request, actor, asof, site), "site": site, "keys_url": reverse("keys")}, status=422 if form.errors else 200,
    )  # fmt: skip


def _bound(actor: Actor, said: dict[str, Any], challenge: bytes, made_at: str, site: passkeys.Site) -> Key:
    if not challenge or now() >= shift(Instant(made_at), minutes=passkeys.MINUTES):
        raise BadInput("passkey", "was made too late, or twice; add it once more")
    if not said["answer"]:
        raise BadInput("passkey", "none came with the form; it takes a browser that runs scripts")
    key = passkeys.registered(said["answer"], challenge, site)
    return actions.bind(actor=actor, holder=actor.urn, key=key, label=said["label"], now=now())


def _options(request: HttpRequest, actor: Actor, asof: AsOf, site: passkeys.Site) -> dict[str, Any]:
    """What the page's script asks the browser for, over a new challenge of this session."""
    challenge = secrets.token_bytes(32)
    request.session[CHALLENGE] = {"value": base64.b64encode(challenge).decode(), "at": now()}
    name = people.names([actor.urn]).get(actor.urn, "")
    known = [row.body["webauthn"]["credential_id"] for row in queries.passkeys_at(actor.urn, site, asof)]
    account = people.addresses([actor.urn]).get(actor.urn, name)
    return passkeys.options(site, challenge, holder=actor.urn, account=account, name=name, known=known)


def _challenge(request: HttpRequest) -> tuple[bytes, str]:
    """The challenge that this session waits for, which is forgotten with this question, and when it was made."""
    said = request.session.pop(CHALLENGE, None)
    return (base64.b64decode(said["value"]), said["at"]) if said else (b"", "")


@page(action=OWN)
def add_ssh(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:  # noqa: ARG001 - every page has it
    """Bind an SSH key. It signs first that it is bound to this person, so that nobody binds a key of somebody else."""
    if not gave_password_recently(request):
        return ask_password(request)
    form, command = SshKeyForm(posted(request)), ""
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        key = attempt(form, lambda: _public(said["public"]))
        if key is not None:
            command = _command(actor, key)
        if command and said["possession"]:
            row = attempt(form, lambda: _bound_ssh(actor, said))
            if row is not None:
                messages.success(request, _("The key is bound to you as entry #%(n)s.") % {"n": f"{row.position:,}"})
                return redirect("keys")
    context = {"form": form, "command": command, "keys_url": reverse("keys")}
    return render(request, "consilience/ssh_key_new.html", context, status=422 if form.errors else 200)


def _command(actor: Actor, key: sshsig.PublicKey) -> str:
    """What the holder runs so that the key signs its own binding."""
    said = rules.possession(_workspace(), actor.urn, key.fingerprint).decode()
    return f"printf '%s' '{said}' | ssh-keygen -Y sign -n {rules.POSSESSION} -f ~/.ssh/id_ed25519"


def _public(line: str) -> sshsig.PublicKey:
    try:
        return sshsig.read_public(line)
    except BadInput as error:
        raise BadInput("public", error.problem) from error


def _bound_ssh(actor: Actor, said: dict[str, Any]) -> Key:
    key = proving.ssh(said["public"], said["possession"], holder=actor.urn, workspace=_workspace())
    return actions.bind(actor=actor, holder=actor.urn, key=key, label=said["label"], now=now())


def _workspace() -> str:
    return str(ledger.workspace().urn.split(":")[2])


@page(action=OWN, signs=Signs(("keys.revoked",), texts=("reason",)))
def revoke(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """End a key: its holder may, and whoever manages people."""
    row = queries.in_force(urn, asof)
    manages = access.can(actor, "people.manage", WORKSPACE, asof) is None
    if row is None or rules.may_revoke(actor, row.holder, manages=manages) is not None:
        raise NotFound("key", urn)
    own = row.holder == actor.urn
    back = reverse("keys") if own else reverse("person", args=[row.holder])
    form = RevokeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        if attempt(form, lambda: actions.revoke(actor=actor, urn=urn, reason=form.cleaned_data["reason"], now=now())):
            messages.success(request, _("The key is revoked. What it signs from now on counts for nothing."))
            return redirect(back)
    crumb = {"label": _("Your keys"), "url": back} if own else {
        "label": people.names([row.holder]).get(row.holder, ""), "url": back,
    }  # fmt: skip
    warning = {
        "tone": "warn", "icon": "alert", "head": _("This cannot be undone."),
        "text": _("A revoked key is never bound again. Decisions that it signed before stand, since the order in the record decides."),
    }  # fmt: skip
    label = next(one["label"] for one in bound_keys.keys_of(row.holder, asof, may_revoke=False) if one["fingerprint"] == row.fingerprint)  # fmt: skip
    return form_page(
        request, form, title=_("Revoke the key “%(label)s”") % {"label": label}, submit=_("Revoke this key"), cancel=back,
        crumbs=[crumb], notice=warning, danger=True, lead=bound_keys.kind_in_words(row),
    )  # fmt: skip
