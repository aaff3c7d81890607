#!/usr/bin/env python3
"""Check an archive of a Consilience ledger, offline: `python verify.py ARCHIVE [--pin SIZE:ROOT|FILE] [--policy FILE|K-of-N]
[--witness KEY] [--json]`.

Or the proof of one prediction: `python verify.py prediction PROOF --log-key NAME+ID+BASE64`; or of one entry:
`python verify.py entry BYTES PROOF --log-key NAME+ID+BASE64`.

One file, the standard library and `cryptography`; nothing of the product is imported, so that whoever doubts the server
need not trust its code. The format is docs/formats/archive.md, and so are the numbers and codes of what is reported.
Stored bytes are hashed as they lie; nothing is encoded again. Large archives are read by as many processes as there are cores.
Exit code 0: good. 1: tampered. 7: cannot tell.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import struct
import sys
from collections import Counter, deque
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
    from cryptography.utils import CryptographyDeprecationWarning
except ImportError:  # said when it is needed: without it nothing can be told
    Ed25519PublicKey = None

ARCHIVES = ("urn:consilience:archive:1", "urn:consilience:archive:2")
VERIFICATION = "urn:consilience:verification:1"
NAMES = ("archive", "heads", "tree", "pin", "signatures", "keys", "entitled", "decisions", "content", "records")
MAX_ENTRY, MAX_LINE, MAX_FILE, MAX_FINDINGS, MAX_CLIENT = 60 * 1024, 64 * 2**20, 2**28, 200, 8192
PIECE, LARGE = 2**20, 16 * 2**20
"""Bytes of lines that one process takes at a time, and the size of an archive from which more than one is worth it."""
HEX64 = re.compile(r"[0-9a-f]{64}")
DECIMAL = re.compile(r"0|[1-9][0-9]{0,17}")
URN = re.compile(r"urn:consilience:([0-9a-f-]{36}):([a-z][a-z0-9-]*):([0-9a-f-]{36})")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z", re.ASCII)
COMMITMENT = re.compile(rb'\{"commitment":"([0-9a-f]{64})"\}')
TEXTS = {"archive.json", "checkpoint", "checkpoints.txt", "entries.txt", "records.txt", "content.txt", "index.html"}
MEMBER = re.compile(r"private\.txt|timestamps\.txt|tile/[0-7]/(x\d{3}/)*\d{3}(\.p/[1-9]\d{0,2})?|content/[0-9a-f]{64}")
MALFORMED = (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError)


class Bad(Exception):
    """Something that is not as the format says; the text says what."""


class CannotRead(Exception):
    """The file is no archive that this program reads."""


# What is reported


class Report:
    def __init__(self):
        self.size, self.root, self.system = 0, "", None
        self.found = {number: [] for number in range(10)}
        self.about = {number: [] for number in range(10)}
        self.more = Counter()
        self.tampered, self.unsure, self.empty = set(), set(), set()

    def bad(self, number, code, about):
        self.tampered.add(number)
        self._add(number, code, about)

    def cannot(self, number, code, about):
        self.unsure.add(number)
        self._add(number, code, about)

    def nothing(self, number, about):
        self.empty.add(number)
        self.about[number].append(about)

    def say(self, number, about):
        self.about[number].append(about)

    def _add(self, number, code, about):
        if len(self.found[number]) < MAX_FINDINGS:
            printable = about.encode("utf-8", "backslashreplace").decode()
            self.found[number].append({"code": code, "about": printable})
        else:
            self.more[number] += 1

    def outcome_of(self, number):
        if number in self.tampered:
            return "tampered"
        if number in self.unsure:
            return "cannot_tell"
        return "nothing" if number in self.empty else "good"

    @property
    def outcome(self):
        return "tampered" if self.tampered else "cannot_tell" if self.unsure else "good"

    @property
    def exit_code(self):
        return {"good": 0, "tampered": 1, "cannot_tell": 7}[self.outcome]

    def as_json(self):
        for number, count in self.more.items():
            self.about[number].append(f"{count} more findings are not listed")
        self.more.clear()
        return {
            "format": VERIFICATION, "outcome": self.outcome, "size": self.size, "root": self.root, "system": self.system,
            "checks": [
                {"number": number, "name": name, "outcome": self.outcome_of(number), "about": self.about[number],
                 "findings": self.found[number]}
                for number, name in enumerate(NAMES)
            ],
        }  # fmt: skip

    def as_text(self):
        words = {
            "good": "good",
            "tampered": "TAMPERED",
            "cannot_tell": "cannot tell",
            "nothing": "nothing of this kind",
        }
        lines = []
        for one in self.as_json()["checks"]:
            lines.append(f"{one['number']} {one['name']}: {words[one['outcome']]}")
            lines += [f"    {text}" for text in one["about"]]
            lines += [f"    {found['code']}: {found['about']}" for found in one["findings"]]
        lines.append(f"{words[self.outcome].capitalize()}: {self.size} entries, root {self.root}")
        return "\n".join(lines)


# RFC 8785 JSON in the profile of the product: no floats, integers below 2^53, no key twice, no half characters


TOKENS = re.compile(
    r'(?:[{}\[\],:]|"[^"\\]*(?:\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))[^"\\]*)*"|(?:-?[1-9][0-9]{0,15}|0)(?![0-9])|true|false|null)*'
)
"""Brackets, strings with no escape that could be avoided, integers, words; no space between them. No text can be cut into
these in two ways, so a hostile one is refused as fast as it is read."""


def parse(data):
    """What these bytes say; Bad unless they are exactly the canonical form.

    JSON that consists of these tokens alone, with the keys of each object ascending and integers in range, is written in
    the one canonical way: so nothing has to be written again to be compared.
    """
    try:
        text = data.decode("utf-8")
        if not TOKENS.fullmatch(text):
            raise ValueError("a space, a fraction or an escape that the canonical form does not have")
        within_bounds(text)
        value, end = (ASCII if text.isascii() else UNICODE).raw_decode(text)
        if end != len(text):
            raise ValueError("more than one value")
        return value
    except (ValueError, RecursionError) as error:
        raise Bad(f"is not canonical JSON ({error})") from error


MAX_DEPTH, MAX_VALUES = 500, 2**21
BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')


def within_bounds(text):
    """ValueError where JSON is nested deeper, or holds more values, than every reader takes: memory has to last."""
    opened = text.count("[") + text.count("{")
    if opened > MAX_DEPTH:
        depth = 0
        for token in BRACKETS.finditer(text):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if len(text) > MAX_VALUES and opened + text.count(",") > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")


def _ascending(pairs):
    made = dict(pairs)
    if len(made) != len(pairs) or list(made) != sorted(made):
        raise ValueError("keys out of order, or one twice")
    return made


def _ascending_utf16(pairs):
    made = dict(pairs)
    if len(made) != len(pairs) or list(made) != sorted(made, key=lambda key: key.encode("utf-16-be")):
        raise ValueError("keys out of order, or one twice")
    return made


def _integer(text):
    value = int(text)
    if not -(2**53) < value < 2**53:
        raise ValueError("an integer beyond 2^53")
    return value


ASCII = json.JSONDecoder(object_pairs_hook=_ascending, parse_int=_integer)
UNICODE = json.JSONDecoder(object_pairs_hook=_ascending_utf16, parse_int=_integer)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# The container: stored members, read where they lie. No name is ever used as a path


def members(file, total):
    """The list of members at the end of a ZIP file (PKWARE APPNOTE 4.3, with ZIP64); CannotRead where it does not end as one.

    The module `zipfile` seeks wherever a number points, and forgives bytes before the first member: verifiers must agree.
    """
    count, data = member_list(file, total)
    found, at = [], 0
    while at < len(data):
        if data[at : at + 4] != b"PK\x01\x02" or at + 46 > len(data):
            raise no_archive("its list of members is damaged")
        needed, flags, method = struct.unpack_from("<3H", data, at + 6)
        packed, size, names, extras, comments = struct.unpack_from("<2I3H", data, at + 20)
        one = {"size": size, "packed": packed, "offset": int.from_bytes(data[at + 42 : at + 46], "little")}
        start, end = at + 46 + names, at + 46 + names + extras + comments
        if end > len(data) or needed & 0xFF > 63:
            raise no_archive("its list of members is damaged")
        wide_numbers(one, data[start : start + extras])
        found.append({**one, "name": data[at + 46 : start].decode("latin-1"), "flags": flags, "method": method})
        at = end
    if len(found) != count:
        raise no_archive("its list of members is damaged")
    return found


def member_list(file, total):
    """How many members the end of the file names, and the bytes of their list, which stand right before it."""
    before = max(0, total - 22 - 65535 - 76)
    file.seek(before)
    tail = file.read(total - before)
    end = tail.rfind(b"PK\x05\x06", 0, max(0, len(tail) - 18))
    if end < 0:
        raise no_archive("it does not end as one")
    (count, size, offset), place = struct.unpack_from("<H2I", tail, end + 10), before + end
    if end >= 20 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        (wide,) = struct.unpack_from("<Q", tail, end - 12)
        if wide + 56 > total:
            raise no_archive("its end lies outside")
        file.seek(wide)
        last = file.read(56)
        if last[:4] == b"PK\x06\x06":
            (count, size, offset), place = struct.unpack_from("<3Q", last, 32), wide
    if offset + size != place or size > 2**30:
        raise no_archive("its list of members does not stand before its end")
    file.seek(offset)
    return count, file.read(size)


def wide_numbers(one, extra):
    """Take what does not fit into four bytes from the extra field."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if at + 4 + size > len(extra):
            raise no_archive("its list of members is damaged")
        field = at + 4
        for name in one if kind == 1 else ():
            if one[name] == 0xFFFFFFFF:
                if field + 8 > at + 4 + size:
                    raise no_archive("its list of members is damaged")
                (one[name],) = struct.unpack_from("<Q", extra, field)
                field += 8
        at += 4 + size


def no_archive(why):
    return CannotRead(f"this is no archive, or it was cut off ({why})")


class Archive:
    def __init__(self, file, report):
        self.file, self.path, self.at = file, file.name, {}
        total = os.fstat(self.file.fileno()).st_size
        listed = members(file, total)
        claimed = sum(one["size"] for one in listed)
        if claimed > total:
            report.bad(0, "archive_too_large", f"members claim {claimed} bytes in a file of {total}")
            return
        for one in listed:
            name, shown = one["name"], one["name"][:100]
            if name in self.at:
                report.bad(0, "archive_member", f"member {shown!r} stands twice")
            elif name not in TEXTS and not MEMBER.fullmatch(name):
                report.bad(0, "archive_member", f"member {shown!r} is none that an archive has; it was not read")
            elif one["method"] != 0 or one["flags"] & 1 or one["packed"] != one["size"]:
                report.bad(0, "archive_compressed", f"member {shown!r} is compressed or encrypted; it was not read")
            elif not self._place(one, total):
                report.bad(0, "archive_member", f"member {shown!r} does not lie where the archive says")

    def _place(self, one, total):
        if one["offset"] + 30 > total:
            return False
        self.file.seek(one["offset"])
        head = self.file.read(30)
        name_size, extra_size = struct.unpack("<HH", head[26:])
        start = one["offset"] + 30 + name_size + extra_size
        named = head[:4] == b"PK\x03\x04" and self.file.read(name_size) == one["name"].encode("latin-1")
        if not named or start + one["size"] > total:
            return False
        self.at[one["name"]] = (start, one["size"])
        return True

    def size(self, name):
        return self.at[name][1]

    def read(self, name, most=MAX_LINE):
        """All bytes of a member; Bad where it is missing or larger than `most`."""
        if name not in self.at:
            raise Bad(f"{name} is missing")
        start, size = self.at[name]
        if size > most:
            raise Bad(f"{name} has {size} bytes")
        self.file.seek(start)
        return self.file.read(size)

    def digest(self, name):
        hashing, (start, left) = hashlib.sha256(), self.at[name]
        while left:
            self.file.seek(start)
            chunk = self.file.read(min(left, 2**20))
            if not chunk:
                break
            hashing.update(chunk)
            start, left = start + len(chunk), left - len(chunk)
        return hashing.hexdigest()

    def pieces(self, name):
        """What `lines_from` takes, for each piece of a member of lines."""
        start, size = self.at.get(name, (0, 0))
        for at in range(start, start + size, PIECE):
            yield self.path, name, start, start + size, at, min(at + PIECE, start + size)

    def lines(self, name):
        """The lines of a member; Bad where one does not end or is too long."""
        for piece in self.pieces(name):
            yield from lines_from(piece)


def lines_from(piece):
    """The lines of a member at [start, end) that begin within [at, to); Bad where one does not end or is too long."""
    path, name, start, end, at, to = piece
    with open(path, "rb", buffering=2**18) as file:
        if at > start:
            file.seek(at - 1)
            at += len(file.readline(MAX_LINE + 1)) - 1
        file.seek(at)
        while at < to:
            line = file.readline(min(MAX_LINE + 1, end - at))
            if not line.endswith(b"\n"):
                too_long = len(line) > MAX_LINE
                raise Bad(
                    f"{name} has a line of more than {MAX_LINE} bytes" if too_long else f"{name} ends within a line"
                )
            at += len(line)
            yield line[:-1]


# Work for several processes


class Workers:
    """Work spread over processes, with answers in order. In this process where one is asked for or no more can be had."""

    def __init__(self, jobs):
        self.jobs, self.pool = jobs, None
        if jobs > 1:
            try:
                self.pool = ProcessPoolExecutor(jobs)
            except (OSError, NotImplementedError, ImportError):
                self.jobs = 1

    def answers(self, function, tasks):
        """What the function says to each task. Few are under way at a time, so that memory stays flat."""
        if self.pool is None:
            yield from map(function, tasks)
            return
        waiting = deque()
        for task in tasks:
            waiting.append(self.pool.submit(function, task))
            if len(waiting) > 2 * self.jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def begin(self, function, task):
        """Begin a task; what comes back gives its answer when called."""
        if self.pool is not None:
            return self.pool.submit(function, task).result
        answer = function(task)
        return lambda: answer

    def close(self):
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)


