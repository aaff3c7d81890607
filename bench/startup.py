#!/usr/bin/env python3
"""How long one waits before anything happens: `python bench/startup.py`.

Bars, median of 20 warm processes: `consilience up` to the first page 3 s; `import consilience` and `consilience --help`
0.4 s, without Django.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

ROUNDS = 20
COMMAND = [sys.executable, "-m", "consilience.surfaces.cli.main"]


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def finished(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def first_page(home: Path) -> float:
    """Seconds from starting `up` on an existing workspace until the first page, asking to log in, has come."""
    port = a_free_port()
    environment = {**os.environ, "CONSILIENCE_HOME": str(home)}
    began = time.perf_counter()
    server = subprocess.Popen(
        [*COMMAND, "up", "--no-open", "--port", str(port)], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            page.read()
        return time.perf_counter() - began
    finally:
        server.terminate()
        server.communicate()


def report(what: str, bar: float, once: Callable[[], float]) -> None:
    once()
    taken = [once() for _ in range(ROUNDS)]
    print(f"{what:32} median {statistics.median(taken):5.2f} s   worst {max(taken):5.2f} s   bar {bar:.1f} s")


def main() -> None:
    django = "import sys, consilience; sys.exit('django' in sys.modules)"
    report("import consilience, no Django", 0.4, lambda: finished(sys.executable, "-c", django))
    report("consilience --help", 0.4, lambda: finished(*COMMAND, "--help"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        report("consilience up, to first page", 3.0, lambda: first_page(home))


if __name__ == "__main__":
    main()
