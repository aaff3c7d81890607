"""People and robots: who acts for which function, what each may do, tokens; and every change of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import actions as access_actions
from consilience.domains.access import queries as access
from consilience.domains.access.models import Token
from consilience.domains.access.rules import WORKSPACE, Role
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import actions, queries
from consilience.domains.people.models import Person, Robot
from consilience.domains.people.rules import PEOPLE
from consilience.kit.clock import now
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.people_forms import GrantForm, HoldForm, InviteForm, RobotForm, TokenForm
from consilience.surfaces.web.shared import OWN, Nothing, attempt, day, form_page, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import bound_keys, principals

COMMAND = "export CONSILIENCE_TOKEN=cns_…\nconsilience gate SYSTEM/MODEL@N --to operation"


@page(action="people.read")
def everybody(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "people.read", PEOPLE, asof)
    may = _manages(actor, asof)
    found = principals.Principals(actor, asof, manages=may, sees_access=may or _sees_access(actor, asof))
    made = [{"label": _("Delegations"), "url": reverse("delegations"), "icon": "", "primary": False}]
    made += [{"label": _("Make a token for yourself"), "url": reverse("token_new"), "icon": "key", "primary": False}]
    if may:
        made += [
            {"label": _("Add a robot"), "url": reverse("robot_new"), "icon": "robot", "primary": False},
            {"label": _("Invite a person"), "url": reverse("invite"), "icon": "plus", "primary": True},
        ]
    context = {
        "functions": found.functions(),
        "people": found.people(),
        "robots": found.robots(may_withdraw=may),
        "actions": made,
        "no_right": "" if may else _("People are looked after by administrators."),
    }
    return render(request, "consilience/people.html", context)


@page(action="people.read")
def somebody(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """A person or robot with what they hold, and what an administrator may change."""
    access.ensure(actor, "people.read", PEOPLE, asof)
    row = _row(urn, asof)
    may = _manages(actor, asof)
    sees_access = may or _sees_access(actor, asof) or urn == actor.urn
    found = principals.Principals(actor, asof, manages=may, sees_access=sees_access)
    context = found.one(row, may=may) | {
        "people_url": reverse("people"),
        "keys": bound_keys.keys_of(urn, asof, may_revoke=may or urn == actor.urn) if sees_access else [],
        "record_visible": access.can(actor, "ledger.read", WORKSPACE, asof) is None,
    }
    return render(request, "consilience/person.html", context)


@page(action="people.manage", signs=Signs(("people.invited",)))
def invite(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "people.manage", WORKSPACE, asof)
    form = InviteForm(posted(request), functions=queries.functions(asof), systems=_systems(actor, asof))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = attempt(form, lambda: actions.invite(
            actor=actor, name=said["name"], email=said["e_mail"], functions=said["functions"], roles=form.roles(), now=now(),
        ))  # fmt: skip
        if made is not None:
            link = request.build_absolute_uri(reverse("setup", args=[made[1]]))
            return render(
                request,
                "consilience/invited.html",
                {"name": said["name"], "link": link, "people_url": reverse("people")},
            )
    return _form(request, form, _("Invite a person"), _("Invite this person"),
                 lead=_("You get a link that works once and for three days; with it they choose their password."))  # fmt: skip


@page(action="people.manage", signs=Signs(("people.robot_added",)))
def add_robot(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "people.manage", WORKSPACE, asof)
    form = RobotForm(posted(request), people=principals.choices(asof), systems=_systems(actor, asof))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        row = attempt(form, lambda: actions.add_robot(
            actor=actor, slug=said["slug"], purpose=said["purpose"], owner=said["owner"], roles=form.roles(), now=now(),
        ))  # fmt: skip
        if row is not None:
            messages.success(request, _("The robot is added. Make a token for it next."))
            return redirect("person", urn=row.urn)
    return _form(request, form, _("Add a robot"), _("Add the robot"),
                 lead=_("A pipeline or program. It may hand in evidence and ask the gate; it never decides for a function."))  # fmt: skip


@page(action="people.manage", signs=Signs(("people.deactivated", "people.reactivated")))
def change_state(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """Deactivate whoever is active, reactivate whoever is not; the form says which it was."""
    row = _row(urn, asof)
    active = bool(row.body["active"]) if request.method != "POST" else request.POST.get("what") != "reactivate"
    name = queries.names([urn]).get(urn, "")
    act = actions.deactivate if active else actions.reactivate
    lead = _("Every right of %(name)s ends at once, and every session. What they did stays on record.") if active else _(
        "%(name)s may act again, with the grants and functions as they were."
    )  # fmt: skip
    form = _What(posted(request), initial={"what": "deactivate" if active else "reactivate"})
    label = (_("Deactivate %(name)s") if active else _("Reactivate %(name)s")) % {"name": name}
    return _sure(request, actor, asof, form, urn, lambda: act(actor=actor, urn=urn, now=now()),
                 label=label, lead=lead % {"name": name}, danger=active, action="people.manage")  # fmt: skip


@page(action="people.manage", signs=Signs(("people.function_held",)))
def hold(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    access.ensure(actor, "people.manage", WORKSPACE, asof)
    _row(urn, asof)
    form = HoldForm(posted(request), functions=queries.functions(asof))
    if request.method == "POST" and form.is_valid():
        until = day(form.cleaned_data["until"], end=True)
        function = form.cleaned_data["function"]
        if attempt(form, lambda: actions.hold(actor=actor, person=urn, function=function, until=until, now=now())):
            return _done(request, urn)
    return _form(request, form, _("Let somebody act for a function"), _("Let them act for it"), urn=urn)


@page(action="people.manage", signs=Signs(("people.function_ended",)))
def end_holding(request: HttpRequest, actor: Actor, asof: AsOf, urn: str, function: str) -> HttpResponse:
    title = queries.functions(asof).get(function, function)
    return _sure(
        request, actor, asof, Nothing(posted(request)), urn,
        lambda: actions.end_holding(actor=actor, person=urn, function=function, now=now()), action="people.manage",
        label=_("End that they act for %(function)s") % {"function": title}, danger=True,
        lead=_("Decisions that they gave for it stay as they are."),
    )  # fmt: skip


@page(action="access.manage", signs=Signs(("access.granted",)))
def grant(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    access.ensure(actor, "access.manage", WORKSPACE, asof)
    _row(urn, asof)
    form = GrantForm(posted(request), systems=_systems(actor, asof))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        until = day(said["until"], end=True)
        if attempt(form, lambda: access_actions.grant(
            actor=actor, principal=urn, role=Role(said["role"]), system=said["system"] or None, until=until, now=now(),
        )):  # fmt: skip
            return _done(request, urn)
    return _form(request, form, _("Grant a role"), _("Grant the role"), urn=urn)


@page(action="access.manage", signs=Signs(("access.grant_ended",)))
def end_grant(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    access.ensure(actor, "access.manage", WORKSPACE, asof)
    row = next((one for one in access.grants(asof) if one.urn == urn), None)
    if row is None:
        raise NotFound("grant", urn)
    return _sure(
        request, actor, asof, Nothing(posted(request)), row.principal,
        lambda: actions.end_grant(actor=actor, urn=urn, now=now()), action="access.manage",
        label=_("End this grant"), danger=True, lead=_("What it allowed is refused from now on."),
    )  # fmt: skip


@page(action=OWN)
def make_token(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """A token of one's own, for the command line."""
    return _token(request, actor, asof, actor.urn)


