"""Writing an archive of the ledger, of everything or of one system: a pure read of one moment, in flat memory."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from consilience.domains.audit import layout, page, scope
from consilience.domains.audit.container import Container, writing
from consilience.domains.content import queries as content
from consilience.domains.content.models import Blob
from consilience.domains.inventory.models import System
from consilience.domains.ledger import merkle, queries, rules, tile_queries, tiles
from consilience.domains.ledger.models import Checkpoint, Entry, Head
from consilience.domains.ledger.tiles import Tile
from consilience.domains.ledger.verify import snapshot
from consilience.domains.witness import cosignatures, stamping
from consilience.domains.witness import queries as witness
from consilience.kit import canonical
from consilience.kit.errors import BadInput, CannotTell, NotFound
from consilience.kit.records.models import Private, Record
from consilience.kit.records.registry import record_models

CHUNK = 2000
_DIGEST = re.compile(r'"([0-9a-f]{64})"')
_COMMITMENT = re.compile(r'\{"commitment":"([0-9a-f]{64})"\}')


@dataclass(frozen=True)
class Wanted:
    """What an archive is asked to hold. `system` is a slug; None is everything."""

    system: str | None
    files: bool = False
    private: bool = False


@dataclass
class Exported:
    """What was written."""

    manifest: layout.Manifest
    entries: int = 0
    records: int = 0
    files: int = 0


@dataclass
class _Chosen:
    """Which records are wanted (None: all), and what was met on the way through them."""

    urns: frozenset[str] | None
    files: bool
    positions: set[int] = field(default_factory=set)
    commitments: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    """Files that decisions rest on."""

    def wants(self, row: Record) -> bool:
        return self.urns is None or row.urn in self.urns


def export(wanted: Wanted, target: Path) -> Exported:
    """Write the archive; the file is there only once it is whole. NotFound when no system has this slug."""
    with snapshot():
        made = _manifest(wanted)
        chosen = _Chosen(scope.urns_of_system(made.system) if made.system else None, wanted.files)
        if made.system:
            chosen.positions = {row.position for row in _rows() if chosen.wants(row)}
        done, written = Exported(made), page.Page(made)
        with writing(target) as archive:
            archive.add("archive.json", made.encoded(_version()))
            _write_tree(archive, made)
            archive.add_lines("entries.txt", _entries(chosen, done))
            archive.add_lines("records.txt", _records(chosen, done, written))
            _write_content(archive, chosen, done)
            if wanted.private:
                archive.add_lines("private.txt", _privates(chosen, written))
            archive.add("index.html", written.html())
    return done


def _manifest(wanted: Wanted) -> layout.Manifest:
    system = None
    if wanted.system is not None:
        row = System.objects.filter(slug=wanted.system).order_by("version").first()
        if row is None:
            raise NotFound("system", wanted.system)
        system = row.urn
    head = Head.objects.get()
    workspace = str(queries.workspace().urn).split(":")[2]
    return layout.Manifest(
        workspace=workspace, origin=rules.origin_of(workspace), log_key=queries.log_keys()[0].key, size=head.size,
        root=_root(bytes(head.frontier)).hex(), at=head.at, system=system, files=wanted.files, private=wanted.private,
    )  # fmt: skip


def _version() -> str:
    """The oldest version of the format whose readers understand what this archive holds."""
    return layout.SECOND if len(queries.log_keys()) > 1 or stamping.any_kept() else layout.FORMAT


def _root(frontier: bytes) -> bytes:
    return merkle.root([frontier[at : at + 32] for at in range(0, len(frontier), 32)])


def _write_tree(archive: Container, made: layout.Manifest) -> None:
    newest = witness.with_cosignatures(made.size, queries.checkpoint())
    archive.add("checkpoint", newest.encode("utf-8", "surrogateescape"))
    archive.add_lines("checkpoints.txt", (canonical.encode([size, note]) for size, note in _heads()))
    if stamping.any_kept():
        archive.add_lines(layout.TIMESTAMPS, map(canonical.encode, stamping.every()))
    for tile in tiles.of_tree(made.size):
        archive.add(tiles.address(tile), _tile(tile))


def _heads() -> Iterator[tuple[int, str]]:
    """Every signed head, with what witnesses signed under it."""
    heads = Checkpoint.objects.order_by("size").values_list("size", "note").iterator(chunk_size=CHUNK)
    lines = witness.every_line()
    size, cosigned = next(lines, (None, []))
    for at, note in heads:
        while size is not None and size < at:
            size, cosigned = next(lines, (None, []))
        yield at, cosignatures.added(note, cosigned) if size == at else note


def _tile(tile: Tile) -> bytes:
    try:
        return tile_queries.data(tile)
    except rules.LedgerUnavailable as error:
        told = f"the stored tree lacks hashes of {tiles.address(tile)}; `consilience ledger verify` says which"
        raise CannotTell(told) from error


def _entries(chosen: _Chosen, done: Exported) -> Iterator[bytes]:
    rows = Entry.objects.order_by("position").values_list("position", "exact")
    for position, exact in rows.iterator(chunk_size=CHUNK):
        if chosen.urns is None or position in chosen.positions:
            done.entries += 1
            yield b"%d %b" % (position, bytes(exact))


def _records(chosen: _Chosen, done: Exported, written: page.Page) -> Iterator[bytes]:
    for row in _rows():
        if not chosen.wants(row):
            continue
        done.records += 1
        _notice(row, chosen)
        written.add(row.noun, row.name, row.position, row.body)
        yield b"%d %d %b" % (row.position, row.ordinal, row.canonical.encode("utf-8", "surrogateescape"))


def _rows() -> Iterable[Record]:
    """Every record in the order in which it was recorded."""
    tables = (
        model._default_manager.order_by("position", "ordinal").iterator(chunk_size=CHUNK) for model in record_models()
    )
    return heapq.merge(*tables, key=lambda row: (row.position, row.ordinal))


def _notice(row: Record, chosen: _Chosen) -> None:
    chosen.commitments.update(_COMMITMENT.findall(row.canonical))
    if chosen.files:
        chosen.digests.update(_DIGEST.findall(row.canonical))
    if row.noun == "decision":
        named = {row.body[name] for name in layout.RESTS_ON if name in row.body}
        chosen.needed |= named | _schemas(row.body.get("policies"))


def _schemas(policies: object) -> set[str]:
    """The schemas of the policies of a decision; none where their file is gone, which verification then says."""
    if not isinstance(policies, str):
        return set()
    try:
        return {one["schema"] for one in canonical.decode(content.read(policies))}
    except (CannotTell, BadInput, KeyError, TypeError):
        return set()


def _write_content(archive: Container, chosen: _Chosen, done: Exported) -> None:
    named = chosen.needed | chosen.digests
    held = Blob.objects.order_by("digest").values_list("digest", "size").iterator(chunk_size=CHUNK)
    sizes = dict.fromkeys(chosen.needed, 0) | {digest: size for digest, size in held if digest in named}
    listed = [(digest, sizes[digest], content.has(digest)) for digest in sorted(sizes)]
    archive.add_lines("content.txt", (canonical.encode(list(line)) for line in listed))
    for digest, _, included in listed:
        if included:
            done.files += 1
            archive.add_pieces(layout.content_name(digest), content.chunks(digest))


def _privates(chosen: _Chosen, written: page.Page) -> Iterator[bytes]:
    for row in Private.objects.order_by("commitment").iterator(chunk_size=CHUNK):
        if row.commitment in chosen.commitments:
            written.name(row.commitment, row.value)
            yield canonical.encode([row.commitment, bytes(row.salt).hex(), row.value])
