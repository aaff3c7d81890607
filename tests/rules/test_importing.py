"""Reading lists of others: every cell that cannot be taken is named by row and column, and nothing is guessed silently."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from consilience.domains.inventory.importing import rules, sheets
from consilience.domains.inventory.importing.columns import mapped
from consilience.kit.csv_out import csv_text
from consilience.kit.errors import BadInput

KNOWN = rules.Known(
    people={"eve@example.org": "urn:eve", "ida@example.org": "urn:ida"}, systems=frozenset(), models={}, imported=frozenset(),
    taken={"system": frozenset({"secret"}), "model": frozenset()},
)  # fmt: skip
HEAD = ("System", "Model", "Version", "Owner", "Live since", "Country", "Risk")
GOOD = ("Lending", "Card PD", "1.0", "eve@example.org", "2021-05-01", "DE", "high")


def excel(*rows: tuple[Any, ...], merge: str = "", title: str = "Models") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(*rows: tuple[Any, ...]) -> bytes:
    return csv_text(rows).encode()


def planned(data: bytes, name: str = "list.csv", *, columns: dict[str, str] | None = None, **said: Any) -> rules.Plan:
    read = sheets.read(data, name)
    usual: dict[str, Any] = {"defaults": {}, "known": KNOWN, "today": date(2026, 11, 24)}
    return rules.plan(read.rows, mapped(read, columns or {}), **usual | said)


def errors(plan: rules.Plan) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.code) for one in plan.findings if one.error]


def changed(**cells: Any) -> tuple[Any, ...]:
    names = ("system", "model", "version", "owner", "live", "country", "risk")
    return tuple(cells.get(name, said) for name, said in zip(names, GOOD, strict=True))


def test_a_row_becomes_a_system_a_model_and_a_version() -> None:
    plan = planned(text(HEAD, GOOD, changed(version="2.0", live="", country="")))
    assert errors(plan) == []
    system, model, *versions = plan.things
    assert (system.noun, system.row, system.facts["slug"], system.facts["jurisdictions"]) == (
        "system",
        2,
        "lending",
        ["DE"],
    )
    assert (system.facts["owner"], system.facts["tier"], system.facts["audience"]) == (
        "urn:eve",
        "high",
        ["not stated"],
    )
    assert (model.facts["slug"], model.facts["systems"]) == ("card-pd", ["lending"])
    assert [(one.facts["version"], one.facts["live_since"]) for one in versions] == [
        ("1.0", "2021-05-01"),
        ("2.0", None),
    ]
    assert versions[0].facts["authors"] == ["urn:eve"]


def test_headings_are_found_below_a_title_in_two_languages_and_can_be_named() -> None:
    german = ("Anwendung", "Modellname", "Verantwortlicher", "Produktiv seit", "Land")
    rows = (("Modellinventar 2026",), (), german, ("Kredit für Ältere", "PD", "eve@example.org", "31.12.2024", "de"))
    plan = planned(excel(*rows), "list.xlsx")
    assert errors(plan) == []
    assert plan.things[0].facts["slug"] == "kredit-fur-altere"
    assert plan.things[-1].facts["live_since"] == "2024-12-31"
    odd = text(("Thing", "Who", "Where"), ("Lending", "eve@example.org", "DE"))
    assert planned(odd, columns={"system": "Thing", "owner": "Who", "jurisdictions": "Where"}).errors == 0
    for columns in ({"system": "Nothing"}, {"nothing": "Thing"}, {}):
        with pytest.raises(BadInput):
            planned(odd, columns=columns)


def test_formulas_errors_and_merged_cells_are_named_in_each_row() -> None:
    rows = (
        HEAD,
        GOOD,
        changed(model="=A1&B1", version="3"),
        changed(version="4", live="#REF!"),
        changed(version="5"),
        changed(version="6"),
    )
    book = excel(*rows, merge="D5:D6")
    found = errors(planned(book, "list.xlsx"))
    assert (3, "Model", "formula") in found
    assert (4, "Live since", "error_value") in found or (4, "Live since", "no_day") in found
    assert {(5, "Owner", "merged"), (6, "Owner", "merged")} <= set(found)
    assert errors(planned(text(HEAD, changed(owner="=cmd|x")).replace(b"'=", b"="))) == [
        (2, "Owner", "formula"),
        (2, "Owner", "empty"),
    ]


@pytest.mark.parametrize(("cell", "code"), [
    ("soon", "no_day"), ("2024-02-30", "no_such_day"), ("31.04.2024", "no_such_day"), ("03/04/2024", "day_ambiguous"),
    ("45000", "day_is_number"), ("2026-11-25", "day_ahead"), ("1900-01-00", "no_such_day"), ("1900-01-01", "day_too_early"),
])  # fmt: skip
def test_a_wrong_date_is_named_with_what_is_wrong(cell: str, code: str) -> None:
    assert errors(planned(text(HEAD, changed(live=cell)))) == [(2, "Live since", code)]


def test_a_date_of_excel_is_that_day() -> None:
    late = datetime(2024, 3, 1, 23, 30)  # noqa: DTZ001 - Excel knows no zones
    plan = planned(excel(HEAD, changed(live=late), changed(version=2.0, live=date(2026, 11, 24))), "l.xlsx")
    assert [one.facts["live_since"] for one in plan.things if one.noun == "version"] == ["2024-03-01", "2026-11-24"]
    assert [one.facts["version"] for one in plan.things if one.noun == "version"] == ["1.0", "2"]


def test_duplicate_names_are_named_by_row() -> None:
    rows = (
        HEAD,
        GOOD,
        GOOD,
        changed(system="LENDING!", version="9"),
        changed(system="Cards"),
        changed(system="secret", model="Other"),
    )
    assert errors(planned(text(*rows))) == [
        (3, "Version", "version_twice"), (4, "System", "same_address"), (5, "Model", "model_twice"), (6, "System", "name_taken"),
    ]  # fmt: skip
    both = planned(text(HEAD, GOOD, changed(system="Cards")), shared=True)
    assert both.errors == 0
    assert next(one for one in both.things if one.noun == "model").facts["systems"] == ["lending", "cards"]


def test_what_contradicts_or_names_nobody_is_an_error() -> None:
    rows = (HEAD, GOOD, changed(version="2", owner="ida@example.org"), changed(version="3", owner="who@example.org"), changed(version="4", risk="huge"),
            changed(system="B", model="B", owner="", country="", risk="huge"), changed(system="Ω", model="C"))  # fmt: skip
    assert errors(planned(text(*rows))) == [
        (3, "Owner", "contradicts"), (4, "Owner", "contradicts"), (5, "Risk", "contradicts"),
        (6, "Risk", "no_tier"), (6, "Owner", "empty"), (6, "Country", "empty"), (7, "System", "no_address"),
    ]  # fmt: skip
    filled = planned(
        text(HEAD, changed(owner="", country="", risk="")),
        defaults={"owner": "eve@example.org", "jurisdictions": "FR", "tier": "low"},
    )
    assert filled.things[0].facts["jurisdictions"] == ["FR"]
    assert filled.things[0].facts["tier"] == "minimal"
    with pytest.raises(BadInput, match="cannot be said for all rows"):
        planned(text(HEAD, GOOD), defaults={"model": "x"})


def test_what_is_registered_already_is_passed_over() -> None:
    known = rules.Known(KNOWN.people, frozenset({"lending", "cards"}), {"card-pd": frozenset({"lending"})}, frozenset({("card-pd", "1.0")}),
                        {"system": frozenset({"lending"}), "model": frozenset({"card-pd"})})  # fmt: skip
    plan = planned(text(HEAD, GOOD, changed(version="2.0"), changed(system="Cards", version="3")), known=known)
    assert [(one.noun, one.facts.get("version")) for one in plan.things] == [("version", "2.0")]
    assert errors(plan) == [(4, "Model", "model_elsewhere")]
    assert {one.code for one in plan.findings if not one.error} == {"system_known", "imported_before"}


def test_files_that_are_none_of_ours_are_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1 << 20)
    monkeypatch.setattr(sheets, "MAX_ROWS", 50)
    bomb = excel(*([("x" * 100,) * 20] * 1000))
    for data, name in [
        (b"\xff\xfe\x00", "a.csv"), (b"\xe4", "a.csv"), (b'a,"b\n', "a.csv"), (b"", "a.csv"), (b"x", "a.xlsx"), (b"x", "a.xls"), (b"x", "a.pdf"),
        (bomb, "a.xlsx"), (b"a\n" * 60, "a.csv"), (b"," * 300 + b"x", "a.csv"), (b"x" * 10_001, "a.csv"),
    ]:  # fmt: skip
        with pytest.raises(BadInput):
            planned(data, name)
    assert planned("\ufeffSystem;Owner;Land\nA;eve@example.org;DE\n".encode("utf-16"), "a.txt").errors == 0


def test_twenty_thousand_rows_are_read_and_the_wrong_ones_named() -> None:
    rows = [
        changed(system=f"S{nth // 4}", model=f"M{nth}", live="x" if nth % 1000 == 0 else "2020-01-01")
        for nth in range(20_000)
    ]
    plan = planned(text(HEAD, *rows))
    assert plan.rows == 20_000
    assert errors(plan) == [(nth + 2, "Live since", "no_day") for nth in range(0, 20_000, 1000)]
    assert (plan.count("system"), plan.count("model")) == (5_000, 20_000)
