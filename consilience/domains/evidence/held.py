"""What evidence is computed from: a version, a dataset version, and the bytes of its file where the server holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consilience.domains.access import queries as access
from consilience.domains.content import queries as content_queries
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refused, refusal


def version_and_data(
    actor: Actor, version: str, dataset: str, now: Instant
) -> tuple[inventory.VersionOf, inventory.DataVersionOf]:
    """Both, after `can`: whoever may not compute about the version is refused, and data they may not know of are not found."""
    asof = ledger.present(now)
    of = inventory.version(actor, version, asof)
    access.ensure(actor, "evidence.compute", of, asof)
    return of, inventory.dataset_version(actor, dataset, asof)


@contextmanager
def held_file(data: inventory.DataVersionOf) -> Iterator[Path]:
    """The dataset's file under its own name, in a folder of its own for as long as it is read. Its bytes are hashed first."""
    body = data.row.body
    if not body["file"]["held"]:
        raise Refused(refusal("data_not_held", dataset=data.reference))
    with content_queries.named(body["digest"], body["file"]["name"]) as path:
        try:
            yield path
        except BadInput as error:  # the reader names the file it was given; people know it by its reference
            raise BadInput(error.where.replace(str(path), data.reference), error.problem) from error


def same_bytes(data: inventory.DataVersionOf, digest: str) -> None:
    """Refuse counts of other bytes than the dataset version names."""
    if digest != data.row.body["digest"]:
        raise Refused(refusal("other_data", dataset=data.reference, seen=digest[:12]))
