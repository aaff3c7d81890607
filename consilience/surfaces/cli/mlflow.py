"""`consilience mlflow`: a registry of MLflow's imported, and the gate's answer written back to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import ConsilienceError, ExitCode, WrongUse
from consilience.surfaces.cli.shared import (
    AsJson,
    confirm,
    connect,
    group,
    listed,
    pairs,
    paragraph,
    plain,
    read_text,
    release_of,
    say,
    say_json,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from consilience.adapters.mlflow.plan import Plan, Wishes
    from consilience.adapters.mlflow.store import Store
    from consilience.adapters.mlflow.webhooks import Event
    from consilience.client import Client

app = group("A registry of MLflow's: import it, write the gate's answer back to it.")

SECRET = "CONSILIENCE_MLFLOW_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
Uri = Annotated[
    str | None, typer.Option("--registry", help="MLflow's address, else MLFLOW_REGISTRY_URI or MLFLOW_TRACKING_URI.")
]
Stage = Annotated[str, typer.Option("--to", help="The stage, such as operation.")]
Alias = Annotated[str, typer.Option("--alias", help="The alias in MLflow, such as champion.")]
System = Annotated[
    list[str] | None, typer.Option("--system", help="The system of every model, or NAME=SYSTEM for one (repeat).")
]
As = Annotated[list[str] | None, typer.Option("--as", help="NAME=SLUG: what a model is called here (repeat).")]
Person = Annotated[list[str] | None, typer.Option("--person", help="USER=LOGIN: who a user of MLflow's is (repeat).")]
Author = Annotated[
    str | None, typer.Option("--author", help="Log-in address for versions whose run names nobody known.")
]
Release = Annotated[str, typer.Argument(help="SYSTEM/MODEL@VERSION, such as lending/credit-risk@3.")]


@app.command("import")
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
    with _opened(uri) as store, connect() as client:
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


@app.command("verdict")
def verdict(release: Release, stage: Stage, uri: Uri = None, as_json: AsJson = False) -> ExitCode:
    """Ask the gate, and write the answer to the version in MLflow as tags. Exits as `consilience gate` does."""
    from consilience.adapters.mlflow import verdicts

    with _opened(uri) as store, connect() as client:
        system, version, _ = release_of(client, release, stage)
        home = verdicts.home_of(client, store, version)
        answer = client.gate(version, to=stage, system=system)
        tags = verdicts.write(store, home, f"{system}/{version}", stage, answer)
    if as_json:
        say_json({"model": home.model, "version": home.number, "tags": tags, "exit_code": int(answer.exit_code)})
    else:
        say(paragraph(f"{answer.sentence} Written to {home.model} {home.number} in MLflow."))
    return answer.exit_code


@app.command("promote")
def promote(release: Release, stage: Stage, alias: Alias, uri: Uri = None, as_json: AsJson = False) -> ExitCode:
    """Ask the gate, and only after a yes let the alias name the version. Exits as `consilience gate` does."""
    from consilience.adapters.mlflow import verdicts

    with _opened(uri) as store, connect() as client:
        system, version, _ = release_of(client, release, stage)
        home = verdicts.home_of(client, store, version)
        answer = client.gate(version, to=stage, system=system)
        verdicts.write(store, home, f"{system}/{version}", stage, answer)
        before = store.alias(home.model, alias)
        if answer.allowed:
            verdicts.promote(store, home, alias, answer)
    told = {
        "model": home.model, "alias": alias, "before": before, "now": home.number if answer.allowed else before,
        "decision": answer.decision, "exit_code": int(answer.exit_code),
    }  # fmt: skip
    if as_json:
        say_json(told)
    elif answer.allowed:
        say(
            paragraph(
                f"{answer.sentence} {alias} of {home.model} names version {home.number} now; before {before or 'none'}."
            )
        )
    else:
        say(paragraph(f"{answer.sentence} {alias} of {home.model} was not moved: it names {before or 'no version'}."))
    return answer.exit_code


@app.command("check")
def check(
    stage: Stage,
    alias: Alias,
    uri: Uri = None,
    system: System = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Whether an alias names, for every model, a version that the gate lets through today. Exits with 1 where it does not."""
    from consilience.adapters.mlflow import verdicts

    with _opened(uri) as store, connect() as client:
        references = _references(client, store)
        named = [(model, _system_of(client, model, references, _by_name(system))) for model in store.names()]
        found = verdicts.strays(client, store, alias, stage, named, references)
    if as_json:
        say_json([{"model": one.model, "alias": one.alias, "version": one.number, "why": one.why} for one in found])
    else:
        table(
            ("MODEL", "ALIAS", "VERSION", "WHY"), [(one.model, one.alias, one.number, one.why) for one in found],
            empty=f"Every {alias} names a version that the gate lets through to {stage}.",
        )  # fmt: skip
    return ExitCode.NO if found else ExitCode.YES


@app.command("listen")
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
    with _opened(uri) as store, connect() as client:
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


@contextmanager
def _opened(uri: str | None) -> Iterator[Store]:
    from consilience.adapters.mlflow.store import opened

    said = uri or os.environ.get("MLFLOW_REGISTRY_URI") or os.environ.get("MLFLOW_TRACKING_URI")
    if not said:
        raise WrongUse("say where the registry is: --registry ADDRESS, or MLFLOW_TRACKING_URI")
    with opened(said) as store:
        yield store


def _wishes(system: list[str] | None, name: list[str] | None, person: list[str] | None, author: str | None) -> Wishes:
    from consilience.adapters.mlflow.plan import Wishes

    return Wishes(_by_name(system), pairs(name or [], "--as"), pairs(person or [], "--person"), author)


def _by_name(system: list[str] | None) -> dict[str, str]:
    """The system by the model's name in MLflow; under "" the one for all others."""
    bare = [one for one in system or () if "=" not in one]
    if len(set(listed(bare))) > 1:
        raise WrongUse("--system: one for all models, and NAME=SYSTEM for single ones")
    return {**({"": bare[0]} if bare else {}), **pairs([one for one in system or () if "=" in one], "--system")}


def _references(client: Client, store: Store) -> dict[tuple[str, int], str]:
    """By model and number in MLflow, the versions here that come from this registry."""
    from consilience.adapters.mlflow import importing

    known = [one for versions in importing.known(client).values() for one in versions]
    return {
        (one.home.model, one.home.number): one.reference
        for one in known
        if one.home and one.home.registry == store.address
    }


def _system_of(client: Client, model: str, references: Mapping[tuple[str, int], str], wished: Mapping[str, str]) -> str:
    """The system that a model is checked in: as said, else the only one that it serves."""
    said = wished.get(model) or wished.get("")
    if said:
        return said
    slug = next((one.partition("@")[0] for (name, _), one in references.items() if name == model), None)
    if slug is None:
        return ""  # nothing of it is registered here, so no gate is asked
    systems = client.get(f"/models/{slug}")["systems"]
    if len(systems) != 1:
        raise WrongUse(f"{model!r} serves {', '.join(systems)}: say --system {model!r}=SYSTEM")
    return str(systems[0])


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
