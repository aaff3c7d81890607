"""Contexts for erasing and for legal holds."""

from __future__ import annotations

from django import forms

from tests.browser.gallery.contexts.common import Context

_DIGEST = "9f2c" * 16
ERASURE: Context = {
    "erasures": [
        {
            "position": 412, "url": "/ledger-entry", "at": "2026-11-20T09:12:44.120000Z", "by": "Ines Keller", "what": "9 texts",
            "person": True, "basis": "The consent was withdrawn (GDPR 17(1)(b))", "reason": "Asked for in a letter of 12 November.",
        },
        {
            "position": 371, "url": "/ledger-entry", "at": "2026-10-02T16:01:03.000000Z", "by": "Ines Keller", "what": "1 file",
            "person": False, "basis": "It was processed unlawfully (GDPR 17(1)(d))", "reason": "",
        },
    ],
    "holds": [
        {"about": "Edda Roth", "since": "2026-11-01T08:00:00.000000Z", "reason": "The dispute about the card limits.", "lift_url": "/form"},
        {"about": "urn:consilience:0f9c2c1e-7d52-4a3f-9a74-6c1f6a0f2b11:system:0198c2d0-5a3e-7b21-8c44-1f0e9d2a7b66",
         "since": "2026-09-14T08:00:00.000000Z", "reason": "", "lift_url": ""},
    ],
    "erasers": [{"name": "Dana Schutz", "url": "/form"}, {"name": "Ines Keller", "url": "/form"}],
    "paging": {"text": "1 to 2 of 2", "newer": "", "older": ""},
    "actions": [
        {"label": "Place a legal hold", "url": "/form", "icon": "lock", "primary": False},
        {"label": "Erase something", "url": "/form", "icon": "ban", "primary": True},
    ],
    "no_right": "",
}  # fmt: skip
ERASURE_EMPTY: Context = ERASURE | {
    "erasures": [],
    "holds": [],
    "actions": [],
    "erasers": [],
    "no_right": "Erasing and holding takes the role “Data protection” or “Administrator” in the whole workspace.",
}


class What(forms.Form):
    person = forms.ChoiceField(label="A person", required=False, choices=[("", "Nobody"), ("1", "Eve Engel")])
    written = forms.BooleanField(label="Every text of theirs too: reasons, comments, proofs", required=False)
    texts = forms.CharField(
        label="Or texts", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Their commitments, as records show them: 64 digits, one a line.",
    )  # fmt: skip
    digests = forms.CharField(
        label="And files", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Their SHA-256 digests, one a line.",
    )  # fmt: skip


class Erase(forms.Form):
    basis = forms.ChoiceField(label="Ground", choices=[("a", "The consent was withdrawn (GDPR 17(1)(b))")])
    reason = forms.CharField(
        label="Reason", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="In a sentence, without names: it stays for whoever asks later why this is gone.",
    )  # fmt: skip
    sure = forms.BooleanField(label="I have looked at the list. I know that this cannot be undone.")
    seen = forms.CharField(widget=forms.HiddenInput)


ERASE_WHAT: Context = {"form": What(), "erasure_url": "/erasure", "found": None}
ERASE_FOUND: Context = ERASE_WHAT | {
    "found": [{"text": "Eve Engel said that she would look after it.", "held_by": "comment", "url": "/form"}]
}
ERASE: Context = {
    "title": "Erase Eve Engel", "count": "3 texts, 1 file", "log_in": True, "refused": "", "form": Erase(initial={"seen": _DIGEST}),
    "back_url": "/form", "erasure_url": "/erasure",
    "items": [
        {"is_file": False, "what": _DIGEST, "text": "Eve Engel", "held_by": "person", "size": 0},
        {"is_file": False, "what": _DIGEST, "text": "eve.engel@example.org", "held_by": "model-version, person", "size": 0},
        {"is_file": False, "what": _DIGEST, "text": "I cannot carry this: the limits for students were never tried on students, "
         "and I said so in the meeting of March and again in May.", "held_by": "sign-off", "size": 0},
        {"is_file": True, "what": _DIGEST, "text": "", "held_by": "", "size": 48_213},
    ],
}  # fmt: skip
ERASE_REFUSED: Context = ERASE | {
    "refused": "This person is active here. Deactivate them first; then erase what is kept of them."
}
