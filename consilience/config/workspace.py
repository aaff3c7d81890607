"""Making and opening a workspace: folders, keys, tables, the first entries. Local acts, recorded as the operator's."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consilience.config.home import Home
from consilience.kit.clock import now
from consilience.kit.errors import Refused, WrongUse, refusal

if TYPE_CHECKING:
    from consilience.domains.ledger.rules import Actor


@dataclass(frozen=True)
class Made:
    workspace: str
    fresh: bool


def set_up_django() -> None:
    """Load Django for local commands, once. Costs half a second, so only commands that need it call this."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consilience.config.settings")
    import django
    from django.apps import apps

    if not apps.ready:  # a second time would only take the log to whatever stands for stderr at that moment
        django.setup()


def init(home: Home, *, name: str, zone: str) -> Made:
    """Make the workspace in this home, or bring an existing one up to the present tables; one at a time.

    Refused while another one is at it: neither its tables nor its first entries are whole yet.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise WrongUse(f"--zone: {zone!r} is no time zone; expected a name such as Europe/Berlin") from error
    home.make()
    home.secret_key()
    set_up_django()
    with _alone(home):
        migrate()
        made = _begin(home, name=name, zone=zone)
        _keep_content()
        return made


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    # The folder of keys, since each act locks the home itself.
    handle = os.open(home.log_key.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(refusal("workspace_begun_already")) from error
        yield
    finally:
        os.close(handle)


def migrate() -> None:
    """Bring the tables up to date; the triggers are made again with them."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _begin(home: Home, *, name: str, zone: str) -> Made:
    from consilience.domains.evidence import actions as evidence
    from consilience.domains.evidence.models import Kind
    from consilience.domains.ledger import act, keys
    from consilience.domains.ledger.models import Workspace
    from consilience.domains.people import actions as people
    from consilience.domains.people.models import Function
    from consilience.kit.naming import new_urn

    fresh = not Workspace.objects.exists()
    if fresh:
        if not home.log_key.exists():
            keys.make(home.log_key)
        workspace = str(uuid.uuid4())
        act.begin(workspace, zone=zone, name=name, operator=new_urn(workspace, "operator"), at=now())
    # Each step is asked for by itself, so that an `init` that was cut off is completed by the next one.
    actor = operator()
    if not Function.objects.exists():
        people.found_functions(actor=actor, now=now())
    if not Kind.objects.exists():
        evidence.found_kinds(actor=actor, now=now())
    evidence.add_shipped_kinds(actor=actor, now=now())
    return Made(act.workspace_id(), fresh=fresh)


def _keep_content() -> None:
    """Remove what killed processes left in the content store, and seal what an earlier version stored plain."""
    from consilience.domains.content import upkeep_actions as content
    from consilience.domains.content.erasure import forgetting

    if forgetting.is_due():  # first: what was erased while it lay there plain must not be sealed
        forgetting.forget(however_large=True)
    else:
        content.sweep()
    content.seal_plain_files()


def operator() -> Actor:
    """The actor of local commands."""
    from consilience.domains.ledger import queries, rules

    return rules.Actor(str(queries.workspace().body["operator"]), rules.AuthenticatedBy.OPERATOR)
