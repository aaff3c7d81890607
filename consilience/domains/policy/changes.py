"""What differs between two versions of a policy, as codes with values: surfaces say it in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consilience.domains.policy.language.expression import Expression
from consilience.domains.policy.language.names import Constant
from consilience.domains.policy.language.tokens import Token, tokens_of
from consilience.domains.policy.language.values import writer
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.scope import ORGANISATION
from consilience.domains.policy.tables import changes as tables

_NUMBERS = ("int", "double")
_CLAUSE_ENDS = ("&&", "||", ",", "?", ":")


class Difference(StrEnum):
    """In what two versions differ."""

    ADDED = "requirement_added"
    REMOVED = "requirement_removed"
    THRESHOLD = "threshold"
    VALUE = "value"
    APPLIES = "applies"
    RULE = "rule"
    SEVERITY = "severity"
    OWNER = "owner"
    STARTS = "starts"
    ENDS = "ends"
    OBLIGATIONS = "obligations"
    WORDS = "words"
    POLICY_OWNER = "policy_owner"
    CONSTANT = "constant"
    DEFINITION = "definition"
    SCOPE = "scope"
    REVIEW_BY = "review_by"
    LOOSENED = "loosened"
    LOOSENED_NO_MORE = "loosened_no_more"
    TIGHTENS = "tightens"
    MAY_LOOSEN = "may_be_loosened_by"
    WAIVER = "waiver"
    TABLE = "table"


@dataclass(frozen=True)
class TextChange:
    """One difference. `before` and `after` are what stands there, None where nothing does.

    `clause` is the part of the rule that a changed number or text stands in, as the new version writes it; for a constant,
    a definition or a table its name, and `requirement` is empty where the whole policy is meant.
    """

    what: Difference
    policy: str
    requirement: str
    title: Mapping[str, str]
    before: str | None = None
    after: str | None = None
    clause: str = ""


def differences(old: Policy | None, new: Policy | None) -> list[TextChange]:
    """What the new version of a policy says otherwise than the old one; None is a policy that is not there."""
    before = {one.id: one for one in old.requirements} if old else {}
    after = {one.id: one for one in new.requirements} if new else {}
    found = [_whole(Difference.REMOVED, one) for name, one in before.items() if name not in after]
    found += [_whole(Difference.ADDED, one) for name, one in after.items() if name not in before]
    for name, one in after.items():
        if name in before:
            found += _between(before[name], one)
    if old and new:
        if old.owner != new.owner:
            found.append(TextChange(Difference.POLICY_OWNER, new.slug, "", new.title, old.owner, new.owner))
        found += _names(old, new)
    found += _whole_policy(old, new) if new else []
    found += _tables(old, new)
    return found


def _whole_policy(old: Policy | None, new: Policy) -> Iterator[TextChange]:
    """Whom a policy binds, what it sets aside of policies above, and when it must be looked at again."""

    def change(what: Difference, before: str | None, after: str | None, clause: str = "") -> TextChange:
        return TextChange(what, new.slug, "", new.title, before, after, clause)

    was = old.scope if old else ORGANISATION
    if was != new.scope:
        yield change(Difference.SCOPE, str(was), str(new.scope))
    review = old.review_by if old else None
    if review != new.review_by:
        yield change(Difference.REVIEW_BY, review, new.review_by)
    before = {one.requirement: one for one in old.loosens} if old else {}
    after = {one.requirement: one for one in new.loosens}
    for name in before.keys() - after.keys():
        yield change(Difference.LOOSENED_NO_MORE, None, None, name)
    for name, one in after.items():
        if one != before.get(name):
            yield change(Difference.LOOSENED, None, one.why["en"], name)


def _tables(old: Policy | None, new: Policy | None) -> Iterator[TextChange]:
    """Decision tables that came, went, or answer otherwise; `clause` is the table, or table/row."""
    was, now = ({one.name: one for one in side.tables} if side else {} for side in (old, new))
    slug = next(side.slug for side in (new, old) if side is not None) if old or new else ""
    for name in dict.fromkeys([*was, *now]):
        one = now.get(name) or was[name]
        for clause, before, after in tables.differences(was.get(name), now.get(name)):
            yield TextChange(Difference.TABLE, slug, "", one.title, before, after, clause)


def _names(old: Policy, new: Policy) -> Iterator[TextChange]:
    """Constants and definitions that say something else, or came or went."""
    for what, was, now in (
        (Difference.CONSTANT, _constants(old), _constants(new)),
        (Difference.DEFINITION, _definitions(old), _definitions(new)),
    ):
        for name in dict.fromkeys([*was, *now]):
            if was.get(name) != now.get(name):
                yield TextChange(what, new.slug, "", new.title, was.get(name), now.get(name), name)


def _constants(policy: Policy) -> dict[str, str]:
    return {name: _written(one) for name, one in policy.vocabulary.constants.items()}


def _definitions(policy: Policy) -> dict[str, str]:
    return {name: " ".join(one.text.split()) for name, one in policy.vocabulary.definitions.items()}


def _written(one: Constant) -> str:
    """A constant's value as people read it, with its unit."""
    write = writer(one.type)
    value = write(one.value) if write else one.value
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return f"{text} {one.unit}" if one.unit else text


