"""The `synthetic` report: synthetic rows held against the real ones that they were made from."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from consilience.measure.report import Report
from consilience.measure.report import report as named_report

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress


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
