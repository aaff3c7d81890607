"""What a look at a policy's text tells its author: what the examples notice, and what an evaluation may cost."""

from __future__ import annotations

import re

from consilience.domains.policy.costs import bounds
from consilience.domains.policy.language.names import needed
from consilience.domains.policy.language.parser import parse
from consilience.domains.policy.mutation import Coverage, Mutant, coverage
from consilience.domains.policy.requirement import Policy
from consilience.kit.canonical import Json

_WORD = re.compile(r"[a-z][a-z0-9_]*")


def check(policy: Policy) -> Json:
    """`{"policy", "language", "complete", "cut", "requirements": [...], "unused": [names]}`; `cut`: too large to look at all."""
    found = coverage(policy)
    return {
        "policy": policy.slug,
        "language": policy.language,
        "complete": all(one.complete for one in found),
        "cut": any(one.cut for one in found),
        "requirements": [_requirement(policy, at, one) for at, one in enumerate(found)],
        "unused": _unused(policy),
    }


def _requirement(policy: Policy, at: int, found: Coverage) -> Json:
    costs = bounds(policy.requirements[at], policy.sizes)
    return {
        "id": found.requirement,
        "changes": len(found.mutants),
        "noticed": found.noticed,
        "survivors": [_mutant(one) for one in found.survivors],
        "declared": [{**_mutant(one), "why": one.declared} for one in found.declared],
        "contradicted": [
            {**_mutant(one), "noticed_by": one.noticed_by[1]} for one in found.contradicted if one.noticed_by
        ],
        "unknown": list(found.unknown),
        "cost": {key: {"steps": one.steps, "bound": one.words()} for key, one in costs.items()},
    }


def _mutant(one: Mutant) -> Json:
    return {
        "id": one.id,
        "place": one.place,
        "line": one.line,
        "column": one.column,
        "before": one.before,
        "after": one.after,
    }


def _unused(policy: Policy) -> list[str]:
    """The constants and definitions that no rule and no table needs and no sentence names."""
    asked = [rule for one in policy.requirements for rule in (one.applies_if, one.satisfied_if)]
    asked += [policy.applies_if, *(one.value for table in policy.tables for one in table.inputs)]
    rules = [rule for rule in asked if rule is not None]
    used = needed(policy.vocabulary, [parse(rule.text) for rule in rules])
    templates = [each.text for one in policy.requirements for said in one.sentences.values() for each in said.values()]
    words = {word for text in templates for word in _WORD.findall(text)}
    return [name for name in policy.vocabulary if name not in used and name not in words]
