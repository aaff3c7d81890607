"""The forms by which somebody attaches evidence: its kind first, then the fields that the kind has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.evidence.rules import KindOf
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import figures
from consilience.surfaces.web.shared import date_field

LONG = ("document", "section", "text")
MAX_TEXT = 1_000_000


class KindForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What kind of evidence is it?"))

    def __init__(self, *args: Any, kinds: Sequence[KindOf], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = sorted(((one.slug, one.title) for one in kinds), key=lambda pair: pair[1].lower())
        self.fields["kind"].choices = listed  # type: ignore[attr-defined]


class RecordForm(forms.Form):
    """The fields of one kind, its method, a file, an end."""

    limit = settings.MAX_UPLOAD_BYTES

    def __init__(self, *args: Any, kind: KindOf, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if len(kind.methods) > 1:
            choices = [(one, sentences.word(words.METHODS, one)) for one in kind.methods]
            self.fields["method"] = forms.ChoiceField(label=_("Method"), choices=choices)
        for name, of in kind.fields.items():
            self.fields[f"field_{name}"] = _said(kind.slug, name, _field(name, of))
        self.fields["file"] = forms.FileField(
            label=_("File"), required=False, max_length=200,
            help_text=_("Kept byte for byte; at most %(mb)s MB.") % {"mb": self.limit // 2**20},
        )  # fmt: skip
        self.fields["personal"] = forms.BooleanField(
            label=_("The file holds personal data"), required=False,
            help_text=_("It is stored behind a random salt, so that nobody who sees the record can find out what it holds by guessing."),
        )  # fmt: skip
        self.fields["expires_on"] = date_field(_("Counts until"), help_text=_("Leave it empty if it does not expire."))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        said.setdefault("method", self.kind.methods[0])
        return said

    def fields_said(self) -> Mapping[str, Any]:
        """What was filled in, by field of the kind. An empty field says nothing."""
        given = {name: self.cleaned_data.get(f"field_{name}") for name in self.kind.fields}
        return {name: value for name, value in given.items() if value is not None and value != ""}


class JsonField(forms.CharField):
    """A field with parts of its own, as JSON."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            canonical.decode(text)  # strict: duplicate keys, NaN
            return json.loads(text)
        except BadInput as error:
            raise forms.ValidationError(error.problem) from error


def _said(kind: str, name: str, field: forms.Field) -> forms.Field:
    """The field with its own label and what to write, where its name alone would say too little."""
    if (kind, name) in words.FIELD_WORDS:
        field.label, field.help_text = words.FIELD_WORDS[kind, name]  # type: ignore[assignment]
    return field


def _field(name: str, of: Any) -> forms.Field:
    label = words.measure(name)
    if of == "string" and name in LONG:
        return forms.CharField(
            label=label, required=False, max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 10})
        )
    if of == "bool":
        choices = [("", figures.DASH), ("yes", _("Yes")), ("no", _("No"))]
        return forms.TypedChoiceField(
            label=label, required=False, choices=choices, coerce=lambda said: said == "yes", empty_value=None
        )
    if of == "int":
        return forms.IntegerField(
            label=label, required=False, min_value=-canonical.MAX_INTEGER, max_value=canonical.MAX_INTEGER
        )
    if of == "double":
        return forms.FloatField(label=label, required=False)
    if isinstance(of, str) and of != "figure":
        return forms.CharField(label=label, required=False, max_length=2000)
    help_text = _("As JSON, of this shape: %(shape)s") % {"shape": json.dumps(of)}
    return JsonField(label=label, required=False, max_length=MAX_TEXT, help_text=help_text)
