"""What was live before the gate: by the day until which it may wait, and the form that decides so."""

from __future__ import annotations

from collections import Counter
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
from consilience.domains.gate import backlog_actions as actions
from consilience.domains.gate import backlog_queries as queries
from consilience.domains.gate.backlog import Due
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import System
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit.clock import Instant, now
from consilience.kit.errors import NotEntitled, refusal
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.shared import attempt, date_field, day, form_page, page, paged, posted

Shown = dict[str, Any]
LABELS = {
    Due.OVERDUE: gettext_lazy("overdue"), Due.UNDATED: gettext_lazy("without a day"),
    Due.SOON: gettext_lazy("due within 90 days"), Due.LATER: gettext_lazy("later"),
}  # fmt: skip


class DecideForm(forms.Form):
    system = forms.ChoiceField(label=gettext_lazy("Where"), required=False)
    until = date_field(gettext_lazy("The last day on which they may wait"), required=True)
    reason = forms.CharField(
        label=gettext_lazy("Why they may wait"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It stays on record with your name."),
    )  # fmt: skip

    def __init__(self, *given: Any, systems: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["system"].choices = [("", _("all systems where I may decide")), *systems]  # type: ignore[attr-defined]


@page(action="gate.read")
def backlog(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    found = queries.backlog(actor, asof)
    chosen, paging = paged(request, found)
    counts = Counter(one.due for one in found)
    given = [one.row.body for one in chosen if one.row]
    names = people.names(one["decided_by"] for one in given)
    texts = commitments.opened(one["reason"] for one in given)
    open_ = any(one.row is None for one in found)
    context = {
        "rows": [_row(one, names, texts) for one in chosen],
        "counts": [{"label": LABELS[one], "n": counts[one]} for one in Due] if found else [],
        "paging": paging,
        "decide_url": reverse("backlog_decide") if open_ and _able(actor, asof) else "",
        "live_url": reverse("standings"),
        "import_url": reverse("system_import") if access.can(actor, "inventory.register", WORKSPACE, asof) is None else "",
        "no_right": _("Reviewers and administrators decide until when something may wait; never over work of their own.")
        if open_ and not _able(actor, asof) else "",
    }  # fmt: skip
    return render(request, "consilience/backlog.html", context)


@page(action="gate.grandfather")
def decide(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Let all that have no day yet wait until one."""
    able = _able(actor, asof)
    if not able:
        raise NotEntitled(refusal("not_entitled", action="gate.grandfather"))
    waiting = [one for one in queries.backlog(actor, asof) if one.row is None]
    form = DecideForm(posted(request), systems=[(one.slug, one.body["name"]) for one in able])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        until = Instant(str(day(said["until"], end=True)))
        done = attempt(form, lambda: actions.grandfather(
            actor=actor, versions=None, system=said["system"] or None, until=until, reason=said["reason"], now=now(),
        ))  # fmt: skip
        if done is not None:
            n = len(done.rows)
            messages.success(
                request,
                ngettext("%(n)s version may wait until that day.", "%(n)s versions may wait until that day.", n)
                % {"n": n},
            )
            return redirect("backlog")
    lead = ngettext(
        "%(n)s version was live before the gate and has no day yet.", "%(n)s versions were live before the gate and have no day yet.", len(waiting)
    ) % {"n": len(waiting)}  # fmt: skip
    return form_page(
        request, form, title=_("Let them wait for the gate"), submit=_("Let them wait until that day"), cancel=reverse("backlog"),
        lead=lead, crumbs=[{"label": _("Live releases"), "url": reverse("standings")}, {"label": _("Backlog"), "url": reverse("backlog")}],
    )  # fmt: skip


def summary(actor: Actor, asof: AsOf) -> Shown | None:
    """The backlog in two sentences, for the page of live releases; None where nothing waits."""
    counts = Counter(one.due for one in queries.backlog(actor, asof))
    total = counts.total()
    if not total:
        return None
    head = ngettext("%(n)s version was live before the gate.", "%(n)s versions were live before the gate.", total)
    listed = ", ".join(f"{counts[one]} {LABELS[one]}" for one in Due if counts[one])
    return {
        "head": head % {"n": total},
        "text": _("They wait for it: %(listed)s.") % {"listed": listed},
        "url": reverse("backlog"),
        "urgent": bool(counts[Due.OVERDUE] or counts[Due.UNDATED]),
    }


def _able(actor: Actor, asof: AsOf) -> list[System]:
    return [one for one in inventory.systems(actor, asof) if access.can(actor, "gate.grandfather", one, asof) is None]


def _row(one: queries.Waiting, names: dict[str, str], texts: Any) -> Shown:
    return {
        "version": one.reference, "url": reverse("version", args=[one.reference]), "system": one.system.body["name"],
        "system_url": reverse("system", args=[one.system.slug]), "since": one.live_since, "until": one.until, "due": str(one.due),
        "by": names.get(one.row.body["decided_by"], "") if one.row else "",
        "reason": texts.get(one.row.body["reason"]["commitment"], "") if one.row else "",
    }  # fmt: skip
