"""What a change of policy does: the page that compares two versions, and the card on a proposal's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consilience.domains.access import queries as access
from consilience.domains.gate import effect_queries as queries
from consilience.domains.gate import effects, policy_sets
from consilience.domains.gate.effects import Nature
from consilience.domains.gate.law_effect import law_when
from consilience.domains.gate.policy_sets import PolicySet
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import queries as policy
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.narrate import narrate
from consilience.domains.policy.outcome import Code
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces import effects as said
from consilience.surfaces import fact_words
from consilience.surfaces.language import told_in
from consilience.surfaces.web import words
from consilience.surfaces.web.shared import asked, date_field, day, page
from consilience.surfaces.web.view_models import impacts
from consilience.surfaces.web.view_models.answer import in_language
from consilience.surfaces.web.view_models.gathered import answer_code
from consilience.surfaces.web.view_models.standing import short

Shown = dict[str, Any]
ON_A_CARD = 100
"""As many stored decisions as a proposal's page replays while it loads; the effect's own page goes through all."""
PASSED_ON = ("old", "new", "since", "at")
SALT = "consilience.effect"
COUNTS = ("looked_at", "unchanged", "flips", "opened", "shut", "lacking", "unreadable")


class CompareForm(forms.Form):
    old = forms.ChoiceField(label=gettext_lazy("From"), required=False)
    new = forms.ChoiceField(label=gettext_lazy("To"))
    since = date_field(gettext_lazy("Decisions since"))
    at = date_field(gettext_lazy("Live releases on"))

    def __init__(self, *args: Any, sides: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old"].choices = [("", _("No such policy")), *sides]  # type: ignore[attr-defined]
        self.fields["new"].choices = sides  # type: ignore[attr-defined]


@page(action="policy.read")
def effect(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    """What another version or a proposal of a policy changes, over stored decisions and live releases."""
    access.ensure(actor, "policy.read", LIBRARY, asof)
    sides = _sides(slug, asof)
    newest = policy.policy(slug, asof) if policy.history(slug) else None
    data = {name: asked(request, name) for name in PASSED_ON}
    if "new" not in request.GET:
        data |= _usual(slug, sides, asof)
    form = CompareForm(data, sides=sides)
    context: Shown = {
        "title": in_language(policy.as_asked(newest).loaded.title, told_in()) if newest else slug,
        "form": form, "policies_url": reverse("policies"), "result": None, "problem": "",
        "policy_url": reverse("policy", args=[slug]) if newest else "",
    }  # fmt: skip
    if form.is_valid():
        try:
            context["result"] = _result(request, actor, form.cleaned_data, data, asof)
        except BadInput as error:
            context["problem"] = str(error)
    return render(request, "consilience/effect.html", context, status=422 if form.errors or context["problem"] else 200)


def _sides(slug: str, asof: AsOf) -> list[tuple[str, str]]:
    """What can be compared: the open proposals of this policy and its versions, the newest first."""
    proposals = [row for row in policy.open_proposals(asof) if row.slug == slug]
    published = [row for row in policy.history(slug) if row.position < asof.known_at]
    if not proposals and not published:
        policy.policy(slug, asof)  # not found
    made = [(row.urn, _("Proposal of %(day)s") % {"day": words.when(Instant(row.valid_from))}) for row in proposals]
    for row in reversed(published):
        since = words.when(Instant(row.valid_from))
        made.append((f"{slug}@{row.version}", _("Version %(n)s, from %(day)s") % {"n": row.version, "day": since}))
    return made


def _usual(slug: str, sides: Sequence[tuple[str, str]], asof: AsOf) -> dict[str, str]:
    """What somebody means who says nothing: what is in force, and the newest that is not."""
    in_force = [f"{slug}@{row.version}" for row in policy.rows_in_force(asof) if row.slug == slug]
    old = in_force[0] if in_force else ""
    others = [code for code, _label in sides if code != old]
    if others and sides[0][0] == old:  # nothing newer: what came before it
        return {"old": others[0], "new": old}
    return {"old": old, "new": others[0] if others else old}


def _side(code: str, at: Instant, asof: AsOf) -> PolicySet:
    if not code:
        return policy_sets.alone(None, at)
    one = policy_sets.proposed(code, asof) if code.startswith("urn:") else policy_sets.version(code, asof)
    return policy_sets.alone(one, at, code)


def _result(
    request: HttpRequest, actor: Actor, chosen: Mapping[str, Any], data: Mapping[str, str], asof: AsOf
) -> Shown:
    at, since = day(chosen["at"]), day(chosen["since"])
    if at is not None and at < asof.valid_at:
        raise BadInput(_("Live releases on"), _("the day must lie ahead; what was is replayed from stored decisions"))
    old, new = _side(chosen["old"], asof.valid_at, asof), _side(chosen["new"], at or asof.valid_at, asof)
    earlier = _earlier(request, data)
    offset = earlier["offset"]
    known_at = min(asof.known_at, earlier["known_at"] or asof.known_at)
    moment = AsOf(asof.valid_at, known_at)
    change = policy_sets.change(old, new)
    report = queries.stored_effect(actor, change, asof=moment, since=since, offset=offset)
    if not offset:
        report = queries.joined(queries.live_effect(actor, change, asof=moment, at=at), report)
    counts = {name: getattr(report.counts, name) + earlier[name] for name in COUNTS}
    law = law_when(actor, at, moment).live if at is not None and not offset else ()
    return shown(old, new, report, counts, asof) | {
        "next": _next(data, report, counts, known_at),
        "law": [impacts.moved(one) for one in law],
    }


def _earlier(request: HttpRequest, data: Mapping[str, str]) -> dict[str, int]:
    """What earlier slices came to, as this server counted and sealed it for this very question; nothing where it did not."""
    nothing = dict.fromkeys(("offset", "known_at", *COUNTS), 0)
    try:
        sealed = signing.loads(asked(request, "so_far"), salt=SALT)
    except signing.BadSignature:
        return nothing
    return nothing | sealed["counts"] if sealed["of"] == dict(data) else nothing


def _next(data: Mapping[str, str], report: queries.Report, counts: Mapping[str, int], known_at: int) -> Shown | None:
    """How far the decisions were replayed, and the address that goes on; the counts so far go with it, sealed."""
    if report.next is None:
        return None
    so_far = {**counts, "offset": report.next, "known_at": known_at}
    sealed = signing.dumps({"of": dict(data), "counts": so_far}, salt=SALT, compress=True)
    return {"done": report.next, "total": report.total, "url": f"?{urlencode({**data, 'so_far': sealed})}"}


def shown(old: PolicySet, new: PolicySet, report: queries.Report, counts: Mapping[str, int], asof: AsOf) -> Shown:
    """Differences of the text, counts, for whom, and each case in which something differs."""
    titles, language = people.functions(asof), told_in()
    return {
        "text": [said.difference(one, language) for one in policy_sets.text_changes(old, new)],
        "not_yet": [in_language(one.title, language) for one in policy_sets.not_yet(new)],
        "counts": counts,
        "headline": headline(counts),
        "functions": _functions(report, titles, asof),
        "cases": [_case(one, titles, language) for one in report.cases],
        "law": [],
        "next": None,
    }


def headline(counts: Mapping[str, int]) -> str:
    if not counts["looked_at"]:
        return _("Nothing is decided or live yet, so there is nothing that could flip.")
    if not counts["flips"]:
        return _("Nothing flips.")
    return ngettext(
        "In %(n)s of %(all)s cases something flips.", "In %(n)s of %(all)s cases something flips.", counts["flips"]
    ) % {"n": f"{counts['flips']:,}", "all": f"{counts['looked_at']:,}"}


def _functions(report: queries.Report, titles: Mapping[str, str], asof: AsOf) -> list[Shown]:
    flips: dict[str, int] = {}
    for case in report.cases:
        for one in case.effect.of(Nature.FLIP):
            flips[one.outcome.owner] = flips.get(one.outcome.owner, 0) + 1
    holders = people.holders(asof) if flips else {}
    names = people.names(person for code in flips for person in holders.get(code, ()))
    return [
        {
            "code": code, "name": titles.get(code, code), "flips": count,
            "people": words.and_list([names.get(one, "") for one in holders.get(code, ())]) or _("nobody holds it"),
        }
        for code, count in sorted(flips.items())
    ]  # fmt: skip


def _case(one: queries.Case, titles: Mapping[str, str], language: str) -> Shown:
    system, _slash, version = one.reference.partition("/")
    found = one.effect
    return {
        "name": one.reference,
        "stage": one.stage,
        "url": reverse("decision", args=[one.decision]) if one.decision else reverse("release", args=[system, version, one.stage]),
        "live": one.decision is None,
        "at": one.at,
        "before": answer_code(int(found.before.exit_code)),
        "after": answer_code(int(found.after.exit_code)),
        "changes": [_changed(each, one.facts.get(each.name, ()), titles, language) for each in found.changed],
    }  # fmt: skip


def _changed(
    one: effects.Changed, facts: Sequence[effects.FactChange], titles: Mapping[str, str], language: str
) -> Shown:
    code = one.outcome.owner
    steps = effects.steps(one.after or one.before)
    return {
        "code": one.name,
        "function": titles.get(code, code),
        "nature": str(one.nature),
        "before": str(one.before.code) if one.before else "",
        "after": str(one.after.code) if one.after else "",
        "was": one.before.sentence(language) if one.before else "",
        "now": one.after.sentence(language) if one.after else "",
        "why": [
            {"rule": step.rule, "seen": ", ".join(f"{fact} = {short(value)}" for fact, value in step.seen)} for step in steps
        ],
        "missing": list(effects.missing(one.after)),
        "because": list(narrate(one.after, language)) if one.after and one.after.code is not Code.NOT_APPLICABLE else [],
        "facts": fact_words.sentences(facts, language),
    }  # fmt: skip


def of_proposal(actor: Actor, urn: str, slug: str, asof: AsOf) -> Shown | None:
    """What a proposal would change, for its own page; None where it does not load by now."""
    in_force = [row for row in policy.rows_in_force(asof) if row.slug == slug]
    old = policy_sets.alone(policy.as_asked(in_force[0]) if in_force else None, asof.valid_at)
    try:
        new = policy_sets.alone(policy_sets.proposed(urn, asof), asof.valid_at)
    except BadInput:
        return None
    change = policy_sets.change(old, new)
    report = queries.stored_effect(actor, change, asof=asof, limit=ON_A_CARD)
    report = queries.joined(queries.live_effect(actor, change, asof=asof), report)
    counts = vars(report.counts)
    return shown(old, new, report, counts, asof) | {
        "first": bool(in_force),
        "partly": report.total if report.next is not None else 0,
        "looked": ON_A_CARD,
        "url": reverse("policy_effect", args=[slug]) + f"?new={urn}" + (f"&old={slug}@{in_force[0].version}" if in_force else ""),
    }  # fmt: skip
