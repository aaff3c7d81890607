"""`consilience mlflow import` and `listen`: what a registry of MLflow's holds is registered here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import ConsilienceError, WrongUse
from consilience.surfaces.cli.mlflow import System, Uri, by_name, opened
from consilience.surfaces.cli.shared import AsJson, confirm, connect, pairs, paragraph, plain, read_text, say, say_json

if TYPE_CHECKING:
    from consilience.adapters.mlflow.plan import Plan, Wishes
    from consilience.adapters.mlflow.store import Store
    from consilience.adapters.mlflow.webhooks import Event
    from consilience.client import Client

SECRET = "CONSILIENCE_MLFLOW_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
As = Annotated[list[str] | None, typer.Option("--as", help="NAME=SLUG: what a model is called here (repeat).")]
Person = Annotated[list[str] | None, typer.Option("--person", help="USER=LOGIN: who a user of MLflow's is (repeat).")]
Author = Annotated[
    str | None, typer.Option("--author", help="Log-in address for versions whose run names nobody known.")
]


def bring_in(
    uri: Uri = None,
    system: System = None,
    model: Annotated[list[str] | None, typer.Option("--model", help="Only these models, by name (repeat).")] = None,
    name: As = None,
    person: Person = None,
    author: Author = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be registered, and stop.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Register the models and versions of a registry, each with everything that MLflow says about it. Twice adds nothing."""
    wishes = _wishes(system, name, person, author)
    with opened(uri) as store, connect() as client:
        plan, carry_out = _planned(client, store, list(model or ()), wishes)
        if as_json and (dry_run or plan.empty):
            say_json(_json(plan))
            return
        if not as_json:
            _show(plan)
        if dry_run or plan.empty:
            return
        confirm("Register this?", yes=yes)
        carry_out()
    if as_json:
        say_json(_json(plan))
    else:
        say(f"Imported: {_counted(plan)}.")


def listen(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8791,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    uri: Uri = None,
    system: System = None,
    name: As = None,
    person: Person = None,
    author: Author = None,
    secret: Annotated[Path | None, typer.Option(help=f"A file with the webhook's secret, else {SECRET}.")] = None,
) -> None:
    """Take MLflow's webhooks, and import what is new as it comes; imports everything once at the start."""
    from consilience.adapters.mlflow.listening import PATH, Listener

    wishes = _wishes(system, name, person, author)
    shared = read_text(secret).strip() if secret else os.environ.get(SECRET, "")
    if not shared:
        raise WrongUse(f"say the secret of the webhook: --secret FILE, or {SECRET}")
    with opened(uri) as store, connect() as client:
        act = _acting(client, store, wishes)
        act(None)
        listener = Listener(host, port, secret=shared, act=act, say=_tell)
        _tell(f"listening on http://{host}:{listener.port}{PATH}")
        try:
            listener.work()
        finally:
            listener.close()


def _acting(client: Client, store: Store, wishes: Wishes) -> Callable[[Event | None], None]:
    def act(event: Event | None) -> None:
        """Import the model that an event is about, or all of them; what goes wrong is said, and the next event is taken."""
        try:
            plan, carry_out = _planned(client, store, [event.model] if event else [], wishes)
            carry_out()
            _tell(f"{event.model if event else store.address}: {_counted(plan)}")
        except ConsilienceError as error:
            _tell(str(error))

    return act


def _planned(client: Client, store: Store, only: list[str], wishes: Wishes) -> tuple[Plan, Callable[[], None]]:
    from consilience.adapters.mlflow import importing
    from consilience.adapters.mlflow.plan import plan

    with _counting("Reading") as progress:
        registry = store.read(only, progress)
    found = plan(registry, importing.known(client), wishes)

    def carry_out() -> None:
        with _counting("Registering") as told:
            importing.carry_out(client, registry, found, told)

    return found, carry_out


def _wishes(system: list[str] | None, name: list[str] | None, person: list[str] | None, author: str | None) -> Wishes:
    from consilience.adapters.mlflow.plan import Wishes

    return Wishes(by_name(system), pairs(name or [], "--as"), pairs(person or [], "--person"), author)


def _show(plan: Plan) -> None:
    for model in plan.models:
        say(f"+ model {model.slug} in {model.system} ({model.name})")
    for version in plan.versions:
        say(
            paragraph(
                _line(
                    f"+ {version.version.name} as the next version of {version.slug}, by {version.author}",
                    version.notes,
                ),
                indent="    ",
            )
        )
    for changed in plan.documents:
        say(
            paragraph(
                _line(f"~ {changed.reference}: MLflow says something new of {changed.version.name}", changed.notes),
                indent="    ",
            )
        )
    say(f"{_counted(plan)}.")


def _line(what: str, notes: Any) -> str:
    return "; ".join([what, *notes])


def _counted(plan: Plan) -> str:
    said = [
        (len(plan.models), "new models"), (len(plan.versions), "new versions"), (len(plan.documents), "entries renewed"),
        (plan.unchanged, "versions as they were"),
    ]  # fmt: skip
    return ", ".join(f"{count} {what}" for count, what in said if count) or "nothing to import"


def _json(plan: Plan) -> dict[str, Any]:
    from consilience.adapters.mlflow.importing import as_json

    return as_json(plan)


@contextmanager
def _counting(what: str) -> Iterator[Callable[[str], None]]:
    """Progress on standard error where somebody looks at it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield lambda name: status.update(f"{what} {plain(name)}")


def _tell(text: str) -> None:
    print(plain(text), file=sys.stderr, flush=True)
