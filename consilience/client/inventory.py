"""Registering systems, models, datasets and their versions."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from consilience.client.calls import Calls, Json, given
from consilience.client.places import part
from consilience.kit import digests
from consilience.kit.errors import WrongUse

DECLARED = "urn:consilience:artefact:logistic:1"
MAX_DECLARED_BYTES = 4 << 20


class Inventory(Calls):
    """What is registered."""

    def register_system(self, **facts: Any) -> Json:
        """`slug name purpose description jurisdictions audience affected_groups owner squad sponsor tier`, and for
        tiering `use autonomy people_affected data_categories line_of_business`
        """
        return self._json(self.post("/systems", facts))

    def register_model(self, slug: str, *, name: str, systems: Sequence[str], description: str = "") -> Json:
        body = {"slug": slug, "name": name, "description": description, "systems": list(systems)}
        return self._json(self.post("/models", body))

    def register_dataset(self, slug: str, *, name: str, systems: Sequence[str], description: str = "") -> Json:
        body = {"slug": slug, "name": name, "description": description, "systems": list(systems)}
        return self._json(self.post("/datasets", body))

    def register_version(
        self, model: str, *, artefact: str | os.PathLike[str] | None = None, digest: str | None = None,
        upload: bool = False, **said: Any,
    ) -> Json:  # fmt: skip
        """The next version of a model; the artefact's digest is computed here, its bytes are sent only with `upload`.

        `said`: code_revision, parameters, training, authors, committers, triggered_by, protected_attributes.
        """
        if (artefact is None) == (digest is None):
            raise WrongUse("name the artefact's path, or its digest")
        what = {"digest": digest} if artefact is None else self._artefact(Path(artefact), upload=upload)
        return self._json(self.post(f"/models/{part(model)}/versions", {"artefact": what, **given(said)}))

    def register_dataset_version(
        self, dataset: str, path: str | os.PathLike[str], *, upload: bool = False, reference: str = "", **terms: Any
    ) -> Json:
        """The next version of a dataset: measured here, or uploaded and measured by the server.

        `terms`: provenance, lawful_basis, consent, jurisdictions, purposes, agreement, agreement_until, retained_until,
        consent_reference, personal_data.
        """
        file = Path(path)
        said: Json = {"name": file.name, "reference": reference}
        if upload:
            said["upload"] = self.upload([file])[0]["upload"]
        else:
            from consilience.kit.tables import shape_of

            shape = shape_of(file, name=file.name)
            said |= {
                "digest": digests.of_file(file),
                "rows": shape.rows,
                "columns": [list(one) for one in shape.columns],
            }
        return self._json(self.post(f"/datasets/{part(dataset)}/versions", {"file": said, **given(terms)}))

    def _artefact(self, path: Path, *, upload: bool) -> Json:
        kind = "folder" if path.is_dir() else "declared" if _is_declared(path) else "file"
        digest = digests.of_path(path)
        if not upload:
            return {"digest": digest, "kind": kind}
        if kind != "folder":
            return {"upload": self.upload([path])[0]["upload"], "kind": kind}
        files = [item for item in sorted(path.rglob("*")) if item.is_file()]
        tickets = [one["upload"] for one in self.upload(files)]
        named = [item.relative_to(path).as_posix() for item in files]
        return {"files": [{"path": name, "upload": ticket} for name, ticket in zip(named, tickets, strict=True)]}


def _is_declared(path: Path) -> bool:
    """Whether this file is a model written down as data, which the server can score by itself."""
    if path.suffix != ".json" or not path.is_file() or path.stat().st_size > MAX_DECLARED_BYTES:
        return False
    try:
        said = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("schema") == DECLARED
