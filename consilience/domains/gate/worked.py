"""Worked systems: a made-up system taken through every stage under a starter set, so that one sees the set at work.

A worked system is a YAML file beside its set: the facts that there are at each stage, written once where they begin. One
passes every stage. The other is like it with several things wrong, each with the requirements that refuse it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from consilience.domains.gate.rules import Verdict, hindrances, verdict
from consilience.domains.policy.document import load_published
from consilience.domains.policy.examples import written_facts
from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.language.expression import State
from consilience.domains.policy.language.expression import evaluate as answer_to
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.rules import evaluate
from consilience.domains.policy.schema import STAGE
from consilience.domains.policy.starter_sets import StarterSet
from consilience.domains.policy.tables.tiering import tier_of
from consilience.domains.policy.templates.examples import put
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant, read_instant
from consilience.kit.strict_yaml import read_yaml

STAGES: tuple[str, ...] = STAGE.values
PASSES, FAILS = "passes", "fails"
_KEPT = ("model_version", "training_datasets", "evaluation_datasets")
"""Facts that hold from the stage on where they are written."""


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong with a system: in words, from which stages on, and which requirements refuse it there."""

    said: Mapping[str, str]
    stages: tuple[str, ...]
    changes: Mapping[str, Json]
    refused_by: tuple[str, ...]


@dataclass(frozen=True)
class Worked:
    """A worked system: its title and story by language, its facts by stage, and what is wrong with it."""

    name: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    facts: Mapping[str, Json]
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True)
class AtStage:
    """What the gate says of a worked system at one stage: its tier, every requirement that applies, the verdict."""

    stage: str
    at: Instant
    tier: str | None
    outcomes: tuple[Outcome, ...]
    verdict: Verdict


def worked(of: StarterSet, which: str) -> Worked:
    """A set's worked system that passes, or the one that fails."""
    body, lines = read_yaml(of.worked[which], f"{of.name}/{which}")
    source = Source(f"{of.name}/{which}", lines)
    if which == PASSES:
        fields = Fields(body, (), source, what="worked system", required=("title", "text", "system", "stages"))
        return Worked(which, fields.words("title"), fields.words("text"), _facts_by_stage(body))
    fields = Fields(body, (), source, what="worked system", required=("title", "text", "wrong"), optional=("but",))
    facts = {stage: _changed(one, body.get("but", {})) for stage, one in worked(of, PASSES).facts.items()}
    listed = tuple(_wrong(item, at, source) for at, item in enumerate(fields.items("wrong")))
    return Worked(which, fields.words("title"), fields.words("text"), facts, listed)


def loaded(of: StarterSet, schema: Schema) -> tuple[Policy, ...]:
    """Every policy of a set, under a workspace's kinds of evidence. Whether it may be proposed there is not asked."""
    return _loaded(tuple(of.policies.values()), _ByDigest(schema))


def judged(policies: Sequence[Policy], of: Worked, schema: Schema, wrong: Iterable[Wrong]) -> list[AtStage]:
    """What the gate says at each stage when these things are wrong, by the rules that it asks everywhere."""
    listed = list(wrong)
    return [_at_stage(policies, _with(of.facts[stage], stage, listed), schema) for stage in STAGES]


def refusing(stages: Iterable[AtStage]) -> set[tuple[str, str]]:
    """Which requirements refuse, as (stage, policy/requirement)."""
    return {(one.stage, name) for one in stages for name in one.verdict.unmet}


def meant(wrong: Iterable[Wrong]) -> set[tuple[str, str]]:
    """Which requirements should refuse by what the author says, as (stage, policy/requirement)."""
    return {(stage, name) for one in wrong for stage in one.stages for name in one.refused_by}


def _at_stage(policies: Sequence[Policy], facts: Json, schema: Schema) -> AtStage:
    at = read_instant(facts["now"], zone="UTC")
    known = written_facts(facts, schema.root)
    tier = tier_of(policies, bind({"system": known["system"]}, schema)).fact()
    document = {**known, "now": at, "tier": tier}
    asked = [one for policy in policies for one in policy.requirements]
    outcomes = evaluate(asked, document, schema, at)
    stage = facts["release"]["stage"]
    return AtStage(stage, at, tier["level"], outcomes, verdict(outcomes, hindrances(document), stage=stage))


def _facts_by_stage(body: Json) -> dict[str, Json]:
    """The fact document of each stage: what earlier stages know is known there too, but every stage is signed anew."""
    made: dict[str, Json] = {}
    known: dict[str, Any] = {"system": body["system"], "operation": {"in_use": False}, "evidence": {}}
    for stage in STAGES:
        said = body["stages"][stage]
        for name in _KEPT:
            if name in said:
                known[name] = said[name]
        for kind, listed in said.get("evidence", {}).items():
            known["evidence"].setdefault(kind, []).extend(_recorded(listed, said["on"]))
        known |= {"now": said["on"], "release": {"stage": stage}, "signoffs": list(_signed(said))}
        made[stage] = deepcopy({**known, "conditions": [], "objections": [], "blocks": []})
    return made


def _recorded(listed: Json, on: str) -> Iterator[Json]:
    """Records of evidence; what is not written is usual: about this version, recorded on the day of the stage."""
    for one in listed if isinstance(listed, list) else [listed]:
        yield {"about_this_version": True, "expired": False, "attempts": 1, "recorded_at": on, **one}


def _signed(said: Json) -> Iterator[Json]:
    for function, person in said.get("signed", {}).items():
        yield {"function": function, "person": person, "verdict": "approve", "standing": "stands", "distinct": True}


def _wrong(item: Json, at: int, source: Source) -> Wrong:
    required = ("said", "at", "but", "refused_by")
    fields = Fields(item, ("wrong", at), source, what=f"wrong {at}", required=required)
    for stage in fields.texts("at"):
        if stage not in STAGES:
            raise fields.bad("at", f"{stage!r} is no stage; expected {', '.join(STAGES)}")
    return Wrong(fields.words("said"), fields.texts("at"), item["but"], fields.texts("refused_by"))


def _with(facts: Json, stage: str, wrong: Iterable[Wrong]) -> Json:
    for one in wrong:
        if stage in one.stages:
            facts = _changed(facts, one.changes)
    return facts


def _changed(facts: Json, changes: Mapping[str, Json]) -> Json:
    made = deepcopy(facts)
    for path, value in changes.items():
        put(made, path.split("."), deepcopy(value), path)
    return made


@dataclass(frozen=True)
class _ByDigest:
    """A schema that is the same as another of equal digest."""

    schema: Schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and other.schema.digest == self.schema.digest

    def __hash__(self) -> int:
        return hash(self.schema.digest)


@lru_cache(maxsize=16)
def _loaded(texts: tuple[str, ...], under: _ByDigest) -> tuple[Policy, ...]:
    return tuple(load_published(text, schema=under.schema) for text in texts)


def stages_of(requirement: Requirement) -> list[str]:
    """The stages before which a requirement may be asked, as far as the stage alone tells."""
    asked = requirement.own_applies_if or requirement.applies_if
    if asked is None:
        return list(STAGES)
    schema = asked.schema
    answers = {stage: answer_to(asked, bind({"release": {"stage": stage}}, schema)) for stage in STAGES}
    return [stage for stage, one in answers.items() if one.state is not State.VALUE or one.value]
