"""The forms of erasing and of legal holds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from consilience.domains.content.erasure.rules import LONGEST_REASON, Asked, Basis
from consilience.surfaces.web.shared import lines

BASES: dict[str, Any] = {
    Basis.NOT_NEEDED: gettext_lazy("No longer needed for what it was collected for (GDPR 17(1)(a))"),
    Basis.CONSENT_WITHDRAWN: gettext_lazy("The consent was withdrawn (GDPR 17(1)(b))"),
    Basis.OBJECTION: gettext_lazy("The person objects, and nothing weighs more (GDPR 17(1)(c))"),
    Basis.UNLAWFUL: gettext_lazy("It was processed unlawfully (GDPR 17(1)(d))"),
    Basis.OBLIGATION: gettext_lazy("A law obliges us to erase it (GDPR 17(1)(e))"),
    Basis.CHILD: gettext_lazy("It was collected from a child (GDPR 17(1)(f))"),
    Basis.OTHER_LAW: gettext_lazy("Another law; the reason names it"),
}


class WhatForm(forms.Form):
    """First step: what would be erased. It is asked for by its address, so that the list can be looked at again."""

    person = forms.ChoiceField(label=gettext_lazy("A person"), required=False)
    written = forms.BooleanField(
        label=gettext_lazy("Every text of theirs too: reasons, comments, proofs"), required=False
    )
    words = forms.CharField(
        label=gettext_lazy("Or find texts by their words"), required=False, max_length=200,
        help_text=gettext_lazy("Such as a name: what others wrote of somebody. You choose among what is found."),
    )  # fmt: skip
    texts = forms.CharField(
        label=gettext_lazy("Or texts by their commitments"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Their commitments, 64 digits, one a line; a search gives them."),
    )  # fmt: skip
    digests = forms.CharField(
        label=gettext_lazy("And files"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Their SHA-256 digests, one a line."),
    )  # fmt: skip

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", gettext_lazy("Nobody")), *people]  # type: ignore[attr-defined]

    def asked(self) -> Asked:
        """What was asked for. BadInput where a person and texts are named together, or nothing."""
        said = self.cleaned_data
        return Asked(
            tuple(lines(said["texts"])), tuple(lines(said["digests"])), said["person"] or None, said["written"]
        )


def _reason() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("In a sentence, without names: it stays for whoever asks later why this is gone."),
    )  # fmt: skip


class EraseForm(forms.Form):
    """Second step: the ground, the reason, and that somebody has looked."""

    basis = forms.ChoiceField(label=gettext_lazy("Ground"), choices=list(BASES.items()))
    reason = _reason()
    sure = forms.BooleanField(label=gettext_lazy("I have looked at the list. I know that this cannot be undone."))
    seen = forms.CharField(widget=forms.HiddenInput)


class HoldForm(forms.Form):
    about = forms.CharField(
        label=gettext_lazy("What must stay"), max_length=160,
        help_text=gettext_lazy("The URN of a person, system or record, the digest of a text or file, or the word everything."),
    )  # fmt: skip
    reason = _reason()


class LiftForm(forms.Form):
    reason = _reason()
