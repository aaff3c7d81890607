"""Tables as people write them: what is wrong is said in one sentence with its line; out and in again as CSV; as DMN."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from consilience.domains.policy.language.expression import State
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.tables.ask import Known, ask
from consilience.domains.policy.tables.dmn import NAMESPACE, feel, table_to_dmn
from consilience.domains.policy.tables.document import load_table
from consilience.domains.policy.tables.findings import check
from consilience.domains.policy.tables.inputs import Line
from consilience.domains.policy.tables.reading import read_cell
from consilience.domains.policy.tables.rows_csv import rows_from_csv, rows_to_csv, with_rows
from consilience.domains.policy.tables.table import Table
from consilience.domains.policy.tables.words import cell_words, finding_words
from consilience.kit.errors import BadInput

SCHEMA = fact_schema([])
TABLE = """\
table: review-effort
title: {en: How much review, de: Wie viel Prüfung}
inputs:
  - name: stage
    value: release.stage
    title: {en: stage, de: Stufe}
    values: [framing, validation, operation]
  - {name: authors, value: size(model_version.authors), range: ">= 0", unit: people}
  - {name: where, value: system.jurisdictions, values: [DE, FR], others: true}
  - {name: notice, value: "days_between(release.proposed_at, now)", range: ">= 0", unit: days}
outputs:
  - {name: reviewers, type: int}
  - {name: pace, values: [slow, fast]}
rows:
  - id: early
    when: {stage: framing}
    then: {reviewers: 1, pace: fast}
    reason: {en: Nothing is decided yet, de: Noch ist nichts entschieden}
  - id: alone
    when: {stage: not(framing), authors: "< 2"}
    then: {reviewers: 3, pace: slow}
  - id: home
    when: {stage: "validation, operation", authors: ">= 2", where: only DE}
    then: {reviewers: 1, pace: fast}
  - id: abroad
    when: {stage: [validation, operation], authors: ">= 2", where: any of FR, notice: ">= 30 days"}
    then: {reviewers: 2, pace: slow}
default:
  then: {reviewers: 2, pace: fast}
  reason: {en: The usual}
