"""Packs of obligations: what does not load, what is law on a day, what follows for a system."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.evidence import definitions
from consilience.domains.policy import document as policies
from consilience.domains.policy.language.facts import Facts, bind
from consilience.domains.policy.obligations import changes, document, rules, shipped
from consilience.domains.policy.obligations.definitions import in_words
from consilience.domains.policy.obligations.facts import of_system, system_schema
from consilience.domains.policy.obligations.pack import Day, Pack, today
from consilience.domains.policy.obligations.rules import Cited, Line, Phase, State, Why
from consilience.domains.policy.obligations.terms import Terms
from consilience.domains.policy.outcome import Code
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refusal

FUNCTIONS = ("engineering", "product", "legal", "ethics")
KINDS = tuple(kind["slug"] for kind in definitions.kinds())
BEFORE, AFTER = Day("2026-07-26"), Day("2026-07-27")
CREDIT = {"jurisdictions": ["DE"], "use": "credit_scoring", "data_categories": ["personal", "special_category"]}

SMALL = """\
pack: house-rules
format: 1
title: {en: House rules}
edition: 2026-11-23
summary: {en: Our own.}
source: The board
definitions:
  german: {title: {en: used in Germany}, if: '"DE" in system.jurisdictions'}
  credit: {title: {en: it scores credit}, if: 'german && system.use == "credit_scoring"'}
clocks:
  - {id: house-1, law: House rule 1, who: us, rule: {en: Tell the board.}, limit: {amount: 2, unit: days, count: calendar}, checked: text}
obligations:
  - id: house-tell
    aliases: [HR 1]
    title: {en: Tell the board}
    text: {en: Tell the board of every new model.}
    article: rule 1
    applies_to: [organisation]
    applies_if: credit || !german
    signs: [legal]
    evidence: [decision_record]
    clocks: [house-1]
    law:
      - {since: 2020-01-01, from: 2020-02-01, text: {en: Tell somebody.}}
      - {since: 2024-01-01, from: 2024-06-01}
    status: in_force
    checked: text
    source: The board
