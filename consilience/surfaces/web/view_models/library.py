"""The life of policies for pages: what was said, what is due, whom a policy binds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.gate.review_notices import ReviewTold
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import queries
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.below import no_longer_kept
from consilience.domains.policy.changes import TextChange
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.life.rules import Due, Review
from consilience.domains.policy.life.search import WHERE, Hit
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.scope import Scope
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces import effects as words
from consilience.surfaces import sentences
from consilience.surfaces.language import told_in
from consilience.surfaces.web.view_models.answer import in_language
from consilience.surfaces.web.view_models.texts import shown as shown_texts

Shown = dict[str, Any]


def discussion(actor: Actor, about: str, url: str, asof: AsOf) -> Shown:
    """What was said about a policy or a proposal (its URN), and where to say something, for whoever may."""
    rows = life.discussion(about, asof)
    names = people.names({one.row.body["person"] for one in rows})
    held = people.holders(asof)
    titles = people.functions(asof)
    texts = shown_texts(one.row.body["text"] for one in rows)
    by_urn = {one.row.urn: names.get(one.row.body["person"], "") for one in rows}
    refused = access.can(actor, "policy.discuss", LIBRARY, asof)
    return {
        "comments": [
            {
                "urn": one.row.urn, "who": by_urn[one.row.urn], "at": one.row.valid_from,
                "text": texts.get(one.row.body["text"]["commitment"]),
                "function": next((code for code in titles if one.row.body["person"] in held.get(code, ())), ""),
                "answers": by_urn.get(one.answers, "") if one.answers else "", "answers_urn": one.answers or "",
            }
            for one in rows
        ],
        "url": url if refused is None else "",
    }  # fmt: skip


def review(row: Policy, actor: Actor, asof: AsOf) -> Shown:
    """When a version must be looked at again, who looked last, and where whoever may says that it is still right."""
    due, done = life.due(row, asof), [one for one in life.reviews(row.slug, asof) if one.body["policy"] == row.name]
    may = row.body["owner"] in people.functions_of(actor.urn, asof)
    may = may and access.can(actor, "policy.publish", LIBRARY, asof) is None
    last = done[-1] if done else None
    return {
        **due_shown(due),
        "last_at": last.valid_from if last else None,
        "last_by": people.names([last.body["person"]]).get(last.body["person"], "") if last else "",
        "url": reverse("policy_review", args=[row.slug]) if may else "",
    }


def due_shown(due: Due) -> Shown:
    """The day and how it stands: words, tone and icon of a pill; no words where no day is set or it is far."""
    said = {
        Review.OVERDUE: (_("Review overdue"), "bad", "clock"),
        Review.SOON: (_("Review due soon"), "warn", "clock"),
    }
    label, tone, icon = said.get(due.state, ("", "", ""))
    return {"day": words.last_day(due.by) if due.by else "", "label": label, "tone": tone, "icon": icon}


def drafted(row: PolicyProposal, asof: AsOf) -> tuple[queries.InForce | None, str]:
    """The loaded draft, or what keeps it from loading by now."""
    try:
        return queries.draft(row.body["text"], asof), ""
    except BadInput as error:
        return None, str(error)


def scope(of: Scope) -> str:
    """Whom a policy binds, where it is not everybody."""
    return "" if of.whole else _("Binds the %(scope)s.") % {"scope": words.scope(str(of))}


def loosened(of: Loaded) -> list[Shown]:
    """What a policy sets aside of those above, with the reason, and what it asks in its place."""
    language = told_in()
    found = []
    for one in of.loosens:
        policy, _slash, requirement = one.requirement.partition("/")
        found.append(
            {
                "name": one.requirement, "url": reverse("requirement", args=[policy, requirement]),
                "why": in_language(one.why, language), "instead": one.instead or "",
            }
        )  # fmt: skip
    return found


def told(changes: Sequence[TextChange]) -> list[str]:
    """Differences as sentences."""
    language = told_in()
    return [words.difference(one, language) for one in changes]


def hits(found: Sequence[Hit], titles: Mapping[str, str]) -> list[Shown]:
    language, places = told_in(), _places()
    made = []
    for one in found:
        what = one.requirement or one.policy
        url = (
            reverse("requirement", args=[one.policy.slug, one.requirement.id])
            if one.requirement
            else reverse("policy", args=[one.policy.slug])
        )
        made.append(
            {
                "url": url, "title": in_language(what.title, language), "policy": in_language(one.policy.title, language),
                "requirement": bool(one.requirement), "owner": titles.get(what.owner, what.owner),
                "where": ", ".join(places[place] for place in one.where),
            }
        )  # fmt: skip
    return made


def _places() -> dict[str, str]:
    said = (
        _("name"), _("title"), _("why it is asked"), _("owner"), _("evidence that it reads"), _("obligation"), _("source"),
        _("sentence"),
    )  # fmt: skip
    return dict(zip(WHERE, said, strict=True))


def review_notice(one: ReviewTold) -> Shown:
    """A notice that a policy must be looked at again."""
    title = in_language(queries.loaded(one.row).title, told_in())
    late = one.state is Review.OVERDUE
    text = (
        _("The day by which %(name)s was to be looked at again has passed: %(day)s.")
        if late
        else _("%(name)s is to be looked at again by %(day)s.")
    )
    return {
        "id": one.notice.pk, "unread": one.notice.read_at is None, "at": Instant(one.notice.made_at), "name": title,
        "url": reverse("policy", args=[one.row.slug]), "sentence": text % {"name": title, "day": one.by},
        **due_shown(Due(one.state)),
    }  # fmt: skip


def below(loaded: Loaded, asof: AsOf) -> list[Shown]:
    """Policies that no longer keep to what is above them with this text, each with the reason."""
    return [
        {"name": one.policy, "url": reverse("policy", args=[one.policy]), "why": sentences.of_refusal(one.why)}
        for one in no_longer_kept(loaded, asof)
    ]
