#!/usr/bin/env python3
"""Check an archive of a Consilience ledger, offline: `python verify.py ARCHIVE [--pin SIZE:ROOT|FILE] [--json]`.

One file, the standard library and `cryptography`; nothing of the product is imported, so that whoever doubts the server
need not trust its code. The format is docs/formats/archive.md, and so are the numbers and codes of what is reported.
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
import zipfile
from collections import Counter

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # said when it is needed: without it nothing can be told
    Ed25519PublicKey = None

ARCHIVE = "urn:consilience:archive:1"
VERIFICATION = "urn:consilience:verification:1"
NAMES = ("archive", "heads", "tree", "pin", "signatures", "keys", "entitled", "decisions", "content", "records")
MAX_ENTRY, MAX_LINE, MAX_FINDINGS = 60 * 1024, 64 * 2**20, 200
HEX64 = re.compile(r"[0-9a-f]{64}")
DECIMAL = re.compile(r"0|[1-9][0-9]{0,17}")
URN = re.compile(r"urn:consilience:([0-9a-f-]{36}):([a-z][a-z0-9-]*):([0-9a-f-]{36})")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
COMMITMENT = re.compile(rb'\{"commitment":"([0-9a-f]{64})"\}')
TEXTS = {"archive.json", "checkpoint", "checkpoints.txt", "entries.txt", "records.txt", "content.txt", "index.html"}
MEMBER = re.compile(r"private\.txt|tile/[0-7]/(x\d{3}/)*\d{3}(\.p/[1-9]\d{0,2})?|content/[0-9a-f]{64}")
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


def parse(data):
    """What these bytes say; Bad unless they are exactly the canonical form."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float)
        again = canonical(value)
    except (ValueError, RecursionError) as error:
        raise Bad(f"is not canonical JSON ({error})") from error
    if again != data:
        raise Bad("is not canonical JSON (the same, written otherwise)")
    return value


def canonical(value):
    return _written(value).encode("utf-8")


def _written(value):
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        if not -(2**53) < value < 2**53:
            raise ValueError("an integer beyond 2^53")
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_written(value[key])}" for key in keys) + "}"


def _unique(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"key {twice!r} stands twice")
    return made


def _no_float(text):
    raise ValueError(f"{text} is no integer")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# The container: stored members, read where they lie. No name is ever used as a path


class Archive:
    def __init__(self, file, report):
        self.file = file
        try:
            with zipfile.ZipFile(file) as listing:
                listed = listing.infolist()
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
            raise CannotRead(f"this is no archive, or it was cut off ({error})") from error
        self.at, total = {}, os.fstat(self.file.fileno()).st_size
        claimed = 0
        for one in listed:
            claimed += one.file_size
            shown = one.filename[:100]
            if one.orig_filename in self.at:
                report.bad(0, "archive_member", f"member {shown!r} stands twice")
            elif one.orig_filename not in TEXTS and not MEMBER.fullmatch(one.orig_filename):
                report.bad(0, "archive_member", f"member {shown!r} is none that an archive has; it was not read")
            elif one.compress_type != 0 or one.flag_bits & 1 or one.compress_size != one.file_size:
                report.bad(0, "archive_compressed", f"member {shown!r} is compressed or encrypted; it was not read")
            else:
                self._place(one, report, total)
        if claimed > total:
            report.bad(0, "archive_too_large", f"members claim {claimed} bytes in a file of {total}")
            self.at.clear()

    def _place(self, one, report, total):
        self.file.seek(one.header_offset)
        head = self.file.read(30)
        if len(head) == 30 and head[:4] == b"PK\x03\x04":
            name_size, extra_size = struct.unpack("<HH", head[26:])
            start = one.header_offset + 30 + name_size + extra_size
            if self.file.read(name_size) == one.orig_filename.encode() and start + one.file_size <= total:
                self.at[one.orig_filename] = (start, one.file_size)
                return
        report.bad(0, "archive_member", f"member {one.filename[:100]!r} does not lie where the archive says")

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

    def lines(self, name):
        """The lines of a member; Bad where one does not end or is too long. Several may be read at once."""
        at, left = self.at.get(name, (0, 0))
        rest = b""
        while left or rest:
            while b"\n" not in rest and left:
                self.file.seek(at)
                chunk = self.file.read(min(left, 2**18))
                at, left, rest = at + len(chunk), left - len(chunk), rest + chunk
                if len(rest) > MAX_LINE:
                    raise Bad(f"{name} has a line of more than {MAX_LINE} bytes")
            *whole, rest = rest.split(b"\n")
            yield from whole
            if not left:
                if rest:
                    raise Bad(f"{name} ends within a line")
                return


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
        self.public = Ed25519PublicKey.from_public_bytes(raw[1:])

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


