"""The log as others read it: static tiles, proofs to keep, and files in a folder; and to whom it is open."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from consilience.config.settings import _switch as switch
from consilience.domains.access.rules import Role
from consilience.domains.ledger import keys, log, merkle, proofs, queries, rules, tile_queries, tiles
from consilience.domains.ledger.models import Entry
from consilience.domains.ledger.publish import publish
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.domains.ledger.tiles import Tile
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, ExitCode, NotFound
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token, as_
from tests.harness.builders import Someone, a_person, a_system
from tests.harness.rows import sql, unguarded
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("workspace", "nobody_is_logged_in")


def grown_to(size: int) -> None:
    """Entries that name no record, in one commit: what the tree does with them is what these tests are about."""
    origin = rules.opened(queries.checkpoint(), queries.log_key()).origin
    with transaction.atomic():
        head, at = log.lock(), now()
        entries = [log.NewEntry(b"entry %d" % nth, "tests.appended", "urn:x", at) for nth in range(head.size, size)]
        log.append(head, entries, origin=origin, key=keys.load(Path(settings.LOG_KEY_FILE)))


def an_auditor() -> Someone:
    return a_person("Maren Voss", roles=[Role.AUDITOR])


@pytest.fixture
def auditor() -> Client:
    browser = Client()
    browser.force_login(an_auditor().account)
    return browser


def head() -> rules.Checkpoint:
    return rules.opened(queries.checkpoint(), queries.log_key())


# Tiles


@pytest.mark.on_both_databases
@pytest.mark.parametrize("size", [255, 256, 257, 600])
def test_the_whole_tree_follows_from_what_is_served(workspace: Workspace, size: int) -> None:
    grown_to(size)
    exact = [bytes(row.exact) for row in Entry.objects.order_by("position")]
    found: list[bytes] = []
    for tile in tiles.of_size(size):
        if tile.level is None:
            found += tiles.entries(tile_queries.data(tile), tile.width)
    assert found == exact
    node = tiles.node(tile_queries.data, size)
    frontier = [node(level, (size >> level) - 1) for level in reversed(range(10)) if size >> level & 1]
    assert merkle.root(frontier) == head().root == tile_queries.root(size)
    for position in {0, size // 2, size - 1}:
        path = merkle.inclusion(position, size, node)
        assert merkle.includes(merkle.leaf_hash(exact[position]), position, size, path, head().root)


def test_checkpoint_tiles_and_entries_are_served_as_the_specification_says(auditor: Client) -> None:
    grown_to(300)
    note = auditor.get("/log/checkpoint")
    assert note["Content-Type"] == "text/plain; charset=utf-8"
    assert note.content.decode() == queries.checkpoint()
    for tile in (Tile(0, 0), Tile(0, 1, 44), Tile(1, 0, 1), Tile(None, 0), Tile(None, 1, 44)):
        response = auditor.get(f"/log/{tiles.address(tile)}")
        assert response.status_code == 200
        assert response["Content-Type"] == "application/octet-stream"
        assert response.content == tile_queries.data(tile)
        assert "immutable" in response["Cache-Control"]
        assert "private" in response["Cache-Control"], "a cache that many share must not keep what few may read"
        assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))
    assert len(auditor.get("/log/tile/0/000").content) == 8192
    assert auditor.head("/log/tile/0/000").status_code == 200
    assert auditor.post("/log/tile/0/000").status_code == 405


def test_a_partial_tile_of_an_earlier_head_is_still_there(auditor: Client) -> None:
    grown_to(300)
    full = auditor.get("/log/tile/0/000").content
    assert auditor.get("/log/tile/0/000.p/7").content == full[: 7 * 32]


@pytest.mark.parametrize(
    "name", ["0/001", "0/001.p/45", "1/000", "1/000.p/2", "2/000.p/1", "entries/001", "entries/001.p/45", "0/x001/000",
             "0/0", "0/000.p/0", "0/000.p/256", "63/000", "64/000", "x", "entries/../0/000", "0/000/"],
)  # fmt: skip
def test_what_the_log_does_not_hold_yet_or_ever_is_not_found(auditor: Client, name: str) -> None:
    grown_to(300)
    response = auditor.get(f"/log/tile/{name}")
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"


def test_bundles_are_compressed_for_those_who_ask(auditor: Client) -> None:
    grown_to(300)
    plain = auditor.get("/log/tile/entries/000")
    packed = auditor.get("/log/tile/entries/000", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content


def test_a_tree_that_lost_a_subtree_is_an_error_and_no_short_tile(auditor: Client) -> None:
    grown_to(300)
    with unguarded():
        sql("DELETE FROM ledger_node WHERE level = 0 AND nth = 5")
    assert auditor.get("/log/tile/0/000").status_code == 503
    with pytest.raises(LedgerUnavailable):
        queries.proof(4)


# To whom


ADDRESSES = ["/log/checkpoint", "/log/tile/0/000.p/3", "/log/tile/entries/000.p/3"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_log_is_closed_by_default(address: str) -> None:
    nobody = Client().get(address)
    assert (nobody.status_code, nobody["WWW-Authenticate"]) == (401, 'Bearer realm="consilience"')
    assert nobody["Content-Type"].startswith("text/plain")
    assert Client(headers={"Authorization": "Bearer cns_wrong"}).get(address).status_code == 401
    for roles, status in (([Role.READER], 403), ([(Role.ENGINEER, a_system("lending"))], 404)):
        someone = Client(headers={"Authorization": f"Bearer {a_token(a_person(roles=roles))}"})
        assert someone.get(address).status_code == status
    known = Client(headers={"Authorization": f"Bearer {a_token(an_auditor())}"})
    assert known.get(address).status_code == 200


def test_the_setting_opens_checkpoint_and_hashes_and_never_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PUBLISH_LOG", True)
    checkpoint, hashes, entries = (Client().get(address) for address in ADDRESSES)
    assert (checkpoint.status_code, hashes.status_code, entries.status_code) == (200, 200, 401)
    assert checkpoint["Cache-Control"] == "no-cache"
    assert hashes["Cache-Control"].startswith("public, max-age=31536000")
    assert "Cookie" not in hashes.get("Vary", "")


@pytest.mark.parametrize(("said", "on"), [(None, False), ("no", False), ("yes", True)])
def test_the_log_is_published_by_a_plain_yes(monkeypatch: pytest.MonkeyPatch, said: str | None, on: bool) -> None:
    monkeypatch.delenv("CONSILIENCE_PUBLISH_LOG", raising=False)
    if said is not None:
        monkeypatch.setenv("CONSILIENCE_PUBLISH_LOG", said)
    assert switch("CONSILIENCE_PUBLISH_LOG") is on


@pytest.mark.parametrize("said", ["", "1", "true", "YES", "yes "])
def test_anything_but_yes_or_no_stops_the_server(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("CONSILIENCE_PUBLISH_LOG", said)
    with pytest.raises(ValueError, match="neither yes nor no"):
        switch("CONSILIENCE_PUBLISH_LOG")


# Proofs


def test_a_proof_can_be_had_for_every_head_that_was_signed(auditor: Client) -> None:
    caller, key = as_(an_auditor()), queries.log_key()
    sizes = list(queries.Checkpoint.objects.values_list("size", flat=True))
    for size in sizes:
        for position in range(size):
            said = caller.get(f"/ledger/entries/{position}/proof", size=size).said
            exact = auditor.get(f"/ledger/{position}/statement").content
            assert proofs.entry_under(said["text"], exact, key).size == said["size"] == size
            assert (said["checkpoint"], said["leaf"]) == (
                said["text"].partition("\n\n")[2],
                merkle.leaf_hash(exact).hex(),
            )
    assert caller.get(f"/ledger/entries/{sizes[-1]}/proof").status == 404
    assert caller.get(f"/ledger/entries/{sizes[0]}/proof", size=sizes[0]).status == 404
    assert caller.get("/ledger/entries/0/proof", size=sizes[-1] + 1).status == 404
    assert caller.get("/ledger/entries/0/proof", size=0).status == 404


@pytest.mark.on_both_databases
def test_every_head_is_shown_to_continue_every_earlier_one(workspace: Workspace) -> None:
    for _nth in range(4):
        a_person()
    caller, key = as_(an_auditor()), queries.log_key()
    heads = list(queries.Checkpoint.objects.order_by("size"))
    for old in heads:
        for new in (one for one in heads if one.size >= old.size):
            said = caller.get("/ledger/consistency", old=old.size, size=new.size).said
            assert proofs.follows(said["text"], old.note, key).size == new.size
            assert [base64.b64encode(bytes.fromhex(one)).decode() for one in said["path"]] == (
                said["text"].partition("\n\n")[0].split("\n")[1:]
            )
    newest = caller.get("/ledger/consistency", old=0).said
    assert (newest["old"], newest["path"], newest["size"]) == (0, [], heads[-1].size)
    assert caller.get("/ledger/consistency", old=heads[-1].size + 1).status == 404
    assert caller.get("/ledger/consistency", old=-1).status == 422
    assert caller.get("/ledger/consistency").status == 422


def test_the_page_of_an_entry_hands_out_its_bytes_and_a_proof_that_holds(auditor: Client) -> None:
    page = auditor.get("/ledger/1").content.decode()
    assert 'href="/ledger/1/statement"' in page
    assert 'href="/ledger/1/proof"' in page
    proof, exact = auditor.get("/ledger/1/proof"), auditor.get("/ledger/1/statement")
    assert proof["Content-Disposition"] == 'attachment; filename="entry-1.tlog-proof"'
    assert proofs.entry_under(proof.content.decode(), exact.content, queries.log_key()) == head()
    for what in ("proof", "statement"):
        assert auditor.get(f"/ledger/99999/{what}").status_code == 404


# The command line


def test_commands_print_and_write_proofs_that_hold(
    server: str, at: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at(server, a_token(an_auditor()), timeout="30")
    key, exact, early = queries.log_key(), bytes(queries.entry(1).exact), queries.Checkpoint.objects.get(size=2)
    assert run(["ledger", "proof", "1"]) == 0
    assert proofs.entry_under(capsys.readouterr().out, exact, key) == head()
    assert run(["ledger", "proof", "1", "--size", "2", "--json"]) == 0
    assert proofs.entry_under(json.loads(capsys.readouterr().out)["text"], exact, key).size == 2
    assert run(["ledger", "consistency", "2"]) == 0
    assert proofs.follows(capsys.readouterr().out, early.note, key) == head()
    assert run(["ledger", "consistency", "2", "3", "--out", str(tmp_path / "proof")]) == 0
    assert proofs.follows((tmp_path / "proof").read_text(), early.note, key).size == 3
    assert run(["ledger", "proof", "99999"]) == ExitCode.NOT_FOUND
    assert run(["ledger", "consistency", "3", "2"]) == ExitCode.NOT_FOUND
    assert run(["ledger", "consistency", "2", "--out", str(tmp_path / "none" / "proof")]) == ExitCode.BAD_INPUT
    assert run(["ledger", "proof", "-1"]) == ExitCode.WRONG_USE


# Files


def read_back(folder: Path) -> rules.Checkpoint:
    """The checkpoint of a folder, after every entry in it was hashed up to its root."""
    found = rules.opened((folder / "checkpoint").read_text(), queries.log_key())
    leaves = b""
    for tile in tiles.of_size(found.size):
        data = (folder / tiles.address(tile)).read_bytes()
        if tile.level is None:
            leaves += b"".join(map(merkle.leaf_hash, tiles.entries(data, tile.width)))
    tree = merkle.Tree(leaves)
    for tile in tiles.of_size(found.size):
        if tile.level is not None:
            assert (folder / tiles.address(tile)).read_bytes() == tiles.tile(
                tile.level, tile.index, tile.width, tree.node
            )
    assert tree.root(found.size) == found.root
    return found


def test_a_folder_holds_the_whole_log_and_is_brought_up_to_date(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "log"
    grown_to(260)
    first = publish(folder, entries=True)
    assert (read_back(folder).size, first.size, first.written) == (260, 260, 5)
    assert publish(folder, entries=True).written == 0
    grown_to(300)
    assert publish(folder, entries=True).written == 2, "the new edges; the full tiles lie there already"
    assert read_back(folder) == head()
    assert not list(folder.rglob(".tile-*"))
    assert (folder / "tile/entries/000").stat().st_mode & 0o077 == 0, "entries are not for every account"


def test_a_folder_may_hold_the_hashes_alone(workspace: Workspace, tmp_path: Path) -> None:
    publish(tmp_path / "log", entries=False)
    assert sorted(path.name for path in (tmp_path / "log" / "tile").iterdir()) == ["0"]


def test_a_folder_of_another_or_a_rolled_back_log_is_left_alone(workspace: Workspace, tmp_path: Path) -> None:
    grown_to(10)
    publish(tmp_path, entries=True)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    origin, key = head().origin, keys.load(Path(settings.LOG_KEY_FILE))
    kept = before[tmp_path / "checkpoint"]
    for said, words in (
        (
            rules.sign(rules.Checkpoint(origin, 11, bytes(32)), key),
            "11 entries, but the log has 10: it was rolled back",
        ),
        (rules.sign(rules.Checkpoint(origin, 9, bytes(32)), key), "the log was made again"),
        (rules.sign(rules.Checkpoint("elsewhere", 9, bytes(32)), key), "not a signed note of this log"),
        ("nothing", "not a signed note"),
    ):
        (tmp_path / "checkpoint").write_text(said)
        with pytest.raises(BadInput, match=words):
            publish(tmp_path, entries=True)
        assert (tmp_path / "checkpoint").read_text() == said
    (tmp_path / "checkpoint").write_bytes(kept)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_command_writes_files_and_says_how_many(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONSILIENCE_HOME", str(workspace.home.root))
    assert run(["ledger", "tiles", "--out", str(tmp_path / "log"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"size": head().size, "written": 2}
    assert read_back(tmp_path / "log") == head()
    (tmp_path / "file").write_text("")
    assert run(["ledger", "tiles", "--out", str(tmp_path / "file")]) == ExitCode.BAD_INPUT
    monkeypatch.setenv("CONSILIENCE_HOME", str(tmp_path / "nowhere"))
    assert run(["ledger", "tiles", "--out", str(tmp_path / "log")]) == ExitCode.CANNOT_TELL
    assert run(["ledger", "tiles"]) == ExitCode.WRONG_USE


def test_there_is_no_root_beyond_the_log() -> None:
    with pytest.raises(NotFound):
        tile_queries.root(log.size() + 1)
