"""RFC 3161 time-stamps of heads, by an authority of OpenSSL's: asked for, kept, checked again, and refused where anything differs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import covered
from consilience.domains.witness import der, stamping, timestamps
from consilience.domains.witness.models import Timestamp
from consilience.kit.errors import BadInput, ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.archives import flipped
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