# What was in force when: versions of things, seen as of an instant and a position


class Things:
    def __init__(self):
        self.versions, self.nouns = {}, {}

    def add(self, noun, document, position, ordinal, digest):
        urn, body = document["urn"], document["body"]
        if urn not in self.versions:
            self.versions[urn] = []
            self.nouns.setdefault(noun, []).append(urn)
        self.versions[urn].append((document["valid_from"], position, ordinal, body, digest))

    def in_force(self, urn, at, before):
        """(body, digest) of the row in force, or None."""
        live = [one for one in self.versions.get(urn, ()) if one[0] <= at and one[1] < before]
        if not live:
            return None
        found = max(live, key=lambda one: one[:3])
        return None if found[3].get("withdrawn") is True else (found[3], found[4])

    def all(self, noun, at, before):
        for urn in self.nouns.get(noun, ()):
            found = self.in_force(urn, at, before)
            if found:
                yield urn, *found


KEPT = {
    "workspace", "person", "robot", "grant", "holding", "model-version", "release", "sign-off", "proof", "panel",
    "policy", "policy-proposal", "obligation-pack-proposal",
}  # fmt: skip
READ = {
    "inventory.read", "evidence.read", "evidence.download", "release.read", "review.read", "gate.read", "policy.read", "people.read",
}  # fmt: skip
REGISTER = {"inventory.register", "inventory.correct", "evidence.attach", "evidence.compute"}
MAY = {
    "administrator": {"people.manage", "access.manage", "policy.publish", "policy.adopt_pack", "evidence.define", "inventory.register",
                      "inventory.correct", "content.erase", "content.hold"},
    "engineer": REGISTER | {"release.propose", "gate.decide", "policy.propose", "policy.publish", "review.sign_off", "review.close_condition"},
    "reviewer": {"review.sign_off", "review.answer", "review.close_condition", "evidence.attach", "policy.propose", "policy.publish",
                 "policy.adopt_pack", "gate.decide"},
    "reader": set(), "auditor": set(),
    "pipeline": REGISTER | {"release.propose", "gate.decide"},
}  # fmt: skip
WORKSPACE_WIDE = {
    "people.manage",
    "access.manage",
    "policy.publish",
    "policy.propose",
    "policy.adopt_pack",
    "evidence.define",
    "content.erase",
    "content.hold",
}
NEEDS = {
    "content.erased": "content.erase", "content.hold_placed": "content.hold", "content.hold_lifted": "content.hold",
    "access.granted": "access.manage", "access.grant_ended": "access.manage", "evidence.attached": "evidence.attach",
    "evidence.computed": "evidence.compute", "evidence.withdrawn": "evidence.attach", "evidence.kind_defined": "evidence.define",
    "gate.decided": "gate.decide", "inventory.system_registered": "inventory.register", "inventory.system_corrected": "inventory.correct",
    "inventory.model_registered": "inventory.register", "inventory.model_corrected": "inventory.correct",
    "inventory.version_registered": "inventory.register", "inventory.version_withdrawn": "inventory.correct",
    "inventory.dataset_registered": "inventory.register", "inventory.dataset_corrected": "inventory.correct",
    "inventory.dataset_version_registered": "inventory.register", "inventory.dataset_terms_corrected": "inventory.correct",
    "inventory.dataset_version_withdrawn": "inventory.correct", "people.invited": "people.manage", "people.deactivated": "people.manage",
    "people.reactivated": "people.manage", "people.function_held": "people.manage", "people.function_ended": "people.manage",
    "people.robot_added": "people.manage", "policy.proposed": "policy.propose", "policy.published": "policy.publish",
    "policy.pack_proposed": "policy.adopt_pack", "policy.pack_adopted": "policy.adopt_pack", "policy.pack_dropped": "policy.adopt_pack",
    "release.proposed": "release.propose", "release.withdrawn": "release.propose", "review.signed_off": "review.sign_off",
    "review.proof_offered": "review.close_condition", "review.proof_accepted": "review.sign_off",
    "review.objection_answered": "review.answer", "review.block_ended": "review.sign_off", "review.panel_named": "access.manage",
}  # fmt: skip
OPERATORS = {
    "ledger.begun",
    "people.functions_founded",
    "people.first_administrator_joined",
    "evidence.kinds_founded",
    "evidence.kinds_shipped",
    "ledger.epoch_declared",
}
OWN = {"access.token_made", "access.token_withdrawn"}
NOBODYS = {"gate.standing_changed"}
"""The product notes by itself that a standing changed; no grant is asked for."""


