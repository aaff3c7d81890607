"""Which witnesses must have cosigned a head before it counts: a policy text (C2SP tlog-policy), and its quorum. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from consilience.domains.ledger import notes
from consilience.domains.witness import cosignatures
from consilience.kit.errors import BadInput

NONE = "none"
"""The predefined quorum that asks for no cosignature."""
MAX_LENGTH = 64 * 1024
MAX_OF_A_KIND = 100
"""Logs, witnesses and groups that a policy may hold, each; the specification recommends at least 32."""
MAX_URL = 500
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SPACE = re.compile(r"[ \t]+")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_K_OF_N = re.compile(r"([1-9][0-9]{0,2})-of-([1-9][0-9]{0,2})", re.ASCII)


@dataclass(frozen=True)
class Log:
    """A log that the policy accepts, by its vkey."""

    key: str
    url: str = ""


@dataclass(frozen=True)
class Witness:
    """A witness: its name within the policy, its vkey, and where it takes checkpoints (empty: by file only)."""

    name: str
    key: str
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Counts as having cosigned once `needed` of its members have."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A trust policy. `quorum` names a witness, a group, or `none`."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    @property
    def asks_for_cosignatures(self) -> bool:
        return self.quorum != NONE

    def reached(self, keys: Collection[str]) -> bool:
        """Whether the quorum is there once the witnesses with these vkeys have cosigned."""
        there = {NONE} | {one.name for one in self.witnesses if one.key in keys}
        for group in self.groups:  # each names only what stands before it
            if sum(member in there for member in group.members) >= group.needed:
                there.add(group.name)
        return self.quorum in there

    def wants(self) -> str:
        """The quorum in short: `2 of A, B, C`."""
        group = next((one for one in self.groups if one.name == self.quorum), None)
        return self.quorum if group is None else f"{group.needed} of {', '.join(group.members)}"


def read(text: str) -> Policy:
    """The policy in this text; BadInput names the line that is wrong."""
    if len(text) > MAX_LENGTH:
        raise BadInput("policy", f"is longer than {MAX_LENGTH} characters")
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), start=1):
        where = f"line {number}"
        if _CONTROL.search(line):
            raise BadInput(where, "holds a control character; only tabs may stand in a line")
        words = [word for word in _SPACE.split(line) if word]
        if words and not words[0].startswith("#"):
            reading.line(where, words)
    if reading.quorum is None:
        raise BadInput("policy", "has no line `quorum NAME`; `quorum none` asks for no cosignature")
    return Policy(tuple(reading.logs), tuple(reading.witnesses), tuple(reading.groups), reading.quorum)


def at_least(needed: int, keys: Sequence[str]) -> Policy:
    """The policy under which so many of these witnesses, by vkey, must have cosigned."""
    lines = [f"witness w{nth} {key}" for nth, key in enumerate(keys, start=1)]
    members = " ".join(f"w{nth}" for nth in range(1, len(keys) + 1))
    return read("\n".join([*lines, f"group all-of-them {needed} {members}", "quorum all-of-them", ""]))


def asked(policy: str, keys: Sequence[str]) -> Policy:
    """What `k-of-n` says over n given vkeys; BadInput where it is not that, or another number of keys was given."""
    found = _K_OF_N.fullmatch(policy)
    if found is None:
        raise BadInput("policy", f"{policy!r} is neither a file nor K-of-N, such as 2-of-3")
    needed, among = int(found[1]), int(found[2])
    if among != len(keys):
        raise BadInput("policy", f"{policy} speaks of {among} witnesses; {len(keys)} keys were given")
    if needed > among:
        raise BadInput("policy", f"{policy} asks for more witnesses than there are")
    return at_least(needed, keys)


class _Reading:
    """What the lines so far have said."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self._names: set[str] = {NONE}
        self._free: set[str] = set()
        """Names that are in no group yet: each counts in one way only."""

    def line(self, where: str, words: list[str]) -> None:
        readers: Mapping[str, tuple[str, int, int]] = {
            "log": ("log VKEY [URL]", 2, 3),
            "witness": ("witness NAME VKEY [URL]", 3, 4),
            "group": ("group NAME all|any|K NAME...", 4, MAX_OF_A_KIND + 3),
            "quorum": ("quorum NAME", 2, 2),
        }
        if words[0] not in readers:
            raise BadInput(where, f"begins with {words[0]!r}; expected log, witness, group or quorum")
        form, least, most = readers[words[0]]
        if not least <= len(words) <= most:
            raise BadInput(where, f"is not `{form}`")
        getattr(self, f"_{words[0]}")(where, *words[1:])

    def _log(self, where: str, key: str, url: str = "") -> None:
        public = _key(where, key, notes.ED25519)
        if any(notes.read_key(one.key).public == public for one in self.logs):
            raise BadInput(where, "names a log that an earlier line names")
        _room(where, self.logs)
        self.logs.append(Log(key, _url(where, url)))

    def _witness(self, where: str, name: str, key: str, url: str = "") -> None:
        public = _key(where, key, notes.COSIGNATURE)
        if any(cosignatures.read_key(one.key).public == public for one in self.witnesses):
            raise BadInput(where, "names a witness by a key that an earlier line names")
        _room(where, self.witnesses)
        self._name(where, name)
        self.witnesses.append(Witness(name, key, _url(where, url)))

    def _group(self, where: str, name: str, count: str, *members: str) -> None:
        for member in members:
            if member not in self._names or member == NONE:
                raise BadInput(where, f"names {member!r}, which no line above defines")
            if member not in self._free or members.count(member) > 1:
                raise BadInput(where, f"names {member!r}, which is in a group already")
        number = {"all": len(members), "any": 1}.get(count) or (int(count) if _NUMBER.fullmatch(count) else 0)
        if not 1 <= number <= len(members):
            raise BadInput(
                where, f"asks for {count} of {len(members)} members; expected all, any, or 1 to {len(members)}"
            )
        _room(where, self.groups)
        self._free -= set(members)
        self._name(where, name)
        self.groups.append(Group(name, number, members))

    def _quorum(self, where: str, name: str) -> None:
        if self.quorum is not None:
            raise BadInput(where, "is a second quorum")
        if name not in self._names:
            raise BadInput(where, f"names {name!r}, which no line above defines")
        self.quorum = name

    def _name(self, where: str, name: str) -> None:
        if name in self._names:
            raise BadInput(where, f"defines {name!r} again")
        self._names.add(name)
        self._free.add(name)


def _room(where: str, have: Sequence[object]) -> None:
    if len(have) >= MAX_OF_A_KIND:
        raise BadInput(where, f"is one more of its kind than the {MAX_OF_A_KIND} that a policy may hold")


def _key(where: str, key: str, kind: int) -> bytes:
    try:
        return notes.read_key(key, kind=kind, where="key").public
    except BadInput as error:
        whose = "a log" if kind == notes.ED25519 else "a witness (Ed25519 cosignatures, type 04)"
        raise BadInput(where, f"names no key of {whose}: it {error.problem}") from error


def _url(where: str, url: str) -> str:
    """The address as it stands; only http and https lead to a witness, and an address carries no password."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        plain = parts.hostname and not (parts.username or parts.password or parts.query or parts.fragment)
        fine = parts.scheme in ("http", "https") and bool(plain) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or len(url) > MAX_URL:
        raise BadInput(where, "has an address that is not http(s)://HOST[:PORT][/PATH]")
    return url