@page(action="access.manage")
def make_robot_token(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    if urn != actor.urn:
        access.ensure(actor, "access.manage", WORKSPACE, asof)
    _row(urn, asof)
    return _token(request, actor, asof, urn)


def _token(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    form = TokenForm(posted(request), systems=_systems(actor, asof))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = attempt(form, lambda: access_actions.make_token(
            actor=actor, principal=urn, label=said["label"], scopes=said["scopes"], systems=said["systems"] or None,
            days=said["days"], now=now(),
        ))  # fmt: skip
        if made is not None:
            secret, row = made
            scopes = [{"action": str(principals.scope(one)), "scope": "", "until": None} for one in row.body["scopes"]]
            token = {
                "name": said["label"], "robot": queries.names([urn]).get(urn, ""), "secret": secret,
                "expires_at": row.body["expires_at"], "grants": scopes,
            }  # fmt: skip
            example = COMMAND
            return render(request, "consilience/token_created.html", {
                "token": token, "done_url": reverse("person", args=[urn]), "people_url": reverse("people"), "example": example,
            })  # fmt: skip
    return _form(request, form, _("Make a token"), _("Make the token"), urn=urn,
                 lead=_("A token never allows more than its owner's own grants. Its secret is shown once."))  # fmt: skip


@page(action=OWN, signs=Signs(("access.token_withdrawn",)))
def withdraw_token(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """End a token: its owner may, and administrators."""
    row: Token | None = next((one for one in access.tokens(asof) if one.urn == urn), None)
    if row is None:
        raise NotFound("token", urn)
    if row.principal != actor.urn:
        access.ensure(actor, "access.manage", WORKSPACE, asof, what="token", named=urn)
    return _sure(
        request, actor, asof, Nothing(posted(request)), row.principal,
        lambda: access_actions.withdraw_token(actor=actor, urn=urn, now=now()), action="",
        label=_("Withdraw this token"), danger=True, lead=_("Whatever uses it is refused from now on."),
    )  # fmt: skip


class _What(forms.Form):
    what = forms.ChoiceField(choices=[("deactivate", ""), ("reactivate", "")], widget=forms.HiddenInput)


def _sure(
    request: HttpRequest,
    actor: Actor,
    asof: AsOf,
    form: forms.Form,
    urn: str,
    act: Callable[[], Any],
    *,
    label: str,
    lead: str,
    action: str,
    danger: bool,
) -> HttpResponse:
    """A page that asks once more before something ends."""
    if action:
        access.ensure(actor, action, WORKSPACE, asof)
    if request.method == "POST" and form.is_valid() and attempt(form, act) is not None:
        return _done(request, urn)
    return _form(request, form, label, label, lead=lead, urn=urn, danger=danger)


def _form(
    request: HttpRequest,
    form: forms.Form,
    title: str,
    submit: str,
    *,
    lead: str = "",
    urn: str = "",
    danger: bool = False,
) -> HttpResponse:
    crumbs = [{"label": _("People"), "url": reverse("people")}]
    back = reverse("people")
    if urn:
        back = reverse("person", args=[urn])
        crumbs.append({"label": queries.names([urn]).get(urn, ""), "url": back})
    return form_page(request, form, title=title, submit=submit, lead=lead, cancel=back, crumbs=crumbs, danger=danger)


def _done(request: HttpRequest, urn: str) -> HttpResponse:
    messages.success(request, _("It is done and recorded."))
    return redirect("person", urn=urn)


def _row(urn: str, asof: AsOf) -> Person | Robot:
    row = queries.principal(urn, asof)
    if row is None:
        raise NotFound("person", urn)
    return row


def _manages(actor: Actor, asof: AsOf) -> bool:
    return access.can(actor, "people.manage", WORKSPACE, asof) is None


def _sees_access(actor: Actor, asof: AsOf) -> bool:
    return access.can(actor, "access.read", WORKSPACE, asof) is None


def _systems(actor: Actor, asof: AsOf) -> list[tuple[str, str]]:
    return [(row.urn, row.body["name"]) for row in inventory.systems(actor, asof)]
