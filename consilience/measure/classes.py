"""Which class is the positive one: chosen by the caller, or plain because the values are 0 and 1 or false and true."""

from __future__ import annotations

from collections.abc import Iterable

from consilience.kit.errors import BadInput
from consilience.measure.values import spellings

NEGATIVE, POSITIVE, UNKNOWN = 0, 1, 2
PLAIN = ({"0": NEGATIVE, "1": POSITIVE}, {"false": NEGATIVE, "true": POSITIVE})
SHOWN = 5


def codes(values: Iterable[str], *, positive: str | None, where: str) -> dict[str, int]:
    """Which of the values seen in a column is the positive class: {value: 0 or 1}.

    Without `positive` the values have to be 0 and 1, or false and true. With it they are that value and at most one
    other. The answer for a value never depends on which other values were seen, so counts of two batches add up.
    Raises BadInput (at `where`) for three classes, for two that need a choice, and for a choice that is not there.
    """
    seen = sorted(set(values))
    chosen = spellings(positive) if positive is not None else frozenset()
    for plain in PLAIN:
        if set(seen) <= set(plain) and (positive is None or chosen & _plain_values()):
            return {value: _plain_code(value, chosen) for value in seen}
    if len(seen) > 2:
        alike = _spelled_alike(seen)
        hint = "(`--task multiclass` takes them)"
        if alike is not None:
            hint = f"({alike[1]!r} looks like {alike[0]!r}: write a class alike in all rows)"
        raise BadInput(where, f"two classes are expected, there are more: {shown(seen)} {hint}")
    if positive is None:
        raise BadInput(where, f"the values are {shown(seen)}: say which one is the positive class")
    if len(seen) == 2 and not chosen & set(seen):
        near = next((value for value in seen if _bare(value) == _bare(positive)), None)
        other = "" if near is None else f"; {near!r} is another class: write a class alike in all rows"
        raise BadInput(where, f"the positive class {positive!r} is not among the values {shown(seen)}{other}")
    made = {value: POSITIVE if value in chosen else NEGATIVE for value in seen}
    mixed = chosen & _plain_values() and set(seen) <= _plain_values()  # "1" beside "true": which is which?
    if len(seen) == 2 and (mixed or len(set(made.values())) == 1):
        raise BadInput(where, f"the values {shown(seen)} cannot be told apart as positive and negative")
    return made


def agree(label: Iterable[str], prediction: Iterable[str], *, positive: str | None) -> None:
    """Refuse predictions in other words than the labels, e.g. "yes" and "no" predicted as "good" and "bad"."""
    plain = [set(pair) for pair in PLAIN]
    if any(set(label) <= pair for pair in plain) and any(set(prediction) <= pair for pair in plain):
        if positive is None or spellings(positive) & _plain_values():
            return
    codes({*label, *prediction}, positive=positive, where="label and prediction together")


def are_plain(values: Iterable[str]) -> bool:
    """Whether the values are 0 and 1, or false and true."""
    return any(set(values) <= set(pair) for pair in PLAIN)


def same_words(label: Iterable[str], prediction: Iterable[str], *, where: str) -> None:
    """Refuse predictions that are spelled otherwise than the labels: then every one of them would count as wrong.

    That is so where both have several classes and none in common, and where a class is predicted that no row has, and but for case, blanks
    and marks at its ends it is a class that rows have (">50K." for ">50K"). Which spelling is meant is said by nobody but the sender.
    """
    labels, predicted = set(label), set(prediction)
    bare = {_bare(value): value for value in sorted(labels)}
    near = [(bare[_bare(value)], value) for value in sorted(predicted - labels) if _bare(value) in bare]
    if near:
        meant, said = near[0]
        raise BadInput(where, f"labels say {meant!r} and predictions {said!r}: write a class alike in both")
    if min(len(labels), len(predicted)) > 1 and not labels & predicted:
        problem = f"have no class in common: labels say {shown(labels)}, predictions {shown(predicted)}"
        raise BadInput(where, f"{problem}; write a class alike in both")


def shown(values: Iterable[str]) -> str:
    """The first few values as a person reads them in a sentence."""
    listed = sorted(values)
    return ", ".join(repr(value) for value in listed[:SHOWN]) + (", ..." if len(listed) > SHOWN else "")


def _spelled_alike(values: Iterable[str]) -> tuple[str, str] | None:
    """Two values that are one but for capitals, and blanks and marks at their ends."""
    met: dict[str, str] = {}
    for value in values:
        if _bare(value) in met:
            return met[_bare(value)], value
        met[_bare(value)] = value
    return None


def _bare(value: str) -> str:
    return value.strip(" .,;:!\t").casefold()


def _plain_values() -> set[str]:
    return set(PLAIN[0]) | set(PLAIN[1])


def _plain_code(value: str, chosen: frozenset[str]) -> int:
    code = {**PLAIN[0], **PLAIN[1]}[value]
    flipped = bool(chosen & {"0", "false"})
    return 1 - code if flipped else code
