"""The examples of a template: most are another one with a single thing changed, so that is how they are written.

`like: NAME` starts from an earlier example, `but: {evidence.load_test.0.p99_ms: 51}` changes what lies at a path;
`each: stages` makes one example for each chosen stage, which is then `<<each>>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from consilience.domains.policy.templates.blanks import Filler, NoValue
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput

_KEYS = frozenset({"name", "expect", "facts", "like", "but", "each"})


def filled_examples(filler: Filler, listed: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Every example, written out. One whose blanks have no value for what was filled in is left out."""
    named: dict[str, Json] = {}
    made: list[Json] = []
    for one in listed:
        if set(one) - _KEYS or not {"name", "expect"} <= set(one):
            raise BadInput(
                filler.where, f"an example has {', '.join(sorted(one))}; expected {', '.join(sorted(_KEYS))}"
            )
        facts = _like(one, named, filler.where)
        named[one["name"]] = facts
        for each, told in _each(filler, one):
            try:
                name = each.sentence(one["name"], "en") + told
                made.append({"name": name, "expect": one["expect"], "facts": _facts(each, facts)})
            except NoValue:
                continue
    return made


def _each(filler: Filler, one: Mapping[str, Any]) -> Iterator[tuple[Filler, str]]:
    """The values to fill an example with, and what its name adds where there are several of it."""
    if "each" not in one:
        yield filler, ""
        return
    listed = filler.values[one["each"]]
    if not isinstance(listed, tuple):
        raise BadInput(filler.where, f"each: {one['each']!r} is no list")
    for value in listed:
        told = f" ({value})" if len(listed) > 1 else ""
        yield Filler(filler.parameters, {**filler.values, "each": value}, filler.where), told


def _like(one: Mapping[str, Any], named: Mapping[str, Json], where: str) -> Json:
    if "like" not in one:
        return one["facts"]
    if one["like"] not in named:
        raise BadInput(where, f"example {one['name']!r} is like {one['like']!r}, which does not stand before it")
    facts = deepcopy(named[one["like"]])
    for path, value in one.get("but", {}).items():
        put(facts, path.split("."), value, f"{where}, example {one['name']!r}: {path}")
    return facts


def put(facts: Any, path: list[str], value: Json, where: str) -> None:
    """Put a value where the path leads; the last step of a list may be one beyond its end."""
    for step in path[:-1]:
        facts = _inside(facts, step, where)
    last = path[-1]
    if isinstance(facts, list):
        if not last.isdigit() or int(last) > len(facts):
            raise BadInput(where, "leads nowhere")
        facts[int(last) : int(last) + 1] = [value]
    elif isinstance(facts, dict):
        facts[last] = value
    else:
        raise BadInput(where, "leads nowhere")


def _inside(facts: Any, step: str, where: str) -> Any:
    if isinstance(facts, list) and step.isdigit() and int(step) < len(facts):
        return facts[int(step)]
    if isinstance(facts, dict) and step in facts:
        return facts[step]
    raise BadInput(where, "leads nowhere")


def _facts(filler: Filler, part: Json) -> Json:
    if isinstance(part, Mapping):
        return {str(filler.value(name)): _facts(filler, value) for name, value in part.items()}
    if isinstance(part, list):
        return [_facts(filler, value) for value in part]
    return filler.value(part) if isinstance(part, str) else part
