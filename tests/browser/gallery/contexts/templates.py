"""Requirement templates: the list, one as a form, and what it would say."""

from __future__ import annotations

from django import forms

from tests.browser.gallery.contexts.common import Context
from tests.browser.gallery.contexts.inventory import NO_FILTER
from tests.browser.gallery.contexts.strained import HOSTILE, LONG, strain


def card(title: str, about: str, owner: str) -> Context:
    return {
        "id": title.lower().replace(" ", "-"),
        "url": "/requirement-template",
        "title": title,
        "about": about,
        "owner": owner,
    }


GAP = card(
    "Groups are treated alike",
    "Between any two groups of a protected attribute a rate differs by at most so much, with its interval.",
    "Ethics",
)
GROUPS = [
    ("Fairness", [GAP, card("Every group is large enough", "No group is judged by a handful of rows.", "Ethics")]),
    ("Data", [card("Sharing agreements still run", "Every agreement runs for at least so many days more.", "Legal")]),
]
TEMPLATES: Context = {"groups": GROUPS, "policies_url": "/policies", "filter": NO_FILTER}
TEMPLATES_EMPTY: Context = TEMPLATES | {
    "groups": [], "filter": {"text": "whales", "active": True, "clear_url": "/requirement-templates"},
}  # fmt: skip
TEMPLATES_STRAINED: Context = TEMPLATES | {
    "groups": [(f"{title} {LONG}", strain(found) * 8) for title, found in GROUPS],
    "filter": {"text": LONG, "active": True, "clear_url": "/requirement-templates"},
}


class Blanks(forms.Form):
    measure = forms.ChoiceField(label="Rate that is compared", choices=[("fpr", "Good payers who are refused")])
    attributes = forms.CharField(
        label="Protected attributes", help_text="With commas between them.", initial="sex, age"
    )
    most = forms.FloatField(
        label="Largest difference",
        min_value=0,
        max_value=1,
        initial=0.08,
        help_text="As a share: 0.08 is 8 percentage points.",
    )
    stages = forms.MultipleChoiceField(
        label="Asked before", choices=[("validation", "Validation"), ("operation", "Operation")],
        initial=["operation"], widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


class Place(forms.Form):
    add_to = forms.ChoiceField(
        label="Where it goes", required=False, choices=[("floors", "Fairness floors"), ("", "A new policy")], initial="",
        help_text="In a policy that has a requirement of this name it takes that one's place.",
    )  # fmt: skip
    title = forms.CharField(label="Title of the new policy", required=False)
    slug = forms.CharField(label="Name of the new policy in addresses", required=False)
    owner = forms.ChoiceField(label="Function that owns the new policy", choices=[("ethics", "Ethics")], required=False)


def refused() -> Blanks:
    return Blanks({"measure": "fpr", "attributes": "", "most": "8", "stages": []})


PREVIEW: Context = {
    "problem": "",
    "title": "By sex and age, refusals of good payers differ by at most 8 percentage points",
    "why": "Whoever would have paid back should have the same chance, whoever they are.",
    "expression": 'applies_if: release.stage in ["operation"]\n\nsatisfied_if: evidence.fairness_evaluation.all(e, e.gap.high <= 0.08)',
    "yaml": "id: equal-chance\ntitle: {en: Equal chance}\nowner: ethics\nseverity: block\n",
    "examples": 7,
    "sentences": [
        ("satisfied", "By sex and age, refusals of good payers differ by at most 8 percentage points."),
        ("unsatisfied", "By sex, refusals may differ by up to 8.4 percentage points; 8 is the limit."),
        ("no_evidence", "Nobody measured fairness by age."),
        ("not_applicable", "This is asked before operation."),
    ],
    "verdicts": [
        {"url": "/release", "label": "credit-limit@14", "stage": "operation", "outcome": "unsatisfied",
         "sentence": "By age, refusals may differ by up to 9.1 percentage points; 8 is the limit."},
        {"url": "/release", "label": "churn@3", "stage": "validation", "outcome": "not_applicable",
         "sentence": "This is asked before operation."},
    ],
}  # fmt: skip
TEMPLATE: Context = {
    "template": GAP, "form": Blanks(), "place": Place(), "preview": PREVIEW, "preview_url": "/requirement-template",
    "templates_url": "/requirement-templates", "policies_url": "/policies", "no_right": "",
}  # fmt: skip
TEMPLATE_REFUSED: Context = TEMPLATE | {
    "form": refused(), "preview": {"problem": "Protected attributes: This field is required. Largest difference: at most 1."},
}  # fmt: skip
TEMPLATE_NO_RIGHT: Context = TEMPLATE | {
    "place": None, "preview": PREVIEW | {"verdicts": []},
    "no_right": "You can try it here. Engineers and reviewers propose policies.",
}  # fmt: skip
STRAINED_PREVIEW = strain({name: PREVIEW[name] for name in ("title", "why", "expression", "yaml", "problem")})
TEMPLATE_STRAINED: Context = TEMPLATE | {
    "template": strain(GAP),
    "preview": PREVIEW | STRAINED_PREVIEW | {
        "sentences": [(code, f"{said} {HOSTILE} {LONG}") for code, said in PREVIEW["sentences"]],
        "verdicts": [one | {"label": LONG, "sentence": f"{one['sentence']} {LONG}"} for one in PREVIEW["verdicts"]] * 20,
    },
}  # fmt: skip
