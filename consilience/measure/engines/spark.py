"""Counting in a Spark cluster: each partition by the Arrow engine's own code, next to its rows; only counts travel.

Needs the extra `spark` on the driver, and this package on the executors. What a partition counted comes back as the
canonical bytes of its states, is read as strictly as states from a stranger, and added on the driver. Rows have no
numbers in Spark, so a sentence about a wrong score names its column and value only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.engines.arrow import CubeCounting, wanted_columns
from consilience.measure.engines.groups import no_rows
from consilience.measure.engines.profiling import ProfileFolder
from consilience.measure.engines.sources import BATCH_ROWS, Part, Want, check_columns, refuse_types, sliced
from consilience.measure.plan import Plan
from consilience.measure.states import cube, profile_wire, wire
from consilience.measure.states import profile as profiles
from consilience.measure.states.cube import States
from consilience.measure.states.profile import Profile, ProfilePlan

NAME = "spark"
SAID = "states binary, read bigint, filtered string, wrong_where string, wrong_what string"
"""What a partition answers: its states if it has any, how many rows it read, values of the filter's columns, or a refusal."""

Answer = dict[str, Any]
Batches = Iterable[pa.RecordBatch]


def fold(df: Any, plan: Plan) -> States:
    """Count the rows of a Spark data frame. Raises BadInput when a column or a value cannot be used."""
    source = source_of(df)
    wanted = wanted_columns(plan)
    check_columns(source, wanted)
    refuse_types(NAME, source.schema, wanted)
    answers = _ask(df, list(wanted), partial(_cube, source, plan))
    counted = [wire.decode(bytes(one["states"])) for one in answers if one["states"] is not None]
    if not counted:
        said = [json.loads(one["filtered"]) for one in answers]
        seen = [{name: set(one.get(name, ())) for name, _ in plan.where} for one in said]
        raise no_rows(NAME, plan.where, seen, read=any(one["read"] for one in answers))
    return cube.merge_all(counted)


def profile(df: Any, plan: ProfilePlan) -> Profile:
    """Count every column of a Spark data frame by a plan, learned before from a sample or a file (`learning.learn`)."""
    source = source_of(df)
    folder = ProfileFolder(plan, source)
    names = [one.name for one in folder.columns]
    if not names:
        return Profile(plan, int(df.count()), {name: str(kind) for name, kind in source.types().items()}, {})
    answers = _ask(df, names, partial(_profile, source, plan))
    counted = [profile_wire.decode(bytes(one["states"])) for one in answers if one["states"] is not None]
    return profiles.merge_all([folder.states([folder.start()]), *counted])


class SparkSource:
    """Names and types of the columns, here and on the executors. The rows are counted where they lie, not read from here."""

    name = NAME
    untyped, by_column = False, False

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema

    def columns(self) -> list[str]:
        return list(self.schema.names)

    def types(self) -> dict[str, pa.DataType]:
        return dict(zip(self.schema.names, self.schema.types, strict=True))

    def rows(self) -> int | None:
        return None

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        raise WrongUse(f"the rows of a Spark data frame stay there; {', '.join(wanted)} cannot be read here")


def source_of(df: Any) -> SparkSource:
    """The columns of a data frame."""
    if not hasattr(df, "mapInArrow"):
        raise WrongUse(f"a Spark data frame is expected, not a {type(df).__name__}")
    return SparkSource(df.limit(0).toArrow().schema)


def _ask(df: Any, names: list[str], count: Callable[[Batches], Answer]) -> list[Answer]:
    chosen = df.select(*(df[f"`{name.replace('`', '``')}`"] for name in names))
    answers = [one.asDict() for one in chosen.mapInArrow(partial(_answer, count), SAID).collect()]
    for one in answers:
        if one["wrong_where"] is not None:
            raise BadInput(one["wrong_where"], one["wrong_what"])
    return answers


def _answer(count: Callable[[Batches], Answer], batches: Batches) -> Iterator[pa.RecordBatch]:
    """Runs on an executor: one row, whatever the partition holds."""
    try:
        said = count(small for batch in batches for small in sliced(batch, BATCH_ROWS))
    except BadInput as error:
        said = {"wrong_where": error.where, "wrong_what": error.problem}
    columns = {
        "states": pa.binary(),
        "read": pa.int64(),
        "filtered": pa.string(),
        "wrong_where": pa.string(),
        "wrong_what": pa.string(),
    }
    arrays = [pa.array([said.get(name)], kind) for name, kind in columns.items()]
    yield pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _cube(source: SparkSource, plan: Plan, batches: Batches) -> Answer:
    counting = CubeCounting(plan, source, None)
    for batch in batches:
        counting.add(batch, None)
    return {
        "states": wire.encode(counting.states()) if counting.some else None,
        "read": counting.read,
        "filtered": json.dumps({name: sorted(values) for name, values in counting.filter.seen.items()}),
    }


def _profile(source: SparkSource, plan: ProfilePlan, batches: Batches) -> Answer:
    folder = ProfileFolder(plan, source)
    counting = folder.start()
    for batch in batches:
        counting.add(batch, None)
    return {"states": profile_wire.encode(folder.states([counting])) if counting.rows else None, "read": counting.rows}
