"""The record, the policy library, people and their tokens."""

from __future__ import annotations

import json

from tests.browser.gallery.contexts import tables
from tests.browser.gallery.contexts.common import ENGINEERING, ETHICS, LEGAL, PRODUCT, Context, at, sha
from tests.browser.gallery.contexts.proving import PANEL, PANEL_BROKEN
from tests.browser.gallery.contexts.standings import OF_PROPOSAL

ACTS = [
    ("ethics", "Edda Roth", "review.signed_off", "blocked credit-limit v14", "password"),
    ("robot", "ml-pipeline", "evidence.recorded", "recorded fairness of credit-limit v14", "token"),
    ("legal", "Ines Keller", "policy.published", "published Fairness floors, version 6", "password"),
    ("system", "operator", "ledger.checkpointed", "signed a checkpoint of 18,200 entries", "operator"),
]
ENTRIES = [
    {
        "position": 18211 - number,
        "at": at(23 - number),
        "actor": actor,
        "function": function,
        "verb": verb,
        "sentence": sentence,
        "authenticated_by": means,
        "url": "/ledger-entry",
        "subjects": [{"label": "credit-limit v14", "url": "/version"}, {"label": "sign-off 0198c2", "url": ""}],
    }
    for number, (function, actor, verb, sentence, means) in enumerate(ACTS)
]
CHECKPOINT = {
    "origin": "consilience.example/0f9c2b1e-7a44-4c1d-9a52-6f8f1f0b3c77",
    "root": sha("root"),
    "size": 18211,
    "at": at(23, 9, 30),
    "verified": True,
    "text": "All 18,211 entries were hashed again today and give this root.",
    "url": "/evidence.json",
}
LEDGER_PAGE: Context = {
    "checkpoint": CHECKPOINT,
    "filter": {
        "verb": "review.signed_off",
        "actor": "",
        "object": "",
        "system": "card-limits",
        "since": "",
        "until": "2026-11-23",
        "entry": "",
        "problem": "",
        "systems": [{"value": "card-limits", "label": "Card limits"}],
        "verbs": [
            {"value": "review.signed_off", "label": "Decision of a function"},
            {"value": "evidence.recorded", "label": "Evidence recorded"},
        ],
        "active": True,
        "clear_url": "/ledger",
    },
    "entries": ENTRIES,
    "proves_url": "/what-it-proves",
    "archives_url": "/archives",
    "paging": {"text": "50 entries on a page", "newer": "", "older": "?before=18161"},
}
LEDGER_EMPTY: Context = LEDGER_PAGE | {
    "checkpoint": None,
    "filter": {
        "verb": "",
        "actor": "",
        "object": "",
        "system": "",
        "since": "",
        "until": "",
        "entry": "99999",
        "systems": [],
        "verbs": [],
        "problem": "There is no such entry yet.",
        "active": False,
        "clear_url": "/ledger",
    },  # fmt: skip
    "entries": [],
    "paging": {"text": "", "newer": "", "older": ""},
}
WITNESSES: Context = {
    "size": 18204,
    "quorum": {"label": "Reached", "tone": "ok", "icon": "check", "at": at(23),
               "text": "2 of office, partner, group must have cosigned. They cosigned a head over 18202 entries; 2 entries since then are vouched for by the log alone."},
    "witnesses": [
        {"name": "office", "who": "auditor.example/office", "key": "auditor.example/office+0123abcd+BG", "where": "by file",
         "size": 18000, "at": at(21), "behind": 204, "outcome": "By file", "tone": "", "icon": "", "asked_at": None},
        {"name": "partner", "who": "partner.example/w1", "key": "partner.example/w1+4567cdef+BG", "where": "https://witness.partner.example",
         "size": 18202, "at": at(23), "behind": 2, "outcome": "Cosigned", "tone": "ok", "icon": "check", "asked_at": at(23)},
        {"name": "group", "who": "group.example/w1", "key": "group.example/w1+89ab0123+BG", "where": "https://witness.group.example",
         "size": None, "at": None, "behind": None, "outcome": "Refused: another history", "tone": "bad", "icon": "alert", "asked_at": at(23)},
    ],
    "alarms": [{"tone": "bad", "icon": "alert", "head": "group has seen another history of this record.",
                "text": "What it cosigned before is not the beginning of the record as it is here."}],
    "stamps": [{"size": 18000, "at": at(21), "authority": "CN=Example time-stamping", "holds": True}],
    "policy": "witness office auditor.example/office+0123abcd+BG\nquorum office\n",
    "log_key": "consilience/log/0192f0c1-6a7e-7aaa-8bbb-0123456789ab+b5f2d1c9+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
    "set_url": "/ledger/witnesses/policy",
    "ledger_url": "/ledger",
}  # fmt: skip
WITNESSES_EMPTY: Context = WITNESSES | {"quorum": None, "witnesses": [], "alarms": [], "stamps": [], "policy": ""}
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "predicate": {"actor": "urn:consilience:0f9c:person:0198", "at": at(23), "verb": "review.signed_off"},
    "predicateType": "urn:consilience:act:1",
    "subject": [{"digest": {"sha256": sha("sign-off")}, "name": "urn:consilience:0f9c:signoff:0198c2:1"}],
}
LEDGER_ENTRY: Context = {
    "entry": ENTRIES[0]
    | {
        "bytes": 1284,
        "pretty": json.dumps(STATEMENT, indent=2),
        "leaf_hash": sha("leaf"),
        "download_url": "/evidence.json",
        "subjects": [
            {
                "label": "Decision of Ethics",
                "urn": "urn:consilience:0f9c2b1e-7a44-4c1d-9a52-6f8f1f0b3c77:signoff:0198c2a4-1111-7abc-8def-001122334455:1",
                "digest": sha("sign-off"),
                "url": "/release",
                "body": json.dumps({"verdict": "block"}, indent=2),
                "cut": True,
                "fits": False,
            }
        ],
    },
    "proof": {
        "url": "/ledger/entry.tlog-proof",
        "size": 18211,
        "root": sha("root"),
        "path": [
            {"side": "left", "hash": sha("a")},
            {"side": "right", "hash": sha("b")},
            {"side": "left", "hash": sha("c")},
        ],
        "verified": True,
        "text": "Hashing this entry with these neighbours gives the root of the checkpoint, so it stands in it unchanged.",
    },
    "panel": PANEL,
    "newer_url": "",
    "older_url": "/ledger-entry",
    "ledger_url": "/ledger",
}