"""


def loaded(text: str, name: str = "pack") -> Pack:
    return document.load(text, schema=system_schema(), kinds=KINDS, functions=FUNCTIONS, name=name)


@cache
def ships(slug: str) -> Pack:
    return loaded(shipped.texts()[slug])


def facts(**system: Any) -> Facts:
    return bind(of_system("urn:of:it", system), system_schema())


def lines(
    pack: Pack, day: Day, system: Mapping[str, Any], cited: Mapping[str, Sequence[Cited]] | None = None
) -> dict[str, Line]:
    found = rules.lines([(pack, pack.roles)], facts(**system), day, cited or {})
    return {one.obligation.id: one for one in found}


# Loading


@pytest.mark.parametrize("slug", sorted(shipped.texts()))
def test_every_shipped_pack_loads(slug: str) -> None:
    pack = ships(slug)
    assert pack.slug == slug
    assert pack.title["de"]
    assert all(one.source and one.article for one in pack.obligations)


def test_no_two_shipped_packs_name_one_obligation_or_one_clock() -> None:
    packs = [ships(slug) for slug in shipped.texts()]
    names = [name for pack in packs for name in pack.by_name]
    clocks = [clock.id for pack in packs for clock in pack.clocks]
    assert len(names) == len(set(names)) >= 250
    assert len(clocks) == len(set(clocks)) == 28


def test_whatever_the_starter_policies_cite_is_an_obligation_of_a_shipped_pack() -> None:
    known = {name for slug in shipped.texts() for name in ships(slug).by_name}
    texts = policies.starter_texts().values()
    cited = {name for text in texts for name in _cited(text)}
    assert cited
    assert cited <= known


def _cited(text: str) -> list[str]:
    from consilience.kit.strict_yaml import read_yaml

    written, _lines = read_yaml(text, "starter")
    return [name for one in written["requirements"] for name in one["obligations"]]


def test_a_small_pack_loads_with_its_names_in_words() -> None:
    pack = loaded(SMALL)
    one = pack.by_name["HR 1"]
    assert one is pack.by_name["house-tell"]
    assert pack.roles == ("organisation",)
    rule = one.wordings[1].readings[0].rules[0]
    assert in_words(rule.text, pack.definitions) == {
        "en": "it scores credit or not: used in Germany",
        "de": "it scores credit oder nicht: used in Germany",
    }
    assert in_words('system.use == "other"', pack.definitions) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("clocks: [house-1]", "clocks: [house-2]", "line 22: obligation house-tell: clocks: 'house-2' is not a clock of this pack; did you mean 'house-1'?"),
        ("evidence: [decision_record]", "evidence: [decision_records]", "line 21: obligation house-tell: evidence: 'decision_records' is not a kind of evidence; did you mean 'decision_record'?"),
        ("signs: [legal]", "signs: [leagl]", "line 20: obligation house-tell: signs: 'leagl' is not a function; did you mean 'legal'?"),
        ("applies_to: [organisation]", "applies_to: [bank, bank]", "'bank' stands twice"),
        ("applies_to: [organisation]", "applies_to: []", "names nobody"),
        ("since: 2024-01-01", "since: 2019-01-01", "line 25: obligation house-tell, law: since: 2019-01-01 does not lie after 2020-01-01, the wording before it"),
        ("from: 2024-06-01", "from: 2024-06-01, until: 2024-05-31", "until: 2024-05-31 lies before 2024-06-01"),
        ("from: 2024-06-01", "from: 2024-02-30", "'2024-02-30' is no day such as 2026-11-23"),
        ("from: 2024-06-01", "from: 2027-01-01", "status: is in_force, but on 2026-11-23 its dates say otherwise"),
        ("status: in_force", "status: superseded", "is superseded, but no date says until when"),
        ("status: in_force", "status: enacted_not_yet_applied", "but it applies on 2026-11-23 by its dates"),
        ("status: in_force", "status: in_froce", "did you mean 'in_force'?"),
        ("status: in_force", "status: in_force\n    certainty: disputed", "is disputed, so its newest wording needs at least two readings"),
        ("from: 2024-06-01}", "readings: [{id: a, text: {en: A}}]}", "readings: must hold at least two"),
        ("from: 2024-06-01}", "readings: [{id: a, text: {en: A}}, {id: a, text: {en: B}}]}", "two of them have one id"),
        ("from: 2024-06-01}", "readings: [{id: a, text: {en: A}}, {id: b, text: {en: B}}]}", "has readings, so it must say `certainty: disputed`"),
        ("    law:\n      - {since: 2020-01-01, from: 2020-02-01, text: {en: Tell somebody.}}\n      - {since: 2024-01-01, from: 2024-06-01}", "    law: usual", "law: 'usual' is no timetable of this pack"),
        ("credit || !german", "credt || !german", "line 19: obligation house-tell, applies_if: line 1, column 1: found 'credt', which is no fact"),
        ("credit || !german", "system.use", "found text; expected truth value"),
        ("if: '\"DE\" in system.jurisdictions'", "if: credit", "definition german: line 1, column 1: found 'credit', which is no fact"),
        ("amount: 2, unit: days", "amount: 0, unit: days", "amount: 0 is no length of time"),
        ("amount: 2, unit: days", "amount: 2, unit: moons", "'moons' is not"),
        ("aliases: [HR 1]", "aliases: [house-tell]", "two stand for the obligation 'house-tell'"),
        ("id: house-tell", "id: changes", "'changes' is a word of addresses"),
        ("format: 1", "format: 2", "version 2 is unknown; this product reads 1"),
        ("    source: The board\n", "    source: The board\n    articel: x\n", "key 'articel' is unknown"),
        ("    article: rule 1\n", "    article: rule 1\n    article: rule 2\n", "key 'article' stands twice"),
        ("title: {en: House rules}", "title: &a {en: House rules}\nsummary: *a", "an alias; write the value out"),
    ],
)  # fmt: skip
def test_what_is_off_is_told_in_one_sentence_with_its_line(old: str, new: str, said: str) -> None:
    assert old in SMALL
    with pytest.raises(BadInput) as raised:
        loaded(SMALL.replace(old, new, 1))
    assert said in str(raised.value)
    assert "line" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_bomb_of_aliases_is_refused() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{name}: &{name} [*{last}, *{last}]\n" for last, name in pairwise("abcdefghi"))
    with pytest.raises(BadInput, match="an alias; write the value out"):
        loaded(bomb)


def test_definitions_that_double_one_another_are_refused_before_they_fill_the_memory() -> None:
    doubling = "".join(
        f"  d{n}: {{title: {{en: D}}, if: 'd{n - 1} || d{n - 1}'}}\n"
        if n
        else '  d0: {title: {en: D}, if: system.use == "other"}\n'
        for n in range(60)
    )
    with pytest.raises(BadInput, match="line 16: definition d8: if: comes to more than 4,000 characters"):
        loaded(SMALL.replace("definitions:\n", f"definitions:\n{doubling}"))


def test_two_clocks_of_one_id_and_an_empty_pack_are_refused() -> None:
    clock = next(line for line in SMALL.splitlines() if "id: house-1" in line)
    with pytest.raises(BadInput, match="the clock 'house-1'"):
        loaded(SMALL.replace(clock, f"{clock}\n{clock}"))
    with pytest.raises(BadInput, match="neither an obligation nor a clock"):
        loaded(SMALL[: SMALL.index("clocks:")])


# Days


def test_the_day_decides_the_wording_and_its_dates_the_phase() -> None:
    one = loaded(SMALL).obligations[0]
    assert one.on(Day("2019-12-31")) is None
    first, second = one.wordings
    assert one.on(Day("2023-12-31")) is first
    assert first.text["en"] == "Tell somebody."
    assert one.on(Day("2024-01-01")) is second
    reading = second.readings[0]
    assert rules.phase(reading, one.status, Day("2024-05-31")) is Phase.NOT_YET
    assert rules.phase(reading, one.status, Day("2024-06-01")) is Phase.IN_FORCE
    assert rules.phase(reading, document.Status.PENDING, Day("2030-01-01")) is Phase.PENDING


def test_the_last_day_still_counts() -> None:
    reading = (
        loaded(SMALL.replace("from: 2024-06-01", "from: 2024-06-01, until: 2027-12-31"))
        .obligations[0]
        .wordings[1]
        .readings[0]
    )
    assert rules.phase(reading, document.Status.IN_FORCE, Day("2027-12-31")) is Phase.IN_FORCE
    assert rules.phase(reading, document.Status.IN_FORCE, Day("2028-01-01")) is Phase.ENDED


def test_today_is_the_day_of_the_workspaces_zone() -> None:
    late = Instant("2026-12-01T23:30:00.000000Z")
    assert today(late, "Europe/Berlin") == "2026-12-02"
    assert today(late, "UTC") == "2026-12-01"


# The AI Act before and after 27 July 2026


def test_the_omnibus_moved_annex_iii_softened_article_4_and_added_4a() -> None:
    act = ships("eu-ai-act")
    before, after = lines(act, BEFORE, CREDIT), lines(act, AFTER, CREDIT)
    found = {one.obligation.id: one for one in changes.changes(before.values(), after.values())}
    assert set(found) == {
        "aia-4", "aia-4a", "aia-10-5", "aia-5-ba", "aia-5-bb",
        "aia-6-3", "aia-9", "aia-10", "aia-11", "aia-12", "aia-13", "aia-14", "aia-15", "aia-16", "aia-17", "aia-18",
        "aia-20", "aia-25", "aia-26", "aia-27", "aia-43-48", "aia-49-71", "aia-72", "aia-73", "aia-86",
    }  # fmt: skip
    moved = {name for name, one in found.items() if ("from", "2026-08-02", "2027-12-02") in _parts(one)}
    assert moved == {
        "aia-6-3", "aia-9", "aia-10", "aia-11", "aia-12", "aia-13", "aia-14", "aia-15", "aia-16", "aia-17", "aia-18",
        "aia-20", "aia-25", "aia-26", "aia-27",
    }  # fmt: skip
    assert {name for name, one in found.items() if ("state", "not_yet", "disputed") in _parts(one)} == {
        "aia-43-48", "aia-49-71", "aia-72", "aia-73", "aia-86",
    }  # fmt: skip
    assert {name: one.how for name, one in found.items() if one.how != "changed"} == {
        "aia-4a": "gained", "aia-5-ba": "gained", "aia-5-bb": "gained", "aia-10-5": "lost",
    }  # fmt: skip
    assert [one.part for one in found["aia-4"].differences] == ["text"]
    assert [one.part for one in found["aia-73"].differences] == ["state", "from", "readings"], (
        "what it asks is the same"
    )
    assert "sufficient level" in before["aia-4"].wording.text["en"]
    assert "no guarantee of a level" in after["aia-4"].wording.text["en"]
    assert (after["aia-4a"].state, found["aia-4a"].begins) == (State.NO_REQUIREMENT, None)
    assert (after["aia-5-ba"].state, found["aia-5-ba"].begins) == (State.NOT_YET, "2026-12-02")
    assert lines(act, Day("2026-12-02"), CREDIT)["aia-5-bb"].state is State.NO_REQUIREMENT


def _parts(one: changes.Change) -> list[tuple[str, str, str]]:
    return [(each.part, each.before, each.after) for each in one.differences]


def test_the_high_risk_date_of_2026_passed_without_effect_and_that_of_2027_will_not() -> None:
    act = ships("eu-ai-act")
    assert lines(act, Day("2026-08-02"), CREDIT)["aia-9"].in_force_from == "2027-12-02"
    assert lines(act, Day("2027-12-01"), CREDIT)["aia-9"].state is State.NOT_YET
    assert lines(act, Day("2027-12-02"), CREDIT)["aia-9"].state is State.NO_REQUIREMENT
    assert lines(act, Day("2026-08-02"), CREDIT)["aia-50"].state is State.NOT_APPLICABLE
    talks = CREDIT | {"use": "generative_assistant"}
    assert lines(act, Day("2026-08-01"), talks)["aia-50"].state is State.NOT_YET
    assert lines(act, Day("2026-08-02"), talks)["aia-50"].state is State.NO_REQUIREMENT


@pytest.mark.parametrize("law", ["eu-ai-act", "gdpr"])
@pytest.mark.parametrize("place", ["EU", "DE", "DE-BY"])
def test_a_part_of_a_member_state_lies_in_the_union(law: str, place: str) -> None:
    whole, part = (lines(ships(law), AFTER, CREDIT | {"jurisdictions": [one]}) for one in ("DE", place))
    assert {name: line.state for name, line in part.items()} == {name: line.state for name, line in whole.items()}
    assert State.NOT_YET in {line.state for line in part.values()} or State.NO_REQUIREMENT in {
        line.state for line in part.values()
    }


def test_a_dispute_ends_with_the_law_that_was_disputed() -> None:
    act = ships("eu-ai-act")
    (disputed,) = [one for one in act.obligations if one.id == "aia-73"]
    (*earlier, newest) = disputed.wordings
    over = tuple(replace(one, ends=Day("2028-01-01")) for one in newest.readings)
    ended = replace(disputed, wordings=(*earlier, replace(newest, readings=over)))
    pack = replace(act, obligations=(ended,))
    assert lines(pack, Day("2028-01-01"), CREDIT)["aia-73"].state is State.DISPUTED
    assert lines(pack, Day("2028-01-02"), CREDIT)["aia-73"].state is State.ENDED


def test_a_dispute_carries_both_readings_with_both_consequences() -> None:
    line = lines(ships("eu-ai-act"), Day("2026-11-23"), CREDIT)["aia-73"]
    assert line.state is State.DISPUTED
    assert [(one.reading.id, one.state) for one in line.consequences] == [
        ("general-date", State.NO_REQUIREMENT),
        ("with-high-risk", State.NOT_YET),
    ]
    assert line.in_force_from == "2027-12-02"
    elsewhere = lines(ships("eu-ai-act"), Day("2026-11-23"), {"jurisdictions": ["US"], "use": "credit_scoring"})
    assert elsewhere["aia-73"].state is State.NOT_APPLICABLE, "what does not apply by any reading is no dispute"


def test_colorados_old_law_never_has_to_be_kept_by_one_reading_and_the_new_one_begins_in_2027() -> None:
    there = {"jurisdictions": ["US-CO"], "use": "hiring"}
    old = lines(ships("us-colorado"), Day("2026-11-23"), there)
    assert [one.state for one in old["co-sb24-205"].consequences] == [State.NO_REQUIREMENT, State.ENDED]
    assert old["co-notice"].in_force_from == "2027-01-01"
    assert lines(ships("us-colorado"), Day("2026-01-31"), there)["co-sb24-205"].in_force_from == "2026-06-30"
    assert lines(ships("us-colorado"), Day("2025-08-27"), there)["co-sb24-205"].in_force_from == "2026-02-01"
    assert "co-notice" not in lines(ships("us-colorado"), Day("2026-01-31"), there)


def test_sr_11_7_ended_the_day_before_sr_26_2_began() -> None:
    there = {"jurisdictions": ["US"], "use": "credit_scoring"}
    for day, old, new in (
        ("2026-04-16", State.NO_REQUIREMENT, None),
        ("2026-04-17", State.ENDED, State.NO_REQUIREMENT),
    ):
        found = lines(ships("us-model-risk"), Day(day), there)
        assert found["sr11-7-validation"].state is old
        assert (found["sr262-validate"].state if "sr262-validate" in found else None) is new


# Whether it applies


def test_what_was_not_registered_stays_unknown_with_what_is_missing() -> None:
    line = lines(ships("eu-ai-act"), AFTER, {"jurisdictions": ["FR"]})["aia-9"]
    assert line.state is State.UNKNOWN
    assert [one["path"] for one in line.consequences[0].applies.reasons] == ["system.use"]
    assert lines(ships("eu-ai-act"), AFTER, {"jurisdictions": ["US"]})["aia-9"].state is State.NOT_APPLICABLE


def test_what_is_addressed_to_others_does_not_apply() -> None:
    act = ships("eu-ai-act")
    found = rules.lines([(act, ["deployer"])], facts(**CREDIT), Day("2028-01-01"), {})
    states = {one.obligation.id: one.state for one in found}
    assert states["aia-26"] is State.NO_REQUIREMENT
    assert states["aia-9"] is State.NOT_APPLICABLE
    assert states["aia-5-c"] is State.NO_REQUIREMENT, "anybody is everybody"


# What requirements say


def cited(*codes: Code) -> Cited:
    return Cited("p", "r", {"en": "R"}, "legal", {f"release {n}": code for n, code in enumerate(codes)})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], (State.NO_REQUIREMENT, None)),
        ([cited()], (State.OPEN, Why.NO_RELEASE)),
        ([cited(Code.SATISFIED)], (State.MET, None)),
        ([cited(Code.SATISFIED), cited(Code.NOT_APPLICABLE)], (State.MET, None)),
        ([cited(Code.NOT_APPLICABLE)], (State.OPEN, Why.NOT_ASKED_YET)),
        ([cited(Code.SATISFIED, Code.UNSATISFIED)], (State.OPEN, Why.UNMET)),
        ([cited(Code.SATISFIED), cited(Code.NO_EVIDENCE)], (State.OPEN, Why.UNMET)),
        ([cited(Code.ERROR)], (State.OPEN, Why.UNMET)),
        ([cited(Code.WAIVED)], (State.OPEN, Why.UNMET)),
        ([cited(Code.FORCED)], (State.OPEN, Why.UNMET)),
    ],
)
def test_an_obligation_is_met_when_every_requirement_that_cites_it_is(
    given: list[Cited], expected: tuple[State, Why | None]
) -> None:
    assert rules.answered(given) == expected


def test_a_requirement_may_cite_an_id_or_another_name_and_counts_once() -> None:
    pack = loaded(SMALL)
    asked = {"HR 1": [cited(Code.SATISFIED)], "house-tell": [cited(Code.SATISFIED)]}
    line = lines(pack, AFTER, {"jurisdictions": ["US"]}, asked)["house-tell"]
    assert line.state is State.MET
    assert [one.name for one in line.cited] == ["p/r"]


def test_a_gap_that_is_not_yet_in_force_says_already_whether_something_answers_it() -> None:
    line = lines(ships("eu-ai-act"), AFTER, CREDIT, {"aia-9": [cited(Code.SATISFIED)]})["aia-9"]
    assert (line.state, line.answer) == (State.NOT_YET, State.MET)


# Adopting


def test_a_name_means_one_thing_and_the_same_text_is_adopted_once() -> None:
    pack = loaded(SMALL)

    def asked(**said: Any) -> Refusal | None:
        roles = said.pop("roles", ["organisation"])
        return rules.may_adopt(pack, Terms(tuple(roles)), **{"text": SMALL, "stands": None, "taken": {}} | said)

    assert asked() is None
    taken = asked(taken={"HR 1": "other"})
    assert taken is not None
    assert taken.code == "policy.obligation_taken"
    again = asked(stands=SMALL)
    assert again is not None
    assert again.code == "policy.pack_adopted_already"
    with pytest.raises(BadInput, match="'bank' is no role of house-rules; expected organisation"):
        asked(roles=["bank"])
    with pytest.raises(BadInput, match="say at least one of organisation"):
        asked(roles=[])


def test_another_edition_is_told_part_by_part() -> None:
    old = loaded(SMALL)
    new = loaded(
        SMALL.replace("signs: [legal]", "signs: [legal, ethics]").replace(
            "Tell the board of every new", "Tell the board of every"
        )
    )
    where = {"jurisdictions": ["US"]}
    before, after = (lines(one, AFTER, where).values() for one in (old, new))
    (found,) = changes.changes(before, after)
    assert (found.how, found.begins) == ("changed", None)
    assert [one.part for one in found.differences] == ["text", "signs"]
    assert changes.changes(before, before) == []
    assert [one.how for one in changes.changes([], after)] == ["gained"]
    assert [one.how for one in changes.changes(before, [])] == ["lost"]


def test_the_example_of_the_manual_loads() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "manual" / "obligations.md").read_text(encoding="utf-8")
    block = manual[manual.index("    pack: house-rules") :].split("\n\n")[0]
    pack = loaded("\n".join(line[4:] for line in block.splitlines()))
    assert lines(pack, Day("2026-07-01"), {"jurisdictions": ["DE"]})["house-tell"].in_force_from == "2027-01-01"
    assert set(shipped.texts()) <= set(re.findall(r"`([a-z0-9-]+)`", manual)), "the manual names every shipped pack"
