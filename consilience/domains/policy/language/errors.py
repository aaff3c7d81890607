"""What is wrong with a rule's text: where it stands, what was found there, what would have been right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from consilience.kit.errors import BadInput


class PolicyError(BadInput):
    """An expression that cannot become a rule. Line and column count from 1, inside the expression's own text."""

    def __init__(
        self,
        *,
        found: str,
        expected: str,
        line: int = 1,
        column: int = 1,
        suggestion: str | None = None,
        where: str = "expression",
        known: Sequence[str] = (),
    ) -> None:
        """`known` are the names or words that would have been right."""
        self.found, self.expected, self.known = found, expected, tuple(known)
        self.line, self.column, self.suggestion = line, column, suggestion
        problem = f"line {line}, column {column}: found {found}; expected {expected}"
        super().__init__(where, problem + (f"; did you mean {suggestion!r}?" if suggestion else ""))

    def within(self, where: str) -> PolicyError:
        """The same error, told by the document that holds the expression."""
        return PolicyError(
            found=self.found,
            expected=self.expected,
            line=self.line,
            column=self.column,
            suggestion=self.suggestion,
            where=where,
            known=self.known,
        )


def error_at(
    text: str, offset: int, *, found: str, expected: str, suggestion: str | None = None, known: Sequence[str] = ()
) -> PolicyError:
    """The error for a place in a text, given as an offset."""
    before = text[:offset]
    line = before.count("\n") + 1
    column = offset - (before.rfind("\n") + 1) + 1
    return PolicyError(found=found, expected=expected, line=line, column=column, suggestion=suggestion, known=known)


LONGEST_GUESS = 100
"""Characters of a word that is still compared with the known ones."""
LIKENESS = 0.6


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most likely meant, or None.

    The fewest slips decide (a letter too many, too few, another one, or two swapped; capitals do not count), then the
    likeness of the whole; a name that is mostly something else is never meant.
    """
    if len(word) > LONGEST_GUESS:
        return None
    lower, best, found = word.lower(), (-LONGEST_GUESS, 0.0), None
    for name in known:
        other = name.lower()
        if abs(len(other) - len(lower)) > max(len(lower), 1):
            continue
        likeness = SequenceMatcher(None, lower, other).ratio()
        few = slips(lower, other)
        if likeness < LIKENESS and few > max(1, len(lower) // 4):
            continue
        if few >= len(other) or (-few, likeness) <= best:
            continue
        best, found = (-few, likeness), name
    return found


def slips(one: str, other: str) -> int:
    """How many slips of the pen turn one word into the other (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        older, before, row = before, row, [at]
        for place, wanted in enumerate(other, 1):
            best = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != wanted))
            if older and place > 1 and letter == other[place - 2] and one[at - 2] == wanted:
                best = min(best, older[place - 2] + 1)
            row.append(best)
    return row[-1]


def hint(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'stage'?` at the end of an error, or nothing."""
    meant = nearest(word, known)
    return f"; did you mean {meant!r}?" if meant else ""


def one_of(names: list[str], *, at_most: int = 12) -> str:
    """A readable choice of names: `a, b or c`; a long one is cut and counted."""
    shown = sorted(names)
    if not shown:
        return "nothing: there is no name here"
    if len(shown) > at_most:
        return f"one of {', '.join(shown[:at_most])} and {len(shown) - at_most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
