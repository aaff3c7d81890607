"""An explanation in sentences: what was looked at, the counterexample, the nearest miss and by how much, what is missing.

It tells what the trace of an outcome holds, and nothing else, so a stored decision is told as it was explained then.
Names of facts are those of the data, with spaces; everything else is in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from consilience.domains.policy.language.parser import RELATIONS, Syntax
from consilience.domains.policy.narrate_values import OTHER_WAY, Spoken, literal_of, parsed
from consilience.domains.policy.outcome import Code, Outcome
from consilience.kit.canonical import Json

MAX_CLAUSES = 4
"""Failed tests that are told of one item."""
_WALKS = ("all", "exists", "exists_one")


def narrate(outcome: Outcome, language: str = "en") -> tuple[str, ...]:
    """Why an outcome came out so, in sentences of a language that `PHRASES` has, else in English."""
    told = _Teller(language)
    decided = outcome.trace.get("satisfied_if") or outcome.trace.get("applies_if")
    if decided is None:
        return ()
    sentences = [*told.looked(decided)]
    if outcome.code is Code.NO_EVIDENCE:
        sentences += [told.reason(reason) for reason in outcome.reasons]
    else:
        sentences += [_sentence(clause) for clause in told.clauses(decided)]
    return tuple(dict.fromkeys(sentences))


class _Teller(Spoken):
    def looked(self, step: Json) -> Iterator[str]:
        """The lists that the deciding steps went through, the outer ones only."""
        if step.get("step") in _WALKS:
            if "items" in step and (step["items"] or step["result"] != "unknown"):  # else the reason says more
                phrase = self.phrases.looked if step["items"] else self.phrases.looked_none
                yield phrase.format(list=self.place(step["over"]), n=step["items"])
            return
        for part in step.get("because", ()):
            yield from self.looked(part)

    def reason(self, reason: Json) -> str:
        phrase = {
            "missing": self.phrases.missing,
            "not_read": self.phrases.not_read,
            "no_evidence": self.phrases.no_evidence,
            "none_matching": self.phrases.none_matching,
        }[reason["code"]]
        where = self.condition(reason["where"]) if "where" in reason else ""
        told = _sentence(phrase.format(fact=self.place(reason["path"]), where=where))
        if "closest" not in reason:
            return told
        return f"{told} {_sentence(self.case({'role': 'nearest_miss', **reason['closest']}))}"

    def clauses(self, step: Json) -> list[str]:
        """What decided a step, one clause each."""
        kind, result = step.get("step"), step["result"]
        if result == "error" and not step.get("because") and not step.get("cases"):
            return [self.phrases.cannot.format(text=step["text"], error=step.get("error", ""))]
        if kind in ("and", "or", "choice"):
            seen = [self.tested(one) for one in _facts_of(step)]
            return [*seen, *(clause for part in step.get("because", ()) for clause in self.clauses(part))]
        if kind == "not":
            return self.negated(step["because"][0])
        if kind in _WALKS:
            return self.walked(step)
        if kind == "has":
            phrase = self.phrases.there if result == "true" else self.phrases.not_there
            return [phrase.format(fact=self.place(step["path"]))]
        return [self.tested(step)]

    def negated(self, inner: Json) -> list[str]:
        """What a step says whose opposite was asked: the same facts."""
        if inner.get("step") in (*_WALKS, "and", "or", "not", "choice"):
            return self.clauses(inner)
        return [self.tested(inner)] if inner.get("step") != "has" else self.clauses(inner)

    def walked(self, step: Json) -> list[str]:
        """The items that decided, each with the tests that it failed or, as a witness, with nothing more."""
        cases = step.get("cases", ())
        told = [self.case(case) for case in cases]
        more = step.get("failed", len(cases)) - len(cases)
        if told and more > 0:
            told.append(self.phrases.more.format(n=more))
        return told

    def case(self, case: Json) -> str:
        """One item, or the one inside it that decided; what it failed is told from inside."""
        role, outside, items = case["role"], self.inside, []
        while True:
            items.append(self.place(case["path"]))
            self.inside, because = case["path"], case["because"]
            inner = because.get("cases", ())
            if len(inner) != 1 or inner[0]["role"] != role:
                break
            case = inner[0]
        tests = [] if role in ("witness", "example") else self.clauses(because)[:MAX_CLAUSES]
        self.inside = outside
        clause = str(getattr(self.phrases, role)).format(item=", ".join(items))
        return f"{clause}: {'; '.join(tests)}" if tests else clause

    def tested(self, step: Json) -> str:
        """A comparison or a truth value: the facts, and where it failed what was asked and by how much it was missed."""
        seen = step.get("seen", ())
        facts = ", ".join(dict.fromkeys(self.fact(one) for one in seen))
        plain = facts or (self.phrases.holds if step["result"] == "true" else self.phrases.holds_not).format(
            text=step["text"]
        )
        test = test_of(step)
        if test is None or step["result"] != "false":
            return plain
        if len(seen) == 2 and test.other is not None:  # one fact against another
            facts = self.fact(seen[0])
        elif not seen:
            facts = plain
        limit = self.value(test.limit)
        if test.other is not None:
            limit = self.phrases.named.format(value=limit, fact=self.fact_name(test.other))
        elif "left" in step:
            facts = self.phrases.computed.format(facts=facts, value=self.value(test.value))
        asked = self.phrases.asked[test.sign].format(limit=limit)
        by = self.distance(test.value, test.limit, test.sign)
        return f"{facts}, {asked}{f' ({by})' if by else ''}"


def _sentence(clause: str) -> str:
    said = clause[:1].upper() + clause[1:]
    return said if said.endswith(".") else f"{said}."


def _facts_of(step: Json) -> list[Json]:
    """The operands that one fact each explains, as steps of their own: the trace names the facts, the text the tests."""
    seen, tree = list(step.get("seen", ())), parsed(step["text"])
    found: list[Json] = []
    for operand in tree.args if tree is not None and tree.op == "logic" else ():
        text = step["text"][operand.start : operand.end]
        if seen and operand.op in ("binary", "unary", "field", "name") and seen[0]["text"] in text:
            found.append({"text": text, "result": step["result"], "step": "fact", "seen": [seen.pop(0)]})
    return found + [{"text": one["text"], "result": step["result"], "step": "value", "seen": [one]} for one in seen]


class Test(NamedTuple):
    """A comparison: its sign, what was asked, what was there, and the fact that was asked for, if it was one."""

    sign: str
    limit: Any
    value: Any
    other: Json = None


def test_of(step: Json) -> Test | None:
    """The comparison that a step is; None where it is none, or where the trace does not say what was asked."""
    tree = parsed(step["text"])
    if tree is None or tree.op != "binary" or tree.name not in RELATIONS:
        return None
    seen = step.get("seen", ())
    first = seen[0]["value"] if seen else None
    left, right = _side(tree.args[0], step.get("left")), _side(tree.args[1], step.get("right"))
    if tree.name == "in" and right is None:  # a fact that should hold the value
        return None if left is None else Test("contains", left, None)
    if left is not None and right is None and "left" not in step:
        return Test(OTHER_WAY[tree.name], left, first)
    if right is not None:
        return Test(tree.name, right, left if left is not None else first)
    if len(seen) == 2 and left is None:
        return Test(tree.name, seen[1]["value"], first, seen[1])
    return None


def _side(tree: Syntax, computed: Any) -> Any:
    """What one side of a comparison is, where its text or the trace says so."""
    return literal_of(tree) if computed is None else computed
