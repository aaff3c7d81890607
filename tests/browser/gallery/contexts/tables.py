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
SET = {
    "name": "hiring", "title": "Hiring", "url": "/starter-set", "count": 7, "worked": True,
    "text": "A bias audit within a year, notice before use, four fifths in every group, and a person who can overrule.",
}  # fmt: skip
STARTER_SETS: Context = {
    "sets": [SET, SET | {"name": "by-tier", "title": "By risk tier", "count": 1, "worked": False}],
    "policies_url": "/policies",
}
STARTER: Context = {
    "name": "Hiring: equal treatment", "code": "hiring-ethics", "function": {"code": "ethics", "name": "Ethics"}, "tables": 0,
    "state": "", "differs": False, "url": "", "propose_url": "/form",
    "requirements": [
        {
            "title": "Every group is selected at least 80% as often as any other", "severity": "block",
            "why": "Four fifths is what agencies and courts in the United States look at first.",
            "source": "29 CFR 1607.4(D): four fifths of the highest group's rate.", "obligations": ["ugesp", "nyc-ll144"],
            "stages": ["validation", "operation"],
        }
    ],
}  # fmt: skip
WORKED: Context = {
    "passes": True, "title": "A hotel group ranks applications", "wrong": [],
    "text": "A hotel group ranks applications for its reception desks; recruiters may call anybody.",
    "stages": [
        {"stage": "framing", "state": "allowed", "tier": "high", "open": False, "outcomes": [
            {"title": "Approved by product", "code": "hiring-product/approval-of-product", "outcome": "satisfied",
             "sentence": "Approved by product on exactly this content."},
        ]},
    ],
}  # fmt: skip
REFUSED: Context = WORKED | {
    "passes": False, "title": "A ranking that nobody announced", "wrong": ["Candidates were told on the day it began."],
    "stages": [
        {"stage": "operation", "state": "blocked", "tier": "high", "open": True, "outcomes": [
            {"title": "Candidates are told two weeks before it is used", "code": "hiring-audit/candidates-told",
             "outcome": "unsatisfied",
             "sentence": "No current notice was published 14 days before use; the nearest says 0."},
        ]},
    ],
}  # fmt: skip
STARTER_SET: Context = {
    "set": SET,
    "policies": [
        STARTER | {"name": "Risk tiers", "code": "risk-tiering", "tables": 1, "state": "in_force", "differs": True,
                   "url": "/policy", "propose_url": "", "requirements": []},
        STARTER,
    ],
    "worked": [WORKED, REFUSED],
    "missing": 1,
    "may_propose": True,
    "propose_all_url": "/form",
    "policies_url": "/policies",
    "sets_url": "/starter-sets",
    "no_right": "",
}  # fmt: skip
