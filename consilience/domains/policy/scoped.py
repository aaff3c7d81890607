"""What of a document says whom it binds and what it changes of policies above: `scope`, `loosens`, `tightens`."""

from __future__ import annotations

import re

from consilience.domains.policy.fields import Fields
from consilience.domains.policy.scope import ORGANISATION, Loosening, Scope
from consilience.kit.strict_yaml import read_yaml

_NAMED = re.compile(r"[a-z0-9-]{1,63}/[a-z0-9-]{1,63}")


def read_scope(fields: Fields) -> Scope:
    """The scope of a document; the organisation where it names none."""
    value = fields.value.get("scope")
    if value is None:
        return ORGANISATION
    part = Fields(value, ("scope",), fields.source, what="scope", required=(), optional=("line_of_business", "system"))
    if len(part.value) != 1:
        raise fields.bad("scope", "names one of line_of_business and system; without a scope the organisation is bound")
    if part.value.get("system") is not None:
        return Scope(system=part.slug("system"))
    if part.value.get("line_of_business") is not None:
        return Scope(line_of_business=part.slug("line_of_business"))
    raise fields.bad("scope", "names nobody")


def scope_of(text: str, name: str) -> Scope:
    """The scope of a published text, without reading its requirements: what binds whom needs no fact schema."""
    said, _ = read_yaml(text, name)
    scope = said.get("scope") if isinstance(said, dict) else None
    if not isinstance(scope, dict):
        return ORGANISATION
    return Scope(
        **{part: str(value) for part, value in scope.items() if part in ("line_of_business", "system") and value}
    )


def read_loosens(fields: Fields, scope: Scope, own: list[str]) -> tuple[Loosening, ...]:
    """What a document sets aside of policies above; `own` are the ids of its requirements."""
    if fields.value.get("loosens") is None:
        return ()
    if scope.whole:
        raise fields.bad("loosens", "a policy of the whole organisation has none above it that it could loosen")
    made: list[Loosening] = []
    for at, value in enumerate(fields.items("loosens")):
        path = ("loosens", at)
        part = Fields(
            value, path, fields.source, what="loosens", required=("requirement", "why"), optional=("instead",)
        )
        name = named(part, "requirement")
        if name in {one.requirement for one in made}:
            raise part.bad("requirement", f"{name} is named twice")
        instead = part.slug("instead") if part.value.get("instead") is not None else None
        if instead is not None and instead not in own:
            raise part.bad("instead", f"{instead!r} is no requirement of this policy")
        made.append(Loosening(name, part.words("why"), instead))
    return tuple(made)


def read_tightens(fields: Fields, scope: Scope) -> str | None:
    """The requirement above (`policy/requirement`) that one tightens."""
    if fields.value.get("tightens") is None:
        return None
    if scope.whole:
        raise fields.bad("tightens", "a policy of the whole organisation has none above it that it could tighten")
    return named(fields, "tightens")


def named(fields: Fields, key: str) -> str:
    """A requirement by its policy's name and its own: `fair-treatment/approval-ratio`."""
    found = fields.text(key)
    if not _NAMED.fullmatch(found):
        raise fields.bad(key, f"{found!r} is not POLICY/REQUIREMENT, such as fair-treatment/approval-ratio")
    return found
