"""Where this language differs from a CEL engine on purpose. docs/manual/policy-language.md lists the same six."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.policy.language.expression import State, compile_expression, evaluate
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import INT, ListType, Schema, StructType

cel_rust = pytest.importorskip("cel")
cel_cpp = pytest.importorskip("cel_expr_python.cel")

SCHEMA = Schema(
    StructType("facts", {"p": StructType("p", {"n": INT}), "rows": ListType(StructType("row", {"n": INT}))})
)
DOCUMENT: dict[str, Any] = {"p": {"n": None}, "rows": [{}, {"n": 1}]}
MANUAL = Path(__file__).parents[2] / "docs" / "manual" / "policy-language.md"


def ours(text: str) -> Any:
    answer = evaluate(compile_expression(text, SCHEMA), bind(DOCUMENT, SCHEMA))
    return answer.value if answer.state is State.VALUE else answer.state


def rust(text: str) -> Any:
    try:
        return cel_rust.evaluate(text, DOCUMENT)
    except (TypeError, KeyError, ArithmeticError):
        return State.ERROR


def cpp(text: str) -> Any:
    types = dict.fromkeys(DOCUMENT, cel_cpp.Type.DYN)
    result = cel_cpp.NewEnv(variables=types).compile(text, disable_check=True).eval(data=DOCUMENT)
    return State.ERROR if result.type() == cel_cpp.Type.ERROR else result.plain_value()


def test_1_the_size_of_a_text_counts_characters_where_one_engine_counts_bytes() -> None:
    assert (ours('size("é")'), cpp('size("é")'), rust('size("é")')) == (1, 1, 2)


def test_2_negating_the_smallest_whole_number_is_an_error_where_one_engine_wraps() -> None:
    text = "-(-9223372036854775808)"
    assert (ours(text), cpp(text), rust(text)) == (State.ERROR, State.ERROR, -(2**63))


def test_3_a_null_field_is_missing_for_has_where_the_engines_count_a_key_with_null() -> None:
    assert (ours("has(p.n)"), cpp("has(p.n)"), rust("has(p.n)")) == (False, True, True)


def test_4_ordering_an_undefined_number_is_false_where_one_engine_refuses() -> None:
    assert (ours("0.0 / 0.0 < 1.0"), cpp("0.0 / 0.0 < 1.0"), rust("0.0 / 0.0 < 1.0")) == (False, False, State.ERROR)


def test_5_a_length_of_time_beyond_292_years_is_an_error_where_one_engine_has_no_such_limit() -> None:
    text = 'timestamp("9999-01-01T00:00:00Z") - timestamp("1999-01-01T00:00:00Z")'
    assert (ours(text), cpp(text)) == (State.ERROR, State.ERROR)
    assert rust(text) > timedelta(days=365 * 7999)


def test_6_a_quantifier_absorbs_an_earlier_error_where_one_engine_ends_with_it() -> None:
    text = "rows.exists(r, r.n == 1)"
    assert (ours(text), cpp(text), rust(text)) == (True, True, State.ERROR)


def test_the_manual_lists_these_deviations_and_no_other() -> None:
    section = MANUAL.read_text(encoding="utf-8").split("## Deviations from CEL")[1].split("\n## ")[0]
    listed = [line for line in section.splitlines() if line[:2].rstrip(".").isdigit()]
    assert [line.split(".")[0] for line in listed] == ["1", "2", "3", "4", "5", "6"]
