"""Uploading bytes, and naming them afterwards.

An upload answers with a ticket: signed, for whoever uploaded, for a day. What is registered or attached names tickets
and never bare digests, so that nobody can have bytes handed out by knowing the digest of somebody else's file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from ninja import Query, Router, Schema

from consilience.domains.access import queries as access
from consilience.domains.access import rules as access_rules
from consilience.domains.content import actions as content
from consilience.domains.content import queries as contents
from consilience.domains.ledger.rules import Actor
from consilience.kit import canonical
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, NotEntitled, refusal
from consilience.kit.records.models import AsOf
from consilience.kit.tables import shape_of
from consilience.surfaces.api.shared import Out, Request, operation, present

router = Router(tags=["content"])
SALT = "consilience.api.upload"
TICKET_SECONDS = 24 * 3600
MAX_FILES = 100
FORM_OVERHEAD = 2**20
"""What the form around the files may add to their size."""

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                    "required": ["files"],
                }
            }
        },
    }
}


class Uploaded(Out):
    name: str
    digest: str
    size: int
    upload: str
    """The ticket: name it where you register or attach what you uploaded."""


class UploadQuery(Schema):
    """`personal`: the files hold personal data, and are stored behind a salt, so that their digests cannot be guessed."""

    personal: bool = False


class UploadedFiles(Out):
    files: list[Uploaded]


@dataclass(frozen=True)
class Measured:
    """What a data file says, and who measured it."""

    digest: str
    rows: int
    columns: Sequence[tuple[str, str]]
    held: bool
    computed_by: str


@operation(router.post, "/content/files", action="evidence.attach", openapi_extra=_FORM)
def upload(request: Request, query: Query[UploadQuery]) -> UploadedFiles:
    """Upload files (form field `files`). Nothing refers to them until a registration or evidence names their tickets."""
    actor = request.auth
    _ensure_somewhere(actor, present())
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_UPLOAD_BYTES + FORM_OVERHEAD:
        raise BadInput(
            "upload", f"is larger than {settings.MAX_UPLOAD_BYTES // 2**20} MB; register it by reference instead"
        )
    if request.content_type != "multipart/form-data":
        raise BadInput("request", "expected multipart/form-data with the form field files")
    files = request.FILES.getlist("files")
    if not 1 <= len(files) <= MAX_FILES:
        raise BadInput("files", f"expected 1 to {MAX_FILES} files in the form field files, got {len(files)}")
    return UploadedFiles(files=[_store(actor, file, personal=query.personal) for file in files])


def ticket_of(actor: Actor, digest: str, *, salt: str = SALT) -> str:
    """What names these bytes for a day, for this actor alone. Tickets of one `salt` are none of another."""
    return signing.dumps({"digest": digest, "by": actor.urn}, salt=salt)


def digest_of(actor: Actor, ticket: str, *, salt: str = SALT) -> str:
    """The digest of what this actor uploaded; BadInput for a ticket that is old, foreign or made up."""
    try:
        said = signing.loads(ticket, salt=salt, max_age=TICKET_SECONDS)
    except signing.SignatureExpired as error:
        raise BadInput("upload", "the ticket is older than a day; upload the file again") from error
    except signing.BadSignature as error:
        raise BadInput("upload", "is no ticket of an upload here") from error
    if said["by"] != actor.urn:
        raise BadInput("upload", "is the ticket of somebody else's upload")
    return str(said["digest"])


def folder_of(actor: Actor, files: Sequence[tuple[str, str]]) -> str:
    """The digest of a folder of uploaded files. Its listing is stored too, and its digest is that of the listing."""
    listed: dict[str, str] = {}
    for path, ticket in files:
        parts = path.split("/")
        if "\\" in path or any(part in ("", ".", "..") for part in parts):
            raise BadInput("path", f"{path!r} is no path inside a folder")
        if path in listed:
            raise BadInput("path", f"{path!r} stands twice")
        listed[path] = digest_of(actor, ticket)
    if not listed:
        raise BadInput("files", "expected at least one")
    return content.put(canonical.encode([[path, listed[path]] for path in sorted(listed)]), now=now())


def measured(actor: Actor, ticket: str, name: str) -> Measured:
    """Rows and columns of an uploaded data file, read by the server itself."""
    digest = digest_of(actor, ticket)
    with contents.named(digest, name) as path:
        shape = shape_of(path, name=name)
    return Measured(digest, shape.rows, shape.columns, held=True, computed_by="server")


def _store(actor: Actor, file: UploadedFile[Any], *, personal: bool) -> Uploaded:
    put = content.put_personal if personal else content.put_stream
    digest = put(file.chunks(), now=now(), limit=settings.MAX_UPLOAD_BYTES)
    return Uploaded(name=file.name or "file", digest=digest, size=file.size or 0, upload=ticket_of(actor, digest))


def _ensure_somewhere(actor: Actor, asof: AsOf) -> None:
    """Whoever may attach evidence or register somewhere may upload: what it is for is said afterwards."""
    actions = ("evidence.attach", "inventory.register")
    named = {one.system for one in access.grants_of(actor.urn, asof) if one.system} | (actor.systems or set())
    systems = [access_rules.Guarded("system", frozenset({urn})) for urn in sorted(named)]
    for target in (access_rules.WORKSPACE, *systems):
        if any(access.can(actor, action, target, asof) is None for action in actions):
            return
    raise NotEntitled(refusal("not_entitled", action="evidence.attach"))
