"""A release in the middle of its life, one that just began, and one where everybody agreed."""

from __future__ import annotations

from consilience.surfaces.web.charts import calibration
from tests.browser.gallery.contexts.common import (
    ACTIVITY,
    ETHICS,
    LEDGER,
    LEGAL,
    NOW,
    POLICY,
    PRODUCT,
    SYSTEM,
    VERSION,
    Context,
    at,
    sha,
)
from tests.browser.gallery.contexts.figures import BINS, FAIRNESS, PERFORMANCE
from tests.browser.gallery.contexts.functions import FUNCTIONS, FUNCTIONS_AGREED, FUNCTIONS_NEW
from tests.browser.gallery.contexts.proving import PANEL, PANEL_CLOSED
from tests.browser.gallery.contexts.requirements import GROUPS
from tests.browser.gallery.contexts.standings import STANDING
from tests.browser.gallery.contexts.tables import TIER_CHANGE

RELEASE: Context = {
    "name": "credit-limit v14",
    "stage": "Operation",
    "description": "Proposes a new credit limit for existing retail customers. A person confirms every reduction.",
    "owner": "Mara Osei",
    "affected": "about 1.3 million",
    "proposed_by": "Tomas Birk",
    "proposed_at": at(12),
    "url": "/release",
    "version": VERSION,
    "system": SYSTEM,
    "jurisdictions": ["DE", "AT", "NL"],
    "risk": {"code": "high", "words": ""},
}
STAGES = [
    {"name": "Framing", "note": "2 Oct", "state": "done"},
    {"name": "Data", "note": "9 Oct", "state": "done"},
    {"name": "Development", "note": "28 Oct", "state": "done"},
    {"name": "Validation", "note": "11 Nov", "state": "done"},
    {"name": "Operation", "note": "2 of 4 decided", "state": "now"},
    {"name": "Retirement", "note": "not planned", "state": ""},
]
EVIDENCE = [
    {
        "url": "/evidence",
        "kind": kind,
        "method": method,
        "dataset": dataset,
        "grade": grade,
        "by": by,
        "download_url": "/evidence.json",
        "standing": standing,
        "recorded_at": at(14, 16, day),
        "digest": sha(kind),
    }
    for day, (kind, method, dataset, grade, by, standing) in enumerate(
        [
            (
                "Fairness",
                "group metrics, bootstrap",
                "applications-2026q3",
                "recomputed_from_data",
                "ml-pipeline",
                "current",
            ),
            ("Performance", "holdout", "applications-2026q3", "recomputed_from_data", "ml-pipeline", "current"),
            (
                "Drift",
                "population stability",
                "applications-2026q3",
                "recomputed_from_states",
                "ml-pipeline",
                "current",
            ),
            ("Load test", "p99 latency", "", "stated", "Tomas Birk", "current"),
            ("Impact assessment", "data protection", "", "stated", "Ines Keller", "expired"),
        ],
        start=10,
    )
]
CONDITIONS = [
    {
        "text": "Explain or close the gap for people over 65",
        "function": "Ethics",
        "owner": "Mara Osei",
        "due": "2026-11-20",
        "due_state": "overdue",
        "url": "/form",
        "closed": False,
        "blocks": True,
    },
    {
        "text": "Test the refusal letter with 12 customers",
        "function": "Product",
        "owner": "Research",
        "due": "2026-11-30",
        "due_state": "soon",
        "url": "/form",
        "closed": False,
        "blocks": False,
    },
    {
        "text": "A person confirms every reduction",
        "function": "Legal",
        "owner": "Operations",
        "due": "2026-11-15",
        "due_state": "",
        "url": "/form",
        "closed": True,
        "blocks": False,
        "closed_at": at(12),
        "closed_by": "Ines Keller",
    },
]
OBJECTIONS = [
    {
        "function": PRODUCT,
        "by": "Paula Lind",
        "text": "The letter does not say how a customer can ask for a person.",
        "at": at(13),
        "answer": {
            "by": "Mara Osei",
            "text": "It does since template 8: second paragraph, with a phone number.",
            "at": at(14),
        },
        "answer_url": "",
    },
    {
        "function": LEGAL,
        "by": "Lars Dahl",
        "text": "The bureau licence ends in January. What happens then?",
        "at": at(22, 16, 2),
        "answer": None,
        "answer_url": "/form",
    },
]
BLOCKS = [
    {
        "function": ETHICS,
        "by": "Edda Roth",
        "text": "0.74 for people over 65 is under our floor of 0.80. I ask engineering for an analysis of the cause.",
        "scope": "Stands against every model in Retail credit limits, at every stage but retirement.",
        "ends": "Ends when Edda Roth withdraws it, or Ines Keller and Mara Osei decide it together.",
        "at": at(23, 9, 24),
        "withdraw_url": "/form",
    }
]
DOSSIER = [
    {"label": label, "noun": noun, "digest": sha(label), "url": "/version", "facets": facets}
    for label, noun, facets in [
        ("credit-limit v14", "model version", ["Engineering"]),
        ("applications-2026q3", "dataset version", ["Legal", "Ethics"]),
        ("Fairness on applications-2026q3", "evidence", ["Ethics"]),
        ("Intended use", "section of the model card", ["Product", "Legal"]),
        ("Rollback plan", "evidence", ["Engineering"]),
    ]
]

