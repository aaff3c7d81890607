"""Archives with values and numbers changed at random: every verifier ends with a report, and all give the same outcome."""

from __future__ import annotations

import base64
import json
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.ledger import rules
from consilience.kit import canonical
from tests.harness.archives import Unpacked, reports, unpacked
from tests.harness.check_fixtures import FIXTURES

WHOLE = FIXTURES / "archive-1.zip"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ODD = [
    None, True, -1, 0, 2**53 - 1, "", "x", "urn:consilience:x", [], {}, [[]], [None], {"a": 1}, json.loads("[" * 200 + "]" * 200),
    "\N{PILE OF POO}" * 9, "0" * 64, "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z", "2024-13-45T25:61:61.000000Z",
    "once", "+" * 9, "=" * 4,
]  # fmt: skip
"""Values where another belongs."""


def agree(path: Path, about: object) -> None:
    outcomes = {name: said["outcome"] for name, said in reports(path).items()}
    assert len(set(outcomes.values())) == 1, (about, outcomes)


def _places(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*where, key)
        yield from _places(item, (*where, key))


def _with_another(value: Any, drawn: random.Random) -> Any:
    """The same document with one of its values changed, or taken away."""
    *way, last = drawn.choice(list(_places(value)))
    place = value
    for step in way:
        place = place[step]
    if drawn.random() < 0.2:
        del place[last]
    else:
        place[last] = drawn.choice(ODD)
    return value


def _line_changed(data: bytes, drawn: random.Random) -> bytes:
    lines = data.split(b"\n")[:-1]
    nth = drawn.randrange(len(lines))
    lines[nth] = canonical.encode(_with_another(json.loads(lines[nth]), drawn))
    return b"".join(line + b"\n" for line in lines)


def _entry_changed(exact: bytes, drawn: random.Random) -> bytes:
    said = json.loads(exact)
    if "payload" not in said or drawn.random() < 0.3:
        return canonical.encode(_with_another(said, drawn))
    inner = canonical.encode(_with_another(json.loads(base64.b64decode(said["payload"])), drawn))
    return canonical.encode({**said, "payload": base64.b64encode(inner).decode()})


def _recorded(parts: Unpacked, nth: int, exact: bytes) -> None:
    """Replace a record, and have its entry name it as it now is."""
    position, ordinal, _ = parts.records[nth]
    parts.records[nth] = (position, ordinal, exact)
    entry = json.loads(parts.entries[position][1])
    said = json.loads(base64.b64decode(entry["payload"])) if "payload" in entry else entry
    said["subject"][ordinal]["digest"]["sha256"] = canonical.sha256(exact)
    if "payload" in entry:
        entry["payload"] = base64.b64encode(canonical.encode(said)).decode()
    parts.edit_entry(position, canonical.encode(entry))


def _record_changed(parts: Unpacked, drawn: random.Random) -> None:
    nth = drawn.randrange(len(parts.records))
    said = json.loads(parts.records[nth][2])
    _with_another(said if drawn.random() < 0.1 else said["body"], drawn)
    _recorded(parts, nth, canonical.encode(said))


def _content_changed(parts: Unpacked, drawn: random.Random) -> None:
    """One of the files that a decision rests on, with the decision naming it as it now is."""
    nth = next(nth for nth, (*_, exact) in enumerate(parts.records) if b":decision:" in exact and b'"facts"' in exact)
    said = json.loads(parts.records[nth][2])
    name = drawn.choice(["facts", "policies", "schema", "result", "explanation"])
    document = json.loads(parts.members.pop(f"content/{said['body'][name]}"))
    again = canonical.encode(_with_another(document, drawn) if document else drawn.choice(ODD))
    said["body"][name] = canonical.sha256(again)
    parts.members[f"content/{said['body'][name]}"] = again
    _recorded(parts, nth, canonical.encode(said))


def _hostile(parts: Unpacked, drawn: random.Random) -> None:
    """Change something, and seal the log again so that every check looks at it."""
    kinds = ["record"] * 5 + ["entry"] * 3 + ["content"] * 3
    kind = drawn.choice([*kinds, "archive.json", "checkpoints.txt", "content.txt", "private.txt"])
    if kind == "archive.json":
        parts.members[kind] = canonical.encode(_with_another(parts.manifest, drawn))
        return
    if kind in parts.members:
        parts.members[kind] = _line_changed(parts.members[kind], drawn)
        return
    if kind == "record":
        _record_changed(parts, drawn)
    elif kind == "entry":
        position = drawn.randrange(len(parts.entries))
        parts.edit_entry(position, _entry_changed(parts.entries[position][1], drawn))
    elif kind == "content":
        _content_changed(parts, drawn)
    parts.seal(KEY)
    parts.say(log_key=rules.vkey(parts.manifest["origin"], KEY.public_key().public_bytes_raw()))


@pytest.mark.parametrize("seed", range(150))
def test_whatever_value_is_another_all_verifiers_say_the_same(seed: int, tmp_path: Path) -> None:
    drawn, parts = random.Random(seed), unpacked(WHOLE)
    _hostile(parts, drawn)
    agree(parts.pack(tmp_path / "hostile.zip"), seed)


def _numbers(data: bytes) -> list[tuple[int, int]]:
    """Where the numbers of a ZIP file stand: (place, width in bytes)."""
    end = data.rindex(b"PK\x05\x06")
    at = struct.unpack("<I", data[end + 16 : end + 20])[0]
    found = [(end + place, width) for place, width in ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))] * 9
    while data[at : at + 4] == b"PK\x01\x02":
        names, extras, comments = struct.unpack("<HHH", data[at + 28 : at + 34])
        widths = (
            (4, 2),
            (6, 2),
            (8, 2),
            (10, 2),
            (16, 4),
            (20, 4),
            (24, 4),
            (28, 2),
            (30, 2),
            (32, 2),
            (36, 2),
            (42, 4),
        )
        found += [(at + place, width) for place, width in widths]
        (local,) = struct.unpack("<I", data[at + 42 : at + 46])
        found += [
            (local + place, width) for place, width in ((0, 4), (6, 2), (8, 2), (18, 4), (22, 4), (26, 2), (28, 2))
        ]
        at += 46 + names + extras + comments
    return found


@pytest.mark.parametrize("seed", range(150))
def test_whatever_number_of_the_container_is_another_all_verifiers_say_the_same(seed: int, tmp_path: Path) -> None:
    data, drawn = WHOLE.read_bytes(), random.Random(seed)
    at, width = drawn.choice(_numbers(data))
    most = 256**width - 1
    value = drawn.choice([0, 1, most, most - 1, most // 2 + 1, len(data) % (most + 1)])
    target = tmp_path / "hostile.zip"
    target.write_bytes(data[:at] + value.to_bytes(width, "little") + data[at + width :])
    agree(target, (at, width, value))
