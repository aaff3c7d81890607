"""A figure in sentences that anybody can read: what it means for people, how sure it is, on how many it rests, and what a
rule asks of it. Never only the number again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consilience.domains.evidence.plain.figure import Group, Limit, PlainFigure, Reading, Shape
from consilience.domains.evidence.plain.meaning import Meaning, known
from consilience.domains.evidence.plain.phrases import COUNTED, ENGLISH, INDICES, RATES, SIGNED, Phrases
from consilience.domains.evidence.plain.phrases_de import GERMAN
from consilience.domains.evidence.plain.reasons import reason

PHRASES: Mapping[str, Phrases] = {"en": ENGLISH, "de": GERMAN}
FEW = 100
"""Fewer cases than these make a share rough: one case more or less changes it by a hundredth."""
HARDLY = 0.005
"""A gap below this is no case in a hundred."""
SMALL, LARGE = 0.1, 0.25
"""The marks by which the field calls a stability index a moderate or a large shift."""
_HOLDS = {
    ">=": lambda value, limit: value >= limit, ">": lambda value, limit: value > limit,
    "<=": lambda value, limit: value <= limit, "<": lambda value, limit: value < limit,
}  # fmt: skip


def tell(figure: PlainFigure, meaning: Meaning, language: str, limit: Limit | None = None) -> str:
    """The figure in a few short sentences of a language, else in English."""
    return _Teller(figure, meaning, known(language)).told(limit)


def people_of(group: Group, meaning: Meaning, language: str) -> str:
    """What the members of a group are called: "applicants over 65", or by the group's key."""
    phrases, attribute = PHRASES[known(language)], group.attribute.replace("_", " ")
    words = meaning.groups.get((group.attribute, group.key))
    if words:
        return f"{meaning.people} {words}"
    if group.key == "(missing)":
        return phrases.no_value.format(people=meaning.people, attribute=attribute)
    return phrases.group.format(people=meaning.people, key=group.key, attribute=attribute)