FULL: Context = {
    "tier_change": TIER_CHANGE,
    "release": RELEASE,
    "actions": [
        {"label": "Model card", "url": "/version", "icon": "file", "primary": False},
        {"label": "Compare with v13", "url": "/version", "icon": "", "primary": False},
    ],
    "stages": STAGES,
    "gate": {
        "verdict": "blocked",
        "headline": "The release is blocked.",
        "reason": "A block of Ethics stands, one objection has no answer, and Legal has not decided.",
        "policy": POLICY,
        "who": [
            {"name": "Edda Roth", "function": "Ethics", "action": "withdraw the block", "url": "/signoff"},
            {"name": "Lars Dahl", "function": "Legal", "action": "decide", "url": ""},
            {"name": "Mara Osei", "function": "owner", "action": "answer the objection", "url": "/form"},
        ],
        "cannot_be_met": "This cannot be met with the people who are here, because Legal must give 1 approval, and nobody here could give one.",
        "decided_at": NOW,
        "replay": "/evidence.json",
        "recorded": {"url": "/decision", "verdict": "blocked", "at": at(16)},
    },
    "ask_url": "/release",
    "functions": FUNCTIONS,
    "requirement_groups": GROUPS,
    "fairness": FAIRNESS,
    "performance": PERFORMANCE,
    "calibration": {
        "chart": calibration.reliability(BINS, title="Score against observed rate"),
        "head": "Scores mean what they say.",
        "text": "The largest distance is 0.06.",
    },
    "calibration_rows": [],
    "drift": {
        "text": "income moved noticeably. town has values that the reference never had.",
        "rows": [
            {"name": "income", "size": "moderate shift", "figure": {"value": "0.143", "low": "0.121", "high": "0.168"}}
        ],
        "evidence": {"label": "All figures", "url": "/evidence-drift"},
    },
    "measured": [
        {
            "title": "Data validation",
            "sub": "Rules of the contract. The share of the rows asked that break each rule.",
            "head": "The data keep the contract: all 9 rules that must hold do.",
            "text": "No rule is broken by rows that are counted here.",
            "chart": "",
            "evidence": {"label": "All figures", "url": "/evidence-validation"},
        }
    ],
    "evidence": EVIDENCE,
    "evidence_new": {"label": "Attach evidence", "url": "/form"},
    "conditions": CONDITIONS,
    "objections": OBJECTIONS,
    "standing": STANDING,
    "blocks": BLOCKS,
    "dossier": DOSSIER,
    "dossier_digest": sha("dossier"),
    "activity": ACTIVITY,
    "record_url": "/ledger",
    "ledger": LEDGER,
    "no_right": "",
}
NEW: Context = FULL | {
    "actions": [],
    "stages": [stage | {"state": "now" if stage["name"] == "Framing" else ""} for stage in STAGES],
    "gate": {
        "verdict": "cannot_tell",
        "headline": "The gate cannot tell.",
        "reason": "No requirement is in force for this stage, so nothing says what would be enough.",
        "policy": POLICY,
        "who": [],
        "cannot_be_met": "",
        "decided_at": NOW,
        "replay": "",
        "recorded": None,
    },
    "ask_url": "",
    "calibration_rows": [],
    "functions": FUNCTIONS_NEW,
    "requirement_groups": [],
    "fairness": [],
    "performance": [],
    "calibration": None,
    "drift": None,
    "measured": [],
    "evidence": [],
    "evidence_new": None,
    "conditions": [],
    "objections": [],
    "standing": None,
    "blocks": [],
    "dossier": [],
    "dossier_digest": "",
    "activity": [],
    "ledger": None,
    "no_right": "You have no function in Retail credit limits. Mara Osei, its owner, can give you one.",
}
AGREED: Context = FULL | {
    "gate": {
        "verdict": "allowed",
        "headline": "The release may go to operation.",
        "reason": "All 9 requirements are met and all four functions have approved exactly this content.",
        "policy": POLICY,
        "who": [],
        "cannot_be_met": "",
        "decided_at": NOW,
        "replay": "/evidence.json",
        "recorded": None,
    },
    "functions": FUNCTIONS_AGREED,
    "calibration": None,
    "calibration_rows": PERFORMANCE[:1],
    "conditions": CONDITIONS[2:],
    "objections": OBJECTIONS[:1],
    "standing": None,
    "blocks": [],
}
DECISION: Context = {
    "decision": {
        "urn": "urn:consilience:0f9c:decision:0198",
        "verdict": "blocked",
        "headline": "The release was blocked.",
        "reason": "A block of Ethics stood.",
        "stage": "Operation",
        "at": at(16),
        "position": 18190,
        "known_at": 18190,
        "language": 1,
        "digests": [{"name": name, "digest": sha(name)} for name in ("Facts", "Policies", "Schema of the facts")],
    },
    "release": {"name": "credit-limit v14", "url": "/release"},
    "system": SYSTEM,
    "requirement_groups": GROUPS,
    "replayed": None,
    "proof": PANEL,
}
DECISION_DIFFERS: Context = DECISION | {
    "proof": PANEL_CLOSED,
    "replayed": {"same": False, "cannot": "", "differences": ["eth.ratio.age: was satisfied, is not satisfied"]},
}
DECISION_SAME: Context = DECISION | {"replayed": {"same": True, "cannot": "", "differences": []}}
