"""What a requirement may cost is known before it is asked: a draft whose bound is too high does not load."""

from __future__ import annotations

from collections.abc import Mapping

from consilience.domains.policy.fields import Fields
from consilience.domains.policy.language.cost import INNER_SIZE, LIST_SIZE, Bound, bound, list_paths
from consilience.domains.policy.language.errors import hint
from consilience.domains.policy.language.loops import MAX_STEPS
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.requirement import Requirement
from consilience.kit.errors import BadInput


def bounds(requirement: Requirement, sizes: Mapping[str, int]) -> dict[str, Bound]:
    """The bound of each of a requirement's rules, by key."""
    rules = {"applies_if": requirement.applies_if, "satisfied_if": requirement.satisfied_if}
    return {key: bound(rule, sizes) for key, rule in rules.items() if rule is not None}


def check_cost(requirement: Requirement, sizes: Mapping[str, int], where: str) -> None:
    """BadInput where a rule may look at more items than any evaluation may."""
    for key, found in bounds(requirement, sizes).items():
        if found.steps > MAX_STEPS:
            raise BadInput(
                where,
                f"{key} may look at {found.steps:,} items ({found.words()}) with lists as long as `sizes` says "
                f"(else {LIST_SIZE}, and {INNER_SIZE} inside an item); an evaluation looks at no more than {MAX_STEPS:,}. "
                "State smaller sizes, or ask less",
            )


def read_sizes(fields: Fields, schema: Schema) -> dict[str, int]:
    """How long the document says that lists are at most: `{evidence.evaluation: 50}`."""
    found = fields.value.get("sizes")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise fields.bad("sizes", "must be a mapping from lists to whole numbers")
    known = list_paths(schema.root)
    for path, size in found.items():
        if path not in known:
            raise fields.wrong(("sizes", path), f"{path!r} is no list of the facts{hint(path, sorted(known))}")
        if type(size) is not int or not 1 <= size <= MAX_STEPS:
            raise fields.wrong(("sizes", path), f"{path}: {size!r} is not a whole number from 1 to {MAX_STEPS:,}")
    return dict(found)
