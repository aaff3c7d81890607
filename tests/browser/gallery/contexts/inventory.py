"""Systems, models and their versions."""

from __future__ import annotations

from tests.browser.gallery.contexts.common import ACTIVITY, LEDGER, Context, at, sha
from tests.browser.gallery.contexts.release import BLOCKS, CONDITIONS, EVIDENCE
from tests.browser.gallery.contexts.standings import LIVE_ROWS
from tests.browser.gallery.contexts.tables import TIER, TIER_UNKNOWN

NO_FILTER: Context = {"text": "", "active": False, "clear_url": "/systems"}
PAGING: Context = {"text": "51 to 100 of 1,204", "newer": "?before=1", "older": "?after=2"}
NO_PAGING: Context = {"text": "", "newer": "", "older": ""}
REST: Context = {"activity": ACTIVITY[:2], "record_url": "/ledger", "ledger": LEDGER, "no_right": ""}


def system(name: str, purpose: str, risk: str, stage: str, gate: str, **more: object) -> Context:
    return {
        "url": "/system",
        "name": name,
        "purpose": purpose,
        "owner": "Mara Osei",
        "stage": stage,
        "risk": risk,
        "gate": gate,
        "gate_words": "",
        "version": "v13 since 4 May" if stage else "",
        "jurisdictions": ["DE", "AT", "NL"],
        "waiting": 0,
    } | more


SYSTEMS: Context = {
    "systems": [
        system(
            "Retail credit limits",
            "Proposes a new limit for existing customers",
            "high",
            "operation",
            "blocked",
            waiting=2,
        ),
        system("Motor claims", "Sorts claims by urgency", "limited", "operation", "sign_offs_missing", waiting=1),
        system("Customer help", "Drafts answers that a person sends", "minimal", "operation", "allowed"),
        system("Hiring", "Reads applications", "not_assessed", "", "", jurisdictions=[]),
    ],
    "filter": NO_FILTER,
    "new": {"label": "Register a system", "url": "/form"},
    "bring": {"label": "Import an inventory", "url": "/form"},
    "no_right": "",
    "paging": PAGING,
}
SYSTEMS_EMPTY: Context = SYSTEMS | {
    "systems": [],
    "new": None,
    "bring": None,
    "no_right": "Systems are registered by Product. Paula Lind can do it.",
    "paging": NO_PAGING,
}
SYSTEMS_NOTHING_FOUND: Context = SYSTEMS_EMPTY | {
    "filter": {"text": "pensions", "active": True, "clear_url": "/systems"},
    "no_right": "",
}

SYSTEM_PAGE: Context = REST | {
    "tier": TIER,
    "standings": LIVE_ROWS,
    "corrections": [],
    "system": {
        "name": "Retail credit limits",
        "purpose": "Proposes a new credit limit for existing retail customers. A person confirms every reduction.",
        "owner": "Mara Osei",
        "use": "credit-limits",
        "squad": "Lending decisions",
        "sponsor": "Head of retail",
        "affected": "about 1.3 million",
        "autonomy": "A person reviews each decision",
        "data": ["personal", "financial"],
        "line_of_business": "retail",
        "url": "/system",
        "jurisdictions": ["DE", "AT", "NL"],
        "segments": ["existing customers"],
        "groups": ["people over 65", "people with a declared disability"],
        "risk": {
            "code": "high",
            "words": "",
            "reason": "It evaluates the creditworthiness of people: AI Act, Annex III, point 5 (b).",
        },
    },
    "actions": [{"label": "Propose a release", "url": "/form", "icon": "flag", "primary": True}],
    "releases": [
        {"url": "/release", "name": "credit-limit v14", "stage": "operation", "verdict": "blocked", "words": ""}
        | {"decided_at": at(23), "proposed_by": "Tomas Birk"},
        {"url": "/release-agreed", "name": "credit-limit v13", "stage": "operation", "verdict": "allowed", "words": ""}
        | {"decided_at": at(4), "proposed_by": "Tomas Birk"},
    ],
    "versions": [
        {"url": "/version", "label": "credit-limit v14", "model": "gradient boosting", "registered_by": "ml-pipeline"}
        | {"at": at(11), "stage": ""},
        {"url": "/version", "label": "credit-limit v13", "model": "gradient boosting", "registered_by": "ml-pipeline"}
        | {"at": at(2), "stage": "operation"},
    ],
    "blocks": BLOCKS,
    "conditions": CONDITIONS,
    "systems_url": "/systems",
}
SYSTEM_NEW: Context = SYSTEM_PAGE | {
    "tier": TIER_UNKNOWN,
    "standings": [],
    "actions": [],
    "releases": [],
    "versions": [],
    "blocks": [],
    "conditions": [],
    "activity": [],
    "ledger": None,
    "no_right": "You have no function in this system. Mara Osei, its owner, can give you one.",
}

