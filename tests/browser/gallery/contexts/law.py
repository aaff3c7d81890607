"""Packs of obligations, one obligation, what the law changed. The law here is invented."""

from __future__ import annotations

from datetime import date

from django import forms

from consilience.surfaces.web.charts import dates
from tests.browser.gallery.contexts.common import Context, at
from tests.browser.gallery.contexts.inventory import NO_FILTER, NO_PAGING, PAGING
from tests.browser.gallery.contexts.standings import DECIDED, MOVED
from tests.browser.gallery.contexts.strained import strain

TODAY, LATER = "2026-11-23", "2027-08-02"
NO_ADVICE = "Facts about the law in our own words, as of the day of each edition. This is not legal advice."
PRESENT: Context = {"day": TODAY, "today": TODAY, "what_if": "", "here": "/obligations"}
WHAT_IF: Context = PRESENT | {
    "day": LATER,
    "what_if": "What if it were 2 Aug 2027: the law of that day, the records of today. Nothing here is a verdict.",
}
NO_RIGHT = "Packs are adopted by administrators and reviewers."
NO_TIMELINE: Context = {"picture": "", "days": []}


def link(name: str, title: str) -> Context:
    return {"id": name, "label": title, "url": "/obligation"}


LOGS = link("records-act-12", "Events are logged")
OVERSIGHT = link("records-act-14", "People can oversee it")
AUDIT = link("bias-audit-3", "An audit of bias within a year")
CREDIT = link("records-act-annex-5b", "Credit scoring counts as high risk")


def timeline(days: list[tuple[str, list[Context]]], day: str) -> Context:
    """The picture of what begins when, and its list."""
    drawn = [dates.Day(date.fromisoformat(on), tuple(str(one["id"]) for one in found)) for on, found in days]
    chosen, today = date.fromisoformat(day), date.fromisoformat(TODAY)
    return {
        "picture": dates.axis(drawn, today=today, chosen=chosen, title="What begins when"),
        "days": [{"day": on, "past": on <= day, "obligations": found} for on, found in days],
    }


BEGINS = [("2025-02-02", [AUDIT]), ("2026-08-02", [LOGS, OVERSIGHT]), ("2027-08-02", [CREDIT])]
CROWDED = [
    (f"2026-{month:02d}-{day:02d}", [LOGS] * (month + day)) for month in (11, 12) for day in (2, 5, 9, 16, 23, 30)
] + [("2031-01-01", [CREDIT])]


def pack(name: str, state: str, roles: str, **more: object) -> Context:
    return {
        "url": "/pack",
        "name": name,
        "text": "What must be logged, overseen and told, and since when.",
        "edition": "2026-10-01",
        "state": state,
        "words": "In use" if state == "in_force" else "",
        "roles": roles,
        "obligations": 24,
        "clocks": 0,
        "source": "The act as published in its official journal, read on 1 October 2026",
    } | more


def listed(of: Context, article: str, state: str, starts: str | None) -> Context:
    text = (
        "Whoever operates it keeps a log of every decision, so that what happened can be traced back by an authority."
    )
    return of | {"article": article, "pack": "records-act", "state": state, "starts": starts, "text": text}


OBLIGATIONS: Context = PRESENT | {
    "packs": [
        pack("Act on records and oversight", "in_force", "provider, deployer"),
        pack("Incident clocks", "newer", "financial entity", obligations=9, clocks=6),
        pack("Audits of bias in hiring", "offered", "", obligations=1, clocks=1),
    ],
    "in_use": 2,
    "obligations": [
        listed(LOGS, "Article 12", "in_force", "2026-08-02"),
        listed(OVERSIGHT, "Article 14 (1) to (4)", "disputed", "2026-08-02"),
        listed(CREDIT, "Annex, 5 (b)", "not_yet", "2027-08-02"),
        listed(AUDIT, "Section 3", "pending", None),
    ],
    "filter": NO_FILTER,
    "paging": PAGING,
    "timeline": timeline(BEGINS, TODAY),
    "changes_url": "/law-changes",
    "proposals": [{"label": "house-rules", "url": "/pack-impact"}],
    "new": {"label": "Propose a pack of your own", "url": "/form"},
    "no_right": "",
    "no_advice": NO_ADVICE,
}
OBLIGATIONS_EMPTY: Context = OBLIGATIONS | {
    "packs": [pack("Act on records and oversight", "offered", "")],
    "in_use": 0,
    "obligations": [],
    "paging": NO_PAGING,
    "timeline": NO_TIMELINE,
    "changes_url": "",
    "proposals": [],
    "new": None,
    "no_right": NO_RIGHT,
}
OBLIGATIONS_NOTHING_FOUND: Context = (
    OBLIGATIONS
    | WHAT_IF
    | {
        "obligations": [],
        "paging": NO_PAGING,
        "timeline": timeline(BEGINS, LATER),
        "filter": {"text": "whales", "active": True, "clear_url": "/obligations"},
        "proposals": [],
    }
)
OBLIGATIONS_STRAINED: Context = OBLIGATIONS | {
    "packs": strain(OBLIGATIONS)["packs"],
    "timeline": timeline(CROWDED, TODAY),
}

