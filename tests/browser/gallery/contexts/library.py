"""Versions of a policy compared, and one requirement for those who have to live with it."""

from __future__ import annotations

from django import forms

from tests.browser.gallery.contexts.common import ETHICS, Context, at

_TOLD = [
    "Equal chances: threshold changed from 0.1 to 0.08, in “a.gaps.fpr.high <= 0.08”",
    "Added: What it is used for is stated",
]
_VERSIONS = [(1, "Version 1, from 2 Nov 2026"), (2, "Version 2, from 20 Nov 2026")]


class Versions(forms.Form):
    old = forms.TypedChoiceField(label="From", coerce=int, choices=_VERSIONS)
    new = forms.TypedChoiceField(label="To", coerce=int, choices=_VERSIONS)


def compared(told: list[str] | None, *, new: str = "2", one: bool = False) -> Context:
    return {
        "name": "Fair treatment", "form": Versions({"old": "1", "new": new}), "told": told, "one": one,
        "policy_url": "/policy", "policies_url": "/policies", "effect_url": "/policy-effect",
    }  # fmt: skip


COMPARE: Context = compared(_TOLD)
COMPARE_SAME: Context = compared([], one=True, new="1")
COMPARE_GONE: Context = compared(None, new="9")

REQUIREMENT: Context = {
    "requirement": {
        "code": "fair-treatment/equal-chance-for-good-payers", "severity": "block",
        "title": "Good payers have the same chance in every group",
        "why": "Whoever would have paid back should have the same chance, whoever they are.",
        "owner": ETHICS, "since": at(2), "scope": "Binds the line of business retail-banking.",
        "source": "Decision of the ethics board, 12 March 2026",
        "examples": [
            {"name": "exactly at the limit", "outcome": "satisfied",
             "sentence": "Between any two groups, refusals of good payers differ by at most 10 percentage points."},
            {"name": "age is just above it", "outcome": "unsatisfied",
             "sentence": "By age, refusals of good payers may differ by up to 10.1 percentage points; 10 is the limit."},
            {"name": "nobody measured", "outcome": "no_evidence", "sentence": "There is no current evaluation of this version."},
        ],
        "evidence": ["fairness_evaluation"], "may_loosen": ["Legal", "Ethics"], "waiver": "At most 90 days, by Legal and Ethics together",
        "expression": 'applies_if: release.stage == "operation"\n\nsatisfied_if: own_tests.all(f, f.attributes.all(a, a.gaps.fpr.high <= 0.1))',
    },
    "obligations": [{"label": "Data and data governance (aia-10)", "url": "/obligation"}, {"label": "house-7, which no pack explains", "url": ""}],
    "tightens": {"label": "fairness/floors", "url": "/requirement"},
    "template": {"label": "fairness-gap", "url": "/requirement-template"},
    "story": [
        {"version": 2, "begins": at(20), "told": _TOLD[:1]},
        {"version": 1, "begins": at(2), "told": []},
    ],
    "seen": [
        {"name": "lending/credit-limit@14", "stage": "operation", "outcome": outcome, "sentence": sentence, "url": "/release"}
        for outcome, sentence in (
            ("satisfied", "Between any two groups, refusals of good payers differ by at most 6.2 percentage points."),
            ("waived", "Set aside for this system by Small portfolios: Our cases are few."),
        )
    ],
    "policy": {"name": "Fair treatment", "url": "/policy"}, "policies_url": "/policies", "live_url": "/standings",
}  # fmt: skip
REQUIREMENT_NEW: Context = REQUIREMENT | {
    "requirement": REQUIREMENT["requirement"]
    | {"severity": "warn", "scope": "", "evidence": [], "may_loosen": [], "waiver": ""},
    "obligations": [], "tightens": None, "template": None, "seen": [], "story": REQUIREMENT["story"][1:],
}  # fmt: skip
