"""Rows in memory: Arrow tables and readers, and the data frames that speak Arrow's C stream interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from consilience.kit.errors import BadInput
from consilience.measure.engines.sources import Part, Want, refuse_types, short, sliced


class StreamSource:
    """A table, reader or data frame. A reader can be read once; whoever reads twice takes it into memory (`kept`)."""

    name = "data"
    untyped = False

    def __init__(self, given: Any) -> None:
        self._given = given
        try:
            self._reader: Any = pa.RecordBatchReader.from_stream(given)
        except (pa.ArrowException, ValueError, TypeError) as error:
            raise BadInput(self.name, f"cannot be read as Arrow ({short(error)})") from error
        self._schema = self._reader.schema
        self._table: Any = given if isinstance(given, pa.Table) else None
        self.by_column = self._table is not None  # a reader can be read once

    def columns(self) -> list[str]:
        return list(self._schema.names)

    def types(self) -> dict[str, pa.DataType]:
        return dict(zip(self._schema.names, self._schema.types, strict=True))

    def rows(self) -> int | None:
        return None if self._table is None else int(self._table.num_rows)

    def kept(self) -> StreamSource:
        """The same rows as a table, which can be read again."""
        return self if self._table is not None else StreamSource(self._all())

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        refuse_types(self.name, self._schema, wanted)
        return [Part(1, partial(self._read, list(wanted)))]

    def _all(self) -> Any:
        try:
            return self._reader.read_all()
        except (pa.ArrowException, OSError) as error:
            raise BadInput(self.name, f"cannot be read to its end ({short(error)})") from error

    def _read(self, wanted: list[str], batch_rows: int) -> Iterator[pa.RecordBatch]:
        reader = self._reader if self._table is None else self._table.to_reader()
        try:
            for batch in reader:
                yield from sliced(batch.select(wanted), batch_rows)
        except (pa.ArrowException, OSError) as error:
            raise BadInput(self.name, f"cannot be read to its end ({short(error)})") from error
