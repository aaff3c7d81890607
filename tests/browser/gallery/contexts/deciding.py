"""What waits for a person, and the page on which a function decides."""

from __future__ import annotations

from datetime import date

from django import forms

from tests.browser.gallery.contexts.common import ENGINEERING, ETHICS, POLICY, Context, at, sha
from tests.browser.gallery.contexts.proving import PANEL
from tests.browser.gallery.contexts.release import RELEASE


def waiting(version: str, system: str, stage: str, verdict: str, **more: object) -> Context:
    return {
        "url": "/release",
        "action": "Decide for Ethics",
        "system": system,
        "version": version,
        "stage": stage,
        "verdict": verdict,
        "due_state": "",
        "function": ETHICS,
        "due": None,
        "changes": [],
        "note": "",
    } | more


DECISIONS: Context = {
    "functions": [ETHICS],
    "no_right": "",
    "groups": [
        {
            "title": "Look again",
            "hint": "You decided on these, and something that you answer for has changed since.",
            "items": [
                waiting(
                    "credit-limit v14",
                    "Retail credit limits",
                    "operation",
                    "stale",
                    changes=[
                        {"label": "Fairness on applications-2026q3", "old": "0.81 for 65 and older", "new": "0.74"},
                        {"label": "Limitations in the model card", "old": "", "new": "section 4"},
                    ],
                    due=date(2026, 11, 20),
                    due_state="overdue",
                )
            ],
        },
        {
            "title": "Decide",
            "hint": "",
            "items": [
                waiting(
                    "claims-triage v3",
                    "Motor claims",
                    "validation",
                    "waiting",
                    note="Proposed by Tomas Birk. All requirements of Ethics are met.",
                    due=date(2026, 11, 27),
                    due_state="soon",
                ),
                waiting(
                    "helpdesk-answers v2", "Customer help", "operation", "expired", note="Your approval of May ran out."
                ),
            ],
        },
    ],
    "recent": [
        {
            "url": "/release",
            "system": "Motor claims",
            "version": "claims-triage v2",
            "stage": "operation",
            "verdict": "approve",
        }
        | {"function": ETHICS, "at": at(11)},
        {"url": "/release", "system": "Hiring", "version": "cv-reader v1", "stage": "validation", "verdict": "object"}
        | {"function": ETHICS, "at": at(3)},
    ],
    "systems_url": "/systems",
}
DECISIONS_EMPTY: Context = DECISIONS | {"groups": [], "recent": []}
DECISIONS_NO_FUNCTION: Context = DECISIONS_EMPTY | {
    "functions": [],
    "no_right": "You hold no function yet, so nothing can wait for you. Ines Keller looks after people here.",
}


class Condition(forms.Form):
    text = forms.CharField(label="What must happen", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    owner = forms.CharField(label="Who does it", required=False)
    due_on = forms.DateField(label="By when", required=False, widget=forms.DateInput(attrs={"type": "date"}))


class SignOff(forms.Form):
    seen = forms.CharField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label="Decision",
        widget=forms.RadioSelect,
        choices=[
            ("approve", "Approve"),
            ("approve_with_conditions", "Approve with conditions"),
            ("object", "Object"),
            ("block", "Block"),
            ("abstain", "Abstain"),
        ],
    )
    reasons = forms.CharField(
        label="Reasons",
        widget=forms.Textarea,
        help_text="Everybody who works on this release reads them, and auditors do. Name no customer.",
    )
    expires_on = forms.DateField(
        label="Valid until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Leave it empty for as long as the content stays the same.",
    )


Conditions = forms.formset_factory(Condition, extra=3)
REFUSED = SignOff({"seen": sha("facet"), "verdict": "", "reasons": "", "expires_on": ""})
REFUSED.add_error(
    None, "The content changed while you were reading. Look at what is marked as changed and decide again."
)


class Way(forms.Form):
    way = forms.ChoiceField(
        label="How you sign",
        required=False,
        choices=[("key", "Passkey “Laptop”, of one device"), ("totp", "Password and one-time code")],
    )
    password = forms.CharField(label="Password", required=False, widget=forms.PasswordInput)
    code = forms.CharField(label="One-time code", required=False, help_text="The six digits of your app.")


