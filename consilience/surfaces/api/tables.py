"""Decision tables: those in force, checking a draft, asking one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from ninja import Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.gate import tiering
from consilience.domains.inventory import queries as inventory
from consilience.domains.policy import queries
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.tables.ask import Answer, ask_values, given_value
from consilience.domains.policy.tables.dmn import table_to_dmn
from consilience.domains.policy.tables.findings import check
from consilience.domains.policy.tables.partition import TooManyPieces
from consilience.domains.policy.tables.reading import Unreadable, read_value
from consilience.domains.policy.tables.rows_csv import rows_to_csv
from consilience.domains.policy.tables.table import Table
from consilience.domains.policy.tables.told import answer_told, table_told
from consilience.domains.policy.tables.words import finding_words
from consilience.kit.errors import BadInput, NotFound
from consilience.surfaces.api.shared import In, Out, Request, Slug, operation, present
from consilience.surfaces.language import told_in

router = Router(tags=["policy"])
TableText = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]


class TableOut(Out):
    """A table in words. `inputs`, `outputs` and `rows` are as `/tables/ask` speaks of them."""

    policy: str | None
    table: str
    title: str
    hit: str
    decides: str | None
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    default: dict[str, Any] | None


class TextIn(In):
    text: TableText
    """One table, or a policy document with `tables`."""


class TableCheckOut(Out):
    table: str
    inputs: int
    rows: int
    whole: bool
    """No gap, no overlap where one row alone answers, no row that never answers."""
    findings: list[str]
    overlapping: int


class ExportIn(TextIn):
    table: str | None = None
    form: Literal["csv", "dmn"] = "csv"


class ExportOut(Out):
    table: str
    text: str


class AskIn(In):
    """Which table, by its text or by the policy in force that holds it; and of what: a system, or values of inputs."""

    text: TableText | None = None
    policy: Slug | None = None
    table: str | None = None
    system: Slug | None = None
    values: dict[str, str] = Field({}, max_length=50)
    """As cells write them; what is left out or empty is unknown. With a system they stand in place of its own."""


class TableAnswerOut(Out):
    table: str
    state: str
    """`value`, `unknown` or `error`"""
    outputs: list[dict[str, Any]]
    fired: list[dict[str, Any]]
    inputs: list[dict[str, Any]]
    missed: list[dict[str, Any]]
    nearest: dict[str, Any] | None
    possible: list[dict[str, Any]]
    open: list[str]


@operation(router.get, "/tables", action="policy.read")
def tables(request: Request) -> list[TableOut]:
    """The decision tables of the policies in force."""
    asof = present()
    access.ensure(request.auth, "policy.read", LIBRARY, asof)
    language = told_in()
    return [TableOut(policy=slug, **table_told(table, language)) for slug, table in queries.tables_in_force(asof)]


@operation(router.post, "/tables/check", action="policy.read")
def checked(request: Request, data: TextIn) -> list[TableCheckOut]:
    """What is wrong with the tables of a text: gaps, overlaps and rows that never answer, each with an example."""
    asof = present()
    access.ensure(request.auth, "policy.read", LIBRARY, asof)
    return [_checked(table) for table in queries.written_tables(data.text, asof)]


@operation(router.post, "/tables/export", action="policy.read")
def export(request: Request, data: ExportIn) -> ExportOut:
    """The rows of a table as CSV, or the table as DMN 1.3 XML."""
    asof = present()
    access.ensure(request.auth, "policy.read", LIBRARY, asof)
    table = _chosen(queries.written_tables(data.text, asof), data.table)
    text = rows_to_csv(table) if data.form == "csv" else table_to_dmn(table, told_in())
    return ExportOut(table=table.name, text=text)


@operation(router.post, "/tables/ask", action="policy.read")
def ask(request: Request, data: AskIn) -> TableAnswerOut:
    """What a table answers, which row fired and why, what kept the others, and what is unknown."""
    asof = present()
    access.ensure(request.auth, "policy.read", LIBRARY, asof)
    if (data.text is None) == (data.policy is None):
        raise BadInput("text", "name either the text of a table or the policy in force that holds it")
    if data.text is not None:
        listed = queries.written_tables(data.text, asof)
    else:
        listed = tuple(table for slug, table in queries.tables_in_force(asof) if slug == data.policy)
    table = _chosen(listed, data.table)
    if data.system is None:
        answer = _by_values(table, data.values)
    else:
        row = inventory.system(request.auth, data.system, asof)
        answer = tiering.asked(table, row, asof, replaced=_values(table, data.values))
    return TableAnswerOut(table=table.name, **answer_told(table, answer, told_in()))


def _checked(table: Table) -> TableCheckOut:
    try:
        found = check(table)
    except TooManyPieces as error:
        raise BadInput(f"table {table.name}", f"the cells of {error.name} tell too many values apart") from error
    said = finding_words(table, found, told_in())
    return TableCheckOut(
        table=table.name, inputs=len(table.inputs), rows=len(table.rows), whole=not said, findings=said,
        overlapping=found.overlapping,
    )  # fmt: skip


def _chosen(listed: tuple[Table, ...], name: str | None) -> Table:
    named = [one for one in listed if name is None or one.name == name]
    if not named:
        raise NotFound("table", name or "any")
    if len(named) > 1:
        raise BadInput("table", f"which one: {', '.join(one.name for one in named)}?")
    return named[0]


def _values(table: Table, said: Mapping[str, str]) -> dict[int, Any]:
    """The values that were said, by the number of the input."""
    at = {one.name: nth for nth, one in enumerate(table.inputs)}
    found = {}
    for name, text in said.items():
        if name not in at:
            raise BadInput(f"values.{name}", f"is no input; expected {', '.join(at)}")
        one = table.inputs[at[name]]
        try:
            found[at[name]] = read_value(text, one.domain, one.unit)
        except Unreadable as error:
            raise BadInput(f"values.{name}", str(error)) from error
    return {nth: value for nth, value in found.items() if value is not None}


def _by_values(table: Table, said: Mapping[str, str]) -> Answer:
    values = _values(table, said)
    return ask_values(table, [given_value(table, nth, values.get(nth)) for nth in range(len(table.inputs))])
