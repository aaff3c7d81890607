"""What is wrong with a rule's text: where it stands, what was found there, what would have been right."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

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


def nearest(word: str, known: list[str]) -> str | None:
    """The known name that a misspelt one most likely meant, or None."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return close[0] if close else None


def one_of(names: list[str], *, at_most: int = 12) -> str:
    """A readable choice of names: `a, b or c`; a long one is cut and counted."""
    shown = sorted(names)
    if not shown:
        return "nothing: there is no name here"
    if len(shown) > at_most:
        return f"one of {', '.join(shown[:at_most])} and {len(shown) - at_most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
