"""My decisions, the first page after logging in; and a recorded decision of the gate, with its replay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.evidence import queries as evidence
from consilience.domains.gate import queries as gate
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import queries as policy
from consilience.domains.policy.outcome import Outcome
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.review.models import SignOff
from consilience.kit.errors import CannotTell, NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web.shared import OWN, page
from consilience.surfaces.web.view_models import answer, proof_panel, voices, waiting
from consilience.surfaces.web.view_models.gathered import answer_code
from consilience.surfaces.web.view_models.items import Labels, change_in_words
from consilience.surfaces.web.view_models.texts import shown as shown_texts
from consilience.surfaces.web.view_models.waiting import Mine, Waiting

Shown = dict[str, Any]


@page(action=OWN)
def mine(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """What waits for whoever asks, the most urgent first."""
    found = waiting.mine(actor, asof)
    request.waiting = found.count  # type: ignore[attr-defined] # for the number in the navigation
    titles, kinds = people.functions(asof), evidence.kind_titles(asof)
    names = people.names(waiting.people_in(found))
    home = _Home(asof, titles, kinds, names, access.visible_systems(actor, asof))
    groups = [
        {"title": _("Look again"), "items": [home.decision(one) for one in found.again],
         "hint": _("You or your function decided on these, and something that it answers for has changed since.")},
        {"title": _("Decide"), "hint": "", "items": [home.decision(one) for one in found.decide]},
        {"title": _("Conditions that you own"), "hint": _("Say how each was met; the function that set it accepts that."),
         "items": home.conditions(found.owned, _("Say how it was met"))},
        {"title": _("Proofs to accept"), "hint": "", "items": home.conditions(found.proofs, _("Read the proof"))},
        {"title": _("Objections without an answer"), "hint": _("Anybody but who objected may answer."),
         "items": home.objections(found)},
    ]  # fmt: skip
    context = {
        "functions": [{"code": code, "name": titles[code]} for code in titles if code in found.held],
        "no_right": "" if found.held else _("You hold no function yet, so no decision can wait for you. Administrators can give you one."),
        "groups": [group for group in groups if group["items"]],
        "recent": home.recent(found.recent),
        "systems_url": reverse("systems"),
    }  # fmt: skip
    return render(request, "consilience/decisions.html", context)


class _Home:
    """Rows of a person's page. Releases that several rows name are read once."""

    def __init__(
        self,
        asof: AsOf,
        titles: Mapping[str, str],
        kinds: Mapping[str, str],
        names: dict[str, str],
        visible: frozenset[str] | None,
    ) -> None:
        self._asof, self._titles, self._kinds, self._names, self._visible = asof, titles, kinds, names, visible
        self._releases: dict[str, releases.ReleaseOf | None] = {}

    def decision(self, one: Waiting) -> Shown:
        release = one.release
        self._releases[release.urn] = release
        labels = Labels(release, self._kinds, self._visible)
        changed = [change_in_words(each, self._asof, labels) for each in one.said.changes[:3]] if one.said else []
        due = one.said.given.expires_at if one.said else None
        return self._row(release, one.function) | {
            "url": reverse("sign", args=[*_address(release), one.function]),
            "action": _("Decide for %(function)s") % {"function": self._titles[one.function]},
            "verdict": one.standing,
            "changes": changed,
            "note": waiting.note_of(release, self._names),
            "due": due,
            "due_state": voices.due_state(due, self._asof.valid_at),
        }

    def conditions(self, listed: list[Any], action: str) -> list[Shown]:
        texts = shown_texts(one.text for one in listed)
        return [
            self._at(one.sign_off.release, one.sign_off.function) | {
                "url": voices.condition_url(one), "action": action, "verdict": str(one.state),
                "note": texts.get(one.text["commitment"], ""), "due": one.due_at,
                "due_state": voices.due_state(one.due_at, self._asof.valid_at),
            }
            for one in listed
        ]  # fmt: skip

    def objections(self, found: Mine) -> list[Shown]:
        texts = shown_texts(row.body["reason"] for row in found.objections)
        return [
            self._at(row.release, row.function) | {
                "url": reverse("objection", args=[row.urn]), "action": _("Answer the objection"), "verdict": "object",
                "note": texts.get(row.body["reason"]["commitment"], ""),
            }
            for row in found.objections
        ]  # fmt: skip

    def recent(self, rows: list[SignOff]) -> list[Shown]:
        made = []
        for row in rows:
            release = self._read(row.release)
            if release is not None:
                made.append(self._row(release, row.function) | {"verdict": row.verdict, "at": row.body["signed_at"]})
        return made

    def _at(self, urn: str, function: str) -> Shown:
        release = self._read(urn)
        if release is None:
            return {"system": "", "version": _("A release that was taken back"), "stage": "", "changes": [], "due": None,
                    "due_state": "", "function": {"code": function, "name": self._titles.get(function, function)}}  # fmt: skip
        return self._row(release, function)

    def _row(self, release: releases.ReleaseOf, function: str) -> Shown:
        return {
            "url": waiting.release_url(release),
            "system": release.system.body["name"],
            "version": release.version.reference,
            "stage": sentences.word(sentences.STAGES, release.row.stage).lower(),
            "function": {"code": function, "name": self._titles.get(function, function)},
            "changes": [],
            "due": None,
            "due_state": "",
        }

    def _read(self, urn: str) -> releases.ReleaseOf | None:
        """A release that a row of this person's names; None when it was taken back."""
        if urn not in self._releases:
            self._releases[urn] = releases.readable_by_urn(urn, self._asof)
        return self._releases[urn]


