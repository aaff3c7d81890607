"""From the text of an expression to its syntax tree, by operator precedence. Knows no types and no facts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from consilience.domains.policy.language.errors import PolicyError, error_at
from consilience.domains.policy.language.tokens import INT_MAX, INT_MIN, Token, string_value, tokens_of

MAX_DEPTH = 40
"""How deep one expression may nest, brackets included."""
MAX_TREE = 60
"""How many steps may rest on one another: also bounds a long sum, whose every term rests on the one before."""

RELATIONS = ("==", "!=", "<", "<=", ">", ">=", "in")
_STRENGTH = {"?": 1, "||": 2, "&&": 3, **dict.fromkeys(RELATIONS, 4), "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_UNARY_STRENGTH = 7
RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import"}
    | {"let", "loop", "package", "namespace", "return", "var", "void", "while"}
)


@dataclass(frozen=True, slots=True)
class Syntax:
    """A piece of syntax.

    `op` is one of `literal name field index list call method unary binary logic choice`; `name` holds the operator,
    the field or the function and `name_at` its place (the last one's, where `&&` or `||` joins several operands); `value` a literal; `start` and `end` the place of the whole in
    the text, brackets included.
    """

    op: str
    start: int
    end: int
    name: str = ""
    args: tuple[Syntax, ...] = ()
    value: bool | int | float | str | None = None
    height: int = 1
    name_at: int = 0


def parse(text: str) -> Syntax:
    """The syntax tree of a whole expression."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.next = 0
        self.depth = 0

    def whole(self) -> Syntax:
        if self.peek().kind == "end":
            raise error_at(self.text, 0, found="nothing", expected="an expression")
        tree = self.expression(0)
        if self.peek().kind != "end":
            raise self.unexpected(self.peek(), "an operator or the end")
        return tree

    def peek(self) -> Token:
        return self.tokens[self.next]

    def take(self) -> Token:
        token = self.tokens[self.next]
        self.next += 1
        return token

    def expect(self, sign: str, after: str) -> Token:
        token = self.take()
        if token.kind != "sign" or token.text != sign:
            raise self.unexpected(token, f"{sign!r} {after}")
        return token

    def unexpected(self, token: Token, expected: str) -> PolicyError:
        found = "the end" if token.kind == "end" else repr(token.text)
        return error_at(self.text, token.start, found=found, expected=expected)

    def step(
        self, op: str, start: int, end: int, name: str, args: tuple[Syntax, ...], name_at: int | None = None
    ) -> Syntax:
        height = 1 + max((arg.height for arg in args), default=0)
        if height > MAX_TREE:
            raise error_at(self.text, start, found="too long a chain of steps", expected=f"at most {MAX_TREE}")
        return Syntax(op, start, end, name, args, height=height, name_at=start if name_at is None else name_at)

    def expression(self, least: int) -> Syntax:
        """Everything from here that binds more strongly than `least`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise error_at(self.text, self.peek().start, found="deeper nesting", expected=f"at most {MAX_DEPTH} levels")
        left = self.operand()
        while True:
            token = self.peek()
            strength = _STRENGTH.get(token.text, 0) if token.kind in ("sign", "name") else 0
            if strength <= least:
                break
            self.take()
            left = self.choice(left) if token.text == "?" else self.binary(left, token, strength)
        self.depth -= 1
        return left

    def choice(self, condition: Syntax) -> Syntax:
        chosen = self.expression(1)
        self.expect(":", "between the two values of a choice")
        otherwise = self.expression(0)
        return self.step("choice", condition.start, otherwise.end, "?:", (condition, chosen, otherwise))

    def binary(self, left: Syntax, token: Token, strength: int) -> Syntax:
        sign, at = token.text, token.start
        right = self.expression(strength)
        if sign not in ("&&", "||"):
            return self.step("binary", left.start, right.end, sign, (left, right), at)
        # a && b && c is one step with three operands: shallower, and easier to explain.
        operands = [arg for side in (left, right) for arg in (side.args if _same_logic(side, sign) else (side,))]
        return self.step("logic", left.start, right.end, sign, tuple(operands), at)

    def operand(self) -> Syntax:
        token = self.peek()
        if token.kind == "sign" and token.text in ("!", "-"):
            return self.unary()
        left = self.primary()
        while self.peek().kind == "sign" and self.peek().text in (".", "["):
            left = self.member(left) if self.take().text == "." else self.index(left)
        return left

    def unary(self) -> Syntax:
        sign = self.take()
        token = self.peek()
        if sign.text == "-" and token.kind in ("int", "double") and self.tokens[self.next + 1].text not in (".", "["):
            self.take()
            return self.number(token, sign)
        inner = self.expression(_UNARY_STRENGTH)
        return self.step("unary", sign.start, inner.end, sign.text, (inner,))

    def member(self, left: Syntax) -> Syntax:
        token = self.take()
        if token.kind != "name":
            raise self.unexpected(token, "a field name after '.'")
        if self.peek().text != "(" or self.peek().kind != "sign":
            return self.step("field", left.start, token.end, token.text, (left,), token.start)
        args, end = self.arguments()
        return self.step("method", left.start, end, token.text, (left, *args), token.start)

    def index(self, left: Syntax) -> Syntax:
        position = self.expression(0)
        end = self.expect("]", "after the position").end
        return self.step("index", left.start, end, "[]", (left, position))

    def primary(self) -> Syntax:
        token = self.take()
        if token.kind in ("int", "double"):
            return self.number(token, None)
        if token.kind == "string":
            return Syntax("literal", token.start, token.end, value=string_value(self.text, token))
        if token.kind == "name":
            return self.named(token)
        if token.kind == "sign" and token.text == "(":
            inner = self.expression(0)
            end = self.expect(")", "to close the bracket").end
            return replace(inner, start=token.start, end=end)
        if token.kind == "sign" and token.text == "[":
            items, end = self.items("]")
            return self.step("list", token.start, end, "[]", items)
        raise self.unexpected(token, "a value, a name or a bracket")

    def named(self, token: Token) -> Syntax:
        if token.text in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[token.text]
            return Syntax("literal", token.start, token.end, value=value)
        if token.text in RESERVED or token.text == "in":
            raise self.unexpected(token, "a name that is not a reserved word")
        if self.peek().kind == "sign" and self.peek().text == "(":
            args, end = self.arguments()
            return self.step("call", token.start, end, token.text, args)
        return Syntax("name", token.start, token.end, token.text)

    def arguments(self) -> tuple[tuple[Syntax, ...], int]:
        self.take()
        return self.items(")")

    def items(self, closing: str) -> tuple[tuple[Syntax, ...], int]:
        found: list[Syntax] = []
        while not (self.peek().kind == "sign" and self.peek().text == closing):
            if found:
                self.expect(",", f"or {closing!r}")
            found.append(self.expression(0))
        return tuple(found), self.take().end

    def number(self, token: Token, sign: Token | None) -> Syntax:
        start = sign.start if sign else token.start
        written = ("-" if sign else "") + token.text
        if token.kind == "double":
            value = float(written)
            if value in (float("inf"), float("-inf")):
                raise error_at(self.text, start, found=written, expected="a number that binary64 can hold")
            return Syntax("literal", start, token.end, value=value)
        whole = int(written)
        if not INT_MIN <= whole <= INT_MAX:
            raise error_at(self.text, start, found=written, expected="a whole number of at most 64 bits")
        return Syntax("literal", start, token.end, value=whole)


def _same_logic(side: Syntax, sign: str) -> bool:
    return side.op == "logic" and side.name == sign