def read_entries(piece):
    """(position, leaf hash, length, predicate, subjects, envelope, what is wrong) of each entry, None for a line that is
    none; then why reading stopped, if it did."""
    found = []
    try:
        for line in lines_from(piece):
            number, gap, exact = line.partition(b" ")
            if not gap or not DECIMAL.fullmatch(number.decode("latin-1")):
                found.append(None)
                continue
            said = subjects = envelope = problem = None
            try:
                said, subjects, envelope = act_of(exact)
            except Bad as error:
                problem = str(error)
            leaf = hashlib.sha256(b"\x00" + exact).digest()
            found.append((int(number), leaf, len(exact), said, subjects, envelope, problem))
    except Bad as error:
        return found, str(error)
    return found, None


def read_records(piece):
    """(position, ordinal, digest, document, what is wrong, commitments in it) of each record, None for a line that is none;
    then why reading stopped, if it did."""
    found = []
    try:
        for line in lines_from(piece):
            parts = line.split(b" ", 2)
            numbers = [part.decode("latin-1") for part in parts[:2]]
            if len(parts) != 3 or not all(map(DECIMAL.fullmatch, numbers)):
                found.append(None)
                continue
            said = problem = None
            try:
                said = document(parts[2])
            except (Bad, *MALFORMED) as error:
                problem = str(error)
            opened_by = COMMITMENT.findall(parts[2])
            found.append((int(numbers[0]), int(numbers[1]), sha256(parts[2]), said, problem, opened_by))
    except Bad as error:
        return found, str(error)
    return found, None


def read_heads(piece):
    """(size it stands under, size and root of the signed head, its note where others signed it too, what is wrong) of each
    line; then why reading stopped."""
    first, versions, *where = piece
    key, found = LogKeys(first, versions), []
    try:
        for line in lines_from(where):
            size = signed = problem = None
            note = ""
            try:
                size, note = parse(line)
                if type(size) is not int or not isinstance(note, str):
                    raise Bad("is no line of size and note")
                signed = key.head(note)
                if signed[0] != size:
                    raise Bad(f"is signed over {signed[0]}")
            except (Bad, ValueError, TypeError) as error:
                signed, problem = None, str(error)
            cosigned = note if problem is None and note.count("\n\u2014 ") > 1 else None
            found.append((size if type(size) is int else None, signed, cosigned, problem))
    except Bad as error:
        return found, str(error)
    return found, None


# The tree of RFC 6962


