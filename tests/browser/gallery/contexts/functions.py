"""The four cards of a gate, in three states."""

from __future__ import annotations

from datetime import date

from tests.browser.gallery.contexts.common import Context


def card(code: str, name: str, holder: str, standing: str, items: list[tuple[str, str]], foot: str) -> Context:
    return {
        "code": code,
        "name": name,
        "holder": holder,
        "standing": standing,
        "words": "",
        "foot": foot,
        "signed_with": "Signed with a passkey of one device"
        if standing in ("approve", "approve_with_conditions")
        else "",
        "no_right": "",
        "you": False,
        "due": None,
        "due_state": "",
        "items": [{"state": state, "text": text} for state, text in items],
        "stale": [],
        "action": None,
    }


ENGINEERING = card(
    "engineering",
    "Engineering",
    "Tomas Birk",
    "stale",
    [
        ("ok", "Architecture and rollback plan"),
        ("ok", "Load test, p99 38 ms"),
        ("ok", "Training run reproduced"),
    ],
    "Approved 16 Nov 2026, 15:02, with password.",
) | {
    "stale": [
        {"label": "Rollback plan", "old": "plan 3", "new": "plan 4"},
        {"label": "Load test", "old": "", "new": "p99 38 ms"},
    ],
    "due": date(2026, 11, 27),
}
PRODUCT = card(
    "product",
    "Product",
    "Paula Lind",
    "approve_with_conditions",
    [("ok", "User impact described"), ("ok", "Pilot in 2 markets"), ("todo", "Letter tested, due 30 Nov")],
    "17 Nov 2026, 10:41, with password.",
) | {"words": "1 condition"}
LEGAL = card(
    "legal",
    "Legal",
    "Lars Dahl for Ines Keller",
    "waiting",
    [
        ("ok", "Impact assessment up to date"),
        ("ok", "Lawful basis confirmed"),
        ("todo", "Bureau licence beyond January"),
        ("na", "Rules on biometric data"),
    ],
    "Asked on 19 Nov 2026,",
) | {"due": date(2026, 11, 25), "due_state": "soon"}
ETHICS = card(
    "ethics",
    "Ethics",
    "Edda Roth",
    "block",
    [
        ("ok", "Red-team prompts run"),
        ("bad", "Age 65 and older below the agreed floor"),
        ("todo", "Redress tested by users"),
    ],
    "23 Nov 2026, 10:24, with password.",
) | {"you": True, "action": {"label": "Record the decision of Ethics", "url": "/signoff"}}

FUNCTIONS = [ENGINEERING, PRODUCT, LEGAL, ETHICS]
FUNCTIONS_NEW = [
    item
    | {
        "standing": "waiting",
        "words": "",
        "items": [],
        "stale": [],
        "foot": "Nothing to decide on yet.",
        "due": None,
        "you": False,
        "action": None,
        "holder": "nobody yet" if item is LEGAL else item["holder"],
        "no_right": "You do not hold this function." if item is ETHICS else "",
    }
    for item in FUNCTIONS
]
FUNCTIONS_AGREED = [
    item
    | {
        "standing": "approve",
        "words": "",
        "stale": [],
        "items": [{"state": "ok", "text": found["text"]} for found in item["items"] if found["state"] != "na"],
        "foot": "23 Nov 2026, 10:24, with password.",
        "due": None,
        "action": None,
    }
    for item in FUNCTIONS
]