class Entitled:
    """Check 6: who acted had the right, by the rows that stood before the act."""

    def __init__(self, report, things):
        self.report, self.things = report, things
        self.judged, self.unknown = Counter(), Counter()

    def check(self, entry, rows):
        where, said = entry["where"], entry["said"]
        verb, actor, at, position = said["verb"], said["actor"], said["at"], entry["position"]
        self.judged[verb] += 1
        bodies = [body for _, body in rows]
        if verb in OPERATORS:
            if said["authenticated_by"] != "operator":
                self._bad("not_granted", f"{where}: only the operator does this")
        elif verb in OWN:
            if any(body.get("principal") != actor for body in bodies):
                self._granted(where, actor, "access.manage", None, said, at, position)
        elif verb in NEEDS:
            systems = (
                {body["system"] for body in bodies if isinstance(body.get("system"), str)}
                if verb not in WORKSPACE_WIDE
                else set()
            )
            self._granted(where, actor, NEEDS[verb], systems, said, at, position)
        elif verb not in NOBODYS:
            self.unknown[verb] += 1
        person = self.things.in_force(actor, at, position)
        if person and person[0].get("active") is False:
            self._bad("not_granted", f"{where}: {actor} was deactivated before")
        for noun, body in rows:
            if body.get("withdrawn") is not True:
                getattr(self, "_" + noun.replace("-", "_"), self._other)(where, said, at, position, body)

    def _bad(self, code, about):
        self.report.bad(6, code, about)

    def _other(self, *_):
        pass

    def _granted(self, where, actor, action, systems, said, at, position):
        if said["authenticated_by"] == "operator":
            return
        wide = action in WORKSPACE_WIDE or said["verb"] == "inventory.system_registered"
        for _, body, _ in self.things.all("grant", at, position):
            if body.get("principal") != actor or action not in MAY.get(body.get("role"), ()):
                continue
            if body.get("until") is not None and at >= body["until"]:
                continue
            if body.get("system") is None or (not wide and (not systems or systems <= {body["system"]})):
                return
        self._bad("not_granted", f"{where}: {actor} held no grant in force that carries {action}")

    def _functions(self, person, at, position):
        return {
            body.get("function")
            for _, body, _ in self.things.all("holding", at, position)
            if body.get("person") == person and not (body.get("until") is not None and at >= body["until"])
        }

    def _is_actor(self, where, said, name, body):
        if body.get(name) != said["actor"]:
            self._bad(
                "actor_differs",
                f"{where}: its record says that {body.get(name)} did it, the entry that {said['actor']} did",
            )

    def _sign_off(self, where, said, at, position, body):
        person, function = body["person"], body["function"]
        self._is_actor(where, said, "person", body)
        if ":person:" not in person:
            self._bad("function_not_held", f"{where}: only people sign")
        if function not in self._functions(person, at, position):
            self._bad("function_not_held", f"{where}: {person} signed for {function} without holding it")
        if person in self._authors(body["release"], at, position):
            self._bad("own_work", f"{where}: {person} signed work of their own")

    def _authors(self, release, at, position):
        found = self.things.in_force(release, at, position)
        version = found and self.things.in_force(found[0]["model_version"], at, position)
        if not version:
            self.report.cannot(6, "own_work", f"the authors of what {release} proposes are not in the archive")
            return ()
        return version[0]["authors"]

    def _proof(self, where, said, at, position, body):
        by = body["accepted_by"]
        if by is None:
            self._is_actor(where, said, "offered_by", body)
            return
        self._is_actor(where, said, "accepted_by", body)
        urn, _, nth = body["condition"].partition("#")
        given = self.things.in_force(urn, at, position)
        if not given:
            self.report.cannot(6, "own_condition", f"{where}: the sign-off of the condition is not in the archive")
            return
        if given[0]["function"] not in self._functions(by, at, position):
            self._bad(
                "function_not_held", f"{where}: {by} accepted a proof for {given[0]['function']} without holding it"
            )
        owners = {one["owner"] for number, one in enumerate(given[0]["conditions"]) if nth == str(number)}
        if by in owners | {body["offered_by"]}:
            self._bad("own_condition", f"{where}: {by} accepted the proof of a condition of their own")

    def _answer(self, where, said, at, position, body):
        self._is_actor(where, said, "person", body)
        given = self.things.in_force(body["objection"], at, position)
        if given and given[0]["person"] == body["person"]:
            self._bad("own_objection", f"{where}: {body['person']} answered an objection of their own")

    def _block_end(self, where, said, at, position, body):
        self._is_actor(where, said, "person", body)
        given = self.things.in_force(body["block"], at, position)
        panel = {one for _, found, _ in self.things.all("panel", at, position) for one in found["people"]}
        if given and body["person"] != given[0]["person"] and body["person"] not in panel:
            self._bad("not_on_panel", f"{where}: {body['person']} is neither the block's author nor on the panel")
        if given and body["how"] == "withdrawn" and body["person"] != given[0]["person"]:
            self._bad("not_on_panel", f"{where}: only its author withdraws a block")

    def _policy_proposal(self, where, said, _at, _position, body):
        self._is_actor(where, said, "proposed_by", body)

    _obligation_pack_proposal = _policy_proposal

    def _policy(self, where, said, at, position, body):
        self._is_actor(where, said, "published_by", body)
        self._second(where, "published_by", at, position, body)
        pair = (body["published_by"], body["proposed_by"])
        if not any(body["owner"] in self._functions(person, at, position) for person in pair):
            self._bad("function_not_held", f"{where}: neither of the two holds {body['owner']}, which owns the policy")

    def _obligation_pack(self, where, said, at, position, body):
        self._is_actor(where, said, "adopted_by", body)
        if body["proposal"] is not None:
            self._second(where, "adopted_by", at, position, body)

    def _second(self, where, who, at, position, body):
        if body[who] == body["proposed_by"]:
            self._bad("own_publication", f"{where}: {body[who]} published a proposal of their own")
        found = self.things.in_force(body["proposal"], at, position)
        if not found:
            self.report.cannot(6, "own_publication", f"{where}: the proposal is not in the archive")
        elif (found[0]["proposed_by"], found[0]["text"]) != (body["proposed_by"], body["text"]):
            self._bad("own_publication", f"{where}: what was published is not what the proposal says")

    def close(self):
        for verb, count in sorted(self.unknown.items()):
            self.report.cannot(
                6, "way_unknown", f"{count} entries of {verb}: this verifier does not know what it takes"
            )
        self.report.say(
            6, f"{sum(self.judged.values())} acts judged by the grants, functions and proposals that stood before them"
        )
        self.report.say(
            6,
            "not judged: scopes of tokens, unknown authors behind commitments, and that an approving person counts once",
        )


