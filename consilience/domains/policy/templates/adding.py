"""Putting a filled-in requirement into a policy's text: a new policy, or one that exists, word for word otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from consilience.domains.policy.templates.template import as_yaml
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.kit.naming import slug as checked_slug
from consilience.kit.strict_yaml import read_yaml

_LANGUAGE = re.compile(r"^language:[ \t]*1[ \t]*$", re.MULTILINE)


def new_policy(slug: str, *, title: Mapping[str, str], owner: str, requirement: Mapping[str, Any]) -> str:
    """The text of a policy that holds this requirement alone."""
    head = {"policy": checked_slug(slug, "policy"), "title": dict(title), "owner": owner, "language": 2}
    written: str = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=118)
    return f"{written}requirements:\n{as_yaml(requirement)}"


def added(text: str, requirement: Mapping[str, Any]) -> str:
    """The policy's text with this requirement in the place of the one of the same id, or after all others.

    The rest stays as it was written, comments included; only `language: 1` becomes 2, which reads all that 1 does.
    """
    body, lines = read_yaml(text, "policy")
    listed = body.get("requirements") if isinstance(body, Mapping) else None
    if not isinstance(listed, list):
        raise BadInput("policy", "has no list of requirements that one could be added to")
    at = next((at for at, one in enumerate(listed) if one.get("id") == requirement["id"]), len(listed))
    made = _spliced(text, at, lines, as_yaml(requirement))
    wanted = [*listed[:at], read_yaml(as_yaml(requirement), "requirement")[0][0], *listed[at + 1 :]]
    if _read(made) != {**body, "language": 2, "requirements": wanted}:
        raise BadInput(
            "policy",
            "is written in a way that cannot be added to; give its requirements as the last key, one item a line",
        )
    return made


def _read(text: str) -> Json:
    """What a text says; None where it is no longer YAML."""
    try:
        return read_yaml(text, "policy")[0]
    except BadInput:
        return None


def _spliced(text: str, at: int, lines: Mapping[Any, int], item: str) -> str:
    """The text with an item written at a place of the list; the caller checks that it reads as meant."""
    written = _LANGUAGE.sub("language: 2", text).rstrip("\n").split("\n")
    after = len(written) + 1
    start, until = (lines.get(("requirements", place), after) - 1 for place in (at, at + 1))
    while until > start and _leads_on(written[until - 1]):
        until -= 1
    indent = " " * _depth(written, lines)
    moved = [f"{indent}{line[2:]}" if line else "" for line in item.rstrip("\n").split("\n")]
    return "\n".join([*written[:start], *moved, *written[until:]]) + "\n"


def _leads_on(line: str) -> bool:
    """Whether a line before the next item belongs to that one: it is empty, or a comment."""
    return not line.strip() or line.lstrip().startswith("#")


def _depth(written: list[str], lines: Mapping[Any, int]) -> int:
    """How far the list's items are indented."""
    if ("requirements", 0) not in lines:
        return 2
    line = written[lines["requirements", 0] - 1]
    return len(line) - len(line.lstrip())
