"""Witnesses as processes of their own, as their operators run them."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from consilience.domains.witness.service.store import Store


@dataclass(frozen=True)
class Running:
    """A witness that answers."""

    home: Path
    url: str
    key: str
    process: subprocess.Popen[str]

    def post(self, body: bytes, address: str = "/add-checkpoint") -> tuple[int, str, str]:
        """Status, type and text of the answer."""
        there = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        try:
            there.request("POST", address, body)
            answer = there.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
        finally:
            there.close()


def a_witness(home: Path, name: str = "witness.example/w1") -> str:
    """A new witness in this folder; gives its public key."""
    store = Store(home)
    store.make(name)
    return store.vkey()


def trust(home: Path, log_key: str) -> None:
    Store(home).trust(log_key)


@contextmanager
def serving(home: Path) -> Iterator[Running]:
    """The witness of this folder in a process of its own, at a free port."""
    words = ["witness", "serve", "--home", str(home), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "consilience.surfaces.cli.main", *words],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=dict(os.environ),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        key = process.stdout.readline().split()[-1]
        url = process.stdout.readline().split()[-1].removesuffix("/add-checkpoint")
        yield Running(home, url, key, process)
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()
