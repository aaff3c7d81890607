"""The forms about people, robots, grants and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from consilience.domains.access.actions import MAX_TOKEN_DAYS
from consilience.domains.access.rules import SCOPES, Role
from consilience.surfaces import sentences
from consilience.surfaces.web.register_forms import slug_field
from consilience.surfaces.web.shared import date_field
from consilience.surfaces.web.view_models.principals import scope

Choices = list[tuple[str, str]]
ROLES = [(str(role), sentences.ROLES[str(role)]) for role in Role]


class _Grants(forms.Form):
    """One role, everywhere or in one system; more are granted on the person's page."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES, initial="reader")
    system = forms.ChoiceField(label=gettext_lazy("Where"), required=False)

    def __init__(self, *args: Any, systems: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [("", gettext_lazy("Everywhere")), *systems]  # type: ignore[attr-defined]

    def roles(self) -> list[tuple[Role, str | None]]:
        return [(Role(self.cleaned_data["role"]), self.cleaned_data["system"] or None)]


class GrantForm(_Grants):
    until = date_field(gettext_lazy("Until"), help_text=gettext_lazy("Leave it empty for no end."))


class InviteForm(_Grants):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    e_mail = forms.EmailField(label=gettext_lazy("E-mail"))
    functions = forms.MultipleChoiceField(
        label=gettext_lazy("Acts for"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Who decides for a function also needs the role Reviewer or Engineer."),
    )  # fmt: skip
    field_order = ("name", "e_mail", "functions", "role", "system")

    def __init__(self, *args: Any, functions: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["functions"].choices = list(functions.items())  # type: ignore[attr-defined]


class HoldForm(forms.Form):
    function = forms.ChoiceField(label=gettext_lazy("Function"))
    until = date_field(gettext_lazy("Until"), help_text=gettext_lazy("Leave it empty for no end."))

    def __init__(self, *args: Any, functions: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["function"].choices = list(functions.items())  # type: ignore[attr-defined]


class RobotForm(_Grants):
    slug = slug_field(gettext_lazy("Name"))
    purpose = forms.CharField(label=gettext_lazy("What it does"), max_length=500)
    owner = forms.ChoiceField(label=gettext_lazy("Who answers for it"))
    field_order = ("slug", "purpose", "owner", "role", "system")

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = people  # type: ignore[attr-defined]
        self.fields["role"].initial = "pipeline"


class TokenForm(forms.Form):
    label = forms.CharField(label=gettext_lazy("What it is for"), max_length=200)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), widget=forms.CheckboxSelectMultiple,
        choices=[(one, scope(one)) for one in SCOPES],
    )  # fmt: skip
    systems = forms.MultipleChoiceField(
        label=gettext_lazy("Only in these systems"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose none for all of its owner's."),
    )  # fmt: skip
    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=1, max_value=MAX_TOKEN_DAYS, initial=90)

    def __init__(self, *args: Any, systems: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["systems"].choices = systems  # type: ignore[attr-defined]
