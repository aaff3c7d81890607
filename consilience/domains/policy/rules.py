"""What policies say about facts: which requirements are in force, and what came of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from consilience.domains.policy.language.explain import Explanation, judge
from consilience.domains.policy.language.expression import Answer, Expression, State
from consilience.domains.policy.language.expression import evaluate as answer_to
from consilience.domains.policy.language.facts import Facts, bind
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.outcome import Code, Outcome
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.sentences import render, render_error
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refusal, refusal
from consilience.kit.naming import is_urn

Judged = dict[tuple[str, str, str], tuple[Answer, Explanation]]
"""What came of rules over one set of facts, by text, schema and vocabulary."""


def in_force(requirements: Iterable[Requirement], at: Instant) -> tuple[Requirement, ...]:
    """The requirements whose effective dates hold at this moment."""
    return tuple(requirement for requirement in requirements if requirement.effective.holds(at))


def evaluate(
    requirements: Iterable[Requirement], facts: Json | Facts, schema: Schema, at: Instant
) -> tuple[Outcome, ...]:
    """The outcome of every requirement in force at `at`, in the given order.

    `facts` is a fact document of this schema. Requirements may have been checked against an older one, as long as
    fields were only added since.
    """
    bound = facts if isinstance(facts, Facts) else bind(facts, schema)
    known: Judged = {}
    return tuple(outcome_of(requirement, bound, known) for requirement in in_force(requirements, at))


def outcome_of(requirement: Requirement, facts: Facts, known: Judged | None = None) -> Outcome:
    """The outcome of one requirement. `known` keeps what was found about when others apply: most ask the same.

    1. Not enough facts to say whether it applies is no evidence, never "not applicable".
    2. An error anywhere is an error, which blocks.
    3. A requirement that applies is satisfied only by facts that say so.
    """
    if not facts.schema.extends(requirement.satisfied_if.schema):
        raise BadInput("facts", f"lack fields of the schema that requirement {requirement.id} was checked against")
    applies: Explanation | None = None
    if requirement.applies_if is not None:
        answer, applies = _applies(requirement.applies_if, facts, {} if known is None else known)
        if answer.state is not State.VALUE or not answer.value:
            code = Code.NOT_APPLICABLE if answer.state is State.VALUE else _undecided(answer)
            return _outcome(requirement, facts, code, answer, applies, None)
    answer, satisfied = judge(requirement.satisfied_if, facts)
    if answer.state is State.VALUE:
        code = Code.SATISFIED if answer.value else Code.UNSATISFIED
    else:
        code = _undecided(answer)
    return _outcome(requirement, facts, code, answer, applies, satisfied)


Answered = dict[tuple[str, str, str], Answer]
"""What came of rules over one set of facts, without the reasons, by text, schema and vocabulary."""


def code_of(applies: Expression | None, satisfied: Expression, facts: Facts, known: Answered | None = None) -> Code:
    """What `outcome_of` would answer for these two rules, without saying why. `known` as there."""
    if applies is not None:
        answer = _answered(applies, facts, {} if known is None else known)
        if answer.state is not State.VALUE or not answer.value:
            return Code.NOT_APPLICABLE if answer.state is State.VALUE else _undecided(answer)
    answer = answer_to(satisfied, facts)
    if answer.state is not State.VALUE:
        return _undecided(answer)
    return Code.SATISFIED if answer.value else Code.UNSATISFIED


def _answered(rule: Expression, facts: Facts, known: Answered) -> Answer:
    key = (rule.text, rule.schema.digest, rule.vocabulary.digest)
    if key not in known:
        known[key] = answer_to(rule, facts)
    return known[key]


def bare_outcome(requirement: Requirement, facts: Facts, known: Answered) -> Outcome:
    """The outcome without sentences, reasons and trace."""
    code = code_of(requirement.applies_if, requirement.satisfied_if, facts, known)
    return Outcome(
        requirement.policy, requirement.id, requirement.owner, requirement.severity, requirement.sign_off, code, (), {}, None
    )  # fmt: skip


def _applies(rule: Expression, facts: Facts, known: Judged) -> tuple[Answer, Explanation]:
    key = (rule.text, rule.schema.digest, rule.vocabulary.digest)
    if key not in known:
        known[key] = judge(rule, facts)
    return known[key]


def check_publication(policy: Policy, at: Instant) -> Refusal | None:
    """No requirement may be in force before its policy is published: nobody could have kept it."""
    for requirement in policy.requirements:
        start = requirement.effective.start
        if start is not None and start < at:
            return refusal(
                "policy.effective_before_publication",
                policy=policy.slug,
                requirement=requirement.id,
                effective_from=start,
                published_at=at,
            )
    return None


def two_people(proposed_by: str, published_by: str) -> Refusal | None:
    """A policy or a pack of one's own takes two people. A robot is nobody's second pair of eyes: it does what its owner says."""
    if proposed_by == published_by:
        return refusal("second_person_publishes")
    strange = next((one for one in (proposed_by, published_by) if not is_urn(one, "person")), None)
    return refusal("policy.people_publish", who=strange) if strange is not None else None


def in_order(
    slug: str, *, start: Instant, scheduled: Iterable[tuple[int, Instant]], ahead_of: int | None
) -> Refusal | None:
    """A version that begins before a scheduled one (number, start) is replaced by it then: whoever publishes says so.

    `ahead_of` is the number of the scheduled version that they expect to follow.
    """
    following = min(((begins, number) for number, begins in scheduled if begins > start), default=None)
    if following is None or following[1] == ahead_of:
        return None
    return refusal("policy.scheduled_already", policy=slug, version=following[1], begins=following[0])


def loses_nothing(slug: str, *, proposed: int, newest: tuple[int, int] | None, ahead_of: int | None) -> Refusal | None:
    """A proposal is older than the newest version (number, position) when it was made before that: it knows nothing of it.

    Published after it, it would undo what two other people put in force. `ahead_of` names a version that they know of.
    """
    if newest is None or newest[1] < proposed or newest[0] == ahead_of:
        return None
    return refusal("policy.proposal_older", policy=slug, version=newest[0])


def _undecided(answer: Answer) -> Code:
    return Code.NO_EVIDENCE if answer.state is State.UNKNOWN else Code.ERROR


def _outcome(
    requirement: Requirement,
    facts: Facts,
    code: Code,
    answer: Answer,
    applies: Explanation | None,
    satisfied: Explanation | None,
) -> Outcome:
    decided = satisfied or applies
    reasons = decided.reasons if decided is not None and code is Code.NO_EVIDENCE else ()
    variables: Mapping[str, Any] = decided.variables if decided is not None else {}
    if applies is not None and satisfied is not None and applies.variables:
        variables = {**applies.variables, **satisfied.variables}
    if code is Code.ERROR:
        sentences = {language: render_error(answer.error or "", language) for language in requirement.sentences}
    else:
        sentences = {
            language: render(templates[code], facts, variables, language)
            for language, templates in requirement.sentences.items()
        }
    return Outcome(
        policy=requirement.policy,
        requirement=requirement.id,
        owner=requirement.owner,
        severity=requirement.severity,
        sign_off=requirement.sign_off,
        code=code,
        reasons=reasons,
        sentences=sentences,
        trace={
            "applies_if": applies.trace if applies else None,
            "satisfied_if": satisfied.trace if satisfied else None,
        },
    )
