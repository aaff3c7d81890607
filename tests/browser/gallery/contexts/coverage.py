"""How a system stands towards what the law asks of it. The law here is invented."""

from __future__ import annotations

from consilience.surfaces.web.charts import shares
from tests.browser.gallery.contexts.common import Context
from tests.browser.gallery.contexts.law import (
    AUDIT,
    BEGINS,
    CREDIT,
    DISPUTED,
    LATER,
    LOGS,
    NO_ADVICE,
    NO_TIMELINE,
    OVERSIGHT,
    PRESENT,
    TODAY,
    UNSTRAINED,
    WHAT_IF,
    link,
    timeline,
)
from tests.browser.gallery.contexts.strained import strain

COLOURS = {
    "met": "#2f9e66", "open": "#c93a32", "no_requirement": "#e08a3c", "disputed": "#7c5cc4", "unknown": "#d9b53c",
    "not_yet": "#8fa9d9",
}  # fmt: skip


def bar(**counted: int) -> str:
    parts = [
        shares.Part(kind, COLOURS[kind], kind.replace("_", " ").capitalize(), many) for kind, many in counted.items()
    ]
    return shares.bar(parts, title="Obligations of this system")


def standing(of: Context, state: str, sentence: str, **more: object) -> Context:
    return of | {
        "article": "Article 12", "state": state, "sentence": sentence, "voluntary": False, "signs": ["Legal", "Executive"],
        "on_record": 1, "readings": [],
        "requirements": [
            {"label": "Everything it decides is logged", "url": "/policy", "outcomes": [
                {"release": "credit-limit@14 to operation", "code": "unsatisfied"},
                {"release": "credit-limit@15 to validation", "code": "no_evidence"},
            ]},
        ],
        "evidence": [
            {"label": "Record of logging", "count": 2, "url": "/evidence"},
            {"label": "Incident drill", "count": 0, "url": ""},
        ],
    } | more  # fmt: skip


NONE_ASKED: Context = {"requirements": [], "evidence": [], "on_record": 0}
READINGS = [
    {"text": one["text"], "state": state, "sentence": sentence}
    for one, state, sentence in zip(
        DISPUTED["readings"], ("open", "not_yet"), ("It is not met.", "It begins on 2 Aug 2027."), strict=True
    )
]
GROUP: Context = {
    "title": "Act on records and oversight", "url": "/pack", "voluntary": False,
    "tally": [{"state": "open", "words": "Open: 1"}, {"state": "disputed", "words": "Disputed: 1"},
              {"state": "unknown", "words": "Cannot tell whether it applies: 1"}, {"state": "met", "words": "Met: 1"}],
    "rows": [
        standing(LOGS, "open", "A requirement that cites it is not met."),
        standing(OVERSIGHT, "disputed", "The law is read in more than one way.", readings=READINGS),
        standing(CREDIT, "unknown", "Whether the system scores credit is not registered.", **NONE_ASKED),
        standing(AUDIT, "met", "Every requirement that cites it is met."),
    ],
    "asleep": [link("x-9", "Importers check the papers") | {"state": "not_applicable", "sentence": "It is addressed to importers."}],
}  # fmt: skip
VOLUNTARY: Context = GROUP | {
    "title": "Framework of good practice", "voluntary": True, "asleep": [],
    "tally": [{"state": "no_requirement", "words": "No requirement asks for it: 1"}],
    "rows": [standing(link("good-1", "Risks are mapped"), "no_requirement", "Nobody asks for it.", **NONE_ASKED, voluntary=True)],
}  # fmt: skip
SLEEPING: Context = GROUP | {"title": "Audits of bias in hiring", "rows": [], "tally": []}
RELEASES = [
    {"label": "credit-limit@14 to Operation", "url": "/release", "alone_url": "/coverage"},
    {"label": "credit-limit@15 to Validation", "url": "/release", "alone_url": "/coverage"},
]
COVERAGE: Context = PRESENT | {
    "system": {"name": "Retail credit limits", "url": "/system"}, "systems_url": "/systems", "csv_url": "/coverage.csv",
    "obligations_url": "/obligations", "correct_url": "/form", "all_url": "", "keep": {},
    "bar": bar(open=1, no_requirement=1, disputed=1, unknown=1, met=14, not_yet=3), "timeline": timeline(BEGINS, TODAY),
    "groups": [GROUP, VOLUNTARY, SLEEPING], "releases": RELEASES,
    "unknown": [{"name": "internal-7", "requirements": ["house/kept-in-german"]}],
    "missing": "what the system is used for, and where", "no_advice": NO_ADVICE,
}  # fmt: skip
COVERAGE_OF_RELEASE: Context = COVERAGE | WHAT_IF | {
    "releases": RELEASES[:1], "all_url": "/coverage", "keep": {"version": "credit-limit@14", "stage": "operation"},
    "timeline": timeline(BEGINS, LATER), "unknown": [], "missing": "", "groups": [GROUP],
}  # fmt: skip
COVERAGE_EMPTY: Context = COVERAGE | {
    "groups": [], "releases": [], "timeline": NO_TIMELINE, "bar": "", "unknown": [], "missing": "",
}  # fmt: skip
MANY: Context = GROUP | {"rows": GROUP["rows"] * 8}
COVERAGE_STRAINED: Context = strain(COVERAGE | {"groups": [GROUP, VOLUNTARY], "bar": ""}) | UNSTRAINED | {
    "bar": bar(open=1200, no_requirement=1, disputed=1, unknown=1, met=9), "groups": [strain(GROUP), MANY],
    "keep": {},
}  # fmt: skip
