"""`consilience mlflow`: the gate's answer written back to a registry of MLflow's; importing it stands in `mlflow_import`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.kit.errors import ExitCode, WrongUse
from consilience.surfaces.cli.shared import (
    AsJson,
    connect,
    group,
    listed,
    pairs,
    paragraph,
    release_of,
    say,
    say_json,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from consilience.adapters.mlflow.store import Store
    from consilience.client import Client

app = group("A registry of MLflow's: import it, write the gate's answer back to it.")

Uri = Annotated[
    str | None, typer.Option("--registry", help="MLflow's address, else MLFLOW_REGISTRY_URI or MLFLOW_TRACKING_URI.")
]
Stage = Annotated[str, typer.Option("--to", help="The stage, such as operation.")]
Alias = Annotated[str, typer.Option("--alias", help="The alias in MLflow, such as champion.")]
System = Annotated[
    list[str] | None, typer.Option("--system", help="The system of every model, or NAME=SYSTEM for one (repeat).")
]
Release = Annotated[str, typer.Argument(help="SYSTEM/MODEL@VERSION, such as lending/credit-risk@3.")]


@app.command("verdict")
def verdict(release: Release, stage: Stage, uri: Uri = None, as_json: AsJson = False) -> ExitCode:
    """Ask the gate, and write the answer to the version in MLflow as tags. Exits as `consilience gate` does."""
    from consilience.adapters.mlflow import verdicts

    with opened(uri) as store, connect() as client:
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

    with opened(uri) as store, connect() as client:
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

    with opened(uri) as store, connect() as client:
        references = _references(client, store)
        named = [(model, _system_of(client, model, references, by_name(system))) for model in store.names()]
        found = verdicts.strays(client, store, alias, stage, named, references)
    if as_json:
        say_json([{"model": one.model, "alias": one.alias, "version": one.number, "why": one.why} for one in found])
    else:
        table(
            ("MODEL", "ALIAS", "VERSION", "WHY"), [(one.model, one.alias, one.number, one.why) for one in found],
            empty=f"Every {alias} names a version that the gate lets through to {stage}.",
        )  # fmt: skip
    return ExitCode.NO if found else ExitCode.YES


@contextmanager
def opened(uri: str | None) -> Iterator[Store]:
    from consilience.adapters.mlflow.store import opened

    said = uri or os.environ.get("MLFLOW_REGISTRY_URI") or os.environ.get("MLFLOW_TRACKING_URI")
    if not said:
        raise WrongUse("say where the registry is: --registry ADDRESS, or MLFLOW_TRACKING_URI")
    with opened(said) as store:
        yield store


def by_name(system: list[str] | None) -> dict[str, str]:
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