class Tree:
    """All complete subtrees over leaf hashes."""

    def __init__(self, leaves):
        self.size, self.levels = len(leaves) // 32, [bytes(leaves)]
        while len(self.levels[-1]) >= 64:
            below = self.levels[-1]
            pairs = range(0, len(below) // 64 * 64, 64)
            self.levels.append(b"".join(hashlib.sha256(b"\x01" + below[at : at + 64]).digest() for at in pairs))

    def root(self, size):
        value = None
        for level in range(size.bit_length()):
            if size >> level & 1:
                nth = (size >> level) - 1
                node = self.levels[level][32 * nth : 32 * nth + 32]
                value = node if value is None else hashlib.sha256(b"\x01" + node + value).digest()
        return hashlib.sha256(b"").digest() if value is None else value


def tiles(size):
    """(name, level of the tree, first node, how many) of each tile."""
    level = 0
    while size:
        for nth in range(-(-size // 256)):
            width = min(256, size - 256 * nth)
            digits = str(nth).zfill(-(-len(str(nth)) // 3) * 3)
            groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
            name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
            yield f"tile/{level}/{name}" + (f".p/{width}" if width < 256 else ""), 8 * level, 256 * nth, width
        size, level = size // 256, level + 1


# Signed notes


class Key:
    """A public key as C2SP writes it: name+id+base64(0x01 || key)."""

    def __init__(self, vkey):
        name, identity, encoded = vkey.split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        if raw[:1] != b"\x01" or len(raw) != 33:
            raise ValueError("no Ed25519 key")
        self.name, self.id = name, hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if self.id.hex() != identity:
            raise ValueError("its id does not follow from it")
        self.vkey, self.raw, self.public = vkey, raw[1:], Ed25519PublicKey.from_public_bytes(raw[1:])

    def head(self, note):
        """(size, root) of a signed head; Bad where the note is not one of this log, or its signature does not hold."""
        text, gap, signatures = note.partition("\n\n")
        said = text + "\n"
        try:
            origin, size, root = text.split("\n")
            raw = [line.split(" ") for line in signatures.split("\n")[:-1]]
            mine = [
                base64.b64decode(one[2], validate=True)
                for one in raw
                if one[:2] == ["\u2014", self.name] and len(one) == 3
            ]
            mine = [one[4:] for one in mine if one[:4] == self.id]
            root_bytes = base64.b64decode(root, validate=True)
        except ValueError as error:
            raise Bad("is no signed note") from error
        if not gap or not DECIMAL.fullmatch(size) or len(root_bytes) != 32 or not signatures.endswith("\n"):
            raise Bad("is no signed head")
        if base64.b64encode(root_bytes).decode() != root:
            raise Bad("writes its root otherwise than base64 does")
        if origin != self.name:
            raise Bad(f"is of another log, {origin[:80]!r}")
        if not mine:
            raise Bad("is not signed by the log's key")
        try:
            self.public.verify(mine[0], said.encode())
        except InvalidSignature as error:
            raise Bad("has a signature that does not match its text") from error
        return int(size), root_bytes


class LogKeys:
    """The log's keys: (entry that bound it, key, whether the one before must have signed the head which that entry ends)."""

    def __init__(self, first, versions):
        self.bound = [(0, Key(first), True)]
        now = first
        for position, body in versions:
            vkey = body.get("log_key")
            if vkey != now:
                try:
                    revoked = body.get("revoked_log_keys")
                    revoked = revoked if isinstance(revoked, list) else []
                    self.bound.append((position, Key(vkey), now not in revoked))
                    now = vkey
                except MALFORMED:
                    continue  # said by check 5

    @property
    def name(self):
        return self.bound[0][1].name

    def head(self, note):
        """(size, root) of a signed head, all signatures that its size asks for checked; Bad otherwise."""
        lines = note.split("\n", 2)
        if len(lines) < 3 or not DECIMAL.fullmatch(lines[1]):
            raise Bad("is no signed head")
        size = int(lines[1])
        nth = max((at for at, one in enumerate(self.bound) if one[0] < size), default=0)
        position, key, handed = self.bound[nth]
        if nth and handed and size == position + 1:
            self.bound[nth - 1][1].head(note)
        return key.head(note)


# Witnesses: a trust policy (C2SP tlog-policy), and what they signed under heads (C2SP tlog-cosignature, Ed25519)


class Witness:
    """A witness's public key: name+id+base64(0x04 || key)."""

    def __init__(self, vkey):
        self.vkey = vkey
        self.name, identity, encoded = vkey.split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        if raw[:1] != b"\x04" or len(raw) != 33:
            raise ValueError("no key of a witness (Ed25519, type 04)")
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if self.id.hex() != identity:
            raise ValueError("its id does not follow from it")
        self.raw, self.public = raw[1:], Ed25519PublicKey.from_public_bytes(raw[1:])

    def cosigned(self, text, lines):
        """The POSIX time of its newest signature under this text, or None; Bad where one is there that does not hold."""
        newest = None
        for name, raw in lines:
            if name == self.name and raw[:4] == self.id:
                if len(raw) != 76:
                    raise Bad(f"a line of witness {self.name} is no cosignature")
                at = int.from_bytes(raw[4:12], "big")
                try:
                    self.public.verify(raw[12:], f"cosignature/v1\ntime {at}\n{text}".encode())
                except InvalidSignature as error:
                    raise Bad(f"the cosignature of {self.name} does not match the text that it stands under") from error
                newest = at if newest is None else max(newest, at)
        return newest


class Policy:
    """Whom the reader trusts. ValueError where the text is no policy."""

    def __init__(self, text):
        self.logs, self.witnesses, self.groups, self.quorum = set(), {}, [], None
        free = set()
        for number, line in enumerate(text.split("\n"), start=1):
            words = [word for word in re.split("[ \t]+", line) if word]
            if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
                raise ValueError(f"policy, line {number}: holds a control character")
            if not words or words[0].startswith("#"):
                continue
            try:
                self._line(words, free)
            except (*MALFORMED, Bad) as error:
                raise ValueError(f"policy, line {number}: {error}") from error
        if self.quorum is None:
            raise ValueError("policy: has no line `quorum NAME`")

    def _line(self, words, free):
        taken = {"none", *self.witnesses, *(name for name, _, _ in self.groups)}
        if words[0] == "log" and len(words) in (2, 3):
            self._log(Key(words[1]))
            address_of(words[2:])
        elif words[0] == "witness" and len(words) in (3, 4) and words[1] not in taken:
            witness = Witness(words[2])
            address_of(words[3:])
            if any(one.raw == witness.raw for one in self.witnesses.values()):
                raise Bad("names a witness by a key that an earlier line names")
            self.witnesses[words[1]] = witness
            free.add(words[1])
        elif words[0] == "group" and len(words) > 3 and words[1] not in taken:
            self._group(words[1], words[2], words[3:], free)
        elif words[0] == "quorum" and len(words) == 2 and self.quorum is None and words[1] in taken:
            self.quorum = words[1]
        else:
            raise Bad("is no line of a policy, or names something twice, or something that no line above defines")

    def _log(self, key):
        if any(Key(one).raw == key.raw for one in self.logs):
            raise Bad("names a log that an earlier line names")
        self.logs.add(key.vkey)

    def _group(self, name, count, members, free):
        needed = {"all": len(members), "any": 1}.get(count) or int(count)
        if count not in ("all", "any", str(needed)) or not 1 <= needed <= len(members):
            raise Bad(f"asks for {count} of {len(members)} members")
        if not free.issuperset(members) or len(set(members)) < len(members):
            raise Bad("names what no line above defines, or what is in a group already")
        free.difference_update(members)
        free.add(name)
        self.groups.append((name, needed, members))

    def reached(self, keys):
        there = {"none"} | {name for name, one in self.witnesses.items() if one.vkey in keys}
        for name, needed, members in self.groups:
            if sum(member in there for member in members) >= needed:
                there.add(name)
        return self.quorum in there


def address_of(words):
    """Where a policy says that somebody is found. Nobody goes there from here, but a line with no address is no line."""
    if not words:
        return
    parts = urlsplit(words[0])
    secret = parts.username or parts.password or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or secret or parts.port == 0 or len(words[0]) > 500:
        raise Bad("has an address that is not http(s)://HOST[:PORT][/PATH]")


def read_policy(said, keys):
    """The policy of --policy and --witness: a file, K-of-N over the keys, or all of them; None where neither was given."""
    if said is None and not keys:
        return None
    found = re.fullmatch("([1-9][0-9]{0,2})-of-([1-9][0-9]{0,2})", said or f"{len(keys)}-of-{len(keys)}")
    if found is None:
        if keys:
            raise ValueError("--witness goes with --policy K-of-N; a policy file names its witnesses itself")
        with open(said, encoding="utf-8") as stream:
            return Policy(stream.read(2**16))
    if int(found[2]) != len(keys):
        raise ValueError(f"{said} speaks of {found[2]} witnesses; {len(keys)} keys were given")
    lines = [f"witness w{nth} {key}" for nth, key in enumerate(keys)]
    names = " ".join(f"w{nth}" for nth in range(len(keys)))
    return Policy("\n".join([*lines, f"group all-of-them {found[1]} {names}", "quorum all-of-them"]))


def quorum(notes, keys, policy, report):
    """How many entries the quorum covers; 0 where there is none. `notes` are (size, note) of heads whose own signature holds."""
    strangers, reached, who = set(), 0, []
    if policy and policy.logs and not policy.logs & {one.vkey for _, one, _ in keys.bound}:
        report.bad(1, "log_unknown", "the policy names other logs than the one of this archive")
    for size, note in notes:
        signed, others = cosigners(size, note, keys, policy, report)
        strangers |= others
        if policy and policy.quorum != "none" and policy.reached(signed) and size >= reached:
            reached, who = size, sorted(signed.values())
    if policy is None:
        told = f"{len(strangers)} keys signed, and nothing says whose they are (--policy, --witness)"
        report.say(1, f"cosignatures of witnesses: {told if strangers else 'nothing of this kind in the archive'}")
    elif reached:
        names = ", ".join(f"{name} at second {at}" for name, at in who)
        report.say(1, f"the quorum cosigned the head over {reached} entries: {names}")
        if reached < report.size:
            report.say(1, f"the {report.size - reached} entries after it rest on the log's signature alone")
    elif policy.quorum != "none":
        if strangers:
            shown = ", ".join(sorted(strangers)[:5])
            report.cannot(1, "witness_unknown", f"heads are signed by keys that the policy does not name: {shown}")
        report.cannot(1, "quorum_missing", f"no head is cosigned as the policy asks (quorum {policy.quorum})")
    return reached


def cosigners(size, note, keys, policy, report):
    """({vkey: (name, time)} of the policy's witnesses who cosigned this head, names of everybody else who did)."""
    text, _, signatures = note.partition("\n\n")
    try:
        lines = [line.split(" ") for line in signatures.split("\n")[:-1]]
        lines = [(name, base64.b64decode(raw, validate=True)) for _, name, raw in lines]
    except ValueError:
        report.bad(1, "head_signature", f"the head over {size} entries bears a line that is no signature")
        return {}, set()
    known, signed = {(one.name, one.id) for _, one, _ in keys.bound}, {}
    for name, witness in (policy.witnesses if policy else {}).items():
        known.add((witness.name, witness.id))
        try:
            at = witness.cosigned(text + "\n", lines)
        except Bad as error:
            report.bad(1, "cosignature_bad", f"the head over {size} entries: {error}")
            continue
        if at is not None:
            signed[witness.vkey] = (name, at)
    return signed, {f"{name}+{raw[:4].hex()}" for name, raw in lines if (name, raw[:4]) not in known}


def handed_over(keys, notes, policy, covered, report):
    """Check 5: a key that replaced another one needs that one's signature, or somebody outside who vouches for it."""
    for (_, before, _), (position, after, _) in zip(keys.bound, keys.bound[1:], strict=False):
        vouched = policy is not None and after.vkey in policy.logs
        for size, note in notes:
            if size == position + 1 and not vouched:
                try:
                    before.head(note)
                    vouched = True
                except Bad:
                    continue
        if not vouched and covered <= position:
            told = f"entry {position} gave the log another key, and the one before did not sign that; nobody outside says that"
            hint = "the new key is the log's (--policy with a line `log KEY`, or a quorum of witnesses)"
            report.cannot(5, "key_unvouched", f"{told} {hint}")


# Time-stamps of heads (RFC 3161): CMS signed data in DER, each with the certificate that stands beside it

HASHES = {"608648016503040201": "SHA256", "608648016503040202": "SHA384", "608648016503040203": "SHA512"}
SIGNED_DATA, TST_INFO = "2a864886f70d010702", "2a864886f70d0109100104"
CONTENT_TYPE, DIGEST, NAMED, NAMED_V2 = (
    "2a864886f70d010903",
    "2a864886f70d010904",
    "2a864886f70d010910020c",
    "2a864886f70d010910022f",
)


def der(data):
    """[(tag, value, both as they stand), ...] of the elements in these bytes; Bad where they are not DER."""
    found, at = [], 0
    while at < len(data):
        if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
            raise Bad("is no DER")
        size, start = data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
            if not 1 <= count <= 4 or size < 0x80 or data[at + 2] == 0:
                raise Bad("is no DER")
        if start + size > len(data):
            raise Bad("is cut off")
        found.append((data[at], data[start : start + size], data[at : start + size]))
        at = start + size
    return found


def within(element, tag):
    """The elements within this one, which must be of that tag."""
    if element[0] != tag:
        raise Bad("has another element where one belongs")
    return der(element[1])


def oid(element):
    """The bytes of an object identifier, in hexadecimal."""
    if element[0] != 6:
        raise Bad("has another element where an object identifier belongs")
    return element[1].hex()


def stamped(response, text, pem):
    """(time, authority) of a time-stamp of this text by this certificate; Bad otherwise."""
    authority = x509.load_pem_x509_certificate(pem.encode())
    if authority.serial_number <= 0:  # RFC 5280, 4.1.2.2
        raise Bad("comes with a certificate whose serial number is not positive")
    (whole,) = der(response)
    status, content = within(whole, 0x30)
    if within(status, 0x30)[0][2] not in (b"\x02\x01\x00", b"\x02\x01\x01"):
        raise Bad("was not granted")
    kind, explicit = within(content, 0x30)
    data = within(within(explicit, 0xA0)[0], 0x30)
    inner = within(data[2], 0x30)
    (signer,) = within(data[-1], 0x31)
    octets = within(inner[1], 0xA0)[0]
    if octets[0] != 4 or oid(kind) != SIGNED_DATA or oid(inner[0]) != TST_INFO:
        raise Bad("is no time-stamp")
    info = octets[1]
    fields = within(der(info)[0], 0x30)
    imprint = within(fields[2], 0x30)
    if (
        HASHES.get(oid(within(imprint[0], 0x30)[0])) != "SHA256"
        or imprint[1][1] != hashlib.sha256(text.encode()).digest()
    ):
        raise Bad("is of something else than this head")
    at = re.fullmatch(r"(\d{14})(\.\d{1,6})?Z", fields[4][1].decode("ascii"))
    if at is None or fields[4][0] != 0x18:
        raise Bad("names no time")
    at = datetime.strptime(at[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    signed_by(authority, within(signer, 0x30), info)
    usage = authority.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if not usage.critical or [one.dotted_string for one in usage.value] != ["1.3.6.1.5.5.7.3.8"]:
        raise Bad("is by a certificate that is not one for time-stamping alone")
    if not authority.not_valid_before_utc <= at <= authority.not_valid_after_utc:
        raise Bad("is by a certificate that was not valid then")
    return at, authority.subject.rfc4514_string()


def signed_by(authority, signer, info):
    name = HASHES.get(oid(within(signer[2], 0x30)[0]))
    if name is None:
        raise Bad("is signed over a digest that is not SHA-256, SHA-384 or SHA-512")
    said = {oid(one[0]): within(one[1], 0x31)[0] for one in (within(each, 0x30) for each in within(signer[3], 0xA0))}
    if (
        oid(said[CONTENT_TYPE]) != TST_INFO
        or said[DIGEST][0] != 4
        or said[DIGEST][1] != hashlib.new(name.lower(), info).digest()
    ):
        raise Bad("has signed attributes of something else")
    certificate, default = authority.public_bytes(Encoding.DER), "sha256" if NAMED_V2 in said else "sha1"
    named = within(within(within(said.get(NAMED_V2) or said[NAMED], 0x30)[0], 0x30)[0], 0x30)
    if named[0][0] == 0x30:
        default = HASHES[oid(within(named.pop(0), 0x30)[0])].lower()
    if named[0][1] != hashlib.new(default, certificate).digest():
        raise Bad("names another certificate than the one beside it")
    key, algorithm, message = authority.public_key(), getattr(hashes, name)(), b"\x31" + signer[3][2][1:]
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signer[5][1], message)
        elif hasattr(key, "curve"):
            key.verify(signer[5][1], message, ec.ECDSA(algorithm))
        else:
            key.verify(signer[5][1], message, padding.PKCS1v15(), algorithm)
    except InvalidSignature as error:
        raise Bad("is not signed by the certificate beside it") from error


UNSTAMPED = (Bad, *MALFORMED)
"""What reading a time-stamp or its certificate brings about that is none."""
if Ed25519PublicKey is not None:
    UNSTAMPED += (x509.ExtensionNotFound, x509.DuplicateExtension, x509.InvalidVersion, UnsupportedAlgorithm)
    UNSTAMPED += (CryptographyDeprecationWarning,)  # whoever makes errors of warnings gets it for an odd certificate


def timestamps(archive, found, origin, report):
    """Check 1: what authorities said about heads. Whether an authority is to be believed is for the reader to judge."""
    texts = {size: f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n" for size, root in found}
    for line in _stamp_lines(archive, report):
        try:
            size, response, pem = parse(line)
            if size not in texts:
                raise Bad(f"is of a head over {size} entries, which is not in the archive")
            at, authority = stamped(base64.b64decode(response, validate=True), texts[size], pem)
        except UNSTAMPED as error:
            report.bad(1, "timestamp_bad", f"a line of timestamps.txt: a time-stamp that {error}")
            continue
        told = f"was there at {at:%Y-%m-%dT%H:%M:%SZ}, says {authority}: judge whether you trust it"
        report.say(1, f"the head over {size} entries {told}")


def _stamp_lines(archive, report):
    try:
        yield from archive.lines("timestamps.txt")
    except Bad as error:
        report.bad(1, "timestamp_bad", str(error))


# What was in force when: versions of things, seen as of an instant and a position


class Things:
    def __init__(self):
        self.versions, self.nouns, self.whose = {}, {}, {}

    def add(self, noun, document, position, ordinal, digest):
        urn, body = document["urn"], document["body"]
        if urn not in self.versions:
            self.versions[urn] = []
            self.nouns.setdefault(noun, []).append(urn)
        if noun in OWNED:
            self.whose.setdefault((noun, str(body.get(OWNED[noun]))), {})[urn] = None
        self.versions[urn].append((document["valid_from"], position, ordinal, body, digest))

    def in_force(self, urn, at, before):
        """(body, digest) of the row in force, or None."""
        live = [one for one in self.versions.get(urn, ()) if one[0] <= at and one[1] < before]
        if not live:
            return None
        found = max(live, key=lambda one: one[:3])
        return None if found[3].get("withdrawn") is True else (found[3], found[4])

    def by_order(self, urn, before):
        """Bodies of a thing that the log held before a position, in their order, whatever the clocks said."""
        return [body for _, position, _, body, _ in self.versions.get(urn, ()) if position < before]

    def all(self, noun, at, before):
        for urn in self.nouns.get(noun, ()):
            found = self.in_force(urn, at, before)
            if found:
                yield urn, *found

    def of(self, noun, owner, at, before):
        """Bodies in force of what a noun gives to somebody: their grants, their holdings."""
        for urn in self.whose.get((noun, owner), ()):
            found = self.in_force(urn, at, before)
            if found and found[0].get(OWNED[noun]) == owner:
                yield found[0]


OWNED = {"grant": "principal", "holding": "person"}
"""Nouns that are looked up by whom they belong to, and the field that says so."""
KEPT = {
    "workspace", "person", "robot", "grant", "holding", "token", "key", "system", "model", "model-version", "dataset", "dataset-version",
    "release", "sign-off", "proof", "panel", "policy", "policy-proposal", "obligation-pack-proposal", "delegation",
}  # fmt: skip
ITEMS = {"system", "model", "model-version", "dataset", "dataset-version", "evidence", "kind", "facet-plan", "function"}
"""Nouns that facets are made of: a sign-off goes stale by nothing else."""
APPROVALS = ("approve", "approve_with_conditions")
SCOPES = {
    "read": set(), "release": {"release.propose"}, "sign": {"gate.grandfather", "review.sign_off", "review.answer", "review.close_condition"},
    "register": {"inventory.register", "inventory.correct", "evidence.attach", "evidence.compute", "predictions.log", "predictions.prove"},
    "gate": {"gate.decide"},
    "policy": {"policy.propose", "policy.publish", "policy.discuss", "policy.adopt_pack", "evidence.define"},
    "manage": {"people.manage", "access.manage", "ledger.manage", "content.erase", "content.hold"},
}  # fmt: skip
"""What a token or a robot's key may be limited to, reading aside."""
READ = {
    "inventory.read", "evidence.read", "evidence.download", "release.read", "review.read", "gate.read", "policy.read", "people.read",
    "predictions.read",
}  # fmt: skip
REGISTER = {
    "inventory.register",
    "inventory.correct",
    "evidence.attach",
    "evidence.compute",
    "predictions.log",
    "predictions.prove",
}
MAY = {
    "administrator": {"people.manage", "access.manage", "ledger.manage", "policy.publish", "policy.discuss", "policy.adopt_pack",
                      "evidence.define", "inventory.register",
                      "inventory.correct", "content.erase", "content.hold", "gate.grandfather"},
    "engineer": REGISTER | {"release.propose", "gate.decide", "policy.propose", "policy.publish", "policy.discuss", "review.sign_off", "review.close_condition"},
    "reviewer": {"review.sign_off", "review.answer", "review.close_condition", "evidence.attach", "policy.propose", "policy.publish", "policy.discuss",
                 "policy.adopt_pack", "gate.decide", "gate.grandfather", "predictions.prove"},
    "reader": set(), "auditor": {"predictions.prove"},
    "pipeline": REGISTER | {"release.propose", "gate.decide"}, "privacy": {"content.erase", "content.hold"},
}  # fmt: skip
WORKSPACE_WIDE = {
    "people.manage",
    "access.manage",
    "ledger.manage",
    "policy.publish",
    "policy.propose",
    "policy.adopt_pack",
    "evidence.define",
    "policy.discuss",
    "content.erase",
    "content.hold",
}
NEEDS = {
    "content.erased": "content.erase", "content.hold_placed": "content.hold", "content.hold_lifted": "content.hold",
    "access.granted": "access.manage", "access.grant_ended": "access.manage", "evidence.attached": "evidence.attach",
    "evidence.computed": "evidence.compute", "evidence.withdrawn": "evidence.attach", "evidence.kind_defined": "evidence.define",
    "gate.decided": "gate.decide", "gate.grandfathered": "gate.grandfather", "inventory.imported": "inventory.register", "inventory.system_registered": "inventory.register", "inventory.system_corrected": "inventory.correct",
    "inventory.model_registered": "inventory.register", "inventory.model_corrected": "inventory.correct",
    "inventory.version_registered": "inventory.register", "inventory.version_withdrawn": "inventory.correct",
    "inventory.dataset_registered": "inventory.register", "inventory.dataset_corrected": "inventory.correct",
    "inventory.dataset_version_registered": "inventory.register", "inventory.dataset_terms_corrected": "inventory.correct",
    "inventory.dataset_version_withdrawn": "inventory.correct", "people.invited": "people.manage", "people.deactivated": "people.manage",
    "people.reactivated": "people.manage", "people.function_held": "people.manage", "people.function_ended": "people.manage",
    "people.robot_added": "people.manage",
    "ledger.witness_policy_set": "ledger.manage", "policy.proposed": "policy.propose", "policy.published": "policy.publish",
    "policy.commented": "policy.discuss", "policy.proposal_taken_back": "policy.propose", "policy.reviewed": "policy.publish",
    "policy.pack_proposed": "policy.adopt_pack", "policy.pack_adopted": "policy.adopt_pack", "policy.pack_dropped": "policy.adopt_pack",
    "predictions.batch_logged": "predictions.log",
    "release.proposed": "release.propose", "release.withdrawn": "release.propose", "review.signed_off": "review.sign_off",
    "review.proof_offered": "review.close_condition", "review.proof_accepted": "review.sign_off",
    "review.delegated": "review.sign_off",
    "review.objection_answered": "review.answer", "review.block_ended": "review.sign_off", "review.waived": "review.sign_off",
    "review.waiver_withdrawn": "review.sign_off", "review.panel_named": "access.manage",
}  # fmt: skip
OPERATORS = {
    "ledger.begun",
    "people.functions_founded",
    "people.first_administrator_joined",
    "evidence.kinds_founded",
    "evidence.kinds_shipped",
    "ledger.key_rotated",
    "ledger.key_revoked",
    "ledger.epoch_declared",
}
OWN = {
    "access.token_made": ("principal", "access.manage"), "access.token_withdrawn": ("principal", "access.manage"),
    "keys.bound": ("holder", "people.manage"), "keys.revoked": ("holder", "people.manage"),
    "review.delegation_ended": ("person", "people.manage"),
}  # fmt: skip
"""What everybody may do with what is theirs: the field that says whose it is, and what others need."""
NOBODYS = {"gate.standing_changed"}
"""The product notes by itself that a standing changed; no grant is asked for."""


class Act:
    """An act as check 6 judges it: what it says, the moment of its place, the records it wrote (urn, noun, body, from)."""

    def __init__(self, report, things, whole, where, said, at, position, rows):
        self.report, self.things, self.whole, self.where = report, things, whole, where
        self.said, self.at, self.position, self.rows = said, at, position, rows
        self.actor, self.verb, self.way = said["actor"], said["verb"], said["authenticated_by"]

    def bad(self, code, about):
        self.report.bad(6, code, f"{self.where}: {about}")

    def cannot(self, code, about):
        self.report.cannot(6, code, f"{self.where}: {about}")

    def absent(self, code, about):
        (self.bad if self.whole else self.cannot)(code, about)

    def done_by(self, person):
        if person != self.actor:
            self.bad("actor_differs", f"its record says that {person} did it, the entry that {self.actor} did")

    def body(self, urn):
        """The body in force of a thing, or None."""
        found = self.things.in_force(urn, self.at, self.position)
        return found and found[0]

    def of(self, noun, owner):
        return self.things.of(noun, owner, self.at, self.position)

    def all(self, noun):
        return self.things.all(noun, self.at, self.position)

    def functions(self, person):
        return {one["function"] for one in self.of("holding", person) if not ended(one.get("until"), self.at)}


def ended(until, at):
    return until is not None and at >= until


class Limit:
    """What a token or a key allowed of its holder's rights: scopes and systems, None where it limits nothing."""

    def __init__(self, name="", urn="", scopes=None, systems=None):
        self.name, self.urn = name, urn
        self.scopes, self.systems = (None if one is None else set(one) for one in (scopes, systems))

    @property
    def listed(self):
        return ", ".join(sorted(self.scopes)) or "nothing"


def limit_of(act):
    """What limited the actor besides their grants. None where a token was shown and the entry does not say which."""
    if act.way in SIGNED:  # whether the key counted at all is check 5
        bound = act.things.by_order(str(act.said.get("key")), act.position)
        return of_key(str(act.said.get("key")), bound[-1]) if bound else Limit()
    if act.way != "token":
        return Limit()
    if "token" not in act.said:
        return None
    urn = str(act.said["token"])
    shape = URN.fullmatch(urn)
    if shape and shape.group(2) in ("token", "key"):
        bound = act.things.by_order(urn, act.position)
        if not bound:
            act.absent("token_unknown", f"no entry before it made or bound {urn}")
            return Limit()
        return (by_token if shape.group(2) == "token" else by_robots_key)(act, urn, bound)
    act.bad("token_unknown", f"it was done by {urn[:100]}, which is neither a token nor a key")
    return Limit()


def by_token(act, urn, _bound):
    body = act.body(urn)
    if body is None or act.at >= body["expires_at"]:
        act.bad("token_ended", f"the token {urn} had been withdrawn or had expired")
        return Limit()
    if body["principal"] != act.actor:
        act.bad("token_of_another", f"the token {urn} stands for {body['principal']}, not for {act.actor}")
    return Limit(f"its token {urn}", urn, body["scopes"], body["systems"])


def by_robots_key(act, urn, bound):
    body = bound[-1]
    if any(one.get("withdrawn") is True for one in bound) or ended(body.get("until"), act.at):
        act.bad("token_ended", f"the key {urn} had been revoked or had expired")
    if body["kind"] != "ed25519" or any(one["holder"] != act.actor for one in bound):
        act.bad("token_of_another", f"the key {urn} is no key of {act.actor} that makes tokens")
    limit = of_key(urn, body)
    limit.scopes = limit.scopes or set()
    return limit


def of_key(urn, body):
    return Limit(f"its key {urn}", urn, body.get("scopes"), body.get("systems"))


LEADS = ("release", "model", "dataset", "subject", "objection", "block")
"""Fields that name what a record is about, where it names no system itself."""


def systems_of(act, urn, noun, body):
    """The systems that a record is about, by itself or by what it names; None where the archive does not tell."""
    for _ in LEADS:
        if noun == "system":
            return {urn}
        if isinstance(body.get("system"), str):
            return {body["system"]}
        if noun in ("model", "dataset"):
            before = act.body(urn)
            return {*body["systems"], *(before["systems"] if before else ())}
        urn = next((body[name] for name in LEADS if isinstance(body.get(name), str)), None)
        shape = URN.fullmatch(urn or "")
        if shape is None:
            return None
        noun = shape.group(2)
        body = {} if noun == "system" else act.body(urn)
        if body is None:
            return None
    return None


class Entitled:
    """Check 6: who acted had the right, by the rows that stood before the act."""

    def __init__(self, report, things, whole):
        self.report, self.things, self.whole = report, things, whole
        self.judged, self.nameless, self.maybe_stale, self.unknown = 0, 0, 0, Counter()
        self.approvals, self.changed, self.ahead = {}, -1, ""

    def check(self, where, said, at, position, rows):
        act = Act(self.report, self.things, self.whole, where, said, at, position, rows)
        self.judged += 1
        self._right(act)
        bodies = [body for _, _, body, _ in rows]
        if act.verb == "evidence.withdrawn" and any(body.get("producer", act.actor) != act.actor for body in bodies):
            act.bad("not_its_producer", f"{act.actor} took back evidence that somebody else produced")
        person = act.body(act.actor)
        if person and person.get("active") is False:
            act.bad("not_granted", f"{act.actor} was deactivated before")
        for _, noun, body, _ in rows:
            if body.get("withdrawn") is not True:
                getattr(self, "_" + noun.replace("-", "_"), self._other)(act, body)
        for _, noun, body, begins in rows:
            if noun in ITEMS:
                self.changed, self.ahead = position, max(self.ahead, begins)
            if noun == "sign-off" and body.get("delegation") is not None:  # one voice of two people: not followed here
                self.approvals.pop((body["release"], body["instead_of"]), None)
            elif noun == "sign-off":
                said_before = self.approvals.setdefault((body["release"], body["person"]), {})
                said_before[body["function"]] = (body, position, begins)

    def _other(self, *_):
        pass

    def _right(self, act):
        limit = limit_of(act)
        self.nameless += limit is None
        limit = limit or Limit()
        if act.verb in OPERATORS:
            if act.way != "operator":
                act.bad("not_granted", "only the operator does this")
        elif act.verb in OWN:
            self._own(act, limit)
        elif act.verb in NEEDS:
            self._granted(act, NEEDS[act.verb], limit)
        elif act.verb not in NOBODYS:
            self.unknown[act.verb] += 1

    def _own(self, act, limit):
        whose, action = OWN[act.verb]
        others = any(body.get(whose) != act.actor for _, _, body, _ in act.rows)
        if others:
            self._granted(act, action, limit)
        if limit.scopes is None:
            return
        if act.verb in ("access.token_made", "keys.bound"):
            act.bad("scope_exceeded", f"{limit.name} made a token or a key, which none may")
        mine = all(urn == limit.urn for urn, _, _, _ in act.rows)
        if act.verb == "access.token_withdrawn" and not others and not mine and "manage" not in limit.scopes:
            act.bad("scope_exceeded", f"{limit.name} ended another token, and is limited to {limit.listed}")

    def _granted(self, act, action, limit):
        if act.way == "operator":
            return
        if limit.scopes is not None and not any(action in SCOPES.get(scope, ()) for scope in limit.scopes):
            act.bad("scope_exceeded", f"{limit.name} is limited to {limit.listed}, which does not carry {action}")
        wide = action in WORKSPACE_WIDE or act.verb in ("inventory.imported", "inventory.system_registered")
        reached = [] if wide else [systems_of(act, urn, noun, body) for urn, noun, body, _ in act.rows]
        reached = [one for one in reached if one is not None]
        if limit.systems is not None:
            if wide or not all(one & limit.systems for one in reached):
                act.bad("scope_exceeded", f"{limit.name} does not reach what the act is about")
                return
            reached = [one & limit.systems for one in reached]
        for body in act.of("grant", act.actor):
            if action not in MAY.get(body["role"], ()) or ended(body.get("until"), act.at):
                continue
            if body["system"] is None or (not wide and all(body["system"] in one for one in reached)):
                return
        act.bad("not_granted", f"{act.actor} held no grant in force that carries {action}")

    def _token(self, act, body):
        if body["principal"] != act.actor and ":robot:" not in body["principal"]:
            act.bad("for_another_person", f"it makes a token with which {act.actor} could act as {body['principal']}")

    def _key(self, act, body):
        robot = ":robot:" in body["holder"]
        if not robot and body["holder"] != act.actor:
            act.bad("for_another_person", f"it binds a key with which {act.actor} could sign as {body['holder']}")
        if robot != (body["kind"] == "ed25519"):
            act.bad("for_another_person", f"a key of kind {body['kind']} is bound to {body['holder']}")
        act.done_by(body["bound_by"])

    # The rules of the review

    def _sign_off(self, act, body):
        person, function = body["person"], body["function"]
        act.done_by(person)
        release = act.body(body["release"])
        version = release and act.body(release["model_version"])
        if not version:
            act.cannot("own_work", f"what {body['release']} proposes is not in the archive, nor whose work it is")
        authors = version["authors"] if version else ()
        if body.get("delegation") is not None:
            self._instead_of(act, body, authors)
        elif ":person:" not in person or function not in act.functions(person):
            act.bad("function_not_held", f"{person} signed for {function} without holding it")
        if person in authors:
            act.bad("own_work", f"{person} signed work of their own")
        self._sign_off_form(act, body)
        self._policies(act, body)
        self._once(act, body)
        if not version:
            return
        rests_on = {
            "facet": function, "system": release["system"], "model_version": release["model_version"],
            "artefact": version["artefact"]["digest"], "stage": release["stage"], "items": sorted(body["items"]),
        }  # fmt: skip
        if body["facet"] != sha256(canonical(rests_on)):
            act.bad("facet_differs", "the facet that it names is not that of these items of this release")

    def _instead_of(self, act, body, authors):
        person, function, giver = body["person"], body["function"], body["instead_of"]
        lent = act.body(body["delegation"]) if ":delegation:" in body["delegation"] else None
        fits = lent and (lent["person"], lent["to"], lent["function"]) == (giver, person, function)
        if not fits or lent["system"] not in (None, body["system"]) or act.at >= lent["until"]:
            told = f"{person} signed for {function} in the stead of {giver} without a delegation in force"
            act.bad("not_delegated", told)
        if function not in act.functions(giver):
            act.bad("function_not_held", f"{giver}, in whose stead was signed, did not hold {function}")
        if giver in authors:
            act.bad("own_work", f"the work of {giver} was signed in their stead")

    def _delegation(self, act, body):
        act.done_by(body["person"])
        if body["to"] == body["person"] or ":person:" not in body["to"]:
            act.bad("not_delegated", "a function is lent to another person")
        if body["function"] not in act.functions(body["person"]):
            act.bad("function_not_held", f"{body['person']} lent {body['function']} without holding it")

    def _waiver(self, act, body):
        person, function = body["person"], body["function"]
        act.done_by(person)
        if ":person:" not in person or function not in act.functions(person):
            act.bad("function_not_held", f"{person} waived for {function} without holding it")
        release = act.body(body["release"])
        version = release and act.body(release["model_version"])
        if not version:
            act.cannot("own_work", f"what {body['release']} proposes is not in the archive, nor whose work it is")
        elif person in version["authors"]:
            act.bad("own_work", f"{person} waived a requirement for work of their own")

    def _sign_off_form(self, act, body):
        conditions, expires, at = body["conditions"], body["expires_at"], act.said["at"]
        if (body["verdict"] == "approve_with_conditions") != bool(conditions):
            act.bad("sign_off_form", f"the verdict {body['verdict']} stands with {len(conditions)} conditions")
        if any(one["due_at"] <= at for one in conditions) or (expires is not None and expires <= at):
            act.bad("sign_off_form", "a condition or the sign-off itself had ended before it was given")
        if body["signed_at"] != at:
            act.bad("sign_off_form", f"it says that it was signed at {body['signed_at']}, the entry at {at}")
        stated = [("function", body["function"]), ("verdict", body["verdict"]), ("facet", body["facet"]),
                  ("policies", body["policies"]), ("items", [digest for _, digest in body["items"]])]  # fmt: skip
        differing = [name for name, value in stated if name in act.said and act.said[name] != value]
        if differing:
            act.bad("statement_differs", f"the entry and its record say different things of {', '.join(differing)}")

    def _policies(self, act, body):
        """Earlier versions sorted the names of policies as the database did."""
        found = [(one["slug"], digest) for _, one, digest in act.all("policy")]
        orders = (sorted(found), sorted(found, key=lambda one: (one[0].replace("-", ""), one[0])))
        if all(sha256(canonical(order)) != body["policies"] for order in orders):
            act.bad("policy_differs", "the policies that it names are not those that were in force")

    def _once(self, act, body):
        """An approving person counts once. Whether the other approval still stood is known where nothing changed since."""
        if body["verdict"] not in APPROVALS or body.get("delegation"):
            return  # what is said in another's stead is that person's voice
        before = self.approvals.get((body["release"], body["person"]), {})
        for function, (other, position, begins) in before.items():
            if function == body["function"] or other["verdict"] not in APPROVALS:
                continue
            if other["expires_at"] is not None and (act.way in SIGNED or act.at >= other["expires_at"]):
                continue
            if self.changed > position or self.ahead > begins:
                self.maybe_stale += 1
            else:
                act.bad("counts_once", f"{body['person']} had approved this release for {function} already")

    def _proof(self, act, body):
        by = body["accepted_by"]
        if by is None:
            act.done_by(body["offered_by"])
            return
        act.done_by(by)
        offered = [one for _, one, _ in act.all("proof") if one["condition"] == body["condition"]]
        if {**body, "accepted_by": None} not in offered:
            act.absent("proof_differs", "what it accepts is not the proof that was offered")
        urn, _, nth = body["condition"].partition("#")
        given = act.body(urn)
        if not given:
            act.cannot("own_condition", "the sign-off of the condition is not in the archive")
            return
        if given["function"] not in act.functions(by):
            act.bad("function_not_held", f"{by} accepted a proof for {given['function']} without holding it")
        owners = {one["owner"] for number, one in enumerate(given["conditions"]) if nth == str(number)}
        if not owners:
            act.bad("own_condition", "its sign-off imposes no such condition")
        if by in owners | {body["offered_by"]}:
            act.bad("own_condition", f"{by} accepted the proof of a condition of their own")

    def _answer(self, act, body):
        act.done_by(body["person"])
        given = act.body(body["objection"])
        if not given:
            act.cannot("own_objection", "the objection that it answers is not in the archive")
        elif given["person"] == body["person"]:
            act.bad("own_objection", f"{body['person']} answered an objection of their own")
        elif given["verdict"] != "object":
            act.bad("own_objection", "what it answers is no objection")

    def _block_end(self, act, body):
        person = body["person"]
        act.done_by(person)
        given = act.body(body["block"])
        if not given:
            act.cannot("not_on_panel", "the block that it ends is not in the archive")
            return
        if given["verdict"] != "block":
            act.bad("not_on_panel", "what it ends is no block")
        if (person == given["person"]) != (body["how"] == "withdrawn"):
            act.bad("not_on_panel", "a block is withdrawn by its author, and by nobody else")
        if person != given["person"] and person not in {
            one for _, found, _ in act.all("panel") for one in found["people"]
        }:
            act.bad("not_on_panel", f"{person} is neither the block's author nor speaks for the panel")

    def _panel(self, act, body):
        if len(set(body["people"])) < 2:
            act.bad("not_on_panel", "a panel of fewer than 2 people was named")

    # The rules of the library

    def _policy_proposal(self, act, body):
        act.done_by(body["proposed_by"])

    _obligation_pack_proposal = _policy_proposal

    def _policy(self, act, body):
        act.done_by(body["published_by"])
        self._second(act, body["published_by"], body)
        pair = (body["published_by"], body["proposed_by"])
        if not any(body["owner"] in act.functions(person) for person in pair):
            act.bad("function_not_held", f"neither of the two holds {body['owner']}, which owns the policy")

    def _obligation_pack(self, act, body):
        act.done_by(body["adopted_by"])
        if body["proposal"] is not None:
            self._second(act, body["adopted_by"], body)

    def _second(self, act, second, body):
        if second == body["proposed_by"]:
            act.bad("own_publication", f"{second} published a proposal of their own")
        found = act.body(body["proposal"])
        if not found:
            act.cannot("own_publication", "the proposal is not in the archive")
        elif (found["proposed_by"], found["text"]) != (body["proposed_by"], body["text"]):
            act.bad("own_publication", "what was published is not what the proposal says")

    def close(self):
        for verb, count in sorted(self.unknown.items()):
            told = f"{count} entries of {verb}: this verifier does not know what it takes"
            self.report.cannot(6, "way_unknown", told)
        told = f"{self.judged} acts judged by the grants, tokens, functions and proposals that stood before them"
        self.report.say(6, told)
        not_judged = ["unknown authors behind commitments"]
        if self.nameless:
            not_judged.append(f"scopes of {self.nameless} acts by tokens that earlier versions did not name")
        if self.maybe_stale:
            not_judged.append(f"whether {self.maybe_stale} earlier approvals of the same person still stood")
        self.report.say(6, f"not judged: {'; '.join(not_judged)}")


def canonical(value):
    """The canonical form of lists, texts and keys that are ASCII: written to be hashed, never to be compared with an entry."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


# The walk through entries and their records


class Walk:
    def __init__(self, archive, manifest, report, workers):
        self.archive, self.manifest, self.report, self.workers = archive, manifest, report, workers
        self.whole = manifest["system"] is None
        self.things, self.decisions = Things(), []
        self.entitled = Entitled(report, self.things, self.whole)
        self.newest, self.commitments = {}, set()
        self.erased, self.erasures_recorded = {}, False
        self.epochs = []
        self.ways, self.count, self.rows, self.left_out = Counter(), 0, 0, 0
        self.operator, self.key, self.versions = None, None, []
        self.last_at, self.act_ends, self.before = "", [], None
        self.names = set()
        self.signed = Signed(report, self.things, manifest, workers)

    def run(self, leaves):
        """Checks 4, 5, 6 and 9, and of 2 the entries against their leaves: returns positions whose leaf differs."""
        differing, expected, records = {}, 0, self._records()
        pending = next(records, None)
        for position, leaf, *said in self._entries():
            if self.whole and position > expected:
                self._missing(expected, position - 1)
            expected = position + 1
            if leaves[32 * position : 32 * position + 32] != leaf:
                differing[position] = leaf
            rows = {}
            while pending is not None and pending[0] <= position:
                if pending[0] < position:
                    self._extra(pending)
                else:
                    rows[pending[1]] = pending[2:]
                pending = next(records, None)
            self._entry(position, *said, rows)
        while pending is not None:
            self._extra(pending)
            pending = next(records, None)
        if self.whole and expected < self.manifest["size"]:
            self._missing(expected, self.manifest["size"] - 1)
        self._close()
        return differing

    def _missing(self, first, last):
        said = f"entry {first} is" if first == last else f"entries {first} to {last} are"
        self.report.bad(2, "entry_missing", f"{said} missing from an archive of the whole")

    def _extra(self, record):
        self.report.bad(9, "record_extra", f"the record at {record[0]}/{record[1]} has no entry")

    def _entries(self):
        last = -1
        for one in self._read(read_entries, "entries.txt", 2, "entry_form"):
            if one is None:
                self.report.bad(2, "entry_form", f"a line of entries.txt behind entry {last} is none")
                continue
            position, leaf, length, *said = one
            if position <= last or position >= self.manifest["size"]:
                self.report.bad(2, "entry_order", f"entry {position} stands where it cannot: added, or out of order")
                continue
            last = position
            self.count += 1
            if length > MAX_ENTRY:
                self.report.bad(2, "entry_large", f"entry {position} has {length} bytes")
            yield position, leaf, *said

    def _records(self):
        last = (-1, -1)
        for one in self._read(read_records, "records.txt", 9, "record_form"):
            if one is None:
                self.report.bad(9, "record_form", f"a line of records.txt behind {last[0]}/{last[1]} is none")
                continue
            if one[:2] <= last:
                self.report.bad(9, "record_extra", f"the record at {one[0]}/{one[1]} stands out of order")
                continue
            last = one[:2]
            self.rows += 1
            yield one

    def _read(self, function, name, number, code):
        for found, stopped in self.workers.answers(function, self.archive.pieces(name)):
            yield from found
            if stopped:
                self.report.bad(number, code, stopped)
                return

    def _entry(self, position, said, subjects, envelope, problem, rows):
        if problem:
            self.report.bad(4, "entry_form", f"entry {position} is no statement of an act: it {problem}")
            return
        where = f"entry {position} ({said['verb']})"
        self._known(where, position, said, envelope)
        documents = []
        for ordinal, (name, digest) in enumerate(subjects):
            if hash(name) in self.names:  # hashes are drawn anew in each run: nobody can prepare two that are alike
                self.report.bad(9, "record_extra", f"{where} records {name}, which an earlier entry recorded")
            self.names.add(hash(name))
            row = rows.pop(ordinal, None)
            if row is None:
                self.left_out += 1
                if self.whole:
                    self.report.bad(9, "record_missing", f"{name}, recorded by entry {position}, is missing")
                continue
            if self._row(position, name, digest, row):
                documents.append((ordinal, digest, row[1]))
        for ordinal in rows:
            self.report.bad(9, "record_extra", f"the record at {position}/{ordinal} is not named by its entry")
        try:
            judged = [(one["urn"], noun_of(one["urn"]), one["body"], one["valid_from"]) for _, _, one in documents]
            # What was signed bears the time at which it was prepared; rights are asked of the moment of its place.
            self.entitled.check(where, said, max(said["at"], self.last_at), position, judged)
        except MALFORMED as error:
            self.report.bad(
                9, "record_form", f"a record of {where} lacks what its noun has ({type(error).__name__}: {error})"
            )
        for ordinal, digest, one in documents:
            self._keep(position, ordinal, digest, one, said)

    def _known(self, where, position, said, envelope):
        way, actor = said["authenticated_by"], said["actor"]
        self.ways[way] += 1
        noun = URN.fullmatch(actor)
        expected = WAYS.get(way)
        if expected is None:
            self.report.cannot(4, "way_unknown", f"{where}: this verifier does not know how to check {way!r}")
        elif noun is None or noun.group(2) not in expected:
            self.report.bad(4, "way_wrong", f"{where}: {actor} cannot be known by {way}")
        if way == "operator" and self.operator not in (None, actor):
            self.report.bad(4, "way_wrong", f"{where}: {actor} is not the workspace's operator")
        if said["workspace"] != self.manifest["workspace"]:
            self.report.bad(4, "way_wrong", f"{where} was written for another workspace")
        formed = is_instant(said["at"])
        if not formed or said["at"] < (earlier(self.last_at) if envelope else self.last_at):
            self.report.bad(4, "time_backwards", f"{where}: its time lies before the entry before it")
        if envelope:
            self.signed.check(where, position, said, envelope, self.last_at)
        self.last_at = max(self.last_at, said["at"]) if formed else self.last_at
        act = (said["verb"], actor, said["at"])
        if self.before not in (None, act):
            self.act_ends.append(position)
        self.before = act

    def _row(self, position, name, digest, row):
        """Whether a record is what its entry named, and has the form of one."""
        made, document, problem, commitments = row
        if made != digest:
            self.report.bad(9, "record_differs", f"{name} was edited: it is not what entry {position} recorded")
            return False
        if document is None:
            self.report.bad(9, "record_form", f"{name}: {problem}")
            return False
        urn, version = document["urn"], document["version"]
        if f"{urn}:{version}" != name:
            self.report.bad(9, "record_differs", f"{name}: the record says that it is {urn}:{version}")
        before = self.newest.get(hash(urn))
        if document["supersedes"] != (before and before.hex()) and (self.whole or before is not None):
            self.report.bad(9, "supersedes_differs", f"{name} does not supersede the version before it")
        self.newest[hash(urn)] = bytes.fromhex(digest)
        self.commitments.update(bytes.fromhex(code.decode()) for code in commitments)
        return True

    def _keep(self, position, ordinal, digest, document, said):
        noun = noun_of(document["urn"])
        if noun == "workspace":
            self._key_change(position, document["body"], said)
            self.versions.append((position, document["body"]))
        if noun == "workspace" and self.key is None:
            self.key, self.operator = document["body"].get("log_key"), document["body"].get("operator")
            if position != 0 or said["actor"] != self.operator:
                self.report.bad(
                    5,
                    "key_differs",
                    f"the workspace's first record was made by entry {position}, not by its operator in entry 0",
                )
        if noun in KEPT:
            self.things.add(noun, document, position, ordinal, digest)
        if noun == "key":
            self.signed.bound(position, document)
        if noun in ("workspace", "erasure", "epoch"):
            try:
                self._notice(noun, position, document["body"])
            except MALFORMED:
                self.report.bad(9, "record_form", f"the {noun} of entry {position} lacks what its noun has")
        if noun == "decision":
            self.decisions.append((position, document["body"], said))

    def _key_change(self, position, body, said):
        """A later version of the workspace's record may bind another key, by the operator and the verbs for it."""
        if not self.versions or body.get("log_key") == self.versions[-1][1].get("log_key"):
            return
        if said["actor"] != self.operator or said["verb"] not in ("ledger.key_rotated", "ledger.key_revoked"):
            told = f"entry {position} ({said['verb']}) changed the log's key; only the operator rotates or revokes it"
            self.report.bad(5, "key_differs", told)
        try:
            good = Key(body["log_key"]).name == self.manifest["origin"]
        except MALFORMED:
            good = False
        if good:
            self.signed.platform(body["log_key"])
        else:
            self.report.bad(5, "key_differs", f"entry {position} gave the log something that is no key of it")

    def _notice(self, noun, position, body):
        """What is gone for a reason: texts and files that were erased, heads that an epoch declared lost."""
        if noun == "workspace" and body.get("erasures") == "recorded":
            self.erasures_recorded = True
        if noun == "erasure":
            self.erasures_recorded = True
            self.erased.update(dict.fromkeys((*body["texts"], *body["files"], *body["gone_before"]), position))
        if noun == "epoch":
            heads = (
                body["restored"],
                body["lost"] or {"size": body["restored"]["size"], "root": body["restored"]["root"]},
            )
            (restored, root), (lost, lost_root) = ((one["size"], bytes.fromhex(one["root"])) for one in heads)
            if type(restored) is not int or type(lost) is not int:
                raise ValueError
            self.epochs.append((position, restored, root, lost, lost_root))

    def erased_by(self, gone):
        counts = Counter(self.erased[what] for what in gone if what in self.erased)
        return ", ".join(f"by entry {position}: {count}" for position, count in sorted(counts.items()))

    def _close(self):
        ways = ", ".join(f"{count} by {way}" for way, count in sorted(self.ways.items()))
        self.report.say(
            4,
            f"{self.count} entries read strictly; actors known {ways or 'in no way'}; what no key signed is what the server recorded",
        )
        self.signed.close()
        if self.key is None:
            self.report.cannot(
                5, "key_differs", "the workspace's first record, which binds the log's key, is not in the archive"
            )
        elif self.key != self.manifest["log_key"]:
            self.report.bad(5, "key_differs", "the archive's key is not the one that entry 0 bound")
        else:
            names = [body.get("log_key") for _, body in self.versions]
            changed = [
                str(at) for (at, _), old, new in zip(self.versions[1:], names, names[1:], strict=False) if old != new
            ]
            told = f"changed by entries {', '.join(changed)}" if changed else "it was never rotated"
            self.report.say(5, f"the log's key is the one that entry 0 bound; {told}")
        self.entitled.close()
        left = f"; {self.left_out} records of these entries are left out" if self.left_out and not self.whole else ""
        self.report.say(9, f"{self.rows} records of {self.count} entries{left}")
        if not self.whole:
            self.report.say(9, "an archive of one system cannot show that it is complete")


def noun_of(urn):
    return urn.split(":", 4)[3]


def document(exact):
    """The record in these bytes; Bad, or one of MALFORMED, where they are none."""
    said = parse(exact)
    if set(said) != {"body", "schema", "supersedes", "urn", "valid_from", "version"}:
        raise Bad("has other fields than a record")
    body, begins, urn = said["body"], said["valid_from"], said["urn"]
    if not isinstance(body, dict) or not is_instant(begins) or not URN.fullmatch(urn):
        raise Bad("has not the form of a record")
    return said


def act_of(exact):
    """The predicate and subjects of an entry, and the envelope around its statement where somebody signed; else Bad."""
    outer = parse(exact)
    if not isinstance(outer, dict):
        raise Bad("is no object")
    if "payload" not in outer:
        said, subjects = statement(outer)
        if said["authenticated_by"] in SIGNED:
            raise Bad(f"says that its actor signed ({said['authenticated_by']}), and bears no signature")
        return said, subjects, None
    envelope = unwrapped(outer)
    said, subjects = statement(parse(envelope[0]))
    if said["authenticated_by"] not in SIGNED:
        raise Bad("is an envelope around a statement that nobody signed")
    return said, subjects, envelope


def unwrapped(outer):
    """(payload, signatures) of a DSSE envelope; a signature is (keyid, bytes, None or authenticator and client data)."""
    try:
        if set(outer) != {"payload", "payloadType", "signatures"} or outer["payloadType"] != PAYLOAD_TYPE:
            raise Bad("is no DSSE envelope around an in-toto statement")
        signatures = []
        for one in outer["signatures"]:
            passkey = None
            if "webauthn" in one:
                if set(one["webauthn"]) != {"authenticator_data", "client_data"}:
                    raise Bad("has a passkey's signature of another form")
                passkey = (unbase64(one["webauthn"]["authenticator_data"]), unbase64(one["webauthn"]["client_data"]))
            if (
                not {"keyid", "sig"} <= set(one) <= {"keyid", "sig", "webauthn"}
                or not isinstance(one["keyid"], str)
                or not one["keyid"]
            ):
                raise Bad("has a signature of another form")
            signatures.append((one["keyid"], unbase64(one["sig"]), passkey))
        if not 1 <= len(signatures) <= 8:
            raise Bad(f"has {len(signatures)} signatures: expected the actor's and the platform's")
        return unbase64(outer["payload"]), signatures
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Bad(f"is no envelope ({type(error).__name__}: {error})") from error


def unbase64(text):
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 that no encoder writes")
    return raw


def earlier(at):
    """The instant 15 minutes earlier: so long may a statement wait for its signature."""
    if not at:
        return at
    try:
        then = datetime.fromisoformat(at) - timedelta(minutes=15)
    except OverflowError:  # in the first minutes of the year 1, before which there is nothing
        return ""
    return (
        then.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    )  # strftime writes the year 999 in three digits


def is_instant(text):
    """Whether a clock can show this: the form, and a day that the month has."""
    if not isinstance(text, str) or not INSTANT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def statement(document):
    """The predicate and subjects of a statement; Bad where it is none of an act."""
    if not isinstance(document, dict):
        raise Bad("is no object")
    try:
        if (
            document["_type"] != "https://in-toto.io/Statement/v1"
            or document["predicateType"] != "urn:consilience:act:1"
        ):
            raise Bad("is of another type")
        subjects = [(item["name"], item["digest"]["sha256"]) for item in document["subject"]]
        said = document["predicate"]
        texts = [said[name] for name in ("workspace", "actor", "at", "verb", "authenticated_by")]
    except (KeyError, TypeError, AttributeError) as error:
        raise Bad(f"lacks {error}") from error
    if not all(isinstance(text, str) for text in [*texts, *(text for subject in subjects for text in subject)]):
        raise Bad("holds something else where a text belongs")
    if not subjects or subjects != sorted(subjects):
        raise Bad("has no subject, or subjects out of order")
    return said, subjects


# Checks 4 and 5 for what somebody signed


PAYLOAD_TYPE = "application/vnd.in-toto+json"
NAMESPACE = "signoff@consilience"
SIGNED = {"passkey": "passkey", "ssh": "ssh", "robot_key": "ed25519"}
"""Ways whose entries are envelopes, and the kind of key that they take."""
WAYS = {
    "password": ("person",), "token": ("person", "robot"), "operator": ("operator",), "totp": ("person",),
    "passkey": ("person",), "ssh": ("person",), "robot_key": ("robot",),
}  # fmt: skip
"""Which actors can be known in which way."""


class Signed:
    """Signed entries: whose key it was when, whether the statement is fresh, and whether the signatures hold."""

    def __init__(self, report, things, manifest, workers):
        self.report, self.things, self.workers = report, things, workers
        self.heads, self.nonces, self.publics, self.unbound = [], set(), {}, set()
        self.count, self.jobs, self.begun = 0, [], deque()
        self.whole = manifest["system"] is None
        self.platform(manifest["log_key"])

    def platform(self, vkey):
        """The log's key from here on: the one with which the platform signs every envelope."""
        try:
            self.log_key = Key(vkey)
        except MALFORMED:
            self.log_key = None  # checks 1 and 5 say so

    def bound(self, position, document):
        """A key record: no two people ever have the same key."""
        body = document["body"]
        owner = self.publics.setdefault(str(body.get("public")), document["urn"])
        if owner != document["urn"]:
            self.report.bad(5, "key_of_another", f"entry {position} binds a key that is bound already, as {owner}")
        if document["urn"] in self.unbound:
            told = f"entry {position} binds {document['urn']}, with which an earlier entry was signed"
            self.report.bad(5, "key_not_bound", told)

    def check(self, where, position, said, envelope, last_at):
        payload, signatures = envelope
        urn = signatures[0][0]
        self.count += 1
        key = self._key(where, position, said, urn)
        self._fresh(where, position, said, last_at)
        if (
            self.log_key is None
            or len(signatures) < 2
            or signatures[-1][0] != f"{self.log_key.name}+{self.log_key.id.hex()}"
        ):
            self.report.bad(4, "platform_signature", f"{where} is not signed by the log's key")
            return
        if key is not None:
            known = {name: key.get(name) for name in ("kind", "public", "webauthn")}
            self.jobs.append((where, payload, signatures, known, self.log_key.raw))
        if len(self.jobs) >= 200:
            self._begin()

    def _key(self, where, position, said, urn):
        """The body of the key that was bound before this entry and not revoked before it, as the order of the log has it."""
        versions = self.things.by_order(urn, position)
        if said.get("key") != urn:
            self.report.bad(
                5, "key_of_another", f"{where} was signed with {urn}, its statement names {said.get('key')}"
            )
        if not versions:
            tell = self.report.bad if self.whole else self.report.cannot
            tell(5, "key_not_bound", f"{where}: no entry before it bound its key {urn}")
            self.unbound.add(urn)
            return None
        body = versions[-1]
        if any(one.get("withdrawn") is True for one in versions):
            self.report.bad(5, "key_revoked", f"{where}: its key {urn} was revoked before")
        if any(one.get("holder") != said["actor"] for one in versions):
            self.report.bad(5, "key_of_another", f"{where}: its key {urn} is not {said['actor']}'s")
        if body.get("kind") != SIGNED[said["authenticated_by"]]:
            told = f"{where}: its key {urn} is a key of kind {body.get('kind')}, and it says {said['authenticated_by']}"
            self.report.bad(5, "key_of_another", told)
        if isinstance(body.get("until"), str) and said["at"] >= body["until"]:
            self.report.bad(5, "key_expired", f"{where}: its key {urn} had expired")
        return body

    def _fresh(self, where, position, said, last_at):
        nonce, seen, expires = said.get("nonce"), said.get("seen_head"), said.get("expires_at")
        if not isinstance(nonce, str) or not HEX64.fullmatch(nonce) or hash(nonce) in self.nonces:
            self.report.bad(
                4, "nonce_again", f"{where}: its nonce is none, or an earlier entry had it: signed once, used twice"
            )
        self.nonces.add(hash(nonce) if isinstance(nonce, str) else None)
        if not is_instant(expires) or not max(said["at"], last_at) < expires:
            self.report.bad(4, "signature_expired", f"{where}: it was recorded after its signature had expired")
        try:
            size, root = seen["size"], bytes.fromhex(seen["root"])
            if type(size) is not int or not 0 <= size <= position or not HEX64.fullmatch(seen["root"]):
                raise ValueError("no head before it")
            self.heads.append((where, size, root))
        except (KeyError, TypeError, ValueError):
            self.report.bad(4, "seen_head_differs", f"{where}: it names no head of the log that stood before it")
        if not isinstance(said.get("shown"), str) or not HEX64.fullmatch(said["shown"]):
            self.report.bad(4, "entry_form", f"{where}: it does not name what its signer was shown")

    def _begin(self):
        self.begun.append(self.workers.begin(signatures_that_fail, self.jobs))
        self.jobs = []
        if len(self.begun) > 2 * self.workers.jobs:
            self._judge(self.begun.popleft()())

    def _judge(self, failed):
        for code, about in failed:
            self.report.bad(4, code, about)

    def close(self):
        if self.jobs:
            self._begin()
        while self.begun:
            self._judge(self.begun.popleft()())
        if self.count:
            self.report.say(
                4, f"{self.count} entries signed by their actors and by the platform: every signature was checked"
            )
            self.report.say(
                5, f"{len(self.publics)} keys of people and robots; the order of the log decides when each counted"
            )
        else:
            self.report.say(4, "passkeys, SSH keys, robots' keys: nothing of this kind in the archive")
            kinds = (
                f"{len(self.publics)} bound, none has signed" if self.publics else "nothing of this kind in the archive"
            )
            self.report.say(5, f"keys of people and robots: {kinds}")

    def seen(self, best):
        """Once the tree is there: the head that each signer saw is a head of this log."""
        for where, size, root in self.heads:
            if size > best.size or best.root(size) != root:
                told = f"{where}: its signer saw another log: the head over {size} entries has another root here"
                self.report.bad(4, "seen_head_differs", told)


def signatures_that_fail(jobs):
    """(code, about) of each job whose signatures do not hold."""
    failed = []
    for where, payload, signatures, key, log_key in jobs:
        covered = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
        try:
            Ed25519PublicKey.from_public_bytes(log_key).verify(signatures[-1][1], covered)
        except InvalidSignature:
            failed.append(("platform_signature", f"{where}: the platform's signature does not match its statement"))
        try:
            _, signature, passkey = signatures[0]
            by_kind(key, signature, passkey, covered)
        except InvalidSignature:
            failed.append(
                ("signature_differs", f"{where}: its signature does not match what its actor should have signed")
            )
        except Bad as error:
            failed.append(("signature_differs", f"{where}: its signature {error}"))
        except (*MALFORMED, UnsupportedAlgorithm) as error:
            failed.append(
                ("signature_differs", f"{where}: its signature or key cannot be read ({type(error).__name__})")
            )
    return failed


def by_kind(key, signature, passkey, covered):
    public = unbase64(key["public"])
    if (key["kind"] == "passkey") != (passkey is not None):
        raise Bad("is of another kind than its key")
    if key["kind"] == "passkey":
        by_passkey(key["webauthn"], public, signature, *passkey, hashlib.sha256(covered).digest())
    elif key["kind"] == "ssh":
        by_ssh(public, signature, covered)
    elif key["kind"] == "ed25519":
        Ed25519PublicKey.from_public_bytes(public).verify(signature, covered)
    else:
        raise Bad("is by a kind of key that this verifier does not know")


def by_passkey(bound, public, signature, authenticator, client, challenge):
    """W3C WebAuthn level 3, 7.2; and stricter: the user was verified, and never in a page of another origin."""
    if len(client) > MAX_CLIENT:
        raise Bad("comes with client data that is too long")
    within_bounds(client.decode("utf-8"))
    said = json.loads(client.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    json.dumps(said, ensure_ascii=False).encode("utf-8")  # half of a character is none
    if said.get("type") != "webauthn.get":
        raise Bad("is no assertion of a passkey")
    if said.get("challenge") != base64.urlsafe_b64encode(challenge).decode().rstrip("="):
        raise Bad("was given to something else than this statement")
    if not isinstance(bound["origins"], list) or said.get("origin") not in bound["origins"]:
        raise Bad(f"was given on {str(said.get('origin'))[:80]!r}, where this key does not belong")
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise Bad("was given inside a page of another origin")
    if len(authenticator) < 37 or authenticator[:32] != hashlib.sha256(bound["rp_id"].encode()).digest():
        raise Bad("belongs to another site")
    flags = authenticator[32]
    if flags & 0x05 != 0x05:
        raise Bad("does not say that its user was there and verified")
    if flags & 0x18 == 0x10:
        raise Bad("says that its key is backed up and cannot be")
    by_public(public, signature, authenticator + hashlib.sha256(client).digest())


def by_public(public, signature, signed):
    """A signature of a passkey's kinds: ES256, RS256, EdDSA (SubjectPublicKeyInfo in DER)."""
    key = load_der_public_key(public)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, Ed25519PublicKey):
        key.verify(signature, signed)
    else:
        raise Bad("is by a kind of key that may not sign")


def _no_constant(name):
    raise ValueError(f"{name} is no JSON")


def _unique(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


ECDSA_KINDS = (
    b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp521", b"sk-ecdsa-sha2-nistp256@openssh.com",
)  # fmt: skip


def by_ssh(blob, signature, covered):
    """OpenSSH PROTOCOL.sshsig: magic, version, key, namespace, reserved, digest, signature."""
    public, namespace, reserved, digest, made = strings(signature[10:], 5)
    if signature[:10] != b"SSHSIG\x00\x00\x00\x01":
        raise Bad("is no SSH signature of version 1")
    if public != blob:
        raise Bad("was made with another key")
    if namespace != NAMESPACE.encode() or reserved or digest not in (b"sha256", b"sha512"):
        raise Bad(f"was not made for {NAMESPACE}")
    hashed = hashlib.new(digest.decode(), covered).digest()
    signed = b"SSHSIG" + b"".join(map(string, (namespace, b"", digest, hashed)))
    algorithm, value = strings(made, 2, rest=True)
    tail = made[8 + len(algorithm) + len(value) :]
    kind, *parts = strings(blob)
    if kind.startswith(b"sk-"):  # a security key signs over its application, flags and counter as well
        if len(tail) != 5 or not tail[0] & 0x01:
            raise Bad("does not say that somebody touched the security key")
        signed = hashlib.sha256(parts.pop()).digest() + tail + hashlib.sha256(signed).digest()
    elif tail:
        raise Bad("goes on behind its end")
    if kind in (b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com") and algorithm == kind:
        Ed25519PublicKey.from_public_bytes(parts[0]).verify(value, signed)
    elif kind in ECDSA_KINDS and algorithm == kind and kind.split(b"@")[0].endswith(b"-" + parts[0]):
        curve, made_by = {
            b"nistp256": (ec.SECP256R1, hashes.SHA256), b"nistp384": (ec.SECP384R1, hashes.SHA384),
            b"nistp521": (ec.SECP521R1, hashes.SHA512),
        }[parts[0]]  # fmt: skip
        r, s = (int.from_bytes(one, "big") for one in strings(value, 2))
        point = ec.EllipticCurvePublicKey.from_encoded_point(curve(), parts[1])
        point.verify(encode_dss_signature(r, s), signed, ec.ECDSA(made_by()))
    elif kind == b"ssh-rsa" and algorithm in (b"rsa-sha2-256", b"rsa-sha2-512"):
        numbers = rsa.RSAPublicNumbers(*(int.from_bytes(one, "big") for one in parts))
        if numbers.n.bit_length() < 2048:
            raise Bad("is by an RSA key of fewer than 2048 bits")
        made_by = hashes.SHA256() if algorithm == b"rsa-sha2-256" else hashes.SHA512()
        numbers.public_key().verify(value, signed, padding.PKCS1v15(), made_by)
    else:
        raise Bad("is by a kind of key that may not sign")


def strings(data, count=None, rest=False):
    """The strings of SSH's binary form, each behind its length in four bytes; Bad unless there are so many and no more."""
    found, at = [], 0
    while at < len(data) and (count is None or len(found) < count):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 4 + length > len(data):
            raise Bad("ends too early")
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    if count is not None and len(found) != count:
        raise Bad("ends too early")
    if at != len(data) and not rest:
        raise Bad("goes on behind its end")
    return found


def string(value):
    return len(value).to_bytes(4, "big") + value


# Checks 1, 2 and 3: heads, tree, pin


def stored_leaves(archive, size, report):
    """Leaf hashes as the tiles of level 0 have them; what is missing is zero."""
    leaves = bytearray(32 * size)
    for name, level, first, width in tiles(size):
        if level:
            break
        data = tile(archive, name, width, report)
        leaves[32 * first : 32 * first + len(data)] = data
    return leaves


def tile(archive, name, width, report):
    try:
        data = archive.read(name, 32 * 256)
    except Bad as error:
        report.bad(2, "tile_missing", str(error))
        return b""
    if len(data) != 32 * width:
        report.bad(2, "tile_differs", f"{name} has {len(data)} bytes instead of {32 * width}")
        return b""
    return data


def heads(archive, manifest, report, versions, policy, workers):
    """Check 1. Returns (size, root) of each head that holds, as checkpoints.txt has them."""
    try:
        key = LogKeys(manifest["log_key"], versions)
        if key.name != manifest["origin"]:
            raise ValueError("it has another name than the log")
    except ValueError as error:
        report.bad(1, "head_signature", f"the log's key cannot be used: {error}")
        return None, []
    found, last, cosigned = [], -1, []
    for size, signed, note, problem in _signed_lines(archive, manifest, versions, report, workers):
        wrong = problem or ("stands out of order" if size <= last else None)
        last = last if size is None else size
        if wrong is None:
            found.append(signed)
            cosigned += [(size, note)] if note else []
        else:
            behind = last if last >= 0 else "none"
            report.bad(1, "head_signature", f"the head behind {behind} entries cannot be trusted: it {wrong}")
    try:
        note = archive.read("checkpoint", 2**16).decode("utf-8")
        newest = key.head(note)
        cosigned.append((newest[0], note))
        if newest[0] != manifest["size"]:
            report.bad(
                1, "head_differs", f"the newest head covers {newest[0]} entries, the archive says {manifest['size']}"
            )
        if newest[1].hex() != manifest["root"]:
            report.bad(1, "head_differs", "the newest head has another root than the archive says")
        found.append(newest)
    except (Bad, UnicodeDecodeError) as error:
        report.bad(1, "head_signature", f"the newest head cannot be trusted: it {error}")
    report.say(1, f"{len(found)} signatures of the log's key over its heads hold")
    timestamps(archive, found, key.name, report)
    covered = quorum(cosigned, key, policy, report)
    handed_over(key, cosigned, policy, covered, report)
    return key, found


def _signed_lines(archive, manifest, versions, report, workers):
    named = [
        (at, {name: body[name] for name in ("log_key", "revoked_log_keys") if name in body}) for at, body in versions
    ]
    tasks = ((manifest["log_key"], named, *piece) for piece in archive.pieces("checkpoints.txt"))
    for found, stopped in workers.answers(read_heads, tasks):
        yield from found
        if stopped:
            report.bad(1, "head_signature", stopped)
            return


def tree(archive, manifest, report, found, leaves, differing, act_ends, whole):
    """Check 2, after the entries were hashed. Returns the tree that holds best."""
    computed = bytearray(leaves)
    for position, leaf in differing.items():
        computed[32 * position : 32 * position + 32] = leaf
    wanted = bytes.fromhex(manifest["root"])
    stored, made = Tree(leaves), None
    best = stored
    if differing:
        made = Tree(computed)
        if made.root(made.size) == wanted and stored.root(stored.size) != wanted:
            best = made
            for position in sorted(differing):
                report.bad(2, "tile_differs", f"tile/0: the hash of entry {position} was edited")
        else:
            for position in sorted(differing):
                report.bad(2, "entry_edited", f"entry {position} was edited: its bytes do not give its leaf hash")
    _roots(report, best, found)
    for name, level, first, width in tiles(best.size):
        if level and tile(archive, name, width, report) != best.levels[level][32 * first : 32 * (first + width)]:
            report.bad(2, "tile_differs", f"{name} does not follow from the leaves")
    sizes = {size for size, _ in found}
    for size in act_ends if whole else ():
        if size not in sizes:
            report.bad(2, "checkpoint_missing", f"the signed head over {size} entries, where an act ended, is missing")
    report.say(2, f"{best.size} leaves give root {best.root(best.size).hex()}, and those of {len(found)} signed heads")
    return best


def _roots(report, best, found):
    good = 0
    for size, root in found:
        if size > best.size:
            report.bad(
                2,
                "head_differs",
                f"a signed head covers {size} entries, the archive has {best.size}: entries were removed",
            )
        elif best.root(size) != root:
            report.bad(
                2, "head_differs",
                f"the signed head over {size} entries has another root: one of the entries {good} to {size - 1} was changed, added or removed",
            )  # fmt: skip
            return
        else:
            good = size


def restored(epochs, best, report):
    """The epochs of this log: each goes back to a head that it had before the epoch's entry."""
    found = []
    for position, size, root, lost, lost_root in epochs:
        if not 0 <= size <= position or best.root(size) != root:
            report.bad(1, "epoch_differs", f"the epoch of entry {position} goes back to a head that this log never had")
            continue
        words = f"the epoch of entry {position} went back to {size} entries"
        words += f" and declared lost: heads of {size + 1} to {lost}" if lost > size else "; no later head was known"
        report.say(1, words)
        found.append((size, lost, lost_root, words))
    return found


def given_up(epochs, size, root):
    """The words of the epoch that declared this head lost; of heads between only the size is known."""
    for start, lost, lost_root, words in epochs:
        if start < size < lost or (start < size == lost and root == lost_root):
            return words
    return None


def pinned(text, key, best, epochs, report):
    """Check 3: a head that was kept elsewhere, as SIZE:ROOT or as a file that holds a signed head."""
    if text is None:
        report.nothing(
            3,
            "no head that was kept elsewhere was given (--pin): whoever holds the log's key could have made this log again",
        )
        return
    try:
        size, root = read_pin(text, key)
    except Bad as error:
        report.bad(3, "pin_differs", f"the head that was kept {error}")
        return
    except (OSError, ValueError) as error:
        report.cannot(
            3, "pin_unreadable", f"the pin cannot be read ({error}); expected SIZE:ROOT or a file with a signed head"
        )
        return
    words = given_up(epochs, size, root)
    if words and (size > best.size or best.root(size) != root):
        told = f"the head that was kept, over {size} entries, was declared lost: {words}; what it covered beyond cannot be checked"
        report.cannot(3, "pin_declared_lost", told)
    elif size > best.size:
        report.bad(
            3,
            "pin_ahead",
            f"the head that was kept covers {size} entries, this log has {best.size}: entries were removed, or it is older",
        )
    elif best.root(size) != root:
        report.bad(
            3, "pin_differs", f"the first {size} entries are not those of the head that was kept: another history"
        )
    else:
        report.say(3, f"the first {size} entries are those of the head that was kept elsewhere")


def read_pin(text, key):
    size, colon, root = text.partition(":")
    if colon and DECIMAL.fullmatch(size):
        raw = bytes.fromhex(root) if HEX64.fullmatch(root) else base64.b64decode(root, validate=True)
        if len(raw) != 32:
            raise ValueError("its root has not 32 bytes")
        return int(size), raw
    with open(text, encoding="utf-8") as stream:
        note = stream.read(2**16)
    if key is None:
        raise ValueError("there is no key to check it with")
    return key.head(note)


# Check 7: decisions


PASSES = {"satisfied", "not_applicable", "waived", "forced"}


def decisions(archive, walk, report):
    for position, body, said in walk.decisions:
        where = f"the decision of entry {position}"
        try:
            _decision(archive, walk, report, where, position, body, said)
        except (Bad, *MALFORMED) as error:
            report.bad(
                7,
                "input_differs",
                f"{where}: what it rests on has not the form it should ({type(error).__name__}: {error})",
            )
    if walk.decisions:
        report.say(
            7,
            f"{len(walk.decisions)} decisions: digests, policies in force and the arithmetic of the verdict; rules are evaluated again by `consilience verify`",
        )
    else:
        report.nothing(7, "decisions: nothing of this kind in the archive")


def _decision(archive, walk, report, where, position, body, said):
    for name in ("allowed", "ground"):
        if said.get(name) != body[name]:
            report.bad(
                7, "verdict_differs", f"{where}: the entry says {name} {said.get(name)!r}, its record {body[name]!r}"
            )
    stored = {}
    for name in ("facts", "policies", "schema", "result", "explanation"):
        member = f"content/{body[name]}"
        if member not in archive.at:
            report.cannot(7, "input_missing", f"{where}: its {name} ({body[name][:12]}) are not in the archive")
            continue
        data = archive.read(member, MAX_FILE)
        if sha256(data) != body[name]:
            report.bad(7, "input_differs", f"{where}: its {name} were swapped or edited")
            continue
        stored[name] = parse_or_bad(data, report, where, name)
    if len(stored) < 5 or None in stored.values():
        return
    _policies(walk, report, where, position, body, stored)
    flags = {(one["policy"], one["requirement"]): one for one in stored["explanation"]}
    outcomes = stored["result"]["outcomes"]
    told = sorted(
        [one["policy"], one["requirement"], one["owner"], one["severity"], one["outcome"]] for one in flags.values()
    )
    if told != outcomes:
        report.bad(7, "verdict_differs", f"{where}: its explanation and its result tell different outcomes")
    verdict = arithmetic(outcomes, flags, stored["facts"], body["stage"])
    claimed = {name: body[name] for name in ("allowed", "ground", "exit_code", "unmet")}
    if claimed != verdict or stored["result"]["verdict"] != verdict:
        report.bad(7, "verdict_differs", f"{where}: it says {claimed['ground']}, its outcomes give {verdict['ground']}")


def parse_or_bad(data, report, where, name):
    try:
        return parse(data)
    except Bad as error:
        report.bad(7, "input_differs", f"{where}: its {name}: {error}")
        return None


SCOPE = re.compile(r"(?:\{ *|\n +)(line_of_business|system): *([a-z0-9-]{1,63}) *\}? *(?=\n)")


def binds(text, system):
    """Whether a policy binds a system, None where its text says so in a form that only a reader of YAML knows."""
    if "scope" not in text:
        return True
    at = re.search(r"^scope: *", text, re.MULTILINE)
    said = at and SCOPE.match(text, at.end())
    if not said:
        return None
    return system["slug" if said[1] == "system" else said[1]] == said[2] if said[1] in {"system", *system} else False


def _policies(walk, report, where, position, body, stored):
    listed, system = stored["policies"], stored["facts"]["system"]
    in_force = {digest: found for _, found, digest in walk.things.all("policy", body["valid_at"], body["known_at"])}
    if body["known_at"] != position:
        report.bad(7, "policy_differs", f"{where}: it knew {body['known_at']} entries, but stands behind {position}")
    for one in listed:
        found = in_force.pop(one["digest"], None)
        if found is None:
            report.bad(7, "policy_differs", f"{where}: policy {one['slug']} was not in force")
        elif (found["text"], found["schema"]) != (one["text"], one["schema"]):
            report.bad(7, "policy_differs", f"{where}: policy {one['slug']} is not as it was published")
    for found in in_force.values():
        bound = binds(found["text"], system)
        if bound:
            report.bad(7, "policy_differs", f"{where}: policy {found.get('slug')} was in force and was not asked")
        elif bound is None:
            report.say(7, f"{where}: whether policy {found.get('slug')} binds the system was not judged here")


def arithmetic(outcomes, flags, facts, stage):
    """The verdict that these outcomes give."""
    applying = [one for one in outcomes if one[4] != "not_applicable"]
    if not applying:
        return {"allowed": False, "ground": "no_requirement", "exit_code": 1, "unmet": []}
    unmet = [one for one in applying if one[3] == "block" and one[4] not in PASSES]
    names = sorted(f"{one[0]}/{one[1]}" for one in unmet)
    blocks = sum(not one["withdrawn"] for one in facts["blocks"])
    others = sum(not one["answered"] for one in facts["objections"]) + sum(
        one["state"] == "overdue" for one in facts["conditions"]
    )
    if blocks and stage != "retirement":
        return {"allowed": False, "ground": "blocked", "exit_code": 1, "unmet": names}
    if not unmet:
        return {"allowed": True, "ground": "all_met", "exit_code": 0, "unmet": []}
    if all(flags[one[0], one[1]]["sign_off"] for one in unmet) and not blocks and not others:
        return {"allowed": False, "ground": "only_sign_offs", "exit_code": 6, "unmet": names}
    return {"allowed": False, "ground": "unmet", "exit_code": 1, "unmet": names}


# Check 8: content and private texts


def content(archive, walk, manifest, report):
    listed, last, included = {}, "", 0
    try:
        for line in archive.lines("content.txt"):
            digest, size, there = parse(line)
            if not HEX64.fullmatch(digest) or digest <= last or type(size) is not int or type(there) is not bool:
                raise Bad("content.txt has a line that is none")
            last, listed[digest] = digest, there
    except (Bad, ValueError, TypeError) as error:
        report.bad(8, "content_missing", f"content.txt cannot be read: {error}")
    for name in sorted(name for name in archive.at if name.startswith("content/")):
        digest = name[8:]
        if not listed.pop(digest, False):
            report.bad(8, "content_extra", f"file {digest} is in the archive, but not in its list")
        if archive.digest(name) != digest:
            report.bad(8, "content_differs", f"file {digest} was swapped or edited: its bytes have another digest")
        included += 1
    for digest, there in listed.items():
        if there:
            report.bad(8, "content_missing", f"file {digest} is listed, but not in the archive")
    absent = sum(not there for there in listed.values())
    report.say(8, f"{included} files hashed; of {absent} others only the digest is here")
    gone = walk.erased_by(digest for digest, there in listed.items() if not there)
    if gone:
        report.say(8, f"files that were erased, {gone}")
    _privates(archive, walk, manifest, report)


def _privates(archive, walk, manifest, report):
    if ("private.txt" in archive.at) != manifest["private"]:
        report.bad(8, "private_differs", "private texts are there and were not asked for, or the other way round")
    if "private.txt" not in archive.at:
        report.say(8, "private texts: nothing of this kind in the archive; commitments stay closed")
        return
    opened = set()
    try:
        for line in archive.lines("private.txt"):
            code, salt, text = parse(line)
            if hmac.new(bytes.fromhex(salt), text.encode(), hashlib.sha256).hexdigest() != code:
                report.bad(
                    8, "private_differs", f"private text {code[:12]} was edited: it does not open its commitment"
                )
            if bytes.fromhex(code) not in walk.commitments:
                report.bad(8, "private_extra", f"private text {code[:12]} belongs to no record of the archive")
            opened.add(bytes.fromhex(code))
    except (Bad, *MALFORMED) as error:
        report.bad(8, "private_differs", f"private.txt cannot be read: {error}")
    gone = {code.hex() for code in walk.commitments - opened}
    report.say(8, f"{len(opened)} private texts open their commitments; {len(gone)} were erased")
    if walk.erased_by(gone):
        report.say(8, f"texts that were erased, {walk.erased_by(gone)}")
    unexplained = sorted(gone - walk.erased.keys())
    if unexplained and walk.erasures_recorded and walk.whole:
        for code in unexplained:
            report.bad(8, "private_missing", f"private text {code[:12]} is gone, and no erasure says why")
    elif unexplained:
        report.say(8, f"{len(unexplained)} texts are gone without an erasure in this archive")


# All of it


def verify(path, pin=None, policy=None, jobs=None):
    """The report on the archive at this path. Where it cannot be read, no check reads as passed. `jobs` is how many
    processes share the work; without it, one for a small archive and else as many as there are cores."""
    report = Report()
    try:
        return opened(path, report, pin, policy, jobs)
    except CannotRead as error:
        report.cannot(0, "archive_unreadable", str(error))
        report.unsure.update(range(10))
        return report


def opened(path, report, pin, policy, jobs):
    if Ed25519PublicKey is None:
        raise CannotRead("the package `cryptography` is missing: no signature can be checked")
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise CannotRead(f"{path} cannot be read ({error.strerror})") from error
    with file:
        archive = Archive(file, report)
        large = os.fstat(file.fileno()).st_size >= LARGE
        workers = Workers(jobs or (cores() if large else 1))
        try:
            return checked(archive, report, pin, policy, workers)
        except BrokenExecutor as error:
            raise CannotRead("a process of this check was ended from outside; try --jobs 1") from error
        finally:
            workers.close()


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def checked(archive, report, pin, policy, workers):
    for name in sorted(TEXTS - set(archive.at)):
        report.bad(0, "archive_member", f"{name} is missing")
    manifest = read_manifest(archive)
    report.size, report.root, report.system = manifest["size"], manifest["root"], manifest["system"]
    expected = {name for name, *_ in tiles(manifest["size"])} if manifest["size"] <= _most_leaves(archive) else set()
    if not expected and manifest["size"]:
        report.bad(2, "tile_missing", f"the archive says {manifest['size']} entries, but has no tiles for them")
        report.unsure.update(range(10))
        return report
    for name in sorted({name for name in archive.at if name.startswith("tile/")} - expected):
        report.bad(0, "archive_member", f"{name} belongs to no tree of this size")
    leaves = stored_leaves(archive, manifest["size"], report)
    walk = Walk(archive, manifest, report, workers)
    differing = walk.run(leaves)
    key, found = heads(archive, manifest, report, walk.versions[1:], policy, workers)
    if found and walk.last_at > manifest["at"]:
        report.bad(0, "manifest", "an entry is younger than the archive says")
    best = tree(archive, manifest, report, found, leaves, differing, walk.act_ends, walk.whole)
    walk.signed.seen(best)
    pinned(pin, key, best, restored(walk.epochs, best, report), report)
    decisions(archive, walk, report)
    content(archive, walk, manifest, report)
    report.say(0, "index.html is a table of contents for reading; nothing vouches for it")
    return report


def _most_leaves(archive):
    """As many leaves as the tiles at level 0 could hold, so that a wild size costs no memory."""
    return sum(size for name, (_, size) in archive.at.items() if name.startswith("tile/0/")) // 32 + 256


def read_manifest(archive):
    try:
        said = parse(archive.read("archive.json", 2**16))
        types = {"format": str, "workspace": str, "origin": str, "log_key": str, "size": int, "root": str, "at": str,
                 "system": (str, type(None)), "files": bool, "private": bool}  # fmt: skip
        if not isinstance(said, dict) or said.get("format") not in ARCHIVES:
            raise Bad(f"is not of a format {' or '.join(ARCHIVES)}")
        if set(said) != set(types) or not all(isinstance(said[name], kind) for name, kind in types.items()):
            raise Bad("has other fields than the format")
        if type(said["size"]) is not int or said["size"] < 1 or not HEX64.fullmatch(said["root"]):
            raise Bad("has no size or no root")
    except Bad as error:
        raise CannotRead(f"archive.json {error}") from error
    if said["origin"] != f"consilience/log/{said['workspace']}":
        raise CannotRead("archive.json names a log that is not the workspace's")
    return said


# The proof of one prediction (docs/formats/predictions.md)

PREDICTION = "urn:consilience:prediction-proof:1"
PREDICTION_MEMBERS = {"format", "row", "salt", "index", "path", "entry", "entry_proof"}


def prediction(data, vkey):
    """Steps (name, holds or None where it cannot be told, sentence) of a proof file; `vkey` None where nobody said."""
    try:
        said, index, path, note = _prediction_parts(data)
    except (Bad, *MALFORMED) as error:
        return [("file", None, f"this is no proof of a prediction: {error}")]
    steps = [_prediction_row(said), _prediction_batch(said)]
    key = None
    if vkey is not None and Ed25519PublicKey is not None:
        try:
            key = Key(vkey)
        except ValueError as error:
            return [*steps, ("head", None, f"the key is no key of a log: {error}")]
    text = note.partition("\n\n")[0].split("\n")
    size, root = int(text[1]), base64.b64decode(text[2], validate=True)
    leaf = hashlib.sha256(b"\x00" + said["entry"].encode()).digest()
    holds = _leads(leaf, index, size, path, root)
    told = "leads" if holds else "does not lead"
    steps.append(("entry", holds, f"the entry {told} to the head as number {index} of {size}"))
    if key is None:
        return [
            *steps,
            ("head", None, "who signed the head cannot be told without the log's public key and `cryptography`"),
        ]
    try:
        key.head(note)
    except Bad as error:
        return [*steps, ("head", False, f"the head {error}")]
    return [*steps, ("head", True, "the head is signed by the log's key")]


def _prediction_parts(data):
    """(what the file says, index of the entry, its path, the head); Bad or one of MALFORMED where it is no proof."""
    said = parse(data.removesuffix(b"\n"))
    if not data.endswith(b"\n") or said["format"] != PREDICTION or set(said) != PREDICTION_MEMBERS:
        raise Bad("it is not of this format")
    if not isinstance(said["row"], str) or not isinstance(said["entry"], str):
        raise Bad("its row or its entry is no text")
    if (
        type(said["index"]) is not int
        or said["index"] < 0
        or not all(map(HEX64.fullmatch, [said["salt"], *said["path"]]))
    ):
        raise Bad("it holds no hashes, or no index")
    return said, *_tlog_proof(said["entry_proof"])


def _tlog_proof(text):
    """(index, path, head) of a C2SP tlog-proof; Bad or one of MALFORMED where it is none."""
    above, gap, note = text.partition("\n\n")
    first, index, *path = above.split("\n")
    text = note.partition("\n\n")[0].split("\n")
    if first != "c2sp.org/tlog-proof@v1" or not gap or len(text) != 3 or not DECIMAL.fullmatch(text[1]):
        raise Bad("it holds no tlog-proof")
    if not index.startswith("index ") or not DECIMAL.fullmatch(index[6:]):
        raise Bad("its tlog-proof has no index")
    hashes = [base64.b64decode(one, validate=True) for one in path]
    if any(base64.b64encode(one).decode() != line or len(one) != 32 for one, line in zip(hashes, path, strict=True)):
        raise Bad("its tlog-proof holds something that is no hash")
    base64.b64decode(text[2], validate=True)
    return int(index[6:]), hashes, note


def _prediction_row(said):
    try:
        holds = isinstance(parse(said["row"].encode()), dict)
    except Bad:
        holds = False
    return ("row", holds, f"the row is {'' if holds else 'not '}canonical JSON of one object")


def _prediction_batch(said):
    try:
        document = parse(said["entry"].encode())
        if "payloadType" in document:
            document = parse(base64.b64decode(document["payload"], validate=True))
        if (document["_type"], document["predicateType"]) != (
            "https://in-toto.io/Statement/v1",
            "urn:consilience:act:1",
        ):
            raise Bad("it is of another type")
        predicate = document["predicate"]
        rows, root = predicate["rows"], bytes.fromhex(predicate["root"])
        if predicate["verb"] != "predictions.batch_logged" or type(rows) is not int:
            raise Bad("logs no batch of predictions")
    except (Bad, *MALFORMED) as error:
        return ("batch", False, f"the entry is none of a batch ({error})")
    leaf = hashlib.sha256(b"\x00" + bytes.fromhex(said["salt"]) + said["row"].encode()).digest()
    holds = _leads(leaf, said["index"], rows, [bytes.fromhex(one) for one in said["path"]], root)
    told = "lead" if holds else "do not lead"
    return ("batch", holds, f"these bytes {told} to the batch's root as row {said['index']} of {rows}")


def _leads(leaf, index, size, path, root):
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            value = hashlib.sha256(b"\x01" + step + value).digest()
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\x01" + value + step).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and value == root


def main_of_entry(arguments):
    parser = argparse.ArgumentParser(prog="verify.py entry", description="Check the proof of one entry, offline.")
    parser.add_argument("entry", help="the exact bytes of the entry")
    parser.add_argument("proof", help="its proof, a .tlog-proof")
    parser.add_argument(
        "--log-key", metavar="NAME+ID+BASE64", required=True, help="the log's key, from a source you trust"
    )
    asked = parser.parse_args(arguments)
    try:
        if Ed25519PublicKey is None:
            raise Bad("`cryptography` is needed to check a signature")
        with open(asked.entry, "rb") as stream:
            exact = stream.read()
        with open(asked.proof, encoding="utf-8") as stream:
            index, path, note = _tlog_proof(stream.read())
        key = Key(asked.log_key)
    except (Bad, OSError, *MALFORMED) as error:
        print(f"cannot tell: {error}")
        return 7
    try:
        size, root = key.head(note)
    except Bad as error:
        print(f"does not hold: the head {error}")
        return 1
    if not _leads(hashlib.sha256(b"\x00" + exact).digest(), index, size, path, root):
        print(f"does not hold: these bytes are not entry {index} of the {size} under the head")
        return 1
    print(f"good: these bytes are entry {index} of {size}, root {root.hex()}")
    return 0


def main_of_prediction(arguments):
    parser = argparse.ArgumentParser(
        prog="verify.py prediction", description="Check the proof of one prediction, offline."
    )
    parser.add_argument("proof")
    parser.add_argument("--log-key", metavar="NAME+ID+BASE64", help="the log's public key, from a source you trust")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    try:
        with open(asked.proof, "rb") as stream:
            steps = prediction(stream.read(), asked.log_key)
    except OSError as error:
        steps = [("file", None, f"{asked.proof} cannot be read ({error.strerror})")]
    found = [holds for _, holds, _ in steps]
    outcome = "tampered" if False in found else "cannot_tell" if None in found else "good"
    if asked.as_json:
        listed = [{"step": name, "holds": holds, "about": about} for name, holds, about in steps]
        print(json.dumps({"outcome": outcome, "steps": listed}, ensure_ascii=False))
    else:
        words = {True: "holds", False: "DOES NOT HOLD", None: "cannot tell"}
        print("\n".join([*(f"{name}: {words[holds]}: {about}" for name, holds, about in steps), outcome]))
    return {"good": 0, "tampered": 1, "cannot_tell": 7}[outcome]


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments[:1] == ["prediction"]:
        return main_of_prediction(arguments[1:])
    if arguments[:1] == ["entry"]:
        return main_of_entry(arguments[1:])
    parser = argparse.ArgumentParser(description="Check an archive of a Consilience ledger, offline.")
    parser.add_argument("archive")
    parser.add_argument("--pin", metavar="SIZE:ROOT|FILE", help="a head that was kept elsewhere")
    parser.add_argument(
        "--policy", metavar="FILE|K-of-N", help="whom you trust: a file (C2SP tlog-policy), or so many witnesses"
    )
    parser.add_argument("--witness", metavar="KEY", action="append", default=[], help="a witness's public key; repeat")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes that share the work; else by size and cores")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    if asked.jobs is not None and asked.jobs < 1:
        parser.error("--jobs: expected 1 or more")
    try:
        policy = None if Ed25519PublicKey is None else read_policy(asked.policy, asked.witness)
    except (OSError, *MALFORMED) as error:
        parser.error(f"--policy, --witness: {error}")
    report = verify(asked.archive, asked.pin, policy, asked.jobs)
    print(json.dumps(report.as_json(), ensure_ascii=False) if asked.as_json else report.as_text())
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
