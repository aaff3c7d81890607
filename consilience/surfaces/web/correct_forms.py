"""The forms of corrections: what is registered, filled in, and since when the correction holds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from consilience.surfaces.web.register_forms import InSystemsForm, SystemForm, TermsForm


class CorrectionForm(forms.Form):
    """What every correction says. The name in addresses stays, so no form asks for it."""

    since = forms.ChoiceField(
        label=gettext_lazy("Since when it is so"), widget=forms.RadioSelect, initial="now",
        choices=[
            ("now", gettext_lazy("It changed just now")),
            ("start", gettext_lazy("It was wrong from the start: decisions of the past are shown with it")),
        ],
    )  # fmt: skip
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    """Digest of the registration that the page showed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("slug", None)

    def how(self) -> dict[str, Any]:
        """Since when the correction holds, and what its author had before them."""
        return {"wrong_from_the_start": self.cleaned_data["since"] == "start", "seen": self.cleaned_data["seen"]}

    def facts(self) -> dict[str, Any]:
        """Everything else that was said."""
        return {name: value for name, value in self.cleaned_data.items() if name not in CorrectionForm.base_fields}


class SystemCorrectionForm(CorrectionForm, SystemForm):
    """A system as it is registered."""


class NamedCorrectionForm(CorrectionForm, InSystemsForm):
    """A model or a dataset as it is registered."""


class TermsCorrectionForm(CorrectionForm, TermsForm):
    """The terms of data as they are registered."""


class WithdrawalForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What is wrong with it. Register the right one as the next version."),
    )  # fmt: skip
