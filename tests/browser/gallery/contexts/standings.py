"""Standings, notices and the effect of a change."""

from __future__ import annotations

from django import forms

from tests.browser.gallery.contexts.common import Context, at

REASONS = [
    {
        "code": "fit-for-purpose/fast-enough", "function": "Engineering", "before": "satisfied", "after": "no_evidence",
        "sentence": "No load test of exactly this model is on record that has not expired.", "cause": "A fact changed",
        "facts": [
            "Load test of single process, expired was no, now yes.",
            "Fairness evaluation of group metrics: attributes, groups, selection rate under the second threshold was 0.8129, "
            + "now Donaudampfschifffahrtsgesellschaftskapitänspatent" * 3,
        ],
    },
    {
        "code": "fair-treatment/equal-chance-for-good-payers", "function": "Ethics", "before": "satisfied", "after": "unsatisfied",
        "sentence": "By sex, the share of good payers who are refused may differ by 2.4 percentage points; 2 is the limit.",
        "cause": "The policy changed", "facts": [],
    },
]  # fmt: skip
OPEN = [
    {
        "code": "aia-9", "url": "/obligation", "weight": "block", "cause": "Its day came",
        "sentence": "Open obligation since 2 December 2027: Risk management system (art. 9). No requirement in force asks for it.",
    },
    {
        "code": "records-act-4-of-the-second-annex", "url": "/obligation", "weight": "warn", "cause": "",
        "sentence": "Open under one reading of the law since 2 August 2026: Serious incident reports (art. 73). Not met: incidents/reported.",
    },
]  # fmt: skip
MOVED = {
    "name": "lending/credit-limit@14", "stage": "operation", "url": "/release", "at": None, "before": "compliant",
    "after": "not_compliant", "came": OPEN, "went": [],
}  # fmt: skip
DECIDED = MOVED | {
    "at": at(20),
    "url": "/decision",
    "after": "compliant",
    "came": [],
    "went": ["Tell the partner (section 4)"],
}
STANDING = {
    "state": "not_compliant", "sentence": "Requirements that block are not met.", "since": at(21), "noticed": True,
    "changes": 3, "reasons": REASONS, "obligations": OPEN,
}  # fmt: skip
LIVE_ROWS = [
    {"name": "credit-limit@14", "system": "Retail credit limits", "url": "/release", "stage": "operation", "state": state,
     "since": at(21), "unmet": unmet, "open": "2 obligations are open" if unmet else ""}
    for state, unmet in (("not_compliant", "2 requirements are not met"), ("cannot_tell", "1 requirement is not met"), ("compliant", ""))
]  # fmt: skip
NO_PAGES = {"text": "", "newer": "", "older": ""}
STANDINGS: Context = {"releases": LIVE_ROWS, "paging": NO_PAGES, "systems_url": "/systems", "actions": [{"label": "Waivers", "url": "/waivers", "icon": "over", "primary": False}], "backlog": {
    "head": "400 versions were live before the gate.", "text": "12 are overdue, 31 have no day yet, 90 are due within 90 days.", "url": "/backlog", "urgent": True,
}}  # fmt: skip
STANDINGS_EMPTY: Context = STANDINGS | {"releases": [], "backlog": None}
BACKLOG: Context = {
    "rows": [
        {"version": "credit-limit@14", "url": "/version", "system": "Retail credit limits", "system_url": "/system", "since": "2019-04-01", "until": until,
         "due": due, "by": by, "reason": reason}
        for until, due, by, reason in ((at(1), "overdue", "Edda Roth", "Inherited from the old list."), (None, "undated", "", ""), (at(22), "soon", "Edda Roth", "Donaudampfschifffahrtsgesellschaft" * 5))
    ],
    "counts": [{"label": "overdue", "n": 1}, {"label": "without a day", "n": 1}, {"label": "due within 90 days", "n": 1}, {"label": "later", "n": 0}],
    "paging": NO_PAGES, "decide_url": "/decide", "live_url": "/standings", "import_url": "/import", "no_right": "",
}  # fmt: skip
BACKLOG_EMPTY: Context = BACKLOG | {"rows": [], "decide_url": "", "counts": []}
NOTICES: Context = {
    "notices": [
        {"id": 7 - nth, "unread": unread, "name": "credit-limit@14", "system": "lending", "url": url, "stage": "operation",
         "state": state, "sentence": sentence, "since": at(21), "at": at(22), "reasons": reasons,
         "obligations": OPEN if url else [], "closed": ["Tell the partner (section 4)"] if unread else []}
        for nth, (unread, url, state, sentence, reasons) in enumerate([
            (True, "/release", "not_compliant", "Requirements that block are not met.", REASONS),
            (True, "/release", "cannot_tell", "What it was let through on is not shown any more.", REASONS[:1]),
            (False, "", "ended", "The proposal was taken back.", []),
        ])
    ],
    "unread": 2, "read_url": "/notices/read", "live_url": "/standings", "paging": NO_PAGES,
}  # fmt: skip
NOTICES_EMPTY: Context = NOTICES | {"notices": [], "unread": 0}

