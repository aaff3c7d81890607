"""What expressions mean: four truth values, open lists, numbers that never wrap, and bounds on what a rule may cost."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.expression import State, compile_expression, evaluate, roots
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    ListType,
    Schema,
    StringType,
    StructType,
)

ITEM = StructType("item", {"n": INT, "x": DOUBLE, "name": STRING, "ok": BOOL, "inner": StructType("inner", {"n": INT})})
SCHEMA = Schema(
    StructType(
        "facts",
        {
            "release": StructType("release", {"stage": StringType(("validation", "operation")), "note": STRING}),
            "n": INT,
            "x": DOUBLE,
            "at": TIMESTAMP,
            "until": TIMESTAMP,
            "span": DURATION,
            "open": ListType(ITEM, open=True),
            "none": ListType(ITEM, open=True),
            "closed": ListType(ITEM),
            "empty": ListType(INT),
            "unread": ListType(INT),
            "names": ListType(STRING),
            "numbers": ListType(INT),
        },
    )
)
FACTS: dict[str, Any] = {
    "release": {"stage": "operation"},
    "n": 3,
    "x": "0.5",
    "at": "2026-01-01T00:00:00.000000Z",
    "until": "2026-03-01T12:00:00.000000Z",
    "span": "36h",
    "open": [{"n": 1, "name": "a", "ok": True}, {"n": 2, "x": "0.25", "name": "b", "ok": False}],
    "none": [],
    "closed": [{"n": 1, "name": "a", "ok": True, "inner": {"n": 7}}],
    "empty": [],
    "names": ["a", "b", "a"],
    "numbers": [3, 1, 2],
}


def asked(text: str, **changes: Any) -> Any:
    """The value of an expression over the facts, or the state it ended in."""
    answer = evaluate(compile_expression(text, SCHEMA), bind({**FACTS, **changes}, SCHEMA))
    return answer.value if answer.state is State.VALUE else answer.state


UNKNOWN, ERROR = State.UNKNOWN, State.ERROR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('release.note == "x"', UNKNOWN),
        ('release.note == "x" && false', False),
        ('false && release.note == "x"', False),
        ('release.note == "x" || true', True),
        ('release.note == "x" && true', UNKNOWN),
        ('!(release.note == "x")', UNKNOWN),
        ('release.note == "x" ? 1 : 2', UNKNOWN),
        ("has(release.note)", False),
        ("has(release.stage)", True),
        ("has(closed[0].inner.n)", True),
        ("open.all(o, has(o.inner.n))", UNKNOWN),
        ("n / 0 == 1", ERROR),
        ('n / 0 == 1 && release.note == "x"', ERROR),
        ('release.note == "x" && n / 0 == 1', ERROR),
        ("n / 0 == 1 && false", False),
        ("true || n / 0 == 1", True),
        ("n / 0 == size(release.note)", ERROR),
        ("size(release.note) == n / 0", ERROR),
        ("[size(release.note), n / 0] == [1, 2]", ERROR),
        ("size(release.note) in [n / 0]", ERROR),
    ],
)
def test_an_unknown_is_absorbed_only_where_it_cannot_matter_and_an_error_beats_it(text: str, expected: object) -> None:
    assert asked(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none.all(o, o.ok)", UNKNOWN),
        ("none.exists(o, o.ok)", UNKNOWN),
        ("none.exists_one(o, o.ok)", UNKNOWN),
        ('"a" in none.map(o, o.name)', UNKNOWN),
        ("none[0].ok", UNKNOWN),
        ("min(none.map(o, o.n)) == 1", UNKNOWN),
        ("size(none) == 0", True),
        ("size(none.filter(o, o.ok)) == 0", True),
        ("open.filter(o, o.n > 9).all(o, o.ok)", UNKNOWN),
        ("open.filter(o, o.n > 9).exists(o, o.ok)", UNKNOWN),
        ("(open.filter(o, o.n > 9) + none).all(o, o.ok)", UNKNOWN),
        ("distinct(none.map(o, o.n)).all(o, o == 1)", UNKNOWN),
        ("open.exists(o, o.n > 9)", False),
        ("open.all(o, o.n > 0)", True),
        ("open.exists_one(o, o.ok)", True),
        ("open[5].ok", ERROR),
        ("empty.all(e, e > 0)", True),
        ("empty.exists(e, e > 0)", False),
        ("empty[0] == 1", ERROR),
        ("min(empty) == 1", ERROR),
        ("unread.all(e, e > 0)", UNKNOWN),
        ("size(unread) == 0", UNKNOWN),
        ("1 in unread", UNKNOWN),
    ],
)
def test_nothing_follows_from_an_empty_open_list_or_from_a_list_that_was_not_read(text: str, expected: object) -> None:
    assert asked(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open.all(o, o.x > 0.1)", UNKNOWN),
        ("open.exists(o, o.x > 0.1)", True),
        ("open.all(o, o.x > 0.9)", False),
        ("open.exists(o, o.x > 0.9)", UNKNOWN),
        ("open.exists_one(o, o.x > 0.1)", UNKNOWN),
        ("size(open.filter(o, o.x > 0.1)) == 1", UNKNOWN),
        ("open.map(o, o.x) == [0.25]", UNKNOWN),
        ("open.exists(o, 1 / (o.n - 1) > 0)", True),
        ("open.all(o, 1 / (o.n - 1) > 1)", False),
        ("open.all(o, 1 / (o.n - 1) == 1)", ERROR),
        ("open.exists_one(o, 1 / (o.n - 1) == 1)", ERROR),
        ("open.all(o, o.x > 0.0 && 1 / (o.n - 1) == 1)", ERROR),
    ],
)
def test_a_quantifier_absorbs_what_another_item_decides(text: str, expected: object) -> None:
    assert asked(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9223372036854775807 + 1", ERROR),
        ("-9223372036854775808 - 1", ERROR),
        ("4611686018427387904 * 2", ERROR),
        ("-9223372036854775808 / -1", ERROR),
        ("-9223372036854775808 % -1", ERROR),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7 % -2", 1),
        ("7 % 0", ERROR),
        ("int(2.9) + int(-2.9)", 0),
        ("int(1e19)", ERROR),
        ("int(0.0 / 0.0)", ERROR),
        ("0.0 / 0.0 == 0.0 / 0.0", False),
        ("0.0 / 0.0 in [0.0 / 0.0]", False),
        ("[0.0 / 0.0] == [0.0 / 0.0]", False),
        ("min([1.0, 0.0 / 0.0])", ERROR),
        ("1.0 / 0.0 > 1e308", True),
        ("-1.0 / 0.0 < -1e308", True),
        ("1 == 1.0 && 1 < 1.5 && 2.0 >= 2", True),
        ("1 in [0.5, 1.0] && 1.0 in numbers", True),
        ("9007199254740993 == 9007199254740992.0", True),
        ("until - at == duration('1428h')", True),
        ("at + span < until", True),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", ERROR),
        ("days_between(at, until)", 59),
        ("days_between(until, at)", -59),
        ("distinct(names)", ["a", "b"]),
        ("max(numbers) - min(numbers)", 2),
        ("max([at, until]) == until", True),
        ("string(n) + '!'", "3!"),
        ("size('日本') + '日本'.size()", 4),
        ("'a\\u00e9\\n\\x41' == 'aé\\nA'", True),
        ("true ? 1 : n / 0", 1),
        ("n > 2 ? 'big' : 'small'", "big"),
        ("n > 5 ? 'big' : n > 2 ? 'middle' : 'small'", "middle"),
        ("1 + 2 * 3 - 4 % 3 // the rest is a remark", 6),
        ("!false && -n == -3", True),
        ("closed.map(c, c.inner.n)[0]", 7),
        ("null == null && null in [null] && [null].all(v, v == null)", True),
        ("numbers.filter(i, i > 1).map(i, i * 10)", [30, 20]),
    ],
)
def test_values_are_those_of_cel(text: str, expected: object) -> None:
    assert asked(text) == expected


def test_a_null_is_the_same_as_nothing() -> None:
    assert asked("n == 3", n=None) is UNKNOWN
    assert asked("has(release.stage)", release={"stage": None}) is False
    assert asked("release.stage == 'operation'", release=None) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(" * 50 + "1" + ")" * 50 + " == 1", "deeper nesting"),
        (" + ".join(["1"] * 80) + " == 1", "too long a chain"),
        ("true" + " && true" * 600, "characters"),
        (
            "numbers.all(a, numbers.all(b, numbers.all(c, numbers.all(d, numbers.all(e, e > 0)))))",
            "nesting of quantifiers",
        ),
        ("!" * 50 + "true", "deeper nesting"),
    ],
)
def test_an_expression_too_deep_or_too_long_does_not_load(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        compile_expression(text, SCHEMA)


def test_the_largest_expression_that_loads_also_runs() -> None:
    deep = "(" * 38 + "n == 3" + ")" * 38
    wide = " && ".join(["n == 3"] * 300)
    assert asked(deep) is True
    assert asked(wide) is True
    assert asked("!" * 39 + "true") is False


def test_a_rule_that_walks_too_far_ends_in_an_error_not_in_a_long_wait() -> None:
    many = list(range(2000))
    start = time.perf_counter()
    assert asked("numbers.all(a, numbers.all(b, a + b >= 0))", numbers=many) is ERROR
    assert asked("numbers.all(a, numbers == numbers)", numbers=many) is ERROR
    assert asked("numbers.all(a, !(-1 in numbers))", numbers=many) is ERROR
    assert asked("numbers.all(a, max(numbers) > a - 1)", numbers=many) is ERROR
    assert time.perf_counter() - start < 20


def test_a_rule_cannot_fill_the_memory() -> None:
    doubling = "names" + ".map(v, v + v)" * 50
    grown = "names" + "".join(f".map(v{i}, 'ab')" for i in range(3))
    lists = "(" * 20 + "numbers" + " + numbers)" * 20
    assert asked(doubling + " == names") is ERROR
    assert asked(grown) == ["ab", "ab", "ab"]
    assert len(asked(lists)) == 63


def test_a_rule_tells_which_parts_of_the_facts_it_reads() -> None:
    rule = compile_expression("release.stage == 'operation' && open.all(o, o.n < n)", SCHEMA)
    assert roots(rule) == {"release", "open", "n"}


def test_evaluating_pulls_in_no_framework_and_no_parser_library() -> None:
    code = "import sys, consilience.domains.policy.rules; print(sorted({'django', 'lark', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
