"""Which lost column an added one may be under another name: a suggestion, with a score and the reason for it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from consilience.kit.canonical import Json
from consilience.measure.metrics.listing import few_values
from consilience.measure.states.categories import CategoryState
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import ColumnState, Profile

SAME_VALUES = "same_values"
SAME_SHARES = "same_shares"
SENTENCES = {
    SAME_VALUES: "The values are distributed alike.",
    SAME_SHARES: "Other values, but with the same shares in order of size: as if each had been given another word or code.",
}
ALIKE_ENOUGH = {SAME_VALUES: 0.9, SAME_SHARES: 0.97}
WEIGHT_OF_NAMES = 0.05


@dataclass(frozen=True)
class Renamed:
    """A suggestion: `score` is from 0 (nothing alike) to 1 (the same distribution)."""

    lost: str
    added: str
    score: float
    reason: str

    def as_json(self) -> dict[str, Json]:
        return {
            "lost": self.lost, "added": self.added, "score": round(self.score, 6), "reason": self.reason,
            "sentence": SENTENCES[self.reason],
        }  # fmt: skip


def renamed_columns(reference: Profile, added: Profile, gone: Sequence[str], new: Sequence[str]) -> tuple[Renamed, ...]:
    """The most alike pairs of a lost and an added column, each column in one pair at most; names decide between equals.

    A pair is suggested when its columns are missing as often (within a tenth) and either hold the same values, or other
    values with the same shares.
    """
    pairs = []
    for lost in gone:
        for name in new:
            found = alike(lost, reference, name, added)
            if found is not None:
                named = SequenceMatcher(None, lost.lower(), name.lower()).ratio()
                pairs.append((found.score + WEIGHT_OF_NAMES * named, found))
    pairs.sort(key=lambda pair: (-pair[0], pair[1].lost, pair[1].added))
    taken: set[tuple[str, str]] = set()
    chosen = []
    for _, one in pairs:
        if not taken & {("lost", one.lost), ("added", one.added)}:
            taken |= {("lost", one.lost), ("added", one.added)}
            chosen.append(one)
    return tuple(chosen)


def alike(lost: str, reference: Profile, name: str, added: Profile) -> Renamed | None:
    """How alike two columns are, where that is enough to suggest that they are one. The same values are the better reason."""
    then, now = reference.columns.get(lost), added.columns.get(name)
    if then is None or now is None or not then.present or not now.present:
        return None
    missing = 1 - abs(then.missing / then.rows - now.missing / now.rows)
    if missing < ALIKE_ENOUGH[SAME_VALUES]:
        return None
    scores = {
        SAME_VALUES: missing * _same_values(then, reference.plan.column(lost).scale, now, added.plan.column(name).scale)
    }
    listed = few_values(then, reference.plan.column(lost).scale), few_values(now, added.plan.column(name).scale)
    if listed[0] is not None and listed[1] is not None:
        scores[SAME_SHARES] = missing * same_shares(listed[0], listed[1])
    enough = next((reason for reason, score in scores.items() if score >= ALIKE_ENOUGH[reason]), None)
    return None if enough is None else Renamed(lost, name, scores[enough], enough)


def _same_values(then: ColumnState, scale: Scale | None, now: ColumnState, other: Scale | None) -> float:
    """1 less the largest difference of two distribution functions, or the total variation of two lists of shares."""
    if isinstance(then, NumberState) and isinstance(now, NumberState) and scale is not None and other is not None:
        if then.minimum == then.maximum:
            return 0.0  # a constant says nothing of where it comes from
        places = sorted({*scale.edges, *other.edges})
        one, two = _distribution(then, scale), _distribution(now, other)
        return 1 - max((abs(_at(one, place) - _at(two, place)) for place in places), default=1.0)
    if isinstance(then, CategoryState) and isinstance(now, CategoryState) and len(then.counts) > 1:
        if not (then.complete and now.complete):
            return 0.0  # only hashes of some values are known
        values = {*then.counts, *now.counts}
        apart = (abs(then.counts.get(one, 0) / then.present - now.counts.get(one, 0) / now.present) for one in values)
        return 1 - sum(apart) / 2
    return 0.0


def same_shares(then: Mapping[str, int], now: Mapping[str, int]) -> float:
    """1 less the total variation of shares in order of size; 0 for other numbers of values or for a constant."""
    if len(then) != len(now) or len(then) < 2:
        return 0.0
    one, other = (
        sorted((rows / sum(found.values()) for rows in found.values()), reverse=True) for found in (then, now)
    )
    return 1 - sum(abs(p - q) for p, q in zip(one, other, strict=True)) / 2


def _distribution(state: NumberState, scale: Scale) -> list[tuple[float, float]]:
    """The share of values below each edge, the extremes around them."""
    made, seen = [(state.minimum or 0.0, 0.0)], 0
    for edge, rows in zip(scale.edges, state.bins, strict=False):
        seen += rows
        made.append((edge, seen / state.present))
    return [*made, (state.maximum or 0.0, 1.0)]


def _at(distribution: Sequence[tuple[float, float]], place: float) -> float:
    """The share below a place, in a straight line between what is known."""
    at = bisect_left(distribution, place, key=lambda one: one[0])
    if at < len(distribution) and distribution[at][0] == place:
        return distribution[at][1]
    if at == 0:
        return 0.0
    if at == len(distribution):
        return 1.0
    (left, low), (right, high) = distribution[at - 1], distribution[at]
    return low + (high - low) * (place - left) / (right - left) if right > left else low
