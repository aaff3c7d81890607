"""Every figure of a record, by its path in the record's fields: `attributes[0].gaps.fpr`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from consilience.domains.evidence.plain.figure import Group, PlainFigure, Shape, read

_NAMING = ("conditions", "asks", "key", "name", "start")
"""Fields by which a part of a record says what it is about; the first that is there."""
_FIGURE = frozenset({"value", "low", "high", "level", "method", "rows", "reason"})
SIDES = ("baseline", "version")
NUMBERS = ("p50_ms", "p99_ms", "error_share", "per_second", "covered_share", "duplicate_share", "reviewed_share")
"""Plain numbers that have a sentence of their own without a unit of their kind."""

Fields = Mapping[str, Any]


def figures(fields: Fields, units: Mapping[str, str] | None = None) -> dict[str, PlainFigure]:
    """All figures and all plain numbers with a known unit, by path, in the order of the record."""
    return dict(_walk(fields, "", (), units or {}))


def _walk(
    part: Fields, place: str, around: tuple[Fields, ...], units: Mapping[str, str]
) -> Iterator[tuple[str, PlainFigure]]:
    inside = (*around, part)
    for name, value in part.items():
        path = f"{place}.{name}" if place else name
        unit = units.get(_unnumbered(path), "")
        if _is_figure(value):
            yield path, _plain(path, value, inside, unit)
        elif isinstance(value, Mapping):
            yield from _walk(value, path, inside, units)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from _walk(item, f"{path}[{index}]", inside, units)
        elif (unit or name in NUMBERS) and value is not None and read(value).value is not None:
            yield path, PlainFigure(name, read(value), thing=_thing(inside), unit=unit)


def _is_figure(value: Any) -> bool:
    return isinstance(value, Mapping) and "value" in value and value.keys() <= _FIGURE


def _plain(path: str, value: Fields, inside: tuple[Fields, ...], unit: str) -> PlainFigure:
    parts = path.split(".")
    measure, parent = parts[-1], parts[-2] if len(parts) > 1 else ""
    if parent == "gaps":
        higher, lower = _ends(inside[-2], measure)
        return PlainFigure(measure, read(value), Shape.GAP, higher=higher, lower=lower, unit=unit)
    if measure in (*SIDES, "difference") and parent and "[" not in parent:
        shape = Shape.CHANGE if measure == "difference" else Shape.LEVEL
        return PlainFigure(parent, read(value), shape, unit=unit)
    if "key" in inside[-1] and "groups" in inside[-2] and measure != "ratio":
        return PlainFigure(measure, read(value), group=_group(inside[-2], inside[-1], measure), unit=unit)
    return PlainFigure(measure, read(value), thing=_thing(inside), unit=unit)


def _ends(attribute: Fields, measure: str) -> tuple[Group | None, Group | None]:
    """The groups between which a gap lies: those with the largest and the smallest value."""
    known = [(read(one.get(measure)).value, one) for one in attribute.get("groups") or ()]
    defined = sorted(
        ((value, at) for at, (value, _one) in enumerate(known) if value is not None), key=lambda pair: pair[0]
    )
    if len(defined) < 2:
        return None, None
    return tuple(_group(attribute, known[at][1], measure) for _value, at in (defined[-1], defined[0]))  # type: ignore[return-value]


def _group(attribute: Fields, group: Fields, measure: str) -> Group:
    """The group, with the rows that the measure is a share of: of those who would repay, say, not of everybody."""
    rows = read(group.get(measure)).rows
    return Group(str(attribute.get("name") or ""), str(group.get("key") or ""), rows)


def _thing(inside: tuple[Fields, ...]) -> str:
    for part in reversed(inside):
        for name in _NAMING:
            if isinstance(part.get(name), str) and part[name]:
                return str(part[name])
        if (
            isinstance(part.get("columns"), list)
            and all(isinstance(one, str) for one in part["columns"])
            and part["columns"]
        ):
            return ", ".join(part["columns"])
    return ""


def _unnumbered(path: str) -> str:
    return "".join(piece.split("]")[-1] for piece in path.split("["))
