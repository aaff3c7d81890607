"""How each status is told: an icon, a word and a tone, so that colour alone never tells it.

The codes are those that rules return; `say` also takes a code nobody listed yet and shows it as plain text.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Status(NamedTuple):
    """Tone ("" is neutral), icon and words."""

    tone: str
    icon: str
    words: str | Promise


STATUSES: dict[str, Status] = {
    # outcomes of a requirement
    "satisfied": Status("ok", "check", _("Satisfied")),
    "unsatisfied": Status("bad", "x", _("Not satisfied")),
    "no_evidence": Status("warn", "question", _("No evidence")),
    "not_applicable": Status("", "minus", _("Does not apply")),
    "waived": Status("info", "over", _("Waived")),
    "forced": Status("bad", "bolt", _("Forced")),
    "error": Status("bad", "alert", _("Error")),
    # answers of the gate
    "allowed": Status("ok", "check", _("May go ahead")),
    "blocked": Status("bad", "ban", _("Blocked")),
    "sign_offs_missing": Status("warn", "clock", _("Waiting for sign-offs")),
    "cannot_tell": Status("warn", "question", _("Cannot tell")),
    # standings of live releases
    "compliant": Status("ok", "check", _("Compliant")),
    "not_compliant": Status("bad", "alert", _("Not compliant")),
    "ended": Status("", "minus", _("Ended")),
    # verdicts of a function, and how they stand now
    "approve": Status("ok", "check", _("Approved")),
    "approve_with_conditions": Status("ok", "check", _("Approved with conditions")),
    "object": Status("bad", "chat", _("Objection")),
    "block": Status("bad", "ban", _("Blocked")),
    "abstain": Status("", "minus", _("Abstained")),
    "waiting": Status("warn", "clock", _("Decision needed")),
    "stale": Status("warn", "history", _("Look again")),
    "expired": Status("warn", "clock", _("Expired")),
    "withdrawn": Status("", "x", _("Withdrawn")),
    "not_needed": Status("", "minus", _("Not needed")),
    # records, policies, tokens
    "current": Status("ok", "check", _("Current")),
    "superseded": Status("", "history", _("Replaced by a newer one")),
    "draft": Status("", "pen", _("Draft")),
    "in_force": Status("ok", "check", _("In force")),
    "scheduled": Status("info", "calendar", _("Starts later")),
    "retired": Status("", "minus", _("No longer in force")),
    "active": Status("ok", "check", _("Active")),
    "revoked": Status("", "ban", _("Revoked")),
    # obligations
    "met": Status("ok", "check", _("Met")),
    "open": Status("bad", "circle", _("Open")),
    "no_requirement": Status("warn", "question", _("No requirement asks for it")),
    "not_yet": Status("info", "calendar", _("Not yet in force")),
    "disputed": Status("info", "scale", _("Disputed")),
    "unknown": Status("warn", "question", _("Cannot tell whether it applies")),
    "pending": Status("", "clock", _("Proposed, and no law")),
    "enacted_not_yet_applied": Status("info", "calendar", _("Enacted, applies later")),
    "voluntary": Status("", "flag", _("Voluntary")),
    "gained": Status("warn", "plus", _("Gained")),
    "lost": Status("", "minus", _("Lost")),
    "changed": Status("info", "history", _("Changed")),
    "offered": Status("", "book", _("Not in use")),
    "newer": Status("info", "history", _("Another edition is shipped")),
    # tiers of risk
    "prohibited": Status("bad", "ban", _("Prohibited")),
    "high": Status("bad", "shield", _("High risk")),
    "limited": Status("warn", "shield", _("Limited risk")),
    "medium": Status("warn", "shield", _("Medium risk")),
    "minimal": Status("ok", "shield", _("Minimal risk")),
    "low": Status("ok", "shield", _("Low risk")),
    "not_assessed": Status("warn", "question", _("Risk not assessed")),
    # how much a figure is worth
    "stated": Status("", "chat", _("Stated")),
    "recomputed_from_states": Status("info", "chart", _("Recomputed from counts")),
    "recomputed_from_data": Status("info", "database", _("Recomputed from data")),
    "scored_from_artefact": Status("info", "cube", _("Scored from the artefact")),
    # stages
    "framing": Status("", "", _("Framing")),
    "data": Status("", "", _("Data")),
    "development": Status("", "", _("Development")),
    "validation": Status("", "", _("Validation")),
    "operation": Status("", "", _("Operation")),
    "retirement": Status("", "", _("Retirement")),
}

SAME_AS = {
    "approved": "approve",
    "approved_with_conditions": "approve_with_conditions",
    "objection": "object",
    "objected": "object",
    "blocking": "block",
    "abstained": "abstain",
    "none": "waiting",
    "missing": "waiting",
    "only_sign_offs_missing": "sign_offs_missing",
    "unacceptable": "prohibited",
    "unassessed": "not_assessed",
}

VERDICTS: dict[str, str | Promise] = {
    "approve": _("All that your function answers for is in order as it stands now."),
    "approve_with_conditions": _(
        "You agree, and name what must happen, who does it and by when. You decide when it is done."
    ),
    "object": _("Something must be answered in writing by another person before the gate opens."),
    "block": _(
        "Stands over later changes and later versions in this system, until you withdraw it "
        "or the people named for that decide otherwise."
    ),
    "abstain": _("You looked and take no side. It counts as heard, not as an approval."),
}


def say(code: str) -> Status:
    """Tone, icon and words of a status code."""
    plain = str(code).strip().lower().replace("-", "_").replace(" ", "_")
    known = STATUSES.get(SAME_AS.get(plain, plain))
    return known or Status("", "", plain.replace("_", " ").capitalize())
