"""Eight processes sign over HTTP while a robot registers, on SQLite, against the server that `consilience up` starts."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from consilience.demo.server import _free_port, command, environment
from consilience.domains.access import actions as access
from consilience.domains.access.rules import Role
from consilience.domains.ledger import log
from consilience.domains.ledger.models import Entry
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.ledger.verify import verify
from consilience.domains.people import actions as people
from consilience.domains.release import queries as releases
from consilience.domains.review.models import SignOff
from consilience.kit.clock import now
from tests.harness.builders import a_person, as_of, later, operator
from tests.harness.credit import FUNCTIONS, Credit, credit
from tests.harness.workspaces import Workspace

SIGNERS, EACH, REGISTERED = 8, 6, 20
SIGNING = textwrap.dedent(
    """
    import json, sys, httpx
    url, token, release, function, seen, times = json.loads(sys.argv[1])
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        for number in range(times):
            said = http.post(f"/api/v1/releases/{release}/sign-offs", json={
                "function": function, "verdict": "approve", "reason": f"Look {number}", "seen": seen})
            print(said.status_code, said.text[:200] if not said.is_success else "")
    """
)
REGISTERING = textwrap.dedent(
    """
    import json, sys, httpx
    url, token, times = json.loads(sys.argv[1])
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        for number in range(times):
            said = http.post("/api/v1/datasets", json={"slug": f"feed-{number}", "name": "Feed", "systems": ["lending"]})
            print(said.status_code, said.text[:200] if not said.is_success else "")
    """
)


@pytest.fixture
def story(workspace: Workspace) -> Credit:
    return credit()


@pytest.fixture
def served(story: Credit, workspace: Workspace) -> Iterator[str]:
    port = _free_port()
    process = subprocess.Popen(
        command("up", "--port", str(port), "--no-open"),
        env=environment(workspace.home.root), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    assert process.stdout is not None
    while "answers at" not in (line := process.stdout.readline()):
        assert line, "the server ended"
    yield url
    process.terminate()
    process.communicate(timeout=20)


def _run(script: str, said: list[object]) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, json.dumps(said)], stdout=subprocess.PIPE, text=True)


def _token(principal: str, scopes: list[str]) -> str:
    secret, _ = access.make_token(
        actor=operator(), principal=principal, label="test", scopes=scopes, systems=None, days=1, now=now()
    )
    return secret


@pytest.mark.on_sqlite
def test_eight_signers_and_a_robot_lose_nothing_and_leave_no_gap(
    story: Credit, served: str, workspace: Workspace
) -> None:
    signers = [(story.reviewers[function], function) for function in FUNCTIONS]
    signers += [(a_person(f"second {function}", functions=[function]), function) for function in FUNCTIONS]
    robot = people.add_robot(
        actor=operator(),
        slug="feeder",
        purpose="Registers",
        owner=story.author.urn,
        roles=[(Role.PIPELINE, None)],
        now=later(),
    )
    tokens = {}
    for person, _ in signers:
        secret, _row = access.make_token(
            actor=Actor(person.urn, AuthenticatedBy.PASSWORD), principal=person.urn, label="test",
            scopes=["sign"], systems=None, days=1, now=now(),
        )  # fmt: skip
        tokens[person.urn] = secret
    found = releases.release(operator(), **story.address, asof=as_of())
    feeder = _token(robot.urn, ["register"])
    before = log.size()
    address = f"{story.system}/{story.version.reference}/operation"
    running = [
        _run(SIGNING, [served, tokens[person.urn], address, function, releases.facet(found, function).digest, EACH])
        for person, function in signers
    ]
    running.append(_run(REGISTERING, [served, feeder, REGISTERED]))
    said = [line for process in running for line in process.communicate(timeout=120)[0].splitlines()]
    assert len(said) == SIGNERS * EACH + REGISTERED
    assert [line for line in said if not line.startswith("20")] == []
    assert log.size() == before + len(said)
    assert list(Entry.objects.order_by("position").values_list("position", flat=True)) == list(range(log.size()))
    assert SignOff.objects.count() == SIGNERS * EACH
    assert verify().findings == []


@pytest.mark.on_sqlite
def test_a_ledger_that_cannot_be_written_refuses_the_act_and_says_so(
    story: Credit, served: str, workspace: Workspace
) -> None:
    key = Path(workspace.home.log_key)
    person = story.reviewers["ethics"]
    secret, _ = access.make_token(
        actor=Actor(person.urn, AuthenticatedBy.PASSWORD), principal=person.urn, label="test", scopes=["sign"],
        systems=None, days=1, now=now(),
    )  # fmt: skip
    found = releases.release(operator(), **story.address, asof=as_of())
    seen = releases.facet(found, "ethics").digest
    key.rename(key.with_name("away.pem"))
    answer = httpx.post(
        f"{served}/api/v1/releases/{story.system}/{story.version.reference}/operation/sign-offs",
        headers={"Authorization": f"Bearer {secret}"}, timeout=60,
        json={"function": "ethics", "verdict": "approve", "reason": "Fine", "seen": seen},
    )  # fmt: skip
    key.with_name("away.pem").rename(key)
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert (
        "nothing was recorded" in answer.json()["error"]["sentence"] or "cannot" in answer.json()["error"]["sentence"]
    )
    assert SignOff.objects.count() == 0
