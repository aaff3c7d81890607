"""Starter sets: policies that belong together, ready to be proposed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from ninja import Router

from consilience.domains.access import queries as access
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.starter_sets import StarterSet, starter_set, starter_sets
from consilience.domains.policy.tables.words import in_language
from consilience.surfaces.api.shared import Out, Request, Slug, operation, present

router = Router(tags=["policy"])


class StarterSetOut(Out):
    name: str
    title: str
    text: str
    policies: list[str]


class StarterSetShown(StarterSetOut):
    texts: dict[str, str]
    """Each policy as YAML, to be proposed as it is or changed first."""


@operation(router.get, "/starter-sets", action="policy.read")
def sets(request: Request) -> list[StarterSetOut]:
    access.ensure(request.auth, "policy.read", LIBRARY, present())
    return [StarterSetOut(**_said(one)) for one in starter_sets().values()]


@operation(router.get, "/starter-sets/{name}", action="policy.read")
def one_set(request: Request, name: Slug) -> StarterSetShown:
    access.ensure(request.auth, "policy.read", LIBRARY, present())
    found = starter_set(name)
    return StarterSetShown(**_said(found), texts=dict(found.policies))


def _said(one: StarterSet) -> dict[str, Any]:
    language = get_language() or "en"
    return {
        "name": one.name, "title": in_language(one.title, language), "text": in_language(one.text, language),
        "policies": list(one.policies),
    }  # fmt: skip
