"""The words of an expression: numbers, texts, names, signs."""

from __future__ import annotations

import re
from typing import NamedTuple

from consilience.domains.policy.language.errors import error_at

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
MAX_LENGTH = 4000
"""Characters in one expression. A rule that needs more should be two requirements."""

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r\n\f]+|//[^\n]*)+)
    |(?P<double>\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<int>\d+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "?": "?",
    '"': '"',
    "'": "'",
    "`": "`",
}


class Token(NamedTuple):
    """One word: its kind (`int double string name sign end`), its text, and where it starts and ends."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """The words of an expression, closed by an `end` token. PolicyError names the first character that fits none."""
    if len(text) > MAX_LENGTH:
        raise error_at(
            text, MAX_LENGTH, found=f"{len(text)} characters", expected=f"at most {MAX_LENGTH} in one expression"
        )
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise error_at(text, at, found=_strange(text, at), expected="a number, a text in quotes, a name or a sign")
        kind = str(match.lastgroup)
        if kind in ("int", "double") and match.end() < len(text) and (text[match.end()].isalnum()):
            word = text[at : match.end() + 1]
            raise error_at(text, at, found=f"{word!r}", expected="a plain decimal number (no hexadecimal, no unsigned)")
        if kind != "space":
            found.append(Token(kind, match.group(), at, match.end()))
        at = match.end()
    found.append(Token("end", "", len(text), len(text)))
    return found


def string_value(text: str, token: Token) -> str:
    """What a quoted text says, with its escapes resolved."""

    def resolve(match: re.Match[str]) -> str:
        hexadecimal = match.group(1) or match.group(2) or match.group(3)
        if hexadecimal or match.group(4):
            code = int(hexadecimal, 16) if hexadecimal else int(match.group(4), 8)
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                raise error_at(text, token.start, found=f"escape {match.group()!r}", expected="a Unicode character")
            return chr(code)
        simple = _SIMPLE.get(match.group(5))
        if simple is None:
            raise error_at(
                text, token.start + match.start() + 1, found=f"escape {match.group()!r}", expected="an escape of CEL"
            )
        return simple

    return _ESCAPE.sub(resolve, token.text[1:-1])


def _strange(text: str, at: int) -> str:
    if text[at] in "\"'":
        return "a text that is not closed on its line"
    if text[at] in "&|=":
        return f"a single {text[at]!r}"
    return repr(text[at])
