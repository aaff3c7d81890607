"""On which terms a pack of obligations is in use: its roles, those over single systems, what an open obligation means."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy.obligations import actions, queries
from consilience.domains.policy.obligations.pack import Pack
from consilience.domains.policy.obligations.terms import Terms, WhenOpen
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces import law, law_open, sentences
from consilience.surfaces.web.shared import attempt, form_page, page, posted
from consilience.surfaces.web.signing import Signs

Shown = dict[str, Any]
BY_LAW = ("", gettext_lazy("As it is law: what is law is told, what is voluntary is only shown"))
ROLES_HERE, ROLES_OF_PACK = "here", "pack"


class TermsForm(forms.Form):
    when_open = forms.ChoiceField(
        label=gettext_lazy("When an obligation is open"), required=False, widget=forms.RadioSelect,
        choices=[BY_LAW, *law_open.WEIGHTS.items()],
        help_text=gettext_lazy("Open: in force, and no requirement that cites it is met. The gate's answers never change by it."),
    )  # fmt: skip
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("You are bound as"), required=False, widget=forms.CheckboxSelectMultiple
    )
    system = forms.ChoiceField(
        label=gettext_lazy("Otherwise over one system"), required=False,
        help_text=gettext_lazy("A provider of one system may be no more than the deployer of another."),
    )  # fmt: skip
    how = forms.ChoiceField(
        label=gettext_lazy("Over it you are bound"), required=False, initial=ROLES_HERE,
        choices=[(ROLES_HERE, gettext_lazy("in the roles below")), (ROLES_OF_PACK, gettext_lazy("as everywhere else"))],
    )  # fmt: skip
    system_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Over this system as"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, pack: Pack, systems: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not pack.roles:
            for name in ("roles", "system", "how", "system_roles"):
                del self.fields[name]
            return
        choices = [(role, sentences.word(law.ROLES, role)) for role in pack.roles]
        for name in ("roles", "system_roles"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields["system"].choices = [("", _("none")), *systems]  # type: ignore[attr-defined]

    def systems(self) -> dict[str, list[str] | None]:
        """What is said of a single system, by its slug."""
        chosen = self.cleaned_data
        if not chosen.get("system"):
            return {}
        return {chosen["system"]: None if chosen["how"] == ROLES_OF_PACK else chosen["system_roles"]}


@page(action="policy.adopt_pack", signs=Signs(("policy.pack_adopted",)))
def terms(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    access.ensure(actor, "policy.adopt_pack", actions.PACKS, asof)
    row = queries.adopted_row(slug, asof)
    pack, stands = queries.pack_of(row), Terms.from_body(row.body)
    systems = [(one.slug, one.body["name"]) for one in inventory.systems(actor, asof)]
    initial = {"when_open": str(stands.when_open or ""), "roles": list(stands.roles)}
    form = TermsForm(posted(request), pack=pack, systems=systems, initial=initial)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        said = WhenOpen(chosen["when_open"]) if chosen["when_open"] else None
        made = attempt(form, lambda: actions.change_terms(
            actor=actor, slug=slug, roles=chosen.get("roles"), systems=form.systems(), when_open=said, now=now()
        ))  # fmt: skip
        if made is not None:
            messages.success(request, _("The pack is in use on these terms. Live releases are looked at again."))
            return redirect("pack", slug=slug)
    name = law.text(pack.title)
    return form_page(
        request, form, title=_("On which terms %(name)s is in use") % {"name": name}, submit=_("Put it in use on these terms"),
        cancel=reverse("pack", args=[slug]), lead=_("Its text stays as it is. The change is recorded, with who made it and when."),
        crumbs=[{"label": _("Obligations"), "url": reverse("obligations")}, {"label": name, "url": reverse("pack", args=[slug])}],
    )  # fmt: skip


def shown(actor: Actor, stands: Terms, asof: AsOf) -> Shown:
    """The terms of a pack in use, for its page; of systems those that this person may know of."""
    names = {one.urn: one for one in inventory.systems(actor, asof)} if stands.systems else {}
    weight = str(law_open.WEIGHTS[stands.when_open]) if stands.when_open else str(BY_LAW[1])
    return {
        "when_open": weight,
        "systems": [
            {
                "name": names[urn].body["name"],
                "url": reverse("system_obligations", args=[names[urn].slug]),
                "roles": law.roles(said) or _("in no role"),
            }
            for urn, said in stands.systems.items()
            if urn in names
        ],
    }
