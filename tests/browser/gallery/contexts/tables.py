"""A decision table and its answer, the risk tier of a system, starter sets."""

from __future__ import annotations

from django import forms

from tests.browser.gallery.contexts.common import Context, at

TITLES = ("used for", "used in the EU", "people affected in a year")


def row(name: str, reason: str, level: str, *cells: str) -> Context:
    return {
        "id": name,
        "reason": reason,
        "cells": [{"title": title, "words": cell, "written": cell} for title, cell in zip(TITLES, cells, strict=True)],
        "gives": [{"title": "risk tier", "value": level}],
    }


TOLD: Context = {
    "title": "How risky a system is",
    "decides": "tier",
    "hit": "first",
    "url": "/table",
    "inputs": [{"title": title} for title in TITLES],
    "outputs": [{"title": "risk tier"}],
    "rows": [
        row("annex-iii", "The AI Act lists this use in Annex III.", "high", "credit scoring or hiring", "yes", "-"),
        row("many", "It draws on data of very many people.", "limited", "-", "-", "at least 100,000"),
    ],
    "default": row("default", "Nothing of the kind.", "minimal", "-", "-", "-"),
}
BECAUSE = [{"title": "used in the EU", "is": "no", "asked": "yes"}]


class Try(forms.Form):
    system = forms.ChoiceField(choices=[("", "None"), ("lending", "Lending")], required=False)
    in_0 = forms.ChoiceField(label="Used for", choices=[("", "Not known"), ("hiring", "hiring")], required=False)
    in_1 = forms.MultipleChoiceField(
        label="Its data",
        choices=[("a", "personal"), ("b", "health")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


TABLE_PAGE: Context = {
    "policy": {"name": "risk-tiering", "url": "/policy"},
    "policies_url": "/policies",
    "preview_url": "/table",
    "form": Try(),
    "table": TOLD,
    "answer": {
        "state": "value",
        "fired": [{"row": "many", "then": {"level": "limited"}, "reason": "It draws on data of very many people."}],
        "nearest": {"row": "annex-iii", "because": BECAUSE},
        "missed": [{"row": "annex-iii", "because": BECAUSE}],
    },
    "fired": ["many"],
    "possible": [],
    "open_titles": [],
    "problem": "",
}
TABLE_UNKNOWN: Context = TABLE_PAGE | {
    "answer": {"state": "unknown", "fired": [], "nearest": None, "missed": []},
    "fired": [],
    "possible": ["annex-iii", "default"],
    "open_titles": ["used for", "used in the EU"],
}
TIER_CHANGE: Context = {
    "was": "limited risk",
    "now": "high risk",
    "at": at(2),
    "because": ["people affected in a year: 900, now 120,000"],
}
TIER: Context = {
    "code": "high",
    "words": "",
    "level": "high risk",
    "computed": True,
    "stated": "limited risk",
    "differs": True,
    "reasons": ["The AI Act lists this use in Annex III."],
    "unknown": [],
    "possible": [],
    "table": {"label": "How risky a system is", "url": "/table"},
    "rows": "annex-iii",
    "change": TIER_CHANGE,
    "correct_url": "/form",
}
TIER_UNKNOWN: Context = TIER | {
    "code": "not_assessed",
    "words": "Risk not known",
    "differs": False,
    "reasons": [],
    "unknown": ["used for", "its data"],
    "possible": ["minimal risk", "high risk"],
    "rows": "",
    "change": None,
    "correct_url": "",
}
STARTER: Context = {
    "name": "Before framing ends", "text": "The problem is stated", "function": "Product", "asks": 4, "tables": 0, "state": "",
    "url": "", "propose_url": "/form",
}  # fmt: skip
STARTER_SETS: Context = {
    "sets": [
        {
            "name": "by-tier",
            "title": "By risk tier",
            "text": "Requirements before every stage.",
            "policies": [
                STARTER | {"name": "Risk tiers", "tables": 1, "state": "in_force", "url": "/policy", "propose_url": ""},
                STARTER,
            ],
        }
    ],
    "may_propose": True,
    "policies_url": "/policies",
    "no_right": "",
}
