"""Systems, models, datasets and their versions, as far as whoever asks may know of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE, Guarded
from consilience.domains.gate import standing_queries, tiering
from consilience.domains.gate.models import Decision
from consilience.domains.inventory import queries
from consilience.domains.inventory.models import ModelVersion, RegisteredModel, System
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy.tables.tiering import Tier
from consilience.domains.release.models import Release
from consilience.domains.review import queries as review
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.shared import filtered, page, paged
from consilience.surfaces.web.view_models import activity, corrections, tier, voices
from consilience.surfaces.web.view_models.gathered import answer_code
from consilience.surfaces.web.view_models.standing import stands_row
from consilience.surfaces.web.view_models.texts import shown as shown_texts

Shown = dict[str, Any]
MOST_ASKED = 50
"""As many systems as a list looks at before it offers nothing to register."""


@page(action="inventory.read")
def systems(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    box = filtered(request)
    rows = queries.systems(actor, asof)
    names = people.names(row.body["owner"] for row in rows) if box["active"] else {}
    rows = [
        row
        for row in rows
        if fits(box["text"], row.body["name"], row.slug, row.body["purpose"], names.get(row.body["owner"], ""))
    ]
    chosen, paging = paged(request, rows)
    names = people.names(row.body["owner"] for row in chosen)
    gates, tiers = Gates(asof, {row.urn for row in chosen}), tiering.tiers(chosen, asof)
    may = access.can(actor, "inventory.register", WORKSPACE, asof) is None
    context = {
        "systems": [_system_row(row, names, gates, tiers[row.urn]) for row in chosen],
        "filter": box,
        "new": {"label": _("Register a system"), "url": reverse("system_new")} if may else None,
        "bring": {"label": _("Import an inventory"), "url": reverse("system_import")} if may else None,
        "no_right": "" if may else _("Systems are registered by engineers and administrators of the whole workspace."),
        "paging": paging,
    }
    return render(request, "consilience/systems.html", context)


class Gates:
    """How the releases of some systems stand by the last recorded decision; four queries for a whole page.

    The systems are those that the reader has been shown, so their releases may be, too.
    """

    def __init__(self, asof: AsOf, systems: set[str]) -> None:
        self.rows = list(Release.objects.as_of(asof).filter(system__in=systems).order_by("-position", "-ordinal"))
        urns = [row.urn for row in self.rows]
        self.decided: dict[str, Decision] = {}
        for row in Decision.objects.as_of(asof).filter(release__in=urns).order_by("position"):
            self.decided[row.release] = row
        versions = {row.model_version for row in self.rows}
        self.labels = queries.version_references(versions, asof)
        self.registered = queries.registered(versions, asof)

    def of(self, system: str) -> list[Release]:
        """The releases of a system that may still go somewhere: their versions were not withdrawn."""
        return [row for row in self.rows if row.system == system and row.model_version in self.registered]

    def verdict(self, release: Release) -> str:
        found = self.decided.get(release.urn)
        return answer_code(found.body["exit_code"]) if found else ""

    def passed(self, system: str) -> Release | None:
        """The newest of them that the gate let through."""
        return next((row for row in self.of(system) if self.verdict(row) == "allowed"), None)


def _system_row(row: System, names: Mapping[str, str], gates: Gates, found: Tier) -> Shown:
    proposed, passed = gates.of(row.urn), gates.passed(row.urn)
    gate = gates.verdict(proposed[0]) if proposed else ""
    return {
        "url": reverse("system", args=[row.slug]),
        "name": row.body["name"],
        "purpose": row.body["description"] or words.attribute(row.body["purpose"].replace("-", " ")).capitalize(),
        "owner": names.get(row.body["owner"], ""),
        "stage": passed.stage if passed else "",
        "version": gates.labels.get(passed.model_version, "") if passed else "",
        "risk": tier.status(found)["code"],
        "gate": gate or ("waiting" if proposed else ""),
        "gate_words": "" if gate or not proposed else _("Not asked yet"),
        "jurisdictions": row.body["jurisdictions"],
        "waiting": 0,
    }


@page(action="inventory.read")
def system(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    row = queries.system(actor, slug, asof)
    gates = Gates(asof, {row.urn})
    heard = review.said_in_system(row.urn, asof)
    conditions = heard.conditions()
    blocks = [one for one in heard.blocks() if not one.ended]
    models = [one for one in queries.models(actor, asof) if row.urn in one.body["systems"]]
    listed = [(of, one) for of in models for one in queries.versions(of, asof)[:20]]
    body = row.body
    names = people.names([
        body["owner"], body["sponsor"] or "", *(one.body["proposed_by"] for one in gates.rows),
        *(one.owner for one in conditions), *(one.row.person for one in blocks),
        *((one.proof.body["accepted_by"] or "") for one in conditions if one.proof),
        *(urn for _of, one in listed for urn in one.body["authors"]),
    ])  # fmt: skip
    texts = shown_texts([*(one.text for one in conditions), *(one.row.body["reason"] for one in blocks)])
    said, found = _Said(people.functions(asof), names, texts, asof), tiering.tier(row, asof)
    live = standing_queries.live_stages(actor, asof, system=row.urn)
    context = {
        "system": {**_system(row, names), "risk": {**tier.status(found), "reason": ""}},
        "tier": tier.card(found, tiering.last_change(row, asof), slug, correct_url=_correct_url(actor, row, asof)),
        "actions": _system_actions(actor, row, asof),
        "no_right": "",
        "releases": [release_row(one, gates, slug, names) for one in gates.rows],
        "may_propose": access.can(actor, "release.propose", row, asof) is None,
        "versions": [version_row(of, one, names, live) for of, one in listed],
        "standings": [stands_row(one, body["name"]) for one in standing_queries.standings(actor, asof, system=row.urn)],
        "blocks": [said.block(one, body["name"], actor) for one in blocks],
        "conditions": [said.condition(one) for one in conditions],
        "systems_url": reverse("systems"),
        "corrections": corrections.of(actor, [row.urn], asof),
        **activity.about(actor, [row.urn, *(one.urn for one in gates.rows), *(one.urn for one in models)], asof),
    }
    return render(request, "consilience/system.html", context)


class _Said:
    """Conditions and blocks of a system in words."""

    def __init__(
        self, titles: Mapping[str, str], names: Mapping[str, str], texts: Mapping[str, str], asof: AsOf
    ) -> None:
        self._titles, self._names, self._texts, self._asof = titles, names, texts, asof

    def condition(self, one: review.Condition) -> Shown:
        met = one.state == "met"
        accepted = one.proof.body["accepted_by"] if met and one.proof else ""
        return {
            "text": self._texts.get(one.text["commitment"]) or _("The text was erased."),
            "function": self._titles.get(one.sign_off.function, one.sign_off.function),
            "owner": self._names.get(one.owner, ""),
            "due": one.due_at,
            "due_state": voices.due_state(one.due_at, self._asof.valid_at),
            "url": voices.condition_url(one),
            "closed": met,
            "blocks": one.state == "overdue",
            "closed_at": one.proof.valid_from if met and one.proof else None,
            "closed_by": self._names.get(accepted, ""),
        }

    def block(self, one: review.Block, system: str, actor: Actor) -> Shown:
        author = self._names.get(one.row.person, "")
        own = one.row.person == actor.urn
        return {
            "function": {"code": one.row.function, "name": self._titles.get(one.row.function, one.row.function)},
            "by": author,
            "text": self._texts.get(one.row.body["reason"]["commitment"], ""),
            "scope": _("Stands against every model in %(system)s, at every stage but retirement.") % {"system": system},
            "ends": _("Ends when %(author)s withdraws it, or two people of the panel say so.") % {"author": author},
            "at": one.row.body["signed_at"],
            "withdraw_url": reverse("block_end", args=[one.row.urn]) if own else "",
        }


def _system(row: System, names: Mapping[str, str]) -> Shown:
    body = row.body
    return {
        "name": body["name"],
        "purpose": body["description"] or words.attribute(body["purpose"].replace("-", " ")).capitalize(),
        "owner": names.get(body["owner"], ""),
        "use": sentences.word(words.USES, body["use"]) if "use" in body else body["purpose"],
        "squad": body["squad"],
        "sponsor": names.get(body["sponsor"] or "", ""),
        "affected": f"{body['people_affected']:,}" if "people_affected" in body else "",
        "autonomy": sentences.word(words.AUTONOMY, body["autonomy"]) if "autonomy" in body else "",
        "data": [sentences.word(words.DATA_CATEGORIES, one) for one in body.get("data_categories", ())],
        "line_of_business": body.get("line_of_business", ""),
        "url": reverse("system", args=[row.slug]),
        "jurisdictions": body["jurisdictions"],
        "segments": body["audience"],
        "groups": body["affected_groups"],
        "risk": {"code": body["tier"], "words": "", "reason": ""},
    }


def _correct_url(actor: Actor, row: System, asof: AsOf) -> str:
    may = access.can(actor, "inventory.correct", row, asof) is None
    return reverse("system_correct", args=[row.slug]) if may else ""


def _system_actions(actor: Actor, row: System, asof: AsOf) -> list[Shown]:
    made: list[Shown] = [
        {
            "label": _("Obligations"),
            "url": reverse("system_obligations", args=[row.slug]),
            "icon": "scale",
            "primary": False,
        }
    ]
    if access.can(actor, "inventory.correct", row, asof) is None:
        made.append(correct_link(_("Correct"), reverse("system_correct", args=[row.slug])))
    if access.can(actor, "evidence.attach", row, asof) is None:
        made.append(attach_link(reverse("system_attach", args=[row.slug])))
    if access.can(actor, "inventory.register", Guarded("model", frozenset({row.urn})), asof) is None:
        made.append(
            {
                "label": _("Register a model"),
                "url": reverse("model_new") + f"?system={row.slug}",
                "icon": "plus",
                "primary": True,
            }
        )
    return made


def release_row(one: Release, gates: Gates, system: str, names: Mapping[str, str]) -> Shown:
    label = gates.labels[one.model_version]
    found, gone = gates.decided.get(one.urn), one.model_version not in gates.registered
    address = [system, label, one.stage]
    return {
        "url": "" if gone else reverse("release", args=address),
        "withdraw_url": reverse("release_withdraw", args=address) if gone else "",
        "name": label,
        "stage": one.stage,
        "verdict": "withdrawn" if gone else gates.verdict(one) or "waiting",
        "words": _("Version withdrawn") if gone else "" if found else _("Not asked yet"),
        "decided_at": found.valid_from if found else None,
        "proposed_by": names.get(one.body["proposed_by"], ""),
    }


def version_row(of: RegisteredModel, one: ModelVersion, names: Mapping[str, str], live: Mapping[str, str]) -> Shown:
    """A version in a list; `live` are the stages that versions (URN) run at."""
    reference = f"{of.slug}@{one.number}"
    return {
        "url": reverse("version", args=[reference]),
        "label": reference,
        "model": of.body["name"],
        "registered_by": words.and_list([names.get(urn, "") for urn in one.body["authors"]]),
        "at": one.valid_from,
        "stage": live.get(one.urn, ""),
    }


def system_links(urns: Iterable[str], known: Mapping[str, System]) -> list[Shown]:
    """The systems that a thing serves and that the reader may know of."""
    return [
        {"label": known[urn].body["name"], "url": reverse("system", args=[known[urn].slug])}
        for urn in urns
        if urn in known
    ]


def able_somewhere(actor: Actor, noun: str, asof: AsOf) -> bool:
    """Whether this person may register such a thing in some system that they know of."""
    known = queries.systems(actor, asof)[:MOST_ASKED]
    guarded = [Guarded(noun, frozenset({row.urn})) for row in known]
    return any(access.can(actor, "inventory.register", one, asof) is None for one in guarded)


def attach_link(url: str) -> Shown:
    return {"label": _("Attach evidence"), "url": url, "icon": "file", "primary": False}


def correct_link(label: str, url: str) -> Shown:
    return {"label": label, "url": url, "icon": "pen", "primary": False}


def fits(text: str, *said: str) -> bool:
    return not text or any(text.lower() in one.lower() for one in said)