CLOCK: Context = {
    "id": "serious-incident", "law": "Act on records, Article 73 (2)", "who": "provider", "to": "the market authority",
    "start": "the provider knows that the system had a part in it", "rule": "At once, and at the latest after 15 days.",
    "limit": "15 days", "starts": "2026-08-02", "note": "Two days where critical infrastructure stands still.",
    "checked": "Read in a copy of the text",
}  # fmt: skip
BARE_CLOCK: Context = CLOCK | {"id": "told", "to": "", "start": "", "limit": "", "starts": "", "note": ""}


def reading(text: str, starts: str | None, phase: str, ends: str | None = None) -> Context:
    return {
        "text": text, "starts": starts, "ends": ends, "phase": phase, "applies": "the system is used for credit scoring in the EU",
        "code": 'system.use == "credit_scoring" && "EU" in system.jurisdictions',
    }  # fmt: skip


WORDING: Context = {
    "since": "2026-08-02", "current": True, "text": "The system records by itself what it does for as long as it runs.",
    "note": "Six months are the least that the log is kept.", "roles": "provider, deployer", "disputed": False,
    "readings": [reading("", "2026-08-02", "in_force")],
}  # fmt: skip
BEFORE: Context = WORDING | {
    "since": "2024-08-01", "current": False, "text": "Logs are kept where that is technically feasible.", "note": "",
    "readings": [reading("", None, "ended", "2026-08-01")],
}  # fmt: skip
DISPUTED: Context = WORDING | {
    "disputed": True,
    "readings": [
        reading("Scoring a person's credit counts wherever the bank sits.", "2026-08-02", "in_force"),
        reading("Only banks with a seat in the EU are meant.", "2027-08-02", "not_yet", "2030-12-31"),
    ],
}
OBLIGATION: Context = PRESENT | {
    "obligation": LOGS | {
        "article": "Article 12", "aliases": "records-act-11a", "status": "in_force", "threshold": "retention_days >= 183",
        "source": "Official journal, 12 July 2024", "checked": "Read in a copy of the text", "signs": ["Legal", "Executive"],
        "evidence": ["Record of logging", "Incident drill"], "in_use": True,
    },
    "pack": {"label": "Act on records and oversight", "url": "/pack"},
    "obligations_url": "/obligations",
    "now": WORDING,
    "wordings": [WORDING, BEFORE],
    "clocks": [CLOCK, BARE_CLOCK],
    "requirements": [{"label": "Everything it decides is logged", "url": "/policy", "function": "Engineering"}],
    "timeline": timeline(BEGINS[1:2], TODAY),
    "no_advice": NO_ADVICE,
}  # fmt: skip
OBLIGATION_DISPUTED: Context = OBLIGATION | WHAT_IF | {
    "obligation": OBLIGATION["obligation"] | {"in_use": False, "aliases": "", "threshold": "", "evidence": []},
    "now": DISPUTED, "wordings": [DISPUTED, BEFORE], "clocks": [], "requirements": [],
}  # fmt: skip
OBLIGATION_NO_LAW: Context = OBLIGATION_DISPUTED | {
    "now": None, "wordings": [BEFORE | {"since": "2031-01-01"}], "timeline": NO_TIMELINE,
}  # fmt: skip
UNSTRAINED = {"day": TODAY, "today": TODAY, "timeline": timeline(CROWDED, TODAY), "what_if": ""}


OBLIGATION_STRAINED: Context = strain(OBLIGATION_DISPUTED | {"clocks": [CLOCK]}) | UNSTRAINED

PACK: Context = {
    "terms": {
        "when_open": "Recorded and told to those whom it concerns",
        "systems": [{"name": "Retail credit limits", "url": "/coverage", "roles": "deployer"}],
    },
    "pack": pack("Act on records and oversight", "in_force", "provider, deployer"),
    "obligations": [
        LOGS | {"article": "Article 12", "status": "in_force", "text": WORDING["text"], "disputed": False},
        OVERSIGHT | {"article": "Article 14 (1) to (4)", "status": "in_force", "text": WORDING["text"], "disputed": True},
        CREDIT | {"article": "Annex, 5 (b)", "status": "enacted_not_yet_applied", "text": WORDING["text"], "disputed": False},
    ],
    "clocks": [CLOCK, BARE_CLOCK],
    "timeline": timeline(BEGINS, TODAY),
    "history": [
        {"label": "Version 2, edition of 1 Oct 2026", "state": "in_force", "words": "Adopted", "at": at(2), "by": "Ines Keller",
         "roles": "provider, deployer"},
        {"label": "Version 1, edition of 1 Mar 2026", "state": "retired", "words": "Taken out of use", "at": at(1),
         "by": "Ines Keller", "roles": ""},
    ],
    "actions": [
        {"label": "See what adopting it would change", "url": "/pack-impact", "icon": "check", "primary": True},
        {"label": "Export as YAML", "url": "/pack.yaml", "icon": "download", "primary": False},
    ],
    "no_right": "", "obligations_url": "/obligations", "no_advice": NO_ADVICE,
}  # fmt: skip
PACK_OFFERED: Context = PACK | {
    "terms": None, "pack": pack("Incident clocks", "offered", ""), "obligations": [], "timeline": NO_TIMELINE, "history": [],
    "actions": PACK["actions"][1:], "no_right": NO_RIGHT,
}  # fmt: skip
PACK_STRAINED: Context = strain(PACK) | {"timeline": timeline(CROWDED, TODAY)}