GRANTS: list[Context] = [
    {"action": "decide for Ethics", "scope": "in all systems", "until": None},
    {"action": "propose releases", "scope": "in Retail credit limits", "until": "2027-03-31T22:00:00.000000Z"},
]
PEOPLE: Context = {
    "functions": [
        ENGINEERING | {"mandate": "Architecture and readiness to run", "people": ["Tomas Birk", "Ola Nyman"]},
        PRODUCT | {"mandate": "Impact on users, and whether it fits the market", "people": ["Paula Lind"]},
        LEGAL | {"mandate": "Obligations, consent, agreements, privacy", "people": ["Ines Keller", "Lars Dahl"]},
        ETHICS | {"mandate": "Fairness and what it does to society", "people": []},
    ],
    "people": [
        {"name": "Edda Roth", "email": "edda.roth@example.org", "url": "/form", "function": "ethics"}
        | {"functions": [ETHICS], "grants": GRANTS, "active": True},
        {"name": "Jan", "email": "jan@example.org", "url": "/form", "function": ""}
        | {"functions": [], "grants": [], "active": False},
    ],
    "robots": [
        {
            "name": "ml-pipeline",
            "purpose": "Registers versions and records evidence",
            "owner": "Tomas Birk",
            "url": "/form",
        }
        | {"grants": [{"action": "record evidence", "scope": "in Retail credit limits", "until": None}]}
        | {
            "tokens": [
                {"name": "ci-2026", "state": "active", "expires_at": at(30), "used_at": at(23), "revoke_url": "/form"},
                {"name": "laptop", "state": "revoked", "expires_at": None, "used_at": None, "revoke_url": ""},
            ]
        }
    ],
    "actions": [
        {"label": "Create a robot", "url": "/form", "icon": "robot", "primary": False},
        {"label": "Invite a person", "url": "/form", "icon": "plus", "primary": True},
    ],
    "no_right": "",
}
PEOPLE_NEW: Context = PEOPLE | {
    "people": [],
    "robots": [],
    "actions": [],
    "no_right": "People are looked after by Ines Keller.",
}
EDDA: Context = {
    "name": "Edda Roth",
    "urn": "urn:consilience:0f9c:person:0198",
    "email": "edda.roth@example.org",
    "note": "Chairs the ethics board.",
    "owner": "",
    "function": "ethics",
    "state_url": "/form",
    "active": True,
    "is_robot": False,
}
KEYS: list[Context] = [
    {
        "label": "Laptop",
        "kind": "Passkey of one device",
        "note": "It cannot leave its device. Made for consilience.example.org.",
        "fingerprint": sha("laptop"),
        "bound_at": at(3),
        "bound_by": 1204,
        "bound_url": "/ledger-entry",
        "used_at": at(23),
        "state": "active",
        "ended_at": None,
        "revoke_url": "/form",
    },
    {
        "label": "The old telephone with a name that is far too long for a table of keys",
        "kind": "Synced passkey",
        "note": "It can be on every device of the account that keeps it. Made for consilience.example.org.",
        "fingerprint": sha("telephone"),
        "bound_at": at(2),
        "bound_by": 88,
        "bound_url": "/ledger-entry",
        "used_at": None,
        "state": "revoked",
        "ended_at": at(4),
        "revoke_url": "",
    },
]
PERSON: Context = {
    "person": EDDA,
    "functions": [ETHICS | {"end_url": "/form"}],
    "grants": [grant | {"end_url": "/form"} for grant in GRANTS],
    "sees_access": True,
    "tokens": [],
    "keys": KEYS,
    "record_visible": True,
    "actions": [{"label": "Grant a role", "url": "/form", "icon": "plus", "primary": True}],
    "no_right": "",
    "people_url": "/people",
}
ROBOT: Context = PERSON | {
    "person": EDDA
    | {"name": "ml-pipeline", "email": "", "note": "", "owner": "Tomas Birk", "active": False, "is_robot": True},
    "functions": [],
    "tokens": [
        {
            "name": "ci-2026",
            "state": "active",
            "scopes": "record evidence",
            "expires_at": at(30),
            "revoke_url": "/form",
        },
        {"name": "laptop", "state": "revoked", "scopes": "ask the gate", "expires_at": at(2), "revoke_url": ""},
    ],
    "actions": [],
    "no_right": "People are looked after by administrators.",
}
INVITED: Context = {
    "name": "Jan Novak",
    "link": "https://consilience.example/setup/not-a-real-link-3rNq8vYw0LxTz5bKp2Hd",
    "people_url": "/people",
}
TOKEN: Context = {
    "token": {
        "name": "ci-2026",
        "robot": "ml-pipeline",
        "secret": "cns_not-a-real-token_3rNq8vYw0LxTz5bKp2Hd",
        "expires_at": at(30),
        "grants": PEOPLE["robots"][0]["grants"],
    },
    "done_url": "/people",
    "people_url": "/people",
    "example": "export CONSILIENCE_TOKEN=cns_...\nconsilience gate lending/credit-limit@14 --to operation",
}


