"""Reading a pack: YAML that a product ships or an organisation writes. Whatever is off is told with its line.

A pack that is adopted loads for ever under the kinds, functions and fact schema that were stored with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.language.errors import PolicyError, nearest, one_of
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.types import BOOL, Schema
from consilience.domains.policy.obligations import clocks as clock_reader
from consilience.domains.policy.obligations.definitions import Definitions
from consilience.domains.policy.obligations.pack import (
    ANY_ROLE,
    Checked,
    Clock,
    Day,
    Obligation,
    Pack,
    Reading,
    Rule,
    Status,
    Wording,
    day,
)
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import Path, read_yaml

FORMAT = 1
ROLES = (
    "provider", "deployer", "developer", "controller", "processor", "creditor", "bank", "insurer", "employer",
    "covered_entity", "financial_entity", "essential_entity", "manufacturer",
    "general_purpose_provider", "organisation", ANY_ROLE,
)  # fmt: skip
"""As what the law addresses somebody. An organisation says at adoption which of a pack's roles it has."""
BEYOND_HERE = ("validation", "executive", "security")
"""Functions that a law may want to sign although they are none here."""

_PACK = ("pack", "format", "title", "edition", "summary", "source")
_PACK_OPTIONAL = ("applies_if", "definitions", "defaults", "timetables", "obligations", "clocks")
_DEFAULTS = ("status", "checked", "source", "applies_to", "law")
_OBLIGATION = ("id", "title", "text", "article", "signs", "evidence")
_OPTIONAL = (*_DEFAULTS, "aliases", "applies_if", "clocks", "threshold", "certainty", "note")
_WORDING = ("from", "until", "text", "applies_to", "applies_if", "readings", "note")
_READING = ("from", "until", "applies_if")
MOST_LISTED = 2000
RESERVED = ("changes", "impact", "new", "packs", "proposals")
"""Words of addresses, under which neither a pack nor an obligation could be found."""


def load(text: str, *, schema: Schema, kinds: Collection[str], functions: Collection[str], name: str = "pack") -> Pack:
    """The pack that a YAML text means. BadInput names the line and what was expected."""
    written, lines = read_yaml(text, name)
    return _Reader(Source(name, lines), schema, kinds, [*functions, *BEYOND_HERE]).pack(written)