IMPACT_OF_SYSTEM: Context = {
    "name": "Retail credit limits", "url": "/coverage",
    "changes": [
        LOGS | {"how": "gained", "state": "open", "begins": None, "differences": []},
        OVERSIGHT | {"how": "changed", "state": "", "begins": "2027-08-02", "differences": [
            {"label": "How it stands", "old": "Not yet in force", "new": "Open"},
            {"label": "What it asks", "old": BEFORE["text"], "new": WORDING["text"]},
            {"label": "Signed by", "old": "", "new": "Legal"},
        ]},
        AUDIT | {"how": "lost", "state": "", "begins": None, "differences": []},
    ],
    "requirements": [{"label": "fit-for-purpose/logged", "url": "/policy"}, {"label": "oversight/stop-button", "url": "/policy"}],
    "sign_offs": [
        {"who": "Lars Dahl", "function": "Legal", "code": "legal", "release": "credit-limit@14, Operation", "url": "/release"},
        {"who": "Edda Roth", "function": "Ethics", "code": "ethics", "release": "credit-limit@14, Operation", "url": "/release"},
    ],
}  # fmt: skip
SMALL_IMPACT: Context = IMPACT_OF_SYSTEM | {
    "name": "Churn", "changes": IMPACT_OF_SYSTEM["changes"][:1], "requirements": [], "sign_offs": [],
}  # fmt: skip


class Adopt(forms.Form):
    roles = forms.MultipleChoiceField(
        label="You are bound as", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[("provider", "provider"), ("deployer", "deployer"), ("essential_entity", "essential or important entity")],
        help_text="What is addressed to other roles will not apply to your systems.",
    )  # fmt: skip


REPLAY: Context = {
    "live": [MOVED], "looked_at": 12, "decided": [DECIDED], "decided_all": 1, "decisions_looked_at": 1_000, "decisions": 10_012,
}  # fmt: skip
REPLAY_NOTHING: Context = {
    "live": [], "looked_at": 0, "decided": [], "decided_all": 0, "decisions_looked_at": 0, "decisions": 0,
}  # fmt: skip
PACK_IMPACT: Context = {
    "replay": REPLAY,
    "title": "Act on records and oversight", "edition": "1 Oct 2026", "replaces": "1 Mar 2026", "lead": "",
    "submit": "Adopt Act on records and oversight", "form": Adopt(initial={"roles": ["provider"]}), "no_right": "",
    "systems": [IMPACT_OF_SYSTEM, SMALL_IMPACT],
    "look_again": [
        {"code": "legal", "function": "Legal", "people": ["Lars Dahl", "Ines Keller"]},
        {"code": "executive", "function": "Executive", "people": []},
    ],
    "obligations_url": "/obligations", "no_advice": NO_ADVICE,
}  # fmt: skip
PACK_IMPACT_NOTHING: Context = PACK_IMPACT | {
    "replay": REPLAY_NOTHING, "replaces": "", "systems": [], "look_again": [], "no_right": "You put this pack forward. Somebody else adopts it.",
    "lead": "Put forward by Edda Roth. It is in use once a second person adopts it.",
}  # fmt: skip
PACK_IMPACT_STRAINED: Context = PACK_IMPACT | {
    name: strain(PACK_IMPACT[name], name) for name in ("title", "submit", "systems", "look_again")
}

LAW_CHANGES: Context = {
    "since": TODAY, "until": LATER, "label": "The law of 23 Nov 2026 against that of 2 Aug 2027, for the systems of today.",
    "systems": [IMPACT_OF_SYSTEM, SMALL_IMPACT], "registered": True, "obligations_url": "/obligations", "no_advice": NO_ADVICE,
}  # fmt: skip
LAW_CHANGES_NEW: Context = LAW_CHANGES | {"since": "", "label": "", "systems": []}
LAW_CHANGES_NOTHING: Context = LAW_CHANGES | {"systems": [], "registered": False}
LAW_CHANGES_STRAINED: Context = LAW_CHANGES | {"systems": strain(LAW_CHANGES)["systems"]}
