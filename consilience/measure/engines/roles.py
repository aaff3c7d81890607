"""What columns play which part: classes as codes, scores as numbers from 0 to 1, row by row of a batch."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure import classes
from consilience.measure.classes import UNKNOWN
from consilience.measure.engines import columns
from consilience.measure.engines.columns import Numbers
from consilience.measure.engines.groups import named, texts
from consilience.measure.engines.sources import Source


class ClassCodes:
    """A column of two classes as codes 0, 1 and UNKNOWN; remembers the values seen."""

    def __init__(self, column: str | None, positive: str | None, source: Source) -> None:
        self._column, self._positive, self._source = column, positive, source
        self.seen: set[str] = set()

    def codes(self, batch: pa.RecordBatch, chosen: NDArray[np.bool_]) -> NDArray[np.int32]:
        """The code of each row. Raises BadInput as soon as a third class was seen in chosen rows."""
        if self._column is None:
            return np.full(batch.num_rows, UNKNOWN, dtype=np.int32)
        found = texts(self._source, batch, self._column)
        used = found.used(chosen)
        self.seen.update(found.values[code] for code in used)
        where = f"{self._source.name}, column {self._column!r}"
        code_of = classes.codes(self.seen, positive=self._positive, where=where)
        code = np.full(len(found.values) + 1, UNKNOWN, dtype=np.int32)
        for position in used:
            code[position] = code_of[found.values[position]]
        return code[found.codes]


def scores(
    batch: pa.RecordBatch, column: str, chosen: NDArray[np.bool_], *, source: Source, first_row: int | None
) -> Numbers:
    """The scores of a batch. Raises BadInput for one of a chosen row that is not from 0 to 1, NaN included.

    `first_row` is the number of the batch's first row; None where rows have none.
    """
    with named(source, f"column {column!r}"):  # texts, where the column is read as such too
        found = columns.numbers(batch.column(column))
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero(chosen & found.present & ~((found.values >= 0.0) & (found.values <= 1.0)))
    if len(wrong):
        value = float(found.values[wrong[0]])
        row = "" if first_row is None else f"row {first_row + int(wrong[0])}, "
        raise BadInput(source.name, f"{row}column {column!r}: the score {value} is not a number from 0 to 1")
    return found
