"""What people have said about a release: the card of each function, conditions, objections, blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consilience.domains.policy.outcome import Code, Outcome
from consilience.domains.review import queries as review
from consilience.domains.review import rules
from consilience.kit.clock import Instant, shift
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.view_models.gathered import Gathered
from consilience.surfaces.web.view_models.items import Labels, change_in_words

Shown = dict[str, Any]
SOON_DAYS = 7
MAX_CHANGES = 3
TICKS = {
    Code.SATISFIED: "ok", Code.WAIVED: "ok", Code.FORCED: "ok", Code.UNSATISFIED: "bad", Code.ERROR: "bad",
    Code.NO_EVIDENCE: "todo", Code.NOT_APPLICABLE: "na",
}  # fmt: skip


def due_state(at: Instant | None, now: Instant) -> str:
    if at is None or now < shift(at, days=-SOON_DAYS):
        return ""
    return "overdue" if now >= at else "soon"


def ticks(outcomes: Sequence[Outcome], found: Gathered, function: str) -> list[Shown]:
    """One line for each requirement of a function; its own sign-off is what the card is about, so it is left out."""
    made = []
    for one in outcomes:
        if one.owner == function and not one.sign_off and one.code is not Code.NOT_APPLICABLE:
            title = found.requirements[one.policy, one.requirement].title
            made.append({"state": TICKS[one.code], "text": title.get("en", one.requirement)})
    return made


def function_cards(found: Gathered, labels: Labels) -> list[Shown]:
    return [_card(code, found, labels) for code in found.titles]


def _card(code: str, found: Gathered, labels: Labels) -> Shown:
    standing, said = found.voices.standing(code)
    holds = found.speaks_for(code)
    needed = standing in ("waiting", "stale", "expired")
    why_not = why_not_sign(code, found)
    holders = [found.name(urn) for urn in found.holders.get(code, [])]
    changed = [change_in_words(one, found.asof, labels) for one in said.changes[:MAX_CHANGES]] if said else []
    if said and len(said.changes) > MAX_CHANGES:
        rest = len(said.changes) - MAX_CHANGES
        changed.append({"label": _("and %(n)s more") % {"n": rest}, "old": "", "new": _("see the sign-off page")})
    label = (_("Decide for %(function)s") if needed else _("Decide again for %(function)s")) % {
        "function": found.titles[code]
    }
    action = {"label": label, "url": sign_url(found, code)} if holds and not why_not else None
    return {
        "code": code,
        "name": found.titles[code],
        "holder": found.signer(said) if said else words.and_list(holders) or _("nobody yet"),
        "standing": standing,
        "words": _words(standing, said),
        "foot": _foot(standing, said, holders),
        "signed_with": found.signed_with(said.row) if said else "",
        "no_right": why_not if holds else "",
        "you": holds and needed and not why_not,
        "due": said.given.expires_at if said and standing not in ("expired", "stale") else None,
        "due_state": "",
        "items": ticks(found.assessment.outcomes, found, code),
        "stale": changed,
        "action": action,
    }


def why_not_sign(function: str, found: Gathered) -> str:
    """Why this person cannot decide for a function they hold; "" when they can."""
    if found.actor.urn in found.authors:
        return str(sentences.REFUSALS["own_work"])
    if not found.speaks_for(function):
        name = {"function": found.titles.get(function, function)}
        return str(sentences.REFUSALS["function_not_held"]) % name
    if not found.may("review.sign_off"):
        return _("Your role lets you read here, not decide.")
    return ""


def sign_url(found: Gathered, function: str) -> str:
    release = found.release
    return reverse("sign", args=[release.system.slug, release.version.reference, release.row.stage, function])


def _words(standing: str, said: review.Standing | None) -> str:
    if said is None or standing in ("stale", "expired"):
        return ""
    asked = len(said.row.body["conditions"])
    if standing == rules.Verdict.APPROVE_WITH_CONDITIONS:
        return ngettext("Approved, %(n)s condition", "Approved, %(n)s conditions", asked) % {"n": asked}
    return ""


def _foot(standing: str, said: review.Standing | None, holders: list[str]) -> str:
    if said is not None:
        at = words.when(said.given.signed_at)
        if standing in ("stale", "expired"):
            verdict = sentences.word(sentences.VERDICTS, said.row.verdict).lower()
            return _("Said “%(verdict)s” on %(at)s.") % {"verdict": verdict, "at": at}
        if said.given.expires_at:
            return _("Given on %(at)s. To be renewed,") % {"at": at}
        return _("Given on %(at)s.") % {"at": at}
    if standing == "block":
        return _("Blocked for another release in this system.")
    if not holders:
        return _("Nobody holds this function, so it cannot decide.")
    return _("Has not decided yet.")


def conditions(listed: Sequence[review.Condition], found: Gathered) -> list[Shown]:
    """Conditions of the system, open ones first, by due date."""
    ordered = sorted(listed, key=lambda one: (one.state is rules.ConditionState.MET, one.due_at))
    return [_condition(one, found) for one in ordered]


def _condition(one: review.Condition, found: Gathered) -> Shown:
    met = one.state is rules.ConditionState.MET
    return {
        "text": found.text(one.text) or _("The text was erased."),
        "function": found.titles.get(one.sign_off.function, one.sign_off.function),
        "owner": found.name(one.owner),
        "due": one.due_at,
        "due_state": due_state(one.due_at, found.asof.valid_at),
        "url": condition_url(one),
        "closed": met,
        "blocks": one.state is rules.ConditionState.OVERDUE,
        "closed_at": one.proof.valid_from if met and one.proof else None,
        "closed_by": found.name(one.proof.body["accepted_by"]) if met and one.proof else "",
    }


def condition_url(one: review.Condition) -> str:
    urn, _hash, index = one.id.partition("#")
    return reverse("condition", args=[urn, int(index)])


def objections(found: Gathered) -> list[Shown]:
    made = []
    for one in found.voices.objections:
        answer = one.answers[-1] if one.answers else None
        may_answer = answer is None and one.row.person != found.actor.urn and found.may("review.answer")
        made.append({
            "function": found.function(one.row.function),
            "by": found.name(one.row.person),
            "text": found.text(one.row.body["reason"]),
            "at": one.row.body["signed_at"],
            "answer": {
                "by": found.name(answer.body["person"]), "text": found.text(answer.body["text"]), "at": answer.valid_from,
            } if answer else None,
            "answer_url": reverse("objection", args=[one.row.urn]) if may_answer else "",
        })  # fmt: skip
    return made


def blocks(found: Gathered) -> list[Shown]:
    """Blocks that stand in the system."""
    panel = review.panel(found.asof) if any(not one.ended for one in found.voices.blocks) else []
    made = []
    for one in found.voices.blocks:
        if one.ended:
            continue
        author = found.name(one.row.person)
        may_end = found.actor.urn in (one.row.person, *panel) and found.may("review.sign_off")
        ends = _("Ends when %(author)s withdraws it, or two people of the panel say so.") % {"author": author}
        if one.ends:
            ends = _("One person of the panel has said that it should end.") + " " + ends
        made.append({
            "function": found.function(one.row.function),
            "by": author,
            "text": found.text(one.row.body["reason"]),
            "scope": _("Stands against every model in %(system)s, at every stage but retirement.")
            % {"system": found.release.system.body["name"]},
            "ends": ends,
            "at": one.row.body["signed_at"],
            "withdraw_url": reverse("block_end", args=[one.row.urn]) if may_end else "",
        })  # fmt: skip
    return made
