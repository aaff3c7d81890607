"""RFC 3161 time-stamps of heads, by an authority of OpenSSL's: asked for, kept, checked again, and refused where anything differs."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.domains.access.rules import Role
from consilience.domains.audit.export import Wanted, export
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import covered
from consilience.domains.witness import der, stamping, timestamps
from consilience.domains.witness.models import Timestamp
from consilience.kit import canonical
from consilience.kit.errors import BadInput, ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.archives import ALONE, flipped, good, named, reports, unpacked
from tests.harness.authority import Authority, authority
from tests.harness.builders import a_person
from tests.harness.rows import sql
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
TEXT = "consilience/log/x\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


@pytest.fixture(scope="session")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "rsa")


@pytest.mark.parametrize(
    ("key", "digest", "name_by"),
    [
        (("rsa:2048",), "sha256", "sha256"),
        (("rsa:2048",), "sha512", "sha1"),
        (("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "sha256", "sha512"),
        (("ec", "-pkeyopt", "ec_paramgen_curve:P-384"), "sha384", "sha256"),
    ],
)
def test_an_answer_of_openssl_says_when_the_text_was_there(
    tmp_path: Path, key: tuple[str, ...], digest: str, name_by: str
) -> None:
    made = authority(tmp_path / "tsa", key=key, digest=digest, name_by=name_by)
    response = made.answer(timestamps.query(TEXT))
    assert made.verifies(response, TEXT.encode())
    stamp = timestamps.opened(response, TEXT, made.certificate)
    assert stamp.authority == "CN=Example time-stamping"
    with pytest.raises(BadInput, match="something else than this head"):
        timestamps.opened(response, TEXT.replace("5", "6"), made.certificate)


def test_another_certificate_or_one_for_something_else_is_refused(tsa: Authority, tmp_path: Path) -> None:
    response = tsa.answer(timestamps.query(TEXT))
    other = authority(tmp_path / "other")
    with pytest.raises(BadInput, match="another certificate"):
        timestamps.opened(response, TEXT, other.certificate)
    with pytest.raises(BadInput, match="X.509"):
        timestamps.opened(response, TEXT, "no certificate")


def test_whatever_byte_is_changed_the_answer_says_nothing_else(tsa: Authority) -> None:
    """Bytes that nothing covers (the certificates sent along, the framing) may change; what is read of it may not."""
    response = tsa.answer(timestamps.query(TEXT))
    honest = timestamps.opened(response, TEXT, tsa.certificate)
    refused = 0
    for at in range(len(response)):
        try:
            assert timestamps.opened(flipped(response, at), TEXT, tsa.certificate) == honest
        except BadInput:
            refused += 1
    assert refused > 400


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(BadInput):
        timestamps.opened(data, TEXT, "no certificate")
    try:
        found = der.read(data, data[0] if data else 0)
    except BadInput:
        return
    assert found.raw == data


def test_a_cut_off_answer_is_refused_wherever_it_ends(tsa: Authority) -> None:
    response = tsa.answer(timestamps.query(TEXT))
    for end in range(len(response)):
        with pytest.raises(BadInput):
            timestamps.opened(response[:end], TEXT, tsa.certificate)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x81\x01\x00",
        b"\x30\x82\x00\x80" + bytes(128),
        b"\x1f\x81\x00",
        b"\x30\x01\x00\x00",
    ],
)
def test_only_der_is_read(data: bytes) -> None:
    with pytest.raises(BadInput):
        der.read(data, 0x30)


@pytest.mark.parametrize("text", ["2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.9.16.1.4", "0.9.1", "2.999.3"])
def test_object_identifiers_come_back(text: str) -> None:
    assert der.read(der.oid(text), der.OID).text() == text


@pytest.fixture
def asked(tsa: Authority) -> Iterator[str]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = tsa.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if self.path == "/tsa" else 500)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/tsa"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("nobody_is_logged_in")
def test_a_head_is_stamped_by_network_and_by_file_and_checked_again(
    workspace: Workspace, tsa: Authority, asked: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("CONSILIENCE_HOME", str(workspace.home.root))
    certificate, query, response = (str(tmp_path / name) for name in ("cert", "query", "response"))
    Path(certificate).write_text(tsa.certificate)
    stamp = ["ledger", "timestamp", "--certificate", certificate]
    assert run([*stamp, "--tsa", asked]) == ExitCode.YES
    assert "says CN=Example time-stamping" in capsys.readouterr().out
    size = covered(ledger.checkpoint())
    assert run(["ledger", "timestamp", "--query-file", query]) == ExitCode.YES
    a_person("Lea New")
    Path(response).write_bytes(tsa.answer(Path(query).read_bytes()))
    assert run([*stamp, "--response-file", response]) == ExitCode.BAD_INPUT, "of an older head"
    assert run([*stamp, "--response-file", response, "--size", str(size)]) == ExitCode.YES
    assert run([*stamp, "--response-file", response, "--size", str(size)]) == ExitCode.YES
    assert Timestamp.objects.count() == 2, "the same answer is kept once"
    capsys.readouterr()
    assert run(["ledger", "timestamps", "--json"]) == ExitCode.YES
    assert [one["size"] for one in json.loads(capsys.readouterr().out)] == [size, size]
    assert run(["ledger", "verify", "--no-content"]) == ExitCode.YES
    sql(
        "UPDATE witness_timestamp SET at = '2020-01-01T00:00:00.000000Z' WHERE id = (SELECT min(id) FROM witness_timestamp)"
    )
    assert run(["ledger", "timestamps"]) == ExitCode.NO
    assert run(["ledger", "verify", "--no-content"]) == ExitCode.NO
    assert "timestamp_bad" in capsys.readouterr().out
    for words, code in (
        (["--tsa", f"{asked}/elsewhere", "--certificate", certificate], ExitCode.UNREACHABLE),
        (["--tsa", "http://127.0.0.1:1", "--certificate", certificate], ExitCode.UNREACHABLE),
        (["--tsa", "file:///etc/passwd", "--certificate", certificate], ExitCode.BAD_INPUT),
        (["--tsa", asked], ExitCode.WRONG_USE),
        (["--query-file", query, "--certificate", certificate], ExitCode.WRONG_USE),
        (["--query-file", query, "--size", "2000"], ExitCode.NOT_FOUND),
        (["--response-file", str(tmp_path / "none"), "--certificate", certificate], ExitCode.BAD_INPUT),
    ):
        assert run(["ledger", "timestamp", *words]) == code, words
        assert capsys.readouterr().err.count("\n") <= 8
    assert stamping.ask(asked, TEXT)


def test_an_archive_carries_them_and_both_verifiers_name_whatever_was_changed(
    workspace: Workspace, tsa: Authority, tmp_path: Path
) -> None:
    size, text = stamping.text_of(None)
    stamping.keep(size, text, tsa.answer(timestamps.query(text)), tsa.certificate)
    a_person("Lea New")
    export(Wanted(None, files=True), tmp_path / "whole.zip")
    good(tmp_path / "whole.zip")
    for report in reports(tmp_path / "whole.zip").values():
        about = " ".join(report["checks"][1]["about"])
        assert f"the head over {size} entries was there at" in about
        assert "says CN=Example time-stamping" in about
    browser = Client()
    browser.force_login(a_person("Maren Voss", roles=[Role.AUDITOR]).account)
    page = browser.get("/ledger/witnesses").content.decode()
    assert "CN=Example time-stamping" in page
    assert "Does not hold" not in page
    sql("UPDATE witness_timestamp SET size = size - 1")
    assert "Does not hold" in browser.get("/ledger/witnesses").content.decode()
    parts = unpacked(tmp_path / "whole.zip")
    assert parts.manifest["format"] == "urn:consilience:archive:2"
    said = json.loads(parts.members["timestamps.txt"])
    other = authority(tmp_path / "other")
    foreign = base64.b64encode(other.answer(timestamps.query(text))).decode()
    late = base64.b64encode(tsa.answer(timestamps.query(TEXT))).decode()
    middle = base64.b64decode(said[1])
    cut = base64.b64encode(middle[: len(middle) // 2]).decode()
    for line in (
        [size + 1, *said[1:]], [size + 9, *said[1:]], [size, said[1], other.certificate], [size, foreign, said[2]],
        [size, late, said[2]], [size, cut, said[2]], [size, "", said[2]], [size, "?", said[2]], [size, said[1], "no certificate"],
        [str(size), *said[1:]], [size], [], {"size": size}, "text", [size, said[1], said[2], 1],
    ):  # fmt: skip
        parts.members["timestamps.txt"] = canonical.encode(line) + b"\n"
        named(parts.pack(tmp_path / "tampered.zip"), 1, "timestamp_bad", "a line of timestamps.txt")


def stamps_in(path: Path) -> dict[str, list[str]]:
    """Who each verifier says stamped what, of the time-stamps in an archive that hold."""
    return {
        name: [re.sub("there at .*Z", "there", one) for one in said["checks"][1]["about"] if "judge whether" in one]
        for name, said in reports(path).items()
    }


@pytest.mark.parametrize(
    ("key", "digest", "name_by"),
    [
        (("rsa:1024",), "sha512", "sha1"),
        (("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "sha256", "sha512"),
        (("ec", "-pkeyopt", "ec_paramgen_curve:P-521"), "sha384", "sha256"),
    ],
)
def test_every_verifier_takes_every_kind_of_key_and_the_same_of_each_byte_that_was_changed(
    workspace: Workspace, tmp_path: Path, key: tuple[str, ...], digest: str, name_by: str
) -> None:
    made = authority(tmp_path / "tsa", key=key, digest=digest, name_by=name_by)
    size, text = stamping.text_of(None)
    response = made.answer(timestamps.query(text))
    stamping.keep(size, text, response, made.certificate)
    export(Wanted(None), tmp_path / "whole.zip")
    assert {name: len(said) for name, said in stamps_in(tmp_path / "whole.zip").items() if len(said) != 1} == {}
    parts = unpacked(tmp_path / "whole.zip")
    parts.members["timestamps.txt"] = b"".join(
        canonical.encode([size, base64.b64encode(flipped(response, at)).decode(), made.certificate]) + b"\n"
        for at in range(len(response))
    )
    held = stamps_in(parts.pack(tmp_path / "flipped.zip"))
    assert {name: said for name, said in held.items() if said != held["the package"]} == {}
    assert 0 < len(held["the package"]) < len(response)


def test_a_list_of_time_stamps_that_was_cut_off_is_named(workspace: Workspace, tsa: Authority, tmp_path: Path) -> None:
    size, text = stamping.text_of(None)
    stamping.keep(size, text, tsa.answer(timestamps.query(text)), tsa.certificate)
    export(Wanted(None), tmp_path / "whole.zip")
    parts = unpacked(tmp_path / "whole.zip")
    parts.members["timestamps.txt"] = parts.members["timestamps.txt"][:-1]
    named(parts.pack(tmp_path / "cut.zip"), 1, "timestamp_bad", "timestamps.txt", "ends within a line")


def test_both_verifiers_read_the_same_of_an_answer_in_which_a_byte_was_changed(tsa: Authority) -> None:
    response = tsa.answer(timestamps.query(TEXT))
    for at in range(0, len(response), 3):
        changed = flipped(response, at)
        try:
            ours = timestamps.opened(changed, TEXT, tsa.certificate).authority
        except BadInput:
            ours = ""
        try:
            theirs = ALONE.stamped(changed, TEXT, tsa.certificate)[1]
        except (ALONE.Bad, *ALONE.MALFORMED):
            theirs = ""
        assert ours == theirs, at
