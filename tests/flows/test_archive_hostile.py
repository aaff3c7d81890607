"""Archives by somebody who wants a verifier to fall over: each ends in a report, and all three verifiers give the same one.

The package, the one file and the page agree on the outcome and on every finding code. Check 7 is left out of the second:
the package alone evaluates decisions again. Archives with random values are tried in `make soak`.
"""

from __future__ import annotations

import base64
import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.witness import timestamps
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from tests.harness.archives import ALONE, Unpacked, reports, unpacked
from tests.harness.authority import Authority, authority
from tests.harness.check_fixtures import FIXTURES

WHOLE = FIXTURES / "archive-1.zip"
DEEP = b"[" * 100_000 + b"]" * 100_000
EXIT_CODES = {"good": 0, "tampered": 1, "cannot_tell": 7}


def agreed(path: Path, outcome: str, *codes: str) -> None:
    """Every verifier gives this outcome with these codes (`4:time_backwards`), and none finds what another does not."""
    found = {}
    for name, said in reports(path).items():
        assert said["outcome"] == outcome, f"{name}: {said}"
        found[name] = {f"{one['number']}:{each['code']}" for one in said["checks"] for each in one["findings"]}
        assert found[name] >= set(codes), f"{name}: {found[name]}"
    kept = {name: {code for code in listed if not code.startswith("7:")} for name, listed in found.items()}
    assert len({frozenset(listed) for listed in kept.values()}) == 1, kept
    assert ALONE.verify(path, None).exit_code == EXIT_CODES[outcome]


# What is in it


def _entry_says(**fields: Any) -> Callable[[Unpacked], None]:
    def change(parts: Unpacked) -> None:
        said = canonical.decode(parts.entries[3][1])
        said["predicate"].update(fields)
        parts.edit_entry(3, canonical.encode(said))

    return change


def _body_says(noun: str, **fields: Any) -> Callable[[Unpacked], None]:
    """Another version of a record behind the last, so that whoever reads it comes upon the value."""

    def change(parts: Unpacked) -> None:
        position, _, exact = next(one for one in parts.records if f":{noun}:".encode() in one[2])
        said = canonical.decode(exact)
        again = canonical.encode({**said, "body": {**said["body"], **fields}})
        parts.records = [(*one[:2], again) if one[2] == exact else one for one in parts.records]
        entry = canonical.decode(parts.entries[position][1])
        for subject in entry["subject"]:
            if subject["digest"]["sha256"] == canonical.sha256(exact):
                subject["digest"]["sha256"] = canonical.sha256(again)
        parts.edit_entry(position, canonical.encode(entry))

    return change


def _member(name: str, data: bytes) -> Callable[[Unpacked], None]:
    return lambda parts: parts.members.update({name: data})


def _entry(exact: bytes) -> Callable[[Unpacked], None]:
    return lambda parts: parts.edit_entry(3, exact)


def _record(exact: bytes) -> Callable[[Unpacked], None]:
    def change(parts: Unpacked) -> None:
        parts.records[4] = (*parts.records[4][:2], exact)

    return change


