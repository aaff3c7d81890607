"""A requirement proves itself: its author's examples must come out as the author says.

Whether a change of a threshold or an operator would fail an example is asked where a policy is published.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import TIMESTAMP, ListType, StructType, Type
from consilience.domains.policy.language.values import read_rfc3339, write_instant
from consilience.domains.policy.outcome import Code
from consilience.domains.policy.requirement import SENTENCED, Example, Requirement
from consilience.domains.policy.rules import outcome_of
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput

NEEDED = (Code.SATISFIED, Code.UNSATISFIED, Code.NO_EVIDENCE)
"""Every requirement shows at least one example of each."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def written_facts(value: Json, kind: Type) -> Json:
    """An example's facts as a fact document: a bare date or a time with a zone becomes an instant (UTC).

    What does not fit the schema is left as it is; `bind` will say so.
    """
    if isinstance(kind, StructType) and isinstance(value, dict):
        return {
            name: written_facts(part, kind.fields[name]) if name in kind.fields else part
            for name, part in value.items()
        }
    if isinstance(kind, ListType) and isinstance(value, list):
        return [written_facts(item, kind.item) for item in value]
    if kind == TIMESTAMP and isinstance(value, str):
        moment = read_rfc3339(f"{value}T00:00:00Z" if _DATE.fullmatch(value) else value)
        return value if moment is None else write_instant(moment)
    return value


def check_examples(requirement: Requirement, where: str, places: Sequence[str]) -> None:
    """BadInput when an outcome that must be shown is not, or when an example comes out otherwise than stated.

    `where` is the place of the list, `places` those of the examples in it.
    """
    names = [example.name for example in requirement.examples]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise BadInput(places[at], f"two examples are called {name!r}")
    for example, place in zip(requirement.examples, places, strict=True):
        check_example(requirement, example, place)
    for needed in NEEDED:
        if needed not in {example.expect for example in requirement.examples}:
            raise BadInput(where, f"has no example that is {needed.value}; at least one is needed")


def check_example(requirement: Requirement, example: Example, where: str) -> None:
    """BadInput when this example comes out otherwise than its author says."""
    if example.expect not in SENTENCED:
        raise BadInput(where, f"example {example.name!r} expects {example.expect.value}, which no rule can give")
    try:
        seen = outcome_of(requirement, bind(example.facts, requirement.satisfied_if.schema))
    except BadInput as error:
        raise BadInput(where, f"example {example.name!r}: {error.where}: {error.problem}") from error
    if seen.code is not example.expect:
        problem = f"example {example.name!r} is stated to be {example.expect.value}, but comes out {seen.code.value}"
        raise BadInput(where, f"{problem}: {seen.sentence()}")


def told_by_example(requirement: Requirement) -> dict[str, dict[str, str]]:
    """By language, one sentence for each outcome that the examples show: as the first of them would be told."""
    first = {one.expect: one for one in reversed(requirement.examples)}
    schema = requirement.satisfied_if.schema
    outcomes = {code: outcome_of(requirement, bind(one.facts, schema)) for code, one in first.items()}
    shown = [code for code in SENTENCED if code in outcomes]
    return {
        language: {code.value: outcomes[code].sentences[language] for code in shown}
        for language in requirement.sentences
    }