class _Teller:
    def __init__(self, figure: PlainFigure, meaning: Meaning, language: str) -> None:
        self.figure, self.meaning, self.language = figure, meaning, language
        self.phrases = PHRASES[language]
        self.reading: Reading = figure.reading
        self.base = 100 if figure.measure == "ratio" else _base(self.reading.value or 0.0)

    def told(self, limit: Limit | None) -> str:
        if self.reading.value is None:
            return self.undefined(reason(self.reading.reason, self.language))
        parts = [*self.about(), _first_up(self.main()), *self.certainty(), *self.size(), *self.asked(limit)]
        return " ".join(part for part in parts if part)

    # What it says

    def main(self) -> str:
        measure, shape = self.figure.measure, self.figure.shape
        if shape is Shape.GAP:
            return self.gap()
        if shape is Shape.CHANGE:
            return self.change()
        if measure in RATES:
            return self.phrases.rate.format(people=self.people(), n=self.count(), **self.rate())
        if measure in INDICES:
            return self.phrases.index.format(thing=self.figure.thing, size=self.moved())
        template = self.phrases.measures.get(measure) or self.generic()
        return template.format(**self.values())

    def undefined(self, why: str) -> str:
        if self.figure.shape is Shape.GAP:
            return self.phrases.undefined_gap.format(reason=why)
        if self.figure.measure in RATES:
            return self.phrases.undefined_rate.format(people=self.people(), reason=why, **self.rate())
        said = self.phrases.undefined.format(name=self.name(), reason=why)
        return " ".join([*self.about(), said])

    def generic(self) -> str:
        units = {"share": self.phrases.share, "milliseconds": self.phrases.milliseconds}
        return units.get(self.figure.unit, self.phrases.level)

    def gap(self) -> str:
        figure, measure = self.figure, self.figure.measure
        named = figure.higher is not None and figure.lower is not None
        ends = {"higher": self.people(figure.higher), "lower": self.people(figure.lower)} if named else {}
        if measure in RATES:
            if not named:
                return self.phrases.rate_gap_unnamed.format(people=self.meaning.people, n=self.count(), **self.rate())
            template = self.phrases.rate_level if (self.reading.value or 0) < HARDLY else self.phrases.rate_gap
            return template.format(n=self.count(), **ends, **self.rate())
        if measure == "accuracy" and named:
            return self.phrases.right_gap.format(n=self.count(), base=self.whole(self.base), **ends)
        template = self.phrases.gap if named else self.phrases.gap_unnamed
        return template.format(name=self.name(), x=self.number(abs(self.reading.value or 0)), **ends)

    def change(self) -> str:
        measure = self.figure.measure
        if measure in RATES:
            return self.phrases.rate_change.format(people=self.people(), n=self.count(), way=self.way(), **self.rate())
        if measure == "accuracy":
            return self.phrases.right_change.format(
                people=self.people(), n=self.count(), base=self.whole(self.base), way=self.way()
            )
        x = self.number(abs(self.reading.value or 0))
        return self.phrases.change.format(name=self.name(), x=x, way=self.way())

    def rate(self) -> dict[str, str]:
        of, result = RATES[self.figure.measure]
        clause = getattr(self.meaning, of) if of else ""
        condition = self.phrases.condition.format(who=self.meaning.who, clause=clause) if clause else ""
        said = getattr(self.meaning, result)
        return {"condition": condition, "result": said, "base": self.whole(self.base)}

    def values(self) -> dict[str, Any]:
        value = self.reading.value or 0.0
        return {
            "people": self.people(), "who": self.meaning.who, "positive": self.meaning.positive,
            "negative": self.meaning.negative, "thing": self.figure.thing, "n": self.count(), "base": self.whole(self.base),
            "x": self.number(abs(value) if self.figure.measure in SIGNED else value),
            "way": self.way(), "name": self.name(),
        }  # fmt: skip

    def about(self, *, always: bool = False) -> list[str]:
        """Of whom or what it speaks, where its own sentence does not say."""
        group, thing, measure = self.figure.group, self.figure.thing, self.figure.measure
        template = "" if always or measure in INDICES else self.phrases.measures.get(measure, "")
        if group is not None and (always or (measure not in RATES and "{people}" not in template)):
            return [self.phrases.only.format(people=self.people())]
        if thing and measure not in INDICES and "{thing}" not in template:
            return [self.phrases.only.format(people=f"“{thing}”" if self.language == "en" else f"„{thing}“")]
        return []

    # How sure it is

    def certainty(self) -> list[str]:
        compared = self.figure.shape is not Shape.LEVEL
        if not self.reading.sure:
            return [self.phrases.chance_unknown] if compared else []
        low, high = self.reading.low or 0.0, self.reading.high or 0.0
        chance = self.phrases.chance if low <= 0 <= high else self.phrases.chance_not
        if self.figure.measure in INDICES:
            return [chance]
        return [chance, self.ends()] if compared or self.figure.measure in SIGNED else [self.ends()]

    def ends(self) -> str:
        low, high = self.end("low"), self.end("high")
        if low == high:
            return ""
        if self.both_ways():
            return self.phrases.between_ways.format(low=low, high=high)
        return (self.phrases.between_rate if self.counts() else self.phrases.between).format(low=low, high=high)

    def size(self) -> list[str]:
        higher, lower = self.figure.higher, self.figure.lower
        if self.figure.shape is Shape.GAP and higher is not None and lower is not None:
            if higher.rows is None or lower.rows is None:
                return []
            said = self.phrases.group_sizes.format(one=self.whole(higher.rows), other=self.whole(lower.rows))
            return [said]
        rows = self.reading.rows
        if not rows:
            return []
        return [(self.phrases.rests_few if rows < FEW else self.phrases.rests).format(rows=self.whole(rows))]

    # What a rule asks

    def asked(self, limit: Limit | None) -> list[str]:
        if limit is None:
            return []
        looked = {"low": self.reading.low, "high": self.reading.high}.get(limit.end, self.reading.value)
        asks = self.phrases.asks[limit.sign].format(limit=self.amount(limit.value))
        if looked is None:
            return [asks]
        taken = [self.phrases.ends[limit.end].format(end=self.amount(looked))] if limit.end in self.phrases.ends else []
        kept = _HOLDS[limit.sign](looked, limit.value)
        return [asks, *taken, self.phrases.kept if kept else self.phrases.not_kept]

    # Numbers

    def counts(self) -> bool:
        """Whether it is told as so many in a hundred."""
        measure, shape = self.figure.measure, self.figure.shape
        if measure in RATES or measure == "accuracy":
            return True
        return shape is Shape.LEVEL and (measure in COUNTED or self.figure.unit == "share")

    def both_ways(self) -> bool:
        return self.figure.shape is Shape.CHANGE or self.figure.measure in SIGNED

    def amount(self, value: float) -> str:
        """A number of the rule's: as so many in a hundred where the sentence counts, exactly as it was asked."""
        if not self.counts():
            return self.number(value)
        return self.phrases.in_base.format(n=self.number(round(value * 100, 4)), base=100)

    def end(self, name: str) -> str:
        """An end of the interval, with its direction where the figure goes both ways."""
        value = float(getattr(self.reading, name) or 0.0)
        size = abs(value) if self.both_ways() else max(0.0, value) if self.counts() else value
        shown = self.whole(round(size * self.base)) if self.counts() else self.number(size)
        return f"{shown} {self.way(value)}" if self.both_ways() else shown

    def count(self) -> str:
        value = abs(self.reading.value or 0.0)
        if value == 0:
            return self.phrases.none
        if value == 1 and self.figure.measure != "ratio":
            return self.phrases.every
        many = round(value * self.base)
        return self.phrases.about.format(n=self.whole(many)) if many else self.phrases.fewer

    def way(self, value: float | None = None) -> str:
        up = ((self.reading.value if value is None else value) or 0.0) >= 0
        if self.counts():
            return self.phrases.more if up else self.phrases.less
        return self.phrases.higher if up else self.phrases.lower

    def moved(self) -> str:
        sure = self.reading.value if self.reading.low is None else self.reading.low
        sizes = self.phrases.sizes
        return sizes[2] if (sure or 0) >= LARGE else sizes[1] if (sure or 0) >= SMALL else sizes[0]

    def name(self) -> str:
        named = self.phrases.names.get(self.figure.measure, self.figure.measure.replace("_", " "))
        return named.format(thing=self.figure.thing)

    def people(self, group: Group | None = None) -> str:
        group = group or self.figure.group
        return self.meaning.people if group is None else people_of(group, self.meaning, self.language)

    def whole(self, value: int) -> str:
        return f"{value:,}".replace(",", self.phrases.thousands)

    def number(self, value: float) -> str:
        """Three digits that count; no zeros at the end."""
        shown = f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
        if "e" in shown:
            shown = f"{value:.6f}".rstrip("0").rstrip(".") or "0"
        return shown.translate({ord(","): self.phrases.thousands, ord("."): self.phrases.decimal})


def _base(share: float) -> int:
    """Of how many a share is told: of a hundred, or of more where fewer than two would be left."""
    apart = min(abs(share), abs(1 - abs(share)))
    if apart == 0 or apart >= 0.02:
        return 100
    return 1000 if apart >= 0.002 else 10_000


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
