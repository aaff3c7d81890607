"""What changed in an item since somebody decided on it, as the API gives it."""

from __future__ import annotations

from collections.abc import Iterable

from consilience.domains.release.rules import Change
from consilience.kit.records.models import AsOf
from consilience.surfaces import changes
from consilience.surfaces.api.shared import Out


class FieldChangeOut(Out):
    """A field that differs, as short text; null where that side has none."""

    field: str
    before: str | None
    after: str | None


class ChangeOut(Out):
    """An item that differs between what was signed and what stands now; a digest is null where there is none."""

    key: str
    before: str | None
    after: str | None
    fields: list[FieldChangeOut]
    """What differs in it, field by field; empty where you may not know of it."""


def changes_out(listed: Iterable[Change], asof: AsOf, visible: frozenset[str] | None) -> list[ChangeOut]:
    """Changed items with their old and new values, as far as somebody who may know of `visible` systems may read them."""
    return [
        ChangeOut(
            key=one.key, before=one.before, after=one.after,
            fields=[FieldChangeOut(**vars(field)) for field in changes.fields(one, asof, visible)],
        )
        for one in listed
    ]  # fmt: skip
