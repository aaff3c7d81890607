"""Policies of the organisation, of lines of business and of systems: who is bound, and that nothing is loosened from below."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.audit.export import Wanted, export
from consilience.domains.gate import actions as gate
from consilience.domains.gate import effect_queries, policy_sets
from consilience.domains.gate import queries as gate_queries
from consilience.domains.gate.queries import Assessment
from consilience.domains.ledger.act import act
from consilience.domains.ledger.verify import verify
from consilience.domains.policy import actions, queries
from consilience.domains.policy.below import no_longer_kept
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.policy.scope import Bound
from consilience.domains.policy.scoped import scope_of
from consilience.domains.release.models import Release
from consilience.kit.errors import BadInput, ExitCode, Refused
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token, as_
from tests.harness.archives import good, one_file
from tests.harness.builders import Someone, a_person, a_release, a_system, as_of, later, operator, read_release
from tests.harness.layered import ABOVE, BELOW, LOOSENING, LOOSER, a_policy
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]


@pytest.fixture
def ella(workspace: Workspace) -> Someone:
    return a_person("Ella Ek", functions=["engineering"])


@pytest.fixture
def lars(workspace: Workspace) -> Someone:
    return a_person("Lars Lund", functions=["legal"])


@pytest.fixture
def lending(workspace: Workspace) -> Release:
    return a_release(system=a_system("lending", line_of_business="retail-banking"))


@pytest.fixture
def pricing(workspace: Workspace) -> Release:
    return a_release(system=a_system("pricing", line_of_business="insurance"))


def published(text: str, by: Someone, proposed_by: Someone) -> Policy:
    row = actions.propose(actor=proposed_by.actor, text=text, now=later())
    return actions.publish(actor=by.actor, proposal=row.urn, in_force_from=None, now=later())


def asked(release: Release) -> Assessment:
    return gate_queries.assess_release(read_release(Release.objects.get(urn=release.urn)))


def outcomes(release: Release) -> dict[str, str]:
    return {f"{one.policy}/{one.requirement}": str(one.code) for one in asked(release).outcomes}


def test_a_policy_of_a_line_of_business_binds_its_systems_alone(
    ella: Someone, lars: Someone, lending: Release, pricing: Release
) -> None:
    published(ABOVE, ella, lars)
    published(BELOW, ella, lars)
    one = a_policy("lending-power", "Lending power", "0.8", "0.79", head="scope: {system: lending}\n")
    published(one, ella, lars)
    assert set(outcomes(lending)) == {f"{name}/enough-power" for name in ("power", "retail-power", "lending-power")}
    assert set(outcomes(pricing)) == {"power/enough-power"}


def test_what_one_may_set_aside_is_waived_and_the_decision_replays(
    ella: Someone, lars: Someone, lending: Release, pricing: Release
) -> None:
    published(ABOVE, ella, lars)
    with pytest.raises(Refused, match="loosened_by_others"):
        published(LOOSENING, ella, lars)
    published(LOOSENING, lars, ella)
    assert outcomes(lending) == {"power/enough-power": "waived", "retail-power/enough-power": "no_evidence"}
    assert outcomes(pricing) == {"power/enough-power": "no_evidence"}
    address = {"system": "lending", "version": read_release(lending).version.reference, "stage": "operation"}
    row = gate.decide(actor=operator(), **address, now=later())
    assert row.body["unmet"] == ["retail-power/enough-power"]
    assert gate_queries.replay(operator(), row.urn, as_of()).same
    # A new version above that lets nobody loosen it: what was decided stays, what is asked changes at once.
    published(ABOVE.replace("    may_be_loosened_by: [legal]\n", ""), ella, lars)
    assert outcomes(lending)["power/enough-power"] == "no_evidence"
    assert gate_queries.replay(operator(), row.urn, as_of()).same
    old = policy_sets.alone(policy_sets.version("power@1", as_of()), as_of().valid_at)
    new = policy_sets.alone(policy_sets.version("power@2", as_of()), as_of().valid_at)
    found = effect_queries.effect_of(operator(), old, new, asof=as_of())
    [case] = found.cases
    [changed] = case.effect.changed
    assert (changed.name, str(changed.before and changed.before.code)) == ("power/enough-power", "waived")
    assert str(changed.after and changed.after.code) == "no_evidence"


def test_who_verifies_an_archive_knows_whom_a_policy_binds(
    ella: Someone, lars: Someone, lending: Release, pricing: Release, tmp_path: Path
) -> None:
    published(ABOVE, ella, lars)
    published(BELOW, ella, lars)
    one = a_policy("lending-power", "Lending power", "0.8", "0.79", head="scope:\n  system: lending\n")
    published(one, ella, lars)
    for system, release in (("lending", lending), ("pricing", pricing)):
        address = {"system": system, "version": read_release(release).version.reference, "stage": "operation"}
        gate.decide(actor=operator(), **address, now=later())
    export(Wanted(None), tmp_path / "all.zip")
    good(tmp_path / "all.zip")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", True),
        ("scope: {line_of_business: retail-banking}\n", True),
        ("scope: {line_of_business: insurance}\n", False),
        ("scope:\n  system: lending\n", True),
        ("scope:\n  system: pricing\n", False),
        ('scope: {"system": "pricing"}\n', None),
    ],
)
def test_the_one_file_reads_whom_a_text_binds_or_says_that_it_cannot(head: str, expected: bool | None) -> None:
    system = {"slug": "lending", "line_of_business": "retail-banking"}
    text = a_policy("p", "P", "0.8", "0.79", head=head)
    assert one_file().binds(text, system) is expected
    assert expected is None or scope_of(text, "p").covers(Bound.of(system)) is expected
    if "line_of_business" in head:
        assert one_file().binds(text, {"slug": "lending"}) is False


def test_the_effect_of_a_narrow_policy_is_on_its_systems_alone(
    ella: Someone, lars: Someone, lending: Release, pricing: Release
) -> None:
    published(ABOVE, ella, lars)
    for system, release in (("lending", lending), ("pricing", pricing)):
        address = {"system": system, "version": read_release(release).version.reference, "stage": "operation"}
        gate.decide(actor=operator(), **address, now=later())
    draft = actions.propose(actor=ella.actor, text=BELOW, now=later())
    at = as_of().valid_at
    new = policy_sets.alone(policy_sets.proposed(draft.urn, as_of()), at)
    found = effect_queries.effect_of(operator(), policy_sets.alone(None, at), new, asof=as_of())
    assert found.counts.looked_at == 2
    assert [case.release for case in found.cases] == [lending.urn]


REFUSED = [
    ("policy.loosens_above", LOOSER),
    ("policy.severity_lowered", BELOW.replace("severity: block", "severity: warn")),
    ("policy.nothing_above", BELOW.replace("power/enough-power", "power/no-such")),
    ("policy.name_in_other_scope", BELOW.replace("policy: retail-power", "policy: power")),
]


@pytest.mark.usefixtures("nobody_is_logged_in")
@pytest.mark.parametrize(("code", "text"), REFUSED)
def test_loosening_from_below_is_refused_by_every_surface(
    ella: Someone,
    lars: Someone,
    client: Client,
    server: str,
    at: Any,
    tmp_path: Path,
    capsys: Any,
    code: str,
    text: str,
) -> None:
    published(ABOVE, ella, lars)
    before = PolicyProposal.objects.count()
    answer = as_(ella).post("/policies/proposals", {"text": text})
    assert (answer.status, answer.code) == (409, code)
    client.force_login(ella.account)
    page = client.post("/policies/new", {"text": text})
    assert page.status_code == 422
    assert answer.said["error"]["sentence"].replace("“", "").split()[0] in page.content.decode()
    at(server, a_token(ella), timeout="20")
    file = tmp_path / "retail.yaml"
    file.write_text(text, encoding="utf-8")
    assert run(["policy", "propose", str(file)]) == ExitCode.REFUSED
    assert "power" in capsys.readouterr().err
    assert PolicyProposal.objects.count() == before


def test_a_loosening_is_not_published_by_the_api_or_the_web_under_another_function(
    ella: Someone, lars: Someone, client: Client
) -> None:
    published(ABOVE, ella, lars)
    row = actions.propose(actor=lars.actor, text=LOOSENING, now=later())
    answer = as_(ella).post(f"/policies/proposals/{row.urn}/publish", {})
    assert (answer.status, answer.code) == (409, "policy.loosened_by_others")
    assert "legal" in answer.said["error"]["sentence"]
    client.force_login(ella.account)
    page = client.post(reverse("proposal_publish", args=[row.urn]))
    assert page.status_code == 422
    assert "Only somebody who holds one of these functions" in page.content.decode()
    assert Policy.objects.count() == 1


def by_hand(text: str, like: Policy, *, replaces: Policy | None = None, by: Someone) -> Policy:
    """A record of the ledger that no rule of ours let through: written, chained and signed as any other."""
    with act(operator(), verb="policy.published", at=later()) as opened:
        body = {**like.body, "text": text, "published_by": by.urn, "slug": text.split()[1]}
        return opened.record(Policy, body=body, replaces=replaces)


def test_a_record_made_by_hand_loosens_nothing(ella: Someone, lars: Someone, lending: Release) -> None:
    first = published(ABOVE, ella, lars)
    by_hand(LOOSENING, first, by=ella)
    assert outcomes(lending)["power/enough-power"] == "no_evidence", "who published it may not loosen"
    by_hand(ABOVE.replace("language: 2", "language: 2\nscope: {system: elsewhere}"), first, replaces=first, by=ella)
    assert verify().good
    assert outcomes(lending)["power/enough-power"] == "no_evidence", "a name binds whom it first bound"


def test_two_policies_of_one_name_cannot_be(ella: Someone, lars: Someone) -> None:
    first = published(ABOVE, ella, lars)
    with pytest.raises(Exception, match="nothing was recorded"):
        by_hand(ABOVE, first, by=lars)
    assert Policy.objects.count() == 1


def test_a_scope_names_a_system_that_exists(ella: Someone, workspace: Workspace) -> None:
    text = a_policy("nowhere", "Nowhere", "0.8", "0.79", head="scope: {system: nowhere}\n")
    with pytest.raises(BadInput, match="no system 'nowhere'"):
        actions.propose(actor=ella.actor, text=text, now=later())
    assert not PolicyProposal.objects.exists()


def test_a_line_of_business_is_above_the_systems_that_belong_to_it(
    ella: Someone, lars: Someone, lending: Release, pricing: Release
) -> None:
    published(ABOVE, ella, lars)
    published(BELOW, ella, lars)

    def one(system: str) -> str:
        extra = "    tightens: retail-power/enough-power\n"
        return a_policy(f"{system}-power", "Own", "0.8", "0.79", head=f"scope: {{system: {system}}}\n", extra=extra)

    published(one("lending"), ella, lars)
    with pytest.raises(Refused, match="nothing_above"):
        published(one("pricing"), ella, lars)
    assert [row.slug for row in queries.rows_in_force(as_of())] == ["lending-power", "power", "retail-power"]


def test_a_tightening_is_looked_at_again_when_what_is_above_changes(
    ella: Someone, lars: Someone, lending: Release
) -> None:
    published(ABOVE, ella, lars)
    published(BELOW, ella, lars)
    stricter = a_policy("power", "Power", "0.8", "0.79", extra="    may_be_loosened_by: [legal]\n")
    drafted = queries.draft(stricter, as_of()).loaded
    assert no_longer_kept(queries.loaded(queries.policy("power", as_of())), as_of()) == []
    (broken,) = no_longer_kept(drafted, as_of())
    assert (broken.policy, broken.why.code) == ("retail-power", "policy.loosens_above")
    row = actions.propose(actor=lars.actor, text=stricter, now=later())
    assert below(ella, f"/policies/proposals/{row.urn}") == ["retail-power"]
    published(stricter, ella, lars)
    assert below(ella, "/policies/power") == below(ella, "/policies/retail-power") == ["retail-power"]
    assert "power/enough-power" in outcomes(lending), "what is above is asked in any case"


def below(someone: Someone, path: str) -> list[str]:
    return [one["policy"] for one in as_(someone).get(path).said["below"]]


@pytest.mark.parametrize("slug", sorted(actions.TAKEN_NAMES))
def test_a_policy_may_not_be_called_like_a_page_of_the_library(slug: str, lars: Someone) -> None:
    with pytest.raises(BadInput, match="names a page of the library"):
        actions.propose(actor=lars.actor, text=a_policy(slug, "Power", "0.7", "0.69"), now=later())


@pytest.mark.parametrize("slug", ["compare", "export", "review", "comment", "effect", "requirements"])
def test_a_requirement_may_be_called_like_a_page_of_its_policy(slug: str, ella: Someone, lars: Someone) -> None:
    published(ABOVE.replace("id: enough-power", f"id: {slug}"), ella, lars)
    client = Client()
    client.force_login(ella.account)
    page = client.get(reverse("requirement", args=["power", slug]))
    assert page.status_code == 200
    assert f"power/{slug}" in page.content.decode()
