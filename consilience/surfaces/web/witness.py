"""The witnesses of the log: how far each has cosigned, and what to do where one refuses; and naming them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.witness import actions, queries, rules, stamping
from consilience.domains.witness.push import Outcome
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web import witness_words
from consilience.surfaces.web.shared import attempt, form_page, page, posted
from consilience.surfaces.web.signing import Signs

Shown = dict[str, Any]
STAMPS = 5
"""Time-stamps that the page lists, those of the newest heads."""
TONES = {
    Outcome.COSIGNED: ("ok", "check"),
    Outcome.UNREACHABLE: ("warn", "clock"),
    Outcome.UNKNOWN_LOG: ("warn", "question"),
    Outcome.KEY_REFUSED: ("warn", "question"),
    Outcome.AHEAD: ("bad", "alert"),
    Outcome.CONTRADICTED: ("bad", "alert"),
    Outcome.BAD_ANSWER: ("warn", "alert"),
}


class PolicyForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("The policy, one line each"), max_length=rules.MAX_LENGTH, strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "mono"}),
        help_text=gettext_lazy(
            "“witness NAME KEY ADDRESS” for each, without address for one that cosigns by file; “group NAME 2 NAME NAME NAME”; "
            "“quorum NAME”, or “quorum none”. It stays in the record for ever: name organisations, not people."
        ),
    )  # fmt: skip


@page(action="ledger.read")
def witnesses(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """How far the record is covered by heads in other hands."""
    access.ensure(actor, "ledger.read", WORKSPACE, asof)
    found = queries.standing()
    may = access.can(actor, "ledger.manage", WORKSPACE, asof) is None
    context = {
        "size": found.size,
        "quorum": _quorum(found),
        "witnesses": [_witness(one, found.size) for one in found.witnesses],
        "alarms": _alarms(found),
        "stamps": [
            {"size": one.size, "at": one.at, "authority": one.authority, "holds": not one.problem}
            for one in stamping.newest(STAMPS)
        ],
        "policy": found.text,
        "log_key": ledger.log_key(),
        "set_url": reverse("witness_policy") if may else "",
        "ledger_url": reverse("ledger"),
    }
    return render(request, "consilience/witnesses.html", context)


@page(action="ledger.manage", signs=Signs(("ledger.witness_policy_set",), texts=("text",)))
def policy(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Name the witnesses."""
    access.ensure(actor, "ledger.manage", WORKSPACE, asof)
    row = queries.policy_row()
    form = PolicyForm(posted(request), initial={"text": row.body["text"] if row else "quorum none\n"})
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"].replace("\r\n", "\n")
        if attempt(form, lambda: actions.set_policy(actor=actor, text=text, now=now())) is not None:
            messages.success(request, _("The witnesses are named. The newest head goes to them within seconds."))
            return redirect("witnesses")
    return form_page(
        request, form, title=_("Name the witnesses"), submit=_("Record this policy"), cancel=reverse("witnesses"),
        lead=_("Who outside this server must have cosigned a head of the record before others are given it."),
        crumbs=[{"label": _("Record"), "url": reverse("ledger")}, {"label": _("Witnesses"), "url": reverse("witnesses")}],
    )  # fmt: skip


def _quorum(found: queries.Standing) -> Shown | None:
    """How the quorum stands, in a sentence; None before witnesses were named."""
    if found.policy is None:
        return None
    if not found.policy.asks_for_cosignatures:
        return {"label": _("None asked for"), "tone": "", "icon": "", "at": None,
                "text": _("The policy asks for no cosignature. Others are given the newest head, signed by the log alone.")}  # fmt: skip
    wants = _("%(wants)s must have cosigned.") % {"wants": found.policy.wants()}
    if found.quorum_size is None:
        return {"label": _("Not reached"), "tone": "bad", "icon": "alert", "at": None,
                "text": wants + " " + _("No head is cosigned by so many yet; others are given the newest head, signed by the log alone.")}  # fmt: skip
    behind = found.size - found.quorum_size
    if behind <= 0:
        text = _("They cosigned the newest head: all %(n)s entries are covered.")
    else:
        text = ngettext(
            "They cosigned a head over %(n)s entries; %(behind)s entry since then is vouched for by the log alone.",
            "They cosigned a head over %(n)s entries; %(behind)s entries since then are vouched for by the log alone.",
            behind,
        )
    said = text % {"n": found.quorum_size, "behind": behind}
    return {
        "label": _("Reached"),
        "tone": "ok",
        "icon": "check",
        "at": _when(found.quorum_at_s),
        "text": f"{wants} {said}",
    }


def _witness(one: queries.Seen, size: int) -> Shown:
    outcome = Outcome(one.contact.outcome) if one.contact else None
    tone, icon = TONES[outcome] if outcome else ("", "")
    behind = None if one.size is None else max(0, size - one.size)
    return {
        "name": one.name,
        "who": one.key.partition("+")[0],
        "key": one.key,
        "where": one.url or _("by file"),
        "size": one.size,
        "at": _when(one.at_s),
        "behind": behind,
        "outcome": sentences.word(witness_words.OUTCOMES, outcome)
        if outcome
        else (_("By file") if not one.url else _("Not asked yet")),
        "tone": tone,
        "icon": icon,
        "asked_at": one.contact.asked_at if one.contact else None,
    }


def _alarms(found: queries.Standing) -> list[Shown]:
    """What must be looked at, and how."""
    alarms = []
    for one in found.witnesses:
        outcome = Outcome(one.contact.outcome) if one.contact else None
        if outcome is None or outcome is Outcome.COSIGNED:
            continue
        said = {"name": one.name, "n": found.size, "seen": one.contact.seen if one.contact else 0, "where": one.url}
        head, text = witness_words.REFUSALS[outcome]
        alarms.append(
            {"tone": TONES[outcome][0], "icon": TONES[outcome][1], "head": str(head) % said, "text": str(text) % said}
        )
    return alarms


def _when(at_s: int | None) -> str | None:
    if at_s is None or at_s >= 253_402_300_800:  # a time that no calendar has
        return None
    return datetime.fromtimestamp(at_s, UTC).isoformat()
