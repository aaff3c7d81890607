"""What the law asks: the obligations in use, one obligation with its history, how a system stands, what the law changed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.evidence import queries as evidence
from consilience.domains.gate import coverage as coverages
from consilience.domains.gate import pack_impact
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy.obligations import actions, queries
from consilience.domains.policy.obligations.pack import Day, Obligation, Reading
from consilience.domains.policy.obligations.pack import day as read_day
from consilience.domains.policy.obligations.rules import ASLEEP, phase
from consilience.domains.release.queries import ReleaseOf
from consilience.kit.csv_out import csv_text
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces import law, sentences
from consilience.surfaces.web.packs import may_adopt, pack_row
from consilience.surfaces.web.shared import asked, filtered, page, paged
from consilience.surfaces.web.view_models import impacts, lawful

Shown = lawful.Shown


@page(action="policy.read")
def library(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """The packs, and the obligations of those in use as the law of a day had them."""
    access.ensure(actor, "policy.read", actions.PACKS, asof)
    asked_day, today = chosen_day(request, asof), coverages.present_day(asof)
    day = asked_day or today
    offers, used = queries.offers(asof), queries.adopted(asof)
    box = filtered(request)
    listed = [one for each in used for one in each.pack.obligations if one.on(day) is not None]
    fitting = [one for one in listed if _fits(box["text"], one)]
    chosen, paging = paged(request, fitting)
    may = may_adopt(actor, asof)
    context = {
        **_of_day(request, day, today),
        "packs": [pack_row(one) for one in offers],
        "in_use": len(used),
        "obligations": [_row(one, day) for one in chosen],
        "filter": box,
        "paging": paging,
        "timeline": lawful.timeline(_readings(listed, day), day, today, _("What begins when")),
        "changes_url": reverse("obligation_changes") if used else "",
        "new": {"label": _("Propose a pack of your own"), "url": reverse("pack_new")} if may else None,
        "proposals": [{"label": one.slug, "url": reverse("pack_proposal", args=[one.urn])} for one in queries.open_proposals(asof)],
        "no_right": "" if may else _("Packs are adopted by administrators and reviewers."),
        "no_advice": law.NO_ADVICE,
    }  # fmt: skip
    return render(request, "consilience/obligations.html", context)


@page(action="policy.read")
def obligation(request: HttpRequest, actor: Actor, asof: AsOf, name: str) -> HttpResponse:
    """What is asked, of whom, since when; what the law said before; which requirements cite it."""
    access.ensure(actor, "policy.read", actions.PACKS, asof)
    found = queries.find(name, asof)
    one, pack = found.obligation, found.pack
    today = coverages.present_day(asof)
    day = chosen_day(request, asof) or today
    titles, kinds = people.functions(asof), evidence.kind_titles(asof)
    cited = coverages.cited_by((), asof)
    asked_by = {each.name: each for other in one.names for each in cited.get(other, ())}
    wordings = [lawful.wording(one, each, pack, day) for each in reversed(one.wordings)]
    context = {
        **_of_day(request, day, today),
        "obligation": {
            **lawful.link(one), "article": one.article, "aliases": ", ".join(one.aliases), "status": str(one.status),
            "threshold": one.threshold, "source": one.source, "checked": sentences.word(law.CHECKED, one.checked),
            "signs": [lawful.function(code, titles) for code in one.signs], "evidence": [kinds.get(kind, kind) for kind in one.evidence],
            "in_use": found.roles is not None,
        },
        "pack": {"label": law.text(pack.title), "url": reverse("pack", args=[pack.slug])},
        "obligations_url": reverse("obligations"),
        "now": next((each for each in wordings if each["current"]), None),
        "wordings": wordings,
        "clocks": [lawful.clock(each) for each in pack.clocks if each.id in one.clocks],
        "requirements": [
            {"label": law.text(each.title), "url": reverse("policy", args=[each.policy]) + f"#{each.requirement}",
             "function": lawful.function(each.owner, titles)}
            for each in asked_by.values()
        ],
        "timeline": lawful.timeline(_readings([one], day), day, today, _("What begins when")),
        "no_advice": law.NO_ADVICE,
    }  # fmt: skip
    return render(request, "consilience/obligation.html", context)


@page(action="inventory.read")
def coverage(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    """How a system, or one release of it, stands towards each obligation, on a day of the law."""
    release = _release(request)
    found = coverages.coverage(actor, slug, asof, day=chosen_day(request, asof), release=release)
    packs = [one.pack for one in queries.adopted(asof)]
    titles, kinds = people.functions(asof), evidence.kind_titles(asof)
    begins = [
        (line.obligation, each.reading)
        for line in found.lines
        for each in line.consequences
        if each.state not in ASLEEP
    ]
    address = reverse("system_obligations", args=[slug])
    keep = {"version": release[0], "stage": release[1]} if release else {}
    query = urlencode({**keep, **({"as_of": found.day} if found.what_if else {})})
    context = {
        **_of_day(request, found.day, found.today),
        "system": {"name": found.system.body["name"], "url": reverse("system", args=[slug])},
        "systems_url": reverse("systems"),
        "csv_url": f"{address}.csv" + (f"?{query}" if query else ""),
        "keep": keep,
        "all_url": address if release else "",
        "obligations_url": reverse("obligations"),
        "bar": lawful.bar(found.counts, _("Obligations of this system")),
        "timeline": lawful.timeline(begins, found.day, found.today, _("What begins when for this system")),
        "groups": lawful.groups(found, kinds, titles, packs),
        "releases": [_release_link(one, slug) for one in found.releases],
        "unknown": [{"name": name, "requirements": list(asked)} for name, asked in found.unknown.items()],
        "missing": law.missing(_missing(found)),
        "correct_url": reverse("system_correct", args=[slug])
        if access.can(actor, "inventory.correct", found.system, asof) is None else "",
        "no_advice": law.NO_ADVICE,
    }  # fmt: skip
    return render(request, "consilience/coverage.html", context)


def _release(request: HttpRequest) -> tuple[str, str] | None:
    """The release that the address asks for: its version and stage."""
    version, stage = asked(request, "version"), asked(request, "stage")
    return (version, stage) if version and stage else None


def _release_link(one: ReleaseOf, slug: str) -> Shown:
    stage = sentences.word(sentences.STAGES, one.row.stage)
    alone = urlencode({"version": one.version.reference, "stage": one.row.stage})
    return {
        "label": _("%(release)s to %(stage)s") % {"release": one.reference, "stage": stage},
        "url": reverse("release", args=[slug, one.version.reference, one.row.stage]),
        "alone_url": reverse("system_obligations", args=[slug]) + f"?{alone}",
    }


def _missing(found: coverages.Coverage) -> Iterator[object]:
    for line in found.lines:
        if line.state == "unknown":
            yield from line.consequences[0].applies.reasons


@page(action="inventory.read")
def coverage_csv(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    """The same as a table for other programs. A what-if says so in every row."""
    found = coverages.coverage(actor, slug, asof, day=chosen_day(request, asof), release=_release(request))
    written: list[tuple[object, ...]] = [(
        "system", "law_of_day", "what_if", "pack", "obligation", "title", "article", "state", "why", "in_force_from",
        "sentence", "requirements", "evidence_on_record", "evidence_missing", "signs",
    )]  # fmt: skip
    for line in found.lines:
        one = line.obligation
        on_record = [kind for kind in one.evidence if kind in found.evidence and found.evidence[kind].records]
        written.append((
            slug, found.day, "yes" if found.what_if else "no", one.pack, one.id, law.text(one.title), one.article, line.state,
            line.why or "", line.in_force_from or "", law.sentence(line), " ".join(each.name for each in line.cited),
            " ".join(on_record), " ".join(kind for kind in one.evidence if kind not in on_record), " ".join(one.signs),
        ))  # fmt: skip
    response = HttpResponse(csv_text(written, line_end="\r\n"), content_type="text/csv; charset=utf-8")
    label = f"-what-if-{found.day}" if found.what_if else f"-{found.day}"
    response["Content-Disposition"] = f'attachment; filename="obligations-{slug}{label}.csv"'
    return response


@page(action="policy.read")
def changes(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """What the law itself changed for each system from one day to another: a what-if over the same portfolio."""
    access.ensure(actor, "policy.read", actions.PACKS, asof)
    today = coverages.present_day(asof)
    since, until = asked(request, "since"), asked(request, "until") or today
    systems = []
    if since:
        first, last = _read(since), _read(until)
        systems = pack_impact.between(actor, asof, since=first, until=last)
    context = {
        "since": since, "until": until, "systems": [impacts.of_system(one) for one in systems],
        "label": law.between(_read(since), _read(until)) if since else "",
        "obligations_url": reverse("obligations"), "registered": bool(inventory.systems(actor, asof)),
        "no_advice": law.NO_ADVICE,
    }  # fmt: skip
    return render(request, "consilience/law_changes.html", context)


def chosen_day(request: HttpRequest, asof: AsOf) -> Day | None:
    """The day of the law that the address asks for; None for today."""
    text = asked(request, "as_of")
    found = _read(text) if text else None
    return None if found == coverages.present_day(asof) else found


def _read(text: str) -> Day:
    try:
        return read_day(text, _("day of the law"))
    except BadInput as error:
        raise BadInput(error.where, _("expected a date such as 2026-11-23")) from error


def _of_day(request: HttpRequest, day: Day, today: Day) -> Shown:
    return {
        "day": day, "today": today, "what_if": law.what_if(day) if day != today else "", "here": request.path,
    }  # fmt: skip


def _readings(listed: list[Obligation], day: Day) -> list[tuple[Obligation, Reading]]:
    found = [(one, one.on(day)) for one in listed]
    return [(one, each) for one, wording in found if wording is not None for each in wording.readings]


def _row(one: Obligation, day: Day) -> Shown:
    wording = one.on(day)
    assert wording is not None
    phases = {str(phase(each, one.status, day)) for each in wording.readings}
    state = "disputed" if wording.disputed else next(iter(phases))
    if state == "in_force" and one.status == "voluntary":
        state = "voluntary"
    return {
        **lawful.link(one), "article": one.article, "pack": one.pack, "state": state,
        "starts": min((each.starts for each in wording.readings if each.starts), default=None),
        "text": law.text(wording.text),
    }  # fmt: skip


def _fits(text: str, one: Obligation) -> bool:
    said = " ".join((*one.names, one.article, law.text(one.title), law.text(one.wordings[-1].text), one.pack))
    return not text or text.lower() in said.lower()
