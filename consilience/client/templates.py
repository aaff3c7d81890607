"""Requirement templates: filling them in, and proposing what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consilience.client.calls import Calls, Json, given
from consilience.client.places import part


class Templates(Calls):
    """Requirements made by filling in blanks."""

    def fill_template(self, template: str, values: Mapping[str, Any] | None = None, *, verdicts: bool = True) -> Json:
        """What the requirement would say, as words and as YAML, and what it would say of the releases you may know of."""
        body = {"values": dict(values or {}), "verdicts": verdicts}
        return self._json(self.post(f"/requirement-templates/{part(template)}/fill", body))

    def propose_from_template(
        self, template: str, values: Mapping[str, Any] | None = None, *, add_to: str | None = None,
        new: Mapping[str, str] | None = None,
    ) -> Json:  # fmt: skip
        """Propose the requirement: added to a published policy (`add_to`), or in a `new` one `{slug, title, owner}`."""
        body = {"values": dict(values or {}), **given({"add_to": add_to, "new": new})}
        return self._json(self.post(f"/requirement-templates/{part(template)}/propose", body))
