"""`consilience up`: from nothing to an answering server, for real, in processes of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from consilience.client import Client
from consilience.kit.errors import ExitCode, NotEntitled
from tests.harness.api import a_token
from tests.harness.credit import credit
from tests.harness.workspaces import Workspace

STARTED_WITHIN_S = 3.0
"""From the command to the printed address, on a machine that has nothing else to do."""


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path) -> dict[str, str]:
    named = {
        key: value for key, value in os.environ.items() if key not in ("CONSILIENCE_DATABASE", "CONSILIENCE_PUBLIC_URL")
    }
    return {**named, "CONSILIENCE_HOME": str(home), "PYTHONUNBUFFERED": "1"}


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, subprocess.Popen[str], list[str]]]:
    """A server on this home: its address, its process, and what it printed until it answered."""
    port = a_free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "consilience.surfaces.cli.main", "up", "--port", str(port), "--no-open"],
        env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        lines = [process.stdout.readline()]
        assert lines[0], process.stderr.read()
        yield f"http://127.0.0.1:{port}", process, lines
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=20)
        process.stdout.close()
        process.stderr.close()


def test_from_nothing_to_an_address_and_a_one_time_link(tmp_path: Path) -> None:
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    began = time.monotonic()
    with serving(tmp_path / "home") as (url, process, lines):
        took = time.monotonic() - began
        assert lines[0] == f"Consilience answers at {url}\n"
        assert process.stdout is not None
        link = re.search(rf"({url}/setup/\S+)", process.stdout.readline())
        assert link is not None
        assert httpx.get(f"{url}/api/v1/me", timeout=60).status_code == 401
        assert (tmp_path / "home" / "consilience.sqlite3").is_file()
    assert took < STARTED_WITHIN_S * max(1.0, busy), f"{took:.1f} s at a load of {busy:.1f} a core"


def test_control_c_stops_the_server_and_every_process_of_it(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as (url, process, _):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them at once
        assert process.wait(timeout=15) == ExitCode.INTERRUPTED
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)


def test_a_termination_stops_it_too(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as (url, process, _):
        process.terminate()
        assert process.wait(timeout=15) == ExitCode.YES
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)


def test_a_taken_port_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = subprocess.run(
            [sys.executable, "-m", "consilience.surfaces.cli.main", "up", "--port", str(taken.getsockname()[1])],
            env=environment(tmp_path / "home"), capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    assert ran.returncode == ExitCode.WRONG_USE
    assert "--port" in ran.stderr
    assert not (tmp_path / "home").exists()


def test_the_gate_over_a_real_server(workspace: Workspace) -> None:
    if workspace.server is not None:
        pytest.fail("this story lives in the workspace's own folder")
    story = credit()
    secret = a_token(story.author)
    with serving(workspace.home.root) as (url, _, _):
        named = {"CONSILIENCE_URL": url, "CONSILIENCE_TOKEN": secret}
        gate = [sys.executable, "-m", "consilience.surfaces.cli.main", "gate", "credit-risk@1", "--to", "operation"]
        asked = subprocess.run(
            gate, env={**os.environ, **named}, capture_output=True, text=True, check=False, timeout=60
        )
        assert asked.returncode == ExitCode.ONLY_SIGN_OFFS_MISSING, asked.stderr
        story.sign_everything()
        with Client(url, secret) as client:
            assert client.gate("credit-risk@1", to="operation").allowed
        with Client(url, "cns_wrong") as stranger, pytest.raises(NotEntitled):
            stranger.gate("credit-risk@1", to="operation")
        link = httpx.get(f"{url}/api/v1/me", headers={"Authorization": f"Bearer {secret}"}, timeout=60)
        assert link.json()["name"] == story.author.name
    assert (
        subprocess.run(gate, env={**os.environ, **named}, capture_output=True, check=False, timeout=60).returncode
        == ExitCode.UNREACHABLE
    )