# The walk through entries and their records


class Walk:
    def __init__(self, archive, manifest, report):
        self.archive, self.manifest, self.report = archive, manifest, report
        self.whole = manifest["system"] is None
        self.things, self.decisions = Things(), []
        self.entitled = Entitled(report, self.things)
        self.newest, self.commitments = {}, set()
        self.erased, self.erasures_recorded = {}, False
        self.epochs = []
        self.ways, self.count, self.rows, self.left_out = Counter(), 0, 0, 0
        self.operator, self.key = None, None
        self.last_at, self.act_ends, self.before = "", [], None
        self.names = set()

    def run(self, leaves):
        """Checks 4, 5, 6 and 9, and of 2 the entries against their leaves: returns positions whose leaf differs."""
        differing, expected, records = {}, 0, self._records()
        pending = next(records, None)
        for position, exact in self._entries():
            if self.whole and position > expected:
                self._missing(expected, position - 1)
            expected = position + 1
            leaf = hashlib.sha256(b"\x00" + exact).digest()
            if leaves[32 * position : 32 * position + 32] != leaf:
                differing[position] = leaf
            rows = {}
            while pending is not None and pending[0] <= position:
                if pending[0] < position:
                    self._extra(pending)
                else:
                    rows[pending[1]] = pending[2]
                pending = next(records, None)
            self._entry(position, exact, rows)
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
        for line in self._lines("entries.txt", 2, "entry_form"):
            number, gap, exact = line.partition(b" ")
            text = number.decode("latin-1")
            if not gap or not DECIMAL.fullmatch(text):
                self.report.bad(2, "entry_form", f"a line of entries.txt behind entry {last} is none")
                continue
            position = int(text)
            if position <= last or position >= self.manifest["size"]:
                self.report.bad(2, "entry_order", f"entry {position} stands where it cannot: added, or out of order")
                continue
            last = position
            self.count += 1
            if len(exact) > MAX_ENTRY:
                self.report.bad(2, "entry_large", f"entry {position} has {len(exact)} bytes")
            yield position, exact

    def _records(self):
        last = (-1, -1)
        for line in self._lines("records.txt", 9, "record_form"):
            parts = line.split(b" ", 2)
            numbers = [part.decode("latin-1") for part in parts[:2]]
            if len(parts) != 3 or not all(map(DECIMAL.fullmatch, numbers)):
                self.report.bad(9, "record_form", f"a line of records.txt behind {last[0]}/{last[1]} is none")
                continue
            place = (int(numbers[0]), int(numbers[1]))
            if place <= last:
                self.report.bad(9, "record_extra", f"the record at {place[0]}/{place[1]} stands out of order")
                continue
            last = place
            self.rows += 1
            yield *place, parts[2]

    def _lines(self, name, number, code):
        try:
            yield from self.archive.lines(name)
        except Bad as error:
            self.report.bad(number, code, str(error))

    def _entry(self, position, exact, rows):
        try:
            said, subjects = statement(exact)
        except Bad as error:
            if str(error) == "signed":
                self.report.cannot(
                    4, "way_unknown", f"entry {position} is signed in a way that this verifier does not know"
                )
            else:
                self.report.bad(4, "entry_form", f"entry {position} is no statement of an act: it {error}")
            return
        where = f"entry {position} ({said['verb']})"
        self._known(where, position, said)
        documents = []
        for ordinal, (name, digest) in enumerate(subjects):
            if name in self.names:
                self.report.bad(9, "record_extra", f"{where} records {name}, which an earlier entry recorded")
            self.names.add(name)
            exact_row = rows.pop(ordinal, None)
            if exact_row is None:
                self.left_out += 1
                if self.whole:
                    self.report.bad(9, "record_missing", f"{name}, recorded by entry {position}, is missing")
                continue
            document = self._row(position, name, digest, exact_row)
            if document is not None:
                documents.append((ordinal, digest, document))
        for ordinal in rows:
            self.report.bad(9, "record_extra", f"the record at {position}/{ordinal} is not named by its entry")
        try:
            judged = [(URN.match(document["urn"]).group(2), document["body"]) for _, _, document in documents]
            self.entitled.check({"position": position, "said": said, "where": where}, judged)
        except MALFORMED as error:
            self.report.bad(
                9, "record_form", f"a record of {where} lacks what its noun has ({type(error).__name__}: {error})"
            )
        for ordinal, digest, document in documents:
            self._keep(position, ordinal, digest, document, said)

    def _known(self, where, position, said):
        way, actor = said["authenticated_by"], said["actor"]
        self.ways[way] += 1
        noun = URN.fullmatch(actor)
        expected = {"password": ("person",), "token": ("person", "robot"), "operator": ("operator",)}.get(way)
        if expected is None:
            self.report.cannot(4, "way_unknown", f"{where}: this verifier does not know how to check {way!r}")
        elif noun is None or noun.group(2) not in expected:
            self.report.bad(4, "way_wrong", f"{where}: {actor} cannot be known by {way}")
        if way == "operator" and self.operator not in (None, actor):
            self.report.bad(4, "way_wrong", f"{where}: {actor} is not the workspace's operator")
        if said["workspace"] != self.manifest["workspace"]:
            self.report.bad(4, "way_wrong", f"{where} was written for another workspace")
        if not INSTANT.fullmatch(said["at"]) or said["at"] < self.last_at:
            self.report.bad(4, "time_backwards", f"{where}: its time lies before the entry before it")
        self.last_at = said["at"]
        act = (said["verb"], actor, said["at"])
        if self.before not in (None, act):
            self.act_ends.append(position)
        self.before = act

    def _row(self, position, name, digest, exact):
        if sha256(exact) != digest:
            self.report.bad(9, "record_differs", f"{name} was edited: it is not what entry {position} recorded")
            return None
        try:
            document = parse(exact)
            if set(document) != {"body", "schema", "supersedes", "urn", "valid_from", "version"}:
                raise Bad("has other fields than a record")
            if (
                not isinstance(document["body"], dict)
                or not INSTANT.fullmatch(document["valid_from"])
                or not URN.fullmatch(document["urn"])
            ):
                raise Bad("has not the form of a record")
        except (Bad, *MALFORMED) as error:
            self.report.bad(9, "record_form", f"{name}: {error}")
            return None
        if f"{document['urn']}:{document['version']}" != name:
            self.report.bad(
                9, "record_differs", f"{name}: the record says that it is {document['urn']}:{document['version']}"
            )
        before = self.newest.get(document["urn"])
        if document["supersedes"] != before and (self.whole or before is not None):
            self.report.bad(9, "supersedes_differs", f"{name} does not supersede the version before it")
        self.newest[document["urn"]] = digest
        self.commitments.update(COMMITMENT.findall(exact))
        return document

    def _keep(self, position, ordinal, digest, document, said):
        noun = URN.match(document["urn"]).group(2)
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
        if noun in ("workspace", "erasure", "epoch"):
            try:
                self._notice(noun, position, document["body"])
            except MALFORMED:
                self.report.bad(9, "record_form", f"the {noun} of entry {position} lacks what its noun has")
        if noun == "decision":
            self.decisions.append((position, document["body"], said))

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
            f"{self.count} entries read strictly; actors known {ways or 'in no way'}: what the server recorded, signed by nobody",
        )
        self.report.say(4, "passkeys, SSH keys, robots' keys, witnesses: nothing of this kind in the archive")
        if self.key is None:
            self.report.cannot(
                5, "key_differs", "the workspace's first record, which binds the log's key, is not in the archive"
            )
        elif self.key != self.manifest["log_key"]:
            self.report.bad(5, "key_differs", "the archive's key is not the one that entry 0 bound")
        else:
            self.report.say(5, "the log's key is the one that entry 0 bound; it was never rotated")
        self.report.say(5, "keys of people and robots: nothing of this kind in the archive")
        self.entitled.close()
        left = f"; {self.left_out} records of these entries are left out" if self.left_out and not self.whole else ""
        self.report.say(9, f"{self.rows} records of {self.count} entries{left}")
        if not self.whole:
            self.report.say(9, "an archive of one system cannot show that it is complete")