"""
FACTS = {
    "release": {"stage": "validation", "proposed_at": "2026-11-01T00:00:00.000000Z"},
    "model_version": {"authors": ["a", "b"]},
    "system": {"jurisdictions": ["DE"]},
    "now": "2026-11-23T00:00:00.000000Z",
}


def read(text: str = TABLE, **options: Any) -> Table:
    return load_table(text, schema=SCHEMA, name="effort.yaml", **options)


def refused(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        read(text)
    return str(caught.value)


def changed(old: str, new: str) -> str:
    assert TABLE.count(old) == 1
    return TABLE.replace(old, new)


def answer(**facts: Any) -> Any:
    return ask(read(), bind({**FACTS, **facts}, SCHEMA))


def test_a_complete_table_answers_and_says_which_row_and_why_the_others_did_not() -> None:
    said = answer()
    assert said.outputs == ({"reviewers": 1, "pace": "fast"},)
    assert [read().rows[row].id for row in said.fired] == ["home"]
    assert [(read().rows[miss.row].id, miss.failed) for miss in said.misses] == [("early", (0,)), ("alone", (1,))]
    assert said.nearest is not None
    assert read().rows[said.nearest.row].id == "early"


def test_the_default_answers_where_no_row_does() -> None:
    said = answer(system={"jurisdictions": ["US"]})
    assert said.fired == (4,)
    assert read().row(said.fired[0]).id == "default"


def test_an_unknown_input_that_changes_nothing_is_no_hindrance() -> None:
    assert answer(release={"stage": "framing"}).state is State.VALUE


def test_of_several_rows_that_give_the_same_none_lends_its_reason() -> None:
    said = answer(release={"proposed_at": FACTS["release"]["proposed_at"]})  # type: ignore[index]
    assert (said.state, said.outputs) == (State.VALUE, ({"reviewers": 1, "pace": "fast"},))
    assert said.fired == (), "whether it is early or at home is not known"
    assert [read().row(row).id for row in said.possible] == ["early", "home"]


def test_an_unknown_input_that_matters_leaves_the_answer_unknown_with_its_reason() -> None:
    said = answer(system={})
    assert said.state is State.UNKNOWN
    assert said.open == (2,)
    assert said.given[2].reasons == ({"code": "not_read", "path": "system.jurisdictions"},)
    assert [read().row(row).id for row in said.possible] == ["home", "default"]


def test_a_value_that_the_table_knows_nothing_of_is_no_answer() -> None:
    said = answer(release={"stage": "retirement", "proposed_at": FACTS["release"]["proposed_at"]})  # type: ignore[index]
    assert (said.state, said.given[0].known, said.open) == (State.UNKNOWN, Known.OUTSIDE, (0,))


def test_an_input_that_cannot_be_computed_is_an_error() -> None:
    table = read(changed("size(model_version.authors)", "1 / size(model_version.authors)"))
    said = ask(table, bind({**FACTS, "model_version": {"authors": []}}, SCHEMA))
    assert said.state is State.ERROR


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("table: review-effort", "tabel: review-effort", "key 'tabel' is unknown"),
        ("id: alone", "id: early", "line 19: table review-effort: rows 1 and 2 have the id 'early'"),
        ("stage: framing}", "stage: framming}", "line 16: table review-effort, row early: stage: 'framming' is not framing, operation or validation; did you mean 'framing'?"),
        ("stage: framing}", "stage: data}", "'data' is not framing, operation or validation"),
        ("stage: framing}", "stag: framing}", "key 'stag' is unknown; expected authors, notice, stage or where; did you mean 'stage'?"),
        ('"< 2"', '"< two"', "line 20: table review-effort, row alone: authors: 'two' is no whole number"),
        ('"< 2"', '"< 2.5"', "'2.5' is no whole number"),
        ('"< 2"', "true", "true is no number"),
        ('"< 2"', '"[5..3]"', "range [5..3] is empty"),
        ('"< 2"', '"(2..3)"', "(2 people..3 people) holds no value"),
        ('"< 2"', '"< 0"', "'< 0' holds no value of this input, which is >= 0 people"),
        ('"< 2"', '"< 2,, 5"', "names no number"),
        ("only DE", "only DK", "'DK' is not DE or FR"),
        ("only DE", "[]", "names no member"),
        ("any of FR", "any of DE, FR", "line 26: table review-effort, row abroad: when: 'FR' is no input; a cell with a comma stands in quotes or brackets"),
        ("[validation, operation], authors", '"not(framing, validation, operation)", authors', "excludes every value"),
        ("size(model_version.authors)", "size(model_version.autors)", "did you mean 'authors'?"),
        ("size(model_version.authors)", "release.proposed_at", "a table can tell apart texts, truth values, numbers"),
        ('range: ">= 0", unit: people', 'range: "(0..1)", unit: people', "range: holds no value"),
        ('range: ">= 0", unit: people', "values: [1, 2]", "values: has no meaning here: numbers have a range"),
        ("values: [framing, validation, operation]", "values: [framing, production]", "this fact never is 'production'"),
        ("values: [framing, validation, operation]", "values: [framing, framing]", "'framing' stands twice"),
        ("values: [DE, FR], others: true", "others: true", "must name the values"),
        ("reviewers: 1, pace: fast}\n    reason", "reviewers: one, pace: fast}\n    reason", "reviewers: 'one' is no int"),
        ("reviewers: 3, pace: slow", "reviewers: 3, pace: sloow", "did you mean 'slow'?"),
        ("reviewers: 3, pace: slow", "reviewers: 3", "key 'pace' is missing"),
        ("{name: reviewers, type: int}", "{name: reviewers}", "type: is needed"),
        ("name: where", "name: stage", "two inputs are called 'stage'"),
        ("rows:\n", "hit: any\nrows:\n", "'any' is not collect, first or unique"),
        ("rows:\n", "decides: colour\nrows:\n", "'colour' is not tier"),
        ("rows:\n", "decides: tier\nrows:\n", "a tier follows from the system alone; 'release' belongs to a release"),
        ('authors: ">= 2", where: only DE', 'authors: ">= 1", where: only DE', "rows alone and home both answer for stage: validation, authors: 1 people"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(old: str, new: str, problem: str) -> None:
    said = refused(changed(old, new))
    assert problem in said
    assert "\n" not in said
    assert said.startswith("effort.yaml, line ")


def test_a_gap_is_told_with_where_it_lies_and_an_example() -> None:
    cut = TABLE[: TABLE.index("default:")]
    said = refused(cut)
    assert (
        "no row answers when stage: validation or operation; authors: at least 2 people; where: a list such as" in said
    )
    assert "for example stage: validation, authors: 2 people, where: " in said


def test_findings_are_told_in_german_too() -> None:
    cut = TABLE[: TABLE.index("default:")]
    table = read(cut, checked=False)
    assert "keine Zeile antwortet, wenn Stufe: validation oder operation" in finding_words(table, check(table), "de")[0]
    assert cell_words(table.rows[3].cells[3], table.inputs[3], "de") == "mindestens 30 days"


def test_a_row_that_never_answers_is_refused() -> None:
    silenced = changed("rows:\n", "hit: first\nrows:\n  - {id: all, then: {reviewers: 9, pace: slow}}\n")
    assert "row early never answers: the rows before it (all) leave no case for it" in refused(silenced)


def test_a_table_that_decides_the_tier_cannot_rest_on_it() -> None:
    tier = """\
