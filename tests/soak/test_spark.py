"""Spark counts as everybody does: on two threads of this process, and on a cluster of a master and two workers.

Needs the extra `spark` and Java 17. Each cluster is a process of its own here: one Python can hold one Spark.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.spark
HERE = "127.0.0.1"
REPOSITORY = Path(__file__).resolve().parents[2]
DRILL = """
import sys
from dataclasses import replace

from pyspark.sql import SparkSession
from pyspark.sql.functions import col

from consilience.kit.errors import BadInput
from consilience.measure import references
from consilience.measure.engines import arrow, learning, profiling, spark
from consilience.measure.engines.opening import open_source
from consilience.measure.plan import make_plan
from consilience.measure.states import profile_wire, wire
from tests.harness import datasets

settings = {
    "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
    "spark.driver.memory": "1g", "spark.executor.memory": "900m", "spark.executor.cores": "1",
    "spark.sql.session.timeZone": "UTC", "spark.sql.timestampType": "TIMESTAMP_NTZ", "spark.sql.shuffle.partitions": "3",
}
builder = SparkSession.builder.master(sys.argv[1])
for key, value in settings.items():
    builder = builder.config(key, value)
session = builder.getOrCreate()
for name, made in datasets.ALL.items():
    data = made()
    frame = session.createDataFrame(data.table).repartition(3)
    plan = learning.learn(open_source(data.table), exact_rows=600)
    expected, found = profiling.profile(data.table, plan), spark.profile(frame, plan)
    assert profile_wire.encode(replace(found, types=expected.types)) == profile_wire.encode(expected), name
    try:
        kept = references.to_keep(data.table)
    except BadInput:  # too few rows for a reference that tells of none of them
        kept = None
    if kept is not None:
        expected, found = profiling.profile(data.table, kept.plan), spark.profile(frame, kept.plan)
        assert profile_wire.encode(replace(found, types=expected.types)) == profile_wire.encode(expected), name
        print("on stored edges", name)
    if data.cube:
        wanted = make_plan(**data.cube)
        assert wire.encode(spark.fold(frame, wanted)) == wire.encode(arrow.fold(data.table, wanted)), name
    print("equal", name)

table = datasets.small_group().table
frame = session.createDataFrame(table)
for wrong, plan, sentence in (
    (frame.withColumn("s", col("s") * 2), make_plan(label="y", score="s"), "spark: column 's': the score 1"),
    (frame, make_plan(label="age"), "spark, column 'age': two classes are expected, there are more"),
    (frame, make_plan(label="yy"), "spark: has no column 'yy'; did you mean 'y'"),
    (frame, make_plan(label="y", where=[("sex", "x")]), "spark: has no row with 'sex' = 'x'; the values of 'sex' are 'female'"),
):
    try:
        spark.fold(wrong, plan)
    except BadInput as error:
        assert str(error).startswith(sentence), error
        print("refused", sentence)
executors = session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
print("executors", executors)
session.stop()
"""


@pytest.fixture
def home() -> Path:
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        pytest.skip("pyspark is not installed: uv sync --extra spark")
    if shutil.which("java") is None:
        pytest.skip("there is no java: Spark needs Java 17, for instance Debian's openjdk-17-jre-headless")
    return Path(found.origin).parent


def test_spark_on_two_threads_gives_equal_states(home: Path) -> None:
    said = _drilled("local[2]")
    assert (said.count("equal "), said.count("refused ")) == (22, 4)


def test_a_cluster_of_a_master_and_two_workers_gives_equal_states(home: Path, tmp_path: Path) -> None:
    with cluster(home, tmp_path, workers=2) as master:
        said = _drilled(master)
    assert (said.count("equal "), said.count("refused ")) == (22, 4)
    assert "executors 2" in said


@contextmanager
def cluster(home: Path, folder: Path, *, workers: int) -> Iterator[str]:
    """The address of a standalone master that this many workers have joined."""
    port = _free_port()
    master = f"spark://{HERE}:{port}"
    with ExitStack() as until_the_end:
        until_the_end.enter_context(
            _daemon(home, folder / "master", "master.Master", "--port", str(port), "--webui-port", str(_free_port()))
        )
        _wait_for(port)
        logs = []
        for number in range(workers):
            log = folder / f"worker-{number}"
            logs.append(log)
            until_the_end.enter_context(
                _daemon(home, log, "worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir", str(folder / "work"),
                        "--webui-port", str(_free_port()), master)
            )  # fmt: skip
        for log in logs:
            _wait_for_line(log, "Successfully registered with master")
        yield master


@contextmanager
def _daemon(home: Path, log: Path, name: str, *arguments: str) -> Iterator[None]:
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--host", HERE, *arguments]
    environment = {**_environment(), "SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m"}
    with log.open("w") as stream, subprocess.Popen(command, stdout=stream, stderr=stream, env=environment) as running:
        try:
            yield
        finally:
            running.terminate()
            running.wait(timeout=30)


def _drilled(master: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRILL, master],
        capture_output=True, text=True, env=_environment(), cwd=REPOSITORY, timeout=1500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    return done.stdout


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONWARNINGS": "ignore",
        "SPARK_LOCAL_IP": HERE,
        "SPARK_NO_DAEMONIZE": "1",
    }


def _free_port() -> int:
    with socket.create_server((HERE, 0)) as found:
        return int(found.getsockname()[1])


def _wait_for(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection((HERE, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"nothing listens on port {port}")


def _wait_for_line(log: Path, line: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if line in log.read_text():
            return
        time.sleep(0.2)
    pytest.fail(f"{log.name} never said {line!r}:\n{log.read_text()[-2000:]}")