def statement(exact):
    """The predicate and subjects of an entry; Bad where it is none, or ("signed") an envelope."""
    document = parse(exact)
    if not isinstance(document, dict):
        raise Bad("is no object")
    if "payloadType" in document:
        raise Bad("signed")
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


def heads(archive, manifest, report):
    """Check 1. Returns (size, root) of each head that holds, as checkpoints.txt has them."""
    try:
        key = Key(manifest["log_key"])
        if key.name != manifest["origin"]:
            raise ValueError("it has another name than the log")
    except ValueError as error:
        report.bad(1, "head_signature", f"the log's key cannot be used: {error}")
        return None, []
    found, last = [], -1
    try:
        for line in archive.lines("checkpoints.txt"):
            try:
                size, note = parse(line)
                if type(size) is not int or not isinstance(note, str) or size <= last:
                    raise Bad("stands out of order")
                last = size
                signed = key.head(note)
                if signed[0] != size:
                    raise Bad(f"is signed over {signed[0]}")
                found.append(signed)
            except (Bad, ValueError, TypeError) as error:
                report.bad(
                    1,
                    "head_signature",
                    f"the head behind {last if last >= 0 else 'none'} entries cannot be trusted: it {error}",
                )
    except Bad as error:
        report.bad(1, "head_signature", str(error))
    try:
        newest = key.head(archive.read("checkpoint").decode("utf-8"))
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
    report.say(1, "cosignatures of witnesses: nothing of this kind in the archive")
    return key, found


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
        except MALFORMED as error:
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
        data = archive.read(member, 2**28)
        if sha256(data) != body[name]:
            report.bad(7, "input_differs", f"{where}: its {name} were swapped or edited")
            continue
        stored[name] = parse_or_bad(data, report, where, name)
    if len(stored) < 5 or None in stored.values():
        return
    _policies(walk, report, where, position, body, stored["policies"])
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


