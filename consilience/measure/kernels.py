"""How numba compiles kernels: cached on disk where that is possible, without the interpreter lock.

A kernel that allocates nothing is better one of `native.kernel`, which need not load numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel, **options: Any) -> Kernel:
    """Compile on first use. No fast-math and no fused multiply-add: results are the same bits on every machine.

    What is compiled is kept on disk until the file of the function changes, so a kernel takes nothing from another
    file that it does not check at import.
    """
    from numba import njit

    try:
        made = njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # neither the package folder nor a cache folder of the user can be written
        made = njit(nogil=True, **options)(function)
    return cast(Kernel, made)