COUNTS = {
    "looked_at": 10_012,
    "unchanged": 9_100,
    "flips": 871,
    "opened": 4,
    "shut": 620,
    "lacking": 39,
    "unreadable": 2,
}
CHANGES = [
    {
        "code": "fair-treatment/equal-chance-for-good-payers", "function": "Ethics", "nature": "flip", "before": "satisfied",
        "after": "unsatisfied", "was": "Between any two groups, refusals differ by at most 10 percentage points.",
        "now": "By sex, refusals may differ by up to 8.4 percentage points; 8 is the limit.",
        "why": [{"rule": "a.gaps.fpr.high <= 0.08", "seen": "evidence.fairness_evaluation[0].attributes[0].gaps.fpr.high = 0.0844"}],
        "missing": [], "facts": [], "because": ["2 fairness evaluations were looked at.", "Counterexample sex: gaps fpr high is 0.0844, at most 0.08 was asked (0.0044 more)."],
    },
    {
        "code": "fair-treatment/use-is-stated", "function": "Legal", "nature": "lacking", "before": "", "after": "no_evidence",
        "was": "", "now": "Nobody recorded what the system is used for.", "why": [], "missing": ["system.use"], "facts": [REASONS[0]["facts"][1]], "because": ["Use of the system is not known."],
    },
]  # fmt: skip
CASES = [
    {"name": "lending/credit-limit@14", "stage": "operation", "url": "/release", "live": live, "at": at(20), "before": before,
     "after": after, "changes": CHANGES[:count]}
    for live, before, after, count in (
        (True, "allowed", "blocked", 2), (False, "allowed", "blocked", 1), (False, "blocked", "blocked", 2), (False, "blocked", "allowed", 1),
    )
]  # fmt: skip
RESULT = {
    "headline": "In 871 of 10,012 cases something flips.", "counts": COUNTS, "cases": CASES,
    "text": ["Equal chances: threshold changed from 0.1 to 0.08, in “a.gaps.fpr.high <= 0.08”", "Added: What it is used for is stated"],
    "not_yet": ["Redress is rehearsed"],
    "functions": [{"code": "ethics", "name": "Ethics", "people": "Edda Roth and Ida Sand", "flips": 832},
                  {"code": "legal", "name": "Legal", "people": "nobody holds it", "flips": 39}],
    "next": {"done": 500, "total": 10_000, "url": "?so_far=sealed"}, "law": [MOVED],
}  # fmt: skip
NOTHING: Context = {
    "headline": "Nothing flips.", "counts": dict.fromkeys(COUNTS, 0) | {"looked_at": 12, "unchanged": 12}, "cases": [],
    "text": [], "not_yet": [], "functions": [], "next": None, "law": [],
}  # fmt: skip
OF_PROPOSAL = RESULT | {"partly": 10_000, "looked": 100, "url": "/policy-effect"}


class Compare(forms.Form):
    old = forms.ChoiceField(label="From", choices=[("6", "Version 6")], required=False)
    new = forms.ChoiceField(label="To", choices=[("draft", "The proposal of 20 Nov 2026")])
    since = forms.DateField(label="Decisions since", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    at = forms.DateField(label="Live releases on", required=False, widget=forms.DateInput(attrs={"type": "date"}))


def effect(result: object, problem: str = "", new: str = "draft") -> Context:
    """The page; a version that is not there is told beside its field."""
    return {
        "title": "Fair treatment", "form": Compare({"old": "6", "new": new, "since": "2026-01-01"}), "result": result, "problem": problem, "policy_url": "/policy",
        "policies_url": "/policies",
    }  # fmt: skip


EFFECT: Context = effect(RESULT)
EFFECT_NOTHING: Context = effect(NOTHING)
EFFECT_PROBLEM: Context = effect(None, "policy, line 212: the example no longer comes out as stated", new="gone")
