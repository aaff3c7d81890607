"""The comparison with peers: what it says of figures that differ, of memory, of bars, and what it leaves on the page."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


def of_the_comparison(name: str) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCH)
        return importlib.import_module(f"comparing.{name}")


def test_a_rate_that_differs_from_ours_fails_and_a_binned_distance_may_differ() -> None:
    ours = {"groups": {"a": {"tpr": 0.5}, "b": {"tpr": 0.25}}, "drift": {"n00": {"ks": 0.1}}}
    theirs = {"groups": {"a": {"tpr": 0.5}, "b": {"tpr": 0.26}, "c": {"tpr": 1.0}}, "drift": {"n00": {"ks": 0.2}}}
    ks, tpr = of_the_comparison("agreement").compare("peer", ours, theirs)
    assert (ks.metric, ks.fails, ks.equal) == ("ks", False, False)
    assert (tpr.metric, tpr.fails, tpr.compared, tpr.where) == ("tpr", True, 2, "b")
    assert tpr.difference == pytest.approx(0.01)


def test_jensen_shannon_has_to_be_equal_for_categories_alone() -> None:
    ours = {"drift": {"c00": {"jensen_shannon": 0.1}, "n00": {"jensen_shannon": 0.1}}}
    theirs = {"drift": {"c00": {"jensen_shannon": 0.2}, "n00": {"jensen_shannon": 0.2}}}
    assert [(one.family, one.fails) for one in of_the_comparison("agreement").compare("peer", ours, theirs)] == [
        ("drift", False),
        ("drift of categories", True),
    ]


def test_a_section_is_written_in_its_place_and_the_other_stays(tmp_path: Path) -> None:
    page = of_the_comparison("page")
    file = tmp_path / "docs" / "performance.md"
    page.write(file, "growth", "## Growth\n\nlinear")
    page.write(file, "peers", "## Beside others\n\nold")
    page.write(file, "peers", "## Beside others\n\nnew")
    text = file.read_text()
    assert text.startswith("# Performance")
    assert text.index("new") < text.index("linear")
    assert "old" not in text
    page.write(file, "growth", "## Growth\n\nlinear")
    assert file.read_text() == text


def test_a_bar_is_judged_only_at_the_rows_it_was_set_for() -> None:
    bars = of_the_comparison("bars")
    assert bars.at_most(1.9, 2.0, "s", judged=True) == "at most 2 s: met"
    assert bars.at_most(2.1, 2.0, "s", judged=True) == "at most 2 s: **missed**"
    assert bars.at_least(59.9, 60.0, "times", judged=True) == "at least 60 times: **missed**"
    assert "not judged" in bars.at_least(61.0, 60.0, "times", judged=False)


MEASURE_TWO = """
import json, sys
from comparing.processes import run
grow = "x = bytearray(300 * 2**20)"
nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grow!r}], check=True)"
print(json.dumps([run([sys.executable, "-c", program]).mib for program in ("pass", grow, nested)]))
"""


def test_the_peak_of_a_run_is_that_of_the_child_and_of_its_own_children() -> None:
    # In a process of its own, as the comparison is: a child's peak starts at that of the one who spawned it.
    done = subprocess.run([sys.executable, "-c", MEASURE_TWO], cwd=BENCH, check=True, capture_output=True, text=True)
    small, large, nested = json.loads(done.stdout)
    assert small < 100
    assert 300 < large < 400
    assert 300 < nested < 400


def test_the_last_line_of_a_program_is_what_it_found() -> None:
    run = of_the_comparison("processes").run
    assert run([sys.executable, "-c", "print('loading'); print('{\"found\": 1}')"]).said == {"found": 1}


def test_a_program_that_fails_ends_the_measurement_with_its_words() -> None:
    with pytest.raises(SystemExit, match="no such peer"):
        of_the_comparison("processes").run([sys.executable, "-c", "raise SystemExit('no such peer')"])


def test_slow_programs_take_part_in_fewer_rounds_but_never_in_more() -> None:
    programs = of_the_comparison("programs")
    slow = next(one for one in programs.PROGRAMS if one.slow)
    fast = next(one for one in programs.PROGRAMS if not one.slow)
    assert [programs.times(one, rounds=3, slow_rounds=1) for one in (slow, fast)] == [1, 3]
    assert programs.times(slow, rounds=2, slow_rounds=5) == 2
    assert {one.job for one in programs.chosen(["drift"])} == {"scan", "drift"}
