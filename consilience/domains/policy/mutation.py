"""The mutation check: every threshold and operator of a requirement is changed, and some example must notice.

A change that no example notices is a survivor: nobody would see it in the text either. What several requirements share
(the policy's own condition, constants, definitions) is noticed when an example of any of them does. An author may declare
a change that cannot matter, with the reason; a declaration that an example contradicts is as bad as a survivor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.expression import Expression, compile_trees
from consilience.domains.policy.language.facts import Facts, bind
from consilience.domains.policy.language.mutate import OTHER_WORD, Change, changes, other_values, with_word
from consilience.domains.policy.language.names import Vocabulary, needed
from consilience.domains.policy.language.parser import Syntax, parse
from consilience.domains.policy.outcome import Code
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.rules import code_of
from consilience.kit.errors import Refusal, refusal

MAX_LOOKED = 5_000_000
"""Characters of changed rules that are read for one policy: half a minute. A starter policy needs a fiftieth."""
Rules = tuple[Expression | None, Expression]
"""A requirement's condition and its rule, one of them changed."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change, and what became of it.

    `place` is `applies_if`, `satisfied_if`, `policy.applies_if`, `definitions.NAME` or `constants.NAME`; line and column
    count from 1 inside that expression. `noticed_by` is the first example (requirement, name) that comes out otherwise.
    """

    id: str
    place: str
    line: int
    column: int
    before: str
    after: str
    noticed_by: tuple[str, str] | None = None
    declared: str | None = None

    @property
    def survives(self) -> bool:
        return self.noticed_by is None and self.declared is None

    @property
    def contradicted(self) -> bool:
        """Declared to make no difference, though an example notices."""
        return self.noticed_by is not None and self.declared is not None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the mutation check found for one requirement.

    `unknown` are declared mutants that there are not; `cut` says that the policy is too large to be looked at whole.
    """

    requirement: str
    mutants: tuple[Mutant, ...]
    unknown: tuple[str, ...] = ()
    cut: bool = False

    @property
    def noticed(self) -> int:
        return sum(one.noticed_by is not None for one in self.mutants)

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        return tuple(one for one in self.mutants if one.survives)

    @property
    def declared(self) -> tuple[Mutant, ...]:
        return tuple(one for one in self.mutants if one.declared is not None)

    @property
    def contradicted(self) -> tuple[Mutant, ...]:
        return tuple(one for one in self.mutants if one.contradicted)

    @property
    def complete(self) -> bool:
        return not self.survivors and not self.contradicted and not self.unknown and not self.cut


def coverage(policy: Policy) -> tuple[Coverage, ...]:
    """What the examples of each requirement notice."""
    return _Check(policy).coverage()


def check_noticed(policy: Policy) -> Refusal | None:
    """A policy is published only when its examples notice every change of it, in whichever language it is written."""
    for one in coverage(policy):
        off = [*one.survivors, *one.contradicted]
        if off or one.unknown:
            first = off[0].id if off else one.unknown[0]
            return refusal(
                "policy.change_unnoticed",
                policy=policy.slug,
                requirement=one.requirement,
                count=len(off) + len(one.unknown),
                first=first,
            )
        if one.cut:
            return refusal("policy.too_large_to_prove", policy=policy.slug)
    return None