INSIDE: dict[str, tuple[Callable[[Unpacked], None], str, str]] = {
    "a time that no clock shows": (_entry_says(at="2024-13-45T25:61:61.000000Z"), "tampered", "4:time_backwards"),
    "the 30th of February": (_entry_says(at="2027-02-30T00:00:00.000000Z"), "tampered", "4:time_backwards"),
    "midnight at 24 o'clock": (_entry_says(at="2027-02-01T24:00:00.000000Z"), "tampered", "4:time_backwards"),
    "a leap second": (_entry_says(at="2027-06-30T23:59:60.000000Z"), "tampered", "4:time_backwards"),
    "the year 0": (_entry_says(at="0000-01-01T00:00:00.000000Z"), "tampered", "4:time_backwards"),
    "the year 1": (_entry_says(at="0001-01-01T00:00:00.000000Z"), "tampered", "4:time_backwards"),
    "digits of another script": (_entry_says(at="٢٠٢٦-01-01T00:00:00.000000Z"), "tampered", "4:time_backwards"),
    "a time that is a number": (_entry_says(at=5), "tampered", "4:entry_form"),
    "no keys revoked, written as null": (_body_says("workspace", revoked_log_keys=None), "tampered", "2:entry_edited"),
    "a key of the log that is a list": (_body_says("workspace", log_key=[]), "tampered", "5:key_differs"),
    "a grant to a list": (_body_says("grant", principal=[[]]), "tampered", "6:not_granted"),
    "a manifest nested beyond reading": (_member("archive.json", DEEP), "cannot_tell", "0:archive_unreadable"),
    "a manifest with a key twice": (_member("archive.json", b'{"at":"","at":""}'), "cannot_tell", "0:archive_unreadable"),
    "heads nested beyond reading": (_member("checkpoints.txt", DEEP + b"\n"), "tampered", "1:head_signature"),
    "a list of files nested beyond reading": (_member("content.txt", DEEP + b"\n"), "tampered", "8:content_missing"),
    "private texts nested beyond reading": (_member("private.txt", DEEP + b"\n"), "tampered", "8:private_differs"),
    "an entry nested beyond reading": (_entry(DEEP), "tampered", "4:entry_form"),
    "an entry nested one deeper than allowed": (_entry(b"[" * 501 + b"]" * 501), "tampered", "4:entry_form"),
    "a record nested beyond reading": (_record(b'{"body":' + DEEP + b"}"), "tampered", "9:record_differs"),
    "an entry of too many values": (_entry(b"[" + b"0," * 2**21 + b"0]"), "tampered", "4:entry_form"),
    "an entry of nothing": (_entry(b""), "tampered", "4:entry_form"),
    "an entry that is no text": (_entry(b"\xff\xfe"), "tampered", "4:entry_form"),
    "a time-stamp that is none": (_member("timestamps.txt", b'[5,"AAAA","-----BEGIN CERTIFICATE-----"]\n'), "tampered", "1:timestamp_bad"),
    "a name with dots": (_member("content/../../x", b"x"), "tampered", "0:archive_member"),
    "a name from the root": (_member("/etc/passwd", b"x"), "tampered", "0:archive_member"),
    "a name in another script": (_member("é/ü", b"x"), "tampered", "0:archive_member"),
    "no newest head": (lambda parts: parts.members.pop("checkpoint"), "tampered", "0:archive_member"),
}  # fmt: skip


@pytest.mark.parametrize("name", INSIDE)
def test_whatever_an_archive_holds_every_verifier_says_the_same(name: str, tmp_path: Path) -> None:
    change, outcome, code = INSIDE[name]
    parts = unpacked(WHOLE)
    change(parts)
    agreed(parts.pack(tmp_path / "hostile.zip"), outcome, code)


# The container: what a ZIP file may claim of itself


def _zip64(*, size: int | None = None, offset: int = 0, start: int | None = None) -> bytes:
    """One member, with numbers of eight bytes: how large it is, where it lies, where the list of members stands."""
    name, body = b"archive.json", b"{}"
    local = b"PK\x03\x04" + struct.pack("<5H3I2H", 20, 0, 0, 0, 0, 0, len(body), len(body), len(name), 0) + name + body
    said = len(body) if size is None else size
    extra = struct.pack("<2H3Q", 1, 24, said, said, offset)
    most = 2**32 - 1
    listed = b"PK\x01\x02" + struct.pack(
        "<6H3I5H2I", 45, 45, 0, 0, 0, 0, 0, most, most, len(name), len(extra), 0, 0, 0, 0, most
    )
    listed += name + extra
    begins = len(local) if start is None else start
    wide = b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, 1, 1, len(listed), begins)
    where = b"PK\x06\x07" + struct.pack("<IQI", 0, len(local) + len(listed), 1)
    return (
        local + listed + wide + where + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 2**16 - 1, 2**16 - 1, most, most, 0)
    )