table: tier
title: {en: Tier}
decides: tier
inputs: [{name: stated, value: system.tier, values: [minimal, limited, high]}]
outputs: [{name: level, values: [minimal, limited, high]}]
rows: [{id: all, then: {level: high}, reason: {en: Always}}]
"""
    assert "the tier cannot follow from the tier" in refused(tier)
    assert "gives a level" in refused(
        tier.replace("system.tier", "system.purpose").replace("name: level", "name: tier")
    )
    said = tier.replace("system.tier", "system.purpose").replace(", reason: {en: Always}", "")
    assert "reason: is missing; a tier is given with its reason" in refused(said)


@pytest.mark.parametrize("rows", [5_001, 170_000])
def test_a_table_that_is_too_large_is_refused_at_once(rows: int) -> None:
    head = TABLE[: TABLE.index("rows:\n") + 6]
    row = "- {id: a, then: {reviewers: 1, pace: fast}}\n"
    assert "at most" in refused(head + row * rows)


def test_rows_go_out_as_csv_and_come_in_again() -> None:
    table = read()
    text = rows_to_csv(table)
    assert (
        text.splitlines()[0]
        == "id,when stage,when authors,when where,when notice,then reviewers,then pace,reason de,reason en"
    )
    assert text.splitlines()[4] == 'abroad,"validation, operation",>= 2 people,any of FR,>= 30 days,2,slow,,'
    written = {"rows": rows_from_csv(text, table.outputs)}
    import yaml

    again = read(yaml.safe_dump({**yaml.safe_load(TABLE), **written}, allow_unicode=True))
    assert [(row.id, row.cells, row.then, row.reason) for row in again.rows] == [
        (row.id, row.cells, row.then, row.reason) for row in table.rows
    ]


def test_rows_of_a_csv_take_the_place_of_those_in_the_document() -> None:
    changed_rows = (
        rows_to_csv(read())
        .replace("alone,not(framing),< 2 people", "alone,not(framing),< 3 people")
        .replace(">= 2 people", ">= 3 people")
    )
    text = with_rows(TABLE, changed_rows)
    assert text.startswith(TABLE[: TABLE.index("rows:")])
    assert text.endswith(TABLE[TABLE.index("default:") :])
    assert [cell_words(row.cells[1], read().inputs[1]) for row in read(text).rows[1:3]] == [
        "below 3 people",
        "at least 3 people",
    ]
    policy = "policy: p\ntables:\n  - " + TABLE.replace("\n", "\n    ").rstrip() + "\nrequirements: []\n"
    within = with_rows(policy, changed_rows, table="review-effort")
    assert within.endswith("\nrequirements: []\n")
    assert within.count("< 3 people") == 1
    with pytest.raises(BadInput, match="holds 0 tables called 'none'; name one"):
        with_rows(policy, changed_rows, table="none")


def test_a_spreadsheet_takes_no_cell_for_a_formula() -> None:
    table = read(changed('"< 2"', '"= 1, 0"').replace("Nothing is decided yet", "=cmd()"))
    text = rows_to_csv(table)
    assert "'=cmd()" in text
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in text.splitlines() for cell in line.split(","))
    assert rows_from_csv(text, table.outputs)[0]["reason"]["en"] == "=cmd()"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no column 'id'"),
        ("id,when\n", "line 1: column 'when' is none of"),
        ("id,when stage,when stage\n", "stands twice"),
        ("id,when stage\na\n", "line 2: 1 cells; expected 2"),
        ('id,when stage\n"a\n', "is not CSV"),
    ],
)
def test_what_is_wrong_with_csv_is_said_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        rows_from_csv(text, read().outputs)


def test_csv_of_a_million_cells_is_not_read_to_its_end() -> None:
    with pytest.raises(BadInput, match="more than 5,000 rows"):
        rows_from_csv("id,when stage\n" + "a,framing\n" * 5_001, read().outputs)


@pytest.mark.parametrize(
    ("written", "said"),
    [("14 days", 'duration("P14D")'), ("324h", 'duration("PT1166400S")'), ("1.5s", 'duration("PT1.5S")')],
)
def test_a_length_of_time_goes_out_as_iso_8601_has_it(written: str, said: str) -> None:
    of = replace(read().inputs[3], domain=Line("duration"), unit="")
    assert feel(read_cell(written, of.domain), of) == said


def test_a_table_goes_out_as_dmn() -> None:
    root = ET.fromstring(table_to_dmn(read()).split("\n", 1)[1])
    names = {"d": NAMESPACE}
    table = root.find("d:decision/d:decisionTable", names)
    assert table is not None
    assert table.get("hitPolicy") == "UNIQUE"
    rules = table.findall("d:rule", names)
    tests = [
        [one.findtext("d:text", namespaces=names) for one in rule.findall("d:inputEntry", names)] for rule in rules
    ]
    assert tests[1] == ['not("framing")', "< 2", "-", "-"]
    assert tests[3] == ['"validation", "operation"', ">= 2", 'some m in ["FR"] satisfies list contains(?, m)', ">= 30"]
    assert table.findtext("d:output/d:defaultOutputEntry/d:text", namespaces=names) == "2"
    assert rules[0].findtext("d:annotationEntry/d:text", namespaces=names) == "early"