class _Check:
    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.left = MAX_LOOKED
        schema = policy.schema
        self.facts: dict[str, list[tuple[str, Facts, Code]]] = {
            one.id: [(each.name, bind(each.facts, schema), each.expect) for each in one.examples]
            for one in policy.requirements
        }
        self.needs = {one.id: needed(policy.vocabulary, _trees(one)) for one in policy.requirements}

    def coverage(self) -> tuple[Coverage, ...]:
        shared = list(self.shared())
        found = []
        for one in self.policy.requirements:
            needs = self.needs[one.id]
            mutants = [
                *self.own(one),
                *(
                    mutant
                    for mutant in shared
                    if mutant.place == "policy.applies_if" or mutant.place.partition(".")[2] in needs
                ),
            ]
            ids = {mutant.id for mutant in mutants}
            declared = tuple(replace(each, declared=one.equivalent.get(each.id, each.declared)) for each in mutants)
            found.append(Coverage(one.id, declared, tuple(name for name in one.equivalent if name not in ids)))
        return tuple(replace(one, cut=self.left < 0) for one in found)

    def own(self, one: Requirement) -> Iterator[Mutant]:
        """The changes of a requirement's own two expressions."""
        words = self.policy.vocabulary
        own = one.own_applies_if
        if own is not None:
            tree = parse(own.text)

            def condition(changed: Syntax) -> Rules:
                return self.joined(self.policy.applies_if, (own.text, changed), words), one.satisfied_if

            yield from self.tried("applies_if", own.text, tree, [one], lambda _one, changed: condition(changed))
        text = one.satisfied_if.text
        yield from self.tried(
            "satisfied_if",
            text,
            parse(text),
            [one],
            lambda each, changed: (each.applies_if, self.compiled([(text, changed)], words)),
        )

    def shared(self) -> Iterator[Mutant]:
        """The changes of what several requirements may rest on."""
        policy = self.policy
        general = policy.applies_if
        if general is not None:
            text = general.text

            def narrowed(one: Requirement, changed: Syntax) -> Rules:
                own = one.own_applies_if
                parts = [(text, changed)] + ([(own.text, parse(own.text))] if own is not None else [])
                return self.compiled(parts, policy.vocabulary), one.satisfied_if

            yield from self.tried("policy.applies_if", text, parse(text), policy.requirements, narrowed)
        for name, definition in policy.vocabulary.definitions.items():
            users = [one for one in policy.requirements if name in self.needs[one.id]]

            def redefined(one: Requirement, changed: Syntax, name: str = name) -> Rules:
                return self.rules(one, _with_definition(policy.vocabulary, name, changed))

            yield from self.tried(f"definitions.{name}", definition.text, definition.tree, users, redefined)
        yield from self.constants()

    def constants(self) -> Iterator[Mutant]:
        for name, constant in self.policy.vocabulary.constants.items():
            for before, after, value in other_values(constant):
                found = self.revalued(name, before, after, value)
                if found is not None:
                    yield found

    def revalued(self, name: str, before: str, after: str, value: Any) -> Mutant | None:
        """A constant with another value; where only a word of a vocabulary fits, with such a word."""
        vocabulary, place = self.policy.vocabulary, f"constants.{name}"
        constant = replace(vocabulary.constants[name], value=value)
        changed = replace(vocabulary, constants={**vocabulary.constants, name: constant})
        users = [one for one in self.policy.requirements if name in self.needs[one.id]]
        try:
            noticed = self.noticed(users, lambda one: self.rules(one, changed))
        except PolicyError as error:
            word = next((one for one in error.known if one != vocabulary.constants[name].value), None)
            return None if word is None or value != OTHER_WORD else self.revalued(name, before, f'"{word}"', word)
        return Mutant(f"{place} {before} -> {after}", place, 1, 1, before, after, noticed)

    def tried(
        self,
        place: str,
        text: str,
        tree: Syntax,
        users: Sequence[Requirement],
        make: Callable[[Requirement, Syntax], Rules],
    ) -> Iterator[Mutant]:
        """Every change of one expression that still loads, asked of the requirements that rest on it."""
        seen: dict[str, int] = {}
        for change in changes(text, tree):
            self.left -= len(text)
            if self.left < 0:
                return
            found = self.viable(change, users, make)
            if found is None:
                continue
            done, noticed = found
            line, column = _position(text, done.at)
            name = f"{place} {line}:{column} {done.before} -> {done.after}"
            seen[name] = seen.get(name, 0) + 1
            if seen[name] == 1:
                yield Mutant(name, place, line, column, done.before, done.after, noticed)

    def viable(
        self, change: Change, users: Sequence[Requirement], make: Callable[[Requirement, Syntax], Rules]
    ) -> tuple[Change, tuple[str, str] | None] | None:
        """The change and who notices it; None when the changed rule would not load, which everybody notices."""
        try:
            return change, self.noticed(users, lambda one: make(one, change.tree))
        except PolicyError as error:
            word = next((one for one in error.known if f'"{one}"' not in change.before), None)
            if not change.word or word is None or change.after != f'"{OTHER_WORD}"':
                return None
            return self.viable(with_word(change, word), users, make)

    def noticed(self, users: Sequence[Requirement], make: Callable[[Requirement], Rules]) -> tuple[str, str] | None:
        """The first example that comes out otherwise under changed rules."""
        for one in users:
            applies, satisfied = make(one)
            for name, facts, expected in self.facts[one.id]:
                if code_of(applies, satisfied, facts) is not expected:
                    return one.id, name
        return None

    def rules(self, one: Requirement, vocabulary: Vocabulary) -> Rules:
        """A requirement's rules under other constants or definitions."""
        parts = [
            (each.text, parse(each.text)) for each in (self.policy.applies_if, one.own_applies_if) if each is not None
        ]
        satisfied = [(one.satisfied_if.text, parse(one.satisfied_if.text))]
        return (self.compiled(parts, vocabulary) if parts else None), self.compiled(satisfied, vocabulary)

    def joined(self, general: Expression | None, own: tuple[str, Syntax], vocabulary: Vocabulary) -> Expression:
        parts = [(general.text, parse(general.text)), own] if general is not None else [own]
        return self.compiled(parts, vocabulary)

    def compiled(self, parts: Sequence[tuple[str, Syntax]], vocabulary: Vocabulary) -> Expression:
        return compile_trees(parts, self.policy.schema, vocabulary)


def _trees(one: Requirement) -> list[Syntax]:
    rules = (one.applies_if, one.satisfied_if)
    return [parse(each.text) for each in rules if each is not None]


def _with_definition(vocabulary: Vocabulary, name: str, tree: Syntax) -> Vocabulary:
    changed = replace(vocabulary.definitions[name], tree=tree)
    return replace(vocabulary, definitions={**vocabulary.definitions, name: changed})


def _position(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
