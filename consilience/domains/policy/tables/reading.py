"""Reading a cell: the few ways to say which values a row is for. Writing one back gives the same cell."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from consilience.domains.policy.language.errors import nearest, one_of
from consilience.domains.policy.language.values import read_double, read_duration, write_duration
from consilience.domains.policy.tables.cells import (
    ANYTHING,
    EVERYTHING,
    HIGHEST,
    LOWEST,
    Among,
    Anything,
    Asked,
    Cell,
    Members,
    Span,
    Spans,
    joined,
    outside,
)
from consilience.domains.policy.tables.inputs import Choice, Domain, Line, Universe
from consilience.kit import canonical
from consilience.kit.canonical import Json

ANY = "-"
_NOT = re.compile(r"not\s*\((.*)\)", re.DOTALL)
_RANGE = re.compile(r"([\[(\]])\s*([^\s\[\]()]*?)\s*\.\.\s*([^\[\]()]*?)\s*([\])\[])")
_COMPARED = re.compile(r"(<=|>=|<|>|!=|=)\s*(.+)")
_ASKED = re.compile(r"(any of|none of|all of|only)\b\s*(.*)", re.DOTALL)
_ITEM = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,"]*[^,"\s])\s*(?:,|$)')
_DAYS = re.compile(r"(-?\d+(?:\.\d+)?)\s*days?")
DAY = 86_400_000_000


class Unreadable(Exception):
    """A cell, domain or output that cannot be read: what is wrong with it."""


def read_cell(written: Json, domain: Domain, unit: str = "") -> Cell:
    """The cell that a value, a list of values or a text means for an input. Unreadable says what is wrong."""
    if written is None or written in (ANY, ""):
        return ANYTHING
    if isinstance(domain, Line):
        return _numbers(written, domain, unit)
    if isinstance(domain, Universe):
        return _members(written, domain)
    return _among(written, domain)


def write_cell(cell: Cell, domain: Domain, unit: str = "") -> str:
    """The text that `read_cell` reads as this cell."""
    if isinstance(cell, Anything):
        return ANY
    if isinstance(cell, Among):
        listed = ", ".join(_quoted(_plain(value)) for value in cell.values)
        return f"not({listed})" if cell.negated else listed
    if isinstance(cell, Members):
        return " ".join([cell.asked.value, ", ".join(map(_quoted, cell.members))]).strip()
    kind = domain.kind if isinstance(domain, Line) else "int"
    return ", ".join(_span_text(span, kind, unit) for span in cell.spans)


def read_value(text: str, domain: Domain, unit: str = "") -> Any:
    """A value that somebody writes for an input, as the facts hold it; None for none. Unreadable says what is wrong."""
    said = text.strip()
    if not said:
        return None
    if isinstance(domain, Line):
        return _number(said, domain.kind, unit)
    if isinstance(domain, Universe):
        return [] if said in ("[]", Asked.EMPTY) else items(said)
    if domain.values == (True, False):
        return _known(said, domain.values)
    return said


def read_span(written: str, kind: str, unit: str = "") -> Span:
    """A domain of numbers, written as one comparison or range."""
    found = _spans(written, kind, unit)
    if len(found) != 1:
        raise Unreadable(f"{written!r} is not one range such as [0..1] or >= 0")
    return found[0]


def number_text(value: float, kind: str, unit: str = "") -> str:
    """A number as cells write it."""
    if kind == "duration":
        return f"{int(value) // DAY} days" if value % DAY == 0 else write_duration(int(value))
    text = str(canonical.number(float(value))) if kind == "double" else str(int(value))
    return f"{text} {unit}".strip()


def items(text: str) -> list[str]:
    """The items of a list in text: separated by commas, in quotes where they hold one."""
    found, at = [], 0
    while at < len(text):
        match = _ITEM.match(text, at)
        if match is None:
            raise Unreadable(f"{text!r} is not a list of values, separated by commas")
        item = match.group(1)
        found.append(re.sub(r"\\(.)", r"\1", item[1:-1]) if item.startswith('"') else item)
        at = match.end()
    return found


def _quoted(text: str) -> str:
    plain = re.fullmatch(r'[^,"()\s][^,"()]*', text) and text == text.strip() and text != ANY
    return text if plain and not _ASKED.match(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _among(written: Json, domain: Choice) -> Among:
    negated, values = False, written if isinstance(written, list) else [written]
    if isinstance(written, str):
        inside = _NOT.fullmatch(written.strip())
        negated = inside is not None
        values = items(inside.group(1) if inside else written)
    chosen = tuple(dict.fromkeys(_known(value, domain.values) for value in values))
    if not chosen:
        raise Unreadable("names no value")
    if negated and not domain.others and len(chosen) == len(domain.values):
        raise Unreadable("excludes every value that this input may have")
    return Among(chosen, negated)


def _known(value: Json, values: tuple[Any, ...]) -> Any:
    truth = values == (True, False)
    if truth and value in ("true", "false"):
        value = value == "true"
    if not truth and isinstance(value, (int, bool)):
        value = _plain(value)
    if type(value) is not (bool if truth else str) or value not in values:
        raise Unreadable(unknown_value(value, values))
    return value


def unknown_value(value: Json, values: Iterable[Any]) -> str:
    """What to say of a value that an input or output never has."""
    known = [_plain(one) for one in values]
    meant = nearest(value, known) if isinstance(value, str) else None
    hint = f"; did you mean {meant!r}?" if meant else ""
    return f"{value!r} is not {one_of(known)}{hint}"


def _members(written: Json, domain: Universe) -> Members:
    if isinstance(written, list):
        asked, listed = Asked.ANY_OF, written
    else:
        text = str(written).strip()
        if text in (Asked.EMPTY, Asked.NOT_EMPTY):
            return Members(Asked(text))
        inside, said = _NOT.fullmatch(text), _ASKED.fullmatch(text)
        asked = Asked.NONE_OF if inside else Asked(said.group(1)) if said else Asked.ANY_OF
        listed = items(inside.group(1) if inside else said.group(2) if said else text)
    chosen = tuple(dict.fromkeys(_known(member, domain.members) for member in listed))
    if not chosen:
        raise Unreadable("names no member")
    return Members(asked, chosen)


def _numbers(written: Json, domain: Line, unit: str) -> Spans:
    if isinstance(written, bool):
        raise Unreadable(f"{_plain(written)} is no number")
    parts = written if isinstance(written, list) else [written]
    negated = False
    if isinstance(written, str):
        inside = _NOT.fullmatch(written.strip())
        negated, parts = inside is not None, [inside.group(1) if inside else written]
    spans = [span for part in parts for span in _spans(str(part), domain.kind, unit)]
    for span in spans:
        if not domain.holds_any(span):
            raise Unreadable(f"{_span_text(span, domain.kind, unit)} holds no value")
    asked = outside(spans, EVERYTHING) if negated else joined(spans)
    inside_domain = [(max(low, domain.span[0]), min(high, domain.span[1])) for low, high in asked]
    if not any(low < high and domain.holds_any((low, high)) for low, high in inside_domain):
        raise Unreadable(
            f"{written!r} holds no value of this input, which is {_span_text(domain.span, domain.kind, unit)}"
        )
    return Spans(asked)


def _spans(text: str, kind: str, unit: str) -> list[Span]:
    found = []
    for part in _split(text):
        ranged, compared = _RANGE.fullmatch(part), _COMPARED.fullmatch(part)
        if ranged:
            left, low, high, right = ranged.groups()
            start, end = _number(low, kind, unit), _number(high, kind, unit)
            span = ((start, 0 if left == "[" else 1), (end, 1 if right == "]" else 0))
            if start > end or span[0] >= span[1]:
                raise Unreadable(f"range {part} is empty")
            found.append(span)
        elif compared:
            found += _compared(compared.group(1), _number(compared.group(2), kind, unit))
        else:
            value = _number(part, kind, unit)
            found.append(((value, 0), (value, 1)))
    return found


def _compared(sign: str, value: float) -> list[Span]:
    before, after = (value, 0), (value, 1)
    return {
        "<": [(LOWEST, before)],
        "<=": [(LOWEST, after)],
        ">": [(after, HIGHEST)],
        ">=": [(before, HIGHEST)],
        "=": [(before, after)],
        "!=": [(LOWEST, before), (after, HIGHEST)],
    }[sign]


def _split(text: str) -> list[str]:
    parts = [part.strip() for part in re.split(r",(?![^\[(]*\.\.[^\[(]*[\])])", text)]
    if not all(parts):
        raise Unreadable(f"{text!r} names no number")
    return parts


def _number(text: str, kind: str, unit: str) -> float:
    said = text.strip()
    if kind == "duration":
        days = _DAYS.fullmatch(said)
        length = round(float(days.group(1)) * DAY) if days else read_duration(said)
        if length is None:
            raise Unreadable(f"{said!r} is no length of time, such as 30 days or 36h")
        return length
    if unit:
        singular = unit.removesuffix("s")
        said = re.sub(rf"\s*(?:{re.escape(unit)}|{re.escape(singular)})$", "", said)
    if kind == "int":
        if not re.fullmatch(r"-?\d{1,16}", said) or abs(int(said)) > canonical.MAX_INTEGER:
            raise Unreadable(f"{said!r} is no whole number")
        return int(said)
    value = read_double(said)
    if value is None or not math.isfinite(value):
        raise Unreadable(f"{said!r} is no number")
    return value


def _span_text(span: Span, kind: str, unit: str) -> str:
    (low, after), (high, before) = span
    if math.isinf(low) and math.isinf(high):
        return "any number"
    if math.isinf(low):
        return f"{'<=' if before else '<'} {number_text(high, kind, unit)}"
    if math.isinf(high):
        return f"{'>' if after else '>='} {number_text(low, kind, unit)}"
    if low == high:
        return number_text(low, kind, unit)
    left, right = "(" if after else "[", "]" if before else ")"
    return f"{left}{number_text(low, kind, unit)}..{number_text(high, kind, unit)}{right}"
