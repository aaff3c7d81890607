"""Random, well-typed expressions with a seed: what the comparison with other CEL engines runs on."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Any

from consilience.domains.policy.language.expression import Expression, compile_expression
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    ListType,
    Schema,
    StructType,
    Type,
)

SCALAR_TYPES = ("bool", "int", "double", "string", "timestamp", "duration")
KINDS: dict[str, Type] = {
    "bool": BOOL,
    "int": INT,
    "double": DOUBLE,
    "string": STRING,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
}
ROW = StructType("row", {"n": INT, "x": DOUBLE, "s": STRING, "ok": BOOL, "at": TIMESTAMP, "len": DURATION})
ROW_FIELDS = {"n": "int", "x": "double", "s": "string", "ok": "bool", "at": "timestamp", "len": "duration"}
_LISTS = {f"l_{kind}": ListType(KINDS[kind]) for kind in SCALAR_TYPES}
_SCALARS = {f"{kind}_{letter}": KINDS[kind] for kind in SCALAR_TYPES for letter in "abz"}
SCHEMA = Schema(
    StructType(
        "facts",
        {
            "p": StructType("p", {**_SCALARS, **_LISTS, "ascii": STRING, "none": ListType(INT), "inner": ROW}),
            "rows": ListType(ROW),
            "open": ListType(ROW, open=True),
        },
    )
)
INTS = ("0", "1", "-1", "2", "3", "-7", "12", "1000", "9223372036854775807", "4611686018427387904")
DOUBLES = ("0.0", "0.5", "-0.5", "1.0", "2.0", "-3.25", "0.1", "1e3", "1.5e-3", "7.0", "1e300")
STRINGS = ("", "a", "ab", "b", "é", "Zürich", "日本", "naïve ", "😀", "a\nb", 'q"q', "it's", "\\")
MOMENTS = ("2026-01-01T00:00:00Z", "2026-11-23T10:15:00.250Z", "2025-12-31T23:59:59+01:00", "1970-01-01T00:00:00Z")
LENGTHS = ("0s", "1h", "90m", "1.5s", "-36h", "250ms", "720h", "3us")


@cache
def compiled(text: str) -> Expression:
    return compile_expression(text, SCHEMA)


class Generator:
    """Writes expressions of a wanted type. Facts are preferred to literals, so that little could be folded."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.scope: list[tuple[str, str]] = []
        self.names = 0

    def pick(self, options: Any) -> Any:
        return options[self.random.randrange(len(options))]

    def one_of(self, *ways: Callable[[], str]) -> str:
        return str(self.pick(ways)())

    def of(self, kind: str, depth: int) -> str:
        """An expression of this type with about this many steps on top of one another."""
        if depth <= 0 or self.random.random() < 0.08:
            return self.leaf(kind)
        if kind.startswith("list"):
            return self.list(kind, depth)
        if kind == "ascii":
            return f"({self.of('ascii', depth - 1)} + {self.leaf('ascii')})"
        return str(getattr(self, f"make_{kind}")(depth))

    # Leaves

    def leaf(self, kind: str) -> str:
        if kind.startswith("list"):
            return self.list_leaf(kind[5:-1])
        if kind == "ascii":
            return str(self.pick(('"abc"', "p.ascii", "p.ascii", '""', "p.ascii")))
        inside = [name for name, held in self.scope if held == kind]
        inside += [f"{name}.{field}" for name, held in self.scope if held == "row" for field in _fields_of(kind)]
        chance = self.random.random()
        if inside and chance < 0.55:
            return str(self.pick(inside))
        if chance < 0.85:
            field = self.pick(_fields_of(kind))
            paths = (f"p.{kind}_a", f"p.{kind}_b", f"p.{kind}_a", f"p.{kind}_b", f"p.inner.{field}", f"rows[0].{field}")
            return f"p.{kind}_z" if self.random.random() < 0.05 else str(self.pick(paths))
        return self.literal(kind)

    def literal(self, kind: str) -> str:
        if kind == "bool":
            return str(self.pick(("true", "false")))
        if kind == "int":
            return str(self.pick(INTS))
        if kind == "double":
            return str(self.pick(DOUBLES))
        if kind == "string":
            return quoted(self.pick(STRINGS))
        return f'{kind}("{self.pick(MOMENTS if kind == "timestamp" else LENGTHS)}")'

    def list_leaf(self, item: str) -> str:
        if item == "row":
            return str(self.pick(("rows", "open", "rows")))
        inside = [name for name, held in self.scope if held == f"list<{item}>"]
        if inside and self.random.random() < 0.5:
            return str(self.pick(inside))
        chance = self.random.random()
        if chance < 0.65:
            return f"p.l_{item}"
        if chance < 0.72 and item == "int":
            return "p.none"
        return f"[{', '.join(self.leaf(item) for _ in range(self.random.randrange(1, 4)))}]"

    # Steps, by the type that they give

    def list(self, kind: str, depth: int) -> str:
        item = kind[5:-1]
        chance = self.random.random()
        if item == "row":
            return f"rows.filter({self.body('row', 'bool', depth - 1)})" if chance < 0.6 else self.leaf(kind)
        if chance < 0.35:
            return (
                f"{self.list(kind, depth - 1)}.filter({self.body(item, 'bool', depth - 1)})"
                if depth > 1
                else self.leaf(kind)
            )
        if chance < 0.6:
            source = self.pick((*SCALAR_TYPES, "row"))
            return f"{self.closed(source)}.map({self.body(source, item, depth - 1)})"
        if chance < 0.8:
            return f"({self.of(kind, depth - 1)} + {self.leaf(kind)})"
        return self.chosen(kind, depth)

    def closed(self, item: str) -> str:
        """A list that is never open: only there does an empty one mean here what it means elsewhere."""
        return "rows" if item == "row" else self.leaf(f"list<{item}>")

    def body(self, item: str, result: str, depth: int) -> str:
        """`v1, expression` with the variable in scope."""
        self.names += 1
        name = f"v{self.names}"
        self.scope.append((name, item))
        made = self.of(result, max(depth, 0))
        self.scope.pop()
        return f"{name}, {made}"

    def chosen(self, kind: str, depth: int) -> str:
        return f"({self.of('bool', depth - 1)} ? {self.of(kind, depth - 1)} : {self.leaf(kind)})"

    def item(self, kind: str, depth: int) -> str:
        return f"{self.of(f'list<{kind}>', depth - 1)}[{self.pick(('0', '1', '0', '5', '-1', 'p.int_b'))}]"

    def signed(self, kind: str, signs: str, depth: int) -> str:
        return f"({self.of(kind, depth - 1)} {self.pick(signs)} {self.of(kind, depth - 1)})"

    def make_int(self, depth: int) -> str:
        other = self.pick(SCALAR_TYPES)
        return self.one_of(
            lambda: self.signed("int", "+-*/%", depth),
            lambda: self.signed("int", "+-*/%", depth),
            lambda: f"-({self.of('int', depth - 1)})",
            lambda: f"size({self.of(f'list<{other}>', depth - 1)})",
            lambda: f"{self.leaf('ascii')}.size()",
            lambda: f"int({self.of(self.pick(('double', 'int')), depth - 1)})",
            lambda: self.item("int", depth),
            lambda: self.chosen("int", depth),
        )

    def make_double(self, depth: int) -> str:
        return self.one_of(
            lambda: self.signed("double", "+-*", depth),
            lambda: f"({self.of('double', depth - 1)} / {self.pick(('2.0', '-0.5', 'p.double_a'))})",
            lambda: f"-({self.of('double', depth - 1)})",
            lambda: f"double({self.of(self.pick(('double', 'int')), depth - 1)})",
            lambda: self.item("double", depth),
            lambda: self.chosen("double", depth),
        )

    def make_string(self, depth: int) -> str:
        return self.one_of(
            lambda: self.signed("string", "+", depth),
            lambda: f"string({self.of('int', depth - 1)})",
            lambda: self.item("string", depth),
            lambda: self.chosen("string", depth),
        )

    def make_timestamp(self, depth: int) -> str:
        return self.one_of(
            lambda: f"({self.of('timestamp', depth - 1)} {self.pick('+-')} {self.of('duration', depth - 1)})",
            lambda: f'(timestamp("9999-12-31T23:59:59Z") + {self.leaf("duration")})',
            lambda: self.item("timestamp", depth),
            lambda: self.chosen("timestamp", depth),
        )

    def make_duration(self, depth: int) -> str:
        return self.one_of(
            lambda: f"({self.leaf('timestamp')} - {self.leaf('timestamp')})",
            lambda: self.signed("duration", "+-", depth),
            lambda: self.item("duration", depth),
            lambda: self.chosen("duration", depth),
        )

    def make_bool(self, depth: int) -> str:
        kind = self.pick(SCALAR_TYPES)
        return self.one_of(
            lambda: f"({self.of('bool', depth - 1)} {self.pick(('&&', '||'))} {self.of('bool', depth - 1)})",
            lambda: f"({self.of('bool', depth - 1)} {self.pick(('&&', '||'))} {self.of('bool', depth - 1)})",
            lambda: f"!({self.of('bool', depth - 1)})",
            lambda: self.compared(self.pick(("==", "!=", "<", "<=", ">", ">=")), kind, kind, depth),
            lambda: self.compared(self.pick(("==", "<", ">=")), "int", "double", depth),
            lambda: self.compared("==", f"list<{kind}>", f"list<{kind}>", depth),
            lambda: self.within(kind, kind, depth),
            lambda: self.quantified(self.pick(("all", "exists", "exists_one")), self.pick((kind, "row")), depth),
            self.present,
            lambda: self.textual(self.pick(("startsWith", "endsWith", "contains")), depth),
            lambda: self.item("bool", depth),
        )

    def compared(self, sign: str, left: str, right: str, depth: int) -> str:
        return f"({self.of(left, depth - 1)} {sign} {self.of(right, depth - 1)})"

    def within(self, kind: str, item: str, depth: int) -> str:
        return f"({self.of(kind, depth - 1)} in {self.of(f'list<{item}>', depth - 1)})"

    def quantified(self, name: str, item: str, depth: int) -> str:
        return f"{self.of(f'list<{item}>', depth - 1)}.{name}({self.body(item, 'bool', depth - 1)})"

    def present(self) -> str:
        kind = self.pick(SCALAR_TYPES)
        rows = [name for name, held in self.scope if held == "row"]
        field = self.pick(_fields_of(kind))
        paths = [f"p.{kind}_a", f"p.{kind}_z", f"p.inner.{field}", *(f"{name}.{field}" for name in rows)]
        return f"has({self.pick(paths)})"

    def textual(self, name: str, depth: int) -> str:
        return f"{self.of('string', depth - 1)}.{name}({self.leaf('string')})"


def _fields_of(kind: str) -> list[str]:
    return [name for name, held in ROW_FIELDS.items() if held == kind]


def quoted(text: str) -> str:
    """A CEL literal for a text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def test_every_type_can_be_written_at_every_depth() -> None:
    make = Generator(1)
    for kind in (*SCALAR_TYPES, *(f"list<{kind}>" for kind in SCALAR_TYPES)):
        for deep in range(5):
            assert compiled(make.of(kind, deep)).schema is SCHEMA
