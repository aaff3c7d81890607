"""Archives taken apart and put together again, as somebody who tampers would; and every verifier over what came of it."""

from __future__ import annotations

import importlib.util
import json
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.audit.verify import verify
from consilience.domains.ledger import merkle, rules, tiles
from consilience.kit import canonical
from tests.harness import verify_page

ONE_FILE = Path(__file__).parents[2] / "verifier" / "verify.py"


def one_file() -> ModuleType:
    """The verifier that shares no code with the product."""
    spec = importlib.util.spec_from_file_location("one_file_verifier", ONE_FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that its other processes find it
    spec.loader.exec_module(module)
    return module


ALONE = one_file()


def alone(path: Path, pin: str | None = None) -> dict[str, Any]:
    """What the one-file verifier says, as its command does."""
    said: dict[str, Any] = json.loads(json.dumps(ALONE.verify(path, pin).as_json()))
    return said


def reports(path: Path, pin: str | None = None) -> dict[str, dict[str, Any]]:
    """What each verifier says of an archive: the package, the one file, and the page where there is a browser."""
    said = {"the package": verify(path, pin=pin).as_json(), "the one file": alone(path, pin)}
    if verify_page.available() and path.is_file():
        said["the page"] = verify_page.in_browser(path, pin)
    return said


def good(path: Path, pin: str | None = None) -> None:
    for name, said in reports(path, pin).items():
        found = [one for check in said["checks"] for one in check["findings"]]
        assert said["outcome"] == "good", f"{name}: {found}"


def named(path: Path, check: int, code: str, *words: object, pin: str | None = None, outcome: str = "tampered") -> None:
    """Both verifiers name the deed: in this check, with this code, and with these words."""
    for name, said in reports(path, pin).items():
        found = said["checks"][check]["findings"]
        assert said["outcome"] == outcome, f"{name}: {said['outcome']} {found}"
        texts = [one["about"] for one in found if one["code"] == code]
        assert any(all(str(word) in text for word in words) for text in texts), f"{name}: {code} {words} not in {said}"


@dataclass
class Unpacked:
    """An archive in pieces that a test may change."""

    entries: list[tuple[int, bytes]]
    records: list[tuple[int, int, bytes]]
    members: dict[str, bytes] = field(default_factory=dict)
    """Everything but entries and records, by name."""

    def pack(self, target: Path) -> Path:
        entries = b"".join(b"%d %b\n" % one for one in self.entries)
        records = b"".join(b"%d %d %b\n" % one for one in self.records)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name, data in {**self.members, "entries.txt": entries, "records.txt": records}.items():
                archive.writestr(name, data)
        return target

    @property
    def manifest(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.members["archive.json"])
        return said

    def say(self, **fields: Any) -> None:
        """Change what the manifest says."""
        self.members["archive.json"] = canonical.encode({**self.manifest, **fields})

    def seal(self, key: Ed25519PrivateKey) -> None:
        """Make tree, heads and manifest again from the entries, as whoever has the log's key can."""
        tree = merkle.Tree(b"".join(merkle.leaf_hash(exact) for _, exact in self.entries))
        origin = self.manifest["origin"]
        lines = self.members["checkpoints.txt"].splitlines()
        sizes = sorted({min(json.loads(line)[0], tree.size) for line in lines} | {tree.size})
        notes = {size: rules.sign(rules.Checkpoint(origin, size, tree.root(size)), key) for size in sizes}
        self.members["checkpoints.txt"] = b"".join(canonical.encode([n, notes[n]]) + b"\n" for n in sizes)
        self.members["checkpoint"] = notes[tree.size].encode()
        for name in [name for name in self.members if name.startswith("tile/")]:
            del self.members[name]
        for tile in tiles.of_tree(tree.size):
            level = tree.levels[tiles.HEIGHT * (tile.level or 0)]
            self.members[tiles.address(tile)] = bytes(level[32 * tile.start : 32 * tile.end])
        self.say(size=tree.size, root=tree.root(tree.size).hex())

    def position_of(self, verb: str) -> int:
        """The position of the first entry of a verb."""
        return next(at for at, exact in self.entries if json.loads(exact)["predicate"]["verb"] == verb)

    def edit_entry(self, position: int, exact: bytes) -> None:
        self.entries = [(at, exact if at == position else old) for at, old in self.entries]

    def edit_record(self, position: int, change: dict[str, Any]) -> None:
        """Change fields of the body of the first record that an entry wrote."""
        nth = next(nth for nth, (at, _, _) in enumerate(self.records) if at == position)
        at, ordinal, exact = self.records[nth]
        said = json.loads(exact)
        said["body"].update(change)
        self.records[nth] = (at, ordinal, canonical.encode(said))


def unpacked(path: Path) -> Unpacked:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    entries = [line.split(b" ", 1) for line in members.pop("entries.txt").split(b"\n")[:-1]]
    records = [line.split(b" ", 2) for line in members.pop("records.txt").split(b"\n")[:-1]]
    return Unpacked(
        [(int(at), exact) for at, exact in entries],
        [(int(at), int(ordinal), exact) for at, ordinal, exact in records],
        members,
    )


def flipped(data: bytes, at: int) -> bytes:
    """One bit of these bytes changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
