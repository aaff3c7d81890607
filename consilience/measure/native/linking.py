"""Object code into this process, by LLVM's linker: where a function of it lies."""

from __future__ import annotations

import threading
from itertools import count
from typing import Any

import llvmlite.binding as llvm

_lock = threading.Lock()
_linked: list[Any] = []  # as long as these live, so does the code
_numbers = count(1)  # of libraries, those that could not be linked too: no name comes twice


def linked(code: bytes, symbol: str) -> int:
    """The address of `symbol` in this object code. Raises RuntimeError where it cannot be linked."""
    with _lock:
        if not _linked:
            llvm.initialize_native_target()
            llvm.initialize_native_asmprinter()
            _linked.append(llvm.create_lljit_compiler())
        library = llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol(symbol)
        kept = library.link(_linked[0], f"{symbol}.{next(_numbers)}")
        _linked.append(kept)
        return int(kept[symbol])


def processor() -> str:
    """What object code of this machine depends on: the compiler, the system, the processor and what it can do."""
    features = llvm.get_host_cpu_features().flatten()
    return f"{llvm_version()} {llvm.get_default_triple()} {llvm.get_host_cpu_name()} {features}"


def llvm_version() -> str:
    """The version of LLVM and of its Python binding."""
    import llvmlite

    return f"{llvmlite.__version__} {'.'.join(map(str, llvm.llvm_version_info))}"
