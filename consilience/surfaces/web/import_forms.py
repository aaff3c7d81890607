"""The form of an import: the file, how to read it, and what holds for rows that say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.inventory.importing.columns import FIELDS, Asked, Mapped
from consilience.surfaces import import_words

if TYPE_CHECKING:
    from consilience.surfaces.web.shared import Label


def _line(label: Label, help_text: Label = "", **said: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=500, **said)


class ImportForm(forms.Form):
    limit = 64 * 2**20
    file = forms.FileField(
        label=gettext_lazy("Excel or CSV file"), required=False, max_length=200,
        help_text=gettext_lazy("One row for each version of a model in a system, headings above. Nothing is registered before you have seen what it says."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.tsv,.txt"}),
    )  # fmt: skip
    upload = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    sheet = _line(gettext_lazy("Sheet"), gettext_lazy("Where the file has several; else the first with rows."))
    owner = _line(gettext_lazy("Owner where a row names none"), gettext_lazy("Log-in address, or “me”."), initial="me")
    jurisdictions = _line(
        gettext_lazy("Countries where a row names none"),
        gettext_lazy("Codes with commas between them, such as DE, FR."),
    )
    purpose = _line(
        gettext_lazy("Purpose where a row names none"),
        gettext_lazy("Such as credit-scoring; else the name of the system."),
    )
    tier = forms.ChoiceField(
        label=gettext_lazy("Risk where a row names none"), required=False,
        choices=[("high", gettext_lazy("High risk")), ("limited", gettext_lazy("Limited risk")), ("minimal", gettext_lazy("Minimal risk"))],
    )  # fmt: skip
    shared = forms.BooleanField(
        label=gettext_lazy("One model name in two systems is one model that serves both"), required=False
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.digest = self.name = self.ticket = ""
        for name in FIELDS if self.is_bound else ():
            self.fields[f"column_{name}"] = _line(str(import_words.FIELDS[name]))

    def clean(self) -> None:
        super().clean()
        said = self.cleaned_data
        if not said.get("file") and not said.get("upload") and not self.errors:
            self.add_error("file", _("Choose the file."))
        if said.get("file") and said["file"].size > self.limit:
            self.add_error("file", _("This file is larger than 64 MB."))

    def asked(self) -> Asked:
        """How the file is to be read. A new file is read by its headings, whatever an earlier one was read by."""
        said = self.cleaned_data
        columns = {} if said["file"] else {
            name: said[f"column_{name}"] for name in FIELDS if f"column_{name}" in self.data
        }  # fmt: skip
        defaults = {name: said[name] for name in ("owner", "jurisdictions", "purpose", "tier") if said[name]}
        return Asked(said["sheet"] or None, columns, defaults, said["shared"])

    def again(self, mapped: Mapped) -> ImportForm:
        """The same form for another look: the file is kept, each field has the headings to choose from."""
        said = self.cleaned_data
        values = {name: said[name] for name in ("sheet", "owner", "jurisdictions", "purpose", "tier", "shared")}
        values |= {f"column_{name}": mapped.heading(name) for name in FIELDS} | {"upload": self.ticket}
        form = ImportForm(initial=values)
        del form.fields["file"]
        choices = [("", _("not in the file")), *((one, one) for one in dict.fromkeys(mapped.headings) if one)]
        for name in FIELDS:
            form.fields[f"column_{name}"] = _line(str(import_words.FIELDS[name]), widget=forms.Select(choices=choices))
        return form

    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("column_")]

    def others(self) -> list[forms.BoundField]:
        return [one for one in self.visible_fields() if not one.name.startswith("column_")]
