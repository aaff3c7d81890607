"""The life of policies: drafts in folders, proposals that are talked about and taken back, versions compared, reviews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.gate import notices, review_notices
from consilience.domains.gate.models import Notice
from consilience.domains.ledger.verify import verify
from consilience.domains.policy import actions
from consilience.domains.policy.life import actions as life_actions
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.models import Policy, PolicyComment, PolicyProposal
from consilience.kit.clock import Instant, now, shift
from consilience.kit.errors import ExitCode, NotEntitled, Refused
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token, as_
from tests.harness.builders import Someone, a_person, a_system, an_erasure, as_of, later
from tests.harness.layered import ABOVE, a_policy
from tests.harness.rows import sql, unguarded
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
STRICTER = a_policy("power", "Power", "0.8", "0.79", extra="    may_be_loosened_by: [legal]\n")


@pytest.fixture
def ella(workspace: Workspace) -> Someone:
    return a_person("Ella Ek", functions=["engineering"])


@pytest.fixture
def lars(workspace: Workspace) -> Someone:
    return a_person("Lars Lund", functions=["legal"])


def proposed(by: Someone, text: str = ABOVE, **more: Any) -> PolicyProposal:
    return actions.propose(actor=by.actor, text=text, **more, now=later())


def published(by: Someone, proposed_by: Someone, text: str = ABOVE) -> Policy:
    urn = proposed(proposed_by, text).urn
    return actions.publish(actor=by.actor, proposal=urn, in_force_from=None, now=later())


# Drafts, proposals and what nobody may do


def test_a_proposal_is_taken_back_by_its_author_and_published_by_nobody_then(ella: Someone, lars: Someone) -> None:
    row = proposed(ella)
    assert as_(lars).post(f"/policies/proposals/{row.urn}/take-back", {}).code == "policy.author_takes_back"
    assert as_(ella).post(f"/policies/proposals/{row.urn}/take-back", {"reason": "Too early."}).status == 200
    assert as_(lars).get("/policies/proposals").said["items"] == []
    answer = as_(lars).post(f"/policies/proposals/{row.urn}/publish", {})
    assert (answer.status, answer.code) == (409, "policy.proposal_taken_back")
    assert as_(ella).post(f"/policies/proposals/{row.urn}/take-back", {}).code == "policy.proposal_taken_back"
    assert "Too early." not in life.proposal_ever(row.urn, as_of()).canonical, "a reason is personal text"
    assert verify().good


def test_a_proposal_takes_the_place_of_an_earlier_one_of_its_author(ella: Someone, lars: Someone) -> None:
    first = proposed(ella)
    other = as_(lars).post("/policies/proposals", {"text": STRICTER, "replaces": first.urn})
    assert (other.status, other.code) == (409, "policy.author_takes_back")
    wrong = as_(ella).post(
        "/policies/proposals", {"text": a_policy("other", "Other", "0.8", "0.79"), "replaces": first.urn}
    )
    assert wrong.code == "policy.replaces_another"
    second = proposed(ella, STRICTER, replaces=first.urn)
    assert [row["urn"] for row in as_(lars).get("/policies/proposals").said["items"]] == [second.urn]
    assert (found := life.earlier(second, as_of())) is not None
    assert found.urn == first.urn


def test_nobody_publishes_alone_or_into_the_past(ella: Someone, lars: Someone) -> None:
    row = proposed(ella)
    alone = as_(ella).post(f"/policies/proposals/{row.urn}/publish", {})
    assert (alone.status, alone.code) == (409, "second_person_publishes")
    past = as_(lars).post(f"/policies/proposals/{row.urn}/publish", {"in_force_from": "2001-01-01"})
    assert (past.status, past.code) == (409, "backdated")
    assert not Policy.objects.exists()


def test_a_published_version_that_raw_sql_edits_is_found_and_named(ella: Someone, lars: Someone) -> None:
    row = published(ella, lars)
    with unguarded():
        loose = row.canonical.replace("0.7", "0.1")
        sql("UPDATE policy_policy SET canonical = %s WHERE digest = %s", loose, row.digest)
    found = verify()
    assert not found.good
    assert any(row.name in str(one) for one in found.findings)


# Discussion


def test_what_is_said_about_a_policy_is_listed_in_order_and_can_be_erased(ella: Someone, lars: Someone) -> None:
    row = published(ella, lars)
    first = as_(lars).post("/policies/power/comments", {"text": "Why 0.7 and not 0.75?"}).said
    answer = as_(ella).post("/policies/power/comments", {"text": "It is in the book.", "answers": first["urn"]}).said
    found = as_(ella).get("/policies/power/comments").said["items"]
    assert [(one["by"]["name"], one["text"], one["answers"]) for one in found] == [
        ("Lars Lund", "Why 0.7 and not 0.75?", None),
        ("Ella Ek", "It is in the book.", first["urn"]),
    ]
    assert answer["answers"] == first["urn"]
    said = PolicyComment.objects.get(urn=first["urn"])
    assert "0.75" not in said.canonical
    an_erasure(texts=[said.body["text"]["commitment"]])
    assert as_(ella).get("/policies/power/comments").said["items"][0]["text"] is None
    assert verify().good
    elsewhere = proposed(lars, STRICTER)
    stray = as_(ella).post(f"/policies/proposals/{elsewhere.urn}/comments", {"text": "No.", "answers": first["urn"]})
    assert stray.code == "policy.answers_elsewhere"
    assert life.discussion(row.urn, as_of())[0].text is None


def test_readers_read_a_discussion_and_only_those_who_make_policies_join_it(ella: Someone, lars: Someone) -> None:
    published(ella, lars)
    reader = a_person("Rita Rask", roles=[Role.READER])
    member = a_person("Mona Mark", roles=[(Role.REVIEWER, a_system("elsewhere"))])
    for person in (reader, member):
        assert as_(person).get("/policies/power/comments").status == 200
        assert as_(person).post("/policies/power/comments", {"text": "I say."}).status == 403
        with pytest.raises(NotEntitled):
            life_actions.comment(actor=person.actor, about="power", text="I say.", now=later())
    assert not PolicyComment.objects.exists()


def test_nobody_says_nothing(ella: Someone, lars: Someone) -> None:
    published(ella, lars)
    assert as_(ella).post("/policies/power/comments", {"text": "  "}).status == 422
    assert as_(ella).post("/policies/no-such/comments", {"text": "x"}).status == 404


# Reviews


def test_owners_are_told_of_a_review_once_when_it_is_soon_and_once_when_it_is_late(
    ella: Someone, lars: Someone
) -> None:
    day = str(shift(as_of().valid_at, days=60))[:10]
    published(ella, lars, ABOVE.replace("language: 2", f"language: 2\nreview_by: {day}"))
    assert review_notices.tell(as_of()) == 0
    soon, late = as_of(shift(as_of().valid_at, days=40)), as_of(shift(as_of().valid_at, days=70))
    assert [review_notices.tell(soon), review_notices.tell(soon), review_notices.tell(late)] == [1, 0, 1]
    assert set(Notice.objects.values_list("person", flat=True)) == {ella.urn}
    assert [str(one.state) for one in review_notices.told(ella.actor, late)] == ["overdue", "soon"]
    assert notices.unread(ella.actor, late) == 2
    assert review_notices.told(lars.actor, late) == []
    with pytest.raises(Refused, match="owner_reviews"):
        right(lars, late.valid_at)
    right(ella, late.valid_at)
    assert review_notices.tell(as_of(shift(late.valid_at, days=1))) == 0


def right(by: Someone, at: Instant) -> None:
    life_actions.still_right(actor=by.actor, slug="power", next_look=shift(at, days=365), note="Looked at it.", now=at)


def test_a_review_is_an_act_with_the_day_of_the_next_look(ella: Someone, lars: Someone) -> None:
    published(ella, lars, ABOVE.replace("language: 2", "language: 2\nreview_by: 2099-06-30"))
    assert [one["state"] for one in as_(lars).get("/policy-reviews").said["items"]] == ["set"]
    assert as_(ella).post("/policies/power/review", {"next": "2001-01-01"}).code == "policy.review_in_the_past"
    said = as_(ella).post("/policies/power/review", {"next": "2098-01-31", "note": "Still right."}).said
    assert said["last_day"] == "2098-01-31"
    [due] = as_(lars).get("/policy-reviews").said["items"]
    assert due["by"] == said["next"]
    # Another version is another text: its own day counts again.
    published(ella, lars, STRICTER.replace("language: 2", "language: 2\nreview_by: 2099-06-30"))
    [due] = as_(lars).get("/policy-reviews").said["items"]
    assert due["last_day"] == "2099-06-30"


# Versions, search, files


def test_what_changed_between_two_versions_is_told_in_words_and_since_when_a_requirement_is_asked(
    ella: Someone, lars: Someone
) -> None:
    first = published(ella, lars)
    published(ella, lars, STRICTER)
    told = as_(lars).get("/policies/power/compare?old=1&new=2").said["differences"]
    assert [one["sentence"] for one in told] == ["Power: threshold changed from 0.7 to 0.8, in “m.roc_auc.low >= 0.8”"]
    assert as_(lars).get("/policies/power/compare?old=1&new=7").status == 404
    found = as_(lars).get("/policies/power/requirements/enough-power").said
    assert found["since"] == first.valid_from
    assert [one["version"] for one in found["history"]] == [1, 2]
    assert found["evidence"] == ["evaluation"]
    assert as_(lars).get("/policies/power/requirements/no-such").status == 404
    assert as_(lars).get("/policies/power/versions/1").said["text"] == ABOVE
    hits = as_(lars).get("/policy-search?words=hardly+evaluation").said["items"]
    assert [(one["policy"], one["requirement"], one["where"]) for one in hits] == [
        ("power", "enough-power", ["why", "evidence"])
    ]


@pytest.mark.usefixtures("nobody_is_logged_in")
def test_a_policy_goes_out_and_in_byte_for_byte(
    ella: Someone, lars: Someone, server: str, at: Any, tmp_path: Path, capsys: Any
) -> None:
    text = ABOVE.replace("source: House rule", "source: Haus-Regel äöü").replace("\n", "\r\n") + "# with a remark\r\n"
    published(ella, lars, text)
    published(ella, lars, STRICTER)
    at(server, a_token(ella), timeout="20")
    file = tmp_path / "power.yaml"
    assert run(["policy", "export", "power", "--version", "1", "-o", str(file)]) == 0
    assert file.read_bytes() == text.encode()
    assert run(["policy", "import", str(file)]) == 0
    assert PolicyProposal.objects.order_by("-position")[0].body["text"] == text
    capsys.readouterr()
    assert run(["policy", "export", "power"]) == 0
    assert capsys.readouterr().out == STRICTER


@pytest.mark.usefixtures("nobody_is_logged_in")
def test_a_folder_is_a_draft_of_the_library(
    ella: Someone, lars: Someone, server: str, at: Any, tmp_path: Path, capsys: Any
) -> None:
    published(ella, lars)
    at(server, a_token(ella), timeout="20")
    folder = tmp_path / "policies"
    assert run(["policy", "export", "-o", str(folder)]) == 0
    assert run(["policy", "status", str(folder)]) == ExitCode.YES
    (folder / "power.yaml").write_text(STRICTER, encoding="utf-8")
    (folder / "fresh.yaml").write_text(a_policy("fresh", "Fresh", "0.8", "0.79"), encoding="utf-8")
    assert run(["policy", "status", str(folder)]) == ExitCode.NO
    (folder / "wrong.yaml").write_text("policy: wrong\n", encoding="utf-8")
    capsys.readouterr()
    assert run(["policy", "status", str(folder)]) == ExitCode.BAD_INPUT
    said = capsys.readouterr().out
    for words in ("fresh.yaml: new, not published", "power.yaml: draft changed", "threshold changed from 0.7 to 0.8"):
        assert words in said
    assert "wrong.yaml: not valid" in said
    assert run(["policy", "import", str(folder)]) == ExitCode.BAD_INPUT
    assert {row.slug for row in PolicyProposal.objects.as_of(as_of())} == {"fresh", "power"}, (
        "what is right is proposed"
    )
    (folder / "twin.yaml").write_text(ABOVE, encoding="utf-8")
    before = PolicyProposal.objects.count()
    assert run(["policy", "import", str(folder)]) == ExitCode.BAD_INPUT
    assert "so does power.yaml" in capsys.readouterr().err
    assert PolicyProposal.objects.count() == before, "two files of one policy: nothing is proposed"


@pytest.mark.usefixtures("nobody_is_logged_in")
def test_the_command_line_tells_the_life_of_a_policy(
    ella: Someone, lars: Someone, server: str, at: Any, capsys: Any
) -> None:
    published(ella, lars)
    published(ella, lars, STRICTER)
    at(server, a_token(ella), timeout="20")
    said = {}
    for name, words in {
        "history": ["history", "power"],
        "compare": ["compare", "power", "1", "2"],
        "search": ["search", "hardly"],
        "requirement": ["requirement", "power/enough-power"],
        "comment": ["comment", "power", "Why 0.8?"],
        "comments": ["comments", "power"],
        "review": ["review", "power", "--next", "2099-01-31"],
        "reviews": ["reviews"],
    }.items():
        code = run(["policy", *words])
        assert code == (ExitCode.NO if name == "compare" else ExitCode.YES), (name, capsys.readouterr())
        said[name] = capsys.readouterr().out
    assert "threshold changed from 0.7 to 0.8" in said["history"]
    assert "threshold changed from 0.7 to 0.8" in said["compare"]
    assert "power/enough-power" in said["search"]
    assert "Owned by engineering" in said["requirement"]
    assert "Why 0.8?" in said["comments"]
    assert "2099-01-31" in said["reviews"]


# Pages


def test_the_pages_walk_a_policy_through_its_life(ella: Someone, lars: Someone, client: Client) -> None:
    published(ella, lars)
    client.force_login(ella.account)
    first = proposed(ella, STRICTER)
    page = client.get(reverse("proposal", args=[first.urn])).content.decode()
    assert "threshold changed from 0.7 to 0.8" in page
    assert reverse("proposal_take_back", args=[first.urn]) in page
    stricter = STRICTER.replace("0.8", "0.85").replace("0.79", "0.84")
    new = client.post(reverse("policy_new") + f"?replaces={first.urn}", {"text": stricter}, follow=True)
    assert "threshold changed from 0.8 to 0.85" in new.content.decode(), "what it says otherwise than the one before"
    assert "Another proposal took its place." in client.get(reverse("proposal", args=[first.urn])).content.decode()
    [row] = [one for one in PolicyProposal.objects.as_of(as_of()) if one.body["text"] == stricter]
    client.post(reverse("proposal_comment", args=[row.urn]), {"text": "Too strict?"})
    assert "Too strict?" in client.get(reverse("proposal", args=[row.urn])).content.decode()
    client.force_login(lars.account)
    assert client.post(reverse("proposal_publish", args=[row.urn])).status_code == 302
    library = client.get("/policies?text=hardly").content.decode()
    assert reverse("requirement", args=["power", "enough-power"]) in library
    compared = client.get("/policies/power/compare").content.decode()
    assert "threshold changed from 0.7 to 0.85" in compared
    assert client.get("/policies/power/compare?from=1&to=9").status_code == 422
    told = client.get("/policies/power/requirements/enough-power").content.decode()
    for words in ("A score that hardly separates", "Asked since", "just enough", "Every test separates well enough."):
        assert words in told
    assert told.index("satisfied_if") > told.index("The rule as code"), "no expression unless asked for"
    assert client.get("/policies/power/no-such").status_code == 404


def test_a_download_is_the_published_text(ella: Someone, lars: Someone, client: Client) -> None:
    text = ABOVE.replace("\n", "\r\n")
    published(ella, lars, text)
    published(ella, lars, STRICTER)
    client.force_login(ella.account)
    answer = client.get("/policies/power/export?version=1")
    assert answer.content == text.encode()
    assert client.get("/policies/power/export").content == STRICTER.encode()


def test_a_late_review_is_shown_and_ended_on_its_page(ella: Someone, lars: Someone, client: Client) -> None:
    day = str(shift(now(), days=10))[:10]
    published(ella, lars, ABOVE.replace("language: 2", f"language: 2\nreview_by: {day}"))
    review_notices.tell(as_of(now()))
    client.force_login(ella.account)
    assert "Review due soon" in client.get("/policies").content.decode()
    notices_page = client.get("/notices").content.decode()
    assert "Power is to be looked at again by" in notices_page
    assert client.post("/policies/power/review", {"next_look": "2001-01-01"}).status_code == 422
    page = client.post("/policies/power/review", {"next_look": "2099-01-31", "note": "Fine."}, follow=True)
    assert "2099-01-31" in page.content.decode()
    assert "Review due soon" not in client.get("/policies").content.decode()
    client.force_login(lars.account)
    assert "Reviewed, still right" not in client.get("/policies/power").content.decode()
    refused = client.post("/policies/power/review", {"next_look": "2099-01-31"})
    assert refused.status_code == 422
    assert "which owns it" in refused.content.decode()


def test_a_reader_reads_the_discussion_and_has_no_form(ella: Someone, lars: Someone, client: Client) -> None:
    published(ella, lars)
    client.force_login(a_person("Rita Rask", roles=[Role.READER]).account)
    page = client.get("/policies/power").content.decode()
    assert "Nobody has said anything yet." in page
    assert reverse("policy_comment", args=["power"]) not in page
    assert client.post(reverse("policy_comment", args=["power"]), {"text": "I say."}).status_code == 403


def test_a_requirement_that_a_template_made_is_changed_with_it_as_it_was_filled_in(
    ella: Someone, lars: Someone, client: Client
) -> None:
    body = {"values": {"floor": 0.66, "rows": 123}, "new": {"slug": "floor", "title": "Floor", "owner": "engineering"}}
    made = as_(ella).post("/requirement-templates/performance-floor/propose", body).said
    actions.publish(actor=lars.actor, proposal=made["urn"], in_force_from=None, now=later())
    found = as_(ella).get("/policies/floor").said
    [name] = [
        one["requirement"] for one in as_(ella).get("/policy-search?words=floor").said["items"] if one["requirement"]
    ]
    assert found["policy"] == "floor"
    client.force_login(ella.account)
    page = client.get(f"/policies/floor/requirements/{name}").content.decode()
    address = f"/requirement-templates/performance-floor?change=floor/{name}"
    assert address in page
    form = client.get(address).context["form"]
    assert (str(form.initial["floor"]), form.initial["rows"]) == ("0.66", 123)
