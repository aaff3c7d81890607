"""`consilience policy check`: what a draft's examples prove, in words, without a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from consilience.kit.errors import BadInput
from consilience.surfaces.cli.shared import paragraph, read_text, say

Shown = dict[str, Any]


def checked(file: Path, kinds: Path | None, functions: Sequence[str]) -> Shown:
    """The report on a draft, under the kinds and functions that the product brings and those that are named."""
    from consilience.domains.evidence.definitions import kinds as shipped
    from consilience.domains.people.rules import FUNCTIONS
    from consilience.domains.policy.document import load
    from consilience.domains.policy.report import check
    from consilience.domains.policy.schema import fact_schema

    schema = fact_schema([*shipped(), *(_kinds(kinds) if kinds is not None else ())])
    policy = load(read_text(file), schema=schema, functions=[*FUNCTIONS, *functions], name=str(file))
    report: Shown = check(policy)
    return report


def _kinds(file: Path) -> list[Shown]:
    from consilience.domains.evidence.rules import kind_body
    from consilience.kit.strict_yaml import read_yaml

    said, _lines = read_yaml(read_text(file), str(file))
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise BadInput(str(file), "is not a list of kinds")
    for one in said:
        for key in ("kind", "title", "methods", "fields"):
            if one.get(key) is None:
                raise BadInput(str(file), f"a kind lacks {key!r}")
    return [kind_body(one) for one in said]


def say_checked(report: Shown) -> None:
    """Each requirement in a few lines, and one line at the end."""
    for one in report["requirements"]:
        say(f"{one['id']}: {one['noticed']} of {one['changes']} changes noticed")
        for change in one["survivors"]:
            say(paragraph(f"{_place(change)}: no example notices {_become(change)}", indent="      ", first="  ✗ "))
        for change in one["contradicted"]:
            text = f"{_place(change)}: declared to make no difference, but example “{change['noticed_by']}” notices it"
            say(paragraph(text, indent="      ", first="  ✗ "))
        for name in one["unknown"]:
            say(paragraph(f"“{name}” is declared to make no difference, but there is no such change", first="  ✗ "))
        for change in one["declared"]:
            said = f"{_place(change)}: {_become(change)} cannot matter: {change['why']}"
            say(paragraph(said, indent="      ", first="  = "))
        for key, cost in one["cost"].items():
            if cost["steps"]:
                said = f"{key} looks at {cost['steps']:,} items at most: {cost['bound']}"
                say(paragraph(said, indent="      ", first="    "))
    if report["unused"]:
        say(paragraph(f"No requirement needs: {', '.join(report['unused'])}"))
    say(_last(report))


def _last(report: Shown) -> str:
    if report["complete"]:
        return f"{report['policy']} is proved by its examples."
    open_ones = sum(
        len(one["survivors"]) + len(one["contradicted"]) + len(one["unknown"]) for one in report["requirements"]
    )
    if report["cut"]:
        return paragraph(
            f"{report['policy']} is too large for every change to be tried. Divide it, or say less in one rule."
        )
    what = "1 change is" if open_ones == 1 else f"{open_ones} changes are"
    declared = "declare it under `equivalent` with the reason"
    if report["language"] < 2:
        declared += ", which takes `language: 2`"
    published = f"Until then it cannot be published: add an example for each, or {declared}."
    return paragraph(f"{what} open in {report['policy']}. {published}")


def _place(change: Shown) -> str:
    if change["place"].startswith("constants."):
        return str(change["place"])
    return f"{change['place']}, line {change['line']}, column {change['column']}"


def _become(change: Shown) -> str:
    if change["after"] == "nothing":
        return f"that {change['before']} is left out"
    return f"{change['before']} becoming {change['after']}"