def _policies(walk, report, where, position, body, listed):
    in_force = {digest: found for _, found, digest in walk.things.all("policy", body["valid_at"], body["known_at"])}
    if body["known_at"] != position:
        report.bad(7, "policy_differs", f"{where}: it knew {body['known_at']} entries, but stands behind {position}")
    for one in listed:
        found = in_force.pop(one["digest"], None)
        if found is None:
            report.bad(7, "policy_differs", f"{where}: policy {one['slug']} was not in force")
        elif found["text"] != one["text"]:
            report.bad(7, "policy_differs", f"{where}: the text of policy {one['slug']} is not the published one")
    for found in in_force.values():
        report.bad(7, "policy_differs", f"{where}: policy {found.get('slug')} was in force and was not asked")


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
            if code.encode() not in walk.commitments:
                report.bad(8, "private_extra", f"private text {code[:12]} belongs to no record of the archive")
            opened.add(code.encode())
    except (Bad, *MALFORMED) as error:
        report.bad(8, "private_differs", f"private.txt cannot be read: {error}")
    gone = {code.decode() for code in walk.commitments - opened}
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


def verify(path, pin=None):
    """The report on the archive at this path. Where it cannot be read, no check reads as passed."""
    report = Report()
    try:
        return opened(path, report, pin)
    except CannotRead as error:
        report.cannot(0, "archive_unreadable", str(error))
        report.unsure.update(range(10))
        return report