def policy(name: str, version: str, text: str, state: str, source: str, **more: object) -> Context:
    return {
        "url": "/policy",
        "name": name,
        "version": version,
        "text": text,
        "state": state,
        "source": source,
        "requirements": 3,
        "in_force_from": None,
        "published_by": [],
    } | more


POLICIES: Context = {
    "sets_url": "/starter-sets",
    "templates_url": "/policies",
    "policies": [
        policy("Fairness floors", "6", "No group is treated much worse", "in_force", "AI Act, Article 10")
        | {"functions": [ETHICS], "in_force_from": at(1), "published_by": ["Ines Keller", "Edda Roth"]},
        policy("Ready to run", "2", "Load, rollback and rota", "scheduled", "")
        | {"functions": [ENGINEERING], "in_force_from": "2026-12-31T23:00:00.000000Z", "published_by": ["Tomas Birk"]},
        policy("Data rights", "4", "Basis, consent, agreements", "draft", "GDPR, Article 6")
        | {"functions": [LEGAL, PRODUCT]},
    ],
    "new": None,
    "no_right": "Drafts are published by two people, one of the function that owns the policy.",
}
POLICIES_EMPTY: Context = POLICIES | {"policies": [], "no_right": ""}
POLICY_PAGE: Context = {
    "proof": PANEL_BROKEN,
    "tables": [tables.TOLD],
    "policy": {
        "name": "Fairness floors",
        "version": "6",
        "text": "No group of people is treated much worse than the others, and nobody is left out of the measuring.",
        "state": "in_force",
        "digest": sha("policy"),
        "in_force_from": at(1),
        "published_at": at(1, 8),
        "published_by": [{"name": "Ines Keller", "function": "Legal"}, {"name": "Edda Roth", "function": "Ethics"}],
        "download_url": "/evidence.json",
    },
    "requirements": [
        {
            "code": "eth.ratio.age",
            "sentence": "No age group is approved much less often than the reference group.",
            "reason": "A ratio below four fifths is what courts and regulators ask about first; the board agreed this floor.",
            "applies": "when the system decides about people",
            "severity": "block",
            "expression": "evidence.fairness.all(f, f.ratio.low >= floor)",
            "function": ETHICS,
            "stages": ["validation", "operation"],
            "thresholds": [{"name": "floor", "value": "0.80", "meaning": "smallest ratio of approval rates"}],
            "obligations": [{"label": "AI Act, Article 10 (2) (f)", "url": ""}],
            "examples": [
                {"name": "At the floor", "outcome": "satisfied", "facts": "ratio: 0.80"},
                {"name": "Just under it", "outcome": "unsatisfied", "facts": "ratio: 0.79"},
                {"name": "Nobody measured", "outcome": "no_evidence", "facts": "evidence.fairness: []"},
            ],
            "proved": {
                "summary": "7 of 9 changes of a threshold or an operator are noticed.",
                "cost": "It looks at 100 items at most.",
                "complete": False,
                "open": ["What it asks, line 1, column 20: no example notices “all” becoming “exists”."],
                "declared": [
                    {"text": "What it asks, line 1, column 36: “>=” becoming “>”.", "why": "No ratio is exactly there."}
                ],
            },
        }
    ],
    "versions": [
        {
            "label": "Version 6",
            "url": "/policy",
            "state": "in_force",
            "at": at(1),
            "by": "Ines Keller",
            "current": True,
        },
        {
            "label": "Version 5",
            "url": "/policy",
            "state": "retired",
            "at": at(1),
            "by": "Ines Keller",
            "current": False,
        },
    ],
    "actions": [],
    "no_right": "",
    "policies_url": "/policies",
}
POLICY_DRAFT: Context = POLICY_PAGE | {
    "tables": [],
    "policy": POLICY_PAGE["policy"]
    | {"state": "draft", "in_force_from": None, "published_at": None, "published_by": [], "download_url": ""},
    "requirements": [],
    "versions": [POLICY_PAGE["versions"][0] | {"state": "draft"}],
    "no_right": "Only two people together can publish it, one of them from Ethics.",
    "effect": OF_PROPOSAL,
}

