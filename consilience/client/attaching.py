"""Measuring here and having the server calculate the same again: only counts are sent."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from consilience.client.calls import Calls, Json
from consilience.client.places import part
from consilience.kit import digests
from consilience.kit.errors import BadInput
from consilience.measure.plan import USUAL_MINIMUM

PathLike = str | os.PathLike[str]


class Attaching(Calls):
    """Comparisons, validations, segments and windows of a file on this machine as evidence of a version."""

    def compare_and_attach(
        self, source: PathLike, *, version: str, baseline: str, dataset: str, method: str, **said: Any
    ) -> list[Json]:  # fmt: skip
        """Compare a version with a baseline on the same rows. `said` are arguments of `consilience.compare`: the other is the version.

        What is sent is each pair of scores with its label and how many rows have it; no group and no other column is.
        """
        from consilience.measure.comparing import pair_states
        from consilience.measure.states import pairs_wire

        digest = digests.of_file(Path(source))
        states = pair_states(source, **said)
        pairs_wire.refuse_too_many(states)
        body = {
            "baseline": baseline, "dataset": dataset, "data_digest": digest, "pairs": pairs_wire.to_json(states), "method": method,
        }  # fmt: skip
        return self._computed(version, "comparisons/states", body)

    def validate_and_attach(
        self, source: PathLike, *, version: str, dataset: str, contract: str, as_of: datetime | None = None,
        minimum_group: int = USUAL_MINIMUM, progress: Callable[[int], None] | None = None,
    ) -> list[Json]:  # fmt: skip
        """Hold the rows of a file to a contract, given as the text of its file, and send how many rows break each rule.

        Numbers of broken rows above 0 and below `minimum_group` are not sent, and no value of any row is.
        """
        from consilience.measure.contract_reading import read_contract
        from consilience.measure.engines.validating import validate
        from consilience.measure.validation_counts import counts_of, to_json

        digest = digests.of_file(Path(source))
        found = validate(source, read_contract(contract, "contract"), as_of=as_of, examples=0, progress=progress)
        counts = counts_of(found, source, contract=contract, as_of=as_of, minimum=minimum_group)
        body = {"dataset": dataset, "data_digest": digest, "counts": to_json(counts)}
        return self._computed(version, "validations/states", body)

    def windows_and_attach(
        self, source: PathLike, *, version: str, dataset: str, method: str, minimum_group: int = USUAL_MINIMUM, **said: Any
    ) -> list[Json]:  # fmt: skip
        """Count the windows of a file and send their states. `said`: by, time, zone, label, score, prediction, threshold, positive.

        Of windows with fewer rows than `minimum_group` only the number of rows is sent.
        """
        from consilience.measure.windows_wire import windows_to_send

        digest = digests.of_file(Path(source))
        sent = windows_to_send(source, minimum_group=minimum_group, **said)
        body = {"dataset": dataset, "data_digest": digest, "windows": sent, "method": method}
        return self._computed(version, "windows/states", body)

    def slices_and_attach(
        self, source: PathLike, *, version: str, dataset: str, method: str, minimum_group: int = USUAL_MINIMUM, **said: Any
    ) -> list[Json]:  # fmt: skip
        """State the segments with larger errors that were found in a file. `said` are arguments of `consilience.slices`.

        They cannot be calculated from counts, so the grade is "stated". Segments with fewer tested rows than `minimum_group`
        are not sent. Raises BadInput where the file has other bytes than the dataset version.
        """
        from consilience.measure.segments import as_evidence, slices

        registered = self.get(f"/dataset-versions/{part(dataset)}")
        if digests.of_file(Path(source)) != registered["digest"]:
            raise BadInput(str(source), f"has other bytes than {dataset}, so nothing was attached")
        fields = as_evidence(slices(source, **said), minimum=minimum_group)
        body = {
            "kind": "weak_segments", "method": method, "subject": {"noun": "model-version", "reference": version},
            "dataset": dataset, "fields": fields,
        }  # fmt: skip
        return [self._json(self.post("/evidence", body))]

    def _computed(self, version: str, place: str, body: Json) -> list[Json]:
        return list(self.post(f"/versions/{part(version)}/{place}", body)["evidence"])
