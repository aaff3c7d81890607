"""The forms by which somebody has evidence computed from what the server holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.evidence.rules import KindOf
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import read_yaml
from consilience.measure.samples.populations import read_population
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.shared import date_field, lines

Choices = Sequence[tuple[str, str]]
MAX_CONTRACT = 1_000_000
COLUMN = 500
STORED = "stored"


class WhatForm(forms.Form):
    what = forms.ChoiceField(label=gettext_lazy("What should the server compute?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = choices  # type: ignore[attr-defined]


class ComputeForm(forms.Form):
    """The data, which the server holds, and the method; each kind adds its own fields."""

    dataset = forms.ChoiceField(label=gettext_lazy("Data"))

    def __init__(self, *args: Any, kind: KindOf, datasets: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["dataset"].choices = datasets  # type: ignore[attr-defined]
        if len(kind.methods) > 1:
            choices = [(one, sentences.word(words.METHODS, one)) for one in kind.methods]
            self.fields["method"] = forms.ChoiceField(label=_("Method"), choices=choices)

    def said(self) -> dict[str, Any]:
        """Arguments for the action: what was filled in."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {"method": self.kind.methods[0], **given}


class DriftForm(ComputeForm):
    """Rows of now against those of a reference."""

    def __init__(self, *args: Any, datasets: Choices, stored: str, **kwargs: Any) -> None:
        super().__init__(*args, datasets=datasets, **kwargs)
        self.fields["dataset"].label = _("Rows of now")
        choices = [*([(STORED, _("The reference that is stored for this version"))] if stored else []), *datasets]
        self.fields["reference_dataset"] = forms.ChoiceField(
            label=_("Compared with"), choices=choices, help_text=_("The training rows, or an earlier period.")
        )
        self.fields["columns"] = columns(_("Only these columns"), _("All, if it is empty. One a line, or with commas."))
        self.fields["without"] = columns(_("Without these columns"), _("Such as identifiers."))
        self.order_fields(["dataset", "reference_dataset"])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if "dataset" in said and said["dataset"] == said.get("reference_dataset"):
            self.add_error("reference_dataset", _("These are the same rows; choose others to compare them with."))
        return said

    def said(self) -> dict[str, Any]:
        made = super().said()
        if made["reference_dataset"] == STORED:
            made.pop("reference_dataset")
        return made | {name: lines(made.get(name, "")) for name in ("columns", "without")}


class ProfileForm(ComputeForm):
    """What each column of some data holds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["columns"] = columns(_("Only these columns"), _("All, if it is empty. One a line, or with commas."))
        self.fields["without"] = columns(_("Without these columns"), _("Such as identifiers."))

    def said(self) -> dict[str, Any]:
        made = super().said()
        made.pop("method")
        return made | {name: lines(made.get(name, "")) for name in ("columns", "without")}


class ReferenceForm(ProfileForm):
    """The profile from which everything later is measured; another takes its place only with a reason."""

    def __init__(self, *args: Any, stored: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset"].help_text = _("The rows that the version was trained on, or those it was accepted on.")
        if stored:
            self.fields["reason"] = forms.CharField(
                label=_("Why another reference"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_("This version has a reference (%(digest)s…). The new one takes its place, and this is recorded.")
                % {"digest": stored[:12]},
            )  # fmt: skip


class PopulationForm(ComputeForm):
    """Data held against what is stated of the population."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["population"] = forms.CharField(
            label=_("Population"), max_length=MAX_CONTRACT, widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
            help_text=_("For each column the share, or the count, of each group: sex: {f: 0.51, m: 0.49}"),
        )  # fmt: skip
        self.fields["people"] = column(_("Column that says whom a row is of"), _("Where rows repeat people."))

    def clean_population(self) -> dict[str, dict[str, float]]:
        try:
            return read_population(read_yaml(self.cleaned_data["population"], _("population"))[0], _("population"))
        except BadInput as error:
            raise forms.ValidationError(str(error)) from error

    def said(self) -> dict[str, Any]:
        made = super().said()
        made.pop("method")
        return {"people": None, **made}


class SyntheticForm(ProfileForm):
    """Synthetic rows, those they were made from, and real rows that took no part."""

    def __init__(self, *args: Any, datasets: Choices, **kwargs: Any) -> None:
        super().__init__(*args, datasets=datasets, **kwargs)
        self.fields["dataset"].label = _("Synthetic rows")
        self.fields["training_dataset"] = forms.ChoiceField(
            label=_("Real rows that they were made from"), choices=datasets
        )
        self.fields["held_out_dataset"] = forms.ChoiceField(label=_("Real rows that took no part"), choices=datasets)
        self.fields["label"] = column(
            _("Column of what came true"), _("Adds how useful they are for training. Two classes.")
        )
        self.fields["positive"] = column(_("Positive class"), _("Only where the classes are not 0 and 1."))
        self.order_fields(["dataset", "training_dataset", "held_out_dataset", "label", "positive"])

    def said(self) -> dict[str, Any]:
        made = super().said()
        return made | {"columns": made["columns"] or None}


class ComparisonForm(ComputeForm):
    """A version against a baseline: both artefacts scored, or two columns of scores or predictions."""

    def __init__(self, *args: Any, versions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["baseline"] = forms.ChoiceField(label=_("Baseline"), choices=versions)
        self.fields["label"] = column(_("Column of what came true"), required=True)
        self.fields["positive"] = column(_("Positive class"), _("Only where the classes are not 0 and 1."))
        hint = _("Leave both columns of scores empty to have both artefacts scored here.")
        self.fields["score"] = column(_("Column with the baseline's scores"), hint)
        self.fields["score_other"] = column(_("Column with this version's scores"))
        self.order_fields(["dataset", "baseline"])
        self.fields["threshold"] = forms.FloatField(
            label=_("Predicted positive from this score on"), min_value=0, max_value=1, required=False,
            help_text=_("0.5 is never assumed."),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if bool(said.get("score")) != bool(said.get("score_other")):
            raise forms.ValidationError(_("Name both columns of scores, or neither."))
        if said.get("threshold") is not None and not said.get("score"):
            raise forms.ValidationError(_("The artefacts have thresholds of their own; leave this one empty."))
        return said

    @property
    def from_artefacts(self) -> bool:
        return not self.cleaned_data["score"]


class ValidationForm(ComputeForm):
    """Data held to a contract."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contract"] = forms.CharField(
            label=_("Contract"), max_length=MAX_CONTRACT, widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
            help_text=_("The text of its file; `consilience validate FILE --learn` begins one."),
        )  # fmt: skip
        self.fields["as_of"] = date_field(_("Ages are counted to"), help_text=_("Now, if it is empty."))

    def said(self) -> dict[str, Any]:
        made = super().said()
        made.pop("method")
        return {"as_of": None, **made}


def column(label: str, help_text: str = "", *, required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=COLUMN)


def columns(label: str, help_text: str) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=100_000, widget=widget)
