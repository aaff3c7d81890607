"""The gate's answer in words: headline, reason, who can act, and each requirement with what was seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consilience.domains.gate import quorum
from consilience.domains.gate import rules as gate
from consilience.domains.policy.language.write import written_out
from consilience.domains.policy.narrate import narrate
from consilience.domains.policy.outcome import Code, Outcome
from consilience.domains.policy.requirement import Requirement
from consilience.domains.review.waiving import may_waive
from consilience.kit.clock import shift
from consilience.surfaces import quorum_words, sentences
from consilience.surfaces.language import told_in
from consilience.surfaces.web import words
from consilience.surfaces.web.view_models.gathered import Gathered, answer_code
from consilience.surfaces.web.view_models.voices import sign_url

Shown = dict[str, Any]
_READ = re.compile(r"evidence\.([a-z_]+)")


def answer(found: Gathered) -> Shown:
    """The banner of the gate, and who can act next."""
    verdict = found.assessment.verdict
    code, stage = answer_code(int(verdict.exit_code)), found.release.row.stage
    count = len(found.assessment.policies)
    decided = found.decisions[0] if found.decisions else None
    return {
        "verdict": code,
        "headline": headline(code, stage),
        "reason": _reason(found),
        "policy": {
            "url": reverse("policies"),
            "label": ngettext("%(n)s policy in force", "%(n)s policies in force", count) % {"n": count},
        },
        "who": _who(found),
        "cannot_be_met": _cannot_be_met(found),
        "decided_at": found.asof.valid_at,
        "replay": "",
        "recorded": {
            "url": reverse("decision", args=[decided.urn]),
            "verdict": answer_code(decided.body["exit_code"]),
            "at": decided.valid_from,
        } if decided else None,
    }  # fmt: skip


def headline(code: str, stage: str) -> str:
    to = {"stage": sentences.word(sentences.STAGES, stage).lower()}
    if code == "allowed":
        return _("This release may go to %(stage)s.") % to
    if code == "sign_offs_missing":
        return _("Only sign-offs are missing.")
    return _("This release may not go to %(stage)s yet.") % to


def _reason(found: Gathered) -> str:
    """What stands against it, the heaviest first, in one sentence."""
    verdict, against = found.assessment.verdict, gate.hindrances(found.assessment.facts)
    applying = [one for one in found.assessment.outcomes if one.code is not Code.NOT_APPLICABLE]
    if verdict.ground is gate.Ground.NO_REQUIREMENT:
        return _("No requirement is in force for this stage, so nothing says what would be enough.")
    if verdict.allowed:
        return ngettext(
            "The %(n)s requirement that applies is met.", "All %(n)s requirements that apply are met.", len(applying)
        ) % {"n": len(applying)} if not _warned(applying) else _(
            "Every requirement that blocks is met; some that only warn are not."
        )  # fmt: skip
    parts = []
    blocking = sorted({one.row.function for one in found.voices.blocks if not one.ended})
    if blocking:
        named = words.and_list([found.titles.get(code, code) for code in blocking])
        parts.append(_("a block of %(functions)s stands") % {"functions": named})
    if against.objections:
        parts.append(ngettext("%(n)s objection has no answer", "%(n)s objections have no answer", against.objections)
                     % {"n": against.objections})  # fmt: skip
    if against.overdue:
        parts.append(ngettext("%(n)s condition is overdue", "%(n)s conditions are overdue", against.overdue)
                     % {"n": against.overdue})  # fmt: skip
    parts += _unmet(found)
    said = words.and_list(parts)
    return f"{said[:1].upper()}{said[1:]}." if said else sentences.word(sentences.GROUNDS, str(verdict.ground))


def _warned(outcomes: Iterable[Outcome]) -> bool:
    return any(one.code not in gate.PASSES for one in outcomes)


def _unmet(found: Gathered) -> list[str]:
    unmet = [one for one in found.assessment.outcomes if one.severity == "block" and one.code not in gate.PASSES]
    failed = sum(not one.sign_off and one.code is not Code.NO_EVIDENCE for one in unmet)
    unseen = sum(not one.sign_off and one.code is Code.NO_EVIDENCE for one in unmet)
    silent = sorted({one.owner for one in unmet if one.sign_off}, key=list(found.titles).index)
    parts = []
    if failed:
        parts.append(ngettext("%(n)s requirement is not met", "%(n)s requirements are not met", failed) % {"n": failed})
    if unseen:
        parts.append(
            ngettext("%(n)s requirement has no evidence yet", "%(n)s requirements have no evidence yet", unseen)
            % {"n": unseen}
        )
    if silent:
        named = words.and_list([found.titles[code] for code in silent])
        parts.append(ngettext("%(f)s has not approved it as it stands", "%(f)s have not approved it as it stands", len(silent))
                     % {"f": named})  # fmt: skip
    return parts


def _who(found: Gathered) -> list[Shown]:
    """One line for each function whose turn it is: decide, or bring evidence."""
    turns: dict[str, dict[bool, set[str]]] = {}
    for step in found.steps:
        turns.setdefault(step.function, {}).setdefault(step.sign_off, set()).update(step.people)
    made = []
    for function in sorted(turns, key=list(found.titles).index):
        asked = turns[function]
        people = set().union(*asked.values())
        wanted = [_("bring or improve evidence")] if False in asked else []
        wanted += [_("decide")] if True in asked else []
        mine = next((kind for kind in (True, False) if found.actor.urn in asked.get(kind, ())), None)
        made.append({
            "name": words.and_list(sorted(found.name(urn) for urn in people)) or _("Nobody yet"),
            "function": found.titles.get(function, function),
            "action": words.and_list(wanted),
            "url": "" if mine is None else _turn_url(found, function, sign_off=mine),
        })  # fmt: skip
    return made


def _cannot_be_met(found: Gathered) -> str:
    """Why the approvals that are asked for cannot be had from the people who are here; "" where they can."""
    return quorum_words.why_not(quorum.quorum(found.assessment), found.titles, found.name)


def _turn_url(found: Gathered, function: str, sign_off: bool) -> str:
    if sign_off:
        return sign_url(found, function)
    return reverse("version_attach", args=[found.release.version.reference]) if found.may("evidence.attach") else ""


def requirement_groups(found: Gathered) -> list[Shown]:
    """Every requirement in force by the function that owns it, what is open first."""
    groups = []
    for code in found.titles:
        owned = [one for one in found.assessment.outcomes if one.owner == code]
        if not owned:
            continue
        applying = [one for one in owned if one.code is not Code.NOT_APPLICABLE]
        met = sum(one.code in gate.PASSES for one in applying)
        text = _("%(met)s of %(all)s met") % {"met": met, "all": len(applying)} if applying else _("none applies here")
        ordered = sorted(owned, key=_urgency)
        items = [
            requirement(
                one, found.requirements.get((one.policy, one.requirement)), _read(one, found), found.plainly.told(one)
            )
            | {"waiver": _waiver(one, found), "waive_url": _waive_url(one, found)}
            for one in ordered
        ]
        groups.append({"function": found.function(code), "text": text, "items": items})
    return groups


def _urgency(one: Outcome) -> int:
    if one.code is Code.NOT_APPLICABLE:
        return 3
    if one.code in gate.PASSES:
        return 2
    return 0 if one.severity == "block" else 1


def requirement(
    outcome: Outcome, said: Requirement | None, evidence: Shown | None = None, plain: Sequence[str] = ()
) -> Shown:
    """One requirement with what was seen; `said` is None where its policy is no longer at hand. `plain` tells its figures."""
    language = told_in()
    return {
        "code": f"{outcome.policy}/{outcome.requirement}",
        "sentence": in_language(said.title, language) if said else words.attribute(outcome.requirement.replace("-", " ")).capitalize(),
        "outcome": str(outcome.code),
        "severity": str(outcome.severity),
        "seen": outcome.sentence(language),
        "because": [] if outcome.code is Code.NOT_APPLICABLE else list(narrate(outcome, language)),
        "plain": list(plain),
        "bound": "",
        "reason": in_language(said.why, language) if said else "",
        "evidence": evidence,
        "policy": {"label": outcome.policy, "url": reverse("policy", args=[outcome.policy]) + f"#{outcome.requirement}"},
        "page": reverse("requirement", args=[outcome.policy, outcome.requirement]) if said else "",
        "obligation": {"label": said.source, "url": ""} if said and said.source else None,
        "waiver": None,
        "waive_url": "",
        "attempts": 0,
    }  # fmt: skip


def _waiver(one: Outcome, found: Gathered) -> Shown | None:
    """By whom a requirement was set aside for this release, and until when; None where nobody did."""
    if one.code is not Code.WAIVED:
        return None
    for row in found.waivers:
        if (row.body["policy"], row.body["requirement"]) == (one.policy, one.requirement):
            last = shift(row.body["until"], microseconds=-1)
            control = found.text(row.body["control"]) or _("The text was erased.")
            return {
                "by": found.name(row.person), "reason": found.text(row.body["reason"]) or _("The text was erased."),
                "control": control, "until": last, "url": reverse("waivers"),
            }  # fmt: skip
    return None


def _waive_url(one: Outcome, found: Gathered) -> str:
    """Where this person sets the requirement aside; "" where it is met, or they may not."""
    said = found.requirements.get((one.policy, one.requirement))
    if said is None or one.code in gate.PASSES or not found.may("review.sign_off"):
        return ""
    refused = may_waive(found.actor.urn, said.waiver, requirement=said.name, held=found.held, authors=found.authors)
    release = found.release
    address = [release.system.slug, release.version.reference, release.row.stage, one.policy, one.requirement]
    return "" if refused else reverse("waive", args=address)


def in_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def _read(outcome: Outcome, found: Gathered) -> Shown | None:
    """The record about this version that the rule reads first."""
    said = found.requirements.get((outcome.policy, outcome.requirement))
    if said is None or outcome.code is Code.NOT_APPLICABLE:
        return None
    for kind in kinds_read([said]):
        for one in found.release.evidence:
            if one.row.kind == kind:
                return {"label": found.kinds.get(kind, kind), "url": reverse("evidence", args=[one.row.urn])}
    return None


def kinds_read(requirements: Sequence[Requirement]) -> list[str]:
    """The kinds of evidence that rules look at, in the order in which they name them."""
    named = [kind for one in requirements for kind in _READ.findall(written_out(one.satisfied_if))]
    return list(dict.fromkeys(named))
