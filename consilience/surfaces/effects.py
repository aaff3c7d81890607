"""What a change of policy does, in words that the web, the API and the command line share."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from consilience.domains.ledger import queries as ledger
from consilience.domains.policy.changes import Difference, TextChange
from consilience.domains.policy.life import rules
from consilience.kit.clock import Instant, moment
from consilience.surfaces import sentences

Words = str | Promise

DIFFERENCES: dict[str, Words] = {
    "requirement_added": _("Added: %(title)s"),
    "requirement_removed": _("Removed: %(title)s"),
    "threshold": _("%(title)s: threshold changed from %(before)s to %(after)s, in “%(clause)s”"),
    "value": _("%(title)s: %(before)s became %(after)s, in “%(clause)s”"),
    "rule": _("%(title)s: the rule was written anew: “%(before)s” became “%(after)s”"),
    "applies": _("%(title)s: when it applies changed from “%(before)s” to “%(after)s”"),
    "severity": _("%(title)s: %(before)s became %(after)s"),
    "owner": _("%(title)s: owned by %(after)s, before by %(before)s"),
    "starts": _("%(title)s: in force from %(after)s, before from %(before)s"),
    "ends": _("%(title)s: in force until %(after)s, before until %(before)s"),
    "obligations": _("%(title)s: follows from %(after)s, before from %(before)s"),
    "words": _("%(title)s: its words changed"),
    "policy_owner": _("The policy is owned by %(after)s, before by %(before)s"),
    "constant": _("%(clause)s changed from %(before)s to %(after)s"),
    "definition": _("What %(clause)s means changed from “%(before)s” to “%(after)s”"),
    "table": _("%(title)s (%(clause)s): “%(before)s” became “%(after)s”"),
}
DIFFERENCES |= {
    "scope": _("It binds the %(after)s, before the %(before)s"),
    "review_by": _("To be looked at again by %(after)s; before: %(before)s"),
    "loosened": _("Sets aside %(clause)s: %(after)s"),
    "loosened_no_more": _("Sets aside %(clause)s no longer"),
    "tightens": _("%(title)s: tightens %(after)s, before %(before)s"),
    "waiver": _("%(title)s: may be waived for a release: %(after)s; before: %(before)s"),
    "may_be_loosened_by": _("%(title)s: may be loosened for a narrower scope by %(after)s, before by %(before)s"),
}
SEVERITIES: dict[str, Words] = {"block": _("it blocks"), "warn": _("it only warns")}
ENDINGS: dict[str, Words] = {
    "retired": _("Its version was let through to retirement."),
    "moved_on": _("Its version was let through to a later stage."),
    "taken_back": _("The proposal was taken back."),
    "version_withdrawn": _("Its version was withdrawn."),
}
CAUSES: dict[str, Words] = {
    "fact": _("A fact changed"),
    "policy": _("The policy changed"),
    "time": _("Nothing changed but the day"),
}
UNREADABLE = _("Something that it rests on cannot be read any more.")
_NOTHING: dict[Difference, Words] = {
    Difference.APPLIES: _("always"),
    Difference.STARTS: _("its publication"),
    Difference.ENDS: _("further notice"),
    Difference.OBLIGATIONS: _("nothing"),
    Difference.CONSTANT: _("nothing"),
    Difference.DEFINITION: _("nothing"),
    Difference.REVIEW_BY: _("no day"),
    Difference.TIGHTENS: _("nothing"),
    Difference.MAY_LOOSEN: _("nobody"),
    Difference.TABLE: _("nothing"),
}


def difference(one: TextChange, language: str) -> str:
    """One difference between two versions as a sentence."""
    title = one.title.get(language, one.title["en"])
    before, after = (_shown(one.what, value) for value in (one.before, one.after))
    return str(DIFFERENCES[one.what]) % {"title": title, "before": before, "after": after, "clause": one.clause}


def _shown(what: Difference, value: str | None) -> str:
    if not value:
        return str(_NOTHING.get(what, ""))
    if what is Difference.SEVERITY:
        return str(SEVERITIES[value])
    if what in (Difference.OWNER, Difference.POLICY_OWNER):
        return sentences.word(sentences.FUNCTIONS, value)
    if what is Difference.SCOPE:
        return scope(value)
    if what is Difference.REVIEW_BY:
        return last_day(Instant(value))
    if what in (Difference.STARTS, Difference.ENDS):
        return moment(Instant(value)).astimezone(ZoneInfo(ledger.zone())).date().isoformat()
    return value


def last_day(end: Instant) -> str:
    """The last day before an end, as it is written: 2027-06-30."""
    return rules.last_day(end, ledger.zone())


def scope(said: str) -> str:
    """Whom a policy binds, from a scope as text."""
    what, _space, name = said.partition(" ")
    return str(sentences.SCOPES[what]) % {"name": name}


def standing(state: str, ground: str, ending: str | None) -> str:
    """Why a release stands as it does, in one sentence."""
    if ending:
        return sentences.word(ENDINGS, ending)
    if ground == "unreadable":
        return str(UNREADABLE)
    if state == "cannot_tell" and ground == "unmet":
        return _now("What it was let through on is not shown any more.")
    return sentences.word(sentences.GROUNDS, ground)