def _whole(what: Difference, one: Requirement) -> TextChange:
    return TextChange(what, one.policy, one.id, one.title)


def _between(old: Requirement, new: Requirement) -> Iterator[TextChange]:
    def change(what: Difference, before: str | None, after: str | None, clause: str = "") -> TextChange:
        return TextChange(what, new.policy, new.id, new.title, before, after, clause)

    for what, was, now in (
        (Difference.RULE, old.satisfied_if, new.satisfied_if),
        (Difference.APPLIES, old.applies_if, new.applies_if),
    ):
        for kind, before, after, clause in rule_changes(was, now):
            yield change(kind or what, before, after, clause)
    for what, before, after in (
        (Difference.SEVERITY, str(old.severity), str(new.severity)),
        (Difference.OWNER, old.owner, new.owner),
        (Difference.STARTS, old.effective.start, new.effective.start),
        (Difference.ENDS, old.effective.until, new.effective.until),
        (Difference.OBLIGATIONS, ", ".join(old.obligations), ", ".join(new.obligations)),
        (Difference.TIGHTENS, old.tightens, new.tightens),
        (Difference.MAY_LOOSEN, ", ".join(old.may_be_loosened_by), ", ".join(new.may_be_loosened_by)),
        (Difference.WAIVER, str(old.waiver) if old.waiver else None, str(new.waiver) if new.waiver else None),
    ):
        if before != after:
            yield change(what, before, after)
    if _words(old) != _words(new):
        yield change(Difference.WORDS, None, None)


def _words(one: Requirement) -> object:
    """What a requirement says to people; its examples are its author's own tests."""
    sentences = {
        language: {code: template.text for code, template in by_code.items()}
        for language, by_code in one.sentences.items()
    }
    return (dict(one.title), dict(one.why), one.source, sentences)


def rule_changes(
    old: Expression | None, new: Expression | None
) -> list[tuple[Difference | None, str | None, str | None, str]]:
    """(what, before, after, clause) for each difference of two rules.

    Where only numbers or texts in quotes were changed, each is told by itself; `what` None means the rule was rewritten.
    """
    was, now = (tokens_of(one.text)[:-1] if one else [] for one in (old, new))
    if [token.text for token in was] == [token.text for token in now]:
        return []
    pairs = list(zip(was, now, strict=False))
    if len(was) == len(now) and all(_one_shape(a, b) for a, b in pairs):
        changed = [(at, a, b) for at, (a, b) in enumerate(pairs) if a.text != b.text]
        return [(_kind(b), a.text, b.text, clause_at(now, at)) for at, a, b in changed]
    return [(None, _flat(old), _flat(new), "")]


def _one_shape(a: Token, b: Token) -> bool:
    return a.text == b.text or (a.kind in _NUMBERS and b.kind in _NUMBERS) or a.kind == b.kind == "string"


def _kind(token: Token) -> Difference:
    return Difference.THRESHOLD if token.kind in _NUMBERS else Difference.VALUE


def clause_at(tokens: Sequence[Token], at: int) -> str:
    """The part of a rule around a word, from one logical sign, comma or open bracket to the next."""
    start, depth = at, 0
    while start > 0:
        text = tokens[start - 1].text
        depth += text in ")]"
        if text in "([":
            if depth == 0:
                break
            depth -= 1
        if depth == 0 and text in _CLAUSE_ENDS:
            break
        start -= 1
    end, depth = at, 0
    while end + 1 < len(tokens):
        text = tokens[end + 1].text
        depth += text in "(["
        if text in ")]":
            if depth == 0:
                break
            depth -= 1
        if depth == 0 and text in _CLAUSE_ENDS:
            break
        end += 1
    return _spaced(tokens[start : end + 1])


def _spaced(tokens: Sequence[Token]) -> str:
    """Words as they stood, with single spaces where there was any."""
    parts: list[str] = []
    for nth, token in enumerate(tokens):
        parts.append((" " if nth and token.start > tokens[nth - 1].end else "") + token.text)
    return "".join(parts)


def _flat(rule: Expression | None) -> str | None:
    return " ".join(rule.text.split()) if rule else None
