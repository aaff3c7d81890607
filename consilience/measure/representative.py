"""The `represent` report: whether the rows of a source look like the population that they are to speak for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consilience.measure.report import Report
from consilience.measure.report import report as named_report

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress
    from consilience.measure.samples.representative import Population


def represent(
    source: Any, population: Population, *, people: str | None = None, progress: Progress | None = None
) -> Report:
    """The `represent` report: what `samples.representative.representativeness` finds, with its page and its notebook view.

    `population` states shares or counts by attribute, `people` is the id column where rows repeat people. Raises BadInput for data that cannot be used, or shares that do not add up.
    """
    from consilience.measure.samples.representative import representativeness

    found = representativeness(source, population, people=people, progress=progress)
    return named_report({**found.as_json(), "people_column": people}, source)
