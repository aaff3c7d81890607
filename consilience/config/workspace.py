"""Making and opening a workspace: folders, keys, tables, the first entries. Local acts, recorded as the operator's."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass

from consilience.config.home import Home
from consilience.kit.clock import now
from consilience.kit.errors import WrongUse


@dataclass(frozen=True)
class Made:
    workspace: str
    fresh: bool


def set_up_django() -> None:
    """Load Django for local commands. Costs half a second, so only commands that need it call this."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consilience.config.settings")
    import django

    django.setup()


def init(home: Home, *, name: str, zone: str) -> Made:
    """Make the workspace in this home, or bring an existing one up to the present tables."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise WrongUse(f"--zone: {zone!r} is no time zone; expected a name such as Europe/Berlin") from error
    home.make()
    home.secret_key()
    set_up_django()
    migrate()
    return _begin(home, name=name, zone=zone)


def migrate() -> None:
    """Bring the tables up to date; the triggers are made again with them."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _begin(home: Home, *, name: str, zone: str) -> Made:
    from consilience.domains.evidence import actions as evidence
    from consilience.domains.ledger import act, keys, queries, rules
    from consilience.domains.ledger.models import Workspace
    from consilience.domains.people import actions as people
    from consilience.kit.naming import new_urn

    if Workspace.objects.exists():
        return Made(act.workspace_id(), fresh=False)
    if not home.log_key.exists():
        keys.make(home.log_key)
    workspace = str(uuid.uuid4())
    operator = new_urn(workspace, "operator")
    act.begin(workspace, zone=zone, name=name, operator=operator, at=now())
    actor = rules.Actor(operator, rules.AuthenticatedBy.OPERATOR)
    people.found_functions(actor=actor, now=now())
    evidence.found_kinds(actor=actor, now=now())
    assert queries.workspace().body["operator"] == operator
    return Made(workspace, fresh=True)


def operator() -> object:
    """The actor of local commands."""
    from consilience.domains.ledger import queries, rules

    return rules.Actor(str(queries.workspace().body["operator"]), rules.AuthenticatedBy.OPERATOR)
