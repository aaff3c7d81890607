"""Invented people, moments and digests that the fixtures share. Nothing here was measured."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

Context = dict[str, Any]

ENGINEERING = {"code": "engineering", "name": "Engineering"}
PRODUCT = {"code": "product", "name": "Product"}
LEGAL = {"code": "legal", "name": "Legal"}
ETHICS = {"code": "ethics", "name": "Ethics"}

NOW = "2026-11-23T09:24:00.000000Z"
TODAY = date(2026, 11, 23)
SYSTEM = {"name": "Retail credit limits", "url": "/system"}
VERSION = {"label": "credit-limit v14", "url": "/version"}
POLICY = {"label": "Fairness floors, version 6", "url": "/policy"}


def at(day: int, hour: int = 9, minute: int = 41) -> str:
    """An instant in November 2026."""
    return f"2026-11-{day:02d}T{hour:02d}:{minute:02d}:07.120000Z"


def sha(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def acted(function: str, who: str, text: str, when: str, quote: str = "") -> Context:
    return {"function": function, "who": who, "text": text, "quote": quote, "at": when, "url": "/ledger-entry"}


LEDGER = {"position": 18204, "size": 18211, "verified": True, "url": "/ledger-entry"}
ACTIVITY = [
    acted(
        "ethics",
        "Edda Roth",
        "blocked this release",
        at(23, 9, 24),
        "0.74 for people over 65 is under our floor of 0.80, and the interval is too narrow for an accident of sampling.",
    ),
    acted("legal", "Lars Dahl", "took over for Ines Keller until 4 December", at(22, 15, 50)),
    acted("product", "Paula Lind", "approved with one condition", at(17)),
    acted("robot", "release-pipeline", "asked the gate and was told no", at(16, 14, 10)),
]

SHELL: Context = {
    "head": {"line": f"18211:{sha('head')}", "at": at(23)},
    "home_url": "/decisions",
    "nav": [
        {
            "title": "",
            "items": [
                {"label": "My decisions", "url": "/decisions", "icon": "inbox", "count": 3, "hot": True},
                {"label": "Systems", "url": "/systems", "icon": "cube", "count": 12},
                {"label": "Models", "url": "/models", "icon": "shield"},
                {"label": "Datasets", "url": "/datasets", "icon": "database"},
            ],
        },
        {
            "title": "Govern",
            "items": [
                {"label": "Policy library", "url": "/policies", "icon": "book"},
                {"label": "People", "url": "/people", "icon": "users"},
            ],
        },
        {"title": "Account for", "items": [{"label": "Record", "url": "/ledger", "icon": "lock"}]},
    ],
    "me": {
        "name": "Edda Roth",
        "note": "Ethics",
        "function": "ethics",
        "url": "/account-password-change",
        "logout_url": "/account-logout",
    },
}