PASSKEYS = {"key": {"label": "Laptop", "credential": "AAAA", "transports": "internal", "rp_id": "localhost"}}
NO_WAYS: Context = {"passkeys": {}, "chosen": False, "onetime": False, "keys_url": "/keys"}
SIGN_OFF: Context = {
    "instead_of": "",
    "release": RELEASE,
    "function": ETHICS,
    "policy": POLICY,
    "facet": {
        "digest": sha("facet"),
        "items": [
            {"label": label, "noun": noun, "digest": sha(label), "url": "/evidence", "change": change, "old": old}
            for label, noun, change, old in [
                ("Fairness on applications-2026q3", "evidence, bootstrap", "changed", "0.81 for 65 and older"),
                ("Impact assessment", "evidence, fundamental rights", "", ""),
                ("Red team of 2 November", "evidence, 41 prompts", "", ""),
                ("Limitations", "section of the model card", "new", ""),
            ]
        ],
    },
    "items": [
        {"state": "ok", "text": "It was attacked by people who did not build it: 41 prompts, 0 open."},
        {"state": "bad", "text": "65 and older: 0.74, interval 0.67 to 0.81. Asked: 0.80 or more."},
        {"state": "todo", "text": "The way to complain was not tested by users yet."},
    ],
    "proof": PANEL,
    "previous": {"verdict": "approve", "by": "Edda Roth", "at": at(3), "signed_with": "Signed with a synced passkey"},
    "signing": {
        "ways": {"passkeys": PASSKEYS, "chosen": True, "onetime": True, "keys_url": "/keys"},
        "form": Way(),
        "asked": {"verbs": ["review.signed_off"], "mentions": [], "texts": [], "fields": {}, "typed": {}},
    },
    "form": SignOff(initial={"seen": sha("facet"), "verdict": "approve_with_conditions"}),
    "conditions": Conditions(prefix="conditions"),
    "no_right": "",
    "cancel_url": "/release",
}
SIGN_OFF_REFUSED: Context = SIGN_OFF | {"form": REFUSED, "previous": None, "proof": None, "signing": {"ways": NO_WAYS}}
SIGN_OFF_OWN_WORK: Context = SIGN_OFF | {
    "function": ENGINEERING,
    "no_right": "You trained this version, and nobody decides on work of their own. Ola Nyman can decide for Engineering.",
}


class NewSystem(forms.Form):
    name = forms.CharField(label="Name", help_text="As people in the company call it.")
    purpose = forms.CharField(
        label="Purpose",
        widget=forms.Textarea,
        help_text="What it decides or proposes, for whom, and what happens then.",
    )
    owner = forms.EmailField(label="Owner", help_text="The person who answers for it.")
    stage = forms.ChoiceField(label="Where it stands", choices=[("framing", "Framing"), ("operation", "In operation")])
    jurisdictions = forms.MultipleChoiceField(
        label="Where it is used",
        widget=forms.CheckboxSelectMultiple,
        choices=[("DE", "Germany"), ("AT", "Austria"), ("NL", "Netherlands")],
    )
    document = forms.FileField(label="Description", required=False)
    personal = forms.BooleanField(label="It works with data about people", required=False)


FORM: Context = {
    "title": "Register a system",
    "lead": "A system is an AI in use for a purpose. Its risk and its requirements follow from what you say here.",
    "crumbs": [{"label": "Systems", "url": "/systems"}],
    "form": NewSystem(),
    "submit": "Register the system",
    "cancel_url": "/systems",
    "danger": False,
    "notice": {
        "tone": "info",
        "icon": "info",
        "head": "Not sure?",
        "text": "You can correct it later; both stay in the record.",
    },
    "no_right": "",
}
FORM_REFUSED: Context = FORM | {"form": NewSystem({"name": "", "owner": "mara"}), "notice": None}
FORM_NO_RIGHT: Context = FORM | {
    "notice": None,
    "no_right": "Systems are registered by Product. Paula Lind and Mara Osei can do it.",
}