def opened(path, report, pin):
    if Ed25519PublicKey is None:
        raise CannotRead("the package `cryptography` is missing: no signature can be checked")
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise CannotRead(f"{path} cannot be read ({error.strerror})") from error
    with file:
        return checked(Archive(file, report), report, pin)


def checked(archive, report, pin):
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
    key, found = heads(archive, manifest, report)
    leaves = stored_leaves(archive, manifest["size"], report)
    walk = Walk(archive, manifest, report)
    differing = walk.run(leaves)
    if found and walk.last_at > manifest["at"]:
        report.bad(0, "manifest", "an entry is younger than the archive says")
    best = tree(archive, manifest, report, found, leaves, differing, walk.act_ends, walk.whole)
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
        if not isinstance(said, dict) or said.get("format") != ARCHIVE:
            raise Bad(f"is not of format {ARCHIVE}")
        if set(said) != set(types) or not all(isinstance(said[name], kind) for name, kind in types.items()):
            raise Bad("has other fields than the format")
        if type(said["size"]) is not int or said["size"] < 1 or not HEX64.fullmatch(said["root"]):
            raise Bad("has no size or no root")
    except Bad as error:
        raise CannotRead(f"archive.json {error}") from error
    if said["origin"] != f"consilience/log/{said['workspace']}":
        raise CannotRead("archive.json names a log that is not the workspace's")
    return said


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Check an archive of a Consilience ledger, offline.")
    parser.add_argument("archive")
    parser.add_argument("--pin", metavar="SIZE:ROOT|FILE", help="a head that was kept elsewhere")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    report = verify(asked.archive, asked.pin)
    print(json.dumps(report.as_json(), ensure_ascii=False) if asked.as_json else report.as_text())
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