def _address(release: releases.ReleaseOf) -> list[str]:
    return [release.system.slug, release.version.reference, release.row.stage]


@page(action="gate.read")
def decision(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """A decision of the gate as it was said then; sending the form evaluates it again and compares."""
    row = gate.decision(actor, urn, asof)
    replayed: Shown | None = None
    if request.method == "POST":
        try:
            again = gate.replay(actor, urn, asof)
            replayed = {"same": again.same, "differences": again.differences, "cannot": ""}
        except CannotTell as error:
            replayed = {"same": False, "differences": [], "cannot": str(error)}
    body = row.body
    outcomes = gate.explanation(row)
    then = AsOf(body["valid_at"], body["known_at"])
    titles = people.functions(asof)
    context = {
        "decision": {
            "urn": row.urn,
            "verdict": answer_code(body["exit_code"]),
            "headline": answer.headline(answer_code(body["exit_code"]), body["stage"]),
            "reason": sentences.word(sentences.GROUNDS, body["ground"]),
            "stage": sentences.word(sentences.STAGES, body["stage"]).lower(),
            "at": body["valid_at"],
            "position": row.position,
            "known_at": body["known_at"],
            "language": body["language"],
            "digests": [
                {"name": str(name), "digest": body[key]}
                for key, name in (("dossier", _("Dossier")), ("facts", _("Facts")), ("policies", _("Policies")),
                                  ("schema", _("Fact schema")), ("result", _("Result")))
            ],
        },
        "requirement_groups": _groups(outcomes, titles, then),
        "replayed": replayed,
        "proof": proof_panel.of(actor, row.position, asof, system=inventory.system_by_urn(body["system"], asof).slug),
        **_about(row.release, asof),
    }  # fmt: skip
    return render(request, "consilience/decision.html", context)


def _about(urn: str, asof: AsOf) -> Shown:
    """The release that was decided on. Whoever asks has been shown the decision."""
    row = Release.objects.filter(urn=urn).order_by("-version").first()
    if row is None:
        raise NotFound("release", urn)
    release = None if row.withdrawn else releases.readable(row, asof)
    name = inventory.version_references([row.model_version], asof)[row.model_version]
    system = inventory.system_by_urn(row.system, asof)
    return {
        "release": {"name": name, "url": waiting.release_url(release) if release else ""},
        "system": {"name": system.body["name"], "url": reverse("system", args=[system.slug])},
    }


def _groups(outcomes: list[Outcome], titles: Mapping[str, str], then: AsOf) -> list[Shown]:
    said = {(one.slug, each.id): each for one in policy.in_force(then) for each in one.loaded.requirements}
    groups = []
    for code, title in titles.items():
        owned = [one for one in outcomes if one.owner == code]
        if owned:
            items = [answer.requirement(one, said.get((one.policy, one.requirement))) for one in owned]
            groups.append({"function": {"code": code, "name": title}, "text": "", "items": items})
    return groups