MODELS: Context = {
    "models": [
        {
            "url": "/model",
            "name": "credit-limit",
            "task": "binary classification",
            "owner": "Tomas Birk",
            "versions": 14,
        }
        | {"systems": [{"label": "Retail credit limits", "url": "/system"}]}
        | {"latest": {"label": "v14", "url": "/version", "at": at(11)}},
        {"url": "/model", "name": "claims-triage", "task": "ranking", "owner": "Ola Nyman", "versions": 3}
        | {"systems": [{"label": "Motor claims", "url": "/system"}, {"label": "Home claims", "url": "/system"}]}
        | {"latest": {"label": "v3", "url": "/version", "at": at(9)}},
        {
            "url": "",
            "name": "cv-reader",
            "task": "extraction",
            "owner": "Ola Nyman",
            "versions": 0,
            "systems": [],
            "latest": None,
        },
    ],
    "filter": NO_FILTER,
    "new": None,
    "no_right": "",
    "paging": NO_PAGING,
}
MODELS_EMPTY: Context = MODELS | {"models": [], "new": {"label": "Register a version", "url": "/form"}}

VERSION_PAGE: Context = REST | {
    "version": {
        "label": "credit-limit v14",
        "model": "credit-limit",
        "model_url": "/model",
        "description": "Retrained after the drift of September; card use replaced by a 90-day average.",
        "revision": "c41e8f09a2b7d6615f3a0c7d9be1f2a4c5d6e7f8",
        "framework": "LightGBM 4.5",
        "registered_by": "ml-pipeline",
        "at": at(11),
        "artefact_digest": sha("artefact"),
        "digest": sha("version"),
        "authors": [
            {"name": "Tomas Birk", "how": "declared"},
            {"name": "Ola Nyman", "how": "committed to the code"},
            {"name": "Priya Shah", "how": "started the run"},
        ],
        "parameters": [{"name": "num_leaves", "value": "63"}, {"name": "learning_rate", "value": "0.05"}],
    },
    "datasets": [
        {"url": "/dataset", "label": "applications-2026q3", "role": "training", "digest": sha("q3")},
        {"url": "/dataset", "label": "applications-2026q3-holdout", "role": "test", "digest": sha("q3h")},
    ],
    "releases": [
        {"url": "/release", "name": "credit-limit v14", "system": "Retail credit limits", "stage": "operation"}
        | {"verdict": "blocked", "words": ""}
    ],
    "reference": {
        "url": "/evidence",
        "at": at(11),
        "rows": 184_220,
        "columns": ["income", "card_use_90d", "months_known", "employment", "region"],
        "more_columns": 7,
        "digest": sha("profile"),
        "dataset": "applications-2026q3",
        "not_counted": ["application_id"],
        "replaced": "1 earlier one was replaced",
    },
    "reference_url": "/form",
    "evidence": EVIDENCE[:3],
    "actions": [{"label": "Propose a release", "url": "/form", "icon": "flag", "primary": True}],
    "models_url": "/models",
}
VERSION_NEW: Context = VERSION_PAGE | {
    "reference": None,
    "datasets": [],
    "releases": [],
    "evidence": [],
    "activity": [],
    "actions": [],
}

MODEL: Context = REST | {
    "model": {
        "name": "credit-limit",
        "title": "Credit limits",
        "description": "Gradient boosting on 90 days of card use.",
    },
    "systems": [{"label": "Retail credit limits", "url": "/system"}],
    "versions": [
        {
            "url": "/version",
            "label": "v14",
            "model": "credit-limit",
            "registered_by": "Tomas Birk, Ola Nyman",
            "at": at(11),
        },
        {"url": "/version", "label": "v13", "model": "credit-limit", "registered_by": "Tomas Birk", "at": at(2)},
    ],
    "paging": NO_PAGING,
    "actions": [{"label": "Register a version", "url": "/form", "icon": "plus", "primary": True}],
    "models_url": "/models",
}
MODEL_NEW: Context = MODEL | {"versions": [], "activity": [], "ledger": None, "actions": []}
