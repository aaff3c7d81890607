"""How kernels are compiled: cached on disk where that is possible, without the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Thread
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


@cache
def warm() -> Thread:
    """Let numba get ready in a thread, which takes a quarter of a second once a process: files are read meanwhile."""
    thread = Thread(target=_ready, daemon=True)
    thread.start()
    return thread


def _ready() -> None:
    compiled(_same)(1.0)


def _same(x: float) -> float:
    return x


def compiled(function: Kernel) -> Kernel:
    """Compile on first use. No fast-math and no fused multiply-add: results are the same bits on every machine.

    What is compiled is kept on disk until the file of the function changes, so a kernel takes nothing from another
    file that it does not check at import.
    """
    try:
        made = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package folder nor a cache folder of the user can be written
        made = njit(nogil=True)(function)
    return cast(Kernel, made)
