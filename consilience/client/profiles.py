"""The reference profile of a version: stored once, fetched, and what is measured from it; profiles of any data."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consilience.client.calls import Calls, Json, given
from consilience.client.places import part
from consilience.kit import digests
from consilience.kit.errors import NotFound, Unreachable, WrongUse
from consilience.measure.plan import USUAL_MINIMUM

if TYPE_CHECKING:
    from consilience.measure.states.profile import Profile

PathLike = str | os.PathLike[str]


class Profiles(Calls):
    """What data hold, and how far they moved from the reference of a version."""

    def reference_profile(self, version: str) -> Profile:
        """The reference that is stored for a version: what `consilience.drift`, `evaluate` and `over_time` take as `reference`.

        Raises NotFound where none is stored.
        """
        from consilience.measure.references import read_profile

        record = self.get(f"/versions/{part(version)}/reference")["reference"]
        if record is None:
            raise NotFound("stored reference", version)
        digest = record["fields"]["profile"]
        with tempfile.TemporaryDirectory() as folder:
            address = f"/evidence/{part(record['urn'])}/files/{part(digest)}"
            path = self._server.download(address, Path(folder) / "profile.json")
            if digests.of_file(path) != digest:
                raise Unreachable(f"{self.url} sent other bytes than {digest[:12]}…")
            return read_profile(path)

    def store_reference(
        self, source: PathLike, *, version: str, dataset: str, minimum_group: int = USUAL_MINIMUM, reason: str | None = None,
        **said: Any,
    ) -> list[Json]:  # fmt: skip
        """Learn the reference of a version from a file here, once, and store it. No row and no single value is sent.

        A version has one reference: another one takes its place only with a `reason`. `said`: columns, without, progress.
        """
        body = self._profiled(source, dataset, minimum_group, said) | given({"reason": reason})
        return list(self.post(f"/versions/{part(version)}/reference/states", body)["evidence"])

    def compute_reference(self, version: str, *, dataset: str, reason: str | None = None, **said: Any) -> list[Json]:
        """Have the server learn the reference of a version from a dataset that it holds. `said`: columns, without."""
        body = {"dataset": dataset, **given({"reason": reason, **said})}
        return list(self.post(f"/versions/{part(version)}/reference", body)["evidence"])

    def profile_and_attach(
        self, source: PathLike, *, version: str, dataset: str, minimum_group: int = USUAL_MINIMUM, **said: Any
    ) -> list[Json]:  # fmt: skip
        """Count what every column of a file holds, and have it recorded about a version. `said`: columns, without, progress."""
        body = self._profiled(source, dataset, minimum_group, said)
        return list(self.post(f"/versions/{part(version)}/profiles/states", body)["evidence"])

    def compute_profile(self, version: str, *, dataset: str, **said: Any) -> list[Json]:
        """Have the server profile a dataset that it holds. `said`: columns, without."""
        return list(self.post(f"/versions/{part(version)}/profiles", {"dataset": dataset, **given(said)})["evidence"])

    def compute_drift(
        self, version: str, *, dataset: str, reference_dataset: str | None = None, method: str = "training_against_now",
        **said: Any,
    ) -> list[Json]:  # fmt: skip
        """Have the server compare two datasets that it holds, or one with the stored reference. `said`: columns, without."""
        body = {"dataset": dataset, "method": method, **given({"reference_dataset": reference_dataset, **said})}
        return list(self.post(f"/versions/{part(version)}/drift", body)["evidence"])

    def drift_and_attach(
        self, source: PathLike, reference: PathLike | None = None, *, version: str, dataset: str,
        reference_dataset: str | None = None, method: str = "training_against_now", minimum_group: int = USUAL_MINIMUM,
        **said: Any,
    ) -> list[Json]:  # fmt: skip
        """Count two files here, and have the server compute the drift from the counts. No row and no single value is sent.

        Without `reference` and `reference_dataset` the file is counted on the edges of the reference that is stored for the version.
        Values and stretches with fewer rows than `minimum_group` are joined with others (see `measure.states.travelling`).
        `said`: columns, without (see `consilience.drift`).
        """
        from consilience.measure.drifting import profiles_to_send
        from consilience.measure.states import profile_wire

        if (reference is None) != (reference_dataset is None):
            raise WrongUse(
                "reference and reference_dataset belong together; without both the stored reference is taken"
            )
        if reference is None:
            return self._against_stored(source, version, dataset, method, minimum_group, said)
        digest, before = digests.of_file(Path(source)), digests.of_file(Path(reference))
        then, now = profiles_to_send(source, reference, minimum_group=minimum_group, **said)
        body = {
            "dataset": dataset, "reference_dataset": reference_dataset, "data_digest": digest, "reference_digest": before,
            "profiles": {"reference": profile_wire.to_json(then), "current": profile_wire.to_json(now)}, "method": method,
        }  # fmt: skip
        return list(self.post(f"/versions/{part(version)}/drift/states", body)["evidence"])

    def _against_stored(
        self, source: PathLike, version: str, dataset: str, method: str, minimum_group: int, said: dict[str, Any]
    ) -> list[Json]:  # fmt: skip
        from consilience.measure import references
        from consilience.measure.states import profile_wire

        digest, stored = digests.of_file(Path(source)), self.reference_profile(version)
        then, now = references.to_send(source, stored, minimum_group=minimum_group, **said)
        body = {
            "dataset": dataset, "data_digest": digest, "reference_profile": references.digest(stored),
            "profiles": {"reference": profile_wire.to_json(then), "current": profile_wire.to_json(now)}, "method": method,
        }  # fmt: skip
        return list(self.post(f"/versions/{part(version)}/drift/states", body)["evidence"])

    def _profiled(self, source: PathLike, dataset: str, minimum_group: int, said: dict[str, Any]) -> Json:
        from consilience.measure import references
        from consilience.measure.states import profile_wire

        digest = digests.of_file(Path(source))
        counted = references.to_keep(source, minimum_group=minimum_group, **said)
        return {
            "dataset": dataset, "data_digest": digest, "profile": profile_wire.to_json(counted), "minimum_group": minimum_group,
        }  # fmt: skip
