"""Measuring here and having the server calculate the same again: only counts are sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
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
        """Count the windows of a file and send their states. `said`: by, time, zone, label, score, prediction, threshold,
        positive, and for other tasks than two classes task and rank.

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

        self._registered(source, dataset)
        fields = as_evidence(slices(source, **said), minimum=minimum_group)
        return self._stated("weak_segments", method, version, dataset, fields)

    def represent_and_attach(
        self, source: PathLike, population: Mapping[str, Mapping[str, float]], *, version: str, dataset: str,
        people: str | None = None, minimum_group: int = USUAL_MINIMUM, progress: Callable[[int], None] | None = None,
    ) -> list[Json]:  # fmt: skip
        """Hold a sample of the rows of a file against a population, and send how many rows each group has.

        Groups of fewer rows than `minimum_group` are sent as one. With `people` intervals are over the people, which cannot be
        calculated from counts: the grade is then "stated", and a group of so few rows is refused.
        """
        from consilience.measure import population_counts
        from consilience.measure.representative import represent

        digest = digests.of_file(Path(source))
        if people is not None:
            self._registered(source, dataset)
        report = represent(source, population, people=people, progress=progress)
        if people is not None:
            fields = population_counts.stated_fields(report, minimum=minimum_group)
            return self._stated("representativeness_evaluation", "population", version, dataset, fields)
        counts = population_counts.to_json(population_counts.counts_of(report, minimum=minimum_group))
        body = {"dataset": dataset, "data_digest": digest, "counts": counts}
        return self._computed(version, "representativeness/states", body)

    def synthetic_and_attach(
        self, source: PathLike, training: PathLike, held_out: PathLike, *, version: str, dataset: str, training_dataset: str,
        held_out_dataset: str, **said: Any,
    ) -> list[Json]:  # fmt: skip
        """State what was found of synthetic rows here. `said` are arguments of `measure.synthetic.synthetic`.

        Models and nearest rows cannot be calculated from counts, so the grade is "stated". Raises BadInput where one of the
        three files has other bytes than its dataset version.
        """
        from consilience.measure.synthetic import as_evidence, synthetic

        self._registered(source, dataset)
        real = [
            str(self._registered(file, named)["urn"])
            for file, named in ((training, training_dataset), (held_out, held_out_dataset))
        ]
        fields = as_evidence(synthetic(source, training, held_out, **said), training=real[0], held_out=real[1])
        return self._stated("synthetic_evaluation", "held_out", version, dataset, fields)

    def _registered(self, source: PathLike, dataset: str) -> Json:
        """The dataset version, which must have the bytes of the file."""
        registered = self._json(self.get(f"/dataset-versions/{part(dataset)}"))
        if digests.of_file(Path(source)) != registered["digest"]:
            raise BadInput(str(source), f"has other bytes than {dataset}, so nothing was attached")
        return registered

    def _stated(self, kind: str, method: str, version: str, dataset: str, fields: Json) -> list[Json]:
        body = {
            "kind": kind, "method": method, "subject": {"noun": "model-version", "reference": version}, "dataset": dataset,
            "fields": fields,
        }  # fmt: skip
        return [self._json(self.post("/evidence", body))]

    def _computed(self, version: str, place: str, body: Json) -> list[Json]:
        return list(self.post(f"/versions/{part(version)}/{place}", body)["evidence"])
