"""Importing an inventory from Excel or CSV: what a file would register and what stands against it; then part by part."""

from __future__ import annotations

from ninja import Router
from pydantic import Field

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.content import actions as content
from consilience.domains.content import queries as contents
from consilience.domains.inventory.importing import actions, columns, queries, rules
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.surfaces import import_words
from consilience.surfaces.api import uploads
from consilience.surfaces.api.shared import MAX_INT, In, Line, Out, Request, Text, operation, present
from consilience.surfaces.api.versions import Ticket

router = Router(tags=["inventory"])
SALT = "consilience.inventory.plan"
"""Plans have tickets of their own: nobody uploads one."""
MOST_FINDINGS = 20_000
MAX_BYTES = 64 * 2**20


class ImportCheckIn(In):
    """A file that was uploaded, and how to read it."""

    upload: Ticket
    name: Line
    """What the file is called; its ending says how to read it."""
    sheet: Line | None = None
    columns: dict[Line, Text] = Field(default_factory=dict, max_length=50)
    """Field to heading, where the guess is wrong; "" leaves the field out."""
    defaults: dict[Line, Text] = Field(default_factory=dict, max_length=50)
    """What holds for every row that says nothing itself."""
    shared_models: bool = False
    """True: the same model name in two systems is one model that serves both."""


class ImportColumnOut(Out):
    field: str
    heading: str
    guessed: bool


class ImportFindingOut(Out):
    row: int
    """As the file counts them, from 1."""
    column: str
    code: str
    sentence: str
    error: bool
    """False: it only says what will be passed over."""


class ImportCheckOut(Out):
    sheet: str
    other_sheets: list[str]
    headings_row: int
    rows: int
    columns: list[ImportColumnOut]
    unused: list[str]
    """Headings that nothing takes."""
    systems: int
    models: int
    versions: int
    errors: int
    findings: list[ImportFindingOut]
    """At most 20,000."""
    plan: str | None
    """The ticket to import with, for a day; null while there are errors."""


class ImportPartIn(In):
    plan: Ticket
    offset: int = Field(0, ge=0, le=MAX_INT)


class ImportPartOut(Out):
    done: int
    total: int
    next: int | None
    """The offset to go on with; null at the end."""
    systems: int
    models: int
    versions: int


@operation(router.post, "/inventory/imports/check", action="inventory.register")
def check(request: Request, data: ImportCheckIn) -> ImportCheckOut:
    """A dry run: what the file would register, and every error by row and column. Nothing is registered."""
    actor, asof = request.auth, present()
    access.ensure(actor, "inventory.register", WORKSPACE, asof)
    digest = uploads.digest_of(actor, data.upload)
    if contents.size_of(digest) > MAX_BYTES:
        raise BadInput(data.name, f"is larger than {MAX_BYTES // 2**20} MB")
    asked = columns.Asked(data.sheet, data.columns, data.defaults, data.shared_models)
    found = queries.check(actor, contents.read(digest), data.name, asked, asof)
    plan = found.plan
    ticket = None
    if not plan.errors:
        kept = content.put(queries.written(plan, file=digest), now=now())
        ticket = uploads.ticket_of(actor, kept, salt=SALT)
    mapped = found.mapped
    return ImportCheckOut(
        sheet=found.sheet.name, other_sheets=list(found.sheet.others), headings_row=mapped.row, rows=plan.rows,
        columns=[ImportColumnOut(field=one, heading=mapped.heading(one), guessed=one in mapped.guessed) for one in mapped.columns],
        unused=mapped.unused, systems=plan.count("system"), models=plan.count("model"), versions=plan.count("version"),
        errors=plan.errors, findings=[_finding(one) for one in plan.findings[:MOST_FINDINGS]], plan=ticket,
    )  # fmt: skip


@operation(router.post, "/inventory/imports", action="inventory.register")
def import_part(request: Request, data: ImportPartIn) -> ImportPartOut:
    """Register the next part of a checked plan: one act. Ask again with `next` until it is null."""
    actor = request.auth
    access.ensure(actor, "inventory.register", WORKSPACE, present())
    file, things = queries.read_plan(contents.read(uploads.digest_of(actor, data.plan, salt=SALT)))
    done = actions.import_part(actor=actor, things=things, file=file, begin=data.offset, now=now())
    return ImportPartOut(
        done=done.done, total=done.total, next=done.done if done.done < done.total else None,
        systems=done.systems, models=done.models, versions=done.versions,
    )  # fmt: skip


def _finding(one: rules.Finding) -> ImportFindingOut:
    return ImportFindingOut(
        row=one.row, column=one.column, code=one.code, sentence=import_words.sentence(one), error=one.error
    )
