"""Datasets and one record of evidence."""

from __future__ import annotations

import json
from datetime import date

from consilience.surfaces.web.charts import intervals, paired, sparkline, tables
from consilience.surfaces.web.charts.figures import Figure
from consilience.surfaces.web.charts.scales import Range
from consilience.surfaces.web.charts.sparkline import Moment
from tests.browser.gallery.contexts.common import Context, at, sha
from tests.browser.gallery.contexts.figures import AGES
from tests.browser.gallery.contexts.inventory import NO_FILTER, NO_PAGING, REST
from tests.browser.gallery.contexts.release import EVIDENCE

DATASETS: Context = {
    "datasets": [
        {"url": "/dataset", "label": "applications-2026q3", "description": "Applications from July to September"}
        | {"lawful_basis": "contract", "rows": 412873, "at": at(1), "used_by": 2, "ends": None},
        {"url": "/dataset", "label": "bureau-report-2026-10", "description": "Scores bought from a bureau"}
        | {"lawful_basis": "legitimate interest", "rows": 398114, "at": at(1), "used_by": 1}
        | {"ends": {"at": date(2027, 1, 31), "state": "soon"}},
    ],
    "filter": NO_FILTER,
    "new": {"label": "Register a dataset", "url": "/form"},
    "no_right": "",
    "paging": NO_PAGING,
}
DATASETS_EMPTY: Context = DATASETS | {"datasets": []}

PLAIN: Context = {
    "first": [
        ("About 9 in 100 more customers over 65 who would repay are refused than customers aged 26 to 45. Chance alone does "
        "not explain it. Behind this stand 312 and 2,011 cases."),
        "Of 100 customers, about 45 are accepted. It could be as few as 44 or as many as 46. This rests on 44,085 cases.",
    ],
    "more": ["Of 100 customers over 65, about 33 are accepted. This rests on only 61 cases, so it is rough."],
    "left_out": 3, "stated": True, "language": "en",
    "languages": [{"code": "en", "name": "English", "current": True}, {"code": "de", "name": "Deutsch", "current": False}],
}  # fmt: skip
CARD: Context = {
    "version": {"label": "credit-limit@14", "url": "/version"}, "name": "Credit limit", "description": "Chance of paying late.",
    "write_url": "/form", "written": 1, "all": 11,
    "sections": [
        {"code": "intended_use", "title": "Intended use", "hint": "For what, by whom and for whom it was made.",
         "functions": ["Product"], "paragraphs": ["Requests for a higher limit. A clerk sees every refusal."], "drawn": []},
        {"code": "fairness", "title": "Fairness", "hint": "Whom it treats otherwise than others, and how that is judged.",
         "functions": ["Ethics"], "paragraphs": [], "drawn": PLAIN["first"]},
    ],
}  # fmt: skip
CARD_EMPTY: Context = CARD | {"written": 0, "write_url": "", "sections": CARD["sections"][1:]}
CUSTOMERS: Context = {
    "title": "What does this mean for customers?", "everybody_title": "For everybody", "apart_title": "How far the groups lie apart",
    "neutral": "", "level": "Years of school that it takes to read this: about 4 (Flesch-Kincaid).", "nothing": "", "language": "en",
    "languages": PLAIN["languages"], "release": {"name": "credit-limit@14", "url": "/release"},
    "system": {"name": "Retail credit limits", "url": "/system"}, "say_url": "",
    "everybody": ["The model is right for about 83 in 100 customers. This rests on 44,085 cases."],
    "attributes": [{
        "title": "By age", "apart": PLAIN["first"][:1],
        "groups": [
            {"people": "Customers over 65", "cases": "2,961 cases were looked at", "sentences": PLAIN["more"]},
            {"people": "Customers in the group “26-45” (age)", "cases": "", "sentences": PLAIN["first"][1:]},
        ],
    }],
}  # fmt: skip
CUSTOMERS_NEUTRAL: Context = CUSTOMERS | {
    "language": "de", "title": "Was bedeutet das für die Kundschaft?", "everybody_title": "Für alle",
    "neutral": "Noch hat niemand gesagt, was eine Antwort des Modells für Menschen heißt. Darum ist von Fällen und Meldungen die Rede.",
    "say_url": "/form", "everybody": ["Auf 100 Fälle liegt das Modell etwa 83 Mal richtig."],
    "attributes": [], "level": "So viele Jahre Schule braucht man, um das zu lesen: etwa 4 (Wiener Sachtextformel).",
}  # fmt: skip
CUSTOMERS_EMPTY: Context = CUSTOMERS | {
    "everybody": [], "attributes": [], "level": "",
    "nothing": "Nobody has measured this version yet, so there is nothing to tell. The page fills when somebody evaluates it.",
}  # fmt: skip