class _Reader:
    def __init__(self, source: Source, schema: Schema, kinds: Collection[str], functions: Collection[str]) -> None:
        self.source, self.schema, self.kinds, self.functions = source, schema, kinds, functions
        self.definitions = Definitions({}, source, schema)
        self.whole: Rule | None = None
        self.defaults: dict[str, Json] = {}
        self.timetables: dict[str, Json] = {}
        self.clock_ids: set[str] = set()

    def pack(self, body: Json) -> Pack:
        fields = Fields(body, (), self.source, what="pack", required=_PACK, optional=_PACK_OPTIONAL)
        if fields.integer("format") != FORMAT:
            raise fields.bad("format", f"version {body['format']} is unknown; this product reads {FORMAT}")
        slug, edition = self._slug(fields, "pack"), self.day(fields, "edition")
        self.definitions = Definitions(body.get("definitions") or {}, self.source, self.schema)
        self.whole = self.rule(fields)
        self.defaults = self._named(fields, "defaults", _DEFAULTS)
        self.timetables = self._named(fields, "timetables")
        clocks = tuple(self._clock(item, ("clocks", at)) for at, item in enumerate(self._items(fields, "clocks")))
        self.clock_ids = self._once("clock", [one.id for one in clocks], "clocks")
        made = [
            self.obligation(slug, edition, item, ("obligations", at))
            for at, item in enumerate(self._items(fields, "obligations"))
        ]
        self._once("obligation", [name for one in made for name in one.names], "obligations")
        if not made and not clocks:
            raise fields.wrong((), "holds neither an obligation nor a clock")
        roles = sorted({role for one in made for wording in one.wordings for role in wording.applies_to} - {ANY_ROLE})
        return Pack(
            slug=slug, title=fields.words("title"), edition=edition, summary=fields.words("summary"),
            source=fields.text("source"), roles=tuple(roles), definitions=self.definitions.titles,
            obligations=tuple(made), clocks=clocks,
        )  # fmt: skip

    def obligation(self, pack: str, edition: Day, value: Json, path: Path) -> Obligation:
        named = value.get("id") if isinstance(value, Mapping) else None
        what = f"obligation {named}" if isinstance(named, str) else f"obligation {path[-1]}"
        fields = Fields(value, path, self.source, what=what, required=_OBLIGATION, optional=_OPTIONAL)
        for key in ("status", "checked", "source", "applies_to", "law"):
            if fields.value.get(key) is None and key not in self.defaults:
                raise fields.wrong(path, f"key {key!r} is missing, here and among the defaults")
        value = {**self.defaults, **fields.value}
        fields.value = value
        wordings = self.wordings(fields)
        disputed = fields.one_of("certainty", ["settled", "disputed"]) == "disputed" if "certainty" in value else False
        if disputed != wordings[-1].disputed:
            raise fields.wrong(
                path,
                "is disputed, so its newest wording needs at least two readings"
                if disputed
                else "has readings, so it must say `certainty: disputed`",
            )
        status = Status(fields.one_of("status", [one.value for one in Status]))
        self._fits(fields, status, wordings[-1], edition)
        clocks = self._known(fields, "clocks", self.clock_ids, "a clock of this pack") if "clocks" in value else ()
        return Obligation(
            pack=pack,
            id=self._slug(fields, "id"),
            aliases=self._aliases(fields),
            title=fields.words("title"),
            article=fields.text("article"),
            signs=self._known(fields, "signs", self.functions, "a function"),
            evidence=self._known(fields, "evidence", self.kinds, "a kind of evidence"),
            clocks=clocks,
            threshold=fields.text("threshold") if "threshold" in value else "",
            status=status,
            checked=Checked(fields.one_of("checked", [one.value for one in Checked])),
            source=fields.text("source"),
            wordings=wordings,
        )

    def wordings(self, fields: Fields) -> tuple[Wording, ...]:
        """What the law said, in the order of the days since which it said so."""
        law, path = fields.value["law"], (*fields.path, "law")
        if isinstance(law, str):
            if law not in self.timetables:
                meant = nearest(law, list(self.timetables))
                hint = f"; did you mean {meant!r}?" if meant else ""
                raise fields.bad("law", f"{law!r} is no timetable of this pack{hint}")
            law, path = self.timetables[law], ("timetables", law)
        if not isinstance(law, list) or not law:
            raise fields.bad("law", "must be a list of dated wordings, or the name of a timetable")
        made: list[Wording] = []
        for at, item in enumerate(law):
            part = Fields(
                item, (*path, at), self.source, what=f"{fields.what}, law", required=("since",), optional=_WORDING
            )
            wording = self.wording(part, fields)
            if made and wording.since <= made[-1].since:
                raise part.bad("since", f"{wording.since} does not lie after {made[-1].since}, the wording before it")
            made.append(wording)
        return tuple(made)

    def wording(self, part: Fields, of: Fields) -> Wording:
        text = part.words("text") if part.value.get("text") is not None else of.words("text")
        start, end = self.dates(part)
        holder = part if part.value.get("applies_to") is not None else of
        own = self.rule(part) or self.rule(of)
        readings = [Reading("", text, start, end, self._rules(own))]
        if part.value.get("readings") is not None:
            readings = [
                self.reading(item, (*part.path, "readings", at), part, own)
                for at, item in enumerate(part.items("readings"))
            ]
            if len(readings) < 2:
                raise part.bad("readings", "must hold at least two: what one side reads, and what the other")
            if len({one.id for one in readings}) != len(readings):
                raise part.bad("readings", "two of them have one id")
        note = next((one.words("note") for one in (part, of) if one.value.get("note") is not None), None)
        roles = self._known(holder, "applies_to", ROLES, "a role in law")
        if not roles:
            raise holder.bad("applies_to", f"names nobody; whoever it is: {ANY_ROLE}")
        return Wording(self.day(part, "since"), text, roles, tuple(readings), note)

    def reading(self, item: Json, path: Path, of: Fields, own: Rule | None) -> Reading:
        part = Fields(item, path, self.source, what=f"{of.what}, reading", required=("id", "text"), optional=_READING)
        start, end = self.dates(part)
        outer = self.dates(of)
        return Reading(
            part.slug("id"), part.words("text"), start or outer[0], end or outer[1], self._rules(self.rule(part) or own)
        )

    def dates(self, part: Fields) -> tuple[Day | None, Day | None]:
        start = self.day(part, "from") if part.value.get("from") is not None else None
        end = self.day(part, "until") if part.value.get("until") is not None else None
        if start is not None and end is not None and end < start:
            raise part.bad("until", f"{end} lies before {start}, the day from which it applies")
        return start, end

    def rule(self, fields: Fields) -> Rule | None:
        if fields.value.get("applies_if") is None:
            return None
        text = fields.text("applies_if")
        try:
            compile_expression(text, self.schema, expect=BOOL, scope=self.definitions.scope)
            return Rule(text, compile_expression(self.definitions.inlined(text), self.schema, expect=BOOL))
        except PolicyError as error:
            raise error.within(self.source.at((*fields.path, "applies_if"), f"{fields.what}, applies_if")) from None

    def _rules(self, own: Rule | None) -> tuple[Rule, ...]:
        return tuple(one for one in (self.whole, own) if one is not None)

    def day(self, fields: Fields, key: str) -> Day:
        return day(fields.value[key], self.source.at((*fields.path, key), f"{fields.what}, {key}"))

    def _fits(self, fields: Fields, status: Status, newest: Wording, edition: Day) -> None:
        """A status that the dates contradict on the day of the edition is a slip of the pen."""
        first = newest.readings[0]
        started = first.starts is None or first.starts <= edition
        ended = first.ends is not None and first.ends < edition
        if newest.disputed:
            return
        if status is Status.IN_FORCE and (not started or ended):
            raise fields.bad("status", f"is in_force, but on {edition} its dates say otherwise")
        if status is Status.ENACTED and started:
            raise fields.bad("status", f"is enacted_not_yet_applied, but it applies on {edition} by its dates")
        if status is Status.SUPERSEDED and first.ends is None:
            raise fields.bad("status", "is superseded, but no date says until when it applied")

    def _clock(self, item: Json, path: Path) -> Clock:
        return clock_reader.read(item, path, self.source)

    def _known(self, fields: Fields, key: str, allowed: Collection[str], what: str) -> tuple[str, ...]:
        found = fields.texts(key)
        for at, one in enumerate(found):
            if one not in allowed:
                meant = nearest(one, list(allowed))
                hint = f"; did you mean {meant!r}?" if meant else f"; expected {one_of(list(allowed))}"
                raise fields.wrong((*fields.path, key, at), f"{key}: {one!r} is not {what}{hint}")
            if one in found[:at]:
                raise fields.wrong((*fields.path, key, at), f"{key}: {one!r} stands twice")
        return found

    def _slug(self, fields: Fields, key: str) -> str:
        found = fields.slug(key)
        if found in RESERVED:
            raise fields.bad(key, f"{found!r} is a word of addresses; choose another")
        return found

    def _aliases(self, fields: Fields) -> tuple[str, ...]:
        found = fields.texts("aliases") if "aliases" in fields.value else ()
        for one in found:
            if not 1 <= len(one) <= 63 or one != " ".join(one.split()):
                raise fields.bad("aliases", f"{one!r} is no name of 1 to 63 characters")
        return found

    def _once(self, what: str, ids: Sequence[str], key: str) -> set[str]:
        for at, one in enumerate(ids):
            if one in ids[:at]:
                raise BadInput(
                    self.source.at((key,), key), f"two stand for the {what} {one!r}; ids and aliases are unique"
                )
        return set(ids)

    def _items(self, fields: Fields, key: str) -> list[Json]:
        found = fields.items(key) if fields.value.get(key) is not None else []
        if len(found) > MOST_LISTED:
            raise fields.bad(key, f"{len(found):,} are listed; at most {MOST_LISTED:,} are read")
        return found

    def _named(self, fields: Fields, key: str, allowed: Sequence[str] | None = None) -> dict[str, Json]:
        found = fields.value.get(key)
        if found is None:
            return {}
        part = Fields(found, (key,), self.source, what=key, required=(), optional=allowed or list(found))
        return dict(part.value)
