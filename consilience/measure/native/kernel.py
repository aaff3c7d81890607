"""`kernel`: a function that runs as machine code, kept from an earlier run or made now, or by numba where neither works."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

from consilience.measure.native.signature import signature
from consilience.measure.native.store import Shelf

OTHERWISE = frozenset(
    {"NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_OPT", "NUMBA_DEBUGINFO"}
)
"""Whoever sets one of these asks numba for other code than is kept."""

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(text: str) -> Callable[[Function], Function]:
    """Compile on first use, as `kernels.compiled` does, for what the signature says (see `native.signature`).

    The kernel allocates nothing, raises nothing (a division by 0 gives infinity or NaN, as numpy's) and calls no Python but
    other kernels. It takes nothing from another file that it does not check at import: the code is kept until the file changes.
    """

    def made(function: Function) -> Function:
        return cast(Function, functools.wraps(function)(Kernel(function, text)))

    return made


class Kernel:
    """A kernel before and after it was made ready."""

    def __init__(self, function: Callable[..., Any], text: str) -> None:
        self._function, self._signature = function, signature(text)
        self._file = Path(function.__code__.co_filename)
        # Read now: what is kept later is made of what Python runs now, not of what the file says by then.
        self._source = self._file.read_text(encoding="utf-8") if self._file.is_file() else None
        self._lock = threading.Lock()
        self._run: Callable[..., Any] | None = None

    def __call__(self, *given: Any) -> Any:
        return (self._run or self.ready())(*given)

    def ready(self) -> Callable[..., Any]:
        """What runs the kernel: machine code, or numba."""
        with self._lock:
            if self._run is None:
                self._run = self._native() or self.by_numba
            return self._run

    @functools.cached_property
    def by_numba(self) -> Any:
        """The kernel as numba runs it, from numba's own cache."""
        from consilience.measure.kernels import compiled

        return compiled(self._function, error_model="numpy")

    @functools.cached_property
    def inlined(self) -> Any:
        """The kernel as numba puts it into others that call it."""
        from numba import njit

        return njit(forceinline=True, error_model="numpy")(self._function)

    @property
    def _numba_type_(self) -> Any:
        """What numba takes this for where another compiled function calls it."""
        return self.inlined._numba_type_  # of a compiled function: the hook that numba itself uses

    def shelf(self) -> Shelf | None:
        """Where the code is kept; None where numba is asked for other code than is kept, or the source is not there."""
        if self._source is None or not OTHERWISE.isdisjoint(os.environ):
            return None
        from consilience.measure.native.linking import processor

        wanted = f"{numba_version()}\n{self._signature.text}\n{self._source}"
        return Shelf(self._file, self._function.__name__, processor(), wanted)

    def _native(self) -> Callable[..., Any] | None:
        """The kernel as machine code, kept or made now; None where there is none to be had."""
        shelf = self.shelf()
        if shelf is None:
            return None
        found = self._linked(shelf.read())
        if found is None:
            made = self._built()
            found = self._linked(made)
            if made is not None and found is not None:
                shelf.write(made)
        return found

    def _linked(self, code: bytes | None) -> Callable[..., Any] | None:
        from consilience.measure.native.calling import caller
        from consilience.measure.native.linking import linked

        if code is None:
            return None
        try:
            return caller(linked(code, self._function.__name__), self._signature)
        except RuntimeError:  # the linker refuses it
            return None

    def _built(self) -> bytes | None:
        from consilience.measure.native.building import NotPlain, object_code

        try:
            return object_code(self.inlined, self._signature, self._function.__name__)
        except NotPlain:
            return None


@functools.cache
def warm() -> threading.Thread:
    """Let LLVM's linker load in a thread, a twentieth of a second once a process: files are read meanwhile."""
    thread = threading.Thread(target=_load, daemon=True)
    thread.start()
    return thread


def _load() -> None:
    from consilience.measure.native.linking import processor

    processor()


@functools.cache
def numba_version() -> str:
    """What tells one numba from another, without loading it; empty where it cannot be told."""
    found = find_spec("numba")
    if found is None or found.origin is None:
        return ""
    stated = Path(found.origin).with_name("_version.py")
    return stated.read_text(encoding="utf-8") if stated.is_file() else ""
