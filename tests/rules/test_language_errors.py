"""A rule that does not fit does not load, and says where, what was found, what was expected, what was meant."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.types import BOOL, STRING, StringType
from consilience.kit.errors import BadInput, ExitCode
from tests.rules.test_language_meaning import SCHEMA


def refused(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        compile_expression(text, SCHEMA, expect=BOOL)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "found", "suggestion"),
    [
        ("relase.stage == 'operation'", 1, 1, "'relase', which is no fact", "release"),
        ("release.stge == 'operation'", 1, 9, "'stge', a field that release does not have", "stage"),
        ("release.stage == 'operatoin'", 1, 18, "'operatoin', which release.stage never is", "operation"),
        (
            "release.stage in ['operation', 'validaton']",
            1,
            32,
            "'validaton', which release.stage never is",
            "validation",
        ),
        ("'x' in open.map(o, release.stage)", 1, 1, "'x', which open.map(o, release.stage) never is", None),
        ("open.all(o,\n  o.nme == 'a')", 2, 5, "'nme', a field that o does not have", "name"),
        ("open.al(o, o.ok)", 1, 6, "function 'al'", "all"),
        ("siz(open) > 0", 1, 1, "function 'siz'", "size"),
        ("names.startsWith('a')", 1, 7, "startsWith of list of text, text", None),
        ("n.size() > 1", 1, 3, "size of whole number (int)", None),
        ("n == 'a'", 1, 1, "n (whole number (int)) == 'a' (text)", None),
        ("n + x > 1.0", 1, 1, "n (whole number (int)) + x (number (double))", None),
        ("span + at > at", 1, 1, "span (duration) + at (timestamp)", None),
        ("closed[0] == closed[0]", 1, 1, "closed[0] (record 'item') == closed[0] (record 'item')", None),
        ("release.note == null", 1, 1, "release.note compared with null, which is never true", None),
        ("n > 1 && 2", 1, 10, "whole number (int)", None),
        ("n", 1, 1, "whole number (int)", None),
        ("!n", 1, 2, "whole number (int)", None),
        ("n.stage == 'a'", 1, 3, "field 'stage' of n, which is whole number (int)", None),
        ("open.stage == 'a'", 1, 6, "field 'stage' of open, which is open list of record 'item'", None),
        ("open['a'].ok", 1, 6, "text", None),
        ("[1, 'a'] == [1]", 1, 5, "text", None),
        ("has(release)", 1, 1, "has with 1 argument(s)", None),
        ("open.all(n, n > 1)", 1, 10, "'n', which already means something", None),
        ("open.all(o, open.all(o, o.ok))", 1, 22, "'o', which already means something", None),
        ("open.all(o.ok)", 1, 6, "all with 1 argument(s)", None),
        ("open.all(1, true)", 1, 10, "an expression", None),
        ("timestamp(release.note) > at", 1, 11, "timestamp of something else", None),
        ("timestamp('2026-02-30T00:00:00Z') > at", 1, 11, "'2026-02-30T00:00:00Z'", None),
        ("duration('1d') > span", 1, 10, "'1d'", None),
        ("duration('1ns') > span", 1, 10, "'1ns'", None),
        ("n = 1", 1, 3, "a single '='", None),
        ("n == 1 & true", 1, 8, "a single '&'", None),
        ("release.note == 'a", 1, 17, "a text that is not closed on its line", None),
        ("release.note == '\\q'", 1, 18, "escape '\\\\q'", None),
        ("release.note == '\\ud800'", 1, 17, "escape '\\\\ud800'", None),
        ("n == 99999999999999999999", 1, 6, "99999999999999999999", None),
        ("x == 1e999", 1, 6, "1e999", None),
        ("n == 0x1F", 1, 6, "'0x'", None),
        ("n == 1u", 1, 6, "'1u'", None),
        ("(n == 1", 1, 8, "the end", None),
        ("n == 1)", 1, 7, "')'", None),
        ("", 1, 1, "nothing", None),
        ("if == 1", 1, 1, "'if'", None),
        ("{'a': 1} == 1", 1, 1, "'{'", None),
        ("true ? n : 'a'", 1, 12, "text", None),
        ("n ? true : false", 1, 1, "whole number (int)", None),
        ("days_between(at) > 1", 1, 1, "days_between with 1 argument(s)", None),
        ("n in 5", 1, 6, "whole number (int)", None),
        ("n in names", 1, 1, "n (whole number (int)) in names (list of text)", None),
    ],
)
def test_an_error_says_where_and_what(text: str, line: int, column: int, found: str, suggestion: str | None) -> None:
    error = refused(text)
    assert (error.line, error.column, error.found.split(": a null")[0], error.suggestion) == (
        line,
        column,
        found,
        suggestion,
    )
    assert error.expected


def test_an_error_is_bad_input_with_one_whole_sentence() -> None:
    error = refused("release.stge == 'operation'")
    assert isinstance(error, BadInput)
    assert error.exit_code is ExitCode.BAD_INPUT
    assert str(error) == (
        "expression: line 1, column 9: found 'stge', a field that release does not have; expected note or stage;"
        " did you mean 'stage'?"
    )


def test_an_error_can_be_told_by_the_document_that_holds_the_rule() -> None:
    told = refused("n").within("credit.yaml, line 12: requirement ratio")
    assert str(told).startswith("credit.yaml, line 12: requirement ratio: line 1, column 1: found whole number")


def test_a_vocabulary_is_still_text() -> None:
    assert compile_expression("release.stage + '!'", SCHEMA, expect=STRING).type == STRING
    assert isinstance(compile_expression("release.stage", SCHEMA).type, StringType)


_WORDS = [
    "release",
    "stage",
    "open",
    "names",
    "n",
    "x",
    "at",
    "all",
    "map",
    "has",
    "size",
    "o",
    "in",
    "timestamp",
    "null",
]
_PIECES = [*_WORDS, *"()[].,?:!-+*/%<>=&|\"'\\ 1.5e", "==", "&&", "||", "'a'", "12", "(o, o.ok)", "日", "\n"]


@settings(deadline=None, max_examples=400)
@given(some.one_of(some.text(max_size=60), some.lists(some.sampled_from(_PIECES), max_size=30).map("".join)))
def test_whatever_somebody_types_is_a_rule_or_a_policy_error(text: str) -> None:
    with suppress(PolicyError):
        compile_expression(text, SCHEMA)
