"""The generated expressions cover the language: every operator with every type it takes, deep, and hardly foldable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from consilience.domains.policy.language import nodes
from consilience.domains.policy.language.functions import FUNCTIONS, MACROS
from consilience.domains.policy.language.types import ListType, ScalarType, StringType, StructType, Type
from tests.rules.test_language_generator import Generator
from tests.rules.test_language_targets import CASES, targets


def pairs(node: nodes.Node) -> Iterator[str]:
    """Every operator with its operand types in a checked tree, written as in `targets`."""
    for child in nodes.children(node):
        yield from pairs(child)
    match node:
        case nodes.Negation():
            yield f"{node.sign} {_name(node.operand.type)}"
        case nodes.Binary() | nodes.Comparison():
            yield f"{node.sign} {_name(node.left.type)} {_name(node.right.type)}"
        case nodes.Logic():
            yield f"{node.sign} bool"
        case nodes.Choice():
            yield f"?: {_name(node.type)}"
        case nodes.Index():
            yield f"[] {_name(node.type)}"
        case nodes.Quantifier() | nodes.Comprehension() if isinstance(node.source.type, ListType):
            yield f"{node.name} {_name(node.source.type.item)}"
        case nodes.Has() if isinstance(node.operand.type, StructType):
            yield f"has {_name(node.operand.type.fields[node.name])}"
        case nodes.Call():
            yield " ".join((node.name, *(_name(arg.type) for arg in node.args)))


def depth(node: nodes.Node) -> int:
    """How many operators rest on one another."""
    below = max((depth(child) for child in nodes.children(node)), default=0)
    return below + (0 if isinstance(node, (nodes.Literal, nodes.Reference)) else 1)


def foldable(node: nodes.Node) -> bool:
    """Whether no fact is looked at, so that a compiler could compute the whole."""
    if isinstance(node, nodes.Reference) and node.slot == nodes.FACTS:
        return False
    return all(foldable(child) for child in nodes.children(node))


def _name(kind: Type) -> str:
    if isinstance(kind, StringType):
        return "string"
    if isinstance(kind, ListType):
        return f"list<{_name(kind.item)}>"
    return kind.name if isinstance(kind, ScalarType) else "row"


def test_at_least_fifteen_hundred_expressions_are_generated() -> None:
    assert len({(case.text, case.document) for case in CASES}) >= 1500


def test_every_operator_meets_every_type_it_takes_ten_times() -> None:
    counted = Counter(pair for case in CASES for pair in set(pairs(case.expression.root)))
    assert {name: counted[name] for name in targets(Generator(0)) if counted[name] < 10} == {}


def test_no_operator_and_no_function_that_cel_knows_is_left_out() -> None:
    ours = {"days_between", "distinct", "min", "max"}
    signs = {"!", "-", "+", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||", "?:", "[]", "has"}
    seen = {pair.split()[0] for case in CASES for pair in pairs(case.expression.root)}
    assert seen == signs | set(MACROS) | set(FUNCTIONS) - ours


def test_a_third_of_the_cases_nests_three_deep_and_at_most_half_could_be_folded() -> None:
    depths = [depth(case.expression.root) for case in CASES]
    assert sum(one >= 3 for one in depths) >= len(CASES) / 3
    assert sum(foldable(case.expression.root) for case in CASES) <= len(CASES) / 2


def test_the_awkward_values_occur() -> None:
    texts = " ".join(case.text for case in CASES)
    for awkward in ("p.none", "9223372036854775807", "日本", "p.int_z", "1e300", "open", "9999-12-31"):
        assert awkward in texts
