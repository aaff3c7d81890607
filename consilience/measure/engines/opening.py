"""From whatever rows are given as to a source: a file, a folder, a table of a database, a frame. Readers load on first use."""

from __future__ import annotations

import os
from typing import Any

import pyarrow as pa

from consilience.kit.errors import BadInput
from consilience.measure.engines.sources import Source


def open_source(source: Any) -> Source:
    """The rows at a path, glob or folder, at the address of a database's table, or in a frame, table or reader.

    A source is itself. Raises BadInput when the rows cannot be read at all.
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, str) and source.startswith(("duckdb://", "postgres://", "postgresql://")):
        from consilience.measure.engines.table_source import open_table

        return open_table(source)
    if isinstance(source, (str, os.PathLike)):
        from consilience.measure.engines.files import open_files

        return open_files(os.fspath(source))
    from consilience.measure.engines.streams import StreamSource

    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if hasattr(source, "__arrow_c_stream__"):
        return StreamSource(source)
    raise BadInput("source", f"a {type(source).__name__} cannot be read; give a path, an Arrow table or a data frame")
