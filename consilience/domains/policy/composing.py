"""Policies of a starter set that are written as filled-in templates: composing each one's text.

A set says which template, with which values, why that threshold and from which source. What comes out is an ordinary
policy of language 2, the same bytes every time: that text is shown, proposed and published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import yaml

from consilience.domains.inventory.rules import TIERS, USES
from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.templates.template import as_yaml, fill, template
from consilience.kit.canonical import Json
from consilience.kit.strict_yaml import Path

_POLICY = ("policy", "title", "owner", "requirements")
_REQUIREMENT = ("template",)
_CHANGED = ("id", "severity", "obligations", "source")
Example = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Of which systems a policy asks: their risk tiers and what they are used for; `said` in words, by language."""

    tiers: tuple[str, ...]
    uses: tuple[str, ...]
    said: Mapping[str, str]

    @property
    def condition(self) -> str:
        """In the policy language; empty for every system."""
        return " && ".join(_among("tier.level", self.tiers) + _among("system.use", self.uses))


def asked(value: Json, source: Source, path: Path) -> Asked:
    """The `applies_if` of a set or of one policy in it."""
    fields = Fields(value, path, source, what="applies_if", required=("said",), optional=("tier", "use"))
    tiers, uses = (fields.texts(key) if key in fields.value else () for key in ("tier", "use"))
    for key, given, known in (("tier", tiers, TIERS), ("use", uses, USES)):
        for one in given:
            if one not in known:
                raise fields.bad(key, f"{one!r} is unknown; expected one of {', '.join(known)}")
    return Asked(tiers, uses, fields.words("said"))


def composed(value: Json, source: Source, path: Path, usual: Asked | None) -> str:
    """The text of one policy of a set; `usual` is of which systems the set asks where the policy says nothing else."""
    fields = Fields(value, path, source, what="policy of a set", required=_POLICY, optional=("applies_if", "stage"))
    whom = usual
    if "applies_if" in fields.value:
        whom = asked(fields.value["applies_if"], source, (*path, "applies_if"))
    stages = fields.texts("stage") if "stage" in fields.value else ()
    owner = fields.text("owner")
    head: dict[str, Any] = {
        "policy": fields.slug("policy"), "title": dict(fields.words("title")), "owner": owner, "language": 2,
    }  # fmt: skip
    if whom is not None and whom.condition:
        head["applies_if"] = whom.condition
    made = [
        _requirement(item, source, (*path, "requirements", at), owner, stages)
        for at, item in enumerate(fields.items("requirements"))
    ]
    if whom is not None and whom.condition:
        made = [_asked_of(one, whom, first=at == 0) for at, one in enumerate(made)]
    written: str = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=118)
    return f"{written}requirements:\n" + "\n".join(as_yaml(one) for one in made)


def _requirement(value: Json, source: Source, path: Path, owner: str, stages: Sequence[str]) -> Example:
    fields = Fields(
        value, path, source, what="requirement of a set", required=_REQUIREMENT, optional=("values", "why", *_CHANGED)
    )
    of = template(fields.text("template"))
    said = dict(fields.value.get("values") or {})
    if stages:
        said.setdefault("stages", list(stages))
    made = fill(of, said)
    made["owner"] = owner
    for key in _CHANGED:
        if key in fields.value:
            made[key] = list(fields.texts(key)) if key == "obligations" else fields.text(key)
    if "why" in fields.value:
        more = fields.words("why")
        made["why"] = {language: f"{text} {more[language]}" for language, text in made["why"].items()}
    return made


def _asked_of(requirement: Example, whom: Asked, *, first: bool) -> Example:
    """The requirement with examples that know the tier and the use; the first one of a policy shows every one of them."""
    shown = [{**one, "facts": _known(one["facts"], whom)} for one in requirement["examples"]]
    more = list(_elsewhere(shown, whom)) + (list(_everywhere(shown, whom)) if first else [])
    sentences = {
        language: {**said, "not_applicable": f"{said['not_applicable']} {whom.said[language]}"}
        for language, said in requirement["sentences"].items()
    }
    return {**requirement, "sentences": sentences, "examples": shown + more}


def _known(facts: Json, whom: Asked, *, tier: str = "", use: str = "") -> Example:
    """Facts with the tier and the use that the policy asks for, or with others."""
    made = deepcopy(facts)
    if whom.tiers:
        made["tier"] = {"level": tier or whom.tiers[0]}
    if whom.uses:
        made["system"] = {**(made.get("system") or {}), "use": use or whom.uses[0]}
    return dict(made)


def _elsewhere(examples: Sequence[Example], whom: Asked) -> Iterator[Example]:
    """Of another tier, of another use: not asked."""
    good = _good(examples)
    for tier in TIERS if whom.tiers else ():
        if tier not in whom.tiers:
            yield {"name": f"of {tier} risk", "expect": "not_applicable", "facts": _known(good, whom, tier=tier)}
    if whom.uses:
        other = next(one for one in reversed(USES) if one not in whom.uses)
        yield {"name": "used for something else", "expect": "not_applicable", "facts": _known(good, whom, use=other)}


def _everywhere(examples: Sequence[Example], whom: Asked) -> Iterator[Example]:
    """Of every tier and every use that is asked."""
    good = _good(examples)
    for tier in whom.tiers[1:]:
        yield {
            "name": f"everything as asked, of {tier} risk",
            "expect": "satisfied",
            "facts": _known(good, whom, tier=tier),
        }
    for use in whom.uses[1:]:
        yield {
            "name": f"everything as asked, used for {use}",
            "expect": "satisfied",
            "facts": _known(good, whom, use=use),
        }


def _good(examples: Sequence[Example]) -> Json:
    return next(one["facts"] for one in examples if one["expect"] == "satisfied")


def _among(path: str, words: Sequence[str]) -> list[str]:
    if len(words) == 1:
        return [f'{path} == "{words[0]}"']
    listed = ", ".join(f'"{one}"' for one in words)
    return [f"{path} in [{listed}]"] if words else []
