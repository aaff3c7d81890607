"""Sentences for people: values filled in, in their language, with a word for what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import Type
from consilience.domains.policy.sentences import compile_template, render, render_error
from tests.rules.test_language_meaning import FACTS, ITEM, SCHEMA

VARIABLES: dict[str, Type | None] = {"o": ITEM, "twice": None}
ITEM_VALUES: dict[str, Any] = {"n": 12345, "x": 0.81257, "name": "age", "ok": True}


def said(text: str, language: str = "en", **variables: Any) -> str:
    return render(compile_template(text, SCHEMA, VARIABLES), bind(FACTS, SCHEMA), variables, language)


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("Nothing to fill in.", "Nothing to fill in.", "Nothing to fill in."),
        ("{o.n} rows", "12,345 rows", "12.345 rows"),
        ("{o.x}", "0.8126", "0,8126"),
        ("{o.x | percent}", "81.26%", "81,26 %"),
        ("{1.0 - o.x | percent}", "18.74%", "18,74 %"),
        ("{o.ok}, {!o.ok}", "yes, no", "ja, nein"),
        ("{o.name}", "age", "age"),
        ("{names}", "a, b and a", "a, b und a"),
        ("{empty}", "none", "keine"),
        ("{numbers.filter(i, i > 2)}", "3", "3"),
        ("{until}", "2026-03-01 12:00 UTC", "2026-03-01 12:00 UTC"),
        ("{until | date}", "2026-03-01", "2026-03-01"),
        ("{span}", "129600s", "129600s"),
        ("{'0123456789abcdef' | short}", "0123456789ab", "0123456789ab"),
        ("{release.note}", "not known", "nicht bekannt"),
        ("{o.inner.n}", "not known", "nicht bekannt"),
        ("{n / 0}", "cannot be computed", "nicht berechenbar"),
        ("{{braces}} and {'}'}", "{braces} and }", "{braces} and }"),
        ("{0.00001234}", "1.2e-05", "1,2e-05"),
        ("{1000000.0}", "1,000,000", "1.000.000"),
        ("{n > 2 || o.ok ? 'big' : 'small'}", "big", "big"),
        ("{names.map(v, v + '!')} of {names.filter(w, w == 'b')}", "a!, b! and a! of b", "a!, b! und a! of b"),
    ],
)
def test_values_are_printed_for_people(text: str, english: str, german: str) -> None:
    assert said(text, o=ITEM_VALUES) == english
    assert said(text, "de", o=ITEM_VALUES) == german


def test_an_item_that_the_decision_never_reached_is_not_known() -> None:
    assert said("{o.n} rows") == "not known rows"
    assert said("{n == 3 ? 'three' : o.name}") == "three"
    assert said("{size(open.filter(q, q.n == o.n))}") == "not known"


def test_a_language_without_words_of_its_own_prints_values_as_english_does() -> None:
    assert said("{o.x}", "it", o=ITEM_VALUES) == "0.8126"


def test_an_error_has_its_own_sentence() -> None:
    assert "division by zero" in render_error("division by zero", "en")
    assert render_error("division by zero", "de").startswith("Diese Anforderung")


@pytest.mark.parametrize(
    ("text", "column", "found"),
    [
        ("The value is {o.nn}.", 17, "'nn', a field that o does not have"),
        ("The value is {other.n}.", 15, "'other', which is no fact"),
        ("The value is {twice.n}.", 15, "'twice', which stands for two kinds of things in the rule"),
        ("The value is {o}.", 15, "record 'item'"),
        ("The value is {open}.", 15, "open list of record 'item'"),
        ("The value is {null}.", 15, "null"),
        ("The value is {n | percent}.", 15, "whole number (int) as percent"),
        ("The value is {n | roman}.", 15, "format 'roman'"),
        ("The value is {n.", 14, "a '{' that is not closed"),
        ("The value is n}.", 15, "a single '}'"),
        ("The value is {}.", 15, "nothing"),
        ("The value is {n &}.", 17, "a single '&'"),
    ],
)
def test_a_sentence_that_cannot_be_filled_in_does_not_load(text: str, column: int, found: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compile_template(text, SCHEMA, VARIABLES)
    assert (caught.value.column, caught.value.found) == (column, found)
