"""Kernels as kept machine code: the same bits as numba's, and numba wherever the code does not fit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consilience.measure.native.kernel import Kernel
from consilience.measure.native.signature import signature
from consilience.measure.native.store import Shelf

ROOMS = (
    "engines.kernels", "engines.profile_kernels", "metrics.chi_square_kernels", "metrics.range_kernels", "metrics.recalibration_kernels",
    "metrics.resampling_kernels", "metrics.sum_kernels", "states.score_kernels",
)  # fmt: skip
SOURCE = """
import numpy as np
from consilience.measure.native.kernel import kernel

@kernel("float64[] -> float64")
def add(values):
    total = {start}
    for value in values:
        total += value
    return total

@kernel("int64 -> float64")
def count(rows):
    return np.ones(rows).sum()
"""


def module(folder: Path, start: float = 0.0) -> Any:
    """A module with the kernels `add` and `count`, which allocates."""
    file = folder / "some_kernels.py"
    file.write_text(SOURCE.format(start=start))
    return loaded(file)


def loaded(file: Path) -> Any:
    """What a source file holds, which is not written here: several processes may read it at once."""
    spec = spec_from_file_location("some_kernels", file)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").glob("some_kernels.add-*.kernel*"))


def native(kernel: Kernel) -> bool:
    """Whether a kernel runs as machine code by its address."""
    return kernel.ready() is not kernel.__dict__.get("by_numba")


@pytest.mark.parametrize("room", ROOMS)
def test_every_kernel_of_an_evaluation_is_plain_enough_to_be_kept(room: str) -> None:
    found = [one for one in vars(import_module(f"consilience.measure.{room}")).values() if isinstance(one, Kernel)]
    assert found
    assert [one.__name__ for one in found if not native(one)] == []


def test_machine_code_and_numba_give_the_same_bits() -> None:
    from consilience.measure.metrics import range_kernels, recalibration_kernels

    generator = np.random.default_rng(4)
    odds, rows = generator.normal(size=300), generator.integers(1, 50, (2, 300))
    line: Any = recalibration_kernels.line
    assert line(odds, *rows) == line.by_numba(odds, *rows)
    centre, error = generator.random(12), generator.random(12) / 20 + 1e-3
    size = np.where(generator.random(12) < 0.5, generator.integers(1, 21, 12), 0)
    invert: Any = range_kernels.invert_with
    room = (np.empty(12), np.empty(12), np.empty(400), np.empty((12, range_kernels.SMALL + 1)), np.empty(12))
    given = (0.3, centre, error, size, range_kernels.SHARE, 1.0, *room)
    assert invert(*given) == invert.by_numba(*given)


def test_code_is_kept_and_taken_by_the_next_process(tmp_path: Path) -> None:
    assert module(tmp_path).add(np.arange(4.0)) == 6
    (file,) = kept(tmp_path)
    code = "import sys; from pathlib import Path; from test_measure_native import module; import numpy as np;"
    code += f"print(module(Path({str(tmp_path)!r})).add(np.arange(4.0)), 'numba' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=Path(__file__).parent)
    assert said.stdout.decode().split() == ["6.0", "False"]
    assert kept(tmp_path) == [file]


def test_code_of_an_older_source_is_made_anew(tmp_path: Path) -> None:
    assert module(tmp_path).add(np.arange(4.0)) == 6
    assert module(tmp_path, start=100.0).add(np.arange(4.0)) == 106
    assert len(kept(tmp_path)) == 1


def test_code_is_kept_under_the_source_that_it_was_made_of(tmp_path: Path) -> None:
    loaded = module(tmp_path)
    changed = module(tmp_path, start=100.0)  # while the first is in memory, not yet compiled
    assert loaded.add(np.arange(4.0)) == 6
    assert changed.add(np.arange(4.0)) == 106


@pytest.mark.parametrize(
    "damage", [lambda code: code[:-9], lambda code: code[:-200] + bytes(200), lambda _: b"", lambda code: b"x" + code]
)
def test_damaged_code_is_refused_and_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    assert module(tmp_path).add(np.arange(4.0)) == 6
    (file,) = kept(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert module(tmp_path).add(np.arange(4.0)) == 6
    assert len(file.read_bytes()) == len(whole)


def test_what_is_whole_but_no_object_code_is_made_anew(tmp_path: Path) -> None:
    made = module(tmp_path)
    assert made.add(np.arange(4.0)) == 6
    (file,) = kept(tmp_path)
    shelf = made.add.shelf()
    shelf.write(b"this is no object code")
    assert shelf.read() == b"this is no object code"
    again = module(tmp_path)
    assert again.add(np.arange(4.0)) == 6
    assert native(again.add)
    assert b"this is no object code" not in file.read_bytes()


def test_a_kernel_that_allocates_runs_by_numba(tmp_path: Path) -> None:
    made = module(tmp_path)
    assert made.count(5) == 5
    assert not native(made.count)


def test_who_asks_numba_for_something_else_gets_numba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    made = module(tmp_path)
    assert made.add(np.arange(4.0)) == 6
    assert not native(made.add)


def test_where_nothing_can_be_kept_kernels_run_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        (tmp_path / name).write_text("a file, no folder")
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "__pycache__").write_text("a file, no folder")
    made = module(tmp_path)
    assert made.add(np.arange(4.0)) == 6
    assert native(made.add)


@pytest.mark.parametrize(
    "wrong",
    [np.arange(4), np.arange(8.0)[::2], np.zeros((2, 2)), np.arange(4, dtype=np.float32)],
    ids=["integers", "every second", "a table", "half as wide"],
)
def test_an_array_that_machine_code_would_misread_is_refused(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(TypeError):
        module(tmp_path).add(wrong)


def test_nothing_is_written_into_an_array_that_is_only_to_be_read() -> None:
    from consilience.measure.engines import profile_kernels

    table = np.full(profile_kernels.SET_SIZE, -1, dtype=np.int32)
    table.setflags(write=False)
    with pytest.raises(TypeError):
        profile_kernels.put(table, np.array([1], dtype=np.int32))


def test_processes_that_make_the_same_code_at_once_leave_one_file(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from test_measure_native import loaded; import numpy as np;"
    code += f"print(loaded(Path({str(tmp_path / 'some_kernels.py')!r})).add(np.arange(4.0)))"
    module(tmp_path)
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parent)
        for _ in range(3)
    ]
    assert [one.communicate()[0].strip() for one in started] == [b"6.0"] * 3
    assert len(kept(tmp_path)) == 1


def test_a_shelf_takes_no_code_of_another_machine(tmp_path: Path) -> None:
    file = tmp_path / "some_kernels.py"
    Shelf(file, "add", "one processor", "source").write(b"code")
    assert Shelf(file, "add", "one processor", "source").read() == b"code"
    assert Shelf(file, "add", "another", "source").read() is None
    assert Shelf(file, "add", "one processor", "another source").read() is None


@pytest.mark.parametrize("text", ["float64[]", "text -> none", "float64[int64] -> none", "int64 -> much"])
def test_a_signature_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="kernel|say|names"):
        signature(text)


def test_an_evaluation_against_a_reference_needs_neither_numba_nor_scipy() -> None:
    code = (
        "import sys, numpy as np, pyarrow as pa; from consilience.measure.evaluate import evaluate;"
        "g = np.random.default_rng(1); n = 3000;"
        "rows = pa.table({'y': g.integers(0, 2, n), 's': g.random(n), 'x': g.random(n), 'g': [f'{i % 7}' for i in range(n)]});"
        "evaluate(rows, label='y', score='s', threshold=0.5, protected=['g'], reference=rows);"
        "print({'numba', 'scipy'} & set(sys.modules))"
    )
    found = [subprocess.run([sys.executable, "-c", code], check=True, capture_output=True) for _ in range(2)]
    assert found[1].stdout == b"set()\n"
