"""Records: which row is in force, what may replace what, and that rows are only ever inserted."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import count, product

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.domains.access.models import Grant
from consilience.domains.evidence.models import Evidence
from consilience.domains.inventory.models import System
from consilience.domains.ledger import log
from consilience.domains.ledger.act import act
from consilience.domains.people.models import Function, Person
from consilience.domains.review.models import SignOff
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import Refused
from consilience.kit.naming import Urn, new_urn
from consilience.kit.records import commitments, triggers
from consilience.kit.records.models import AsOf, Private, Record
from consilience.kit.records.registry import record_models
from tests.harness.builders import a_system, as_of, later, operator
from tests.harness.rows import a_row, rows_of_every_noun, smallest_body, sql
from tests.harness.workspaces import BEGINNING, Workspace

pytestmark = pytest.mark.usefixtures("workspace")
WORKSPACE = "0192f0c1-6a7e-7aaa-8bbb-0123456789ab"


# Which row is in force


@dataclass(frozen=True)
class Said:
    """One version of something, as hypothesis makes them up."""

    valid_from: int
    entry: int
    withdrawn: bool


def at(minutes: int) -> Instant:
    return shift(BEGINNING, minutes=minutes)


versions = st.lists(st.builds(Said, st.integers(0, 6), st.integers(0, 5), st.booleans()), min_size=1, max_size=7)
positions = count(1_000)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(versions, min_size=1, max_size=3))
def test_the_row_in_force_is_the_one_that_brute_force_finds(things: list[list[Said]]) -> None:
    """Late corrections, starts that lie ahead, withdrawals, ties: the query against the definition, for every moment."""
    start = max(next(positions) * 10, 10_000)
    urns = [new_urn(WORKSPACE, "function") for _ in things]
    rows: list[Function] = []
    ordinals = count()
    for urn, said in zip(urns, things, strict=True):
        for version, one in enumerate(sorted(said, key=lambda one: one.entry), start=1):
            body = {"slug": f"{urn[-20:]}", "title": "T", **({"withdrawn": True} if one.withdrawn else {})}
            row = Function.prepared(
                urn=urn, version=version, valid_from=at(one.valid_from),
                supersedes=rows[-1].digest if version > 1 else None, body=body,
            )  # fmt: skip
            row.position, row.ordinal = start + one.entry, next(ordinals)
            rows.append(row)
    Function.objects.bulk_create(rows)

    for minutes, entry in product(range(-1, 8), range(7)):
        asof = AsOf(valid_at=at(minutes), known_at=start + entry)
        expected = {row.digest for row in (in_force(rows, urn, asof) for urn in urns) if row}
        found = Function.objects.as_of(asof).filter(urn__in=urns).values_list("digest", flat=True)
        assert set(found) == expected, (minutes, entry)


def in_force(rows: list[Function], urn: Urn, asof: AsOf) -> Function | None:
    """The definition in docs/formats.md, word for word."""
    seen = [row for row in rows if row.urn == urn and row.valid_from <= asof.valid_at and row.position < asof.known_at]
    if not seen:
        return None
    greatest = max(seen, key=lambda row: (row.valid_from, row.position, row.ordinal))
    return None if greatest.withdrawn else greatest


@pytest.mark.on_both_databases
def test_a_correction_is_seen_from_its_position_on_and_reaches_back_in_time() -> None:
    wrong = a_row(System)
    before = as_of(later(minutes=1))
    with act(operator(), verb="tests.corrected", at=later(days=2)) as opened:
        right = opened.record(
            System, body={**wrong.body, "name": "right"}, replaces=wrong, valid_from=Instant(wrong.valid_from)
        )
    assert System.objects.as_of(before).get(urn=wrong.urn).digest == wrong.digest
    known_now = AsOf(valid_at=before.valid_at, known_at=log.size())
    assert System.objects.as_of(known_now).get(urn=wrong.urn).digest == right.digest


@pytest.mark.on_both_databases
def test_a_start_that_lies_ahead_changes_nothing_until_then() -> None:
    first = a_row(System)
    begins = later(days=30)
    with act(operator(), verb="tests.planned", at=later()) as opened:
        second = opened.record(System, body={**first.body, "name": "next"}, replaces=first, valid_from=begins)
    assert System.objects.as_of(as_of(shift(begins, microseconds=-1))).get().digest == first.digest
    assert System.objects.as_of(as_of(begins)).get().digest == second.digest


def test_what_is_withdrawn_has_no_row_in_force_and_keeps_its_history() -> None:
    row = a_row(Person)
    with act(operator(), verb="tests.withdrawn", at=later()) as opened:
        opened.withdraw(row)
    assert not Person.objects.as_of(as_of()).filter(urn=row.urn).exists()
    assert Person.objects.filter(urn=row.urn).count() == 2
    assert Person.objects.as_of(as_of(known_at=row.position + 1)).filter(urn=row.urn).exists()


def test_what_is_withdrawn_before_it_begins_never_begins() -> None:
    with act(operator(), verb="tests.planned", at=later()) as opened:
        planned = opened.record(System, body=smallest_body(System), valid_from=later(days=30))
    with act(operator(), verb="tests.withdrawn", at=later()) as opened:
        opened.withdraw(planned)
    assert not System.objects.as_of(as_of(later(days=60))).filter(urn=planned.urn).exists()


# What may replace what


def test_the_loser_of_a_race_is_refused() -> None:
    seen_by_both = a_row(System)
    a_row(System, replaces=seen_by_both)
    with pytest.raises(Refused) as refused:
        a_row(System, replaces=seen_by_both)
    assert refused.value.refusal.code == "changed_meanwhile"
    assert System.objects.filter(urn=seen_by_both.urn).count() == 2


@pytest.mark.on_both_databases
def test_of_two_who_replace_the_same_row_at_once_one_is_refused(workspace: Workspace) -> None:
    seen_by_both = a_row(System)
    ready, answers = threading.Barrier(4), []

    def replace(name: str) -> None:
        ready.wait()
        try:
            with act(operator(), verb="tests.renamed", at=later()) as opened:
                opened.record(System, body={**seen_by_both.body, "name": name}, replaces=seen_by_both)
            answers.append("done")
        except Refused as refused:
            answers.append(refused.refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=replace, args=(f"name {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["changed_meanwhile"] * 3 + ["done"]
    assert System.objects.filter(urn=seen_by_both.urn).count() == 2


@pytest.mark.on_both_databases
def test_the_database_itself_lets_a_row_be_superseded_once() -> None:
    first = a_row(Person)
    a_row(Person, replaces=first)
    other = Person.prepared(
        urn=Urn(first.urn), version=3, valid_from=later(), supersedes=first.digest, body={"active": True}
    )
    other.position, other.ordinal = 900, 0
    with pytest.raises(DatabaseError):
        other.save(force_insert=True)


@pytest.mark.parametrize("model", record_models(), ids=lambda model: model.noun)
def test_only_nouns_that_may_be_corrected_can_begin_in_the_past(model: type[Record]) -> None:
    yesterday = shift(later(), days=-1)
    if not model.never_backdated:
        with act(operator(), verb="tests.recorded", at=later()) as opened:
            opened.record(model, body=smallest_body(model), valid_from=yesterday)
        return
    with pytest.raises(Refused) as refused, act(operator(), verb="tests.recorded", at=later()) as opened:
        opened.record(model, body=smallest_body(model), valid_from=yesterday)
    assert refused.value.refusal.code == "backdated"


def test_grants_and_sign_offs_are_among_those_that_never_begin_in_the_past() -> None:
    assert Grant.never_backdated
    assert SignOff.never_backdated
    assert not Evidence.never_backdated


def test_one_act_records_one_version_of_a_thing() -> None:
    urn = new_urn(WORKSPACE, "system")
    bodies = [smallest_body(System), smallest_body(System)]
    with pytest.raises(RuntimeError, match="twice"), act(operator(), verb="tests.recorded", at=later()) as opened:
        _ = [opened.record(System, body=body, urn=urn) for body in bodies]


def test_a_name_is_never_given_twice_even_past_the_rules() -> None:
    a_system("lending")
    again = System.prepared(
        urn=new_urn(WORKSPACE, "system"), version=1, valid_from=later(), supersedes=None, body={"slug": "lending"}
    )
    again.position, again.ordinal = 900, 0
    with pytest.raises(DatabaseError):
        again.save(force_insert=True)


# Personal text


def test_a_body_holds_a_commitment_and_the_text_lies_apart() -> None:
    row = a_row(Person)
    assert "remark" in row.body
    assert row.body["remark"].keys() == {"commitment"}
    text = commitments.text(row.body["remark"])
    assert text is not None
    assert text not in row.canonical


def test_erasing_a_text_leaves_the_record_as_it_is() -> None:
    row = a_row(Person)
    Private.objects.filter(commitment=row.body["remark"]["commitment"]).delete()
    assert commitments.text(row.body["remark"]) is None
    assert Person.objects.get(digest=row.digest).canonical == row.canonical


def test_the_same_text_is_never_committed_to_twice_alike() -> None:
    (first, _), (second, kept) = commitments.commit("Ana"), commitments.commit("Ana")
    assert first != second
    assert commitments.code_of("Ana", bytes(kept.salt)) == second["commitment"]
    assert len(bytes(kept.salt)) == 32


# Rows are only inserted


@pytest.mark.on_both_databases
def test_no_record_can_be_updated_deleted_or_truncated() -> None:
    rows_of_every_noun()
    for guard in triggers.guarded():
        assert sql(f"SELECT count(*) FROM {guard.table}")[0][0] > 0
        for column in guard.fixed:
            refused(f"UPDATE {guard.table} SET {column} = {other_value(column)}")
        refused(f"DELETE FROM {guard.table}")
        if connection.vendor == "postgresql":
            refused(f"TRUNCATE {guard.table} CASCADE")


@pytest.mark.on_sqlite
def test_no_record_can_be_replaced_by_an_insert_whatever_the_connection() -> None:
    """INSERT OR REPLACE deletes the older row without its DELETE trigger, unless a connection asks for that."""
    rows_of_every_noun()
    sql("PRAGMA recursive_triggers = OFF")  # as in a shell of one's own
    for guard in triggers.guarded():
        columns = [row[1] for row in sql(f"PRAGMA table_info({guard.table})")]
        for index in [row for row in sql(f"PRAGMA index_list({guard.table})") if row[2]]:  # the unique ones
            key = [row[2] for row in sql(f"PRAGMA index_info({index[1]})")]
            only_first = bool(index[4])  # the partial ones hold among first versions
            taken = f"{key[0]} IS NOT NULL" + (" AND version = 1" if only_first else "")
            row = dict(zip(columns, sql(f"SELECT * FROM {guard.table} WHERE {taken} LIMIT 1")[0], strict=True))
            kept = {*key, *(["version"] if only_first else [])}
            other = {name: row[name] if name in kept else other_than(name, row[name]) for name in columns}
            marks = ", ".join(["%s"] * len(columns))
            refused(f"INSERT OR REPLACE INTO {guard.table} ({', '.join(columns)}) VALUES ({marks})", *other.values())


@pytest.mark.on_both_databases
def test_an_index_column_may_be_filled_again() -> None:
    row = a_row(System)
    sql("UPDATE inventory_system SET slug = 'renamed' WHERE digest = %s", row.digest)
    assert System.objects.get(digest=row.digest).slug == "renamed"


@pytest.mark.on_sqlite
def test_triggers_stand_again_after_a_migration_that_makes_a_table_anew() -> None:
    a_row(System)
    field = System._meta.get_field("slug")
    wider = models.CharField(max_length=64, db_index=True)
    wider.set_attributes_from_name("slug")
    wider.model = System
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
    with connection.schema_editor() as editor:
        editor.alter_field(System, field, wider)  # SQLite: a new table, and the old one dropped with its triggers
    gone = {name for name in triggers.missing(connection) if name.startswith("inventory_system_no_")}
    assert gone == {"inventory_system_no_replace", "inventory_system_no_update", "inventory_system_no_delete"}
    call_command("migrate", verbosity=0)
    assert triggers.missing(connection) == []
    refused("DELETE FROM inventory_system")


@pytest.mark.on_both_databases
def test_a_trigger_that_does_nothing_counts_as_missing() -> None:
    if connection.vendor == "sqlite":
        sql("DROP TRIGGER people_person_no_delete")
        sql("CREATE TRIGGER people_person_no_delete BEFORE DELETE ON people_person BEGIN SELECT 1; END")
        assert triggers.missing(connection) == ["people_person_no_delete"]
        return
    for state in ("DISABLE", "ENABLE REPLICA"):
        sql(f"ALTER TABLE people_person {state} TRIGGER people_person_no_delete")
        assert triggers.missing(connection) == ["people_person_no_delete"]
    sql("ALTER TABLE people_person ENABLE TRIGGER people_person_no_delete")
    assert triggers.missing(connection) == []
    sql(
        "CREATE OR REPLACE FUNCTION consilience_insert_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN OLD; END $$"
    )
    assert "people_person_no_delete" in triggers.missing(connection)


def refused(statement: str, *values: object) -> None:
    with pytest.raises(DatabaseError, match="insert-only"):
        sql(statement, *values)


def other_value(column: str) -> str:
    if column in {"position", "ordinal", "version"}:
        return f"{column} + 1000"
    return "NULL" if column in {"leaf", "exact"} else "'other'"


def other_than(column: str, value: object) -> object:
    if isinstance(value, int):
        return value + 1000
    return value + b"x" if isinstance(value, bytes) else f"other {column}"
