"""What a data file says of itself: how many rows, which columns of which types. One answer on a laptop and on the server."""

from __future__ import annotations

import gzip
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consilience.kit.errors import BadInput

ENDINGS = (".parquet", ".csv", ".csv.gz")


@dataclass(frozen=True)
class Shape:
    rows: int
    columns: tuple[tuple[str, str], ...]
    """(name, type); a field of a CSV file is text, whatever it looks like."""


def shape_of(path: Path, *, name: str) -> Shape:
    """Rows and columns of the file at this path. `name` is what its owner calls it: its ending says how to read it."""
    import pyarrow as pa  # heavy: only whoever reads data pays for it

    if not name.endswith(ENDINGS):
        raise BadInput(name, f"has an unknown ending; expected one of {', '.join(ENDINGS)}")
    try:
        if name.endswith(".parquet"):
            return _parquet(path)
        with gzip.open(path, "rb") if name.endswith(".gz") else path.open("rb") as stream:
            return _csv(stream, name)
    except (pa.ArrowException, OSError, EOFError) as error:
        lines = str(error).splitlines()
        raise BadInput(name, f"cannot be read ({lines[0][:160] if lines else type(error).__name__})") from error


def _parquet(path: Path) -> Shape:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        fields = tuple((field.name, str(field.type)) for field in file.schema_arrow)
        return Shape(file.metadata.num_rows, fields)


def _csv(stream: Any, name: str) -> Shape:
    import pyarrow as pa
    import pyarrow.csv as pc

    with closing(pc.open_csv(stream, parse_options=pc.ParseOptions(newlines_in_values=True))) as first:
        names = first.schema.names
    if len(set(names)) != len(names):
        raise BadInput(name, "has two columns of one name")
    stream.seek(0)
    convert = pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    options = {"parse_options": pc.ParseOptions(newlines_in_values=True), "convert_options": convert}
    with closing(pc.open_csv(stream, **options)) as reader:
        rows = sum(batch.num_rows for batch in reader)
    return Shape(rows, tuple((column, "string") for column in names))
