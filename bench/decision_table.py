"""How long it takes to check a decision table of 2,000 rows and 6 inputs: `python bench/decision_table.py`.

Bar: 2 s for each shape, best of 3, one process: gaps, overlaps and rows that never answer, all found. Reading the YAML is
told beside it. The shapes: rows that tile the whole space; the same with one row missing; a space cut at random again and
again until it has 2,000 pieces (every cell a range of its own); rows at random that overlap, of which the first answers.
"""

from __future__ import annotations

import json
import random
import time
from itertools import product
from typing import Any

from consilience.domains.policy.language.types import DOUBLE, INT, STRING, ListType, Schema, StructType
from consilience.domains.policy.tables.document import load_table
from consilience.domains.policy.tables.findings import check

ROWS, RUNS, BAR_S = 2_000, 3, 2.0
SCHEMA = Schema(
    StructType(
        "facts", {"kind": STRING, "land": STRING, "age": INT, "share": DOUBLE, "places": ListType(STRING), "days": INT}
    )
)
LANDS = [f"L{at}" for at in range(20)]
PLACES = [f"P{at}" for at in range(30)]
INPUTS = [
    {"name": "kind", "value": "kind", "values": ["a", "b", "c", "d"]},
    {"name": "land", "value": "land", "values": LANDS, "others": True},
    {"name": "age", "value": "age", "range": "[0..1000000]"},
    {"name": "share", "value": "share", "range": "[0..1]"},
    {"name": "places", "value": "places", "values": PLACES, "others": True},
    {"name": "days", "value": "days", "range": ">= 0", "unit": "days"},
]  # fmt: skip


def text(rows: list[dict[str, Any]], hit: str) -> str:
    return json.dumps({
        "table": "measured", "title": {"en": "Measured"}, "hit": hit, "inputs": INPUTS,
        "outputs": [{"name": "answer", "values": ["yes", "no"]}],
        "rows": [{"id": f"r{at}", "when": row, "then": {"answer": "yes"}} for at, row in enumerate(rows)],
    })  # fmt: skip


def tiles() -> list[dict[str, Any]]:
    """4 kinds x 5 groups of lands x 10 ages x 5 shares x 2 x 1, which is 2,000."""
    lands = [", ".join(LANDS[at * 5 : at * 5 + 5]) for at in range(4)] + [f"not({', '.join(LANDS)})"]
    ages = [f"[{at * 100000}..{at * 100000 + 100000})" for at in range(9)] + ["[900000..1000000]"]
    shares = [f"[{at / 5}..{(at + 1) / 5})" for at in range(4)] + ["[0.8..1]"]
    places = ["any of P0, P3, P9", "none of P0, P3, P9"]
    parts = product("abcd", lands, ages, shares, places)
    return [
        {"kind": kind, "land": land, "age": age, "share": share, "places": place}
        for kind, land, age, share, place in parts
    ]


def cut_at_random(seed: int) -> list[dict[str, Any]]:
    """Boxes from cutting one again and again: every row has ranges of its own in three inputs, and nothing overlaps."""
    drawn = random.Random(seed)
    limits = {"age": 1_000_000, "share": 1_000_000, "days": 1_000_000}
    boxes = [{name: (0, top) for name, top in limits.items()}]
    while len(boxes) < ROWS:
        box = boxes.pop(drawn.randrange(len(boxes)))
        name = drawn.choice([one for one in limits if box[one][1] - box[one][0] > 1])
        low, high = box[name]
        middle = drawn.randrange(low + 1, high)
        boxes += [{**box, name: (low, middle)}, {**box, name: (middle, high)}]
    return [
        {
            "age": f"[{box['age'][0]}..{box['age'][1]}{']' if box['age'][1] == 1_000_000 else ')'}",
            "share": f"[{box['share'][0] / 1e6}..{box['share'][1] / 1e6}{']' if box['share'][1] == 1_000_000 else ')'}",
            "days": f">= {box['days'][0]}" if box["days"][1] == 1_000_000 else f"[{box['days'][0]}..{box['days'][1]})",
        }
        for box in boxes
    ]


def overlapping(seed: int) -> list[dict[str, Any]]:
    drawn = random.Random(seed)

    def span(top: float) -> str:
        low = drawn.uniform(0, top * 0.9)
        high = low + drawn.uniform(0.01, 0.1) * top
        return f"[{round(low, 4)}..{round(high, 4)}]" if top == 1 else f"[{int(low)}..{int(high)}]"

    rows: list[dict[str, Any]] = [
        {"kind": drawn.choice(["a", "b", "a, c", "not(d)"]), "land": drawn.sample(LANDS, 6), "age": span(1_000_000),
         "share": span(1), "places": drawn.choice(["any of P1, P2", "none of P4", "-"]), "days": span(400)}
        for _ in range(ROWS - 1)
    ]  # fmt: skip
    return [*rows, {}]


def main() -> None:
    whole = tiles()
    shapes = {
        "tiles, whole": (whole, "unique"),
        "tiles, one missing": ([*whole[:1234], *whole[1235:]], "unique"),
        "cut at random": (cut_at_random(1), "unique"),
        "cut, one missing": (cut_at_random(2)[1:], "unique"),
        "random, first answers": (overlapping(3), "first"),
    }
    for name, (rows, hit) in shapes.items():
        started = time.perf_counter()
        table = load_table(text(rows, hit), schema=SCHEMA, checked=False)
        reading = time.perf_counter() - started
        taken = []
        for _ in range(RUNS):
            started = time.perf_counter()
            found = check(table)
            taken.append(time.perf_counter() - started)
        best = min(taken)
        pieces = " x ".join(str(column.size) for column in found.columns)
        print(f"{name:22} {len(rows)} rows, pieces {pieces}; overlapping pairs {found.overlapping:,}, gaps {len(found.gaps)}, "
              f"silent {len(found.silent)}{', GIVEN UP' if found.too_hard else ''}")  # fmt: skip
        print(
            f"{'':22} checked in {best:.2f} s (bar {BAR_S} s: {'held' if best <= BAR_S else 'MISSED'}), read in {reading:.2f} s"
        )


if __name__ == "__main__":
    main()