def _relisted(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    """The good archive with its list of members written again."""
    stream = io.BytesIO(WHOLE.read_bytes())
    with zipfile.ZipFile(stream, "a") as again:
        change(again)
        again._didModify = True  # type: ignore[attr-defined]  # so that the list is written
    return stream.getvalue()


def _claims(field: str, value: int) -> Callable[[zipfile.ZipFile], None]:
    return lambda again: setattr(again.infolist()[3], field, value)


def _deflated(again: zipfile.ZipFile) -> None:
    again.writestr(f"content/{'0' * 64}", bytes(50_000_000), zipfile.ZIP_DEFLATED)


def _in_bytes(place: int, value: bytes) -> bytes:
    """The good archive with other bytes behind the beginning of its end."""
    data = WHOLE.read_bytes()
    at = data.rindex(b"PK\x05\x06") + place
    return data[:at] + value + data[at + len(value) :]


UNREADABLE, MEMBER, LARGE = (
    ("cannot_tell", "0:archive_unreadable"),
    ("tampered", "0:archive_member"),
    ("tampered", "0:archive_too_large"),
)
CONTAINERS: dict[str, tuple[Callable[[], bytes], tuple[str, str]]] = {
    "a member of 2^31 bytes": (lambda: _zip64(size=2**31), LARGE),
    "a member of 2^63 bytes": (lambda: _zip64(size=2**63), LARGE),
    "a member of 2^64 - 1 bytes": (lambda: _zip64(size=2**64 - 1), LARGE),
    "a member that lies at 2^62": (lambda: _zip64(offset=2**62), MEMBER),
    "a member that lies at 2^63": (lambda: _zip64(offset=2**63), MEMBER),
    "a list that stands at 2^31": (lambda: _zip64(start=2**31), UNREADABLE),
    "a list that stands at 2^63": (lambda: _zip64(start=2**63), UNREADABLE),
    "bytes before the first member": (lambda: b"MZ" + WHOLE.read_bytes(), UNREADABLE),
    "bytes behind the end": (lambda: WHOLE.read_bytes() + b"\0" * 10, ("good", "")),
    "nothing": (lambda: b"", UNREADABLE),
    "the end of an archive alone": (lambda: WHOLE.read_bytes()[-22:], UNREADABLE),
    "an end that is cut off": (lambda: WHOLE.read_bytes()[:-1], UNREADABLE),
    "a list of no members": (lambda: b"PK\x05\x06" + bytes(18), MEMBER),
    "another number of members": (lambda: _in_bytes(10, b"\x01\x00"), UNREADABLE),
    "a list of another length": (lambda: _in_bytes(12, b"\xff\xff\xff\x7f"), UNREADABLE),
    "a bomb": (lambda: _relisted(_deflated), LARGE),
    "a member that is compressed": (lambda: _relisted(_claims("compress_type", 8)), ("tampered", "0:archive_compressed")),
    "a member that is compressed in an unknown way": (lambda: _relisted(_claims("compress_type", 99)), ("tampered", "0:archive_compressed")),
    "a member that is encrypted": (lambda: _relisted(_claims("flag_bits", 1)), ("tampered", "0:archive_compressed")),
    "a member whose sizes differ": (lambda: _relisted(_claims("compress_size", 1)), ("tampered", "0:archive_compressed")),
    "a member that lies elsewhere": (lambda: _relisted(_claims("header_offset", 7)), MEMBER),
    "a member that lies behind the end": (lambda: _relisted(_claims("header_offset", 2**31)), MEMBER),
    "a member that asks for another version": (lambda: _relisted(_claims("extract_version", 64)), UNREADABLE),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTAINERS)
def test_whatever_the_container_claims_every_verifier_says_the_same(name: str, tmp_path: Path) -> None:
    made, (outcome, code) = CONTAINERS[name]
    target = tmp_path / "hostile.zip"
    target.write_bytes(made())
    agreed(target, outcome, *([code] if code else []))


# Certificates of time-stamping authorities


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "rsa")


def test_a_certificate_in_which_any_byte_is_another_is_refused(tsa: Authority) -> None:
    text = "consilience/log/x\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    answer = tsa.answer(timestamps.query(text))
    whole = base64.b64decode("".join(line for line in tsa.certificate.splitlines() if not line.startswith("-")))
    drawn = random.Random(11)
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ drawn.choice([1, 2, 0x80, 0xFF])]) + whole[at + 1 :]
        pem = f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(changed).decode()}-----END CERTIFICATE-----\n"
        with pytest.raises(BadInput):
            timestamps.opened(answer, text, pem)
        with pytest.raises(ALONE.UNSTAMPED):
            ALONE.stamped(answer, text, pem)
