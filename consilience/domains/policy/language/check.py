"""Types: a rule that names a field that no fact has, or compares a number with a text, does not load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from consilience.domains.policy.language.errors import PolicyError, error_at, nearest, one_of
from consilience.domains.policy.language.functions import FUNCTIONS, MACROS
from consilience.domains.policy.language.names import NOTHING, Constant, Vocabulary, check_weight
from consilience.domains.policy.language.nodes import (
    FACTS,
    FIRST_SLOT,
    Call,
    Choice,
    Comprehension,
    Has,
    Index,
    ListOf,
    Literal,
    Logic,
    Negation,
    Node,
    Quantifier,
    Reference,
    Select,
)
from consilience.domains.policy.language.operators import Position, check_binary
from consilience.domains.policy.language.parser import Syntax, parse
from consilience.domains.policy.language.types import (
    ANY,
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    ListType,
    Schema,
    StructType,
    Type,
    describe,
    join,
    same,
)
from consilience.domains.policy.language.units import check_units
from consilience.domains.policy.language.values import read_duration, read_rfc3339

MAX_QUANTIFIERS = 4
"""How deep quantifiers may stand in one another."""

_LITERALS: Mapping[type, Type] = {bool: BOOL, int: INT, float: DOUBLE, str: STRING, type(None): NULL}


@dataclass(slots=True)
class Checked:
    """A checked tree, how many slots its frame needs, and the variables by name (None where a name has two types)."""

    root: Node
    slots: int
    variables: dict[str, Type | None]


def check(
    text: str,
    schema: Schema,
    scope: Mapping[str, Type] | None = None,
    first_slot: int = 0,
    vocabulary: Vocabulary = NOTHING,
) -> Checked:
    """The checked tree of an expression over the facts and, if given, the variables of `scope` (slots in their order)."""
    return check_tree(text, parse(text), schema, scope, first_slot, vocabulary)


def check_tree(
    text: str,
    tree: Syntax,
    schema: Schema,
    scope: Mapping[str, Type] | None = None,
    first_slot: int = 0,
    vocabulary: Vocabulary = NOTHING,
) -> Checked:
    """The checked tree of a syntax tree; `text` is what it was read from."""
    checker = _Checker(text, schema, scope or {}, first_slot, vocabulary)
    root = checker.whole(text, tree)
    return Checked(root, checker.slots, checker.types)


def check_joined(parts: Sequence[tuple[str, Syntax]], schema: Schema, vocabulary: Vocabulary) -> tuple[str, Checked]:
    """Several conditions as one that asks for all of them (a single one as it is), and its text."""
    checker = _Checker("", schema, {}, 0, vocabulary)
    roots = []
    for text, tree in parts:
        root = checker.whole(text, tree)
        if not same(root.type, BOOL):
            raise error_at(text, 0, found=describe(root.type), expected=describe(BOOL))
        roots.append(root)
    if len(roots) == 1:
        return parts[0][0], Checked(roots[0], checker.slots, checker.types)
    joined = " && ".join(f"({text.strip()}\n)" for text, _tree in parts)
    operands = tuple(
        operand
        for root in roots
        for operand in (root.operands if isinstance(root, Logic) and root.sign == "&&" else (root,))
    )
    shown = " && ".join(f"({root.text})" if isinstance(root, (Logic, Choice)) else root.text for root in roots)
    return joined, Checked(Logic(BOOL, 0, len(joined), shown, "&&", operands), checker.slots, checker.types)


class _Checker:
    def __init__(
        self, text: str, schema: Schema, scope: Mapping[str, Type], first_slot: int, vocabulary: Vocabulary
    ) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.facts = schema.root
        self.scope: dict[str, tuple[int, Type]] = {
            name: (FIRST_SLOT + at, kind) for at, (name, kind) in enumerate(scope.items())
        }
        self.slots = max(FIRST_SLOT + len(scope), first_slot)
        self.types: dict[str, Type | None] = {}
        self.nesting = 0

    def whole(self, text: str, tree: Syntax) -> Node:
        """A whole expression, with its size and its units."""
        self.text = text
        check_weight(text, tree, self.vocabulary)
        root = self.node(tree)
        if self.vocabulary.units:
            check_units(text, root, self.facts)
        return root

    def error(self, at: Syntax, found: str, expected: str, suggestion: str | None = None) -> PolicyError:
        return error_at(self.text, at.start, found=found, expected=expected, suggestion=suggestion)

    def misused(self, at: Syntax, found: str, expected: str, suggestion: str | None = None) -> PolicyError:
        """The error of a function or macro, shown at its name."""
        return error_at(self.text, at.name_at, found=found, expected=expected, suggestion=suggestion)

    def place(self, at: Syntax) -> Position:
        return at.start, at.end, " ".join(self.text[at.start : at.end].split())

    def node(self, tree: Syntax) -> Node:
        match tree.op:
            case "literal":
                return Literal(_LITERALS[type(tree.value)], *self.place(tree), tree.value)
            case "name":
                return self.name(tree)
            case "field":
                return self.field(tree)
            case "index":
                return self.index(tree)
            case "list":
                return self.list(tree)
            case "unary":
                return self.unary(tree)
            case "binary":
                left, right = (self.node(arg) for arg in tree.args)
                return check_binary(self.text, tree.name, left, right, self.place(tree))
            case "logic":
                operands = tuple(self.expect(arg, BOOL, f"an operand of {tree.name}") for arg in tree.args)
                return Logic(BOOL, *self.place(tree), tree.name, operands)
            case "choice":
                return self.choice(tree)
            case "call":
                return self.has(tree) if tree.name == "has" else self.call(tree, member=False)
        return self.macro(tree) if tree.name in MACROS else self.call(tree, member=True)

    def expect(self, tree: Syntax, kind: Type, role: str) -> Node:
        node = self.node(tree)
        if not same(node.type, kind):
            raise self.error(tree, describe(node.type), f"{describe(kind)} as {role}")
        return node

    def name(self, tree: Syntax) -> Node:
        if tree.name in self.scope:
            slot, kind = self.scope[tree.name]
            return Reference(kind, *self.place(tree), slot, tree.name, ())
        if tree.name in self.facts.fields:
            return Reference(self.facts.fields[tree.name], *self.place(tree), FACTS, "", (tree.name,))
        if tree.name in self.vocabulary.constants:
            return self.constant(tree, self.vocabulary.constants[tree.name])
        if tree.name in self.vocabulary.definitions:
            return self.defined(tree)
        known = [*self.scope, *self.facts.fields, *self.vocabulary]
        raise self.error(tree, f"{tree.name!r}, which is no fact", one_of(known), nearest(tree.name, known))

    def constant(self, tree: Syntax, named: Constant) -> Node:
        if not isinstance(named.type, ListType):
            return Literal(named.type, *self.place(tree), named.value, named.unit, named.name)
        items = tuple(Literal(named.type.item, *self.place(tree), one, named.unit, named.name) for one in named.value)
        return ListOf(named.type, *self.place(tree), items)

    def defined(self, tree: Syntax) -> Node:
        """The expression that a name stands for; it sees no variable of the place where the name stands."""
        definition = self.vocabulary.definitions[tree.name]
        start, end, text = self.place(tree)
        kept = self.text, self.scope
        self.text, self.scope = definition.text, {}
        try:
            node = self.node(definition.tree)
        finally:
            self.text, self.scope = kept
        return replace(node, start=start, end=end, text=text)

    def field(self, tree: Syntax) -> Node:
        operand = self.node(tree.args[0])
        kind = self.field_type(tree, operand, tree.name)
        if isinstance(operand, Reference):
            return Reference(kind, *self.place(tree), operand.slot, operand.name, (*operand.path, tree.name))
        if isinstance(operand, Select):
            return Select(kind, *self.place(tree), operand.operand, (*operand.path, tree.name))
        return Select(kind, *self.place(tree), operand, (tree.name,))

    def field_type(self, tree: Syntax, operand: Node, name: str) -> Type:
        start = tree.name_at
        if not isinstance(operand.type, StructType):
            hint = " (walk through a list with all, exists or map)" if isinstance(operand.type, ListType) else ""
            found = f"field {name!r} of {operand.text}, which is {describe(operand.type)}"
            raise error_at(self.text, start, found=found, expected=f"a record before the dot{hint}")
        kind = operand.type.fields.get(name)
        if kind is None:
            known = list(operand.type.fields)
            raise error_at(
                self.text,
                start,
                found=f"{name!r}, a field that {operand.text} does not have",
                expected=one_of(known),
                suggestion=nearest(name, known),
            )
        return kind

    def index(self, tree: Syntax) -> Node:
        operand = self.node(tree.args[0])
        if not isinstance(operand.type, ListType):
            raise self.error(tree.args[0], describe(operand.type), "a list before '['")
        position = self.expect(tree.args[1], INT, "a position")
        return Index(operand.type.item, *self.place(tree), operand, position)

    def list(self, tree: Syntax) -> Node:
        items = tuple(self.node(arg) for arg in tree.args)
        kind: Type = ANY
        for arg, item in zip(tree.args, items, strict=True):
            joined = join(kind, item.type)
            if joined is None:
                raise self.error(arg, describe(item.type), f"{describe(kind)}, like the items before it")
            kind = joined
        return ListOf(ListType(kind), *self.place(tree), items)

    def unary(self, tree: Syntax) -> Node:
        operand = self.node(tree.args[0])
        allowed = (BOOL,) if tree.name == "!" else (INT, DOUBLE)
        if operand.type not in allowed:
            wanted = "a truth value" if tree.name == "!" else "a number"
            raise self.error(tree.args[0], describe(operand.type), f"{wanted} after {tree.name!r}")
        return Negation(operand.type, *self.place(tree), tree.name, operand)

    def choice(self, tree: Syntax) -> Node:
        condition = self.expect(tree.args[0], BOOL, "the condition before '?'")
        chosen, otherwise = self.node(tree.args[1]), self.node(tree.args[2])
        kind = join(chosen.type, otherwise.type)
        if kind is None:
            raise self.error(tree.args[2], describe(otherwise.type), f"{describe(chosen.type)}, like the other value")
        return Choice(kind, *self.place(tree), condition, chosen, otherwise)

    def has(self, tree: Syntax) -> Node:
        if len(tree.args) != 1 or tree.args[0].op != "field":
            raise self.error(tree, f"has with {len(tree.args)} argument(s)", "one field, such as has(system.sponsor)")
        chosen = tree.args[0]
        operand = self.node(chosen.args[0])
        self.field_type(chosen, operand, chosen.name)
        return Has(BOOL, *self.place(tree), operand, chosen.name)

    def macro(self, tree: Syntax) -> Node:
        usage = f"list.{tree.name}(variable, expression)"
        if len(tree.args) != 3:
            raise self.misused(tree, f"{tree.name} with {len(tree.args) - 1} argument(s)", usage)
        source = self.node(tree.args[0])
        if not isinstance(source.type, ListType):
            raise self.error(tree.args[0], describe(source.type), f"a list before .{tree.name}(...)")
        variable = tree.args[1]
        if variable.op != "name":
            raise self.error(variable, "an expression", f"the name of a variable: {usage}")
        if variable.name in self.scope or variable.name in self.facts.fields or variable.name in self.vocabulary:
            raise self.error(variable, f"{variable.name!r}, which already means something", "a new name")
        if self.nesting >= MAX_QUANTIFIERS:
            raise self.error(tree, "deeper nesting of quantifiers", f"at most {MAX_QUANTIFIERS}")
        slot = self.declare(variable.name, source.type.item)
        body = (
            self.node(tree.args[2]) if tree.name == "map" else self.expect(tree.args[2], BOOL, f"test of {tree.name}")
        )
        del self.scope[variable.name]
        self.nesting -= 1
        if tree.name in ("filter", "map"):
            item = body.type if tree.name == "map" else source.type.item
            kind = ListType(item, open=source.type.open)
            memo, self.slots = self.slots, self.slots + 1
            return Comprehension(kind, *self.place(tree), tree.name, source, variable.name, slot, body, memo)
        return Quantifier(BOOL, *self.place(tree), tree.name, source, variable.name, slot, body, open=source.type.open)

    def declare(self, name: str, kind: Type) -> int:
        slot, self.slots = self.slots, self.slots + 1
        self.scope[name] = (slot, kind)
        self.nesting += 1
        self.types[name] = kind if self.types.get(name, kind) == kind else None
        return slot

    def call(self, tree: Syntax, *, member: bool) -> Node:
        if not member and tree.name in ("timestamp", "duration"):
            return self.moment(tree)
        function = FUNCTIONS.get(tree.name)
        if function is None or not (function.member if member else function.plain):
            known = [one.name for one in FUNCTIONS.values() if (one.member if member else one.plain)]
            known += list(MACROS) if member else ["has", "timestamp", "duration"]
            expected = function.usage if function else one_of(known, at_most=20)
            raise self.misused(tree, f"function {tree.name!r}", expected, nearest(tree.name, known))
        if len(tree.args) != function.arity:
            raise self.misused(tree, f"{tree.name} with {len(tree.args) - member} argument(s)", function.usage)
        args = tuple(self.node(arg) for arg in tree.args)
        resolved = function.resolve([arg.type for arg in args])
        if resolved is None:
            given = ", ".join(describe(arg.type) for arg in args)
            raise self.misused(tree, f"{tree.name} of {given}", f"{function.usage}: {function.meaning}")
        return Call(resolved[0], *self.place(tree), tree.name, args, resolved[1])

    def moment(self, tree: Syntax) -> Node:
        reads = {
            "timestamp": (TIMESTAMP, read_rfc3339, "2026-11-23T10:15:00Z"),
            "duration": (DURATION, read_duration, "36h"),
        }
        kind, read, example = reads[tree.name]
        literal = tree.args[0] if len(tree.args) == 1 else tree
        if literal.op != "literal" or not isinstance(literal.value, str):
            raise self.error(literal, f"{tree.name} of something else", f'a text in quotes: {tree.name}("{example}")')
        value = read(literal.value)
        if value is None:
            raise self.error(literal, repr(literal.value), f'a {tree.name} such as "{example}", to the microsecond')
        return Literal(kind, *self.place(tree), value)
