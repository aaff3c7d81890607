"""What a release means for the people whom it judges, in sentences."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router

from consilience.domains.evidence.plain import reading_level
from consilience.domains.release import customer_queries, queries
from consilience.domains.release.rules import Stage
from consilience.surfaces.api.shared import In, Out, Reference, Request, Slug, operation, present

router = Router(tags=["release"])


class CustomersQuery(In):
    language: Literal["en", "de"] = "en"


class CustomerGroupOut(Out):
    group: str
    people: str
    """What its members are called, such as "applicants over 65"."""
    rows: int | None
    sentences: list[str]


class CustomerAttributeOut(Out):
    attribute: str
    apart: list[str]
    """How far its groups lie apart."""
    groups: list[CustomerGroupOut]


class CustomersOut(Out):
    language: str
    stated: bool
    """Whether somebody said in words what the answers mean for people; else sentences speak of cases and flags."""
    everybody: list[str]
    attributes: list[CustomerAttributeOut]
    reading_grade: float | None
    """Years of schooling that the text takes, by `reading_formula`."""
    reading_formula: str


@operation(router.get, "/releases/{system}/{version}/{stage}/customers", action="release.read")
def customers(
    request: Request, system: Slug, version: Reference, stage: Stage, query: Query[CustomersQuery]
) -> CustomersOut:
    """What it means for everybody and for each customer group, from the newest evidence, in plain words."""
    found = queries.release(request.auth, system, version, stage, present())
    told = customer_queries.customers(found, query.language)
    return CustomersOut(
        language=told.language,
        stated=told.stated,
        everybody=list(told.everybody),
        attributes=[
            CustomerAttributeOut(
                attribute=one.attribute,
                apart=list(one.apart),
                groups=[
                    CustomerGroupOut(group=each.key, people=each.people, rows=each.rows, sentences=list(each.sentences))
                    for each in one.groups
                ],
            )
            for one in told.attributes
        ],
        reading_grade=told.grade,
        reading_formula=reading_level.FORMULAS[told.language],
    )