DATASET: Context = REST | {
    "dataset": {
        "name": "bureau-report",
        "label": "bureau-report-2026-10",
        "description": "Scores bought from a credit bureau, joined by customer.",
        "source": "Bureau, monthly file",
        "lawful_basis": "Legitimate interest, GDPR Article 6 (1) (f)",
        "consent": "",
        "agreement": "Licence BR-7",
        "retention": "36 months",
        "registered_by": "Ines Keller",
        "at": at(1),
        "digest": sha("bureau"),
        "rows": 398114,
        "purposes": ["credit limits", "monitoring of credit limits"],
        "jurisdictions": ["DE", "AT"],
        "ends": {"at": date(2027, 1, 31), "state": "soon"},
    },
    "columns": [
        {"name": "customer_id", "type": "string", "meaning": "Pseudonym", "protected": False},
        {"name": "birth_year", "type": "integer", "meaning": "", "protected": True},
        {"name": "utilisation_rolling_average_90_days_before_application", "type": "double", "meaning": "Card use"}
        | {"protected": False},
    ],
    "checks": [
        {"name": "Complete", "meaning": "Share of values that are there", "outcome": "satisfied"}
        | {"figure": {"value": "0.994", "low": None, "high": None}},
        {"name": "Labels agree", "meaning": "Agreement of two people", "outcome": "no_evidence"}
        | {"figure": {"value": None, "reason": "nobody labelled twice"}},
    ],
    "used_by": [{"url": "/version", "label": "credit-limit v14", "role": "training"}],
    "evidence": EVIDENCE[:2],
    "actions": [],
    "datasets_url": "/datasets",
}

WEEKS = [0.781, 0.779, 0.783, None, 0.776, 0.771, 0.768, 0.762]
BODY = {
    "kind": "fairness",
    "method": "bootstrap",
    "fairness": {"age": {"groups": {"65 and older": {"selection_rate": {"value": "0.334", "low": "0.312"}}}}},
}
EVIDENCE_PAGE: Context = {
    "record": {
        "kind": "Fairness",
        "text": "Group metrics of credit-limit v14 on the test set, with a thousand resamples.",
        "method": "group metrics, bootstrap",
        "dataset": "applications-2026q3-holdout",
        "grade": "recomputed_from_data",
        "grade_text": "The server counted the rows again and got the same figures. It did not score the model itself.",
        "standing": "superseded",
        "producer": "ml-pipeline",
        "urn": "urn:consilience:0f9c:evidence:0198c",
        "digest": sha("evidence"),
        "position": 18102,
        "attempts": 3,
        "subject": {"label": "credit-limit v14", "url": "/version"},
        "from_at": at(14),
        "recorded_at": at(14, 16),
        "expires_at": None,
        "download_url": "/evidence.json",
        "replaced_by": {"label": "Go to the newer one", "url": "/evidence"},
    },
    "plain": PLAIN,
    "figures": [
        {
            "title": "Figures for all",
            "text": "",
            "rows": [
                {
                    "name": "Approval rate",
                    "meaning": "Share approved",
                    "figure": {"value": "0.451", "low": "0.446", "high": "0.456"},
                },
                {
                    "name": "Brier score",
                    "meaning": "0 is best",
                    "figure": {"value": None, "reason": "no scores were given"},
                },
            ],
        }
    ],
    "charts": [
        {
            "title": "Approval rate by age",
            "sub": "Relative to people aged 26 to 45.",
            "head": "People over 65 are approved about a quarter less often.",
            "text": "",
            "chart": intervals.ratios(AGES, title="Approval ratio by age", agreed=Range(low=0.8, high=1.25)),
        },
        {
            "title": "Area under the curve, week by week",
            "sub": "The last eight weeks.",
            "head": "",
            "text": "",
            "chart": sparkline.line(
                [Moment(f"week {n + 40}", Figure(v, reason="no data")) for n, v in enumerate(WEEKS)],
                title="Area under the curve",
                decimals=3,
            ),
        },
    ],
    "body": json.dumps(BODY, indent=2),
    "used_by": [
        {
            "sentence": "No age group is approved much less often than the reference group.",
            "outcome": "unsatisfied",
            "url": "/policy",
        }
    ],
    "no_right": "",
    "actions": [],
}

BANDS = ["under 18200", "18200 to 24100", "24100 to 30000", "30000 to 36000", "36000 to 41900", "41900 and more"]
EVIDENCE_DRIFT: Context = EVIDENCE_PAGE | {
    "record": EVIDENCE_PAGE["record"]
    | {
        "kind": "Drift against a reference",
        "text": "Drift against a reference of credit-limit v14, the training rows against those of now.",
        "grade": "recomputed_from_states",
        "standing": "current",
        "replaced_by": None,
    },
    "figures": [],
    "charts": [
        {
            "title": "Drift of income",
            "sub": "Shares of the rows in the reference and now; stability index with common values apart.",
            "head": "Moderate shift.",
            "text": "On average the values are 2,941 higher (2,410 to 3,472); a value moved by 0.42 of the reference's usual spread.",
            "chart": paired.bars(
                BANDS,
                [50, 150, 300, 300, 150, 50],
                [30, 90, 230, 320, 220, 110],
                title="Shares of income",
                said="Higher.",
            ),
        },
        {
            "title": "Drift of a-column-with-a-name-that-is-as-long-as-somebody-once-thought-useful",
            "sub": "Shares of the rows in the reference and now; stability index with common values apart.",
            "head": "Large shift.",
            "text": "The share of “Bonn” fell from 80 % to 20 %, the largest change.",
            "chart": paired.bars(
                [
                    "Bonn",
                    "a category that somebody wrote a whole sentence into",
                    "Ulm",
                    "(fewer rows than the minimum)",
                ],
                [800, 100, 90, 10],
                [200, 100, 600, 100],
                title="Shares of town",
                said="Fewer in Bonn.",
            )
            + tables.folded(paired.table(["Bonn", "Ulm"], [800, 200], [200, 800], title="Shares of town")),
        },
    ],
}
