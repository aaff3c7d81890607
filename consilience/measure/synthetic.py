"""The `synthetic` report: synthetic rows held against the real ones that they were made from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from consilience.measure.report import Report
from consilience.measure.report import report as named_report

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

PRIVACY = ("closer_to_training", "copies", "copies_by_chance", "membership_area", "membership_found")


def synthetic(
    source: Any,
    training: Any,
    held_out: Any,
    *,
    label: str | None = None,
    positive: object = None,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
) -> Report:
    """The `synthetic` report: what `samples.synthetic.synthetic_against_real` finds, with its page and its notebook view.

    `training` are the real rows that the synthetic ones of `source` were made from, `held_out` real rows that took no part.
    Raises BadInput for data that cannot be used.
    """
    from consilience.measure.samples.synthetic import synthetic_against_real

    found = synthetic_against_real(
        source, training, held_out, label=label, positive=positive, columns=columns, without=without, progress=progress
    )
    return named_report(found.as_json(), source)


def as_evidence(report: Mapping[str, Any], *, training: str, held_out: str) -> dict[str, Any]:
    """The fields of kind `synthetic_evaluation`; `training` and `held_out` are the URNs of the real rows' dataset versions.

    No value of a row is among them, and no count of a group.
    """
    useful, private = report["usefulness"] or {}, report["privacy"]
    return {
        **{f"{side}_rows": report["sample_rows"][side] for side in ("synthetic", "training", "held_out")},
        "seed": str(report["seed"]),
        "training": training,
        "held_out": held_out,
        "synthetic_area": useful.get("synthetic_area"),
        "real_area": useful.get("real_area"),
        "area_change": useful.get("change"),
        **{name: private[name] for name in PRIVACY},
        "left_out": list(report["left_out"]),
        "columns": [
            {"name": name, "psi": figures.get("psi_by_value", figures["psi"]), "missing_shift": figures["missing_shift"]}
            for name, figures in report["marginals"].items()
        ],
        "pairs": report["relations"]["pairs"],
        "relations": [
            {"columns": one["columns"], "measure": one["measure"], "real": one["reference"], "synthetic": one["current"],
             "change": one["change"]}
            for one in report["relations"]["worst"]
        ],
    }  # fmt: skip
