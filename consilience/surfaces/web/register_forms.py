"""The forms of registrations. What they say is checked by the rules of the inventory; here only shapes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.inventory.rules import LAWFUL_BASES, MOST_PEOPLE, TIERS
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import figures
from consilience.surfaces.web.shared import date_field

if TYPE_CHECKING:
    from consilience.surfaces.web.shared import Label

SLUG = r"^[a-z0-9-]{1,63}$"
MOST_ROWS = 2**53 - 1
_TIERS = {
    "minimal": gettext_lazy("Minimal risk"),
    "limited": gettext_lazy("Limited risk"),
    "high": gettext_lazy("High risk"),
}


def slug_field(label: Label = "", help_text: Label = "") -> forms.RegexField:
    return forms.RegexField(
        SLUG, label=label or gettext_lazy("Name in addresses"),
        help_text=help_text or gettext_lazy("Small letters, digits and hyphens, such as credit-risk. It stays for ever."),
        error_messages={"invalid": gettext_lazy("Expected 1 to 63 small letters, digits and hyphens.")},
    )  # fmt: skip


def _list(label: Label, help_text: Label, *, required: bool = True, rows: int = 2) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows > 1 else forms.TextInput()
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=5000, widget=widget)


class SystemForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, help_text=gettext_lazy("As people in the company call it.")
    )
    slug = slug_field()
    purpose = slug_field(
        gettext_lazy("Purpose, in a word"),
        gettext_lazy("Such as credit-scoring; data are allowed for purposes by this word."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What it decides or proposes, for whom, and what happens then."),
    )  # fmt: skip
    tier = forms.ChoiceField(label=gettext_lazy("Risk"), choices=[(one, _TIERS[one]) for one in TIERS])
    use = forms.ChoiceField(
        label=gettext_lazy("Used for"), required=False, choices=[("", figures.DASH), *words.USES.items()],
        help_text=gettext_lazy("Which rules and laws apply follows from this and the next four."),
    )  # fmt: skip
    autonomy = forms.ChoiceField(
        label=gettext_lazy("What is left to people"), required=False,
        choices=[("", figures.DASH), *words.AUTONOMY.items()],
    )  # fmt: skip
    people_affected = forms.IntegerField(
        label=gettext_lazy("People affected in a year"), required=False, min_value=0, max_value=MOST_PEOPLE
    )
    data_categories = forms.MultipleChoiceField(
        label=gettext_lazy("What its data tell of whom"), required=False, choices=list(words.DATA_CATEGORIES.items()),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    line_of_business = forms.RegexField(
        SLUG, label=gettext_lazy("Line of business"), required=False, empty_value=None,
        help_text=gettext_lazy("Such as retail-banking; its policies then bind this system too."),
        error_messages={"invalid": gettext_lazy("Expected 1 to 63 small letters, digits and hyphens.")},
    )  # fmt: skip
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), help_text=gettext_lazy("The person who answers for it."))
    sponsor = forms.ChoiceField(label=gettext_lazy("Sponsor"), required=False)
    squad = forms.CharField(label=gettext_lazy("Squad"), max_length=200, required=False)
    jurisdictions = _list(
        gettext_lazy("Where it is used"),
        gettext_lazy("Country codes with commas between them, such as DE, AT or US-NY."),
        rows=1,
    )
    audience = _list(gettext_lazy("Audience"), gettext_lazy("Who meets it, with commas between them."), rows=1)
    affected_groups = _list(
        gettext_lazy("Affected groups"), gettext_lazy("Whom it may treat differently, with commas between them.")
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = people  # type: ignore[attr-defined]
        self.fields["sponsor"].choices = [("", figures.DASH), *people]  # type: ignore[attr-defined]


class InSystemsForm(forms.Form):
    """What models and datasets are registered with."""

    slug = slug_field()
    name = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    systems = forms.MultipleChoiceField(label=gettext_lazy("Systems"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, systems: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["systems"].choices = systems  # type: ignore[attr-defined]


class ModelForm(InSystemsForm):
    """A registered model, for the systems that it serves."""


class DatasetForm(InSystemsForm):
    """A dataset, for the systems whose members may know of it."""


class _Upload(forms.Form):
    limit = settings.MAX_UPLOAD_BYTES
    digest = forms.RegexField(
        r"^[0-9a-f]{64}$", label=gettext_lazy("or its SHA-256"), required=False,
        help_text=gettext_lazy("When the bytes stay where they are: 64 hexadecimal digits."),
        error_messages={"invalid": gettext_lazy("Expected 64 hexadecimal digits.")},
    )  # fmt: skip

    def one_of(self, name: str) -> None:
        said = self.cleaned_data
        if bool(said.get(name)) == bool(said.get("digest")) and not self.errors:
            self.add_error(name, _("Give the file or its digest, one of the two."))


class VersionForm(_Upload):
    artefact = forms.FileField(label=gettext_lazy("Artefact"), required=False, max_length=200)
    declared = forms.BooleanField(
        label=gettext_lazy("The file is a declared model, which the server can score itself"), required=False
    )
    code_revision = forms.CharField(label=gettext_lazy("Code revision"), max_length=200)
    parameters = _list(gettext_lazy("Parameters"), gettext_lazy("One a line: name = value."), required=False, rows=3)
    training = _list(
        gettext_lazy("Trained on"),
        gettext_lazy("Dataset versions with commas between them, such as card-panel@1."),
        required=False,
        rows=1,
    )
    authors = _list(
        gettext_lazy("Authors"), gettext_lazy("Log-in addresses. You are one of them anyway."), required=False, rows=1
    )
    committers = _list(
        gettext_lazy("Committers since the last version"), gettext_lazy("E-mail addresses."), required=False, rows=1
    )
    protected_attributes = _list(
        gettext_lazy("Protected attributes"),
        gettext_lazy("Columns by which groups of people are compared."),
        required=False,
        rows=1,
    )
    field_order = ("artefact", "digest", "declared")

    def clean(self) -> None:
        super().clean()
        self.one_of("artefact")


class TermsForm(forms.Form):
    """Where data come from, and on what terms they may be used."""

    provenance = forms.CharField(
        label=gettext_lazy("Where it comes from"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    lawful_basis = forms.ChoiceField(
        label=gettext_lazy("Lawful basis"),
        choices=[(one, sentences.word(words.LAWFUL_BASES, one)) for one in LAWFUL_BASES],
    )
    consent = forms.BooleanField(label=gettext_lazy("People have consented"), required=False)
    consent_reference = forms.CharField(
        label=gettext_lazy("Where the consent is recorded"), max_length=1000, required=False
    )
    agreement = forms.CharField(label=gettext_lazy("Sharing agreement"), max_length=1000, required=False)
    agreement_until = date_field(gettext_lazy("The agreement ends on"))
    purposes = _list(
        gettext_lazy("Allowed purposes"),
        gettext_lazy("Label such as credit-scoring, with commas between them."),
        required=False,
        rows=1,
    )
    jurisdictions = _list(
        gettext_lazy("Where it may be used"), gettext_lazy("Country codes with commas between them."), rows=1
    )
    retained_until = date_field(gettext_lazy("Kept until"))
    personal_data = forms.BooleanField(label=gettext_lazy("It describes people"), required=False, initial=True)


class DatasetVersionForm(_Upload, TermsForm):
    file = forms.FileField(
        label=gettext_lazy("File"), required=False, max_length=200, help_text=gettext_lazy("Parquet or CSV.")
    )
    name = forms.CharField(label=gettext_lazy("File name"), max_length=200, required=False)
    rows = forms.IntegerField(label=gettext_lazy("Rows"), required=False, min_value=0, max_value=MOST_ROWS)
    columns = forms.CharField(
        label=gettext_lazy("Columns"), required=False, max_length=200_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Without an upload only. One a line: name: type."),
    )  # fmt: skip
    reference = forms.CharField(label=gettext_lazy("Where it lies"), max_length=1000, required=False)
    field_order = ("file", "digest", "name", "rows", "columns", "reference")

    def clean(self) -> None:
        super().clean()
        self.one_of("file")
        said = self.cleaned_data
        if said.get("digest") and not said.get("file"):
            for name in ("name", "rows"):
                if said.get(name) in (None, ""):
                    self.add_error(name, _("Needed where the file is not uploaded."))
