"""Requirement templates: what there is to fill in, what it would say, and proposing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ninja import Query, Router
from pydantic import Field

from consilience.domains.access import queries as access
from consilience.domains.gate.trying import tried
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy import actions, queries
from consilience.domains.policy.examples import told_by_example
from consilience.domains.policy.templates import template as templates
from consilience.domains.policy.templates.adding import added, new_policy
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces.api.policy import ProposalOut, proposals_out
from consilience.surfaces.api.shared import In, Line, Out, Page, Paged, Request, Slug, operation, paged, present

router = Router(tags=["policy"])
Values = dict[str, Any]


class ParameterOut(Out):
    name: str
    kind: str
    title: Mapping[str, str]
    help: Mapping[str, str]
    default: Any
    least: float | None
    most: float | None
    choices: Mapping[str, Mapping[str, str]]


class TemplateOut(Out):
    id: str
    version: int
    group: str
    title: Mapping[str, str]
    about: Mapping[str, str]
    parameters: list[ParameterOut]


class FillIn(In):
    values: Values = {}
    """By name of the blank; what is left out has its default."""
    verdicts: bool = True
    """Whether to try it on the releases that you may know of."""


class TriedOut(Out):
    release: str
    stage: str
    outcome: str
    sentence: str


class FilledOut(Out):
    id: str
    requirement: str
    """The requirement as YAML."""
    title: Mapping[str, str]
    sentences: Mapping[str, Mapping[str, str]]
    """One for each outcome, by language, as the requirement's own examples would be told."""
    applies_if: str | None
    satisfied_if: str
    examples: int
    verdicts: list[TriedOut]


class NewPolicy(In):
    slug: Slug
    title: Line
    owner: Slug


class ProposeIn(In):
    values: Values = {}
    add_to: Slug | None = None
    """A published policy that the requirement is added to, or in which it replaces the one of the same id."""
    new: NewPolicy | None = Field(None)
    """Or a new policy."""


@operation(router.get, "/requirement-templates", action="policy.read")
def listing(request: Request, query: Query[Page]) -> Paged[TemplateOut]:
    """Every template, by what it is about."""
    access.ensure(request.auth, "policy.read", actions.LIBRARY, present())
    return paged(list(templates.shipped().values()), query, lambda rows: [_template(one) for one in rows])


@operation(router.get, "/requirement-templates/{template}", action="policy.read")
def shown(request: Request, template: Slug) -> TemplateOut:
    access.ensure(request.auth, "policy.read", actions.LIBRARY, present(), what="requirement template", named=template)
    return _template(templates.template(template))


@operation(router.post, "/requirement-templates/{template}/fill", action="policy.read")
def fill(request: Request, template: Slug, data: FillIn) -> FilledOut:
    """What the requirement would say, and what it would say of the releases there are. Nothing is recorded."""
    asof = present()
    access.ensure(request.auth, "policy.read", actions.LIBRARY, asof, what="requirement template", named=template)
    requirement = templates.fill(templates.template(template), data.values)
    [loaded] = queries.draft(_alone(requirement), asof).loaded.requirements
    return FilledOut(
        id=requirement["id"], requirement=templates.as_yaml(requirement), title=requirement["title"],
        sentences=told_by_example(loaded), applies_if=requirement.get("applies_if"),
        satisfied_if=requirement["satisfied_if"], examples=len(requirement["examples"]),
        verdicts=_verdicts(request.auth, requirement, asof) if data.verdicts else [],
    )  # fmt: skip


@operation(router.post, "/requirement-templates/{template}/propose", action="policy.propose")
def propose(request: Request, template: Slug, data: ProposeIn) -> ProposalOut:
    """Propose it: a second person publishes, as any policy."""
    asof = present()
    access.ensure(request.auth, "policy.propose", actions.LIBRARY, asof)
    requirement = templates.fill(templates.template(template), data.values)
    if (data.add_to is None) == (data.new is None):
        raise BadInput("policy", "name the policy to add to, or a new one: one of the two")
    if data.new is not None:
        title = {"en": data.new.title}
        text = new_policy(data.new.slug, title=title, owner=data.new.owner, requirement=requirement)
    else:
        text = added(queries.policy(str(data.add_to), asof).body["text"], requirement)
    return proposals_out([actions.propose(actor=request.auth, text=text, now=now())])[0]


def _template(one: templates.Template) -> TemplateOut:
    parameters = [
        ParameterOut(
            name=each.name, kind=each.kind, title=each.title, help=each.help, default=each.default,
            least=each.least if each.numeric and each.least > -1e300 else None,
            most=each.most if each.numeric and each.most < 1e300 else None, choices=each.choices,
        )
        for each in one.parameters
    ]  # fmt: skip
    return TemplateOut(
        id=one.id, version=one.version, group=one.group, title=one.title, about=one.about, parameters=parameters
    )


def _verdicts(actor: Actor, requirement: Mapping[str, Any], asof: AsOf) -> list[TriedOut]:
    return [
        TriedOut(
            release=one.release.reference, stage=one.release.row.stage, outcome=str(outcome.code),
            sentence=outcome.sentence(),
        )
        for one in tried(actor, _alone(requirement), asof)
        for outcome in one.outcomes
    ]  # fmt: skip


def _alone(requirement: Mapping[str, Any]) -> str:
    """A policy of this requirement alone, to be tried."""
    return new_policy("tried", title={"en": "Tried"}, owner=requirement["owner"], requirement=requirement)
