"""What the server keeps of two classes withholds small groups once and for all: nothing shown can be solved for one of them."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.kit import canonical
from consilience.measure.engines.arrow import fold
from consilience.measure.evaluate import as_record, figures
from consilience.measure.plan import make_plan
from consilience.measure.states import masking, wire
from consilience.measure.states.masking import masked

MINIMUM = 5
NAMES = ("sex", "town", "age")
Rows = list[tuple[str | None, str, str]]
ROWS = st.lists(
    st.tuples(st.sampled_from(["f", "m", "x", None]), st.sampled_from("uvw"), st.sampled_from("yz")), min_size=1, max_size=60
)  # fmt: skip


def states_of(rows: Rows) -> Any:
    """Scores and labels that differ from row to row, so that every mistaken group changes figures."""
    rng = np.random.Generator(np.random.PCG64(len(rows)))
    columns = dict(zip(NAMES, zip(*rows, strict=True), strict=True))
    made = {"y": rng.integers(0, 2, len(rows)), "s": rng.random(len(rows)).round(3)}
    table = pa.table({**{name: pa.array(values, pa.string()) for name, values in columns.items()}, **made})
    return fold(table, make_plan(label="y", score="s", threshold=0.5, protected=NAMES))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_what_arrives_is_what_was_sent_and_no_small_group_can_be_solved_for(rows: Rows) -> None:
    sent = masked(states_of(rows), minimum=MINIMUM)
    arrived = wire.decode(wire.encode(sent))
    assert wire.encode(masked(arrived, minimum=MINIMUM)) == wire.encode(sent)
    assert wire.encode(masked(wire.decode(wire.encode(states_of(rows))), minimum=MINIMUM)) == wire.encode(sent)
    finest = sorted(set(rows), key=str)
    sizes = {values: rows.count(values) for values in finest}
    names = masking.renamed(Counter(sizes), len(NAMES), MINIMUM)
    assert {key.values for key, _ in sent.cells} == set(names.values())
    if len(rows) < MINIMUM:
        assert set(names.values()) == {(masking.WITHHELD,) * len(NAMES)}
        return
    shown = np.array(
        [[float(_is_of(names[values], chosen, group)) for values in finest]
         for depth in range(len(NAMES) + 1) for chosen in combinations(range(len(NAMES)), depth)
         for group in {tuple(name[place] for place in chosen) for name in names.values()}]
    )  # fmt: skip
    assert (shown @ np.array([sizes[values] for values in finest])).min() >= MINIMUM
    rank = np.linalg.matrix_rank(shown)
    for depth in range(1, len(NAMES) + 1):
        for chosen in combinations(range(len(NAMES)), depth):
            for group in {tuple(values[place] for place in chosen) for values in finest}:
                row = np.array([float(_is_of(values, chosen, group)) for values in finest])
                if row @ np.array(list(sizes.values())) < MINIMUM:
                    assert np.linalg.matrix_rank(np.vstack([shown, row])) == rank + 1, (chosen, group)


def test_client_and_server_calculate_the_same_bytes() -> None:
    rows: Rows = [("f", "u", "y")] * 21 + [("m", "u", "z")] * 17 + [("x", "v", "y")] * 3 + [(None, "w", "z")] * 6
    sent = masked(states_of(rows), minimum=MINIMUM)
    printed, stored = figures(sent), figures(masked(wire.decode(wire.encode(states_of(rows))), minimum=MINIMUM))
    assert canonical.encode(as_record(printed)) == canonical.encode(as_record(stored))
    assert '"x"' not in str(canonical.encode(as_record(stored)))


def _is_of(values: Any, chosen: tuple[int, ...], group: tuple[str | None, ...]) -> bool:
    return tuple(values[place] for place in chosen) == group
