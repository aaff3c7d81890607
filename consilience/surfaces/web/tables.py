"""Decision tables: one as a page, with the rows that fire for a system or for what somebody tries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.gate import tiering
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import System
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy import actions, queries
from consilience.domains.policy.models import Policy
from consilience.domains.policy.tables.ask import Answer, ask_values, given_value
from consilience.domains.policy.tables.inputs import Choice, Input, Universe
from consilience.domains.policy.tables.reading import Unreadable, read_value
from consilience.domains.policy.tables.table import Table
from consilience.domains.policy.tables.told import answer_told, table_told
from consilience.domains.policy.tables.words import in_language, value_words
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces.language import told_in
from consilience.surfaces.web.shared import asked, page

Shown = dict[str, Any]
EMPTY = "empty"


class TryForm(forms.Form):
    """One field an input; what is left empty is unknown. With a system they stand in place of its own facts."""

    system = forms.ChoiceField(
        label=gettext_lazy("System"), required=False,
        help_text=gettext_lazy("Its facts fill what is left empty below."),
    )  # fmt: skip

    def __init__(self, *args: Any, table: Table, systems: Sequence[System], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self.fields["system"].choices = [("", _("None")), *((one.slug, one.body["name"]) for one in systems)]  # type: ignore[attr-defined]
        for nth, one in enumerate(table.inputs):
            self.fields[f"in_{nth}"] = _field(one)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for nth, one in enumerate(self.table.inputs):
            try:
                said[f"in_{nth}"] = _read(said.get(f"in_{nth}"), one)
            except Unreadable as error:
                self.add_error(f"in_{nth}", str(error))
        return said

    def values(self) -> dict[int, Any]:
        """What was said, by the number of the input."""
        said = {nth: self.cleaned_data.get(f"in_{nth}") for nth in range(len(self.table.inputs))}
        return {nth: value for nth, value in said.items() if value is not None}


@page(action="policy.read")
def shown(request: HttpRequest, actor: Actor, asof: AsOf, slug: str, table: str) -> HttpResponse:
    """A table, a form to try it, and its answer. `?system=` asks for a system at once."""
    row, found = _table(actor, asof, slug, table)
    form = _form(request, actor, asof, found)
    context = {
        "policy": {"name": row.slug, "url": reverse("policy", args=[slug])},
        "policies_url": reverse("policies"),
        "form": form,
        "preview_url": reverse("table_try", args=[slug, table]),
        **_answered(form, actor, asof),
    }
    wrong = request.method == "POST" and bool(form.errors)
    return render(request, "consilience/table.html", context, status=422 if wrong else 200)


@page(action="policy.read")
def tried(request: HttpRequest, actor: Actor, asof: AsOf, slug: str, table: str) -> HttpResponse:
    """The answer alone, for the page that follows what somebody fills in."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    _row, found = _table(actor, asof, slug, table)
    return render(
        request, "consilience/parts/table_tried.html", _answered(_form(request, actor, asof, found), actor, asof)
    )


def told(table: Table, policy: str = "") -> Shown:
    """A table as pages show it; `url` where it has a page of its own."""
    said = table_told(table, told_in())
    for row in [*said["rows"], *([said["default"]] if said["default"] else [])]:
        for cell, of in zip(row["cells"], said["inputs"], strict=False):
            cell["title"] = of["title"]
        row["gives"] = [{"title": one["title"], "value": row["then"][one["name"]]} for one in said["outputs"]]
    return {**said, "url": reverse("table", args=[policy, table.name]) if policy else ""}


def _table(actor: Actor, asof: AsOf, slug: str, name: str) -> tuple[Policy, Table]:
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    in_force = next((row for row in queries.rows_in_force(asof) if row.slug == slug), None)
    row = in_force or queries.policy(slug, asof)
    body = row.body
    loaded = queries.published(body["text"], body["schema"], tuple(body["functions"]), body["zone"])
    for one in loaded.tables:
        if one.name == name:
            return row, one
    raise NotFound("table", name)


def _form(request: HttpRequest, actor: Actor, asof: AsOf, table: Table) -> TryForm:
    systems = inventory.systems(actor, asof)
    said: Any = None
    if request.method == "POST":
        said = request.POST
    elif asked(request, "system"):
        said = {"system": asked(request, "system")}
    return TryForm(said, table=table, systems=systems)


def _answered(form: TryForm, actor: Actor, asof: AsOf) -> Shown:
    """The table with its answer, and the rows to mark; the table alone where nothing was asked or cannot be read."""
    table, answer = form.table, None
    if form.is_bound and form.is_valid():
        answer = _answer(form, actor, asof)
    problems = [f"{form.fields[name].label}: {error}" for name, errors in form.errors.items() for error in errors]
    return {
        "table": told(table),
        "answer": answer_told(table, answer, told_in()) if answer else None,
        "fired": [table.row(row).id for row in answer.fired] if answer else [],
        "possible": [table.row(row).id for row in answer.possible] if answer else [],
        "open_titles": [in_language(table.inputs[at].title, told_in()) for at in answer.open] if answer else [],
        "problem": " ".join(problems),
    }  # fmt: skip


def _answer(form: TryForm, actor: Actor, asof: AsOf) -> Answer:
    values, table = form.values(), form.table
    if form.cleaned_data["system"]:
        system = inventory.system(actor, form.cleaned_data["system"], asof)
        return tiering.asked(table, system, asof, replaced=values)
    return ask_values(table, [given_value(table, nth, values.get(nth)) for nth in range(len(table.inputs))])


def _field(one: Input) -> forms.Field:
    language = told_in()
    title = in_language(one.title, language)
    label = title[:1].upper() + title[1:]
    unknown = [("", _("Not known"))]
    if isinstance(one.domain, Universe):
        choices = [(value, value_words(value, one, language)) for value in one.domain.members]
        return forms.MultipleChoiceField(
            label=label, required=False, choices=[*choices, (EMPTY, _("Nothing"))], widget=forms.CheckboxSelectMultiple
        )
    if isinstance(one.domain, Choice):
        listed = [(_code(value), value_words(value, one, language)) for value in one.domain.values]
        return forms.ChoiceField(label=label, required=False, choices=unknown + listed)
    return forms.CharField(label=label, required=False, max_length=40, help_text=one.unit)


def _read(said: Any, one: Input) -> Any:
    if isinstance(said, list):
        return None if not said else [value for value in said if value != EMPTY]
    return read_value(str(said or ""), one.domain, one.unit)


def _code(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
