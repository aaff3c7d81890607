"""What an import has to know of the workspace; reading a file and holding it against that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.importing import columns, rules, sheets
from consilience.domains.inventory.models import ModelVersion, RegisteredModel, System
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit import canonical
from consilience.kit.clock import moment
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf

FORM = "urn:consilience:inventory-plan:1"


@dataclass(frozen=True)
class Checked:
    """A file held against the workspace."""

    sheet: sheets.Sheet
    mapped: columns.Mapped
    plan: rules.Plan


def check(actor: Actor, data: bytes, name: str, asked: columns.Asked, asof: AsOf) -> Checked:
    """What a file would register, and what stands against it. Takes the right that the import itself takes."""
    access.ensure(actor, "inventory.register", WORKSPACE, asof)
    read = sheets.read(data, name, sheet=asked.sheet)
    mapped = columns.mapped(read, asked.columns or {})
    defaults = dict(asked.defaults or {})
    if defaults.get("owner") == "me":
        defaults["owner"] = people.addresses([actor.urn]).get(actor.urn, "")
    known = _known(actor, read, mapped, defaults, asof)
    plan = rules.plan(
        read.rows, mapped, defaults=defaults, known=known, today=_today(asof), shared=asked.shared
    )  # fmt: skip
    return Checked(read, mapped, plan)


def written(plan: rules.Plan, *, file: str) -> bytes:
    """A plan without errors as bytes to keep until it is carried out. `file` is the digest of what it was read from."""
    if plan.errors:
        raise BadInput("import", f"{plan.errors} errors stand against it; nothing can be imported")
    return canonical.encode({"form": FORM, "file": file, "things": [one.as_json() for one in plan.things]})


def read_plan(data: bytes) -> tuple[str, list[rules.Thing]]:
    """The file's digest and the registrations of a plan that was kept."""
    said = canonical.decode(data)
    if not isinstance(said, dict) or said.get("form") != FORM:
        raise BadInput("plan", "is no plan of an import")
    return said["file"], [rules.Thing(one["noun"], one["row"], one["facts"]) for one in said["things"]]


def _known(
    actor: Actor, read: sheets.Sheet, mapped: columns.Mapped, defaults: Mapping[str, str], asof: AsOf
) -> rules.Known:
    wanted = rules.slugs(read.rows, mapped)
    systems = {row.urn: row.slug for row in inventory.systems(actor, asof)}
    models = {row.urn: row for row in inventory.models(actor, asof) if row.slug in wanted["model"]}
    versions = ModelVersion.objects.as_of(asof).filter(model__in=models)
    labels = ((models[row.model].slug, row.body.get("imported")) for row in versions)
    return rules.Known(
        people=people.by_email(rules.addresses(read.rows, mapped, defaults)),
        systems=frozenset(systems.values()),
        models={row.slug: frozenset(systems[urn] for urn in row.body["systems"] if urn in systems) for row in models.values()},
        imported=frozenset((slug, said["version"]) for slug, said in labels if said),
        taken={"system": _ever(System, wanted["system"]), "model": _ever(RegisteredModel, wanted["model"])},
    )  # fmt: skip


def _ever(kind: type[System | RegisteredModel], wanted: set[str]) -> frozenset[str]:
    """Those slugs that something has or had."""
    taken = frozenset(kind._default_manager.filter(version=1).values_list("slug", flat=True))
    return taken & wanted


def _today(asof: AsOf) -> date:
    return moment(asof.valid_at).astimezone(ZoneInfo(ledger.zone())).date()
