"""Batches of predictions: the rows stay where they are, the server keeps the root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consilience.client.calls import Calls, Json
from consilience.client.places import part


class Predictions(Calls):
    """Logging a batch of predictions by its root, and asking for what a proof is made with."""

    def log_predictions(
        self, version: str, *, rows: int, root: str, columns: Mapping[str, str], files: Sequence[str], secret: str,
        id_column: str | None = None, since: str | None = None, until: str | None = None,
    ) -> Json:  # fmt: skip
        """Log a batch. `root`, `files` and `secret` are hexadecimal, `columns` says the kind of each by name.

        `consilience predictions log` computes all of them from files.
        """
        body = {
            "model_version": version, "rows": rows, "root": root, "files": list(files), "secret": secret,
            "columns": [{"name": name, "kind": kind} for name, kind in columns.items()],
            "id_column": id_column, "since": since, "until": until,
        }  # fmt: skip
        return self._json(self.post("/predictions/batches", body))

    def prediction_batches(self, version: str | None = None) -> list[Json]:
        """The batches that were logged, newest first."""
        return list(self.listed("/predictions/batches", **({"version": version} if version else {})))

    def prediction_batch(self, urn: str) -> Json:
        return self._json(self.get(f"/predictions/batches/{part(urn)}"))

    def prediction_proof_parts(self, urn: str) -> Json:
        """The batch's secret, its entry in the ledger and the proof of that."""
        return self._json(self.get(f"/predictions/batches/{part(urn)}/proof-parts"))
