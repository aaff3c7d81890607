"""Reading the clocks of a pack."""

from __future__ import annotations

from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.obligations.pack import Checked, Clock, Limit, day
from consilience.kit.canonical import Json
from consilience.kit.strict_yaml import Path

UNITS = ("hours", "days", "business_days", "weeks", "months", "years")
COUNTS = ("hours", "calendar", "business", "eu_1182_71")
"""`eu_1182_71`: Regulation 1182/71, art. 3; a period that ends on a day without work ends with the next working day."""
MOST = 100_000


def read(item: Json, path: Path, source: Source) -> Clock:
    """One clock. BadInput names the line."""
    optional = ("to", "start", "limit", "from", "note")
    fields = Fields(
        item, path, source, what="clock", required=("id", "law", "who", "rule", "checked"), optional=optional
    )
    fields.what = f"clock {fields.slug('id')}"
    starts = None
    if fields.value.get("from") is not None:
        starts = day(fields.value["from"], source.at((*path, "from"), f"{fields.what}, from"))
    return Clock(
        id=fields.slug("id"),
        law=fields.text("law"),
        who=fields.text("who"),
        to=_optional(fields, "to"),
        start=_optional(fields, "start"),
        rule=fields.words("rule"),
        limit=_limit(fields, source),
        starts=starts,
        checked=Checked(fields.one_of("checked", [one.value for one in Checked])),
        note=_optional(fields, "note"),
    )


def _limit(fields: Fields, source: Source) -> Limit | None:
    value = fields.value.get("limit")
    if value is None:
        return None
    path = (*fields.path, "limit")
    part = Fields(value, path, source, what=f"{fields.what}, limit", required=("amount", "unit", "count"))
    amount = part.integer("amount")
    if not 1 <= amount <= MOST:
        raise part.bad("amount", f"{amount} is no length of time; expected 1 to {MOST:,}")
    return Limit(amount, part.one_of("unit", UNITS), part.one_of("count", COUNTS))


def _optional(fields: Fields, key: str) -> str:
    return fields.text(key) if fields.value.get(key) is not None else ""
