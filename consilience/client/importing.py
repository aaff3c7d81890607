"""Bringing an inventory over from Excel or CSV."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from consilience.client.calls import Calls, Json

PathLike = str | os.PathLike[str]


class Importing(Calls):
    """A dry run, and the import of what it found right."""

    def check_inventory(
        self, file: PathLike, *, sheet: str | None = None, columns: Mapping[str, str] | None = None,
        defaults: Mapping[str, str] | None = None, shared_models: bool = False,
    ) -> Json:  # fmt: skip
        """What the file would register, and every error by row and column. `plan` is the ticket to import it with."""
        path = Path(file)
        (sent,) = self.upload([path])
        asked = {
            "upload": sent["upload"], "name": path.name, "sheet": sheet, "columns": dict(columns or {}),
            "defaults": dict(defaults or {}), "shared_models": shared_models,
        }  # fmt: skip
        return self._json(self.post("/inventory/imports/check", asked))

    def import_inventory(self, plan: str, *, progress: Callable[[int, int], None] | None = None) -> Json:
        """Register what a check found right, one act after the other; `progress` is told how many of how many are done."""
        made = {"systems": 0, "models": 0, "versions": 0}
        offset: int | None = 0
        while offset is not None:
            part = self._json(self.post("/inventory/imports", {"plan": plan, "offset": offset}))
            made = {name: count + part[name] for name, count in made.items()}
            if progress:
                progress(part["done"], part["total"])
            offset = part["next"]
        return made
