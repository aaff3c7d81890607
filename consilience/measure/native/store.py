"""Where object code is kept between runs: a file for each kernel and kind of machine, trusted only when all of it fits.

It lies beside the compiled Python of the kernel's module, or where that cannot be written in the user's cache folder;
`NUMBA_CACHE_DIR`, which says where numba keeps its own, goes before both. Who can write there can already change what
Python runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

MAGIC = b"consilience kernel 1\n"
DIGEST = 32


class Shelf:
    """The place of one kernel's code. `wanted` says all that the code must have been made from; other code is not taken."""

    def __init__(self, module: Path, name: str, machine: str, wanted: str) -> None:
        self._module = module
        self._file = f"{module.stem}.{name}-{hashlib.sha256(machine.encode()).hexdigest()[:16]}.kernel"
        self._wanted = hashlib.sha256(f"{machine}\n{wanted}".encode()).digest()

    def read(self) -> bytes | None:
        """The kept code; None where there is none, or it is of other sources, or was damaged."""
        for folder in self._folders():
            try:
                kept = (folder / self._file).read_bytes()
            except OSError:
                continue
            code = self._code(kept)
            if code is not None:
                return code
        return None

    def write(self, code: bytes) -> None:
        """Keep the code in the first folder that can be written; nowhere, if none can. Readers see all of it or nothing."""
        kept = MAGIC + self._wanted + hashlib.sha256(code).digest() + code
        for folder in self._folders():
            unfinished = folder / f"{self._file}.{os.getpid()}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                unfinished.write_bytes(kept)
                unfinished.replace(folder / self._file)
            except OSError:
                with contextlib.suppress(OSError):
                    unfinished.unlink()
                continue
            return

    def _code(self, kept: bytes) -> bytes | None:
        start = len(MAGIC) + 2 * DIGEST
        wanted, digest, code = kept[len(MAGIC) : start - DIGEST], kept[start - DIGEST : start], kept[start:]
        whole = kept.startswith(MAGIC) and wanted == self._wanted and digest == hashlib.sha256(code).digest()
        return code if whole else None

    def _folders(self) -> Iterator[Path]:
        own = hashlib.sha256(str(self._module).encode()).hexdigest()[:16]  # several installations share what follows
        if chosen := os.environ.get("NUMBA_CACHE_DIR"):
            yield Path(chosen) / own
        yield self._module.parent / "__pycache__"
        from platformdirs import user_cache_path

        yield user_cache_path("consilience") / "kernels" / own
