"""What the product says about obligations, by code: states, roles, how it is known; and the sentences made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise

from consilience.domains.policy.obligations.definitions import in_words
from consilience.domains.policy.obligations.pack import Clock, Day, Pack, Reading, Rule, Words
from consilience.domains.policy.obligations.rules import Consequence, Line, State, Why
from consilience.surfaces.language import ENGLISH, told_in
from consilience.surfaces.language import said as _now
from consilience.surfaces.language import said_later as _
from consilience.surfaces.sentences import word

STATES: dict[str, str | Promise] = {
    "met": _("Met"),
    "open": _("Open"),
    "no_requirement": _("No requirement asks for it"),
    "not_yet": _("Not yet in force"),
    "disputed": _("Disputed"),
    "unknown": _("Cannot tell whether it applies"),
    "pending": _("Proposed, and no law"),
    "ended": _("No longer in force"),
    "not_applicable": _("Does not apply"),
}
CHECKED: dict[str, str | Promise] = {
    "text": _("Read in a copy of the text"),
    "digest": _("Digests of the article, or several notes by law firms, agree"),
    "memory": _("Well known; not read again for this edition"),
}
ROLES: dict[str, str | Promise] = {
    "provider": _("provider"),
    "deployer": _("deployer"),
    "developer": _("developer"),
    "controller": _("controller"),
    "processor": _("processor"),
    "creditor": _("creditor"),
    "bank": _("bank"),
    "insurer": _("insurer"),
    "employer": _("employer"),
    "covered_entity": _("covered entity"),
    "financial_entity": _("financial entity"),
    "essential_entity": _("essential or important entity"),
    "manufacturer": _("manufacturer"),
    "general_purpose_provider": _("provider of general-purpose models"),
    "organisation": _("organisation"),
    "any": _("anybody"),
}
BEYOND: dict[str, str | Promise] = {
    "validation": _("Validation"),
    "executive": _("Executive"),
    "security": _("Security"),
}
"""Functions that a law may want to sign although nobody holds them here."""
PARTS: dict[str, str | Promise] = {
    "state": _("How it stands"),
    "from": _("Applies from"),
    "until": _("Applies until"),
    "text": _("What it asks"),
    "readings": _("How it is read"),
    "title": _("Title"),
    "article": _("Article"),
    "addressed": _("Addressed to"),
    "applies_if": _("Applies if"),
    "signs": _("Signed by"),
    "evidence": _("Evidence"),
    "clocks": _("Clocks"),
    "threshold": _("Threshold"),
}
FACTS: dict[str, str | Promise] = {
    "system.use": _("its use"),
    "system.jurisdictions": _("its jurisdictions"),
    "system.autonomy": _("its autonomy"),
    "system.data_categories": _("its categories of data"),
    "system.people_affected": _("how many people it affects"),
    "system.line_of_business": _("its line of business"),
}
NO_ADVICE = _("Facts about the law in our own words, as of the day of each edition. This is not legal advice.")


def text(words: Words | Mapping[str, str] | None) -> str:
    """Text in the reader's language, or in English."""
    if words is None:
        return ""
    return words.get(told_in(), words[ENGLISH])


def day(of: Day | None) -> str:
    """A day as people write it."""
    if not of:
        return ""
    with translation.override(told_in()):
        return date_format(date.fromisoformat(of), "j F Y" if told_in() == ENGLISH else "j. F Y")


def what_if(of: Day) -> str:
    """The label of everything that was asked for another day of the law."""
    return _now(
        "What if: the law of %(day)s. Systems, requirements and evidence are those of today; only the law's day is another."
    ) % {"day": day(of)}


def between(since: Day, until: Day) -> str:
    """The label of what the law changed between two days."""
    return _now(
        "What if: the law of %(since)s against the law of %(until)s. Systems, requirements and evidence are those of today."
    ) % {"since": day(since), "until": day(until)}


def sentence(line: Line) -> str:
    """How an obligation stands, in one sentence."""
    if line.state is State.DISPUTED:
        both = "; ".join(
            f"{text(one.reading.text).rstrip('.')}: {follows(one, line).rstrip('.')}" for one in line.consequences
        )
        return _now("The law is read in more than one way. %(both)s.") % {"both": both}
    return follows(line.consequences[0], line)


def follows(one: Consequence, line: Line) -> str:
    """What follows from one reading."""
    match one.state:
        case State.MET:
            return _now("Every requirement that cites it is satisfied.")
        case State.OPEN:
            return _open(line)
        case State.NO_REQUIREMENT:
            return _now("It is in force, and no requirement in force asks for it.")
        case State.NOT_YET:
            ready = {
                State.MET: _now("the requirements that cite it are satisfied already"),
                State.OPEN: _now("the requirements that cite it are open"),
            }
            said = ready.get(line.answer, _now("no requirement asks for it yet"))
            return _now("In force from %(day)s; %(ready)s.") % {"day": day(one.reading.starts), "ready": said}
        case State.ENDED:
            return _now("In force until %(day)s.") % {"day": day(one.reading.ends)}
        case State.UNKNOWN:
            return _unknown(one)
        case State.PENDING:
            return _now("It is proposed, and no law.")
    if any(reason["code"] == "other_role" for reason in one.applies.reasons):
        return _now("It is addressed to others: %(roles)s.") % {"roles": roles(line.wording.applies_to)}
    return _now("It does not apply to this system.")


def _open(line: Line) -> str:
    if line.why is Why.NO_RELEASE:
        return _now("Requirements cite it, but nothing is proposed that they could be asked of.")
    if line.why is Why.NOT_ASKED_YET:
        return _now("The requirements that cite it are not asked at the stages for which something is proposed.")
    return _now("A requirement that cites it is not satisfied.")


def _unknown(one: Consequence) -> str:
    if one.applies.error is not None:
        return _now("Whether it applies cannot be computed (%(error)s).") % {"error": one.applies.error}
    return _now("Whether it applies depends on what is not registered: %(facts)s.") % {
        "facts": missing(one.applies.reasons)
    }


def missing(reasons: Iterable[Any]) -> str:
    """The facts of a system that are not there, in words."""
    return ", ".join(dict.fromkeys(word(FACTS, reason.get("path", "")) for reason in reasons))


def roles(listed: Iterable[str]) -> str:
    return ", ".join(word(ROLES, one) for one in listed)


def applies_if(reading: Reading, pack: Pack) -> str:
    """When a reading applies, in words where its rules are made of defined names; else as they are written."""
    if not reading.rules:
        return _now("to every system")
    return "; ".join(rule_words(one, pack) for one in reading.rules)


def rule_words(rule: Rule, pack: Pack) -> str:
    said = in_words(rule.text, pack.definitions)
    return text(said) if said else rule.text


def limit(clock: Clock) -> str:
    """How long a clock runs; empty where its rule has no number."""
    if clock.limit is None:
        return ""
    units = {
        "hours": _now("hours"), "days": _now("days"), "business_days": _now("working days"), "weeks": _now("weeks"),
        "months": _now("months"), "years": _now("years"),
    }  # fmt: skip
    return f"{clock.limit.amount} {units[clock.limit.unit]}"