DELEGATIONS: Context = {
    "delegations": [
        {
            "function": {"code": "legal", "name": "Legal"}, "by": by, "to": to, "where": where, "starts": at(1), "last": at(22),
            "state": state, "reason": reason, "end_url": end,
        }
        for by, to, where, state, reason, end in (
            ("Lars Dahl", "Edda Roth", "everywhere", "in_force", "On leave.", "/form"),
            ("Lars Dahl", "Mara Osei", "Retail credit limits", "scheduled", "Donaudampfschifffahrtsgesellschaft " * 4, ""),
            ("Paula Lind", "Mara Osei", "everywhere", "withdrawn", "Back early.", ""),
        )
    ],
    "actions": [{"label": "Lend your voice", "url": "/form", "icon": "plus", "primary": True}],
    "paging": {"text": "", "newer": "", "older": ""},
    "people_url": "/people",
}  # fmt: skip
DELEGATIONS_EMPTY: Context = DELEGATIONS | {"delegations": [], "actions": []}
WAIVERS: Context = {
    "waivers": [
        {
            "release": "lending/credit-limit@14", "url": "/release", "requirement": "fair-treatment/approval-ratio",
            "requirement_url": "/requirement", "by": "Lars Dahl", "reason": reason, "control": "Every refusal is read by a person.",
            "end_url": end, "last": at(22), "state": state,
        }
        for reason, end, state in (
            ("The group is too small to measure.", "/form", "waived"),
            ("Donaudampfschifffahrtsgesellschaft " * 4, "", "ended"),
        )
    ],
    "count": 1,
    "paging": {"text": "", "newer": "", "older": ""},
    "standings_url": "/standings",
}  # fmt: skip
WAIVERS_EMPTY: Context = WAIVERS | {"waivers": [], "count": 0}
